package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a set of options from chance, those that people use more often. What an option names, such
 * as a file with patterns or a basis directory, is put into the tree.
 */
final class OptionGenerator {
  private static final List<String> BASES =
      List.of(
          "-a",
          "-a",
          "-a",
          "-a",
          "-a",
          "-a",
          "-a",
          "-a",
          "-aHAX",
          "-aHAX",
          "-aHAX",
          "-aH",
          "-aH",
          "-aX",
          "-aA",
          "-r",
          "-rt",
          "-rlt",
          "-rltD",
          "-rlptgoD",
          "-rpt",
          "-dlt",
          "-d",
          "-lptgoD");

  private static final List<String> INFO =
      List.of(
          "name", "name2", "name0", "del", "del0", "skip", "skip2", "nonreg0", "remove", "copy",
          "backup", "mount", "symsafe", "none", "stats", "stats0", "misc");

  private final Dice dice;
  private final Traits traits;
  private final Tree tree;
  private final String mapped;
  private final Patterns patterns;
  private final List<List<String>> options = new ArrayList<>();

  /**
   * @param mapped the directory below the root whose content the target has, too
   */
  OptionGenerator(Dice dice, Traits traits, Tree tree, String mapped) {
    this.dice = dice;
    this.traits = traits;
    this.tree = tree;
    this.mapped = mapped;
    this.patterns = new Patterns(dice, tree, mapped);
  }

  List<List<String>> options() {
    base();
    output();
    int count = dice.pick(0, 1, 1, 2, 2, 3, 3, 4, 6);
    Map<String, Integer> left = new LinkedHashMap<>(WEIGHTS);
    for (int i = 0; i < count; i++) {
      int[] weights = left.values().stream().mapToInt(Integer::intValue).toArray();
      String name = List.copyOf(left.keySet()).get(dice.weighted(weights));
      left.remove(name);
      extra(name);
    }
    return options;
  }

  /** What {@code --info} is told, one word or two. */
  static String info(Dice dice) {
    String words = dice.pick(INFO);
    return "--info=" + (dice.chance(25) ? words + "," + dice.pick(INFO) : words);
  }

  private void base() {
    if (dice.chance(10)) {
      StringBuilder letters = new StringBuilder("-r");
      for (char letter : "lptgoDHAXEOJUS".toCharArray()) {
        if (dice.chance(40)) {
          letters.append(letter);
        }
      }
      add(letters.toString());
      return;
    }
    add(dice.pick(BASES));
    if (dice.chance(10)) {
      add(
          dice.pick(
              "--no-perms",
              "--no-p",
              "--no-times",
              "--no-t",
              "--no-owner",
              "--no-o",
              "--no-group",
              "--no-g",
              "--no-links",
              "--no-l",
              "--no-D",
              "--no-devices",
              "--no-specials",
              "--no-recursive",
              "--no-r",
              "--no-A",
              "--no-X",
              "--no-H",
              "--no-implied-dirs"));
    }
  }

  private void output() {
    switch (dice.weighted(40, 14, 10, 6, 12, 6, 3, 3, 3)) {
      case 0 -> add("-i");
      case 1 -> {
        add("-i");
        add("--stats");
      }
      case 2 -> add("-v");
      case 3 -> add("-ii");
      case 4 ->
          add(
              "--out-format="
                  + dice.pick(
                      "%i %n%L",
                      "%n",
                      "%o %n",
                      "%i|%l|%n",
                      "%B %U:%G %n",
                      "%M %n%L",
                      "%i %f",
                      "%i %n %C",
                      "[%10l] %-12n|",
                      "%%%n"));
      case 5 -> add("-vi");
      case 6 -> add("-q");
      case 7 -> add("-vv");
      default -> {}
    }
  }

  /** How often each comes. */
  private static final Map<String, Integer> WEIGHTS = new LinkedHashMap<>();

