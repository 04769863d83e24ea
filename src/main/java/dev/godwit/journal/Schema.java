package dev.godwit.journal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables of a journal, as the steps from each version to the next one. A file's version is its
 * {@code user_version}; a new one has 0.
 *
 * <p>A step that was released is never changed: files were made by it. A change of the tables is
 * one more step, which keeps what is recorded. Who only reads may meet an older version, until the
 * next command that writes.
 *
 * @param steps the first leads from 0 to 1, and so on; statements of SQL
 */
record Schema(List<List<String>> steps) {
  static final Schema CURRENT =
      new Schema(
          List.of(
              List.of(
                  "CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
                  """
                  CREATE TABLE run (
                    id INTEGER PRIMARY KEY,
                    command TEXT NOT NULL,
                    epoch INTEGER NOT NULL,
                    started_ms INTEGER NOT NULL,
                    ended_ms INTEGER,
                    outcome TEXT,
                    message TEXT) STRICT
                  """,
                  """
                  CREATE TABLE step (
                    id INTEGER PRIMARY KEY,
                    run INTEGER NOT NULL REFERENCES run (id),
                    name TEXT NOT NULL,
                    undo TEXT NOT NULL,
                    started_ms INTEGER NOT NULL,
                    took_us INTEGER,
                    outcome TEXT,
                    message TEXT) STRICT
                  """)));

  int version() {
    return steps.size();
  }

  /** Makes every step that the file lacks, or none of them. */
  void migrate(Connection database, Path file) throws SQLException, JournalException {
    refuseNewer(database, file);
    int from = version(database);
    if (from == version()) {
      return;
    }
    database.setAutoCommit(false);
    boolean isWhole = false;
    try (Statement statement = database.createStatement()) {
      for (List<String> step : steps.subList(from, version())) {
        for (String sql : step) {
          statement.execute(sql);
        }
      }
      statement.execute("PRAGMA user_version = " + version());
      database.commit();
      isWhole = true;
    } finally {
      if (!isWhole) {
        database.rollback();
      }
      database.setAutoCommit(true);
    }
  }

  /** A file of a later version is not touched (H86). */
  void refuseNewer(Connection database, Path file) throws SQLException, JournalException {
    int found = version(database);
    if (found > version()) {
      throw new JournalException(
          "the journal %s was written by a newer Godwit (format %d, this one knows %d): use that one"
              .formatted(file, found, version()));
    }
  }

  static int version(Connection database) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA user_version")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
