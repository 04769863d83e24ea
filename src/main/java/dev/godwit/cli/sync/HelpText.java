package dev.godwit.cli.sync;

import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.OptionGroup;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;

/** {@code godwit sync --help}: at most 80 columns, by groups, with examples. */
final class HelpText {
  private static final int NAMES_WIDTH = 27;

  static final String[] EXAMPLES = {
    "godwit sync -a src/ dst/              make dst like src",
    "godwit sync -aHAX --delete src/ host:d the same over ssh, rest removed",
    "godwit sync -ain --delete src/ dst/   only tell what would be done",
    "godwit sync -av host:a :b dst/        two directories of another host",
    "godwit sync -a --verify src/ dst/     read both sides, tell what differs",
    "godwit sync host:dir/                 list"
  };

  static final CopyStatus[] STATUSES = {
    CopyStatus.DONE,
    CopyStatus.USAGE,
    CopyStatus.PROTOCOL,
    CopyStatus.FILE_SELECTION,
    CopyStatus.UNSUPPORTED,
    CopyStatus.START,
    CopyStatus.FILE_IO,
    CopyStatus.STREAM,
    CopyStatus.DIAGNOSTICS,
    CopyStatus.SIGNAL,
    CopyStatus.PARTIAL,
    CopyStatus.DIFFERENT,
    CopyStatus.VANISHED,
    CopyStatus.MAX_DELETE,
    CopyStatus.TIMEOUT,
    CopyStatus.CONNECT_TIMEOUT
  };

  private HelpText() {}

  static String text() {
    StringBuilder text = new StringBuilder();
    text.append("Makes a directory like another one, as rsync does: with its options, faster.\n\n");
    text.append("Usage: godwit sync [OPTION...] SRC... DST\n");
    text.append("       godwit sync [OPTION...] SRC... [USER@]HOST:DST\n");
    text.append("       godwit sync [OPTION...] [USER@]HOST:SRC... DST\n");
    text.append("       godwit sync [OPTION...] SRC        (lists SRC)\n\n");
    text.append("A '/' at the end of SRC means its content, without it SRC itself.\n");
    text.append("--no-OPTION turns off what another option has turned on.\n");
    for (OptionGroup group : OptionGroup.values()) {
      text.append('\n').append(group.title()).append(":\n");
      for (SyncOption option : SyncOption.values()) {
        if (option.group() == group && option.state() == OptionState.WORKS && isShown(option)) {
          line(text, option);
        }
      }
    }
    text.append("\nTaken without effect (-v says why):\n");
    names(text, OptionState.NO_EFFECT);
    text.append("\nNot possible (each says what to use instead):\n");
    names(text, OptionState.REFUSED);
    text.append("\nExit codes:\n");
    for (CopyStatus status : STATUSES) {
      text.append(String.format("  %2d  %s%n", status.exitValue(), status.meaning()));
    }
    text.append("\nExamples:\n");
    for (String example : EXAMPLES) {
      text.append("  ").append(example).append('\n');
    }
    text.append(
        "\nMore: `godwit sync --help=man` is the manual page, `--help=rsync` the table of\n");
    text.append("every option of rsync and what becomes of it.\n");
    return text.toString();
  }

  private static boolean isShown(SyncOption option) {
    return !option.isUndocumented();
  }

  private static void line(StringBuilder text, SyncOption option) {
    StringBuilder names = new StringBuilder(option.shortName() == 0 ? "    " : "");
    if (option.shortName() != 0) {
      names.append('-').append(option.shortName());
      names.append(option.longName().isEmpty() ? "" : ", ");
    }
    if (!option.longName().isEmpty()) {
      names.append(option.isShownNegated() ? "--no-" : "--").append(option.longName());
    }
    if (option.takesArgument()) {
      names.append('=').append(option.argument());
    }
    text.append("  ").append(names);
    int column = names.length() + 2;
    if (column > NAMES_WIDTH) {
      text.append('\n');
      column = 0;
    }
    text.append(" ".repeat(NAMES_WIDTH + 1 - column)).append(option.help()).append('\n');
  }

  private static void names(StringBuilder text, OptionState state) {
    StringBuilder line = new StringBuilder(" ");
    for (SyncOption option : SyncOption.values()) {
      if (option.state() != state || !isShown(option)) {
        continue;
      }
      String shown = option.shortName() == 0 ? option.shown() : "-" + option.shortName();
      if (line.length() + 1 + shown.length() > 79) {
        text.append(line).append('\n');
        line = new StringBuilder(" ");
      }
      line.append(' ').append(shown);
    }
    text.append(line).append('\n');
  }

  /** {@code --info=help}. */
  static String info() {
    StringBuilder text = new StringBuilder();
    text.append("Use FLAG or FLAG1 for level 1, FLAG2 for level 2 and so on; FLAG0 silences.\n\n");
    for (InfoFlag flag : InfoFlag.values()) {
      text.append(String.format("%-10s %s%n", flag, flag.help()));
    }
    text.append("\nALL        all of them (ALL2: all at level 2)\n");
    text.append("NONE       none of them\n");
    text.append("HELP       this text\n\n");
    text.append("Added by options:\n");
    for (int verbose = 0; verbose <= 2; verbose++) {
      text.append(verbose == 0 ? "always  " : verbose == 1 ? "-v      " : "-vv     ");
      String comma = "";
      for (InfoFlag flag : InfoFlag.values()) {
        int level = flag.levelAt(verbose);
        if (level > (verbose == 0 ? 0 : flag.levelAt(verbose - 1))) {
          text.append(comma).append(flag).append(level > 1 ? "" + level : "");
          comma = ",";
        }
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** {@code --debug=help}. */
  static String debug() {
    return "FILTER     which rule hides, shows, protects or risks a name (-vv says so, too)\n\n"
        + "The other flags of rsync's --debug are taken and say nothing more here. What helps to find\n"
        + "a fault: -vv, --info=FLAGS, --stats and --json.\n";
  }
}
