package dev.godwit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  @TempDir Path folder;

  @Test
  void h58_an_intent_without_an_outcome_is_seen_after_the_process_died() throws Exception {
    Path file = folder.resolve("mail.journal");
    // Not closed on purpose: a killed process closes nothing.
    Journal killed = Journal.open(file, Clock.systemUTC());
    Run run = killed.begin("cutover", 3);
    Step hold = killed.intend(run, "hold", "nothing to undo");
    killed.conclude(hold, Outcome.DONE, 1_500, "2 ports");
    killed.intend(run, "stop", "start the services on old");

    try (Journal next = Journal.open(file, Clock.systemUTC())) {
      Run found = next.lastRun("cutover").orElseThrow();
      assertThat(found.isOpen()).isTrue();
      assertThat(found.epoch()).isEqualTo(3);
      assertThat(next.steps(found)).extracting(Step::name).containsExactly("hold", "stop");
      assertThat(next.steps(found)).extracting(Step::outcome).containsExactly(Outcome.DONE, null);
    }
    killed.close();
  }

  @Test
  void h58_a_commit_that_a_kill_cut_off_is_undone_by_whoever_reads_next() throws Exception {
    Path file = cutOffInACommit();
    try (Journal reader = Journal.read(file).orElseThrow()) {
      assertThat(reader.fact("phase")).contains("switching");
      assertThat(reader.fact("mailboxes")).isEmpty();
    }
    try (Journal reader = Journal.read(file).orElseThrow()) {
      assertThat(reader.fact("phase")).contains("switching");
    }
  }

  @Test
  void h58_a_commit_that_a_kill_cut_off_is_undone_by_the_next_writer() throws Exception {
    try (Journal writer = Journal.open(cutOffInACommit(), Clock.systemUTC())) {
      assertThat(writer.fact("phase")).contains("switching");
      assertThat(writer.fact("mailboxes")).isEmpty();
    }
  }

  @Test
  void who_reads_changes_nothing() throws Exception {
    Path file = folder.resolve("j");
    Journal.open(file, Clock.systemUTC()).close();
    byte[] before = Files.readAllBytes(file);
    try (Journal reader = Journal.read(file).orElseThrow()) {
      assertThatThrownBy(() -> reader.setFact("phase", "finished"))
          .isInstanceOf(JournalException.class);
      assertThatThrownBy(() -> reader.begin("cutover", 1)).isInstanceOf(JournalException.class);
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(Journal.read(folder.resolve("none"))).isEmpty();
    assertThat(folder.resolve("none")).doesNotExist();
  }

  /**
   * What a kill leaves in the middle of a commit: pages of it in the file, and how to undo them.
   */
  private Path cutOffInACommit() throws Exception {
    Path file = folder.resolve("j");
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      journal.setFact("phase", "switching");
    }
    Path killed = folder.resolve("killed");
    try (var database = DriverManager.getConnection("jdbc:sqlite:" + file);
        var statement = database.createStatement()) {
      statement.execute("PRAGMA cache_size = 1"); // so that pages are written before the commit
      database.setAutoCommit(false);
      statement.execute("UPDATE fact SET value = 'finished'");
      statement.execute("INSERT INTO fact VALUES ('mailboxes', hex(randomblob(1000000)))");
      Files.copy(file, killed);
      Files.copy(folder.resolve("j-journal"), folder.resolve("killed-journal"));
      database.rollback();
    }
    assertThat(Files.mismatch(file, killed)).as("pages of the commit are in it").isNotEqualTo(-1);
    return killed;
  }

  @Test
  void what_belongs_together_is_there_whole_or_not_at_all() throws Exception {
    Path file = folder.resolve("j");
    try (Journal journal = Journal.open(file, Clock.systemUTC())) {
      Run run = journal.begin("cutover", 1);
      assertThatThrownBy(
              () ->
                  journal.together(
                      () -> {
                        journal.setFact("phase", "new-serves");
                        throw new JournalException("the disk is full");
                      }))
          .hasMessage("the disk is full");
      assertThat(journal.fact("phase")).isEmpty();
      journal.together(
          () -> {
            journal.setFact("phase", "new-serves");
            journal.end(run, Outcome.DONE, "new serves");
            try (Journal reader = Journal.read(file).orElseThrow()) {
              assertThat(reader.fact("phase")).as("seen by others before the end").isEmpty();
            }
          });
    }
    try (Journal reader = Journal.read(file).orElseThrow()) {
      assertThat(reader.fact("phase")).contains("new-serves");
      assertThat(reader.runs()).extracting(Run::outcome).containsExactly(Outcome.DONE);
    }
  }

  @Test
  void an_outcome_is_never_changed() throws Exception {
    try (Journal journal = Journal.open(folder.resolve("j"), Clock.systemUTC())) {
      Run run = journal.begin("cutover", 1);
      Step step = journal.intend(run, "hold", "");
      journal.conclude(step, Outcome.FAILED, 1, "first");
      journal.conclude(step, Outcome.DONE, 2, "second");
      assertThat(journal.steps(run).getFirst().message()).isEqualTo("first");
    }
  }

  @Test
  void facts_keep_the_last_value() throws Exception {
    try (Journal journal = Journal.open(folder.resolve("j"), Clock.systemUTC())) {
      assertThat(journal.fact("epoch")).isEmpty();
      journal.setFact("epoch", "1");
      journal.setFact("epoch", "2");
      assertThat(journal.fact("epoch")).contains("2");
    }
  }

  @Test
  void the_journal_is_private() throws Exception {
    Path file = folder.resolve("j");
    Journal.open(file, Clock.systemUTC()).close();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void h59_the_second_controller_is_told_who_holds_the_move() throws Exception {
    Path journal = folder.resolve("mail.journal");
    try (JournalLock first = JournalLock.take(journal, "cutover", Clock.systemUTC())) {
      assertThat(first).isNotNull();
      assertThatThrownBy(() -> JournalLock.take(journal, "rollback", Clock.systemUTC()))
          .isInstanceOf(HeldException.class)
          .hasMessageContaining("`godwit cutover`")
          .hasMessageContaining("process " + ProcessHandle.current().pid());
    }
    JournalLock.take(journal, "rollback", Clock.systemUTC()).close();
  }

  /**
   * A process of its own holds the lock, as a program that is no Java: the kernel's is the same.
   */
  @Test
  void a_controller_that_is_stopped_is_not_waited_for_but_told_how_to_go_on() throws Exception {
    Path journal = folder.resolve("mail.journal");
    JournalLock.take(journal, "cutover", Clock.systemUTC()).close();
    String holds =
        "import fcntl,time; f=open('%s.lock','r+'); fcntl.lockf(f,fcntl.LOCK_EX); print(1,flush=True); time.sleep(600)"
            .formatted(journal);
    Process other = new ProcessBuilder("python3", "-c", holds).start();
    try {
      assertThat(other.getInputStream().read()).isEqualTo('1');
      JournalLock.Holder holder = JournalLock.holder(journal).orElseThrow();
      assertThat(holder.pid()).isEqualTo((int) other.pid());
      assertThat(holder.display()).startsWith("`godwit cutover`, process ");
      assertThat(holder.advice()).isEqualTo("wait for it to end");
      new ProcessBuilder("kill", "-STOP", Long.toString(other.pid())).start().waitFor();
      TestingPatience.await(
          "it to be stopped",
          () -> JournalLock.holder(journal).orElseThrow().stopped().isPresent());
      assertThatThrownBy(() -> JournalLock.take(journal, "rollback", Clock.systemUTC()))
          .isInstanceOf(HeldException.class)
          .hasMessageContaining("kill -CONT " + other.pid())
          .hasMessageContaining("`fg`")
          .hasMessageContaining("kill -KILL " + other.pid())
          .hasMessageNotContaining("wait for it");
    } finally {
      other.destroyForcibly().waitFor();
    }
    assertThat(JournalLock.holder(journal)).isEmpty();
    assertThat(JournalLock.holder(folder.resolve("none"))).isEmpty();
  }

  @Test
  void h57_what_goes_on_by_itself_after_a_boot_is_waited_for() throws Exception {
    Path journal = folder.resolve("mail.journal");
    Set<String> brief = Set.of("go-on");
    JournalLock first = JournalLock.take(journal, "go-on", Clock.systemUTC());
    assertThatThrownBy(
            () ->
                JournalLock.take(journal, "start", Clock.systemUTC(), brief, Duration.ofMillis(50)))
        .hasMessageContaining("`godwit go-on`");
    FutureTask<Void> ending =
        new FutureTask<>(
            () -> {
              Thread.sleep(200);
              first.close();
              return null;
            });
    Thread.ofPlatform().start(ending);
    JournalLock second =
        JournalLock.take(journal, "start", Clock.systemUTC(), brief, Duration.ofSeconds(30));
    ending.get();
    assertThatThrownBy(
            () ->
                JournalLock.take(
                    journal, "go-on", Clock.systemUTC(), brief, Duration.ofSeconds(30)))
        .hasMessageContaining("`godwit start`");
    second.close();
  }
}
