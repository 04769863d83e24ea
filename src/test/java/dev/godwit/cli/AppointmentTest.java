package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.move.Move;
import dev.godwit.move.Waiting;
import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AppointmentTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private @TempDir Path folder;

  @Test
  void a_time_that_is_over_today_is_tomorrows() {
    ZonedDateTime evening = ZonedDateTime.of(2026, 11, 20, 22, 15, 0, 0, BERLIN);
    assertThat(Appointment.next(LocalTime.of(3, 0), evening))
        .isEqualTo(ZonedDateTime.of(2026, 11, 21, 3, 0, 0, 0, BERLIN));
    assertThat(Appointment.next(LocalTime.of(22, 16), evening))
        .isEqualTo(ZonedDateTime.of(2026, 11, 20, 22, 16, 0, 0, BERLIN));
    assertThat(Appointment.next(LocalTime.of(22, 15), evening)).isEqualTo(evening.plusDays(1));
  }

  @Test
  void a_night_with_a_change_of_the_clock_has_the_time_that_clocks_show() {
    // 29 March 2026: at 02:00 it is 03:00.
    ZonedDateTime evening = ZonedDateTime.of(2026, 3, 28, 23, 0, 0, 0, BERLIN);
    ZonedDateTime at = Appointment.next(LocalTime.of(3, 30), evening);
    assertThat(at.toLocalTime()).isEqualTo(LocalTime.of(3, 30));
    assertThat(at.toInstant()).isEqualTo(evening.toInstant().plusSeconds(3 * 3600 + 1800));
  }

  @Test
  void it_begins_when_its_time_has_come_and_not_before() throws Exception {
    ZonedDateTime at = ZonedDateTime.now().plusSeconds(2);
    Plan plan = plan();
    Appointment.await(plan, TestingTerminal.file().terminal(), at.toLocalTime());
    assertThat(ZonedDateTime.now()).isAfterOrEqualTo(at);
    assertThat(Waiting.file(plan)).doesNotExist();
  }

  @Test
  void it_begins_when_its_file_is_removed_by_hand() throws Exception {
    Plan plan = plan();
    TestingTerminal terminal = TestingTerminal.file();
    FutureTask<Boolean> waiting = waiting(plan, terminal);
    assertThat(waiting).isNotDone();
    Files.delete(Waiting.file(plan));
    assertThat(waiting).succeedsWithin(Duration.ofMinutes(1)).isEqualTo(true);
  }

  /** Whoever went back in the meantime has found something, and sleeps at the appointed time. */
  @ParameterizedTest
  @CsvSource({"cutover, false", "rollback, true", "finish, true"})
  void it_does_not_begin_when_another_command_has_changed_who_serves(String command, boolean go)
      throws Exception {
    Plan plan = plan();
    try (Journal journal = Journal.open(Move.journalFile(plan), Clock.systemUTC())) {
      journal.end(journal.begin("rollback", 1), Outcome.DONE, "before");
      TestingTerminal terminal = TestingTerminal.file();
      FutureTask<Boolean> waiting = waiting(plan, terminal);
      Appointment.tellOfEnd(plan, terminal.terminal());
      assertThat(terminal.err()).contains("A cut-over waits (process");
      journal.end(journal.begin("rehearse", 2), Outcome.DONE, "changes nothing");
      journal.end(journal.begin(command, 3), Outcome.DONE, "meanwhile");
      if (go) {
        Files.delete(Waiting.file(plan));
      } // else it sees by itself
      assertThat(waiting)
          .failsWithin(Duration.ofMinutes(1))
          .withThrowableOfType(ExecutionException.class)
          .withMessageContaining("`godwit " + command + "` came at")
          .withCauseInstanceOf(UserFailure.class);
    }
    assertThat(Waiting.file(plan)).doesNotExist();
  }

  /** Done when it may begin. */
  private static FutureTask<Boolean> waiting(Plan plan, TestingTerminal terminal) throws Exception {
    FutureTask<Boolean> waiting =
        new FutureTask<>(
            () -> {
              Appointment.await(plan, terminal.terminal(), null);
              return true;
            });
    Thread.ofPlatform().start(waiting);
    TestingPatience.await("the note", () -> terminal.err().contains("Waiting until somebody"));
    return waiting;
  }

  private Plan plan() throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(
        file,
        """
        move: night
        old: local
        new: new.example.org
        files: [/srv/a]
        services: [{ name: a, unit: a.service }]
        """);
    return Plan.read(file);
  }
}
