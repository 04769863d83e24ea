package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProgressTest {
  private static final long MIB = 1 << 20;

  private final AtomicLong clock = new AtomicLong();

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  @Test
  void a_terminal_sees_rate_and_time_left_on_a_line_that_rewrites_itself() {
    TestingTerminal terminal = TestingTerminal.live(Map.of());
    try (Progress progress =
        new Progress(terminal.terminal(), "copying", Amounts::bytes, clock::get)) {
      for (int i = 0; i <= 20; i++) {
        progress.update(i * MIB, 100 * MIB);
        pass(Duration.ofMillis(100));
      }
    }
    assertThat(terminal.err())
        .contains("\rcopying: 19.0 MiB of 100 MiB (19 %), 10.0 MiB/s\u001b[K\r") // too early
        .startsWith("\rcopying: 0 B of 100 MiB (0 %), 0 B/s\u001b[K\r")
        .endsWith("\rcopying: 20.0 MiB of 100 MiB (20 %), 10.0 MiB/s, 8 s left\u001b[K\n");
  }

  @Test
  void a_file_sees_a_plain_line_every_ten_seconds_and_the_last() {
    TestingTerminal terminal = TestingTerminal.file();
    try (Progress progress =
        new Progress(terminal.terminal(), "looking at files", Amounts::count, clock::get)) {
      for (int i = 1; i <= 250; i++) {
        pass(Duration.ofMillis(100));
        progress.update(i * 100L, -1);
      }
    }
    assertThat(terminal.err())
        .isEqualTo(
            """
            looking at files: 10,000, 1,000/s
            looking at files: 20,000, 1,000/s
            looking at files: 25,000, 1,000/s
            """);
  }

  @Test
  void a_file_sees_no_line_of_zeros_before_there_is_something_to_do() {
    TestingTerminal terminal = TestingTerminal.file();
    try (Progress progress =
        new Progress(terminal.terminal(), "copying", Amounts::bytes, clock::get)) {
      for (int i = 0; i < 3; i++) {
        progress.update(0, 0);
        pass(Duration.ofSeconds(10));
      }
      assertThat(terminal.err()).isEmpty();
      progress.update(0, 100 * MIB);
      assertThat(terminal.err()).isEqualTo("copying: 0 B of 100 MiB (0 %), 0 B/s\n");
    }
    TestingTerminal idle = TestingTerminal.file();
    try (Progress progress = new Progress(idle.terminal(), "copying", Amounts::bytes, clock::get)) {
      progress.update(0, 0);
    }
    assertThat(idle.err()).isEmpty();
  }

  @Test
  void a_stop_is_seen_in_the_rate_within_seconds() {
    TestingTerminal terminal = TestingTerminal.live(Map.of());
    try (Progress progress =
        new Progress(terminal.terminal(), "copying", Amounts::count, clock::get)) {
      progress.update(1_000_000, 2_000_000);
      for (int i = 0; i < 7; i++) {
        pass(Duration.ofSeconds(1));
        progress.update(1_000_000, 2_000_000);
      }
    }
    assertThat(terminal.err()).endsWith("(50 %), 0/s\u001b[K\n");
  }

  @Test
  void what_was_done_before_the_first_look_is_no_rate() {
    TestingTerminal terminal = TestingTerminal.live(Map.of());
    try (Progress progress =
        new Progress(terminal.terminal(), "copying", Amounts::bytes, clock::get)) {
      pass(Duration.ofNanos(200));
      progress.update(60 * MIB, 100 * MIB);
      for (int i = 1; i <= 20; i++) {
        pass(Duration.ofMillis(100));
        progress.update(60 * MIB + i * MIB, 100 * MIB);
      }
    }
    assertThat(terminal.err())
        .contains("\rcopying: 60.0 MiB of 100 MiB (60 %), 0 B/s\u001b[K")
        .endsWith("\rcopying: 80.0 MiB of 100 MiB (80 %), 10.0 MiB/s, 2 s left\u001b[K\n");
  }

  @Test
  void a_line_is_cut_to_the_terminal() {
    TestingTerminal terminal = TestingTerminal.live(Map.of("COLUMNS", "40"));
    try (Progress progress =
        new Progress(terminal.terminal(), "x".repeat(200), Amounts::count, clock::get)) {
      progress.update(1, 2);
    }
    assertThat(terminal.err()).startsWith("\r" + "x".repeat(39) + "\u001b[K");
  }

  @Test
  void colours_are_for_terminals_that_want_them() {
    TestingTerminal coloured = TestingTerminal.live(Map.of());
    coloured.terminal().error("no");
    assertThat(coloured.err()).isEqualTo("\u001b[31mgodwit: \u001b[0mno\n");

    for (Map<String, String> plain : List.of(Map.of("NO_COLOR", "1"), Map.of("TERM", "dumb"))) {
      TestingTerminal terminal = TestingTerminal.live(plain);
      terminal.terminal().error("no");
      assertThat(terminal.err()).isEqualTo("godwit: no\n");
      assertThat(terminal.terminal().hasColoursOnOutput()).isFalse();
    }
    assertThat(TestingTerminal.file().terminal().hasColoursOnOutput()).isFalse();
  }

  @Test
  void amounts_are_short_and_have_units() {
    assertThat(Amounts.bytes(0)).isEqualTo("0 B");
    assertThat(Amounts.bytes(999)).isEqualTo("999 B");
    assertThat(Amounts.bytes(1536)).isEqualTo("1.5 KiB");
    assertThat(Amounts.bytes(Long.MAX_VALUE)).isEqualTo("8.0 EiB");
    assertThat(Amounts.count(20_000)).isEqualTo("20,000");
    assertThat(Amounts.duration(Duration.ofMillis(850))).isEqualTo("850 ms");
    assertThat(Amounts.duration(Duration.ofSeconds(200))).isEqualTo("3 min 20 s");
    assertThat(Amounts.duration(Duration.ofMinutes(125))).isEqualTo("2 h 5 min");
  }
}
