package dev.godwit.cli.mirror;

import dev.godwit.cli.ExitCode;
import dev.godwit.mirror.rules.EngineLimits;
import dev.godwit.mirror.rules.MirrorOption;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.SyncOption;

/** {@code godwit mirror --help}: at most 80 columns. */
final class MirrorHelp {
  private static final int NAMES_WIDTH = 27;

  private static final String[] EXAMPLES = {
    "godwit mirror /var/www/ root@new:/var/www",
    "godwit mirror --background --log-file=/var/log/www.log /var/www/ /mnt/www",
    "godwit mirror --once --exclude='*.tmp' old:/srv/ /srv",
    "godwit mirror -c /etc/godwit/mirror.yaml",
    "godwit mirror -c /etc/lsyncd/lsyncd.conf.lua",
    "godwit mirror status"
  };

  private static final ExitCode[] STATUSES = {
    ExitCode.DONE, ExitCode.FINDINGS, ExitCode.USAGE, ExitCode.UNREACHABLE
  };

  private MirrorHelp() {}

  static String text() {
    StringBuilder text = new StringBuilder();
    text.append("Keeps a directory equal to another one, live, until it is told to end.\n\n");
    text.append("Usage: godwit mirror [OPTION...] SRC DST\n");
    text.append("       godwit mirror [OPTION...] SRC [USER@]HOST:DST\n");
    text.append("       godwit mirror [OPTION...] [USER@]HOST:SRC DST\n");
    text.append("       godwit mirror [OPTION...] -c FILE\n");
    text.append("       godwit mirror status|pause|resume|barrier|audit|verify [NAME]\n\n");
    text.append("A '/' at the end of SRC means its content, without it SRC itself. What DST has\n");
    text.append(
        "and SRC has not is removed. SIGTERM and Ctrl-C finish what is in flight and end\n");
    text.append("with 0, a second one ends at once; SIGHUP reads the file of -c again.\n\n");
    text.append("Options:\n");
    for (MirrorOption option : MirrorOption.values()) {
      String names = option == MirrorOption.CONFIG ? "-c, --config" : "    --" + option.word();
      line(text, names + (option.takesArgument() ? "=" + option.argument() : ""), option.help());
    }
    text.append("\nOptions of `godwit sync` that a mirror takes (-aHAX is there without them):\n");
    for (SyncOption option : SyncOption.values()) {
      if (option.state() == OptionState.WORKS
          && EngineLimits.isHonoured(option)
          && option != SyncOption.VERBOSE // it is taken, as of those who type -av, and says so
          && !option.isUndocumented()) {
        StringBuilder names = new StringBuilder("    ");
        boolean isTaken = option == SyncOption.CHECKSUM; // -c is --config
        if (option.shortName() != 0 && !isTaken) {
          names.setLength(0);
          names.append('-').append(option.shortName());
          names.append(option.longName().isEmpty() ? "" : ", ");
        }
        if (!option.longName().isEmpty()) {
          names.append("--").append(option.longName());
        }
        names.append(option.takesArgument() ? "=" + option.argument() : "");
        line(text, names.toString(), help(option));
      }
    }
    text.append("\nExit codes:\n");
    for (ExitCode status : STATUSES) {
      text.append(String.format("  %2d  %s%n", status.status(), status.meaning()));
    }
    text.append("\nExamples:\n");
    for (String example : EXAMPLES) {
      text.append("  ").append(example).append('\n');
    }
    return text.toString();
  }

  /** One pass counts before it changes anything; a mirror does not know what will go. */
  private static String help(SyncOption option) {
    return option == SyncOption.DELETE_LIMIT
        ? "halt before more goes in ten minutes, as 10% (50%)"
        : option.help();
  }

  private static void line(StringBuilder text, String names, String help) {
    text.append("  ").append(names);
    int column = names.length() + 2;
    if (column > NAMES_WIDTH) {
      text.append('\n');
      column = 0;
    }
    text.append(" ".repeat(NAMES_WIDTH + 1 - column)).append(help).append('\n');
  }
}
