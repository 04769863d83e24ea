package dev.godwit.sync.rules;

/** What {@code --info} turns on and off. */
public enum InfoFlag {
  BACKUP(2, "files that were kept under another name"),
  COPY(1, "files that were copied on the target"),
  DEL(1, "what is removed"),
  FLIST(1, "that the source is read (1-2)"),
  MISC(1, "this and that (1-2)"),
  MOUNT(2, "mounts that were found or left out"),
  NAME(1, "names 1) that change, 2) that do not"),
  NONREG(0, "what is left out for being no regular file"),
  PROGRESS(NEVER.LEVEL, "how far 1) a file is, 2) the whole is"),
  REMOVE(2, "files that are removed at the source"),
  SKIP(2, "files that are left as they are (1-2)"),
  STATS(1, "figures at the end (1-3)"),
  SYMSAFE(1, "links that lead out");

  private static final class NEVER {
    static final int LEVEL = 100;
  }

  private final int verbosity;
  private final String help;

  InfoFlag(int verbosity, String help) {
    this.verbosity = verbosity;
    this.help = help;
  }

  /** What it is about. */
  public String help() {
    return help;
  }

  /** How many {@code -v} it takes to hear of this level. */
  public int verbosityOf(int level) {
    int verbose = 0;
    while (verbose < NEVER.LEVEL && levelAt(verbose) < level) {
      verbose++;
    }
    return verbose;
  }

  /** Its level at so many {@code -v}. */
  public int levelAt(int verbose) {
    if (verbose < verbosity) {
      return 0;
    }
    // Two of them have more to say at -vv.
    return verbose >= 2 && (this == MISC || this == NAME) ? 2 : 1;
  }
}
