package dev.godwit.sync.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real rsync and these filters are given the same rules and trees, and select the same names:
 * those that are transferred, and those that are removed from the target.
 *
 * <p>{@code -Dgodwit.filter.seed=N} repeats a run; {@code -Dgodwit.filter.rounds=N} makes it
 * longer.
 */
@Tag("lab")
class FiltersAgainstRsyncTest {
  private static final int ROUNDS = Integer.getInteger("godwit.filter.rounds", 10);
  private static final int DIRECTORIES = 100;
  private static final int LISTS_EACH_ROUND = 15;

  private static final String[] FILE_NAMES = {
    "a",
    "b",
    "c",
    "ab",
    "ba",
    "a.o",
    "b.o",
    "core",
    "f*",
    "f",
    "\\",
    "[",
    "a b",
    "\u00e9",
    "\u00c3\u00a9",
    "\n",
    "-",
    "!",
    "x~",
    "\u0001",
    "\\#001",
    "[a]",
    "*",
    "tags"
  };

  private static final String[] DIRECTORY_NAMES = {"a", "b", "c", "d", "e", "CVS"};

  private static final List<String> SIDES = List.of("source", "target");

  @TempDir(cleanup = org.junit.jupiter.api.io.CleanupMode.ON_SUCCESS)
  Path folder;

  private final long seed = Long.getLong("godwit.filter.seed", 2);
  private final Random random = new Random(seed);
  private final TestingRules rules = new TestingRules(random);
  private Map<String, String> environment;

  /** From a side on, for each of the cases. */
  private final Map<String, List<String>> directories = new HashMap<>();

  @BeforeEach
  void prepare() throws Exception {
    assumeTrue(TestingRsync.isInstalled(), "rsync is not installed");
    System.out.println("seed " + seed);
    Files.createDirectory(folder.resolve("home"));
    Files.writeString(folder.resolve("home/.cvsignore"), "b.o ab\n a/\n");
    environment =
        Map.of(
            "HOME", folder.resolve("home").toString(), "CVSIGNORE", "x~ ! c core", "LC_ALL", "C");
  }

  private FilterSettings settings(boolean deleteExcluded) {
    return new FilterSettings(
        deleteExcluded,
        false,
        null,
        null,
        name -> environment.containsKey(name) ? Names.of(environment.get(name)) : null);
  }

