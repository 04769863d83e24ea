package dev.godwit.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ProcessesTest {
  private static final Duration LONG = TestingPatience.LIMIT;

  @TempDir Path folder;

  /** A program of a few lines, as its own file. */
  private String program(String... lines) throws IOException {
    Path file = Files.createTempFile(folder, "program", ".sh");
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return file.toString();
  }

  @Test
  void exit_output_errors_input_and_environment() throws Exception {
    String program = program("echo \"$1 $VAR\"", "cat", "echo oops >&2", "exit 7");
    Processes.Outcome outcome =
        Processes.run(
            List.of(program, "a b"), LONG, "from stdin".getBytes(UTF_8), Map.of("VAR", "value"));
    assertThat(outcome)
        .isEqualTo(new Processes.Outcome(7, "a b value\nfrom stdin", "oops\n", false, 0));
    assertThat(outcome.isSuccess()).isFalse();
  }

  @Test
  void h76_arguments_are_arguments_whatever_is_in_them() throws Exception {
    List<String> nasty = List.of("; touch x", "$(id)", "`id`", "a\nb", "*", "'\"", "--", "ä");
    List<String> argv = new java.util.ArrayList<>(List.of("printf", "%s|"));
    argv.addAll(nasty);
    assertThat(Processes.run(argv, LONG).out()).isEqualTo(String.join("|", nasty) + "|");
  }

  @Test
  void a_program_that_is_not_there_is_named() {
    assertThatThrownBy(() -> Processes.run(List.of("no-such-program-x"), LONG))
        .isInstanceOf(IOException.class)
        .hasMessage("the program no-such-program-x is not installed here");
    assertThatThrownBy(() -> Processes.run(List.of("/etc/passwd"), LONG))
        .hasMessageContaining("/etc/passwd");
  }

  @Test
  void h40_output_is_bounded_and_what_is_dropped_is_counted() throws Exception {
    Processes.Outcome outcome = Processes.run(List.of("head", "-c", "1000000", "/dev/zero"), LONG);
    assertThat(outcome.out()).hasSize(Processes.OUTPUT_BYTES_MAX);
    assertThat(outcome.droppedBytes()).isEqualTo(1_000_000 - Processes.OUTPUT_BYTES_MAX);
    assertThat(outcome.isSuccess()).isTrue();
  }

  @Test
  void at_the_limit_all_that_it_started_is_killed() throws Exception {
    Path pids = folder.resolve("pids");
    String program =
        program(
            "trap '' TERM HUP",
            "sleep 1001 & echo $! >> " + pids,
            "(trap '' TERM; sleep 1002 & echo $! >> " + pids + "; wait) &",
            "setsid sleep 1003 & echo $! >> " + pids,
            // Its parent ends, so it is no descendant any more, but still of the group.
            "(sleep 1004 & echo $! >> " + pids + ")",
            "echo started",
            "wait");
    long start = System.nanoTime();
    Processes.Outcome outcome = Processes.run(List.of(program), Duration.ofMillis(700));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TestingPatience.LIMIT);
    assertThat(outcome.timedOut()).isTrue();
    assertThat(outcome.isSuccess()).isFalse();
    assertThat(outcome.out()).isEqualTo("started\n");
    List<String> lines = Files.readAllLines(pids);
    assertThat(lines).hasSize(4);
    for (String pid : lines) {
      assertGone(Long.parseLong(pid));
    }
  }

  @Test
  void a_daemon_that_keeps_the_output_open_does_not_keep_us() throws Exception {
    Path pid = folder.resolve("pid");
    String program = program("sleep 1000 & echo $! > " + pid, "echo done");
    long start = System.nanoTime();
    Processes.Outcome outcome = Processes.run(List.of(program), LONG);
    try {
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TestingPatience.LIMIT);
      assertThat(outcome.isSuccess()).isTrue();
      assertThat(outcome.out()).isEqualTo("done\n");
    } finally {
      ProcessHandle.of(Long.parseLong(Files.readString(pid).strip()))
          .ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  @Test
  void input_that_is_not_read_does_no_harm() throws Exception {
    assertThat(Processes.run(List.of("true"), LONG, new byte[1_000_000], Map.of()).isSuccess())
        .isTrue();
  }

  @Test
  void an_interrupted_caller_leaves_nothing_running() throws Exception {
    Path pid = folder.resolve("pid");
    String program = program("echo $$ > " + pid, "sleep 1000");
    Thread caller =
        Thread.ofPlatform()
            .start(
                () ->
                    assertThatThrownBy(() -> Processes.run(List.of(program), LONG))
                        .isInstanceOf(InterruptedException.class));
    TestingPatience.await("its pid", () -> Files.exists(pid) && !Files.readString(pid).isBlank());
    caller.interrupt();
    caller.join();
    assertGone(Long.parseLong(Files.readString(pid).strip()));
  }

  @Test
  void a_daemon_is_its_own_session_reads_nothing_and_writes_a_private_log() throws Exception {
    Path log = folder.resolve("daemon.log");
    String program =
        program("echo \"in=$(cat) $PWD\"", "ps -o sid= -p $$", "echo err >&2", "sleep 1000");
    long pid = Detached.start(List.of(program), log);
    try {
      TestingPatience.await("its words", () -> Files.readString(log).contains("err"));
      assertThat(Files.readString(log).lines().map(String::strip))
          .containsExactly("in= /", Long.toString(pid), "err");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
          .isEqualTo("rw-------");
    } finally {
      ProcessHandle.of(pid)
          .ifPresent(
              p -> {
                p.descendants().forEach(ProcessHandle::destroyForcibly);
                p.destroyForcibly();
              });
    }
    assertThatThrownBy(
            () ->
                Detached.start(
                    List.of("true"),
                    Files.createSymbolicLink(folder.resolve("link"), Path.of("/dev/null"))))
        .hasMessageContaining("not a plain file");
  }

  private static void assertGone(long pid) throws Exception {
    TestingPatience.await(
        "the end of process " + pid,
        () -> ProcessHandle.of(pid).map(p -> !p.isAlive()).orElse(true));
  }
}
