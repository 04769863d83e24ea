package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One comparison: what stands on the disk before, and what is typed.
 *
 * @param seed that it was made from
 * @param tree everything below the case's root: source {@code s}, target {@code d} and what options
 *     name
 * @param options each with what belongs to it, so that one can be left out; {@link #ROOT} stands
 *     for the case's root
 * @param sources as options
 * @param target as options; empty for none
 * @param relative whether paths are relative to the root, in which the programs run, or whole
 * @param locale of the environment, LC_ALL
 * @param user the id of the user that runs the programs
 */
record Case(
    long seed,
    Tree tree,
    List<List<String>> options,
    List<String> sources,
    String target,
    boolean relative,
    String locale,
    int umask,
    int user) {
  /** Stands for the case's root and a '/' in arguments. */
  static final String ROOT = "@ROOT@/";

  private static final Map<String, Character> LONG_PARTS =
      Map.of(
          "--no-perms",
          'p',
          "--no-times",
          't',
          "--no-owner",
          'o',
          "--no-group",
          'g',
          "--no-links",
          'l',
          "--no-recursive",
          'r');

  Case {
    options = List.copyOf(options);
    sources = List.copyOf(sources);
  }

  List<String> arguments(String root) {
    return FarSide.GIVEN.arguments(this, root);
  }

  boolean hasOption(String option) {
    return options.stream()
        .flatMap(List::stream)
        .anyMatch(
            text ->
                text.equals(option)
                    || text.startsWith(option + "=")
                    || option.length() == 2
                        && text.matches("-[a-zA-Z0-9]+")
                        && text.indexOf(option.charAt(1)) > 0);
  }

  /** Whether one of the parts of -a is on: r, l, p, t, g, o, or D. */
  boolean isOn(char part) {
    boolean on = false;
    for (String text : options.stream().flatMap(List::stream).toList()) {
      if (text.matches("-[a-zA-Z0-9]+")) {
        on |= text.indexOf(part) > 0 || text.indexOf('a') > 0;
      } else if (text.equals("--no-" + part) || LONG_PARTS.getOrDefault(text, ' ') == part) {
        on = false;
      }
    }
    return on;
  }

  Case withOptions(List<List<String>> others) {
    return new Case(seed, tree, others, sources, target, relative, locale, umask, user);
  }

  Case withSources(List<String> others) {
    return new Case(seed, tree, options, others, target, relative, locale, umask, user);
  }

  Case withTree(Tree other) {
    return new Case(seed, other, options, sources, target, relative, locale, umask, user);
  }

  /** With what is seldom needed to fail left out. */
  Case plain() {
    return new Case(seed, tree, options, sources, target, true, "C", 022, 0);
  }

  /** What a person types to see it, as root in bash. */
  List<String> commands(String program) {
    List<String> commands = new ArrayList<>();
    commands.add("cd \"$(mktemp -d /dev/shm/case-XXXXXX)\" && chmod 777 .");
    commands.addAll(TreeWriter.commands(tree));
    String umasked = umask == 022 ? "" : "umask " + String.format("%03o", umask) + "; ";
    String set = "LC_ALL=" + locale + " ";
    String as =
        user == 0 ? "" : "setpriv --reuid=" + user + " --regid=" + user + " --clear-groups ";
    List<String> arguments = new ArrayList<>();
    for (String argument : arguments("@PWD@")) {
      arguments.add(
          argument.contains("@PWD@")
              ? "\"" + argument.replace("@PWD@", "$PWD") + "\""
              : Shell.word(argument));
    }
    commands.add(umasked + set + as + program + " " + String.join(" ", arguments));
    return commands;
  }
}
