package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.mirror.rules.MirrorFile;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.rules.TestingSurroundings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When audits are made, and what becomes of one that a fault inside has ended. */
@Timeout(TestingPatience.TEST_SECONDS)
final class AuditsTest {
  @TempDir private Path folder;

  private final List<String> log = Collections.synchronizedList(new ArrayList<>());
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
  private volatile boolean isFaulty = true;
  private volatile int made;
  private Audits audits;

  @BeforeEach
  void make() throws Exception {
    Files.createDirectory(folder.resolve("s"));
    Path file =
        Files.writeString(
            folder.resolve("mirror.yaml"),
            "mirrors: { www: { from: %s/s/, to: %s/t, audit: 1h } }".formatted(folder, folder));
    MirrorRule rule = MirrorFile.read(file, new TestingSurroundings()).rules().getFirst();
    audits =
        new Audits(
            rule,
            (from, limit, told) -> {
              made++;
              if (isFaulty) {
                throw new IllegalStateException("two\nlines");
              }
              return new BarrierResult(0, List.of());
            },
            now::get,
            List.of(),
            log::add);
  }

  private void passes(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  /** Ticks as a process does, until the background has nothing more to do. */
  private void ticksUntilMade(int wanted) throws Exception {
    audits.tick();
    TestingPatience.await(() -> wanted + " made: " + log, () -> made == wanted);
    TestingPatience.await(
        () -> "it has ended: " + log,
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(one -> one.getName().equals("godwit audit www")));
    for (int second = 0; second < 3; second++) {
      audits.tick();
    }
    assertThat(made).isEqualTo(wanted);
  }

  @Test
  void a_fault_inside_is_told_in_a_line_counted_and_tried_again_in_growing_pauses()
      throws Exception {
    ticksUntilNothing();
    passes(Duration.ofHours(1));
    ticksUntilMade(1);
    assertThat(log)
        .singleElement()
        .asString()
        .startsWith(
            "the audit failed inside: java.lang.IllegalStateException: two lines, at dev.godwit.")
        .endsWith("It goes on where it was in 1 min");
    assertThat(audits.faults()).isEqualTo(1);
    PairStatus.Audit last = Objects.requireNonNull(audits.last());
    assertThat(last.isEqual()).isFalse();
    assertThat(last.outcome()).startsWith("failed inside: ");
    passes(Duration.ofMinutes(1));
    ticksUntilMade(2);
    passes(Duration.ofMinutes(1));
    ticksUntilMade(2);
    passes(Duration.ofMinutes(1));
    ticksUntilMade(3);
    assertThat(log.getLast()).endsWith(" in 4 min");
    isFaulty = false;
    passes(Duration.ofMinutes(4));
    ticksUntilMade(4);
    assertThat(audits.last()).extracting(PairStatus.Audit::isEqual).isEqualTo(true);
    assertThat(audits.unfinished()).isEmpty();
    isFaulty = true;
    passes(Duration.ofHours(1));
    ticksUntilMade(5);
    assertThat(log.getLast()).as("as after the first one").endsWith(" in 1 min");
    assertThat(audits.faults()).isEqualTo(4);
  }

  @Test
  void who_asks_for_one_that_fails_inside_is_told_and_may_ask_again() throws Exception {
    for (int asked = 1; asked < 3; asked++) {
      assertThatThrownBy(() -> audits.ask(false, 1))
          .isInstanceOf(MirrorException.class)
          .hasMessageStartingWith("the audit failed inside: java.lang.IllegalStateException");
      assertThat(audits.faults()).isEqualTo(asked);
    }
    ticksUntilNothing();
    isFaulty = false;
    assertThat(audits.ask(true, 1).isEqual()).isTrue();
  }

  private void ticksUntilNothing() throws Exception {
    ticksUntilMade(made);
  }
}
