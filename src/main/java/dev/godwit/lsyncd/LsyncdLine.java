package dev.godwit.lsyncd;

import dev.godwit.daemon.RulesException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * lsyncd's own command line: {@code [OPTIONS] CONFIG}, or {@code [OPTIONS] -rsync SOURCE TARGET},
 * {@code -rsyncssh SOURCE HOST TARGETDIR}, {@code -direct SOURCE TARGETDIR}. Options may have one
 * hyphen or two.
 *
 * @param topic what is asked for
 * @param config the configuration's file; null when the rest of the line is one
 * @param mode as in {@code default.MODE}, when there is no file
 * @param places of that mode, in its order
 */
public record LsyncdLine(
    Topic topic,
    @Nullable Path config,
    String mode,
    List<String> places,
    @Nullable String delay,
    @Nullable Path logFile,
    @Nullable Path pidFile,
    @Nullable Path statusFile,
    boolean insists,
    boolean staysInFront) {
  /** What a line is for. */
  public enum Topic {
    RUN,
    HELP,
    VERSION
  }

  /** Without anything but a configuration. */
  public static final LsyncdLine NONE =
      new LsyncdLine(Topic.RUN, null, "", List.of(), null, null, null, null, false, false);

  public LsyncdLine {
    places = List.copyOf(places);
  }

  /**
   * Understands a command line.
   *
   * @throws RulesException with everything that is wrong
   */
  public static LsyncdLine read(List<String> words) throws RulesException {
    Reader reader = new Reader(words);
    reader.read();
    if (!reader.problems.isEmpty()) {
      throw new RulesException(reader.problems);
    }
    return new LsyncdLine(
        reader.topic,
        reader.config,
        reader.mode,
        reader.places,
        reader.delay,
        reader.logFile,
        reader.pidFile,
        reader.statusFile,
        reader.insists,
        reader.staysInFront);
  }

  /** A configuration that says what a line without a file does; in Lua, each value quoted. */
  public byte[] script() {
    StringBuilder text = new StringBuilder("sync{ default.").append(mode);
    List<String> keys =
        switch (mode) {
          case "rsyncssh" -> List.of("source", "host", "targetdir");
          default -> List.of("source", "target");
        };
    for (int i = 0; i < keys.size(); i++) {
      text.append(", ").append(keys.get(i)).append(" = \"");
      for (byte b : places.get(i).getBytes(StandardCharsets.UTF_8)) {
        text.append('\\').append(String.format("%03d", b & 0xff));
      }
      text.append('"');
    }
    return text.append(" }\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static final class Reader {
    private final List<String> words;
    private final List<String> problems = new ArrayList<>();
    private int at;
    private Topic topic = Topic.RUN;
    private @Nullable Path config;
    private String mode = "";
    private List<String> places = List.of();
    private @Nullable String delay;
    private @Nullable Path logFile;
    private @Nullable Path pidFile;
    private @Nullable Path statusFile;
    private boolean insists;
    private boolean staysInFront;

    Reader(List<String> words) {
      this.words = words;
    }

    void read() {
      while (at < words.size()) {
        String word = words.get(at++);
        if (!word.startsWith("-")) {
          if (config != null) {
            problems.add("there can only be one configuration; found " + config + " and " + word);
          }
          config = Path.of(word);
          continue;
        }
        switch (word.startsWith("--") ? word.substring(1) : word) {
          case "-help" -> topic = Topic.HELP;
          case "-version" -> topic = Topic.VERSION;
          case "-nodaemon" -> staysInFront = true;
          case "-insist" -> insists = true;
          case "-delay" -> delay = seconds(next(word));
          case "-logfile" -> logFile = path(next(word));
          case "-pidfile" -> pidFile = path(next(word));
          case "-statusfile" -> statusFile = path(next(word));
          case "-log" -> {
            // What a person should know is said in any case.
            String unused = next(word);
          }
          case "-rsync" -> mode("rsync", 2);
          case "-direct" -> mode("direct", 2);
          case "-rsyncssh" -> mode("rsyncssh", 3);
          case "-runner" ->
              problems.add("-runner is not possible: there is no part of lsyncd to be loaded");
          default -> problems.add("there is no option " + word + "; `godwit lsyncd -help`");
        }
      }
      if (topic == Topic.RUN && problems.isEmpty() && config == null == mode.isEmpty()) {
        problems.add(
            "expected one configuration, or -rsync, -rsyncssh or -direct; `godwit lsyncd -help`");
      }
    }

    private void mode(String name, int count) {
      if (at + count > words.size()) {
        problems.add("-" + name + " needs " + count + " values after it");
        at = words.size();
        return;
      }
      if (!mode.isEmpty()) {
        problems.add("-" + mode + " and -" + name + " exclude each other");
      }
      mode = name;
      places = List.copyOf(words.subList(at, at + count));
      at += count;
    }

    private String next(String option) {
      if (at == words.size()) {
        problems.add(option + " needs a value");
        return "";
      }
      return words.get(at++);
    }

    private String seconds(String value) {
      if (!value.matches("[0-9]{1,5}(\\.[0-9]{1,3})?")) {
        problems.add("-delay needs a number of seconds, found " + value);
        return "0";
      }
      return value;
    }

    private static Path path(String value) {
      return Path.of(value).toAbsolutePath();
    }
  }
}