  static {
    weigh(24, "delete");
    weigh(12, "filter");
    weigh(
        6, "exclude", "-H", "-n", "-c", "-u", "-b", "--inplace", "-R", "link-dest", "-x-and-mount");
    weigh(5, "-X", "-A", "chmod", "include", "--force", "exclude-from", "merge");
    weigh(
        4,
        "-I",
        "max-size",
        "-L",
        "-E",
        "-O",
        "-U",
        "-S",
        "-F",
        "--no-W",
        "max-delete",
        "copy-dest",
        "compare-dest",
        "-z");
    weigh(
        3,
        "--size-only",
        "--existing",
        "--ignore-existing",
        "min-size",
        "-m",
        "-k",
        "-K",
        "chown",
        "--copy-unsafe-links",
        "--safe-links",
        "-J",
        "--delay-updates",
        "--remove-source-files",
        "--fake-super",
        "modify-window",
        "--partial");
    weigh(
        2,
        "--munge-links",
        "usermap",
        "groupmap",
        "--append",
        "partial-dir",
        "temp-dir",
        "-C",
        "--numeric-ids",
        "--ignore-missing-args",
        "--delete-missing-args",
        "-y",
        "-FF",
        "--mkpath",
        "include-from",
        "-W",
        "-d",
        "--ignore-errors",
        "-l",
        "-t",
        "-p",
        "-D");
    weigh(
        1,
        "--append-verify",
        "--open-noatime",
        "--preallocate",
        "--fsync",
        "--no-implied-dirs",
        "-8",
        "-h",
        "block-size",
        "checksum-choice",
        "--super",
        "--no-super",
        "--drop-D",
        "--timeout=60",
        "-xx",
        "-yy",
        "skip-compress",
        "-XX",
        "--ignore-non-existing",
        "-N",
        "compress-choice",
        "--old-dirs",
        "--list-only",
        "--trust-sender",
        "-s",
        "--bwlimit=100m",
        "log-file",
        "copy-as",
        "--outbuf=L",
        "--stderr=all");
  }

  private static void weigh(int weight, String... names) {
    for (String name : names) {
      WEIGHTS.put(name, weight);
    }
  }

