package dev.godwit.mirror;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.sync.BarrierResult;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** H23: what an audit finds, in which order, and who waits for it. */
@Tag("lab")
@Timeout(300)
final class MirrorAuditTest {
  /** After its first piece, which takes some milliseconds, an audit pauses for many minutes. */
  private static final double NEARLY_NOTHING = 0.00001;

  /** An audit in the background, and what it has told. */
  private static final class Running {
    final AtomicReference<Report.Audited> told = new AtomicReference<>();
    final CompletableFuture<BarrierResult> end;

    Running(Mirror mirror, AuditState from) {
      end =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return mirror.audit(from, Duration.ofMinutes(4), told::set);
                } catch (MirrorException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
    }

    Drift drift() {
      assertThat(end.join().isComplete()).isTrue();
      return told().drift();
    }

    Report.Audited told() {
      return Objects.requireNonNull(told.get());
    }
  }

  private static AuditState from(boolean content, double share, AuditPlace place) {
    return new AuditState(true, content, share, Instant.now(), Instant.now(), 1, place, Drift.NONE);
  }

  /** A file that nobody has changed at the source for an hour is not in doubt. */
  @Test
  void h23_an_edit_of_the_target_that_keeps_size_and_time() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
      Files.setLastModifiedTime(file, time);
      disk.setChanged(file, Instant.now().minus(1, ChronoUnit.HOURS));
      m.live();
      m.assertEqual("at first");
      Path copy = m.target.resolve("in/a");
      Files.writeString(copy, "two content");
      Files.setLastModifiedTime(copy, time);
      assertThat(m.mirror.audit(TestingMirror.LIMIT).isComplete()).isTrue();
      assertThat(copy).as("size and time are those of the source").hasContent("two content");
      Running audit = new Running(m.mirror, from(true, 1, AuditPlace.START));
      assertThat(audit.drift().first()).containsExactly("<f......... in/a");
      assertThat(copy).hasContent("one content");
      assertThat(m.mirror.status().lagMillis()).isLessThan(3_600_000);
    }
  }

  @Test
  void h23_an_audit_names_what_had_differed_without_a_change() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      for (String name : List.of("edited", "missing", "d/mode", "d/changes")) {
        m.tree.write("root/" + name, "at first");
      }
      m.live();
      m.assertEqual("at first");
      Files.writeString(m.target.resolve("edited"), "by somebody");
      Files.delete(m.target.resolve("missing"));
      Files.writeString(m.target.resolve("d/more"), "by somebody");
      var unused = m.target.resolve("d/mode").toFile().setExecutable(true);
      m.holdUp();
      m.tree.write("root/d/changes", "not told yet");
      m.tree.write("root/d/comes", "neither");
      Running audit = new Running(m.mirror, from(false, 1, AuditPlace.START));
      await("the audit finds it first", () -> Files.exists(m.target.resolve("d/comes")));
      for (int reports = 0; reports < 2; reports++) {
        Instant last = m.mirror.status().lastContact();
        await("a report", () -> m.mirror.status().lastContact().isAfter(last));
      }
      assertThat(audit.end).as("it waits for what is not told, to judge").isNotDone();
      m.blind(false);
      Drift drift = audit.drift();
      assertThat(drift.first())
          .containsExactlyInAnyOrder(
              "<f.st...... edited",
              "<f+++++++++ missing",
              "*deleting   d/more",
              ".f...p..... d/mode");
      assertThat(drift.drifted()).isEqualTo(4);
      assertThat(drift.changed()).as("with what changed meanwhile").isEqualTo(6);
      m.assertEqual("afterwards");
    }
  }

  /** Nobody knows whether what is not told has changed, and nobody scans to know it. */
  @Test
  void h23_where_changes_are_not_told_nothing_is_called_drift() throws Exception {
    int directories = 1000;
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.SCAN)) {
      m.tree.write("root/edited", "at first");
      for (int i = 0; i < directories; i++) {
        Files.createDirectory(m.source.resolve("d" + i));
      }
      m.live();
      m.assertEqual("at first");
      Files.writeString(m.target.resolve("edited"), "by somebody");
      long before = m.mirror.status().counters().directoriesSeen();
      Drift drift = new Running(m.mirror, from(false, 1, AuditPlace.START)).drift();
      long looks = m.mirror.status().counters().directoriesSeen() - before;
      assertThat(looks).as("once, once at its end, and some scans in turn").isLessThan(20_000);
      assertThat(drift.changed()).isEqualTo(1);
      assertThat(drift.drifted()).isZero();
      m.assertEqual("afterwards");
    }
  }

  @Test
  void h23_changes_barriers_and_lost_changes_do_not_wait_for_the_pauses_of_an_audit()
      throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.FANOTIFY_SMALL_QUEUE)) {
      m.tree.write("root/d/drifts", "1");
      m.tree.write("root/e/stays", "1");
      m.live();
      m.assertEqual("at first");
      Path drifted = m.target.resolve("d/drifts");
      Running audit = new Running(m.mirror, from(false, NEARLY_NOTHING, AuditPlace.START));
      await("begun", () -> audit.told.get() != null);
      Files.delete(drifted);

      m.tree.write("root/d/new", "changes");
      await("a change comes through", () -> Files.exists(m.target.resolve("d/new")));
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(audit.end).isNotDone();
      assertThat(drifted).as("the audit has not moved on").doesNotExist();

      long rescans = m.mirror.status().rescans();
      m.holdUp();
      for (int i = 0; i < 20_000; i++) {
        Files.createFile(m.source.resolve("e/" + i));
      }
      m.blind(false);
      await("lost", () -> m.mirror.status().rescans() > rescans);
      await("looked at without pauses", () -> Files.exists(drifted));
      m.assertEqual("what the kernel had lost");
      assertThat(audit.end).as("still").isNotDone();

      Running other = new Running(m.mirror, from(false, 1, AuditPlace.START));
      assertThat(other.drift()).as("goes before").isEqualTo(Drift.NONE);
      assertThatThrownBy(audit.end::join).hasStackTraceContaining("another audit was asked for");
    }
  }

  /** What lies before its place is not looked at again, but for what came there unseen. */
  @Test
  void h23_an_audit_goes_on_where_it_was() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      for (String name : List.of("a/deep/f", "a/f", "b/f", "c/f", "z/f")) {
        m.tree.write("root/" + name, "content of " + name);
      }
      for (String name : List.of("a/deep", "a", "b", "c", "z")) {
        disk.setChanged(m.source.resolve(name), Instant.now().minus(1, ChronoUnit.HOURS));
      }
      m.live();
      m.assertEqual("at first");
      RootMemory memory = m.mirror.memory();
      m.mirror.close();
      Files.move(m.source.resolve("z"), m.source.resolve("a/deep/came"));
      try (Mirror again = m.again(memory)) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        var unused = again.barrier(TestingMirror.LIMIT);
        for (String name : List.of("a/deep/f", "a/f", "b/f", "c/f", "a/deep/came/f")) {
          Files.delete(m.target.resolve(name));
        }
        Running audit = new Running(again, from(false, 1, new AuditPlace("b", List.of())));
        assertThat(audit.drift().first())
            .as("a/deep is another one since something came into it")
            .containsExactlyInAnyOrder(
                "<f+++++++++ c/f", "<f+++++++++ a/deep/f", "<f+++++++++ a/deep/came/f");
        assertThat(m.target.resolve("a/f")).doesNotExist();
        assertThat(m.target.resolve("b/f")).doesNotExist();
      }
    }
  }

  @Test
  void h23_a_lost_connection_leaves_an_audit_to_be_gone_on_with() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/d/f", "1");
      m.live();
      Running audit = new Running(m.mirror, from(false, NEARLY_NOTHING, AuditPlace.START));
      await("told", () -> audit.told.get() != null);
      m.cut();
      assertThatThrownBy(audit.end::join).hasRootCauseInstanceOf(IOException.class);
      assertThat(audit.told().place()).isEqualTo(new AuditPlace("", List.of()));
      m.mirror.awaitLive(TestingMirror.LIMIT);
      m.assertEqual("connected anew");
      Files.delete(m.target.resolve("d/f"));
      Running rest = new Running(m.mirror, from(false, 1, audit.told().place()));
      assertThat(rest.drift().first()).containsExactly("<f+++++++++ d/f");
    }
  }

  /** Twenty million files take hours: that is no failure, as long as it goes on. */
  @Test
  void h23_what_advances_is_waited_for_beyond_its_limit_and_what_stands_still_is_not()
      throws Exception {
    Duration standstill = Duration.ofSeconds(5);
    AtomicLong advanced = new AtomicLong(System.nanoTime());
    BarrierResult done = new BarrierResult(0, List.of());
    CompletableFuture<BarrierResult> answer = new CompletableFuture<>();
    Thread audit =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (int second = 0; second < 8; second++) {
                      Thread.sleep(1000);
                      advanced.set(System.nanoTime());
                    }
                    answer.complete(done);
                  } catch (InterruptedException e) {
                    answer.completeExceptionally(e);
                  }
                });
    assertThat(Questions.await(answer, standstill, advanced::get)).isEqualTo(done);
    audit.join();
    assertThatThrownBy(
            () -> Questions.await(new CompletableFuture<>(), Duration.ofMillis(50), advanced::get))
        .isInstanceOf(TimeoutException.class);
  }
}
