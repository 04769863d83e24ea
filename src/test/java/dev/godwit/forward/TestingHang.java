package dev.godwit.forward;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A loop of another process that stands still: a system call of its thread does not return. */
public final class TestingHang implements AutoCloseable {
  private final Process strace;

  /**
   * From now on, until this is closed.
   *
   * @param thread its name, of 15 characters at most
   */
  public TestingHang(long pid, String thread) throws IOException {
    strace =
        new ProcessBuilder(
                "strace",
                "-o",
                "/dev/null",
                "-e",
                "trace=epoll_pwait",
                "-e",
                "inject=epoll_pwait:delay_enter=20000000",
                "-p",
                Long.toString(thread(pid, thread)))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  private static long thread(long pid, String name) throws IOException {
    List<Path> tasks;
    try (var listed = Files.list(Path.of("/proc/" + pid + "/task"))) {
      tasks = listed.toList();
    }
    for (Path task : tasks) {
      if (Files.readString(task.resolve("comm")).strip().equals(name)) {
        return Long.parseLong(task.getFileName().toString());
      }
    }
    throw new IllegalStateException("no thread " + name);
  }

  @Override
  public void close() throws InterruptedException {
    strace.destroyForcibly().waitFor();
  }
}
