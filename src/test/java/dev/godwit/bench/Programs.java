package dev.godwit.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the programs that prepare and check, which are not measured. */
final class Programs {
  private static final long LIMIT_MINUTES = 30;

  private Programs() {}

  /** Output of both kinds, and the exit status. */
  record Outcome(int exit, String text) {}

  /** Returns what it printed; anything but success is an error that shows that. */
  static String run(List<String> command) throws IOException {
    Outcome outcome = tryRun(command);
    if (outcome.exit() != 0) {
      throw new BenchmarkException(
          "%s ended with status %d: %s"
              .formatted(String.join(" ", command), outcome.exit(), outcome.text().strip()));
    }
    return outcome.text();
  }

  static String run(String... command) throws IOException {
    return run(List.of(command));
  }

  static Outcome tryRun(List<String> command) throws IOException {
    try {
      Path output = Files.createTempFile("benchmark", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          throw new BenchmarkException(
              "%s did not end within %d minutes"
                  .formatted(String.join(" ", command), LIMIT_MINUTES));
        }
        return new Outcome(process.exitValue(), read(output));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new BenchmarkException("unable to run " + command.getFirst() + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted while " + command.getFirst() + " ran");
    }
  }

  /** Whether a program of this name is in the PATH or in the directories of administrators. */
  static boolean exist(String name) {
    String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin";
    for (String folder : path.split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, name))) {
        return true;
      }
    }
    return false;
  }

  /** Text of a file, whatever bytes are in it. */
  static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
