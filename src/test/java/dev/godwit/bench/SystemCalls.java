package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * System calls for each file, by strace. Two trees of different size are copied, and then compared
 * when nothing has changed; the difference of the counts, divided by the files that one tree has
 * more, leaves out what a program does once, such as starting.
 */
final class SystemCalls {
  private static final int FEW = 2000;
  private static final int MANY = 6000;
  private static final double SHOWN_FROM = 0.05;

  private SystemCalls() {}

  /** A command line without source and target. */
  record Program(String name, List<String> command) {}

  /** Calls of each kind for a first copy and for a run with nothing to do, in 80 columns. */
  static String report(Path folder, Program program) throws IOException {
    Path image = folder.resolve("calls.ext4");
    LoopImage.make(image, 256L << 20, 4L * MANY);
    Map<String, Double> copy;
    Map<String, Double> again;
    try (LoopImage place = LoopImage.mountTarget(image, folder.resolve("calls"))) {
      List<Map<String, Long>> few = counts(place.root().resolve("few"), FEW, program);
      List<Map<String, Long>> many = counts(place.root().resolve("many"), MANY, program);
      copy = perFile(few.get(0), many.get(0));
      again = perFile(few.get(1), many.get(1));
    } finally {
      Files.delete(image);
      Files.delete(folder.resolve("calls"));
    }
    return line(program.name() + ", first copy", copy)
        + line(program.name() + ", nothing changed", again);
  }

  private static List<Map<String, Long>> counts(Path folder, int files, Program program)
      throws IOException {
    Path source = Files.createDirectories(folder.resolve("source"));
    new SmallFiles(files, 2000, 50).write(source, Scale.FULL);
    String target = folder.resolve("target") + "/";
    Files.createDirectory(Path.of(target));
    List<Map<String, Long>> counts = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      Path output = folder.resolve("strace");
      List<String> command =
          new ArrayList<>(List.of("strace", "-f", "-c", "-U", "calls,name", "-o"));
      command.add(output.toString());
      command.addAll(program.command());
      command.addAll(List.of(source + "/", target));
      Programs.run(command);
      counts.add(parse(Files.readAllLines(output)));
    }
    return counts;
  }

  /** Reads a table of two columns, number of calls and name, with a head, rules and a total. */
  static Map<String, Long> parse(List<String> lines) {
    Map<String, Long> counts = new TreeMap<>();
    for (String line : lines) {
      String[] fields = line.strip().split(" +", -1);
      if (fields.length == 2 && fields[0].matches("[0-9]+") && !fields[1].equals("total")) {
        counts.merge(fields[1], Long.parseLong(fields[0]), Long::sum);
      }
    }
    return counts;
  }

  static Map<String, Double> perFile(Map<String, Long> few, Map<String, Long> many) {
    Map<String, Double> calls = new TreeMap<>();
    many.forEach(
        (name, count) ->
            calls.put(name, (count - few.getOrDefault(name, 0L)) / (double) (MANY - FEW)));
    return calls;
  }

  private static String line(String what, Map<String, Double> calls) {
    double total = calls.values().stream().mapToDouble(Double::doubleValue).sum();
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%s: %.1f system calls for each file%n", what, total));
    StringBuilder line = new StringBuilder(" ");
    for (var call :
        calls.entrySet().stream()
            .filter(entry -> Math.abs(entry.getValue()) >= SHOWN_FROM)
            .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
            .toList()) {
      String item = String.format(Locale.ROOT, " %s %.2f", call.getKey(), call.getValue());
      if (line.length() + item.length() > 78) {
        text.append(line).append(System.lineSeparator());
        line = new StringBuilder(" ");
      }
      line.append(item);
    }
    return text.append(line).append(System.lineSeparator()).toString();
  }
}
