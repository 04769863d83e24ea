package dev.godwit.sync.differential;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program in a process of its own. */
final class SeparateProgram implements Program {
  static final int SECONDS_MAX = 20;

  private final String name;
  private final List<String> command;
  private final String scratch;

  /**
   * @param command program and first arguments
   * @param scratch a directory for its output that is no part of what is compared
   */
  SeparateProgram(String name, List<String> command, String scratch) {
    this.name = name;
    this.command = List.copyOf(command);
    this.scratch = scratch;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Outcome run(Invocation invocation) throws InterruptedException {
    List<String> all = new ArrayList<>();
    if (invocation.user() != 0) {
      all.addAll(
          List.of(
              "/usr/bin/setpriv",
              "--reuid=" + invocation.user(),
              "--regid=" + invocation.user(),
              "--clear-groups"));
    }
    all.addAll(command);
    all.addAll(invocation.arguments());
    File output = new File(scratch, "output");
    File errors = new File(scratch, "errors");
    ProcessBuilder builder = new ProcessBuilder(all);
    builder.directory(new File(invocation.directory()));
    builder.environment().clear();
    builder.environment().putAll(invocation.environment());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectOutput(output);
    builder.redirectError(errors);
    Posix.setUmask(invocation.umask());
    Instant begin = Instant.now();
    try {
      Process process = builder.start();
      int exit = NO_END;
      if (process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
        exit = process.exitValue();
      } else {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      return new Outcome(exit, read(output), read(errors), Window.since(begin));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(File file) {
    return Posix.text(Posix.read(file.getPath()));
  }
}
