package dev.godwit.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteOpenMode;

/**
 * The record of one move: a SQLite file beside the plan. Each step's intent is on disk before the
 * step begins, its outcome before the next one does.
 *
 * <p>Invariants: an outcome is written once and never changed; runs and steps are only added; a
 * record is durable (synchronous=FULL) when the method that wrote it returns. What the hosts say
 * goes before what the journal says (H58): the journal tells where to look, not what is true.
 *
 * <p>The file has pages to spare for what a switch records, and SQLite's own record of a commit
 * (the file beside it, -journal) keeps its length: a disk that is full by then stops neither (H83).
 * That holds where a file is written in place; btrfs and ZFS need room for that, too.
 *
 * <p>Threads: safe; one writer process at a time ({@link JournalLock}).
 */
public final class Journal implements AutoCloseable {
  /** A cut-over and its way back record some 20 KiB. */
  private static final int RESERVE_BYTES = 256 * 1024;

  /** Each of them, with its head, is less than a page, so that a commit can change many pages. */
  private static final int PIECE_BYTES = 1000;

  private final Path file;
  private final Clock clock;
  private final Connection database;

  private Journal(Path file, Clock clock, Connection database) {
    this.file = file;
    this.clock = clock;
    this.database = database;
  }

  /**
   * Opens the journal for writing, makes it when it is not there. The caller holds the {@link
   * JournalLock}.
   *
   * @throws JournalException when the file cannot be used, or is from a newer Godwit
   */
  public static Journal open(Path file, Clock clock) throws JournalException {
    try {
      if (!Files.exists(file)) {
        // Private from its first byte on: the journal holds addresses and commands of the move.
        Files.createFile(
            file,
            java.nio.file.attribute.PosixFilePermissions.asFileAttribute(
                java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
      }
      Journal journal = new Journal(file, clock, connect(file, false));
      Schema.CURRENT.migrate(journal.database, file);
      journal.reserve();
      return journal;
    } catch (IOException | SQLException e) {
      throw new JournalException("unable to open the journal " + file + ": " + e.getMessage(), e);
    }
  }

  /** Opens an existing journal for reading beside a writer; empty when there is none yet. */
  public static Optional<Journal> read(Path file) throws JournalException {
    try {
      if (!Files.exists(file) || Files.size(file) == 0) {
        return Optional.empty();
      }
      Journal journal = new Journal(file, Clock.systemUTC(), connect(file, true));
      if (Schema.version(journal.database) == 0) {
        journal.close();
        return Optional.empty();
      }
      Schema.CURRENT.refuseNewer(journal.database, file);
      return Optional.of(journal);
    } catch (IOException | SQLException e) {
      throw new JournalException("unable to read the journal " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * A reader's file is opened for writing too, where that is allowed: when a writer was killed
   * inside a commit, whoever comes next has to undo the half of it that is in the file.
   */
  private static Connection connect(Path file, boolean readOnly) throws IOException, SQLException {
    SqliteLibrary.need();
    SQLiteConfig config = new SQLiteConfig();
    if (readOnly) {
      config.resetOpenMode(SQLiteOpenMode.CREATE);
    }
    config.setBusyTimeout(10_000);
    config.enforceForeignKeys(true);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setJournalMode(SQLiteConfig.JournalMode.PERSIST);
    Connection database = DriverManager.getConnection("jdbc:sqlite:" + file, config.toProperties());
    if (readOnly) {
      try (Statement statement = database.createStatement()) {
        statement.execute("PRAGMA query_only = ON");
      }
    }
    return database;
  }

  /**
   * Makes pages that are free in the file, and lengthens SQLite's record of a commit by changing
   * them all in one. Who has no room now may still have to go back: that is for {@link
   * #requireReserve} to refuse.
   */
  private void reserve() throws SQLException {
    try (Statement statement = database.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS reserve"); // a kill may have left it
      if (freeBytes() >= RESERVE_BYTES / 2) {
        return;
      }
      try {
        statement.execute(
            "CREATE TABLE reserve AS WITH RECURSIVE n (i) AS"
                + " (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                    .formatted(RESERVE_BYTES / PIECE_BYTES)
                + " SELECT zeroblob(%d) AS piece FROM n".formatted(PIECE_BYTES));
        statement.execute("UPDATE reserve SET piece = randomblob(%d)".formatted(PIECE_BYTES));
      } catch (SQLException e) {
        if (e.getErrorCode() != SQLiteErrorCode.SQLITE_FULL.code) {
          throw e;
        }
      } finally {
        statement.execute("DROP TABLE IF EXISTS reserve");
      }
    }
  }

  private long freeBytes() throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  /**
   * For who begins what must not end for want of room.
   *
   * @throws JournalException when there is no room to spare for what it will record
   */
  public synchronized void requireReserve() throws JournalException {
    try {
      if (freeBytes() < RESERVE_BYTES / 2) {
        throw new JournalException(
            "the disk of the journal %s is full: what a switch records needs %d KiB; make room there first"
                .formatted(file, RESERVE_BYTES / 1024));
      }
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  public Path file() {
    return file;
  }

  /** What writes records. */
  @FunctionalInterface
  public interface Records {
    void write() throws JournalException;
  }

  /** Writes what belongs together: all of it is on disk when this returns, or nothing of it. */
  public synchronized void together(Records records) throws JournalException {
    try {
      database.setAutoCommit(false);
      boolean isWhole = false;
      try {
        records.write();
        database.commit();
        isWhole = true;
      } finally {
        if (!isWhole) {
          database.rollback();
        }
        database.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  /** Sets a fact about the move, such as the highest epoch; the last value counts. */
  public synchronized void setFact(String name, String value) throws JournalException {
    update(
        "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        value);
  }

  public synchronized Optional<String> fact(String name) throws JournalException {
    return query("SELECT value FROM fact WHERE name = ?", row -> row.getString(1), name).stream()
        .findFirst();
  }

  /** Begins a run of a command; its steps follow. */
  public synchronized Run begin(String command, long epoch) throws JournalException {
    long now = clock.millis();
    long id =
        update(
            "INSERT INTO run (command, epoch, started_ms) VALUES (?, ?, ?)", command, epoch, now);
    return new Run(id, command, epoch, Instant.ofEpochMilli(now), null, null, null);
  }

  public synchronized void end(Run run, Outcome outcome, String message) throws JournalException {
    update(
        "UPDATE run SET ended_ms = ?, outcome = ?, message = ? WHERE id = ? AND outcome IS NULL",
        clock.millis(),
        outcome.name(),
        message,
        run.id());
  }

  /**
   * Writes that a step is about to begin.
   *
   * @param undo how to take it back by hand, for people
   */
  public synchronized Step intend(Run run, String name, String undo) throws JournalException {
    long now = clock.millis();
    long id =
        update(
            "INSERT INTO step (run, name, undo, started_ms) VALUES (?, ?, ?, ?)",
            run.id(),
            name,
            undo,
            now);
    return new Step(id, run.id(), name, undo, Instant.ofEpochMilli(now), -1, null, null);
  }

  /**
   * Writes how a step ended.
   *
   * @param tookMicros on the monotonic clock
   */
  public synchronized void conclude(Step step, Outcome outcome, long tookMicros, String message)
      throws JournalException {
    update(
        "UPDATE step SET took_us = ?, outcome = ?, message = ? WHERE id = ? AND outcome IS NULL",
        tookMicros,
        outcome.name(),
        message,
        step.id());
  }

  /** All runs, oldest first. */
  public synchronized List<Run> runs() throws JournalException {
    return query(
        "SELECT id, command, epoch, started_ms, ended_ms, outcome, message FROM run ORDER BY id",
        Journal::run);
  }

  /** The last run of a command. */
  public Optional<Run> lastRun(String command) throws JournalException {
    List<Run> runs = runs().stream().filter(run -> run.command().equals(command)).toList();
    return runs.isEmpty() ? Optional.empty() : Optional.of(runs.getLast());
  }

  /** The steps of a run in the order in which they began. */
  public synchronized List<Step> steps(Run run) throws JournalException {
    return query(
        "SELECT id, run, name, undo, started_ms, took_us, outcome, message FROM step WHERE run = ?"
            + " ORDER BY id",
        Journal::step,
        run.id());
  }

  private static Run run(ResultSet row) throws SQLException {
    long ended = row.getLong(5);
    Instant endedAt = row.wasNull() ? null : Instant.ofEpochMilli(ended);
    return new Run(
        row.getLong(1),
        row.getString(2),
        row.getLong(3),
        Instant.ofEpochMilli(row.getLong(4)),
        endedAt,
        outcome(row.getString(6)),
        row.getString(7));
  }

  private static Step step(ResultSet row) throws SQLException {
    long took = row.getLong(6);
    return new Step(
        row.getLong(1),
        row.getLong(2),
        row.getString(3),
        row.getString(4),
        Instant.ofEpochMilli(row.getLong(5)),
        row.wasNull() ? -1 : took,
        outcome(row.getString(7)),
        row.getString(8));
  }

  private static @Nullable Outcome outcome(@Nullable String name) {
    return name == null ? null : Outcome.valueOf(name);
  }

  @FunctionalInterface
  private interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private <T> List<T> query(String sql, Row<T> reader, Object... values) throws JournalException {
    try (PreparedStatement statement = prepare(sql, values);
        ResultSet rows = statement.executeQuery()) {
      List<T> result = new ArrayList<>();
      while (rows.next()) {
        result.add(reader.read(rows));
      }
      return result;
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  /** Returns the row's id. */
  private long update(String sql, Object... values) throws JournalException {
    try (PreparedStatement statement = prepare(sql, values)) {
      statement.executeUpdate();
      try (ResultSet keys = database.createStatement().executeQuery("SELECT last_insert_rowid()")) {
        return keys.next() ? keys.getLong(1) : -1;
      }
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  private PreparedStatement prepare(String sql, Object... values) throws SQLException {
    PreparedStatement statement = database.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }

  private JournalException unusable(SQLException e) {
    return new JournalException("the journal " + file + " cannot be used: " + e.getMessage(), e);
  }

  @Override
  public void close() {
    try {
      database.close();
    } catch (SQLException e) {
      // Every record was durable when its method returned: nothing is lost by a failed close.
      System.getLogger(Journal.class.getName())
          .log(System.Logger.Level.WARNING, "closing the journal " + file, e);
    }
  }
}
