package dev.godwit.mirror.rules;

import org.jspecify.annotations.Nullable;

/** The options of {@code godwit mirror} that it does not read as {@code godwit sync} does. */
public enum MirrorOption {
  CONFIG("config", "FILE", false, "many mirrors from a YAML file, or lsyncd's (-c)"),
  LSYNCD("lsyncd", "", false, "FILE is lsyncd's, whatever it looks like"),
  ONCE("once", "", false, "make DST equal once, then end"),
  BACKGROUND("background", "", false, "go on in the background; returns when it runs"),
  TEST("test", "", false, "say what would be mirrored, or what is wrong; end"),
  METRICS("metrics", "[ADDRESS]:PORT", false, "serve metrics for Prometheus, as 9100"),
  CONTROL("control", "PATH", false, "the socket that `godwit mirror status -p PATH` asks"),
  PID_FILE("pid-file", "FILE", false, "holds the process's number while it runs"),
  LOG_FILE("log-file", "FILE", false, "write a log"),
  STOP_LIMIT("stop-limit", "TIME", false, "to finish what is in flight at the end (30s)"),
  DELAY("delay", "TIME", true, "collect changes of a name for so long (50ms to 1s)"),
  NO_DELETE("no-delete", "", true, "leave what only DST has"),
  DELETE_WHEN("delete-when", "WHEN", true, "startup: in whole comparisons; running: as they go"),
  CHANGES_ONLY("changes-only", "", true, "compare nothing at the start; bring what changes"),
  TRASH_KEEP("trash-keep", "TIME", true, "how long --trash keeps (7d)"),
  MOUNTS("mounts", "DIR", true, "the mount at DIR in SRC takes part; or all"),
  AUDIT("audit", "TIME", true, "compare both sides so often (1d); off: never"),
  AUDIT_SHARE("audit-share", "SHARE", true, "of the time in which such an audit works (10%)"),
  AUDIT_CONTENT("audit-content", "", true, "such audits read all files on both sides"),
  NEW_ROOT("new-root", "", true, "SRC or DST is another one, and that is right");

  private final String word;
  private final String argument;
  private final boolean ofPair;
  private final String help;

  MirrorOption(String word, String argument, boolean ofPair, String help) {
    this.word = word;
    this.argument = argument;
    this.ofPair = ofPair;
    this.help = help;
  }

  /** Without its hyphens. */
  public String word() {
    return word;
  }

  /** What help calls its value; empty when it takes none. */
  public String argument() {
    return argument;
  }

  public boolean takesArgument() {
    return !argument.isEmpty();
  }

  /** Whether each of several values counts, not only the last one. */
  boolean isRepeatable() {
    return this == MOUNTS;
  }

  /** Whether it is about one source and target, not about the process. */
  public boolean isOfPair() {
    return ofPair;
  }

  public String help() {
    return help;
  }

  static @Nullable MirrorOption byWord(String word) {
    for (MirrorOption option : values()) {
      if (option.word.equals(word)) {
        return option;
      }
    }
    return null;
  }
}
