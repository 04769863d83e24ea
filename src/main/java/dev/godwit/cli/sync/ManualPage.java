package dev.godwit.cli.sync;

import dev.godwit.sync.copy.CopyStatus;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.OptionGroup;
import dev.godwit.sync.rules.OptionState;
import dev.godwit.sync.rules.OptionTexts;
import dev.godwit.sync.rules.SyncOption;

/**
 * The manual page godwit-sync(1), made from the table of options; man(7) is its form. {@code godwit
 * sync --help=man | man -l -} shows it; docs/man has a copy.
 */
final class ManualPage {
  private final StringBuilder page = new StringBuilder();
  private final OptionTexts texts = OptionTexts.read();

  private ManualPage() {}

  static String text() {
    ManualPage manual = new ManualPage();
    manual.head();
    manual.options();
    manual.formats();
    manual.tail();
    return manual.page.toString();
  }

  private void head() {
    line(".\\\" Made by `godwit sync --help=man`; not to be edited.");
    line(".TH GODWIT\\-SYNC 1 \"\" \"Godwit\" \"Godwit\"");
    section("NAME");
    line("godwit\\-sync \\- make a directory like another one, as rsync does");
    section("SYNOPSIS");
    for (String form :
        new String[] {
          "[OPTION...] SRC... DST",
          "[OPTION...] SRC... [USER@]HOST:DST",
          "[OPTION...] [USER@]HOST:SRC... DST",
          "[OPTION...] SRC"
        }) {
      line(".B godwit sync");
      line(escaped(form));
      line(".br");
    }
    section("DESCRIPTION");
    text(
        "Copies what differs from SRC to DST, on this host or over ssh to or from another one. The"
            + " options are those of rsync(1), and mean what they mean there; those that are"
            + " missing, and the few that are new, are named in DIFFERENCES FROM RSYNC. With one"
            + " argument only, its names are listed.");
    text(
        "A '/' at the end of SRC means what is in that directory; without it the directory itself"
            + " is made below DST. With several sources, further ones of the same host can be"
            + " written as `:PATH`. A path with a colon in it is written as `./a:b`.");
    text(
        "On another host an agent is started over ssh, which Godwit brings there by itself; it"
            + " needs no rsync. No name is ever given to a shell.");
    text(
        "Options may stand anywhere; `--` ends them. Most can be turned off by `--no-OPTION` or"
            + " `--no-LETTER`, and later ones override earlier ones: `-a --no-o`.");
  }

  private void options() {
    section("OPTIONS");
    for (OptionGroup group : OptionGroup.values()) {
      line(".SS " + escaped(group.title()));
      for (SyncOption option : SyncOption.values()) {
        if (option.group() == group && option.state() == OptionState.WORKS) {
          option(option);
        }
      }
    }
    line(".SS Taken without effect");
    text("These are taken, and `-v` says why they change nothing.");
    all(OptionState.NO_EFFECT);
    line(".SS Refused");
    text("These end the run before anything is done, with exit value 1.");
    all(OptionState.REFUSED);
  }

  private void all(OptionState state) {
    for (SyncOption option : SyncOption.values()) {
      if (option.state() == state) {
        option(option);
      }
    }
  }

  private void option(SyncOption option) {
    line(".TP");
    line(".B " + escaped(names(option)));
    boolean isFirst = true;
    for (String paragraph : texts.of(option)) {
      line(isFirst ? null : ".IP");
      line(formatted(paragraph));
      isFirst = false;
    }
    if (option.state() == OptionState.REFUSED) {
      line(".IP");
      line(formatted("Instead: " + option.help() + "."));
    }
  }

  /** All names, with the argument: {@code --delete-during, --del}. */
  static String names(SyncOption option) {
    StringBuilder names = new StringBuilder();
    if (option.shortName() != 0) {
      names.append('-').append(option.shortName());
    }
    String prefix = option.isShownNegated() ? "--no-" : "--";
    if (!option.longName().isEmpty()) {
      names.append(names.isEmpty() ? "" : ", ").append(prefix).append(option.longName());
    }
    for (String alias : option.aliases()) {
      names.append(", ").append(prefix).append(alias);
    }
    if (option.takesArgument()) {
      names.append('=').append(option.argument());
    }
    return names.toString();
  }

