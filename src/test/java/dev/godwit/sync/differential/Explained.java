package dev.godwit.sync.differential;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/** Differences that stay, each with a reason that holds for those who use the program. */
final class Explained {
  /**
   * @param reason why it is right that the two differ
   * @param applies to one difference of one case
   */
  record Rule(String reason, Test applies) {
    interface Test {
      boolean applies(Case what, Difference difference);
    }
  }

  /** What rsync keeps in an attribute with --fake-super. */
  private static final String KEPT = "user\\.rsync\\.%stat=\"[^\"]*\" ";

  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "with --fake-super, and -o or -g missing, rsync 3.5.0 records as owner and group"
                  + " whatever was in its memory, something else in each run",
              (what, difference) ->
                  difference.what().equals("xattr")
                      && what.hasOption("--fake-super")
                      && !(what.isOn('o') && what.isOn('g'))
                      && difference
                          .expected()
                          .replaceAll(KEPT, "")
                          .equals(difference.actual().replaceAll(KEPT, ""))),
          new Rule(
              "with -U and -X and without -t, rsync 3.5.0 gives new files that have extended"
                  + " attributes a time one second before 1970; nobody asked for that",
              (what, difference) ->
                  difference.what().equals("mtime")
                      && difference.expected().startsWith("@-0.")
                      && what.hasOption("-U")
                      && what.hasOption("-X")
                      && !what.isOn('t')),
          new Rule(
              "a directory that an ordinary user had to be let into gets the mode that it should"
                  + " have in the end; rsync 3.5.0 leaves it open to him",
              (what, difference) ->
                  difference.what().equals("mode")
                      && what.user() != 0
                      && difference.expected().matches("40[0-7]{3,4}")
                      && difference.actual().matches("40[0-7]{3,4}")
                      && Integer.parseInt(difference.expected(), 8)
                          == (Integer.parseInt(difference.actual(), 8) | 0700)),
          new Rule(
              "DEL is escaped as other control characters are, for it can make a terminal lie",
              (what, difference) ->
                  difference.what().matches("item|line")
                      && (difference.expected().contains("\\177")
                          || difference.actual().contains("\\#177"))),
          new Rule(
              "-U keeps access times to the nanosecond, where rsync 3.5.0 cuts them to seconds",
              (what, difference) ->
                  difference.what().equals("atime")
                      && difference.expected().endsWith(".000000000")
                      && seconds(difference.expected()).equals(seconds(difference.actual()))),
          new Rule(
              "rsync 3.5.0 reads filter files in the source and takes the access time that this"
                  + " gave them; the one from before is kept here",
              (what, difference) ->
                  difference.what().equals("atime")
                      && difference.expected().equals("now")
                      && difference.actual().startsWith("@")),
          new Rule(
              "nothing is compared by a listing, so that it matters not whether a --compare-dest"
                  + " or the like is there",
              (what, difference) ->
                  difference.what().equals("errors")
                      && (what.hasOption("--list-only") || what.target().isEmpty())
                      && difference
                          .expected()
                          .matches("says \\((--\\w+-dest arg does not" + " exist[^|]*( \\| )?)+")),
          new Rule(
              "an owner or group that nobody has on the target ends the run before anything is"
                  + " done, so that no file comes to belong to another one",
              (what, difference) ->
                  what.options().stream()
                      .flatMap(List::stream)
                      .anyMatch(text -> text.startsWith("--chown=*:"))),
          new Rule(
              "the line about the list is whole, where -vv of rsync 3.5.0 prints others into it",
              (what, difference) ->
                  difference.what().equals("line")
                      && (difference.expected() + difference.actual())
                          .matches(".*prints '?(building file list \\.\\.\\. |done\\b).*")),
          new Rule(
              "-vv names what is up to date as every other line does, by its name in the source,"
                  + " also where the target is its new name",
              (what, difference) ->
                  difference.what().equals("line")
                      && what.sources().size() == 1
                      && (difference.expected().matches("prints '?d is uptodate'?")
                          || difference.actual().endsWith(" is uptodate'"))),
          new Rule(
              "what rsync 3.5.0 prints for those who look for faults in it",
              (what, difference) ->
                  difference.what().equals("line")
                      && difference
                          .expected()
                          .matches(
                              "prints '?(deleting in |total: matches=|\\[\\w+\\] |.*showing .* because of"
                                  + " pattern|.*hiding .* because of pattern|removing duplicate"
                                  + " name|(\\(new\\) )?backup_dir is).*")));

  private Explained() {}

  /** The last whole second before a time as it is printed, "@-1.5". */
  private static String seconds(String time) {
    return time.matches("@-?[0-9.]+")
        ? "" + new BigDecimal(time.substring(1)).setScale(0, RoundingMode.FLOOR)
        : time;
  }

  /**
   * Whether rsync broke down, so that nothing can be compared: with -H, and a directory with
   * content in the place of one of several linked files, rsync 3.5.0 waits for ever or ends with a
   * message about its own data.
   */
  static boolean isBreakdown(Program.Outcome reference) {
    return reference.exit() == Program.NO_END
        || reference.exit() == 13 && reference.errors().contains("Hlink node data");
  }

  static boolean has(Case what, Difference difference) {
    return RULES.stream().anyMatch(rule -> rule.applies().applies(what, difference));
  }

  /** What no rule explains. */
  static List<Difference> without(Case what, List<Difference> all) {
    return all.stream().filter(difference -> !has(what, difference)).toList();
  }
}
