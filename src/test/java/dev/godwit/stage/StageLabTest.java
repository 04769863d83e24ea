package dev.godwit.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.agent.Abilities;
import dev.godwit.host.LocalHost;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Names;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What runs on a stage sees this host, changes nothing of it, and reaches nobody on it. */
@Tag("lab")
final class StageLabTest {
  private static final String MOVE = "stage-test";
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path parent;
  private Path tree;
  private LocalHost host;
  private StageHost stage;
  private ServiceClient services;

  @BeforeEach
  void up() throws IOException {
    tree = Files.createDirectory(parent.resolve("tree, with: odd\\name"));
    Files.writeString(tree.resolve("file"), "of the host");
    host = new LocalHost("new", Abilities.all());
    stage = StageHost.on(host, MOVE, List.of(Names.of(tree.toString())));
    services = new ServiceClient(stage, MOVE);
  }

  @AfterEach
  void down() throws Exception {
    try {
      stage.takeDown();
      assertThat(parent.resolve(".godwit-rehearsal-" + MOVE)).doesNotExist();
      assertThat(Path.of("/run/godwit", MOVE, "rehearsal.log")).doesNotExist();
    } finally {
      host.close();
      RuntimeDirectory.remove(MOVE, LIMIT);
    }
  }

  /** Runs a script there; fails with what it has said. */
  private int scripts;

  private void run(String script) throws IOException {
    services.start(service(script), 1, LIMIT);
  }

  /** One that does not run before its script has ended well: what runs is not started. */
  private Service service(String script) {
    String mark = "/run/ran-" + ++scripts;
    String start = "bash -c \"$1\" script \"$2\" && touch " + mark;
    return new Service(
        "script",
        new Control.Commands(
            List.of("bash", "-c", start, "start", script, tree.toString()),
            List.of("rm", mark),
            List.of("bash", "-c", "[ -e " + mark + " ] || exit 3")),
        List.of(),
        List.of());
  }

  @Test
  void what_is_written_is_seen_there_and_not_here() throws Exception {
    Seal before = Seal.of(List.of(Names.of(tree.toString())));
    run(
        """
        set -e
        grep -q 'of the host' "$1/file"
        echo changed >"$1/file"; echo new >"$1/more"; mkdir "$1/folder"; chmod 700 "$1"
        touch /etc/godwit-stage-test /var/godwit-stage-test /run/godwit-stage-test /godwit-stage-test
        grep -q changed "$1/file"
        rm "$1/file"; [ ! -e "$1/file" ]
        """);
    assertThat(Seal.of(List.of(Names.of(tree.toString())))).isEqualTo(before);
    for (String folder : List.of("/etc", "/var", "/run", "/")) {
      assertThat(Path.of(folder, "godwit-stage-test")).doesNotExist();
    }
  }

  @Test
  void nobody_is_reached_and_every_port_is_free() throws Exception {
    Path socket = parent.resolve("socket");
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        ServerSocketChannel unix = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      unix.bind(UnixDomainSocketAddress.of(socket));
      int port = server.getLocalPort();
      run("! (exec 3<>/dev/tcp/127.0.0.1/%d) 2>/dev/null".formatted(port));
      run(
          """
          set -e
          [ -S '%1$s' ]
          python3 - <<'P'
          import socket
          socket.socket().bind(('127.0.0.1', %2$d))
          try:
              socket.socket(socket.AF_UNIX).connect('%1$s')
              raise SystemExit('the socket of the host was reached')
          except ConnectionRefusedError:
              pass
          P
          """
              .formatted(socket, port));
    }
    run(
        "[ ! -e /run/systemd ] && [ ! -e /run/dbus ] && [ \"$(ps -e -o pid= | head -1 | tr -d ' ')\" = 1 ]");
  }

  @Test
  void a_daemon_that_has_ended_is_gone_for_who_waits_for_it() throws Exception {
    run(
        """
        # As init scripts do: the parent of the daemon is not there any more when it ends.
        pid=$( (sleep 0.1 >/dev/null & echo $!) )
        for i in $(seq 200); do kill -0 $pid 2>/dev/null || exit 0; sleep 0.05; done
        echo "$pid is still there" >&2
        exit 1
        """);
  }

  @Test
  void a_script_that_fails_says_why_and_what_it_left_ends_with_the_stage() throws Exception {
    assertThatThrownBy(() -> run("echo no such thing >&2; exit 3"))
        .hasMessageContaining("ended with 3")
        .hasMessageContaining("no such thing");
    run("setsid sleep 61803 </dev/null >/dev/null 2>&1 & true");
    assertThat(running("61803")).isTrue();
    stage.takeDown();
    assertThat(running("61803")).isFalse();
  }

  private static boolean running(String argument) {
    return ProcessHandle.allProcesses()
        .anyMatch(
            process ->
                process
                    .info()
                    .arguments()
                    .map(arguments -> List.of(arguments).contains(argument))
                    .orElse(false));
  }
}
