package dev.godwit.sync.filter;

import static dev.godwit.sync.filter.TestingScope.hides;
import static dev.godwit.sync.filter.TestingScope.matches;
import static dev.godwit.sync.filter.TestingScope.protects;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sections PATTERN MATCHING RULES and FILTER RULE MODIFIERS of rsync(1). */
class PatternTest {
  /** What is asked, the pattern, and the paths that it matches and does not match. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          *.o                | a.o x/y.o .o x.o/     | a.c a.o/b
          /foo               | foo foo/              | a/foo foo/a
          foo/               | foo/ a/foo/           | foo a/foo
          foo                | foo a/foo foo/        | xfoo foox foo/a
          foo/bar            | foo/bar a/foo/bar     | bar foo xfoo/bar foo/a/bar
          foo/*/bar          | foo/a/bar x/foo/a/bar | foo/bar foo/a/b/bar
          /foo/*/bar         | foo/a/bar             | x/foo/a/bar foo/a/b/bar
          /foo/**/bar        | foo/a/bar foo/a/b/bar | foo/bar x/foo/a/bar
          foo/**/bar         | foo/a/bar x/foo/a/bar | foo/bar xfoo/a/bar
          **/bar             | bar a/bar a/b/bar     | xbar
          /**/bar            | a/bar a/b/bar         | bar
          **bar              | bar xbar a/xbar       | bar/a
          foo**              | foo foox foo/a a/foo/b | xfoo
          foo***             | foo foo/ foo/a a/foo/b | xfoo
          /foo/***           | foo/ foo/a foo/a/b    | foo a/foo/
          foo/***            | foo/ foo/a a/foo/     | foo a/foo
          /***               | a a/ a/b              |
          *                  | a a/b                 |
          /*                 | a a/                  | a/b
          */                 | a/ b/a/               | a b/a
          a?c                | abc a?c               | ac a/c abbc
          a?/c               | ab/c                  | a/c abc
          [abc]x             | ax bx                 | dx [abc]x
          [!abc]x            | dx                    | ax
          [^abc]x            | dx                    | ax
          [a-c]x             | ax bx cx              | dx -x
          [a-]x              | ax -x                 | bx
          []a]x              | ]x ax                 | bx
          [\\]]x             | ]x                    | ax \\x
          [[:digit:]a]x      | 1x ax                 | bx :x
          [[:alpha]x         | ax :x [x              | 1x
          [[:nothing:]a]x    |                       | ax :x
          [a                 |                       | [a a
          foo\\bar           | foo\\bar              | foobar
          foo\\bar*          | foobarx               | foo\\bar
          foo\\\\bar*        | foo\\barx             | foobarx foo\\\\barx
          \\*                | *                     | a \\*
          a*\\               |                       | a a\\
          [b/]a              |                       | ba x/ba
          **[b/]a            | ba x/ba               | x/a
          /[b/]a             | ba                    | x/ba
          x[!y]z/**          | xaz/q                 | x/z/q
          """)
  void patterns_match_as_the_manual_says(String pattern, String matching, String others)
      throws Exception {
    for (String path : words(matching)) {
      assertThat(matches(pattern.strip(), path)).as("%s matches %s", pattern, path).isTrue();
    }
    for (String path : words(others)) {
      assertThat(matches(pattern.strip(), path))
          .as("%s does not match %s", pattern, path)
          .isFalse();
    }
  }

  private static String[] words(String text) {
    return text == null || text.isBlank() ? new String[0] : text.strip().split(" +", 0);
  }

  @Test
  void classes_are_those_of_the_c_locale() throws Exception {
    String[][] classes = {
      {"alpha", "aZ", "1_\u00e9 "},
      {"digit", "09", "a"},
      {"alnum", "aZ0", "_"},
      {"upper", "AZ", "a"},
      {"lower", "az", "A"},
      {"xdigit", "09afAF", "gG"},
      {"blank", " \t", "\n"},
      {"space", " \t\n\r\f\u000b", "a"},
      {"cntrl", "\u0001\u001f\u007f", " "},
      {"graph", "!~a", " \u007f"},
      {"print", "!~a ", "\n"},
      {"punct", "!/@[`{~", "a0 "},
    };
    for (String[] one : classes) {
      for (char c : one[1].toCharArray()) {
        if (c != '/') { // never in a name
          assertThat(matches("[[:" + one[0] + ":]]", "" + c)).as("%s %d", one[0], (int) c).isTrue();
        }
      }
      for (char c : one[2].toCharArray()) {
        assertThat(matches("[[:" + one[0] + ":]]", "" + c)).as("%s %d", one[0], (int) c).isFalse();
      }
    }
  }

  @Test
  void h4_names_and_patterns_are_bytes() throws Exception {
    for (int c = 1; c < 256; c++) {
      if (c == '/') {
        continue;
      }
      String name = "x" + (char) c;
      assertThat(matches("x?", name)).as("byte %d", c).isTrue();
      assertThat(matches("x[!y]", name)).as("byte %d", c).isEqualTo(c != 'y');
      assertThat(matches("[x]\\" + (char) c, name)).as("byte %d", c).isTrue();
    }
    assertThat(matches("?".repeat(255), "\u00ff".repeat(255))).isTrue();
  }

  @Test
  void the_first_rule_that_matches_takes_effect() throws Exception {
    String[] rules = {"+ */", "+ *.c", "- *"};
    assertThat(hides("a/", rules)).isFalse();
    assertThat(hides("a/x.c", rules)).isFalse();
    assertThat(hides("a/x.h", rules)).isTrue();
    assertThat(hides("x", "- y")).isFalse();
  }

  @Test
  void the_modifier_for_absolute_paths_sees_what_is_above_the_transfer() throws Exception {
    assertThat(hides("a/passwd", "-/ /home/me/a/passwd")).isTrue();
    assertThat(hides("a/passwd", "-/ /a/passwd")).isFalse();
    assertThat(hides("foo", "-/ me/foo")).isTrue();
    assertThat(hides("foo", "- me/foo")).isFalse();
    assertThat(hides("a/foo", "-/ /home/*/a/foo")).isTrue();
    assertThat(hides("a/foo", "-/ home/**foo")).isTrue();
    assertThat(hides("foo", "-/ foo")).isTrue();
  }

  @Test
  void a_negated_rule_takes_effect_where_its_pattern_does_not_match() throws Exception {
    assertThat(hides("a", "-! */")).isTrue();
    assertThat(hides("a/", "-! */")).isFalse();
    assertThat(hides("a", "+! b", "- *")).isFalse();
    assertThat(hides("b", "+! b", "- *")).isTrue();
  }

  @Test
  void rules_are_for_the_sides_that_they_name() throws Exception {
    for (String rule : new String[] {"H a", "-s a", "hide a", "exclude,s a"}) {
      assertThat(hides("a", rule)).as(rule).isTrue();
      assertThat(protects("a", rule)).as(rule).isFalse();
    }
    for (String rule : new String[] {"P a", "-r a", "protect a"}) {
      assertThat(hides("a", rule)).as(rule).isFalse();
      assertThat(protects("a", rule)).as(rule).isTrue();
    }
    for (String rule : new String[] {"- a", "-sr a", "-_a", "exclude a"}) {
      assertThat(hides("a", rule)).as(rule).isTrue();
      assertThat(protects("a", rule)).as(rule).isTrue();
    }
    assertThat(hides("a", "S a", "- *")).isFalse();
    assertThat(protects("a", "S a", "- *")).isTrue();
    assertThat(hides("a", "R a", "- *")).isTrue();
    assertThat(protects("a", "R a", "- *")).isFalse();
  }

  @Test
  void what_is_excluded_is_not_protected_when_it_is_to_be_deleted() throws Exception {
    Filters filters = Filters.of(TestingScope.rules("- a", "-sr b", "P c"), true);
    FilterScope target = filters.target(TestingScope.ROOT);
    assertThat(TestingScope.excludes(filters.source(TestingScope.ROOT), "a")).isTrue();
    assertThat(TestingScope.excludes(target, "a")).isFalse();
    assertThat(TestingScope.excludes(target, "b")).isTrue();
    assertThat(TestingScope.excludes(target, "c")).isTrue();
  }

  @Test
  void perishable_rules_protect_nothing_in_a_directory_that_goes() throws Exception {
    FilterScope target = TestingScope.filters("-p *.o", "- *.a").target(TestingScope.ROOT);
    assertThat(TestingScope.excludes(target, "x.o")).isTrue();
    assertThat(TestingScope.excludes(target.removed(), "x.o")).isFalse();
    assertThat(TestingScope.excludes(target.removed(), "d/x.o")).isFalse();
    assertThat(TestingScope.excludes(target.removed(), "d/x.a")).isTrue();
  }

  @Test
  void rules_for_xattrs_are_for_nothing_else() throws Exception {
    Filters filters = TestingScope.filters("+x user.a", "-x! user.*", "-x user.b/c", "- user.d");
    FilterScope source = filters.source(TestingScope.ROOT);
    assertThat(filters.hasXattrRules()).isTrue();
    assertThat(TestingScope.filters("- a").hasXattrRules()).isFalse();
    assertThat(source.excludesXattr(TestingScope.bytes("user.a"))).isFalse();
    assertThat(source.excludesXattr(TestingScope.bytes("user.z"))).isFalse();
    assertThat(source.excludesXattr(TestingScope.bytes("trusted.a"))).isTrue();
    assertThat(source.excludesXattr(TestingScope.bytes("user.b/c"))).isTrue();
    assertThat(source.excludesXattr(TestingScope.bytes("user.d"))).isFalse();
    assertThat(TestingScope.excludes(source, "trusted.a")).isFalse();
  }

  @Test
  void h42_no_pattern_makes_a_match_slow() {
    String[] patterns = {
      "*a".repeat(100) + "b",
      "**a".repeat(1000) + "b",
      "**/*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
      "**[a-z]*?".repeat(400) + "b",
      "*/**".repeat(1000) + "/b",
      "**".repeat(2000) + "b",
    };
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          String path = ("a".repeat(255) + "/").repeat(15) + "a".repeat(255);
          for (String pattern : patterns) {
            FilterScope scope = TestingScope.filters("- " + pattern).source(TestingScope.ROOT);
            for (int i = 0; i < 20; i++) {
              assertThat(TestingScope.excludes(scope, path)).isFalse();
            }
          }
        });
  }

  @Test
  void patterns_longer_than_a_machine_word_match_too() throws Exception {
    String name = "0123456789".repeat(20);
    assertThat(matches("*" + name + "?", name + "x")).isTrue();
    assertThat(matches("*" + name + "?", name)).isFalse();
    String path = "a/".repeat(200) + name;
    assertThat(matches("/" + "?/".repeat(200) + "*9", path)).isTrue();
    assertThat(matches("/" + "?/".repeat(199) + "*9", path)).isFalse();
    assertThat(matches("?/".repeat(199) + "*9", path)).isTrue();
    assertThat(matches("**/" + "a/".repeat(100) + "**9", path)).isTrue();
    assertThat(matches("b/" + "?/".repeat(100) + "**", path)).isFalse();
  }

  @Test
  void without_rules_that_need_the_path_all_directories_share_one_scope() throws Exception {
    FilterScope scope = TestingScope.filters("- *.o", "+ a", "-! b*").source(TestingScope.ROOT);
    try (DirectoryHandle root = DirectoryHandle.open(TestingScope.bytes("/"))) {
      assertThat(scope.at(root)).isSameAs(scope);
      assertThat(scope.enter(TestingScope.bytes("a"), root)).isSameAs(scope);
    }
  }
}
