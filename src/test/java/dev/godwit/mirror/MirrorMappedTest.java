package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.watch.Watch.Rung;
import java.io.BufferedReader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** H20: a process that writes to a file through a mapping which stays. */
@Timeout(300)
final class MirrorMappedTest {
  private static final String MAPS =
      """
      import mmap, os, sys
      fd = os.open(sys.argv[1], os.O_RDWR)
      memory = mmap.mmap(fd, 8192)
      os.close(fd)
      print("ready", flush=True)
      for n, line in enumerate(sys.stdin):
          memory[n] = ord("1") + n
          if n % 2:
              memory.flush()
          print("stored", flush=True)
      """;

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void h20_a_barrier_covers_what_is_stored_through_a_mapping_that_stays(Rung rung, String parent)
      throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      Path file = m.tree.write("root/d/mapped", "0".repeat(8192));
      m.live();
      m.assertEqual("at the start");
      Process process = new ProcessBuilder("python3", "-c", MAPS, file.toString()).start();
      try (Writer orders = process.outputWriter();
          BufferedReader told = process.inputReader()) {
        assertThat(told.readLine()).isEqualTo("ready");
        m.assertEqual("mapped");
        String wanted = "";
        for (int n = 1; n <= 4; n++) {
          orders.write("\n");
          orders.flush();
          assertThat(told.readLine()).isEqualTo("stored");
          wanted += n;
          m.mirror.barrier(TestingMirror.LIMIT);
          assertThat(Files.readString(m.target.resolve("d/mapped"))).startsWith(wanted + "0");
        }
      } finally {
        process.destroyForcibly();
      }
      m.assertEqual("when it has ended");
    }
  }

  /** Of each store at most one trace is left: the first one into a page of a file on a disk. */
  @ParameterizedTest
  @Tag("lab")
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void h20_what_is_stored_through_a_mapping_that_stays_comes_without_a_barrier(
      Rung rung, String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      Path file = m.tree.write("root/d/mapped", "0".repeat(8192));
      m.live();
      m.assertEqual("at the start");
      assertThat(m.mirror.status().lagMillis()).isZero();
      Process process = new ProcessBuilder("python3", "-c", MAPS, file.toString()).start();
      try (Writer orders = process.outputWriter();
          BufferedReader told = process.inputReader()) {
        assertThat(told.readLine()).isEqualTo("ready");
        String wanted = "";
        for (int n = 1; n <= 3; n++) {
          orders.write("\n");
          orders.flush();
          assertThat(told.readLine()).isEqualTo("stored");
          wanted += n;
          String now = wanted + "0";
          TestingPatience.await(
              "store " + n, () -> Files.readString(m.target.resolve("d/mapped")).startsWith(now));
        }
        TestingPatience.await(
            "what may be stored since the last look counts",
            () -> m.mirror.status().dirty() == 0 && m.mirror.status().lagMillis() > 1000);
      } finally {
        process.destroyForcibly();
      }
      TestingPatience.await("nothing is mapped", () -> m.mirror.status().lagMillis() == 0);
      m.assertEqual("when it has ended");
    }
  }
}
