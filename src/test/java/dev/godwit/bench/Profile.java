package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a run's processor time goes to, on both ends: the kernel's own profiler looks at the run's
 * control group 799 times a second. Its figures are shares; a run that is profiled is slower.
 */
final class Profile implements AutoCloseable {
  /**
   * What lets the profiler name Java's methods, and follow them to their callers: on this end only,
   * since the agent on the other starts its JVM without options from the environment.
   */
  static final String JAVA_OPTIONS =
      "-XX:+UnlockDiagnosticVMOptions -XX:+DumpPerfMapAtExit -XX:+PreserveFramePointer";

  private static final int WIDTH = 80;
  private static final Pattern LINE =
      Pattern.compile("\\s*([0-9.]+)%\\s+(?:[0-9.]+%\\s+)?(?:\\[([k.])\\] )?(.*\\S)\\s*");

  private static final Pattern THREAD = Pattern.compile("% +([0-9]+):");

  private final Path file;
  private final Process recorder;

  /** Begins. */
  Profile(Path file, RunGroup group) throws IOException {
    this.file = file;
    Files.deleteIfExists(file);
    recorder =
        new ProcessBuilder(
                "perf",
                "record",
                "--quiet",
                "--all-cpus",
                "-F",
                "799",
                "-g",
                "-e",
                "cpu-clock",
                "--cgroup",
                group.path(),
                "-o",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(file.resolveSibling("perf.log").toFile())
            .start();
    try {
      // It says nothing when it is ready.
      if (recorder.waitFor(1, TimeUnit.SECONDS)) {
        throw new BenchmarkException(
            "perf does not record: " + Programs.read(file.resolveSibling("perf.log")).strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchmarkException("interrupted");
    }
  }

  /** Ends; the file is whole afterwards. */
  @Override
  public void close() throws IOException {
    Programs.run("kill", "-INT", Long.toString(recorder.pid()));
    try {
      recorder.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Shares by program file, by system call, and by method of Godwit, in 80 columns. */
  String report() throws IOException {
    try {
      return sections();
    } finally {
      deleteMaps();
    }
  }

  private String sections() throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(section("by program and library", report("--no-children", "comm,dso"), ".*", 8));
    text.append(
        section("in system calls", report("--children", "sym"), "(__x64_sys_|ksys_).*", 16));
    text.append(
        section("in and below methods", report("--children", "sym"), ".*dev\\.godwit\\..*", 30));
    text.append(section("in itself, kernel and all", report("--no-children", "sym"), ".*", 16));
    return text.toString();
  }

  private static String section(String title, List<String> lines, String wanted, int count) {
    StringBuilder text = new StringBuilder("  " + title + ":\n");
    lines.stream()
        .map(LINE::matcher)
        .filter(Matcher::matches)
        .filter(found -> found.group(3).matches(wanted))
        .limit(count)
        .forEach(found -> text.append(line(found)));
    return text.toString();
  }

  private static String line(Matcher found) {
    String name = found.group(3).replaceAll("\\(.*", "").replaceAll(" {2,}", " ");
    // The type that a method returns comes before its name.
    String last = name.contains("dev.godwit") ? name.replaceFirst("^.* ", "") : name;
    String text =
        String.format(
            Locale.ROOT, "  %5.1f %%  %s", Double.parseDouble(found.group(1)), last.strip());
    return (text.length() > WIDTH ? text.substring(0, WIDTH) : text) + "\n";
  }

  /** What {@link #JAVA_OPTIONS} left in /tmp, by the threads that were seen. */
  private void deleteMaps() throws IOException {
    for (String line : report("--no-children", "pid")) {
      Matcher thread = THREAD.matcher(line);
      if (thread.find()) {
        Files.deleteIfExists(Path.of("/tmp/perf-" + thread.group(1) + ".map"));
      }
    }
  }

  private List<String> report(String children, String sort) throws IOException {
    String all =
        Programs.run(
            "perf",
            "report",
            "-i",
            file.toString(),
            "--stdio",
            "-g",
            "none",
            children,
            "--sort",
            sort);
    try (Stream<String> lines = all.lines()) {
      return lines.filter(line -> !line.startsWith("#") && !line.isBlank()).toList();
    }
  }
}
