package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrapTest {
  @Test
  void a_line_that_fits_stays_as_it_is() {
    assertThat(Wrap.at(20, 4, "  ✓ twelve columns")).isEqualTo("  ✓ twelve columns");
  }

  @Test
  void a_longer_one_is_broken_between_words_and_indented() {
    assertThat(Wrap.at(12, 4, "  ab cd ef gh ij kl")).isEqualTo("  ab cd ef\n    gh ij kl");
  }

  @Test
  void no_line_is_wider_whatever_the_text() {
    String text = "word ".repeat(40).strip();
    for (int width = 10; width < 90; width++) {
      int limit = width;
      String wrapped = Wrap.at(width, 6, text);
      assertThat(wrapped.lines()).allMatch(line -> line.length() <= limit);
      assertThat(wrapped.replaceAll("\\s+", " ")).isEqualTo(text);
    }
  }

  @Test
  void a_word_that_is_too_long_stays_whole() {
    assertThat(Wrap.at(10, 2, "a aaaaaaaaaaaaaaaaaaaa b")).contains("aaaaaaaaaaaaaaaaaaaa");
  }
}
