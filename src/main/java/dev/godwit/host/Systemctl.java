package dev.godwit.host;

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
public final class Systemctl {
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** So that an answer stays below what is kept of a program's output. */
  private static final int ASKED_AT_ONCE = 20;

  private Systemctl() {}

  /** What sd_booted(3) asks. */
  public static boolean isThere() {
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
  public static List<Map<String, String>> show(Collection<String> names, String properties)
      throws IOException, InterruptedException {
    List<Map<String, String>> units = new ArrayList<>();
    List<String> all = List.copyOf(names);
    for (int at = 0; at < all.size(); at += ASKED_AT_ONCE) {
      List<String> words = new ArrayList<>(List.of("show", "--property=" + properties, "--"));
      words.addAll(all.subList(at, Math.min(all.size(), at + ASKED_AT_ONCE)));
      units.addAll(parse(ask(words)));
    }
    return units;
  }

  /** The first words of the lines of a list. */
  public static List<String> list(String... words) throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of(words));
    argv.addAll(List.of("--no-legend", "--plain", "--full"));
    return ask(argv)
        .lines()
        .map(line -> line.strip().split(" ", 2)[0])
        .filter(name -> !name.isEmpty())
        .toList();
  }

  /**
   * All that it says.
   *
   * @throws IOException when it does not answer, refuses, or says more than is read
   */
  public static String ask(List<String> words) throws IOException, InterruptedException {
    Processes.Outcome outcome = run(words);
    if (!outcome.isSuccess() || outcome.droppedBytes() > 0) {
      throw new IOException(
          "systemctl %s %s"
              .formatted(
                  words.getFirst(),
                  outcome.timedOut()
                      ? "does not answer"
                      : outcome.droppedBytes() > 0
                          ? "says more than is read"
                          : "fails: " + outcome.said()));
    }
    return outcome.out();
  }

  /**
   * The same where a refusal says something too: empty then.
   *
   * @throws IOException when it says more than is read
   */
  public static String askIfAny(List<String> words) throws IOException, InterruptedException {
    Processes.Outcome outcome = run(words);
    if (outcome.isSuccess() && outcome.droppedBytes() > 0) {
      throw new IOException("systemctl %s says more than is read".formatted(words.getFirst()));
    }
    return outcome.isSuccess() ? outcome.out() : "";
  }

  private static Processes.Outcome run(List<String> words)
      throws IOException, InterruptedException {
    List<String> argv = new ArrayList<>(List.of("systemctl", "--no-pager"));
    argv.addAll(words);
    return Processes.run(argv, LIMIT);
  }

  /** The words for people in a {@code LoadError}, which has the name of the error before them. */
  public static String loadError(String shown) {
    return shown.replaceAll("^[^\"]*\"|\"$", "");
  }

  /** One paragraph a unit; what a systemd does not know yet is not in it. */
  public static List<Map<String, String>> parse(String said) {
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
