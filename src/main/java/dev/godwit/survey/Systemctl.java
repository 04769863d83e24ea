package dev.godwit.survey;

import dev.godwit.host.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What this host's systemd says (systemctl(1)), within limits of time and length. */
final class Systemctl {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** So that an answer stays below what is kept of a program's output. */
  private static final int ASKED_AT_ONCE = 20;

  private Systemctl() {}

  /** What sd_booted(3) asks. */
  static boolean isThere() {
    return Files.isDirectory(Path.of("/run/systemd/system"));
  }

  /**
   * Properties of units.
   *
   * @param properties with commas between
   * @return by their names, for each unit that it knows; several values of one with newlines
   *     between
   * @throws IOException when it does not answer, refuses, or says more than is read
   */
  static List<Map<String, String>> show(Collection<String> names, String properties)
      throws IOException, InterruptedException {
    List<Map<String, String>> units = new ArrayList<>();
    List<String> all = List.copyOf(names);
    for (int at = 0; at < all.size(); at += ASKED_AT_ONCE) {
      List<String> words = new ArrayList<>(List.of("show", "--property=" + properties, "--"));
      words.addAll(all.subList(at, Math.min(all.size(), at + ASKED_AT_ONCE)));
      units.addAll(parse(run(words)));
    }
    return units;
  }

  /** The first words of the lines of a list. */
  static List<String> list(String... words) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of(words));
    argv.addAll(List.of("--no-legend", "--plain", "--full"));
    return run(argv)
        .lines()
        .map(line -> line.strip().split(" ", 2)[0])
        .filter(name -> !name.isEmpty())
        .toList();
  }

  private static String run(List<String> words) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of("systemctl", "--no-pager"));
    argv.addAll(words);
    Processes.Outcome outcome = Processes.run(argv, LIMIT);
    if (!outcome.isSuccess() || outcome.droppedBytes() > 0) {
      throw new IOException(
          "systemctl %s %s"
              .formatted(
                  words.getFirst(),
                  outcome.timedOut()
                      ? "does not answer"
                      : outcome.droppedBytes() > 0
                          ? "says more than is read"
                          : "fails: " + outcome.err().strip()));
    }
    return outcome.out();
  }

  /** One paragraph a unit; what a systemd does not know yet is not in it. */
  static List<Map<String, String>> parse(String said) {
    List<Map<String, String>> units = new ArrayList<>();
    for (String paragraph : said.split("\n\n")) {
      Map<String, String> properties = new HashMap<>();
      for (String line : paragraph.split("\n")) {
        String[] both = line.split("=", 2);
        if (both.length == 2) {
          properties.merge(both[0], both[1].strip(), (one, more) -> one + "\n" + more);
        }
      }
      if (properties.containsKey("Id")) {
        units.add(properties);
      }
    }
    return units;
  }
}
