package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When something is looked after, and what is told of it. */
final class KeeperTest {
  private static final Keeper.Wanted FIRST = new Keeper.Wanted(Role.NEW, 7, true);
  private static final Keeper.Wanted SECOND = new Keeper.Wanted(Role.OLD, 8, true);

  private interface Looks {
    Optional<Keeper.Look> look() throws IOException;
  }

  private Looks looks = () -> Optional.of(new Keeper.Look("fine", List.of(), List.of("was not")));
  private int begun;

  private final Keeper keeper =
      new Keeper(
          new Keeper.Owned() {
            @Override
            public String name() {
              return "fences";
            }

            @Override
            public Duration every() {
              return Duration.ZERO;
            }

            @Override
            public void begin() {
              begun++;
            }

            @Override
            public Optional<Keeper.Look> look(Keeper.Wanted wanted) throws IOException {
              return looks.look();
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
