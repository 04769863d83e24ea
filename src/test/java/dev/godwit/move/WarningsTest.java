package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.journal.Journal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands have warned of is read as it was written, the latest of it. */
final class WarningsTest {
  private static final Instant AT = Instant.parse("2026-03-01T02:00:00Z");

  @TempDir Path folder;

  @Test
  void the_latest_are_kept_in_their_order() throws Exception {
    try (Journal journal = Journal.open(folder.resolve("m.journal"), Clock.systemUTC())) {
      assertThat(Warnings.of(journal)).isEmpty();
      for (int i = 0; i < 250; i++) {
        Warnings.add(journal, AT.plusSeconds(i), Warnings.Code.NOT_ASKED, "no\t" + i + "\nmore");
      }
      assertThat(Warnings.of(journal)).hasSize(200);
      assertThat(Warnings.of(journal).getFirst())
          .isEqualTo(new Warnings.Warning(AT.plusSeconds(50), "not-asked", "no 50 more"));
      assertThat(Warnings.of(journal).getLast().what()).isEqualTo("no 249 more");
    }
  }
}
