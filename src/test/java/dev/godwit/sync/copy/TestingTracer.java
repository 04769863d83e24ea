package dev.godwit.sync.copy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** strace(1) on a process that runs already; it injects errors into its system calls. */
final class TestingTracer implements AutoCloseable {
  private static final Pattern CALL =
      Pattern.compile("^\\d+ +(?:<\\.\\.\\. )?(\\w+)(?:\\(| resumed>)");

  private final Process process;
  private final Path output;
  private final String calls;

  /**
   * Attaches to all threads of a process, those to come too.
   *
   * @param injection as for {@code -e inject=}; {@code when=N} counts in each thread by itself
   */
  TestingTracer(long pid, Path folder, String injection) throws IOException {
    output = folder.resolve("calls");
    calls = injection.substring(0, injection.indexOf(':'));
    process =
        new ProcessBuilder(
                List.of(
                    "strace",
                    "-f",
                    "-o",
                    output.toString(),
                    "-e",
                    "trace=" + calls,
                    "-e",
                    "inject=" + injection,
                    "-p",
                    "" + pid))
            .redirectErrorStream(true)
            .start();
    BufferedReader words =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1));
    String word = words.readLine();
    if (word == null || !word.contains("attached")) {
      throw new IOException("strace says: " + word);
    }
  }

  /** Lets the process go on alone; the calls into which an error was injected. */
  List<String> end() throws Exception {
    process.destroy();
    process.waitFor();
    return Files.readAllLines(output, StandardCharsets.ISO_8859_1).stream()
        .filter(line -> line.contains("(INJECTED)"))
        .toList();
  }

  /** Lets the process go on alone; what was written of its calls. */
  List<String> lines() throws Exception {
    process.destroy();
    process.waitFor();
    return Files.readAllLines(output, StandardCharsets.ISO_8859_1);
  }

  /** Lets the process go on alone; the most calls that one thread made. */
  int calls() throws Exception {
    process.destroy();
    process.waitFor();
    Map<String, Integer> counts = new HashMap<>();
    for (String line : Files.readAllLines(output, StandardCharsets.ISO_8859_1)) {
      if (line.matches("\\d+ +" + calls + "\\(.*")) {
        counts.merge(line.substring(0, line.indexOf(' ')), 1, Integer::sum);
      }
    }
    return counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /** Lets the process go on alone; the names of all calls that it made. */
  Set<String> names() throws Exception {
    process.destroy();
    process.waitFor();
    Set<String> names = new TreeSet<>();
    for (String line : Files.readAllLines(output, StandardCharsets.ISO_8859_1)) {
      Matcher matcher = CALL.matcher(line);
      if (matcher.find()) {
        names.add(matcher.group(1));
      }
    }
    return names;
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
  }
}
