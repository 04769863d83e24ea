package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;

/** Filter patterns and rules that have something to do with the names of a tree. */
final class Patterns {
  private final Dice dice;
  private final Tree tree;
  private final String top;
  private final List<String> paths = new ArrayList<>();

  /** From the names below {@code top}. */
  Patterns(Dice dice, Tree tree, String top) {
    this.dice = dice;
    this.tree = tree;
    this.top = top;
    for (String path : tree.below(top).keySet()) {
      paths.add(path.substring(top.length() + 1));
    }
    if (paths.isEmpty() || dice.chance(5)) {
      paths.add("missing");
    }
  }

  /** A path below the top, one that can be an argument of a program. */
  String plainPath() {
    for (int i = 0; i < 20; i++) {
      String path = dice.pick(paths);
      if (isPlain(path)) {
        return path;
      }
    }
    return "missing";
  }

  /** A path below the top for an argument, with or without '/' at its end. */
  String argument() {
    String path = plainPath();
    boolean isDirectory = tree.get(top + "/" + path) instanceof Node node && node.isDirectory();
    return dice.chance(isDirectory ? 35 : 2) ? path + dice.pick("/", "/", "/.") : path;
  }

  /** Any path, but for line ends. */
  String path() {
    for (int i = 0; i < 20; i++) {
      String path = dice.pick(paths);
      if (path.indexOf('\n') < 0) {
        return path;
      }
    }
    return "a";
  }

  static boolean isPlain(String text) {
    return text.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }

  /** A pattern; plain characters only. */
  String pattern() {
    String path = plainPath();
    String name = path.substring(path.lastIndexOf('/') + 1);
    String parent = path.indexOf('/') > 0 ? path.substring(0, path.indexOf('/')) : path;
    String pattern =
        switch (dice.below(18)) {
          case 0 -> "/" + path;
          case 1 -> path;
          case 2 -> name.substring(0, 1) + "*";
          case 3 -> "*" + name.substring(name.length() - 1);
          case 4 -> "?" + name.substring(1);
          case 5 -> "[a-m]*";
          case 6 -> "[!a-m]*";
          case 7 -> "**/" + name;
          case 8 -> parent + "/**";
          case 9 -> parent + "/***";
          case 10 -> "/" + parent + "/*";
          case 11 -> "*";
          case 12 -> "[[:alpha:]]";
          case 13 -> dice.pick("*.c", "*.o", "*~", "log*", ".*", "x[0-9]*", "[x-z]", "[^a]");
          case 14 -> "\\" + name;
          case 15 -> "/" + parent.substring(0, 1) + "*/" + name;
          default -> name;
        };
    return dice.chance(20) && !pattern.endsWith("/") ? pattern + "/" : pattern;
  }

  /** A rule as -f takes it. */
  String rule() {
    return switch (dice.below(16)) {
      case 0, 1, 2, 3 -> "- " + pattern();
      case 4, 5, 6 -> "+ " + pattern();
      case 7 -> dice.pick("P ", "protect ", "R ", "risk ") + pattern();
      case 8 -> dice.pick("H ", "hide ", "S ", "show ") + pattern();
      case 9 ->
          dice.pick("-! ", "-s ", "-r ", "-p ", "+s ", "+r ", "-,s ", "-sr ", "-!r ") + pattern();
      case 10 -> dice.pick("exclude ", "include ", "exclude,s ", "-_", "+_") + pattern();
      case 11 -> ": " + dice.pick(".rsync-filter", ".ignore", "/.rsync-filter");
      case 12 ->
          dice.pick(":-", ":+", ":n", ":e", ":w-", ":s", ":r", ":nw-", "dir-merge,-", ":C")
              + " "
              + dice.pick(".ignore", ".rsync-filter", ".cvsignore");
      case 13 -> dice.pick("-x user.a", "-x user.*", "-x trusted.*", "+x user.b", "-xr user.*");
      case 14 -> dice.pick("-C", "!", "-/ " + Case.ROOT + "s/" + plainPath());
      default -> "- *." + dice.pick("c", "o", "txt");
    };
  }

  /** The lines of a per-directory file. */
  String filterFile(String name) {
    StringBuilder lines = new StringBuilder();
    for (int i = dice.between(0, 4); i > 0; i--) {
      String line =
          name.equals(".rsync-filter")
              ? rule().replace(Case.ROOT, "/")
              : dice.chance(15) ? "# comment" : dice.chance(10) ? "!" : pattern();
      lines.append(line).append(name.equals(".cvsignore") && dice.chance(50) ? " " : "\n");
    }
    return lines.toString();
  }

  /** A file of patterns, of which each can have an own sign. */
  String patternFile() {
    StringBuilder lines = new StringBuilder();
    for (int i = dice.between(1, 4); i > 0; i--) {
      lines.append(
          switch (dice.below(6)) {
            case 0 -> "+ " + pattern();
            case 1 -> "- " + pattern();
            case 2 -> "# comment";
            case 3 -> dice.chance(50) ? "; comment" : "";
            case 4 -> path();
            default -> pattern();
          });
      lines.append('\n');
    }
    return lines.toString();
  }
}
