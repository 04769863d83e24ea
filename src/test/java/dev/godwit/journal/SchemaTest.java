package dev.godwit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Journals of other versions of Godwit. */
final class SchemaTest {
  /** As the first version has made its files; never to be changed. */
  private static final String VERSION_1 =
      """
      CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE run (id INTEGER PRIMARY KEY, command TEXT NOT NULL, epoch INTEGER NOT NULL,
        started_ms INTEGER NOT NULL, ended_ms INTEGER, outcome TEXT, message TEXT) STRICT;
      CREATE TABLE step (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run (id),
        name TEXT NOT NULL, undo TEXT NOT NULL, started_ms INTEGER NOT NULL, took_us INTEGER,
        outcome TEXT, message TEXT) STRICT;
      INSERT INTO fact VALUES ('phase', 'new-serves');
      INSERT INTO run VALUES (1, 'cutover', 1700000000, 1700000001000, 1700000009000, 'DONE', 'new serves');
      INSERT INTO step VALUES (1, 1, 'hold', 'nothing to undo', 1700000002000, 1500, 'DONE', '2 ports');
      INSERT INTO step VALUES (2, 1, 'stop', 'start them', 1700000003000, NULL, NULL, NULL);
      PRAGMA user_version = 1;
      """;

  /** What a next version might be. */
  private static final Schema NEXT =
      new Schema(
          List.of(
              Schema.CURRENT.steps().getFirst(),
              List.of(
                  "ALTER TABLE run ADD COLUMN host TEXT NOT NULL DEFAULT ''",
                  "CREATE TABLE hold (run INTEGER NOT NULL REFERENCES run (id), ms INTEGER NOT NULL) STRICT")));

  @TempDir Path folder;

  private Path made(String sql) throws SQLException {
    Path file = folder.resolve("mail.journal");
    try (Connection database = open(file);
        Statement statement = database.createStatement()) {
      for (String each : sql.split(";\n", -1)) {
        if (!each.isBlank()) {
          statement.execute(each);
        }
      }
    }
    return file;
  }

  private static Connection open(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  private static List<String> values(Connection database, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = database.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }

  @Test
  void h86_a_journal_of_version_1_is_read_and_gone_on_with() throws Exception {
    Path file = made(VERSION_1);
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      assertThat(journal.fact("phase")).contains("new-serves");
      Run run = journal.lastRun("cutover").orElseThrow();
      assertThat(run.epoch()).isEqualTo(1_700_000_000);
      assertThat(run.ended()).isEqualTo(Instant.ofEpochMilli(1_700_000_009_000L));
      List<Step> steps = journal.steps(run);
      assertThat(steps).extracting(Step::name).containsExactly("hold", "stop");
      assertThat(steps).extracting(Step::outcome).containsExactly(Outcome.DONE, null);
      journal.end(journal.begin("finish", 1_700_000_001), Outcome.DONE, "");
    }
    try (Journal reader = Journal.read(file).orElseThrow()) {
      assertThat(reader.runs()).extracting(Run::command).containsExactly("cutover", "finish");
    }
  }

  @Test
  void h86_an_older_journal_gets_the_steps_that_it_lacks_and_keeps_what_it_says() throws Exception {
    Path file = made(VERSION_1);
    for (int again = 0; again < 2; again++) {
      try (Connection database = open(file)) {
        NEXT.migrate(database, file);
        assertThat(Schema.version(database)).isEqualTo(2);
        assertThat(values(database, "SELECT command || host FROM run")).containsExactly("cutover");
        assertThat(values(database, "SELECT ms FROM hold")).isEmpty();
      }
    }
  }

  @Test
  void h86_a_new_journal_gets_all_steps() throws Exception {
    Path file = made("");
    try (Connection database = open(file)) {
      NEXT.migrate(database, file);
      assertThat(Schema.version(database)).isEqualTo(2);
      assertThat(values(database, "SELECT host FROM run")).isEmpty();
    }
  }

  @Test
  void h86_a_step_that_cannot_be_made_leaves_the_journal_as_it_was() throws Exception {
    Path file = made(VERSION_1);
    List<List<String>> steps = new ArrayList<>(NEXT.steps());
    steps.add(List.of("ALTER TABLE nowhere ADD COLUMN host TEXT"));
    try (Connection database = open(file)) {
      assertThatThrownBy(() -> new Schema(steps).migrate(database, file))
          .isInstanceOf(SQLException.class);
      assertThat(Schema.version(database)).isEqualTo(1);
      assertThat(values(database, "SELECT name FROM pragma_table_info('run')"))
          .doesNotContain("host");
    }
  }

  @Test
  void h86_a_newer_journal_is_refused_untouched() throws Exception {
    int newer = Schema.CURRENT.version() + 1;
    Path file = made(VERSION_1.replace("user_version = 1", "user_version = " + newer));
    byte[] before = Files.readAllBytes(file);
    String words =
        "the journal %s was written by a newer Godwit (format %d, this one knows %d): use that one"
            .formatted(file, newer, newer - 1);
    assertThatThrownBy(() -> Journal.open(file, Clock.systemUTC()))
        .isInstanceOf(JournalException.class)
        .hasMessageContaining(words);
    assertThatThrownBy(() -> Journal.read(file))
        .isInstanceOf(JournalException.class)
        .hasMessageContaining(words);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }
}
