package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Command lines of units, as systemd takes them apart. */
final class UnitWordsTest {
  private static final UnitWords WORDS = new UnitWords("postgresql@15-main.service");

  @Test
  void quotes_and_escapes_are_resolved() throws Exception {
    assertThat(WORDS.words("/usr/sbin/nginx -g 'daemon on; master_process on;' a\"b c\"d"))
        .containsExactly("/usr/sbin/nginx", "-g", "daemon on; master_process on;", "ab cd");
    assertThat(WORDS.words("a\\x20b \\\"c\\\" 'd\\'e' \\101 \"\""))
        .containsExactly("a b", "\"c\"", "d'e", "A", "");
  }

  @Test
  void a_semicolon_in_quotes_parts_nothing() throws Exception {
    assertThat(WORDS.split("a ; b ';' \\;"))
        .containsExactly(
            new UnitWords.Word("a", true),
            new UnitWords.Word(";", true),
            new UnitWords.Word("b", true),
            new UnitWords.Word(";", false),
            new UnitWords.Word(";", false));
  }

  @Test
  void specifiers_stand_for_the_name() throws Exception {
    assertThat(WORDS.words("%i %I %n %N %p 100%% /run=%t"))
        .containsExactly(
            "15-main",
            "15/main",
            "postgresql@15-main.service",
            "postgresql@15-main",
            "postgresql",
            "100%",
            "/run=/run");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a 'b", "a\\", "a\\q", "%m", "a %", "\\x0", "\\400"})
  void what_is_not_understood_is_refused(String text) {
    assertThatThrownBy(() -> WORDS.words(text)).isInstanceOf(ServiceException.class);
  }

  @Test
  void variables_become_words_or_parts_of_words() throws Exception {
    Map<String, String> environment = Map.of("OPTS", "-a 'b c' 5%", "NAME", "x y");
    assertThat(
            WORDS.withVariables(
                List.of("sshd", "$OPTS", "$NONE", "--name=${NAME}", "$$HOME", "-$NAME"),
                environment))
        .containsExactly("sshd", "-a", "b c", "5%", "--name=x y", "$HOME", "-$NAME");
  }
}
