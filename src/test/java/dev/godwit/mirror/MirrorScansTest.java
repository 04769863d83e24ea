package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a start over equal trees asks the kernel, counted by strace(1) and not in time. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorScansTest {
  private static final int DIRECTORIES = 100;
  private static final int FILES = 5000;

  /** What changed more lately is read again, whatever its size and time are (H19). */
  private static final Duration IN_DOUBT = Duration.ofMinutes(2).plusSeconds(5);

  /** Of each directory, whatever is in it. */
  private static final int OF_DIRECTORY = 20;

  /** Calls that name something in the trees. */
  private record Calls(long statx, long getdents, long reads) {}

  private static Calls calls(TestingMirrorCommand m) throws Exception {
    Path traced = m.tree.top().resolve("traced");
    Process process =
        m.startUnder(
            List.of(
                "strace",
                "-f",
                "-y",
                "--seccomp-bpf",
                "-o",
                traced.toString(),
                "-e",
                "trace=statx,getdents64,read,pread64,readv,preadv,mmap"),
            "mirror",
            "--once",
            m.source + "/",
            m.target.toString());
    assertThat(m.await(process)).as(m.output()).isZero();
    return new Calls(
        count(m, traced, "statx"),
        count(m, traced, "getdents64"),
        count(m, traced, "read|pread64|readv|preadv|mmap"));
  }

  /** In a line are the call's arguments, and of each descriptor the path. */
  private static long count(TestingMirrorCommand m, Path traced, String calls) throws Exception {
    Pattern call =
        Pattern.compile(
            "^\\d+ +(?:" + calls + ")\\([^\"]*<(?:" + m.source + "|" + m.target + ")[/>].*");
    try (Stream<String> lines = Files.lines(traced, java.nio.charset.StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> call.matcher(line).matches()).count();
    }
  }

  /** The claim of docs/mirror.md: an index could save none of it. */
  @Test
  @Tag("lab")
  void a_start_over_equal_trees_looks_at_each_name_once_on_each_side_and_reads_no_file()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < FILES; i++) {
        m.tree.write("root/d" + i % DIRECTORIES + "/f" + i, "content " + i);
      }
      var unused = TestingOracle.run("cp", "-a", m.source.toString(), m.target.toString());
      Thread.sleep(IN_DOUBT.toMillis()); // by the time of inodes, which nobody can set
      for (String which : List.of("the first start", "a restart")) {
        Calls calls = calls(m);
        System.out.println(which + ": " + calls);
        assertThat(calls.statx())
            .as("statx of %s", which)
            .isBetween(2L * FILES, 2L * FILES + OF_DIRECTORY * DIRECTORIES);
        assertThat(calls.reads()).as("reads of files by %s", which).isZero();
        assertThat(calls.getdents()).isLessThan(OF_DIRECTORY * DIRECTORIES);
      }
      m.assertEqual("afterwards");
    }
  }
}
