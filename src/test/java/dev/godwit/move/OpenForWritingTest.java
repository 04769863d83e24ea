package dev.godwit.move;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.agent.Abilities;
import dev.godwit.host.LocalHost;
import dev.godwit.service.ServiceClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * H20: a file that a process can still write to is not final: the step of a switch that needs it to
 * be waits, and then refuses.
 */
final class OpenForWritingTest {
  private static final String MAPS =
      """
      import mmap, os, sys
      fd = os.open(sys.argv[1] + "/records", os.O_RDWR | os.O_CREAT)
      os.ftruncate(fd, 4096)
      memory = mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
      os.close(fd)
      for n in os.listdir("/proc/self/fd"):
          if int(n) > 2:
              try: os.close(int(n))
              except OSError: pass
      memory[0:5] = b"early"
      print("ready", flush=True)
      sys.stdin.readline()
      memory[0:5] = b"later"
      memory.close()
      """;

  private static final String HOLDS =
      """
      import sys
      file = open(sys.argv[1] + "/records", "a")
      print("ready", flush=True)
      sys.stdin.readline()
      file.write("later")
      file.close()
      """;

  @TempDir private Path temporary;

  private Path root;
  private LocalHost host;
  private final List<Process> writers = new ArrayList<>();

  @BeforeEach
  void makeRoot() throws IOException {
    root = Files.createDirectory(temporary.toRealPath().resolve("srv"));
    host = new LocalHost("old", Abilities.all());
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process writer : writers) {
      writer.destroyForcibly().waitFor();
    }
    host.close();
  }

  private Process start(String program) throws IOException {
    Process writer =
        new ProcessBuilder("python3", "-c", program, root.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    writers.add(writer);
    BufferedReader out = writer.inputReader(UTF_8);
    assertThat(out.readLine()).isEqualTo("ready");
    return writer;
  }

  private static void goOn(Process writer) throws IOException {
    writer.outputWriter(UTF_8).write("\n");
    writer.outputWriter(UTF_8).flush();
  }

  /** As a switch asks after the services' stop. */
  private void refuseWriters(Duration limit) throws IOException, InterruptedException {
    CutoverHold.refuseWriters(
        new ServiceClient(host, "move"),
        List.of(root.toString().getBytes(UTF_8)),
        System.nanoTime() + limit.toNanos(),
        "the services have stopped");
  }

  @Test
  void h20_a_mapping_without_a_descriptor_is_waited_for_and_refused() throws Exception {
    waitsAndRefuses(start(MAPS));
  }

  @Test
  void h20_a_descriptor_that_is_kept_is_waited_for_and_refused() throws Exception {
    waitsAndRefuses(start(HOLDS));
  }

  private void waitsAndRefuses(Process writer) throws Exception {
    assertThatThrownBy(() -> refuseWriters(Duration.ofSeconds(1)))
        .isInstanceOf(MoveException.class)
        .hasMessageContaining("the services have stopped, but still: ")
        .hasMessageContaining("(" + writer.pid() + ") writes " + root + "/records");
    Thread asking =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    refuseWriters(Duration.ofMinutes(1));
                  } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                  }
                });
    asking.join(500);
    assertThat(asking.isAlive()).as("it waits").isTrue();
    goOn(writer);
    assertThat(asking.join(TestingPatience.LIMIT)).as("nobody writes any more").isTrue();
    assertThat(root.resolve("records")).content().contains("later");
  }
}
