package dev.godwit.sync.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The list of options against the installed rsync's own help. */
final class OptionTableTest {
  /** Names with an argument or not, before two blanks or the line's end. */
  private static final Pattern LINE =
      Pattern.compile("((?:--?[\\w@-]+(?:=\\S+)?(?:, )?(?: \\(\\*\\))?)+)(?:\\s\\s+.*|)");

  private record Named(String name, boolean takesArgument, String argument) {}

  @Test
  void every_option_of_rsync_is_in_the_table_with_its_letter_and_its_argument() throws Exception {
    Set<SyncOption> found = new HashSet<>();
    for (List<Named> line : linesOfRsync()) {
      SyncOption option = null;
      boolean negated = false;
      for (Named named : line) {
        String name = named.name();
        boolean isNegated = name.startsWith("no-") && OptionTable.byName(name) == null;
        SyncOption here =
            Objects.requireNonNull(
                name.length() == 1
                    ? OptionTable.byLetter(name.charAt(0))
                    : isNegated
                        ? OptionTable.byNegatedName(name.substring(3))
                        : OptionTable.byName(name),
                () -> name + " of `rsync --help`");
        negated |= isNegated;
        if (named.takesArgument()) {
          assertThat(here.argument()).as("argument of %s", name).isEqualTo(named.argument());
        }
        assertThat(option == null || option == here).as("%s are one option", line).isTrue();
        option = here;
      }
      boolean takesArgument = line.stream().anyMatch(Named::takesArgument);
      Objects.requireNonNull(option);
      assertThat(option.takesArgument() && !negated).as("%s", line).isEqualTo(takesArgument);
      found.add(option);
    }
    for (SyncOption option : SyncOption.values()) {
      if (!option.isOwn() && !option.isUndocumented()) {
        assertThat(found).contains(option);
      }
    }
    assertThat(found).hasSizeGreaterThan(140);
  }

  @Test
  void no_name_is_taken_twice() {
    Set<String> names = new HashSet<>();
    for (SyncOption option : SyncOption.values()) {
      List<String> own = new ArrayList<>(option.aliases());
      own.add(option.longName());
      if (option.shortName() != 0) {
        own.add("-" + option.shortName());
      }
      own.remove("");
      assertThat(own).isNotEmpty();
      for (String name : own) {
        assertThat(names.add(name)).as(name).isTrue();
      }
    }
  }

  @Test
  void what_rsync_negates_is_negated_here() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (SyncOption option : SyncOption.values()) {
      if (option.isOwn() || option.isUndocumented() || option == SyncOption.INSECURE_LINKS) {
        continue;
      }
      List<String> names = new ArrayList<>(option.aliases());
      names.add(option.longName().isEmpty() ? "" + option.shortName() : option.longName());
      for (String name : names) {
        String said = run("rsync", "--no-" + name, "--no-motd", "/dev/null");
        boolean rsync = !said.contains("unknown option");
        if (rsync != (OptionTable.byNegatedName(name) != null)) {
          wrong.add(name);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void the_nearest_option_is_named() {
    assertThat(OptionTable.nearest("delte")).isEqualTo("--delete");
    assertThat(OptionTable.nearest("no-perm")).isEqualTo("--no-perms");
    assertThat(OptionTable.nearest("exclude-form")).isEqualTo("--exclude-from");
    assertThat(OptionTable.nearest("detectrenames")).isEqualTo("--detect-renames");
    assertThat(OptionTable.nearest("exc")).isEqualTo("--exclude");
    assertThat(OptionTable.nearest("part")).isEqualTo("--partial");
    assertThat(OptionTable.nearest("remove")).isEqualTo("--remove-source-files");
    assertThat(OptionTable.nearest("no-itemize")).isEqualTo("--no-itemize-changes");
    assertThat(OptionTable.nearest("bogus")).isNull();
    assertThat(OptionTable.nearest("foo")).isNull();
  }

  /** The options of {@code rsync --help}, those of one line together. */
  private static List<List<Named>> linesOfRsync() throws Exception {
    List<List<Named>> all = new ArrayList<>();
    boolean within = false;
    for (String line : run("rsync", "--help").split("\n")) {
      within |= line.equals("Options");
      if (!within || !line.startsWith("-") || line.startsWith("--no-OPTION")) {
        continue;
      }
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      List<Named> names = new ArrayList<>();
      for (String name : matcher.group(1).replace(" (*)", "").split(", ")) {
        int equals = name.indexOf('=');
        String bare = (equals < 0 ? name : name.substring(0, equals)).replaceFirst("^--?", "");
        names.add(new Named(bare, equals >= 0, equals < 0 ? "" : name.substring(equals + 1)));
      }
      // -h belongs to --human-readable; alone it is help, which the parser knows.
      names.removeIf(named -> line.startsWith("--help") && named.name().equals("h"));
      all.add(names);
    }
    return all;
  }

  private static String run(String... argv) throws Exception {
    Process process = new ProcessBuilder(argv).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (InputStream in = process.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
