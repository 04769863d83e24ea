package dev.godwit.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a journal needs of the directory for temporary files, and leaves there: nothing. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SqliteLibraryTest {
  @TempDir Path folder;

  /** Its process, which ends as one that is killed. */
  static final class Killed {
    private Killed() {}

    public static void main(String[] args) throws Exception {
      Journal journal = Journal.open(Path.of(args[0]), Clock.systemUTC());
      journal.setFact("phase", "following");
      Runtime.getRuntime().halt(137);
    }
  }

  private Processes.Outcome run(Path temporary) throws Exception {
    return Processes.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:-UsePerfData",
            "-Djava.io.tmpdir=" + temporary,
            "-cp",
            System.getProperty("java.class.path"),
            Killed.class.getName(),
            folder.resolve("mail.journal").toString()),
        TestingPatience.LIMIT);
  }

  @Test
  void a_journal_is_written_where_nothing_can_be_put_beside_it() throws Exception {
    Processes.Outcome outcome = run(folder.resolve("there-is-none"));
    assertThat(outcome.exit()).as(outcome.err()).isEqualTo(137);
    try (Journal journal = Journal.read(folder.resolve("mail.journal")).orElseThrow()) {
      assertThat(journal.fact("phase")).contains("following");
    }
  }

  @Test
  void a_process_that_is_killed_leaves_nothing() throws Exception {
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    assertThat(run(temporary).exit()).isEqualTo(137);
    assertThat(temporary).isEmptyDirectory();
  }
}
