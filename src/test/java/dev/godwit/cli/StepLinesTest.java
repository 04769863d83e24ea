package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines of steps. */
final class StepLinesTest {
  /** The longest name is that of a step of finish. */
  @Test
  void times_and_messages_stand_below_each_other() {
    TestingTerminal file = TestingTerminal.file();
    try (StepLines lines = new StepLines(file.terminal(), "copying")) {
      for (String step : List.of("mirror", "landing-old", "forget")) {
        lines.stepDone(step, Duration.ofMillis(1_234), "ended");
      }
    }
    assertThat(file.err().lines()).hasSize(3);
    assertThat(file.err().lines().map(line -> line.indexOf("ended"))).containsOnly(27);
    assertThat(file.err().lines().map(line -> line.indexOf(" ms"))).containsOnly(22);
  }
}