  /** Every directory of a large tree is a case of its own, with its own rules. */
  @Test
  void directories_with_random_rules_of_their_own_select_the_same_names() throws Exception {
    growAll(DIRECTORIES);
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, List<String>> files = new HashMap<>();
      for (int i = 0; i < DIRECTORIES; i++) {
        files.put("n" + i, plant("n" + i, true));
      }
      compare("round " + round, List.of("--filter=: .x"), random.nextInt(4) == 0, "", files);
      for (List<String> planted : files.values()) {
        for (String file : planted) {
          Files.delete(folder.resolve(file));
        }
      }
    }
  }

  /** Every directory is a case of its own, with one pattern. */
  @Test
  void random_patterns_match_the_same_names() throws Exception {
    growAll(DIRECTORIES);
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, List<String>> files = new HashMap<>();
      for (int i = 0; i < DIRECTORIES; i++) {
        String prefix = rules.pick(new String[] {"- ", "- ", "-! ", "+ */\n+! "});
        String file = prefix + rules.rawPattern() + "\n- core\n";
        for (String directory : List.of("source/n" + i, "target/n" + i)) {
          Files.writeString(folder.resolve(directory + "/.x"), file, StandardCharsets.ISO_8859_1);
        }
        files.put("n" + i, List.of("source/n" + i + "/.x"));
      }
      compare("round " + round, List.of("--filter=: .x"), false, "", files);
    }
  }

  /** Each random list of options is a case; the trees have rules too. */
  @Test
  void random_options_select_the_same_names() throws Exception {
    int directories = 8;
    rules.saysCvs = random.nextBoolean();
    growAll(directories);
    Map<String, List<String>> files = new HashMap<>();
    for (int i = 0; i < directories; i++) {
      files.put("n" + i, plant("n" + i, i % 2 == 0));
    }
    files.put("", plantOutside());
    for (int round = 0; round < ROUNDS * LISTS_EACH_ROUND; round++) {
      String argument = random.nextInt(3) == 0 ? "n" + random.nextInt(directories) : "";
      compare("list " + round, options(), random.nextInt(4) == 0, argument, files);
    }
  }

  private List<String> options() throws Exception {
    List<String> options = new ArrayList<>();
    // One way only: rsync gives the rules of the second, also of one in a file of the tree, the
    // sign and the sides of the first.
    String cvs =
        rules.pick(
            rules.saysCvs
                ? new String[] {"-C", "--filter=-C"}
                : new String[] {"-C", "--filter=-C", "--filter=-Cs", "--filter=+Cr"});
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      options.add(option(cvs).replace('\u00e9', 'e')); // Java would write UTF-8
    }
    return options;
  }

  private String option(String cvs) throws Exception {
    return switch (random.nextInt(16)) {
      case 0 -> "--exclude=" + rules.pattern();
      case 1 -> "--include=" + rules.pattern();
      case 2 -> "--exclude=+ " + rules.pattern();
      case 3 -> "--include=- " + rules.pattern();
      case 4 -> random.nextInt(3) == 0 ? "--exclude=!" : "--filter=+ */";
      case 5 -> cvs;
      case 6 -> "--filter=" + rules.pick(new String[] {":", ":s", ":r", ":p", ":e", ":n"}) + " .s";
      case 7 ->
          "--filter=: "
              + rules.pick(new String[] {"/", "../", "", folder + "/", "nowhere/"})
              + rules.pick(new String[] {".x", ".y"});
      case 8 -> "--filter=" + rules.pick(new String[] {":-", ":C", ":w+", ":-en"}) + " .p";
      case 9 -> {
        Files.writeString(folder.resolve("rules"), rules.file(".m"), StandardCharsets.ISO_8859_1);
        yield "--filter="
            + rules.pick(new String[] {".", ".s", ".p", ".e", "merge,r"})
            + " "
            + folder
            + "/rules";
      }
      case 10 ->
          "--filter=-/ "
              + rules.pick(new String[] {folder.toString(), "", "source/", "/source", "**/"})
              + rules.pick(
                  new String[] {"/source/n1/a", "/target/n?/*", "/n1/b", "n2", "*e/n1/c/"});
      case 11 -> "--filter=" + rules.pick(new String[] {"clear", "-x *"});
      default -> "--filter=" + rules.rule(true);
    };
  }

  /** Rules above the transfer, for those who look there. */
  private List<String> plantOutside() throws Exception {
    List<String> planted = new ArrayList<>();
    for (String name : List.of(".x", ".y", "source/.x", "target/.y", "source/.s", "target/.s")) {
      String file = "- " + rules.pattern() + "\n- /source/n1/a\n- /n2/b*\n- n3/?\n";
      Files.writeString(folder.resolve(name), file, StandardCharsets.ISO_8859_1);
      planted.add(name);
    }
    return planted;
  }

  /**
   * @param argument a directory of the source, without '/' behind it; or empty: all of it
   */
  private void compare(
      String what,
      List<String> options,
      boolean deleteExcluded,
      String argument,
      Map<String, List<String>> files)
      throws Exception {
    List<String> all = new ArrayList<>(options);
    if (deleteExcluded) {
      all.add("--delete-excluded");
    }
    TestingRsync.Answer expected =
        TestingRsync.ask(folder, environment, all, "source/" + argument, "target/");
    assertThat(expected.exitValue()).as("%s %s", expected.errors(), all).isZero();
    List<FilterRule> list = new ArrayList<>();
    for (String option : options) {
      list.add(ruleOf(option));
    }
    Filters filters = Filters.of(list, settings(deleteExcluded));
    FilterScope source = filters.source(Names.of(folder + "/source"));
    FilterScope target = filters.target(Names.of(folder + "/target"));
    SortedSet<String> transferred;
    SortedSet<String> removed;
    try (DirectoryHandle from = DirectoryHandle.open(Names.of(folder + "/source"));
        DirectoryHandle to = DirectoryHandle.open(Names.of(folder + "/target"))) {
      if (argument.isEmpty()) {
        transferred = TestingSelection.transferred(source.at(from), from, null);
        removed = TestingSelection.removed(target.at(to), to, null, expected.transferred());
      } else {
        transferred = TestingSelection.transferred(source, from, argument);
        removed = TestingSelection.removed(target, to, argument, expected.transferred());
      }
    }
    String context = what + " " + all + " " + argument;
    explain(context + " transferred", transferred, expected.transferred(), files);
    explain(context + " removed", removed, expected.removed(), files);
  }

  private void explain(
      String what,
      SortedSet<String> actual,
      SortedSet<String> expected,
      Map<String, List<String>> files)
      throws Exception {
    if (actual.equals(expected)) {
      return;
    }
    SortedSet<String> missing = new TreeSet<>(expected);
    missing.removeAll(actual);
    SortedSet<String> surplus = new TreeSet<>(actual);
    surplus.removeAll(expected);
    String first = missing.isEmpty() ? surplus.first() : missing.first();
    StringBuilder text = new StringBuilder();
    List<String> shown = new ArrayList<>(files.getOrDefault("", List.of()));
    shown.addAll(files.getOrDefault(first.split("/", 2)[0], List.of()));
    if (Files.exists(folder.resolve("rules"))) {
      shown.add("rules");
    }
    for (String file : shown) {
      text.append("\n--- ").append(file).append('\n');
      text.append(Files.readString(folder.resolve(file), StandardCharsets.ISO_8859_1));
    }
    throw new AssertionError(
        "seed "
            + seed
            + " in "
            + folder
            + " "
            + what
            + "\nmissing: "
            + missing
            + "\nsurplus: "
            + surplus
            + text);
  }

  private static FilterRule ruleOf(String option) {
    if (option.equals("-C")) {
      return new FilterRule(FilterRule.Kind.CVS, List.of());
    }
    int at = option.indexOf('=');
    FilterRule.Kind kind =
        switch (option.substring(0, at)) {
          case "--filter" -> FilterRule.Kind.RULE;
          case "--exclude" -> FilterRule.Kind.EXCLUDE;
          default -> FilterRule.Kind.INCLUDE;
        };
    return FilterRule.of(kind, option.substring(at + 1).getBytes(StandardCharsets.ISO_8859_1));
  }

  private void growAll(int cases) throws Exception {
    for (String side : SIDES) {
      Files.createDirectory(folder.resolve(side));
    }
    for (int i = 0; i < cases; i++) {
      grow("n" + i, "n" + i, SIDES, 0);
    }
  }

  /** Makes and fills a directory of one side, or of both, each with most of the names. */
  private void grow(String top, String path, List<String> sides, int depth) throws Exception {
    for (String side : sides) {
      Files.createDirectory(folder.resolve(side + "/" + path));
      directories.computeIfAbsent(top, t -> new ArrayList<>()).add(side + "/" + path);
    }
    Set<String> files = new HashSet<>();
    for (String name : FILE_NAMES) {
      if (random.nextInt(5) == 0) {
        files.add(name);
        for (String side : some(sides)) {
          touch(side + "/" + path, name);
        }
      }
    }
    for (String name : DIRECTORY_NAMES) {
      if (depth < 3 && random.nextInt(3 + depth) == 0 && !files.contains(name)) {
        grow(top, path + "/" + name, some(sides), depth + 1);
      }
    }
  }

  private List<String> some(List<String> sides) {
    return sides.stream().filter(side -> random.nextInt(5) != 0).toList();
  }

  private void touch(String directory, String name) throws Exception {
    try (DirectoryHandle handle =
            DirectoryHandle.open(Names.of(folder.resolve(directory).toString()));
        FileHandle file = handle.createFile(name.getBytes(StandardCharsets.ISO_8859_1), 0644)) {
      assertThat(file.status().isRegular()).isTrue();
    }
  }

  /** Puts rule files into all directories of a case. */
  private List<String> plant(String top, boolean hasRules) throws Exception {
    List<String> planted = new ArrayList<>();
    for (String directory : directories.getOrDefault(top, List.of())) {
      boolean isTop = directory.endsWith("/" + top);
      for (String name : new TreeSet<>(TestingRules.FILES)) {
        boolean isNeeded = name.equals(".m"); // others need not be there
        if (isNeeded || isTop && hasRules && name.equals(".x") || random.nextInt(6) == 0) {
          String file = directory + "/" + name;
          Files.write(folder.resolve(file), rules.file(name).getBytes(StandardCharsets.ISO_8859_1));
          planted.add(file);
        }
      }
    }
    return planted;
  }
}
