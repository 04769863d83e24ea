package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShellWordTest {
  @Test
  void a_word_is_in_quotes_where_a_shell_would_read_it_otherwise() throws Exception {
    assertThat(ShellWord.typed("/root/move-2_ü.yaml")).isEqualTo("/root/move-2_ü.yaml");
    for (String word : List.of("/root/c link.yaml", "it's", "$HOME", "a;b", "~", "*", "")) {
      String typed = ShellWord.typed(word);
      assertThat(typed).startsWith("'");
      assertThat(
              Processes.run(List.of("sh", "-c", "printf %s " + typed), TestingPatience.LIMIT).out())
          .isEqualTo(word);
    }
  }
}
