package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class NamesTest {
  @Test
  void h46_text_is_shown_as_it_is() {
    assertThat(Names.display(Names.of("Grüße 日本 🦢.txt"))).isEqualTo("Grüße 日本 🦢.txt");
  }

  @Test
  void h46_control_characters_are_escaped() {
    assertThat(Names.display(Names.of("a\nb\u001b[31m\u007f\u0085")))
        .isEqualTo("a\\x0ab\\x1b[31m\\x7f\\xc2\\x85");
  }

  @Test
  void h46_characters_that_change_direction_or_are_invisible_are_escaped() {
    assertThat(Names.display(Names.of("a\u202etxt.exe\u200b")))
        .isEqualTo("a\\xe2\\x80\\xaetxt.exe\\xe2\\x80\\x8b");
  }

  @Test
  void h46_a_backslash_cannot_imitate_an_escape() {
    assertThat(Names.display(Names.of("\\x0a"))).isEqualTo("\\\\x0a");
  }

  @Test
  void h4_bytes_that_are_not_text_are_escaped() {
    assertThat(
            Names.display(
                new byte[] {'a', (byte) 0xff, (byte) 0xc3, 'b', (byte) 0xe2, (byte) 0x82}))
        .isEqualTo("a\\xff\\xc3b\\xe2\\x82");
    // An overlong '/', a surrogate and a number above the last character are not UTF-8.
    assertThat(Names.display(new byte[] {(byte) 0xc0, (byte) 0xaf})).isEqualTo("\\xc0\\xaf");
    assertThat(Names.display(new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80}))
        .isEqualTo("\\xed\\xa0\\x80");
    assertThat(Names.display(new byte[] {(byte) 0xf4, (byte) 0x90, (byte) 0x80, (byte) 0x80}))
        .isEqualTo("\\xf4\\x90\\x80\\x80");
  }

  @Test
  void h46_nothing_that_is_shown_holds_a_control_byte() {
    byte[] all = new byte[255];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) (i + 1);
    }
    for (byte b : Names.display(all).getBytes(StandardCharsets.UTF_8)) {
      assertThat(b).isGreaterThanOrEqualTo((byte) 0x20);
    }
  }

  @Test
  void h38_components() {
    for (String good : new String[] {"a", "...", ".a", "..a", "-rf", "$(x)", "\n"}) {
      assertThat(Names.isComponent(Names.of(good))).as(good).isTrue();
    }
    for (String bad : new String[] {"", ".", "..", "/", "a/b", "a\0"}) {
      assertThat(Names.isComponent(Names.of(bad))).as(bad).isFalse();
    }
    assertThat(Names.isComponent(new byte[256])).isFalse();
    assertThat(Names.isComponent(Names.of("x".repeat(255)))).isTrue();
  }
}
