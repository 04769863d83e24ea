package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose turn it is, among processes. */
final class FileTurnTest {
  @TempDir Path folder;

  /** It has a lock of the kind that Java takes (POSIX), then does as it is told. */
  private Process holder(String then) throws IOException {
    Process process =
        new ProcessBuilder(
                "python3",
                "-c",
                """
                import fcntl, os, signal, sys
                f = open(sys.argv[1], "w")
                fcntl.lockf(f, fcntl.LOCK_EX)
                print("held", flush=True)
                %s
                """
                    .formatted(then),
                folder.resolve("turn").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.inputReader().readLine()).isEqualTo("held");
    return process;
  }

  @Test
  void h50_h59_one_that_was_stopped_in_its_turn_is_ended() throws Exception {
    Process stopped = holder("os.kill(os.getpid(), signal.SIGSTOP)");
    try (FileTurn turn = FileTurn.take(folder.resolve("turn"))) {
      assertThat(stopped.waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(stopped.exitValue()).isEqualTo(128 + 9);
    } finally {
      stopped.destroyForcibly();
    }
  }

  @Test
  void one_that_only_takes_long_is_waited_for() throws Exception {
    Process slow = holder("sys.stdin.read()");
    FutureTask<Void> turn =
        new FutureTask<>(
            () -> {
              try (FileTurn taken = FileTurn.take(folder.resolve("turn"))) {
                return null;
              }
            });
    Thread.ofPlatform().daemon().name("waits for its turn").start(turn);
    try {
      Thread.sleep(2_000);
      assertThat(turn.isDone()).isFalse();
      slow.getOutputStream().close();
      TestingPatience.get(turn);
      assertThat(slow.waitFor()).isZero();
    } finally {
      slow.destroyForcibly();
    }
  }
}
