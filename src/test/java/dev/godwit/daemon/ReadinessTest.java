package dev.godwit.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReadinessTest {
  private static final Path UNITS = Path.of("packaging/systemd");

  @TempDir private Path folder;

  @Test
  void it_speaks_to_who_asked_and_to_nobody_else() throws Exception {
    Readiness silent = Readiness.of(Map.of("WATCHDOG_USEC", "1000"));
    silent.ready();
    assertThat(silent.aliveEvery()).isNull();
    Path socket = folder.resolve("notify");
    Path received = folder.resolve("received");
    // Java has no datagrams on unix sockets.
    Process listener =
        new ProcessBuilder(
                "python3",
                "-c",
                "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n"
                    + "s.bind(sys.argv[1])\nout=open(sys.argv[2],'w')\n"
                    + "for i in range(4):\n  out.write(s.recv(100).decode()+'\\n')\nout.close()",
                socket.toString(),
                received.toString())
            .start();
    try {
      while (!Files.exists(socket)) {
        assertThat(listener.isAlive()).isTrue();
        Thread.sleep(10);
      }
      Readiness readiness =
          Readiness.of(Map.of("NOTIFY_SOCKET", socket.toString(), "WATCHDOG_USEC", "60000000"));
      assertThat(readiness.aliveEvery()).isEqualTo(Duration.ofSeconds(30));
      readiness.ready();
      readiness.alive();
      readiness.status("two\nlines");
      readiness.stopping();
      assertThat(listener.waitFor()).isZero();
      assertThat(received).hasContent("READY=1\nWATCHDOG=1\nSTATUS=two lines\nSTOPPING=1\n");
    } finally {
      listener.destroyForcibly();
    }
  }

  @Test
  void the_unit_of_mirrors_is_one_that_systemd_takes() throws Exception {
    assertTaken("godwit-mirror@");
    assertThat(Files.readAllLines(UNITS.resolve("godwit-mirror@.service")))
        .contains("Type=notify", "WatchdogSec=60", "RestartPreventExitStatus=2");
  }

  @Test
  void the_unit_of_forwards_is_one_that_systemd_takes() throws Exception {
    assertTaken("godwit-forward@");
    assertThat(Files.readAllLines(UNITS.resolve("godwit-forward@.service")))
        .contains("Type=exec", "KillMode=mixed", "RestartPreventExitStatus=2");
  }

  private void assertTaken(String name) throws Exception {
    if (Files.isExecutable(Path.of("/usr/bin/systemd-analyze"))) {
      Path copy = folder.resolve(name + "x.service");
      String unit = Files.readString(UNITS.resolve(name + ".service"));
      // The program is not installed on the machine that tests.
      Files.writeString(copy, unit.replace("/usr/bin/godwit", "/usr/bin/env godwit"));
      Processes.Outcome outcome =
          Processes.run(
              List.of("systemd-analyze", "verify", copy.toString()), Duration.ofSeconds(30));
      assertThat(outcome.toString()).doesNotContain("Unknown").doesNotContain("Failed to parse");
    }
  }
}
