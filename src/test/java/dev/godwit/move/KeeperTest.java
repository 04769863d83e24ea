package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When something is looked after, and what is told of it. */
final class KeeperTest {
  private static final Duration EVERY = Duration.ofSeconds(5);
  private static final Keeper.Wanted FIRST = new Keeper.Wanted(Role.NEW, 7, true);
  private static final Keeper.Wanted SECOND = new Keeper.Wanted(Role.OLD, 8, true);

  private interface Looks {
    Optional<Keeper.Look> look() throws IOException;
  }

  private Looks looks = () -> Optional.of(new Keeper.Look("fine", List.of(), List.of("was not")));
  private int begun;
  private Instant now = Instant.parse("2026-03-01T03:00:00Z");

  private final Keeper keeper =
      new Keeper(
          new Keeper.Owned() {
            @Override
            public String name() {
              return "fences";
            }

            @Override
            public Duration every() {
              return EVERY;
            }

            @Override
            public void begin() {
              begun++;
            }

            @Override
            public Optional<Keeper.Look> look(Keeper.Wanted wanted) throws IOException {
              return looks.look();
            }
          },
          new Clock() {
            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              throw new UnsupportedOperationException();
            }

            @Override
            public Instant instant() {
              return now;
            }
          });

  private KeptStatus look() throws InterruptedException {
    keeper.look();
    return keeper.status().orElseThrow();
  }

  @Test
  void nothing_is_said_of_what_was_seen_before_the_last_order() throws Exception {
    keeper.look();
    assertThat(keeper.status()).isEmpty();
    keeper.want(FIRST);
    assertThat(keeper.status()).isEmpty();
    assertThat(look().state()).isEqualTo("fine");
    keeper.wantNothing();
    assertThat(keeper.status()).as("a switch is under way").isEmpty();
    keeper.want(SECOND);
    assertThat(keeper.status()).isEmpty();
    assertThat(look().events()).as("what was put right before stays known").hasSize(2);
    assertThat(begun).isEqualTo(2);
  }

  @Test
  void h90_what_cannot_be_asked_is_a_problem_and_not_shown_as_it_was() throws Exception {
    keeper.want(FIRST);
    assertThat(look().problems()).isEmpty();
    looks =
        () -> {
          throw new IOException("on old: no route to host");
        };
    KeptStatus status = look();
    assertThat(status.state()).isEqualTo("not known");
    assertThat(status.problems())
        .containsExactly("the fences cannot be looked after: on old: no route to host");
  }

  @Test
  void h90_a_defect_is_told_as_a_problem_and_the_next_look_is_made_all_the_same() throws Exception {
    keeper.want(FIRST);
    assertThat(look().problems()).isEmpty();
    looks =
        () -> {
          throw new IllegalStateException("role 7");
        };
    KeptStatus status = look();
    assertThat(status.state()).isEqualTo("not known");
    assertThat(status.problems()).hasSize(1);
    assertThat(status.problems().getFirst())
        .startsWith("the fences cannot be looked after: a defect of Godwit")
        .endsWith("IllegalStateException: role 7");
    looks = () -> Optional.of(new Keeper.Look("fine", List.of(), List.of()));
    assertThat(look().problems()).isEmpty();
  }

  @Test
  void h90_a_look_that_does_not_return_is_a_problem_with_the_age_of_the_one_before_it()
      throws Exception {
    keeper.want(FIRST);
    assertThat(look().state()).isEqualTo("fine");
    now = now.plusSeconds(35);
    assertThat(keeper.status().orElseThrow().problems()).as("a busy host").isEmpty();
    now = now.plusSeconds(12);
    KeptStatus status = keeper.status().orElseThrow();
    assertThat(status.state()).isEqualTo("fine, 47 s ago");
    assertThat(status.problems()).hasSize(1);
    assertThat(status.problems().getFirst())
        .startsWith(
            "nobody has looked after the fences for 47 s, where it is to be done every 5 s");
    assertThat(status.json()).containsEntry("as_wanted", false);
    assertThat(look().problems()).as("it has come back").isEmpty();
  }

  @Test
  void h90_a_first_look_that_does_not_return_is_a_problem_too() throws Exception {
    keeper.want(FIRST);
    now = now.plusSeconds(47);
    KeptStatus status = keeper.status().orElseThrow();
    assertThat(status.state()).isEqualTo("not known");
    assertThat(status.problems()).hasSize(1);
    assertThat(status.problems().getFirst()).contains("for 47 s");
    looks = Optional::empty;
    keeper.look();
    now = now.plusSeconds(47);
    assertThat(keeper.status()).as("nothing is to be kept").isEmpty();
  }

  @Test
  void h58_a_refusal_that_a_later_switch_has_caused_is_no_problem() throws Exception {
    keeper.want(FIRST);
    looks =
        () -> {
          keeper.want(SECOND);
          throw new IOException("epoch 8 has begun");
        };
    keeper.look();
    assertThat(keeper.status()).isEmpty();
  }

  @Test
  void what_happened_is_in_the_report_once(@TempDir Path folder) throws Exception {
    keeper.want(FIRST);
    MessageWriter out = new MessageWriter();
    KeptStatus seen = look();
    new FollowStatus("/root/m.yaml", "", 17, null, List.of(), List.of(seen)).write(out);
    FollowStatus status = FollowStatus.read(new MessageReader(out.toBytes()));
    assertThat(status.kept().getFirst().events()).isEqualTo(seen.events());
    try (Journal journal = Journal.open(folder.resolve("m.journal"), Clock.systemUTC())) {
      Warnings.addEvents(journal, status);
      Warnings.addEvents(journal, status);
      assertThat(Warnings.of(journal))
          .containsExactly(
              new Warnings.Warning(seen.events().getFirst().at(), "found-otherwise", "was not"));
    }
  }
}
