package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalLock;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a floating address is brought back, and what is said of it; the hosts are a stub. */
final class KeptAddressTest {
  private static final Keeper.Wanted NEW_SERVES = new Keeper.Wanted(Role.NEW, 7, true);

  private final List<String> brought = new ArrayList<>();
  private Set<Role> holders = Set.of(Role.NEW);
  private boolean wasBrought;
  private boolean isUnderWay;
  private Runnable whileLooking = () -> {};

  private final KeptAddress.Moves moves =
      new KeptAddress.Moves() {
        @Override
        public boolean isUnderWay() {
          return isUnderWay;
        }

        @Override
        public Set<Role> holders() {
          Set<Role> found = holders;
          whileLooking.run();
          return found;
        }

        @Override
        public boolean wasBrought(Role to) {
          return wasBrought && to == Role.NEW;
        }

        @Override
        public String bring(Role to, long epoch) {
          brought.add(to.word() + " " + epoch);
          return "brought";
        }
      };

  private final KeptAddress kept = new KeptAddress("10.0.0.10/24", true, moves);

  private Keeper.Look look() throws Exception {
    return kept.look(NEW_SERVES).orElseThrow();
  }

  @Test
  void h57_an_address_that_was_there_is_brought_back_and_that_is_told() throws Exception {
    assertThat(look()).isEqualTo(new Keeper.Look("10.0.0.10/24 is on new", List.of(), List.of()));
    holders = Set.of(Role.OLD, Role.NEW);
    assertThat(look().events())
        .containsExactly("it was on both hosts instead of new alone; brought");
    assertThat(brought).containsExactly("new 7", "new 7");
  }

  @Test
  void h57_one_that_a_command_has_brought_is_kept_there_by_who_has_not_seen_it_there()
      throws Exception {
    wasBrought = true;
    holders = Set.of(Role.OLD);
    assertThat(look().events()).containsExactly("it was on old instead of new alone; brought");
    assertThat(brought).containsExactly("new 7");
  }

  @Test
  void a_look_that_began_while_the_switch_was_bringing_it_says_nothing() throws Exception {
    isUnderWay = true;
    holders = Set.of(Role.OLD);
    whileLooking =
        () -> {
          isUnderWay = false;
          wasBrought = true;
          holders = Set.of(Role.NEW);
        };
    assertThat(kept.look(NEW_SERVES)).isEmpty();
    assertThat(brought).isEmpty();
    whileLooking = () -> {};
    assertThat(look()).isEqualTo(new Keeper.Look("10.0.0.10/24 is on new", List.of(), List.of()));
  }

  @Test
  void h58_one_that_nobody_has_for_long_is_brought_although_a_command_is_to_do_it()
      throws Exception {
    isUnderWay = true; // by a process that was stopped, for one
    holders = Set.of();
    for (int i = 0; i < 4; i++) {
      assertThat(kept.look(NEW_SERVES)).isEmpty();
    }
    assertThat(look().events()).hasSize(1);
    assertThat(brought).containsExactly("new 7");
  }

  @Test
  void a_switch_is_bringing_it_until_that_step_or_its_command_has_ended(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("mail.journal");
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      try (JournalLock unused = JournalLock.take(file, "cutover", Clock.systemUTC())) {
        assertThat(AddressSwitch.isUnderWay(journal)).as("nothing was switched").isFalse();
        Run run = journal.begin("cutover", 7);
        assertThat(AddressSwitch.isUnderWay(journal)).as("before the release").isFalse();
        journal.end(run, Outcome.DONE, "new serves");
        assertThat(AddressSwitch.isUnderWay(journal)).as("before the step").isTrue();
        Step unusedStep = journal.intend(run, CutoverStep.ADDRESS.word(), "");
        assertThat(AddressSwitch.isUnderWay(journal)).as("in the step").isTrue();
      }
      assertThat(AddressSwitch.isUnderWay(journal)).as("the command was killed").isFalse();
      try (JournalLock unused = JournalLock.take(file, "verify", Clock.systemUTC())) {
        Run run = journal.begin("verify", 7);
        assertThat(AddressSwitch.isUnderWay(journal)).as("another command").isFalse();
        journal.end(run, Outcome.DONE, "");
      }
    }
  }

  @Test
  void what_has_failed_to_bring_it_is_not_bringing_it_any_more(@TempDir Path folder)
      throws Exception {
    Path file = folder.resolve("mail.journal");
    try (Journal journal = Journal.open(file, Clock.systemUTC());
        JournalLock unused = JournalLock.take(file, "cutover", Clock.systemUTC())) {
      Run run = journal.begin("cutover", 7);
      journal.end(run, Outcome.DONE, "new serves");
      Step step = journal.intend(run, CutoverStep.ADDRESS.word(), "");
      journal.conclude(step, Outcome.FAILED, 1, "in use");
      assertThat(AddressSwitch.isUnderWay(journal)).isFalse();
    }
  }

  @Test
  void h68_the_network_is_told_for_half_a_minute() throws Exception {
    for (int i = 0; i < 20; i++) {
      look();
    }
    assertThat(brought).hasSize(15);
  }

  @Test
  void h58_one_that_was_never_there_is_left_to_the_switch_until_nobody_has_it() throws Exception {
    holders = Set.of(Role.OLD);
    for (int i = 0; i < 10; i++) {
      assertThat(look().problems())
          .hasSize(1)
          .first()
          .asString()
          .contains("is on old, and new serves");
    }
    assertThat(brought).isEmpty();
    holders = Set.of();
    for (int i = 0; i < 4; i++) {
      assertThat(look().state()).isEqualTo("10.0.0.10/24 is on neither host");
    }
    assertThat(brought).isEmpty();
    assertThat(look().events()).hasSize(1);
    assertThat(brought).hasSize(1);
  }

  @Test
  void one_that_a_command_moves_is_brought_back_and_no_network_is_told() throws Exception {
    KeptAddress byCommand = new KeptAddress("203.0.113.10", false, moves);
    assertThat(byCommand.every()).isEqualTo(Duration.ofSeconds(10));
    assertThat(byCommand.look(NEW_SERVES).orElseThrow().state())
        .isEqualTo("203.0.113.10 is on new");
    assertThat(brought).isEmpty();
    holders = Set.of(Role.OLD);
    assertThat(byCommand.look(NEW_SERVES).orElseThrow().events()).hasSize(1);
    assertThat(brought).containsExactly("new 7");
  }
}
