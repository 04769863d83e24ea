package dev.godwit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the journal becomes full after a command has opened it. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
class JournalFullDiskTest {
  /** More than a cut-over and its way back have. */
  private static final int STEPS = 60;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path disk;
  private Path file;

  @BeforeEach
  void mount() throws Exception {
    disk = TestingTrees.folder(folder, "disk");
    TestingTrees.run(
        folder, "mount", "-t", "tmpfs", "-o", "size=2m", "godwit-test", disk.toString());
    file = disk.resolve("mail.journal");
  }

  @AfterEach
  void unmount() throws Exception {
    TestingTrees.run(folder, "umount", disk.toString());
  }

  private void fill() throws IOException {
    try (OutputStream out = Files.newOutputStream(disk.resolve("filler"))) {
      byte[] page = new byte[4096];
      assertThatThrownBy(
              () -> {
                while (true) {
                  out.write(page);
                }
              })
          .hasMessageContaining("No space left");
    }
  }

  private static void records(Journal journal) throws JournalException {
    Run run = journal.begin("cutover", 1);
    for (int i = 0; i < STEPS; i++) {
      Step step = journal.intend(run, "step " + i, "how to take it back by hand: ".repeat(10));
      journal.conclude(step, Outcome.DONE, i, "what came of it: ".repeat(20));
      journal.setFact("warnings", "one more of them\n".repeat(i));
    }
    journal.together(
        () -> {
          journal.setFact("phase", "new-serves");
          journal.end(run, Outcome.DONE, "new serves");
        });
  }

  @Test
  void h83_a_switch_is_recorded_to_its_end_on_a_disk_that_is_full() throws Exception {
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      journal.requireReserve();
      fill();
      records(journal);
    }
    // Who comes next can go back, and says that there is no room for more than that.
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      assertThat(journal.steps(journal.lastRun("cutover").orElseThrow())).hasSize(STEPS);
      for (int i = 0; i < 3; i++) {
        records(journal);
      }
      assertThatThrownBy(journal::requireReserve)
          .isInstanceOf(JournalException.class)
          .hasMessageContaining("256 KiB");
    }
    Files.delete(disk.resolve("filler"));
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      journal.requireReserve();
    }
  }

  @Test
  void h83_without_the_reserve_it_would_not_be() throws Exception {
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + file);
          Statement statement = database.createStatement()) {
        statement.execute("VACUUM");
      }
      fill();
      assertThatThrownBy(() -> records(journal)).isInstanceOf(JournalException.class);
    }
  }
}
