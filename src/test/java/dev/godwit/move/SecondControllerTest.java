package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Two controllers, and one that slept through the end of its right (H59). */
@Tag("lab")
class SecondControllerTest {
  /** Of what sleeps until its lease has ended. */
  private static final String SHORT = "6s";

  /** CHECK: the release is the very next order, and nothing but the gate is in its way. */
  @ParameterizedTest
  @EnumSource(names = {"STOP", "CHECK"})
  void h59_a_second_controller_is_refused_and_one_that_slept_does_not_release(CutoverStep step)
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      for (Direction direction : Direction.values()) {
        String command = direction.command();
        LabHost next = direction == Direction.TO_NEW ? move.neu() : move.old();
        long before = move.posts(next);
        Instant typed = Instant.now();
        try (TestingCommand slept = frozenAt(step, move, command)) {
          String holder = "`godwit " + command + "`, process " + slept.pidInHost();
          for (String refused : List.of("cutover", "rollback")) {
            String said = move.godwit(5, refused, "--yes");
            assertThat(said).contains(holder);
            Matcher since = Pattern.compile(", since ([0-9T:.-]+Z)").matcher(said);
            assertThat(since.find()).as(said).isTrue();
            assertThat(Instant.parse(since.group(1))).isBetween(typed, Instant.now());
          }
          // The lease ends although the one who asked for it sleeps, and may have the services'
          // turn.
          assertServes(move, direction.serving());
          slept.thaw();
          int exit = slept.exit(COMMAND_LIMIT);
          assertThat(slept.text()).doesNotContain("✓ release");
          if (exit == 128 + 9) {
            // It slept in the middle of its order on this very host: the way back has ended it.
            assertThat(step).isEqualTo(CutoverStep.STOP);
            assertThat(direction.serving()).as("where it is typed").isEqualTo(Role.NEW);
          } else {
            assertThat(exit).isEqualTo(4);
            assertThat(slept.text()).contains(direction.serving().word() + " serves");
          }
        }
        assertServes(move, direction.serving());
        move.assertNoneFailed();
        assertThat(move.posts(next)).as("notes that " + next.name() + " took").isEqualTo(before);
        move.godwit(0, command, "--yes");
        assertServes(move, direction.next());
      }
      move.proveRolledBack();
    }
  }

  /**
   * Somebody has removed its lock: from then on only the epochs keep the first one out (H56). One
   * that sleeps before its order to start wakes up when the other one has taken back what it did.
   */
  @ParameterizedTest
  @CsvSource({"TO_NEW, CHECK, cutover", "TO_OLD, CHECK, rollback", "TO_NEW, START, rollback"})
  void h56_h59_another_takes_over_from_a_sleeper_and_no_service_writes_on_two_hosts(
      Direction direction, CutoverStep asleep, String second) throws Exception {
    boolean isTakenBack = !second.equals(direction.command());
    Role served = isTakenBack ? direction.serving() : direction.next();
    try (TestingMove move = TestingMove.up()) {
      TestingWriter writer = TestingWriter.in(move);
      if (asleep == CutoverStep.START) {
        // It sleeps before its order, and not after it has gone out.
        move.changePlan(
            plan ->
                plan
                    + """

                    hooks:
                      - { before: start, on: here, run: [sleep, "1"] }
                    """);
      }
      move.godwit(0, "start");
      if (direction == Direction.TO_OLD) {
        move.godwit(0, "cutover", "--yes");
      }
      move.startClient();
      String command = direction.command();
      try (TestingCommand slept = frozenAt(asleep, move, command)) {
        assertServes(move, direction.serving());
        writer.awaitWrites(direction.serving());
        move.neu().must("rm", "/root/demo.journal.lock");
        move.godwit(0, second, "--yes");
        assertServes(move, served);
        writer.awaitWrites(served);
        slept.thaw();
        assertThat(slept.exit(COMMAND_LIMIT)).isIn(1, 4);
        // Refused as of an older epoch; or what it waited for has ended, and the gate told it more.
        assertThat(slept.text())
            .doesNotContain("✓ release")
            .containsAnyOf(
                "epoch",
                "Another controller has gone on",
                "serves, but on the way this happened",
                "taken back, " + served.word() + " serves");
      }
      assertServes(move, served);
      writer.awaitWrites(served);
      assertThat(writer.runsOn(served.other())).as("on the host that does not serve").isFalse();
      writer.assertNeverOnBoth();
      writer.freeze(served);
      move.proveServedBy(served);
    }
  }

  /**
   * Another one has taken over, and ended the whole move. This one sees by its clock that its hold
   * is over; one whose host was suspended, so that its clock stood still, is refused on the hosts
   * ({@code ServiceOrdersTest}).
   */
  @Test
  void h59_one_that_sleeps_until_the_move_was_given_up_stops_nothing_any_more() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      // It sleeps before its order, and not after it has gone out.
      move.changePlan(
          plan ->
              plan
                  + """

                  hooks:
                    - { before: stop, on: here, run: [sleep, "1"] }
                  """);
      move.startClient();
      move.godwit(0, "start");
      try (TestingCommand slept = frozenAt(CutoverStep.STOP, move, "cutover")) {
        assertServes(move, Role.OLD);
        move.neu().must("rm", "/root/demo.journal.lock");
        move.godwit(0, "rollback", "--yes");
        move.godwit(0, "finish", "--abandon", "--now");
        slept.thaw();
        assertThat(slept.exit(COMMAND_LIMIT)).isNotZero();
        assertThat(slept.text())
            .contains("✗ stop", "Another controller has gone on meanwhile")
            .doesNotContain("✓ stop", "taken back");
      }
      assertServes(move, Role.OLD);
      // The name is free again.
      move.neu().must("rm", "/root/demo.journal");
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      assertServes(move, Role.NEW);
    }
  }

  /**
   * It is typed on the host that serves, and so has the services' turn while it sleeps: the way
   * back must not wait until it wakes up.
   */
  @Test
  void h50_h59_one_that_sleeps_in_the_middle_of_its_order_keeps_nobody_waiting() throws Exception {
    try (TestingMove move = TestingMove.up()) {
      move.startClient();
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      String good = new String(move.neu().readFile(TestingOneMove.APP), StandardCharsets.UTF_8);
      move.neu().writeFile(TestingOneMove.APP + "-good", good, "rwxr-xr-x");
      move.neu()
          .writeFile(
              TestingOneMove.APP,
              """
              #!/bin/sh
              if [ $1 = stop ]; then touch /root/stopping; sleep 1; fi
              exec %s-good "$@"
              """
                  .formatted(TestingOneMove.APP),
              "rwxr-xr-x");
      move.hold(SHORT);
      try (TestingCommand slept = move.godwit("rollback", "--yes")) {
        TestingPatience.await(
            "the stop on new", () -> move.neu().run("test", "-e", "/root/stopping").succeeded());
        slept.freeze();
        assertServes(move, Role.NEW);
        slept.thaw();
        assertThat(slept.exit(COMMAND_LIMIT)).isEqualTo(128 + 9);
        assertThat(slept.text()).doesNotContain("✓ stop");
      }
      move.neu().writeFile(TestingOneMove.APP, good, "rwxr-xr-x");
      move.holdLong();
      move.godwit(0, "rollback", "--yes");
      move.proveRolledBack();
    }
  }

  private static TestingCommand frozenAt(CutoverStep step, TestingMove move, String command)
      throws Exception {
    move.hold(SHORT);
    CountDownLatch frozen = new CountDownLatch(1);
    TestingCommand slept =
        move.godwitWhen(
            TestingMove.begins(step),
            started -> {
              started.freeze();
              frozen.countDown();
            },
            command,
            "--yes");
    assertThat(frozen.await(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    move.holdLong();
    return slept;
  }

  private static void assertServes(TestingMove move, Role role) throws Exception {
    if (role == Role.OLD) {
      move.assertOldServes();
    } else {
      move.assertNewServes();
    }
  }
}
