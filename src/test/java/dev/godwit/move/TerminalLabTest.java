package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A move at a terminal, where a person is asked and looks on: the commands get one by script(1).
 */
@Tag("lab")
final class TerminalLabTest {
  private static final String CLEARED = "\u001b[H\u001b[2J";

  @Test
  void a_person_is_asked_before_clients_wait_and_sees_how_the_move_stands() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      try (TestingCommand watching = onTerminal(move, "", "status", "--watch")) {
        watching.awaitLine("Move ", COMMAND_LIMIT);

        assertThat(answered(move, 5, "n", "cutover")).contains("not done; old serves as before");
        assertThat(answered(move, 5, "", "cutover")).contains("not done; old serves as before");
        assertThat(answered(move, 5, "yes?", "cutover")).doesNotContain("✓ hold");
        move.assertOldServes();
        assertThat(answered(move, 0, "y", "cutover"))
            .containsPattern("Give the clients of .* to new, holding them for at most 20000 ms\\?")
            .contains("✓ release", "New serves.");
        move.assertNewServes();
        assertThat(answered(move, 0, "", "rehearse"))
            .contains("Next: godwit rollback ")
            .doesNotContain("godwit cutover");
        assertThat(answered(move, 5, "n", "rollback")).contains("not done; new serves as before");
        interruptAtTheQuestion(move);
        move.assertNewServes();
        assertThat(answered(move, 0, "Y", "rollback")).contains("✓ release");
        move.assertOldServes();
        assertThat(answered(move, 0, "", "report").lines())
            .isNotEmpty()
            .allSatisfy(line -> assertThat(visible(line)).hasSizeLessThanOrEqualTo(80));
        move.godwit(0, "cutover", "--yes");
        move.assertNewServes();
        move.endClient();
        assertThat(answered(move, 0, "", "finish", "--now")).contains("Finished");

        assertThat(watching.exit(COMMAND_LIMIT)).isZero();
        assertThat(watching.text()).contains(CLEARED, Phase.FINISHED.sentence(false));
        assertThat(watching.text().lines())
            .allSatisfy(line -> assertThat(visible(line)).hasSizeLessThanOrEqualTo(80));
      }
    }
  }

  /** Ctrl-C instead of an answer: nothing was begun that had to come to its end. */
  private static void interruptAtTheQuestion(TestingMove move) throws Exception {
    List<String> typed = new ArrayList<>(TestingMove.program());
    typed.add("rollback");
    try (TestingCommand command =
        TestingCommand.start(
            move.neu(),
            List.of(
                "env",
                "-C",
                "/root",
                "TERM=xterm",
                "bash",
                "-c",
                "sleep 61 | script -qefc \"$1\" --log-out /root/typescript",
                "bash",
                String.join(" ", typed)),
            "terminal# godwit rollback")) {
      TestingPatience.await(
          "the question",
          () ->
              Files.exists(move.neu().path("/root/typescript"))
                  && Files.readString(move.neu().path("/root/typescript")).contains("[y/N]"));
      move.neu().must("pkill", "-INT", "-f", "^[^ ]*/java .*godwit.jar rollback$");
      TestingPatience.await(
          "its end",
          () -> move.neu().run("pgrep", "-f", "^[^ ]*/java .*godwit.jar rollback$").exit() == 1);
      move.neu().must("pkill", "-f", "^sleep 61$");
      assertThat(command.exit(COMMAND_LIMIT)).isEqualTo(130);
      assertThat(command.text()).doesNotContain("cannot be stopped", "✓");
    }
  }

  private static String visible(String line) {
    return line.replaceAll("\u001b\\[[0-9;]*[A-Za-z]", "").strip();
  }

  private static String answered(TestingMove move, int exit, String answer, String... arguments)
      throws Exception {
    try (TestingCommand command = onTerminal(move, answer, arguments)) {
      assertThat(command.exit(COMMAND_LIMIT)).as(command.text()).isEqualTo(exit);
      return command.text();
    }
  }

  /** Types a line, which waits in the terminal until it is read. */
  private static TestingCommand onTerminal(TestingMove move, String answer, String... arguments)
      throws IOException {
    List<String> typed = new ArrayList<>(TestingMove.program());
    typed.addAll(List.of(arguments));
    return TestingCommand.start(
        move.neu(),
        List.of(
            "env",
            "-C",
            "/root",
            "TERM=xterm",
            "COLUMNS=80",
            "bash",
            "-c",
            "printf '%s\\n' \"$1\" | script -qefc \"$2\" /dev/null",
            "bash",
            answer,
            String.join(" ", typed)),
        "terminal# godwit " + String.join(" ", arguments));
  }
}
