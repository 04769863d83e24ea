package dev.godwit.sync.filter;

import static dev.godwit.sync.filter.TestingScope.bytes;
import static dev.godwit.sync.filter.TestingScope.hides;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterRule.Kind;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How rules are written: FILTER RULES IN DEPTH of rsync(1); and how they go to a peer. */
class RuleTextTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "- foo",
        "-_foo",
        "-, foo",
        "-,_foo",
        "exclude foo",
        "exclude_foo",
        "exclude, foo",
        "exclude,s foo",
        "-ss foo",
        "-p foo",
        "-sr/p foo",
        "H foo",
        "H, foo",
        "hide_foo",
        "hide,p foo"
      })
  void rules_have_a_prefix_and_modifiers_before_the_pattern(String rule) throws Exception {
    assertThat(hides("foo", rule)).isTrue();
    assertThat(hides(" foo", rule)).isFalse();
  }

  @Test
  void what_follows_one_space_is_the_pattern() throws Exception {
    assertThat(hides(" foo", "-  foo")).isTrue();
    assertThat(hides("_foo", "-__foo")).isTrue();
    assertThat(hides("foo ", "- foo ")).isTrue();
    assertThat(hides("+ foo", "- + foo")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-foo",
        "-,foo",
        "-,,s foo",
        "-:foo",
        "-/foo",
        "-+ foo",
        "-e foo",
        "-n foo",
        "-w foo",
        "Hs foo",
        "HC foo",
        "protect,r foo",
        ":! foo",
        ".! foo",
        ":+- foo",
        ":-- foo",
        ":C+ foo",
        ":-C foo",
        "-\tfoo"
      })
  void a_modifier_that_the_kind_does_not_have_is_told(String rule) {
    assertThatThrownBy(() -> TestingScope.filters(rule))
        .isInstanceOf(FilterException.class)
        .hasMessageContaining(Names.display(bytes(rule)))
        .hasMessageContaining("modifier")
        .satisfies(e -> assertThat(((FilterException) e).exitValue()).isEqualTo(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x foo",
        " ",
        " - foo",
        "excludes foo",
        "excl foo",
        "hidefoo",
        "dirmerge x",
        "#foo",
        "foo"
      })
  void an_unknown_rule_is_told(String rule) {
    assertThatThrownBy(() -> TestingScope.filters(rule)).hasMessageContaining("unknown rule");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-", "- ", "-s", "exclude", "exclude ", ".", ". ", ":", ": ", "merge"})
  void a_rule_without_its_pattern_is_told(String rule) {
    assertThatThrownBy(() -> TestingScope.filters(rule)).hasMessageContaining("ends before");
  }

  @ParameterizedTest
  @ValueSource(strings = {"! ", "! foo", "!x", "clear,x", "clear foo"})
  void clearing_takes_no_argument(String rule) {
    assertThatThrownBy(() -> TestingScope.filters(rule)).hasMessageContaining("nothing behind it");
  }

  @ParameterizedTest
  @ValueSource(strings = {": /", ": a/", ": ..", ": a/.", ":e a//"})
  void h38_a_per_directory_file_has_a_name(String rule) {
    assertThatThrownBy(() -> TestingScope.filters(rule)).hasMessageContaining("name of a file");
  }

  @Test
  void a_pattern_has_at_most_4095_bytes() throws Exception {
    assertThat(hides("x", "- " + "x".repeat(4095))).isFalse();
    assertThatThrownBy(() -> TestingScope.filters("- " + "x".repeat(4096)))
        .hasMessageContaining("4095")
        .hasMessageContaining("…");
  }

  @Test
  void clearing_forgets_what_came_before() throws Exception {
    assertThat(hides("a", "- a", "!", "- b")).isFalse();
    assertThat(hides("b", "- a", "clear", "- b")).isTrue();
    assertThat(TestingScope.filters("- a", ": .x", "!").isEmpty()).isTrue();
    assertThat(TestingScope.filters("- a", ": .x", "!").hasDirMerges()).isFalse();
    assertThat(TestingScope.filters("").isEmpty()).isTrue();
  }

  private static boolean excludes(String path, FilterRule... rules) throws Exception {
    return TestingScope.excludes(Filters.of(List.of(rules), false).source(TestingScope.ROOT), path);
  }

  private static FilterRule exclude(String text) {
    return FilterRule.of(Kind.EXCLUDE, bytes(text));
  }

  private static FilterRule include(String text) {
    return FilterRule.of(Kind.INCLUDE, bytes(text));
  }

  @Test
  void the_old_options_take_patterns_and_two_prefixes() throws Exception {
    assertThat(excludes("foo", exclude("foo"))).isTrue();
    assertThat(excludes("foo", exclude("- foo"))).isTrue();
    assertThat(excludes("foo", include("- foo"))).isTrue();
    assertThat(excludes("foo", include("foo"), exclude("foo"))).isFalse();
    assertThat(excludes("foo", exclude("+ foo"), exclude("foo"))).isFalse();
    assertThat(excludes("-foo", exclude("-foo"))).isTrue();
    assertThat(excludes("-_foo", exclude("-_foo"))).isTrue();
    assertThat(excludes("H foo", exclude("H foo"))).isTrue();
    assertThat(excludes("clear", exclude("clear"))).isTrue();
    assertThat(excludes("! ", exclude("! "))).isTrue();
    assertThat(excludes("-", exclude("-"))).isTrue();
    assertThat(excludes("#x", exclude("#x"))).isTrue();
    assertThat(excludes("foo", exclude("foo"), exclude("!"))).isFalse();
    assertThat(excludes("foo", exclude(""))).isFalse();
    assertThatThrownBy(() -> excludes("foo", exclude("- "))).hasMessageContaining("ends before");
  }

  @Test
  void the_files_of_the_old_options_are_lines() {
    byte[] content = bytes("a\r\n\n# c\n;c\n b\n- c\n!\nd");
    assertThat(shown(FilterRule.ofFile(Kind.EXCLUDE, content, false)))
        .containsExactly("a", " b", "- c", "!", "d");
    assertThat(shown(FilterRule.ofFile(Kind.EXCLUDE, bytes("a\n\0#b\0\0c"), true)))
        .containsExactly("a\\x0a", "c");
  }

  private static List<String> shown(FilterRule rule) {
    List<String> shown = new ArrayList<>();
    rule.texts().forEach(text -> shown.add(Names.display(text)));
    return shown;
  }

  @Test
  void rules_for_the_other_side_say_the_same_and_name_no_files() throws Exception {
    Filters filters =
        Filters.of(
            TestingScope.rules(
                "-_a",
                "+,p/! b*",
                "H  c",
                "show,x /d/",
                "P e",
                "-sr f",
                ":e- .x",
                ":nw /.y",
                ":C",
                "dir-merge,+s ../.z",
                "-p /**/g***"),
            false);
    List<FilterRule> resolved = filters.resolved();
    assertThat(resolved).hasSize(1);
    assertThat(shown(resolved.getFirst()))
        .containsExactly(
            "- a",
            "+/!p b*",
            "-s  c",
            "+sx /d/",
            "-r e",
            "-sr f",
            "- .x",
            ":- .x",
            ":nw /.y",
            ":C .cvsignore",
            ":+s ../.z",
            "-p /**/g***");
    assertThat(shown(Filters.of(resolved, false).resolved().getFirst()))
        .isEqualTo(shown(resolved.getFirst()));
    Filters excluded = Filters.of(TestingScope.rules("- a", "P b", ":e .x"), true);
    assertThat(shown(excluded.resolved().getFirst()))
        .containsExactly("-s a", "-r b", "-s .x", ": .x");
  }

  @Test
  void what_cvs_leaves_out_comes_last() throws Exception {
    FilterSettings settings =
        new FilterSettings(
            false, false, null, null, name -> name.equals("CVSIGNORE") ? bytes("! mine -") : null);
    List<FilterRule> rules =
        List.of(new FilterRule(Kind.CVS, List.of()), FilterRule.of(Kind.RULE, bytes("+ *.o")));
    Filters filters = Filters.of(rules, settings);
    assertThat(shown(filters.resolved().getFirst()))
        .containsExactly("+ *.o", ":C .cvsignore", "- mine", "- -");
    Filters plain = Filters.of(rules, new FilterSettings(true, false, null, null, name -> null));
    assertThat(shown(plain.resolved().getFirst()))
        .startsWith("+s *.o", ":C .cvsignore", "-sp RCS")
        .endsWith("-sp .bzr/")
        .hasSize(2 + 36);
  }

  @Test
  void rules_go_over_a_wire_in_parts() throws Exception {
    List<byte[]> texts = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      texts.add(bytes("- " + "\u00ff".repeat(i % 50) + i));
    }
    List<FilterRule> rules =
        List.of(
            new FilterRule(Kind.RULE, texts),
            new FilterRule(Kind.CVS, List.of()),
            exclude("x".repeat(4095)));
    List<FilterRule> parts = FilterRule.inParts(rules, 5000);
    List<byte[]> arrived = new ArrayList<>();
    for (FilterRule part : parts) {
      MessageWriter writer = new MessageWriter();
      part.write(writer);
      assertThat(writer.length()).isLessThanOrEqualTo(5000);
      MessageReader reader = new MessageReader(writer.toBytes());
      FilterRule read = FilterRule.read(reader);
      reader.end();
      assertThat(read.kind()).isEqualTo(part.kind());
      arrived.addAll(read.texts());
    }
    texts.add(bytes("x".repeat(4095)));
    assertThat(Arrays.deepEquals(arrived.toArray(), texts.toArray())).isTrue();
  }

  @Test
  void h40_what_a_peer_sends_is_bounded() {
    assertMalformed(new MessageWriter().u8(4).u32(0));
    MessageWriter tooMany = new MessageWriter().u8(0).u32(FilterRule.TEXTS_MAX + 1);
    for (int i = 0; i <= FilterRule.TEXTS_MAX; i++) {
      tooMany.bytes(new byte[0]);
    }
    assertMalformed(tooMany);
    assertMalformed(
        new MessageWriter().u8(0).u32(1).bytes(new byte[FilterRule.TEXT_BYTES_MAX + 1]));
    assertMalformed(new MessageWriter().u8(0).u32(-1));
    assertMalformed(new MessageWriter().u8(0).u32(2).bytes(bytes("- a")));
    assertMalformed(new MessageWriter().u8(0).u32(1).u32(5).u8('-'));
  }

  private static void assertMalformed(MessageWriter writer) {
    assertThatThrownBy(() -> FilterRule.read(new MessageReader(writer.toBytes())))
        .isInstanceOf(WireException.class);
  }

  @Test
  void h40_no_text_makes_another_failure_than_a_filter_exception() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    FilterSettings settings = new FilterSettings(false, false, null, null, name -> null);
    String letters = "-+:!HSPRCenprswx/_ ,*?[]\\a^";
    int accepted = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] text = new byte[random.nextInt(20)];
      for (int at = 0; at < text.length; at++) {
        text[at] =
            (byte)
                (random.nextInt(4) == 0
                    ? random.nextInt(256)
                    : letters.charAt(random.nextInt(letters.length())));
      }
      if (text.length > 0 && text[0] == '.') {
        continue; // would read a file
      }
      FilterRule rule = FilterRule.of(i % 3 == 0 ? Kind.RULE : Kind.EXCLUDE, text);
      try {
        FilterScope scope = Filters.of(List.of(rule), settings).source(TestingScope.ROOT);
        scope.excludes(bytes("a"), false);
        scope.excludesXattr(bytes("user.a/b"));
        accepted++;
      } catch (FilterException e) {
        assertThat(e.exitValue()).as("seed %d", seed).isEqualTo(FilterException.SYNTAX);
      }
    }
    assertThat(accepted).isBetween(1000, 19_000);
  }
}
