package dev.godwit.lsyncd;

import dev.godwit.daemon.RulesException;
import dev.godwit.linux.PathText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * lsyncd's own command line: {@code [OPTIONS] CONFIG}, or {@code [OPTIONS]} with any number of
 * {@code -rsync SOURCE TARGET}, {@code -rsyncssh SOURCE HOST TARGETDIR} and {@code -direct SOURCE
 * TARGETDIR}. Options may have one hyphen or two.
 *
 * @param topic what is asked for
 * @param config the configuration's file; null when the rest of the line is one
 * @param syncs what to mirror, when there is no file
 */
public record LsyncdLine(
    Topic topic,
    @Nullable Path config,
    List<Sync> syncs,
    @Nullable String delay,
    @Nullable Path logFile,
    @Nullable Path pidFile,
    @Nullable Path statusFile,
    boolean insists,
    boolean staysInFront,
    boolean hasLog) {
  /**
   * One directory and where it goes.
   *
   * @param mode as in {@code default.MODE}
   * @param places of that mode, in its order, one char a byte
   */
  public record Sync(String mode, List<String> places) {
    public Sync {
      places = List.copyOf(places);
    }

    /** In Lua, each value quoted. */
    private void write(StringBuilder text) {
      text.append("sync{ default.").append(mode);
      List<String> keys =
          mode.equals("rsyncssh")
              ? List.of("source", "host", "targetdir")
              : List.of("source", "target");
      for (int i = 0; i < keys.size(); i++) {
        text.append(", ").append(keys.get(i)).append(" = \"");
        for (byte b : PathText.bytes(places.get(i))) {
          text.append('\\').append(String.format("%03d", b & 0xff));
        }
        text.append('"');
      }
      text.append(" }\n");
    }
  }

  /** What a line is for. */
  public enum Topic {
    RUN,
    HELP,
    VERSION
  }

  /** Without anything but a configuration. */
  public static final LsyncdLine NONE =
      new LsyncdLine(Topic.RUN, null, List.of(), null, null, null, null, false, false, false);

  public LsyncdLine {
    syncs = List.copyOf(syncs);
  }

  /**
   * Understands a command line.
   *
   * @param words one char a byte ({@link PathText})
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
        reader.syncs,
        reader.delay,
        reader.logFile,
        reader.pidFile,
        reader.statusFile,
        reader.insists,
        reader.staysInFront,
        reader.hasLog);
  }

  /** A configuration that says what a line without a file does, a line for each; in Lua. */
  public byte[] script() {
    StringBuilder text = new StringBuilder();
    syncs.forEach(sync -> sync.write(text));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static final class Reader {
    private final List<String> words;
    private final List<String> problems = new ArrayList<>();
    private int at;
    private Topic topic = Topic.RUN;
    private @Nullable Path config;
    private final List<Sync> syncs = new ArrayList<>();
    private @Nullable String delay;
    private @Nullable Path logFile;
    private @Nullable Path pidFile;
    private @Nullable Path statusFile;
    private boolean insists;
    private boolean staysInFront;
    private boolean hasLog;

    Reader(List<String> words) {
      this.words = words;
    }

    void read() {
      while (at < words.size()) {
        String word = words.get(at++);
        if (!word.startsWith("-")) {
          if (config != null) {
            problems.add(
                "there can only be one configuration; found "
                    + config
                    + " and "
                    + PathText.display(word));
          }
          config = Path.of(PathText.utf8(word));
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
            String unused = next(word);
            hasLog = true;
          }
          case "-rsync" -> sync("rsync", 2);
          case "-direct" -> sync("direct", 2);
          case "-rsyncssh" -> sync("rsyncssh", 3);
          case "-runner" ->
              problems.add("-runner is not possible: there is no part of lsyncd to be loaded");
          default ->
              problems.add(
                  "there is no option " + PathText.display(word) + "; `godwit lsyncd -help`");
        }
      }
      if (topic == Topic.RUN && problems.isEmpty() && config == null == syncs.isEmpty()) {
        problems.add(
            "expected one configuration, or -rsync, -rsyncssh or -direct; `godwit lsyncd -help`");
      }
    }

    private void sync(String mode, int count) {
      if (at + count > words.size()) {
        problems.add("-" + mode + " needs " + count + " values after it");
        at = words.size();
        return;
      }
      syncs.add(new Sync(mode, words.subList(at, at + count)));
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
        problems.add("-delay needs a number of seconds, found " + PathText.display(value));
        return "0";
      }
      return value;
    }

    private static Path path(String value) {
      return Path.of(PathText.utf8(value)).toAbsolutePath();
    }
  }
}
