package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class InterruptionTest {
  @Test
  void what_it_says_takes_the_place_of_the_step_that_has_begun() {
    TestingTerminal terminal = TestingTerminal.live(Map.of());
    terminal.terminal().rewrite("  … capture");
    Interruption.tell(terminal.terminal(), true);
    assertThat(terminal.err()).endsWith("\r\u001b[KStopping; this may take a moment.\n");

    TestingTerminal file = TestingTerminal.file();
    Interruption.tell(file.terminal(), false);
    assertThat(file.err()).isEqualTo("This cannot be stopped; it comes to its end by itself.\n");
  }
}
