package dev.godwit.sync.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random filter rules that rsync accepts; as ISO 8859-1. */
final class TestingRules {
  private static final String[] PIECES = {
    "a",
    "b",
    "c",
    "a",
    "b",
    "*",
    "*",
    "**",
    "?",
    "/",
    "/",
    "[ab]",
    "[!a]",
    "[^b-z]",
    "[[:alpha:]]",
    "[]a]",
    "\\",
    "\\*",
    "\\a",
    "[",
    "-",
    ".o",
    "\u00e9",
    "!",
    " "
  };

  private static final String[] PLAIN = {"a", "b", "c", "ab", "ba", "a.o", "core", "f*", "d", "e"};

  private static final String[] PREFIXES = {
    "- ", "- ", "- ", "+ ", "+ ", "-_", "exclude ", "include_", "-! ", "+! ", "-p ", "+p "
  };

  private static final String[] SIDED = {
    "H ",
    "S ",
    "P ",
    "R ",
    "-s ",
    "-r ",
    "+s ",
    "+r ",
    "hide,! ",
    "protect_",
    "risk ",
    "Pp ",
    "-sr ",
    "+,rs "
  };

  private final Random random;

  /** Whether files of the tree may say "-C". */
  boolean saysCvs = true;

  TestingRules(Random random) {
    this.random = random;
  }

  /** A pattern, not empty, that neither begins with a space nor looks like a rule. */
  String pattern() {
    int kind = random.nextInt(4);
    StringBuilder text = new StringBuilder();
    if (kind == 0) {
      text.append(pick(PLAIN));
    } else if (kind == 1) {
      text.append(pick(PLAIN)).append('/').append(pick(PLAIN));
    } else {
      int pieces = 1 + random.nextInt(6);
      for (int i = 0; i < pieces; i++) {
        text.append(pick(PIECES));
      }
    }
    if (random.nextInt(6) == 0) {
      text.insert(0, '/');
    }
    if (random.nextInt(6) == 0) {
      text.append(random.nextInt(3) == 0 ? "/***" : "/");
    }
    String pattern = text.toString();
    return pattern.isBlank() || pattern.startsWith(" ") || pattern.endsWith(" ")
        ? "x" + pattern + "x"
        : pattern;
  }

  /** A pattern of any characters that mean something. */
  String rawPattern() {
    StringBuilder text = new StringBuilder();
    int length = 1 + random.nextInt(8);
    for (int i = 0; i < length; i++) {
      text.append("aabb**?[[]]!^-\\/:".charAt(random.nextInt(17)));
    }
    return text.toString();
  }

  /**
   * An include or exclude.
   *
   * @param withSides whether it may say for which side it is
   */
  String rule(boolean withSides) {
    return (withSides && random.nextInt(3) == 0 ? pick(SIDED) : pick(PREFIXES)) + pattern();
  }

  /** A rule of a per-directory file, of any kind. */
  String line(boolean withSides, int depth) {
    switch (random.nextInt(20)) {
      case 0:
        return "!";
      case 1:
        return ": .y";
      case 2:
        return depth > 0 ? ":n .z" : ": ../.y";
      case 3:
        return depth > 0 ? ". ./.m" : ": /.y";
      case 4:
        return withSides ? ":s .s" : "; nothing";
      case 5:
        return ":C";
      case 6:
        return saysCvs && random.nextInt(8) == 0 ? "-C" : "# nothing";
      case 7:
        return ":-e .p";
      case 8:
        return ":w+ .w";
      default:
        return rule(withSides);
    }
  }

  /** The content of a file with a name that {@link #line} uses. */
  String file(String name) {
    List<String> lines = new ArrayList<>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      lines.add(
          switch (name) {
            case ".m", ".s" -> rule(false);
            case ".p" -> pattern();
            case ".w", ".cvsignore" ->
                random.nextInt(9) == 0 ? "!" : pattern().replace(" ", "") + "x " + pick(PLAIN);
            default -> line(true, 1);
          });
    }
    return String.join(random.nextInt(5) == 0 ? "\r\n" : "\n", lines)
        + (random.nextBoolean() ? "\n" : "");
  }

  static final List<String> FILES =
      List.of(".x", ".x", ".x", ".y", ".z", ".m", ".s", ".p", ".w", ".cvsignore");

  String pick(String[] of) {
    return of[random.nextInt(of.length)];
  }
}
