package dev.godwit.sync.differential;

import dev.godwit.TestingClassPath;
import java.util.List;

/**
 * What the test is told by system properties, each beginning with {@code godwit.differential.}:
 *
 * <ul>
 *   <li>{@code cases}: how many; 2,000
 *   <li>{@code seed}: of the first case, 1; the next ones follow. Empty: half of the cases begin at
 *       1 and the others at a seed by chance, which is printed
 *   <li>{@code candidate}: {@code godwit} in this process, which is the default, {@code
 *       godwit-process} in one of its own (godwit.jar names the program), {@code rsync} to try the
 *       test itself
 *   <li>{@code far}: {@code push} or {@code pull}, with a script in the place of ssh; none
 *   <li>{@code user}: true runs all cases as an ordinary user, who may not do all in the trees;
 *       else some are, mostly with trees of his own
 *   <li>{@code threads}: 4; rsync sleeps for most of the 40 ms that a small run of it takes
 *   <li>{@code failures}: after how many different ones it ends; 5
 *   <li>{@code only}, {@code skip}: regular expressions; a case is run when its arguments have the
 *       one and not the other
 *   <li>{@code ignore}: a regular expression; differences of kinds that match (item, line, mtime
 *       and so on) are left out
 *   <li>{@code shrink}: false shows failures as they are, sooner
 *   <li>{@code show}: true prints each case and what rsync did
 * </ul>
 */
record Settings(
    int cases,
    long seed,
    boolean fixedSeed,
    Program candidate,
    int threads,
    int failures,
    String only,
    String skip,
    String ignore,
    boolean show,
    boolean shrink) {
  private static final String PREFIX = "godwit.differential.";

  /** Whether no case is run as root. */
  static final boolean AS_USER = Boolean.getBoolean(PREFIX + "user");

  /** What is judged when nobody says. */
  private static final String CANDIDATE = "godwit";

  static final Program RSYNC =
      new SeparateProgram("rsync", List.of("/usr/bin/rsync"), Arena.SCRATCH);

  static Settings read(long chance) {
    // By chance it finds a new difference in one case of a hundred still; "" has half by chance.
    String seed = System.getProperty(PREFIX + "seed", "1");
    return new Settings(
        Integer.getInteger(PREFIX + "cases", 2000),
        seed.isEmpty() ? chance : Long.parseLong(seed),
        !seed.isEmpty(),
        candidate(System.getProperty(PREFIX + "candidate", CANDIDATE)),
        Integer.getInteger(PREFIX + "threads", 4),
        Integer.getInteger(PREFIX + "failures", 5),
        System.getProperty(PREFIX + "only", ""),
        System.getProperty(PREFIX + "skip", ""),
        System.getProperty(PREFIX + "ignore", ""),
        Boolean.getBoolean(PREFIX + "show"),
        !"false".equals(System.getProperty(PREFIX + "shrink")));
  }

  static Program candidate(String name) {
    return switch (name) {
      case "rsync" -> RSYNC;
      case "godwit" -> new GodwitProgram();
      case "godwit-process" ->
          new SeparateProgram(
              "godwit",
              List.of(
                  System.getProperty("java.home") + "/bin/java",
                  "--enable-native-access=ALL-UNNAMED",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("godwit.jar", TestingClassPath.absolute()),
                  "dev.godwit.Main",
                  "sync"),
              Arena.SCRATCH);
      default ->
          throw new IllegalArgumentException(
              PREFIX + "candidate is rsync, godwit or godwit-process, not " + name);
    };
  }

  /** What no rule explains and nobody wants to leave out. */
  List<Difference> unexplained(Case what, List<Difference> all) {
    return Explained.without(what, all).stream()
        .filter(difference -> ignore.isEmpty() || !difference.what().matches(ignore))
        .toList();
  }

  boolean wants(Case what) {
    if (!FarSide.GIVEN.takes(what)) {
      return false;
    }
    String arguments = String.join(" ", what.arguments("ROOT"));
    return (only.isEmpty() || arguments.matches(".*(" + only + ").*"))
        && (skip.isEmpty() || !arguments.matches(".*(" + skip + ").*"));
  }
}