  private void extra(String name) {
    switch (name) {
      case "delete" ->
          add(
              dice.pick(
                  "--delete",
                  "--delete",
                  "--delete",
                  "--delete",
                  "--del",
                  "--delete-before",
                  "--delete-during",
                  "--delete-delay",
                  "--delete-after",
                  "--delete-excluded"));
      case "filter" -> {
        for (int i = dice.between(1, 4); i > 0; i--) {
          String rule = patterns.rule();
          if (dice.chance(50)) {
            add("-f", rule);
          } else {
            add("--filter=" + rule);
          }
        }
      }
      case "exclude" -> add("--exclude=" + patterns.pattern());
      case "include" -> {
        add("--include=" + patterns.pattern());
        add("--exclude=" + (dice.chance(60) ? "*" : patterns.pattern()));
      }
      case "exclude-from", "include-from" ->
          add("--" + name + "=" + file("f/" + name, patterns.patternFile()));
      case "merge" ->
          add(
              "-f",
              dice.pick(". ", "merge ", ".- ", ".+ ", "merge,- ")
                  + file("f/merge", patterns.filterFile(dice.pick(".rsync-filter", ".ignore"))));
      case "max-size" ->
          add("--max-size=" + dice.pick("0", "1", "5", "100", "1k", "4096", "1.5K", "64kb", "1m"));
      case "min-size" -> add("--min-size=" + dice.pick("1", "5", "100", "1k", "1k-1", "1K+1"));
      case "max-delete" -> add("--max-delete=" + dice.pick("0", "1", "2", "3", "10", "-1"));
      case "modify-window" -> add("--modify-window=" + dice.pick("0", "1", "2", "-1", "1000"));
      case "block-size" -> add("-B" + dice.pick("700", "1024", "4096", "131072", "200000"));
      case "chmod" ->
          add(
              "--chmod="
                  + dice.pick(
                      "D2755,F644",
                      "go-w",
                      "u+x",
                      "a=rX",
                      "Dg+s",
                      "F-x",
                      "+X",
                      "ugo=rwX",
                      "D755",
                      "Fu=rw,go=r",
                      "a-s",
                      "o=",
                      "F4755",
                      "0777",
                      "g=u",
                      "u+s,Dt",
                      "Do+t",
                      "-rwx"));
      case "chown" -> add("--chown=" + dice.pick("1:2", "1000:1000", ":5", "2", "root", "*:7"));
      case "usermap" -> add("--usermap=" + dice.pick("0:1000", "*:5", "0-10:7,*:8", "1000:0,5:1"));
      case "groupmap" ->
          add("--groupmap=" + dice.pick("0:1000", "*:5", "0-10:7,*:8", "root:daemon"));
      case "checksum-choice" ->
          add(
              "--checksum-choice="
                  + dice.pick("md5", "xxh3", "none", "xxh64,md5", "sha1", "nosuch"));
      case "compress-choice" ->
          add("--compress-choice=" + dice.pick("zstd", "none", "lz4", "zlibx", "nosuch"));
      case "skip-compress" -> {
        add("-z");
        add("--skip-compress=txt/c");
      }
      case "-b" -> {
        add("-b");
        if (dice.chance(50)) {
          add("--backup-dir=" + dice.pick("../bk", Case.ROOT + "bk", "bk", "bk/deep"));
          if (dice.chance(30)) {
            basis("bk");
          }
        }
        if (dice.chance(30)) {
          add("--suffix=" + dice.pick(".old", ".b", "~~", "-1"));
        }
      }
      case "log-file" -> {
        add("--log-file=" + Case.ROOT + "log");
        if (dice.chance(60)) {
          add("--log-file-format=" + dice.pick("%i %n%L", "%o %n %l", "%n", ""));
        }
      }
      case "copy-as" -> add("--copy-as=" + dice.pick("1000", "1000:1000", "0", "nosuch"));
      case "partial-dir" ->
          add("--partial-dir=" + dice.pick(".pp", ".rsync-partial", Case.ROOT + "tmp"));
      case "temp-dir" -> {
        tree.put("tmp", Node.directory());
        if (dice.chance(50)) {
          add("-T", Case.ROOT + "tmp");
        } else {
          add("--temp-dir=" + dice.pick(Case.ROOT + "tmp", "../tmp"));
        }
      }
      case "link-dest", "copy-dest", "compare-dest" -> {
        for (int i = 0; i < dice.pick(1, 1, 2); i++) {
          String at = "b" + i;
          basis(at);
          add("--" + name + "=" + dice.pick("../" + at, Case.ROOT + at));
        }
      }
      case "-x-and-mount" -> {
        add("-x");
        List<String> directories =
            tree.below("s").entrySet().stream()
                .filter(entry -> entry.getValue().isDirectory())
                .map(Map.Entry::getKey)
                .toList();
        if (!directories.isEmpty() && dice.chance(70)) {
          mount(dice.pick(directories));
        }
      }
      default -> add(name);
    }
  }

  /** Hard links cannot lead over the edge of a file system. */
  private void mount(String path) {
    Node directory = tree.get(path);
    if (directory == null) {
      return;
    }
    directory.mounted = true;
    for (Map.Entry<String, Node> entry : tree.below(path).entrySet()) {
      if (!entry.getValue().isDirectory()) {
        entry.setValue(entry.getValue().copy());
      }
    }
  }

  /** A directory with much of what the source has. */
  private void basis(String at) {
    tree.remove(at);
    tree.addAll(tree.moved(mapped, at));
    for (Node node : tree.below(at).values()) {
      node.mounted = false;
    }
    new TreeEditor(dice, traits).edit(tree, at);
  }

  private String file(String path, String text) {
    tree.put(path, Node.file(Content.text(text)));
    return Case.ROOT + path;
  }

  private void add(String... words) {
    options.add(List.of(words));
  }
}