  private void formats() {
    section("ITEMIZED CHANGES");
    text(
        "`-i` and `%i` print eleven letters, `YXcstpoguax`. Y is what is done: `<` sent, `>`"
            + " received (or copied within one host), `c` made or changed in place, `h` linked,"
            + " `.` not updated (though attributes may be), `*` a message such as `*deleting`. X is"
            + " what it is: `f` file, `d` directory, `L` link, `D` device, `S` fifo or socket.");
    text(
        "The others say what differs, or `.`: c content (of files with `-c`), s size, t time (T:"
            + " becomes the time of the transfer), p permissions, o owner, g group, u time of"
            + " access (n of creation, b both), a ACL, x extended attributes. All `+` is new, all"
            + " blanks is unchanged.");
    section("LINE FORMATS");
    text(
        "`--out-format` and `--log-file-format` take a text with escapes; between `%` and the"
            + " letter may stand a width (`%-50n`) and apostrophes for figures as of `-h` (`%''l`).");
    String[][] escapes = {
      {"%i", "the itemized changes"},
      {"%n", "the name, with a '/' behind a directory"},
      {"%f", "the path at the sender"},
      {"%L", "\" -> TEXT\" of a link, \" => NAME\" of a hard link, \" <- NAME\" of a renamed one"},
      {"%o", "send, recv or del."},
      {"%l", "the size in bytes"},
      {"%b", "the bytes that were sent for it"},
      {"%c", "the bytes of block sums; they are not sent on their own, so 0"},
      {"%C", "the checksum of the whole file, with -c or when it was transferred"},
      {"%B", "the permissions, as rwxr-xr-x"},
      {"%U", "the owner's number"},
      {"%G", "the group's number, or DEFAULT without -g"},
      {"%M", "the time of modification"},
      {"%t", "the time now"},
      {"%p", "the number of this process"},
      {"%m", "nothing; the module of a daemon in rsync"},
      {"%%", "%"}
    };
    for (String[] escape : escapes) {
      line(".TP");
      line(".B " + escaped(escape[0]));
      line(escaped(escape[1]));
    }
    section("NAMES IN OUTPUT");
    text(
        "What cannot be shown in a name is printed as `\\#ooo`, a byte in octal: control characters"
            + " but tabs, what is not UTF-8 in a locale of UTF-8, everything above 127 in others. A"
            + " backslash is printed as `\\#134` where `#` and three digits follow. Besides what"
            + " rsync does, invisible characters and those that change the direction of text are"
            + " printed so.");
    section("INFO FLAGS");
    for (InfoFlag flag : InfoFlag.values()) {
      line(".TP");
      line(".B " + flag);
      line(escaped(flag.help()));
    }
  }

  private void tail() {
    section("EXIT STATUS");
    text(
        "As of rsync(1). 10 never comes: rsync ends so when the talk with one of its daemons fails,"
            + " and there is none here.");
    for (CopyStatus status : HelpText.STATUSES) {
      line(".TP");
      line(".B " + status.exitValue());
      line(escaped(status.meaning()));
    }
    line(".TP");
    line(".B 127");
    line("the rsync of the other host, which is driven where no agent runs, is not there");
    section("ENVIRONMENT");
    String[][] variables = {
      {"RSYNC_RSH", "the default of --rsh"},
      {"RSYNC_PARTIAL_DIR", "where --partial keeps files that were cut off"},
      {"CVSIGNORE, HOME", "see --cvs-exclude"},
      {"LC_ALL, LC_CTYPE, LANG", "whether names are printed as UTF-8"},
      {"TZ", "for times that are printed, and for --stop-at"}
    };
    for (String[] variable : variables) {
      line(".TP");
      line(".B " + escaped(variable[0]));
      line(escaped(variable[1]));
    }
    text(
        "Other variables of rsync (RSYNC_ICONV, RSYNC_PROTECT_ARGS, RSYNC_OLD_ARGS and those of"
            + " daemons) and the file ~/.popt are not read.");
    section("DIFFERENCES FROM RSYNC");
    text(
        "docs/coming-from-rsync.md is a table of every option. There is no daemon and no batch, and"
            + " names are not converted. New are `--json`, `--detect-renames`, `--map-acls`,"
            + " `--trash`, `--delete-limit`, `--keep-agent` and `--verify`. An option that does not exist is an error that names"
            + " the nearest one; all that is wrong with a command line is told at once.");
    section("EXAMPLES");
    line(".nf");
    for (String example : HelpText.EXAMPLES) {
      line(escaped(example));
    }
    line(".fi");
    section("SEE ALSO");
    line("rsync(1), ssh(1)");
  }

  private void section(String title) {
    line(".SH " + title);
  }

  private void text(String paragraph) {
    line(".PP");
    line(formatted(paragraph));
  }

  /** Literals between backquotes become bold. */
  private static String formatted(String paragraph) {
    StringBuilder text = new StringBuilder();
    boolean isLiteral = false;
    for (String part : paragraph.split("`", -1)) {
      text.append(isLiteral ? "\\fB" + escaped(part) + "\\fR" : escaped(part));
      isLiteral = !isLiteral;
    }
    return wrapped(text.toString());
  }

  private static String escaped(String text) {
    String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
    escaped = escaped.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti");
    // A dot at the beginning of a line would be a request.
    return escaped.startsWith(".") ? "\\&" + escaped : escaped;
  }

  /** Lines that are easy to compare; none begins with a dot. */
  private static String wrapped(String text) {
    StringBuilder lines = new StringBuilder();
    int column = 0;
    for (String word : text.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > 90 && !word.startsWith(".")) {
        lines.append('\n');
        column = 0;
      } else if (column > 0) {
        lines.append(' ');
        column++;
      }
      lines.append(word);
      column += word.length();
    }
    return lines.toString();
  }

  private void line(@org.jspecify.annotations.Nullable String line) {
    if (line != null) {
      page.append(line).append('\n');
    }
  }
}
