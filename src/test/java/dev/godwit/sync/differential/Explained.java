package dev.godwit.sync.differential;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.stream.Stream;

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

  /** What is listed with a time of access: type and permissions, size, two times. */
  private static final String LISTED_WITH_ACCESS =
      "prints '?.[rwxsStT-]{9} +[0-9,]+( [0-9/]{10} [0-9:]{8}){2} .*";

  /** The owner's permissions in an access control list. */
  private static final String OWNER_ENTRY = "(posix_acl_access=0x02000000)01000[0-7]00";

  private static final String ACCESS_LIST = "system\\.posix_acl_access=0x[0-9a-f]+ ";

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
                  isOrdinaryUser(what)
                      && (difference.what().equals("mode")
                              && difference.expected().matches("4[0-7]{4}")
                              && difference.actual().matches("4[0-7]{4}")
                              && octal(difference.expected())
                                  == (octal(difference.actual())
                                      | octal(difference.expected()) & 0700)
                          || difference.what().equals("xattr")
                              && isEqualWithout(OWNER_ENTRY, "$1", difference))),
          new Rule(
              "a backup has the mode that the file had; rsync 3.5.0 makes it writable for an"
                  + " ordinary user before",
              (what, difference) ->
                  difference.what().equals("mode")
                      && what.user() != 0
                      && what.hasOption("-b")
                      && octal(difference.expected()) == (octal(difference.actual()) | 0200)),
          new Rule(
              "DEL is escaped as other control characters are, for it can make a terminal lie",
              (what, difference) ->
                  difference.where().equals("log")
                          && difference.expected().contains("\\177")
                          && difference.actual().contains("\\#177")
                      || difference.what().matches("item|line")
                          && (difference.expected().contains("\\177")
                                  && difference.actual().equals("does not")
                              || difference.actual().contains("\\#177")
                                  && difference.expected().equals("does not"))),
          new Rule(
              "-U keeps access times to the nanosecond, where rsync 3.5.0 cuts them to seconds",
              (what, difference) ->
                  difference.what().equals("atime")
                      && difference.expected().endsWith(".000000000")
                      && seconds(difference.expected()).equals(seconds(difference.actual()))),
          new Rule(
              "rsync 3.5.0 takes the access time that it gave a file by reading it before, as a"
                  + " filter file, as another name or for -c; the one from before is kept here",
              (what, difference) ->
                  difference.what().equals("atime")
                          && difference.expected().equals("now")
                          && difference.actual().startsWith("@")
                          && (difference.where().startsWith("d")
                              ? what.hasOption("-U")
                              : isFilterFile(difference.where()))
                      || what.hasOption("-U")
                          && difference.what().equals("item")
                          && difference
                              .expected()
                              .matches(
                                  "prints '?\\.f\\.{6}u\\.\\. .*\\.(rsync-filter|cvsignore|ignore)'?")
                      || what.hasOption("-U")
                          && hasBasis(what)
                          && difference.what().equals("item")
                          && (difference.expected() + difference.actual())
                              .matches("(does not)?prints '?hf.{6}[.u].*(does not)?")
                      || what.hasOption("-U")
                          && what.hasOption("-c")
                          && (difference.what().equals("item")
                                  && difference.expected().matches("prints '?\\.f\\.{6}u\\.\\. .*")
                              || (difference.expected() + difference.actual())
                                  .replace("does not", "")
                                  .matches(LISTED_WITH_ACCESS))),
          new Rule(
              "without -H, several names of one inode at the target are compared in any order:"
                  + " the first one is told to have other attributes, the next ones are equal then",
              (what, difference) ->
                  difference.what().equals("item")
                      && !what.hasOption("-H")
                      && (difference.expected() + difference.actual())
                          .matches("(does not)?prints '\\.[fLDS]\\S{9} .*'(does not)?")
                      && hasLinks(what.tree().below("d"))),
          new Rule(
              "a directory or link gives way to a file when that is whole; rsync 3.5.0 has removed"
                  + " it when it finds that the file cannot be read",
              (what, difference) -> what.user() != 0 && standsForUnreadable(what, difference)),
          new Rule(
              "a directory of somebody else's in which nothing is to be changed need not be opened"
                  + " to this user, and that he cannot do it is no error",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && difference
                          .expected()
                          .matches(
                              "23 \\((rsync: \\[generator\\] failed to modify permissions on"
                                  + " [^|]*: Operation not permitted \\(1\\) \\| )+rsync error.*")),
          new Rule(
              "what stands keeps its mode without -p, also where this user may not read it; rsync"
                  + " 3.5.0 gives it the source's",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && !what.isOn('p')
                      && difference.what().equals("mode")
                      && hasUnreadable(what, difference.where(), octal(difference.actual()))),
          new Rule(
              "a directory of --backup-dir lets its owner in, where rsync 3.5.0 can bring nothing to"
                  + " one that is read-only",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && difference.what().equals("mode")
                      && difference.where().matches("(d/)?bk(/.*)?")
                      && octal(difference.actual()) == (octal(difference.expected()) | 0700)),
          new Rule(
              "that a directory of somebody else's has another time after its content was changed"
                  + " is told; rsync 3.5.0 says nothing of it where the time was right before",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && difference.what().equals("exit")
                      && difference.expected().startsWith("0 ")
                      && difference
                          .actual()
                          .matches(
                              "23 \\((godwit: [^|]*: the time could not be set: Operation not"
                                  + " permitted \\(utimensat\\) \\| )+godwit error.*")),
          new Rule(
              "a file that is equal stays as it is where --link-dest can make no link; rsync 3.5.0"
                  + " copies it from there",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && what.hasOption("--link-dest")
                      && (difference.what().matches("owner|xattr")
                              && difference.where().startsWith("d/")
                          || difference.what().equals("mtime")
                              && difference.expected().equals("now")
                              && difference.actual().startsWith("@")
                          || difference.what().equals("line")
                              && difference.expected().contains("[generator] link ")
                          || difference.what().equals("item")
                              && (difference.expected() + difference.actual())
                                  .matches("(does not)?prints '(cf|\\.f) .*(does not)?"))),
          new Rule(
              "nothing is removed from the source through a link to a directory; rsync 3.5.0 does so"
                  + " with --files-from alone",
              (what, difference) ->
                  what.hasOption("--remove-source-files")
                      && what.hasOption("--files-from")
                      && difference.where().matches("out(/.*)?")
                      && difference.what().matches("name|mtime")),
          new Rule(
              "rules of a directory that this user may not read are told, and at the target nothing"
                  + " is removed there",
              (what, difference) ->
                  what.user() != 0
                      && (difference.what().matches("exit|errors")
                              && difference.actual().contains("the file of filter rules")
                          || hasRulesOfOthers(what)
                              && difference.what().matches("item|name|stats")
                              && (difference.expected().equals("absent")
                                  || difference.expected().contains("deleting")))),
          new Rule(
              "what is new has its mode and time although it cannot be given to its owner (--super)",
              (what, difference) ->
                  what.user() != 0
                      && what.hasOption("--super")
                      && difference.what().matches("mode|mtime")),
          new Rule(
              "--delay-updates makes no absolute --partial-dir for nothing",
              (what, difference) ->
                  what.hasOption("--delay-updates")
                      && difference.what().equals("name")
                      && difference.expected().equals("directory")
                      && difference.actual().equals("absent")
                      && what.options().stream()
                          .flatMap(List::stream)
                          .anyMatch(
                              text ->
                                  text.startsWith("--partial-dir=")
                                      && text.endsWith("/" + difference.where()))),
          new Rule(
              "nothing is compared by a listing, or with a target that is missing, so that it"
                  + " matters not whether a --compare-dest or the like is there",
              (what, difference) ->
                  difference.what().equals("errors")
                      && (difference.expected() + difference.actual())
                          .matches(".*--\\w+-dest(: No such file| arg does not exist).*")),
          new Rule(
              "nothing is written by a listing, so that it matters not whether the directory for"
                  + " temporary files is there",
              (what, difference) ->
                  what.hasOption("--temp-dir")
                      && (what.hasOption("--list-only") || what.target().isEmpty())
                      && difference.what().matches("exit|line|stats")),
          new Rule(
              "the line about the list is whole, where rsync 3.5.0 prints others into it",
              (what, difference) ->
                  difference.what().equals("line")
                      && (difference.expected() + " | " + difference.actual())
                          .matches(".*prints '?(building file list \\.\\.\\. |done\\b).*")),
          new Rule(
              "-vv names what is up to date or passed over as every other line does, by its name in the"
                  + " source, also where the target is its new name",
              (what, difference) ->
                  difference.what().equals("line")
                      && what.sources().size() == 1
                      && what.hasOption("-vv")
                      && ((difference.expected() + difference.actual())
                              .matches("(does not)?prints 'not creating new file .*(does not)?")
                          || isUpToDate(difference.expected(), what.target())
                              && difference.actual().equals("does not")
                          || isUpToDate(difference.actual(), what.sources().getFirst())
                              && difference.expected().equals("does not"))),
          new Rule(
              "what rsync 3.5.0 prints for those who look for faults in it",
              (what, difference) ->
                  difference.what().equals("line")
                      && difference
                          .expected()
                          .matches(
                              "prints '?(opening connection using|protected args: |deleting in |total: matches=|\\[\\w+\\] (?!.* because of"
                                  + " pattern )|removing duplicate name|(\\(new\\) )?backup_dir is).*")),
          new Rule(
              "of a rule that is from a file rsync 3.5.0 does not say the pattern, and of those of -C"
                  + " that they are its own",
              (what, difference) ->
                  difference.where().equals("log")
                          && difference.expected().contains("<rule from a file read earlier>")
                      || difference.what().equals("line")
                          && (difference.expected() + difference.actual())
                              .matches("(does not)?prints '.* because of pattern .*(does not)?")
                          && ((difference.expected() + difference.actual())
                                  .matches(".* \\[(per-dir .*|global CVS)\\]'?(does not)?")
                              || what.hasOption("-C")
                              || what.hasOption("--exclude-from")
                              || what.hasOption("--include-from")
                              || what.options().stream()
                                  .flatMap(List::stream)
                                  .anyMatch(text -> text.contains("f/merge")))),
          new Rule(
              "without -p, a file that gets another owner does not keep setuid and setgid of the"
                  + " one that stood there: somebody could have his program run as root",
              (what, difference) ->
                  difference.what().equals("mode")
                      && !what.isOn('p')
                      && difference.expected().startsWith("10")
                      && (octal(difference.expected()) & ~06000)
                          == (octal(difference.actual()) & ~06000)
                      && (octal(difference.actual()) & ~octal(difference.expected())) == 0),
          new Rule(
              "with -X and without -p, rsync 3.5.0 gives directories that have extended attributes"
                  + " the whole mode of the source, whatever the umask says and stood there",
              (what, difference) ->
                  difference.what().equals("mode")
                      && what.hasOption("-X")
                      && !what.isOn('p')
                      && difference.expected().startsWith("4")),
          new Rule(
              "with -U and --link-dest and without -p, rsync 3.5.0 gives the file of the basis the"
                  + " mode that stood at the name; a basis is not changed here",
              (what, difference) ->
                  difference.what().equals("mode")
                      && what.hasOption("-U")
                      && what.hasOption("--link-dest")
                      && !what.isOn('p')),
          new Rule(
              "--copy-dest and --fake-super without -p: in the place of a symbolic link, rsync 3.5.0"
                  + " gives a file the mode of links, so that everybody may write to it",
              (what, difference) ->
                  difference.what().equals("mode")
                      && (what.hasOption("--copy-dest") || what.hasOption("--fake-super"))
                      && !what.isOn('p')
                      && difference.expected().equals("100777")),
          new Rule(
              "--copy-dest or the like, and -y, without -p: rsync 3.5.0 gives a new file the mode that the file has"
                  + " which its content is taken from; it has the source's here, as without",
              (what, difference) ->
                  (hasBasis(what) || what.hasOption("-y"))
                      && !what.isOn('p')
                      && (difference.what().equals("mode") && isModeOfBasis(what, difference)
                          || difference.what().equals("xattr")
                              && isEqualWithout(KEPT + "|" + ACCESS_LIST, "", difference))),
          new Rule(
              "a file is copied that --append finds in a --copy-dest or the like, and not shorter;"
                  + " rsync 3.5.0 makes none at all, or one that begins with zeros",
              (what, difference) ->
                  (what.hasOption("--append") || what.hasOption("--append-verify"))
                      && hasBasis(what)
                      && (difference.what().matches("item|line|stats")
                              && (difference.expected().equals("does not")
                                  || difference.what().equals("stats"))
                          || difference.what().equals("content")
                          || difference.what().equals("name")
                              && difference.expected().equals("absent"))),
          new Rule(
              "--ignore-existing passes over what stands for a directory, with all that is below;"
                  + " rsync 3.5.0 writes through a link, and tells of directories that it makes"
                  + " nowhere",
              (what, difference) ->
                  what.hasOption("--ignore-existing")
                      && standsForDirectory(what)
                      && (difference
                              .what()
                              .matches("item|line|stats|name|mtime|mode|content|hard-link")
                          || difference.what().equals("exit")
                              && difference
                                  .expected()
                                  .matches(".*(Too many levels of symbolic|mkdir .* failed).*"))),
          new Rule(
              "a link that is followed has the attributes of what it leads to; rsync 3.5.0 reads"
                  + " those of the link itself, so that they are lost",
              (what, difference) ->
                  what.hasOption("-X")
                      && followsLinks(what)
                      && (difference.what().equals("xattr")
                          || difference.what().equals("item")
                              && (difference.expected() + difference.actual())
                                  .matches("(does not)?prints '?.f........x .*(does not)?"))),
          new Rule(
              "whether the second of two names of one file at the target is told as well depends in"
                  + " rsync 3.5.0 on which of its processes is faster",
              (what, difference) ->
                  difference.what().equals("item")
                      && what.hasOption("-X")
                      && (difference.expected() + difference.actual())
                          .matches("(does not)?prints '?\\.f\\.{3}[p.]\\.{4}[x.] .*(does not)?")
                      && hasHardLinks(what, "d/")),
          new Rule(
              "symbolic links in a --compare-dest or the like are not followed, for they can lead"
                  + " anywhere; rsync 3.5.0 follows those of root and of the user",
              (what, difference) ->
                  hasBasis(what)
                      && hasLinkInBasis(what)
                      && difference
                          .what()
                          .matches("item|stats|line|name|mtime|exit|errors|hard-link")),
          new Rule(
              "rsync 3.5.0 asks for the default list of a file that stands where a directory stood",
              (what, difference) ->
                  what.hasOption("-A")
                      && what.hasOption("-H")
                      && (difference.what().equals("exit")
                              && difference
                                  .expected()
                                  .matches("23 .*ACL_TYPE_DEFAULT\\): Permission denied.*")
                          || difference.what().equals("item")
                              && (difference.expected() + difference.actual())
                                  .matches("(does not)?prints '?hf\\.s.*"))),
          new Rule(
              "--delay-updates of rsync 3.5.0 loses files that are named as the directory that it"
                  + " uses",
              (what, difference) ->
                  what.hasOption("--delay-updates")
                      && (difference.where() + difference.expected() + difference.actual())
                          .contains(".~tmp~")),
          new Rule(
              "with --ignore-existing, rsync 3.5.0 gives what is no directory the time of the"
                  + " directory that is not put in its place, and wants to list it",
              (what, difference) ->
                  what.hasOption("--ignore-existing")
                      && (difference.what().equals("exit")
                              && difference.expected().matches("23 .*Not a directory \\(20\\).*")
                          || difference.what().equals("mtime")
                              && hasDirectoryNamed(what, difference.where()))),
          new Rule(
              "what is refused for an option that does not exist here leaves no log",
              (what, difference) ->
                  what.hasOption("-N")
                      && difference.what().equals("name")
                      && difference.where().equals("log")
                      && difference.actual().equals("absent")),
          new Rule(
              "a run that is refused leaves the reason in its log",
              (what, difference) ->
                  difference.what().equals("name")
                      && difference.where().equals("log")
                      && difference.expected().equals("absent")),
          new Rule(
              "what was moved from the source and is given twice is told once; rsync 3.5.0 tells that"
                  + " it is gone",
              (what, difference) ->
                  what.hasOption("--remove-source-files")
                      && what.sources().size() > 1
                      && difference.what().matches("item|line|stats")),
          new Rule(
              "with --remove-source-files and links that are followed, all is copied before anything"
                  + " goes, and a link goes too; rsync 3.5.0 misses what went by another name, and"
                  + " leaves a link whose file went before it",
              (what, difference) ->
                  what.hasOption("--remove-source-files")
                      && followsLinks(what)
                      && (difference.what().equals("exit")
                              && difference.expected().startsWith("24 ")
                          || difference.what().equals("item")
                              && difference.expected().equals("does not")
                          || difference.what().equals("line")
                              && (difference.expected() + difference.actual())
                                  .matches(".*sender (file already )?removed.*")
                          || difference.what().equals("name")
                              && (difference.where().startsWith("d")
                                  ? difference.expected().equals("absent")
                                  : difference.actual().equals("absent")
                                      && difference.expected().contains("link")))),
          new Rule(
              "that a directory is in the way is told once, and of one that cannot be listed that it"
                  + " cannot; rsync 3.5.0 tells it twice with --inplace, and calls both not empty",
              (what, difference) ->
                  difference.what().equals("line")
                      && (what.user() != 0 || what.hasOption("--inplace"))
                      && difference.expected().contains("cannot delete non-empty directory")
                      && difference.actual().equals("does not")),
          new Rule(
              "with -c, files that cannot be read on either side are equal for rsync 3.5.0",
              (what, difference) ->
                  what.user() != 0
                      && what.hasOption("-c")
                      && difference.what().matches("exit|errors")
                      && difference.actual().contains("cannot be read at the source")),
          new Rule(
              "--append writes to a file that several names of the target share; which of the"
                  + " sources is in it in the end is as good as chance",
              (what, difference) ->
                  (what.hasOption("--append") || what.hasOption("--append-verify"))
                      && (difference.what().equals("content") || isTransfer(difference))
                      && hasHardLinks(what, "d/")),
          new Rule(
              "--append-verify finds that what stands begins otherwise before it appends anything;"
                  + " rsync finds it afterwards, and tells of the file and counts it twice",
              (what, difference) ->
                  what.hasOption("--append-verify")
                      && (isTransfer(difference)
                          || difference.what().equals("errors")
                              && difference.expected().contains("failed verification"))),
          new Rule(
              "--append with -S of rsync 3.5.0 writes zeros over the beginning that is there",
              (what, difference) ->
                  (what.hasOption("--append") || what.hasOption("--append-verify"))
                      && what.hasOption("-S")
                      && difference.what().equals("content")),
          new Rule(
              "an empty directory that comes before one that is given twice is left out as any other"
                  + " (-m); rsync 3.5.0 keeps it",
              (what, difference) ->
                  what.hasOption("-m")
                      && what.sources().size() > 1
                      && (difference.what().equals("name")
                              && (difference.expected() + difference.actual()).contains("directory")
                          || difference.what().matches("item|line")
                              && (difference.expected() + difference.actual()).contains("/")
                              && difference.expected().matches("prints .*/'?|does not"))),
          new Rule(
              "a directory with something in it is not removed because a backup would have its name:"
                  + " nobody asked for that",
              (what, difference) ->
                  (what.hasOption("-b") || what.hasOption("--backup-dir"))
                      && hasFullDirectoryForBackup(what)
                      && difference
                          .what()
                          .matches(
                              "exit|item|line|stats|type|name|mtime|mode|owner|content|hard-link")),
          new Rule(
              "a directory keeps the source's time when one for backups is made in it; rsync 3.5.0"
                  + " leaves it the present one, but for some ways to remove",
              (what, difference) ->
                  what.hasOption("--backup-dir")
                      && difference.what().equals("mtime")
                      && difference.expected().equals("now")
                      && difference.actual().startsWith("@")),
          new Rule(
              "backups that lie beside what they were are not removed by -b --delete-excluded; rsync 3.5.0"
                  + " removes also those that it has just made",
              (what, difference) ->
                  what.hasOption("-b")
                      && !what.hasOption("--backup-dir")
                      && what.hasOption("--delete-excluded")
                      && (difference.where() + difference.expected() + difference.actual())
                          .matches("(?s).*(~|deleted files|cannot delete non-empty).*")),
          new Rule(
              "-A gives a directory the list that the source's has; rsync 3.5.0 takes what the list"
                  + " says of the owning group away from some",
              (what, difference) ->
                  difference.what().equals("xattr")
                      && what.hasOption("-A")
                      && !what.hasOption("--chmod")
                      && isListOfSource(what, difference)),
          new Rule(
              "a file or directory that cannot be made is not told to be made, nor is what an ordinary"
                  + " user may not change told twice",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && difference.what().matches("item|stats")
                      && (difference.expected() + difference.actual())
                          .matches(
                              "(does not)?prints '?([c>][fd]\\+{9} |\\.[fdL].*g|Literal and|Number of"
                                  + " (created|regular)|Total transferred).*(does not)?")),
          new Rule(
              "-vv does not name for an ordinary user what he could not change, in rsync 3.5.0",
              (what, difference) ->
                  what.user() != 0
                      && what.hasOption("-vv")
                      && difference.what().equals("line")
                      && difference.expected().equals("does not")),
          new Rule(
              "a link of somebody else that is not followed is copied as a link, as all are",
              (what, difference) ->
                  difference.what().matches("exit|errors")
                      && difference.expected().contains("refusing to follow a symlink")),
          new Rule(
              "what an ordinary user may see in a --link-dest or the like and not read comes from the"
                  + " source, and nothing is missing then",
              (what, difference) ->
                  isOrdinaryUser(what)
                      && hasBasis(what)
                      && difference.what().matches("exit|errors")
                      && difference
                          .expected()
                          .matches(".*open \"[^\"]*/b[01]/.*Permission denied.*")),
          new Rule(
              "--inplace -b: a file whose backup cannot be made is told all the same",
              (what, difference) ->
                  what.user() != 0
                      && what.hasOption("-b")
                      && what.hasOption("--inplace")
                      && difference.what().equals("item")
                      && difference.expected().equals("does not")),
          new Rule(
              "-R: a link that is passed over is named as everything else, from the root on",
              (what, difference) ->
                  what.hasOption("-R")
                      && difference.what().equals("line")
                      && (difference.expected() + difference.actual())
                          .contains("ignoring unsafe symlink")),
          new Rule(
              "--link-dest --fake-super: a basis is not changed here, where rsync 3.5.0 gives its"
                  + " files the permission to read and write",
              (what, difference) ->
                  what.hasOption("--link-dest")
                      && what.hasOption("--fake-super")
                      && (difference.what().equals("mode")
                              && octal(difference.expected()) == (octal(difference.actual()) | 0600)
                          || difference.what().equals("item")
                              && difference.expected().equals("does not")
                              && difference.actual().startsWith("prints 'hf "))),
          new Rule(
              "in a dry run the log has the files too that would be copied, as what is printed has",
              (what, difference) ->
                  what.hasOption("-n")
                      && difference.what().equals("content")
                      && difference.where().equals("log")),
          new Rule(
              "how much of a file is sent to another host depends on how its blocks are found",
              (what, difference) ->
                  FarSide.GIVEN != FarSide.NONE
                      && difference.what().equals("stats")
                      && (difference.expected() + difference.actual())
                          .contains("Literal and matched data")),
          new Rule(
              "--no-super is for the target, also where that is another host; rsync 3.5.0 does not tell it",
              (what, difference) -> FarSide.GIVEN == FarSide.PUSH && what.hasOption("--no-super")),
          new Rule(
              "extended attributes that a rule of the user leaves alone stay as they are at the target; the"
                  + " other host does not know the rules with rsync 3.5.0 unless something is removed",
              (what, difference) ->
                  FarSide.GIVEN == FarSide.PUSH
                      && what.options().stream()
                          .flatMap(List::stream)
                          .anyMatch(text -> text.matches("(--filter=)?[-+]x .*"))
                      && (difference.what().equals("xattr")
                          || difference.expected().matches("prints '?\\.[fLdDS]\\S{8}x .*"))),
          new Rule(
              "with -m removals on another host, or by what it lists, wait until all was listed; lines of"
                  + " them come after those of files",
              (what, difference) ->
                  FarSide.GIVEN != FarSide.NONE
                      && what.hasOption("-m")
                      && difference.what().equals("order")
                      && difference.actual().endsWith("before a removal from its directory")),
          new Rule(
              "of two options that are refused, another one comes first",
              (what, difference) ->
                  difference.what().equals("exit")
                      && difference.expected().matches("(1|12) .*")
                      && difference.actual().startsWith("4 ")),
          new Rule(
              "in a dry run nothing is asked of what would be there in the end",
              (what, difference) ->
                  what.hasOption("-n")
                      && difference.what().matches("exit|errors")
                      && difference
                          .expected()
                          .matches(".*(gen_entry_copy_xattrs|sys_acl_get_file|failed to stat).*")));

  private Explained() {}

  /** Whether the target's side may not do all that root may. */
  private static boolean isOrdinaryUser(Case what) {
    return what.user() != 0 || what.hasOption("--no-super") || what.hasOption("--copy-as");
  }

  /** Whether a directory that is not empty stands where the backup of something belongs. */
  private static boolean hasFullDirectoryForBackup(Case what) {
    NavigableMap<String, Node> nodes = what.tree().nodes();
    return nodes.keySet().stream()
        .filter(path -> path.startsWith("d/"))
        .map(path -> path.substring(2))
        .flatMap(path -> Stream.of("bk/" + path, "bk/" + path + "~", "d/" + path + "~"))
        .filter(path -> nodes.containsKey(path) && nodes.get(path).isDirectory())
        .anyMatch(path -> nodes.keySet().stream().anyMatch(other -> other.startsWith(path + "/")));
  }

  /** Whether something of the source has the list that the candidate gave, and not rsync. */
  private static boolean isListOfSource(Case what, Difference difference) {
    return what.tree().nodes().entrySet().stream()
        .filter(entry -> entry.getKey().matches("s2?/.*"))
        .map(entry -> entry.getValue().attributes.get(Acl.ACCESS))
        .filter(java.util.Objects::nonNull)
        .map(list -> "posix_acl_access=0x" + java.util.HexFormat.of().formatHex(list) + " ")
        .anyMatch(
            list -> difference.actual().contains(list) && !difference.expected().contains(list));
  }

  private static int octal(String digits) {
    return digits.matches("[0-7]+") ? Integer.parseInt(digits, 8) : -1;
  }

  private static boolean isEqualWithout(String pattern, String with, Difference difference) {
    return difference
        .expected()
        .replaceAll(pattern, with)
        .equals(difference.actual().replaceAll(pattern, with));
  }

  /** Whether something in the target, or where it may be taken from, has the mode. */
  private static boolean isModeOfBasis(Case what, Difference difference) {
    int real = what.hasOption("--fake-super") ? 0600 : 0; // what a file that stands for it has
    return difference.expected().startsWith("10")
        && what.tree().nodes().entrySet().stream()
            .filter(entry -> entry.getKey().matches("(b[01]|d)/.*"))
            .anyMatch(
                entry ->
                    (entry.getValue().permissions() | real)
                        == (octal(difference.expected()) & 07777));
  }

  /** Whether something with this mode stands there that not everybody may read. */
  private static boolean hasUnreadable(Case what, String path, int mode) {
    Node node = what.tree().nodes().get(path);
    return node != null
        && node.type == Node.Type.FILE
        && (node.permissions() & 0444) != 0444
        && (node.permissions() & ~06000) == (mode & 01777);
  }

  /** Whether the target has a file of rules that an ordinary user may not read. */
  private static boolean hasRulesOfOthers(Case what) {
    return what.tree().nodes().entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("d/") && isFilterFile(entry.getKey()))
        .anyMatch(entry -> (entry.getValue().permissions() & 0444) != 0444);
  }

  private static boolean isFilterFile(String path) {
    return path.matches("(.*/)?\\.(rsync-filter|cvsignore|ignore)");
  }

  private static boolean isUpToDate(String printed, String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return !name.isEmpty()
        && printed.matches("prints .*" + " is uptodate'?")
        && printed.contains(name);
  }

  private static boolean isTransfer(Difference difference) {
    return difference.what().matches("item|line|stats|mtime");
  }

  private static boolean hasBasis(Case what) {
    return what.hasOption("--compare-dest")
        || what.hasOption("--copy-dest")
        || what.hasOption("--link-dest");
  }

  private static boolean followsLinks(Case what) {
    return what.hasOption("-L")
        || what.hasOption("-k")
        || what.hasOption("--copy-unsafe-links")
        || what.hasOption("--files-from");
  }

  /** Whether a name is a link in a basis and, to be followed, in the source. */
  private static boolean hasLinkInBasis(Case what) {
    if (!followsLinks(what)) {
      return false;
    }
    NavigableMap<String, Node> nodes = what.tree().nodes();
    for (Map.Entry<String, Node> entry : nodes.entrySet()) {
      String path = entry.getKey();
      if (path.matches("b[01]/.*") && isLink(entry.getValue())) {
        String below = path.substring(3);
        for (String source : List.of("s/", "s2/")) {
          Node there = nodes.get(source + below);
          if (there != null && isLink(there)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isLink(Node node) {
    return node.type == Node.Type.LINK;
  }

  private static boolean hasDirectoryNamed(Case what, String path) {
    String end = path.substring(Math.max(0, path.lastIndexOf('/')));
    return what.tree().nodes().entrySet().stream()
        .anyMatch(
            entry ->
                entry.getKey().startsWith("s")
                    && entry.getKey().endsWith(end)
                    && (entry.getValue().isDirectory() || isLink(entry.getValue())));
  }

  /** Whether it is, or is in, a directory of the target that is a file at the source. */
  private static boolean standsForUnreadable(Case what, Difference difference) {
    boolean isKept =
        difference.what().equals("name")
            ? difference.expected().equals("absent")
            : difference.expected().matches("prints '\\*?deleting .*")
                && difference.actual().equals("does not");
    NavigableMap<String, Node> nodes = what.tree().nodes();
    return isKept
        && nodes.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("s"))
            .filter(entry -> entry.getValue().type == Node.Type.FILE)
            .filter(entry -> (entry.getValue().mode & 0444) != 0444)
            .map(entry -> entry.getKey().substring(entry.getKey().lastIndexOf('/') + 1))
            .filter(name -> (difference.where() + difference.expected()).contains(name))
            .anyMatch(
                name ->
                    nodes.entrySet().stream()
                        .anyMatch(
                            entry ->
                                entry.getKey().startsWith("d/")
                                    && entry.getKey().endsWith("/" + name)
                                    && entry.getValue().type != Node.Type.FILE));
  }

  /** Whether the target has something else where the source has a directory. */
  private static boolean standsForDirectory(Case what) {
    NavigableMap<String, Node> nodes = what.tree().nodes();
    return nodes.entrySet().stream()
        .filter(entry -> entry.getKey().matches("s2?/.*"))
        .filter(
            entry ->
                entry.getValue().isDirectory() || followsLinks(what) && isLink(entry.getValue()))
        .map(Map.Entry::getKey)
        .flatMap(path -> Stream.of("d/" + path, "d" + path.substring(path.indexOf('/'))))
        .map(nodes::get)
        .anyMatch(node -> node != null && !node.isDirectory());
  }

  private static boolean hasHardLinks(Case what, String below) {
    List<Node> files =
        what.tree().nodes().entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(below) && !entry.getValue().isDirectory())
            .map(Map.Entry::getValue)
            .toList();
    return files.stream().distinct().count() < files.size();
  }

  /** The last whole second before a time as it is printed, "@-1.5". */
  private static String seconds(String time) {
    return time.matches("@-?[0-9.]+")
        ? "" + new BigDecimal(time.substring(1)).setScale(0, RoundingMode.FLOOR)
        : time;
  }

  /**
   * Whether rsync broke down, so that nothing can be compared:
   *
   * <ul>
   *   <li>With -H, and a directory with content in the place of one of several linked files, or
   *       with --compare-dest, rsync 3.5.0 waits for ever, or ends with a message about its own
   *       data.
   *   <li>So it does when files with several names cannot be read.
   *   <li>With --open-noatime it cannot open what belongs to others, unless it is root.
   *   <li>With --remove-source-files it misses large attributes of links that it has removed.
   *   <li>With --files-from, of a list that leads out of the directory it misses the way.
   *   <li>With a relative --temp-dir that has "..", it can write no file.
   *   <li>With -K, and a name of a directory that is that of the link itself which leads there, it
   *       removes the link and then misses it.
   * </ul>
   */
  static boolean isBreakdown(Program.Outcome reference) {
    String errors = reference.errors();
    return reference.exit() == Program.NO_END
        || reference.exit() == 13 && errors.contains("Hlink node data")
        || reference.exit() == 2 && errors.contains("File-list index")
        || reference.exit() == 2 && errors.contains("precedes flist start")
        || reference.exit() == 2
            && errors.matches("(?s).*(transfer request in phase 2|Invalid packet at end).*")
        || errors.matches(
            "(?s).*\\[sender\\] [^\\n]*(open|opendir)[^\\n]*Operation not permitted.*")
        || errors.contains("parent dir is absent in the file list")
        || errors.contains("failed to re-read xattr")
        || errors.matches("(?s).*file has vanished: \"[^\"]*/s/out\".*")
        || reference.exit() == 23
            && errors.matches("(?s).*mkstemp \"[^\"]*/\\.\\./[^\"]*\" failed: Invalid argument.*")
        || reference.exit() == 23
            && errors.matches("(?s).*mkstemp \"[^\"]*\" failed: No such file or directory.*");
  }

  /**
   * Whether the candidate refuses what rsync does, and has changed nothing: an owner or group that
   * nobody has on the target ends the run before anything is done, so that no file comes to belong
   * to another one (H11).
   */
  static boolean isRefused(Case what, Arena.Run candidate) {
    if (candidate.outcome().exit() != 1
        || what.options().stream()
            .flatMap(List::stream)
            .noneMatch(text -> text.startsWith("--chown=*:"))) {
      return false;
    }
    Window never = new Window(new Time(0, 1), new Time(0, 0));
    List<Difference> changed = new java.util.ArrayList<>();
    candidate.before().compare(candidate.after(), never, never, Snapshot.Depth.ALL, changed);
    return changed.stream().allMatch(difference -> difference.where().equals("log"));
  }

  static boolean has(Case what, Difference difference) {
    return RULES.stream().anyMatch(rule -> rule.applies().applies(what, difference));
  }

  private static boolean hasLinks(Map<String, Node> nodes) {
    List<Node> files = nodes.values().stream().filter(node -> !node.isDirectory()).toList();
    Set<Node> inodes = Collections.newSetFromMap(new IdentityHashMap<>());
    inodes.addAll(files);
    return inodes.size() < files.size();
  }

  /** What no rule explains. */
  static List<Difference> without(Case what, List<Difference> all) {
    return all.stream().filter(difference -> !has(what, difference)).toList();
  }
}
