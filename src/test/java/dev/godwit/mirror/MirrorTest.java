package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.HostFactory;
import dev.godwit.linux.Names;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A mirror from end to end on this host: real kernel, real sessions, channels in memory. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorTest {
  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void copies_and_then_follows(Rung rung, String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      m.tree.write("root/a/b/file", "1");
      m.live();
      m.assertEqual("first copy");
      Files.writeString(m.source.resolve("a/b/file"), "22");
      Files.createDirectories(m.source.resolve("new/deep"));
      Files.writeString(m.source.resolve("new/deep/file"), "3");
      m.assertEqual("changed");
      Files.move(m.source.resolve("new"), m.source.resolve("a/moved"));
      Files.delete(m.source.resolve("a/b/file"));
      m.assertEqual("moved");
      assertThat(m.mirror.status().problems()).isEmpty();
      assertThat(m.mirror.status().reconnects()).isZero();
    }
  }

  @Test
  void one_that_is_to_begin_calmly_notices_what_changes_and_looks_later() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/there", "1");
      m.mirror.start(Duration.ofHours(1));
      TestingPatience.await(() -> m.mirror.status().dirty() > 0);
      m.tree.write("root/new", "2");
      TestingPatience.await(() -> m.mirror.status().dirty() > 1);
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.COPYING);
      assertThat(m.target.resolve("there")).doesNotExist();
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .hasMessageContaining("is not live but");
      // Who wants the end does not wait for it, and gets all that is there.
      m.mirror.pause(TestingMirror.LIMIT);
      // From then on it begins at once, as after any loss of its connection.
      m.mirror.resume();
      m.mirror.awaitLive(TestingMirror.LIMIT);
      m.assertEqual("resumed");
    }
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/there", "1");
      m.mirror.start(Duration.ofMillis(100));
      m.mirror.awaitLive(TestingMirror.LIMIT);
      m.assertEqual("after a while");
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void a_single_change_is_on_the_target_within_milliseconds(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      m.tree.write("root/a/file", "1");
      m.live();
      int count = 150;
      long[] micros = new long[count];
      for (int i = 0; i < count; i++) {
        Path copy = m.target.resolve("a/new" + i);
        long start = System.nanoTime();
        Files.writeString(m.source.resolve("a/new" + i), "x");
        while (!Files.exists(copy)) {
          Thread.sleep(0, 50_000);
        }
        micros[i] = (System.nanoTime() - start) / 1000;
      }
      // The first ones run before the code is compiled.
      long[] warm = Arrays.copyOfRange(micros, 50, count);
      Arrays.sort(warm);
      System.out.printf(
          "latency of a single change (%s): p50 %.2f ms, p99 %.2f ms, first %.2f ms%n",
          rung, warm[50] / 1000.0, warm[98] / 1000.0, micros[0] / 1000.0);
    }
  }

  @ParameterizedTest
  @Tag("lab")
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/tmp", "INOTIFY,/dev/shm"})
  void h15_new_directories_at_full_speed(Rung rung, String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      m.tree.write("root/before", "1");
      m.live();
      for (int round = 0; round < Integer.getInteger("godwit.mirror.rounds", 1); round++) {
        if (round > 0) {
          TestingTree.deleteTree(m.source.resolve("" + (round - 1)));
        }
        for (int i = 0; i < 200; i++) {
          Path directory = m.source.resolve(round + "/d" + i % 20 + "/e" + i % 7 + "/f" + i);
          Files.createDirectories(directory);
          for (int k = 0; k < 10; k++) {
            Files.writeString(directory.resolve("" + k), "content " + i);
          }
        }
        m.assertEqual("2,000 files in 200 directories, round " + round);
      }
    }
  }

  @Test
  void a_barrier_covers_every_write_before_it() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/log", "000000000");
      m.live();
      AtomicInteger written = new AtomicInteger();
      AtomicInteger logged = new AtomicInteger();
      AtomicBoolean stop = new AtomicBoolean();
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (!stop.get()) {
                        int next = written.get() + 1;
                        Files.writeString(m.source.resolve("n" + next), "" + next);
                        if (next % 50 == 0) {
                          // What is written in every tick of the clock cannot be read at rest; and
                          // a file that is emptied first may well be seen empty.
                          Files.writeString(
                              m.source.resolve("log"),
                              String.format("%09d", next),
                              StandardOpenOption.WRITE);
                          logged.set(next);
                        }
                        written.set(next);
                        Thread.sleep(0, 200_000);
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
      try {
        for (int i = 0; i < 30; i++) {
          int before = written.get();
          int loggedBefore = logged.get();
          m.mirror.barrier(TestingMirror.LIMIT, i % 2 == 0);
          for (int n = 1; n <= before; n++) {
            assertThat(m.target.resolve("n" + n)).hasContent("" + n);
          }
          assertThat(Integer.parseInt(Files.readString(m.target.resolve("log"))))
              .isGreaterThanOrEqualTo(loggedBefore);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
      m.assertEqual("at rest");
    }
  }

  @Test
  void a_file_that_is_written_all_the_time_is_mirrored_all_the_time() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/busy", "0");
      m.live();
      int seen = 0;
      String last = "";
      long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
      for (int i = 0; System.nanoTime() < end; i++) {
        Files.writeString(m.source.resolve("busy"), String.format("%09d", i));
        String now = Files.readString(m.target.resolve("busy"));
        seen += now.equals(last) ? 0 : 1;
        last = now;
        Thread.sleep(1);
      }
      assertThat(seen).isBetween(3, 40);
      m.assertEqual("at rest");
    }
  }

  @ParameterizedTest
  @Tag("lab")
  @CsvSource({"FANOTIFY_SMALL_QUEUE", "INOTIFY"})
  void h16_an_overflow_loses_nothing(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      for (int i = 0; i < 100; i++) {
        m.tree.write("root/d" + i + "/file", "1");
      }
      m.live();
      for (int round = 1; round <= 2; round++) {
        m.blind(true);
        Thread.sleep(50);
        for (int i = 0; i < 18_000; i++) {
          m.tree.write("root/d" + i % 100 + "/n" + i, "");
          Files.delete(m.source.resolve("d" + i % 100 + "/n" + i));
          if (i % 1000 == 0) {
            m.tree.write("root/d1/kept" + i, "" + round);
            m.tree.write("root/new" + i + "/deep/kept", "" + round);
          }
        }
        m.blind(false);
        m.assertEqual("after overflow " + round);
        int wanted = round;
        TestingPatience.await(() -> m.mirror.status().rescans() >= wanted);
      }
    }
  }

  @Test
  void a_cut_connection_is_made_anew_and_nothing_is_lost() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      for (int i = 1; i <= 4; i++) {
        long before = m.mirror.status().reconnects();
        for (int k = 0; k < 200; k++) {
          m.tree.write("root/a/" + k % 50, i + " " + k);
          if (k == 100) {
            m.cut();
          }
        }
        Files.deleteIfExists(m.source.resolve("a/" + i));
        TestingPatience.await(() -> m.mirror.status().reconnects() > before);
        m.await(MirrorState.LIVE);
        m.assertEqual("after cut " + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h10_a_write_by_one_name_reaches_the_other_names(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      m.tree.write("root/a/one", "1");
      m.live();
      // The event names the new link only, and the first name was seen as a file of its own.
      Files.createDirectories(m.source.resolve("b"));
      Files.createLink(m.source.resolve("b/two"), m.source.resolve("a/one"));
      m.assertEqual("linked");
      Files.writeString(m.source.resolve("b/two"), "22");
      m.assertEqual("written by the second name");
      Files.createLink(m.source.resolve("b/three"), m.source.resolve("b/two"));
      Files.writeString(m.source.resolve("b/three"), "333");
      TestingPatience.await(() -> contentOf(m.target.resolve("a/one")).equals("333"));
      m.assertEqual("also without a barrier");
    }
  }

  private static String contentOf(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  @Test
  void a_barrier_does_not_outlive_the_connection() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      m.unreachable(true);
      assertThatThrownBy(() -> m.mirror.barrier(Duration.ofSeconds(10)))
          .isInstanceOf(MirrorException.class);
      m.await(MirrorState.RECONNECTING);
      assertThat(m.mirror.status().message()).isNotEmpty();
      assertThatThrownBy(() -> m.mirror.barrier(Duration.ofSeconds(10)))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("not live");
      m.unreachable(false);
      m.await(MirrorState.LIVE);
      m.assertEqual("reachable again");
    }
  }

  @Test
  void nothing_is_applied_while_paused() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      AtomicBoolean stop = new AtomicBoolean();
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; !stop.get(); i++) {
                      try {
                        Files.writeString(m.source.resolve("a/" + i % 100), "" + i);
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    }
                  });
      try {
        for (int i = 0; i < 5; i++) {
          long start = System.nanoTime();
          try {
            m.mirror.pause(Duration.ofSeconds(10));
          } catch (MirrorException e) { // what is written all the time may not be whole
            assertThat(e).hasMessageContaining("the file changes while it is read");
          }
          long paused = System.nanoTime();
          assertThat(m.mirror.status().state()).isEqualTo(MirrorState.PAUSED);
          Map<String, String> before = TestingWalker.describe(m.target);
          Thread.sleep(100);
          assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
          long resumed = System.nanoTime();
          m.mirror.resume();
          m.await(MirrorState.LIVE);
          System.out.printf(
              "pause %.1f ms, resume until live %.1f ms%n",
              (paused - start) / 1e6, (System.nanoTime() - resumed) / 1e6);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
      m.assertEqual("resumed");
    }
  }

  @Test
  void a_pause_after_a_loss_asks_the_target_host() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      m.unreachable(true);
      m.await(MirrorState.RECONNECTING);
      assertThatThrownBy(() -> m.mirror.pause(Duration.ofSeconds(1)))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("could not be made sure");
      m.unreachable(false);
      assertThatThrownBy(() -> m.mirror.pause(Duration.ofSeconds(5)))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("may not be on the target");
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.PAUSED);
      m.mirror.pause(Duration.ofSeconds(5));
    }
  }

  @Test
  void h27_a_root_whose_content_comes_and_goes_may_become_empty_and_nothing_else()
      throws Exception {
    try (TestingMirror m =
        new TestingMirror(
            new TestingTree("/dev/shm"), Rung.BEST, List.of(), MirrorManner.EXACT.emptying())) {
      m.tree.write("root/one", "1");
      m.tree.write("root/two", "2");
      m.live();
      m.assertEqual("before");
      Files.delete(m.source.resolve("one"));
      Files.delete(m.source.resolve("two"));
      m.assertEqual("empty");
      assertThat(TestingWalker.describe(m.target).keySet()).doesNotContain("one", "two");
      m.tree.write("root/three", "3");
      m.assertEqual("filled again");
      Files.move(m.source, m.tree.top().resolve("away"));
      m.cut();
      m.await(MirrorState.HALTED);
      assertThat(m.target.resolve("three")).exists();
    }
  }

  /** A new connection may be there before anybody looks. */
  @Test
  void why_a_connection_was_lost_is_told_however_soon_the_next_one_comes() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      List<MirrorStatus> ended = new CopyOnWriteArrayList<>();
      m.mirror.whenEnded(ended::add);
      m.live();
      m.cut();
      TestingPatience.await("connected anew", () -> m.mirror.status().reconnects() > 0);
      m.await(MirrorState.LIVE);
      assertThat(ended)
          .as("told once a connection")
          .singleElement()
          .satisfies(
              one -> {
                assertThat(one.state()).isEqualTo(MirrorState.RECONNECTING);
                assertThat(one.message()).contains("was closed");
              });
    }
  }

  @Test
  void what_ends_as_it_was_told_to_is_in_nobodys_way() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      List<MirrorStatus> ended = new CopyOnWriteArrayList<>();
      m.mirror.whenEnded(ended::add);
      m.live();
      m.mirror.pause(TestingMirror.LIMIT);
      assertThat(ended).isEmpty();
    }
  }

  /** Else each of them might take half of what the one before has left. */
  @Test
  void h27_what_was_removed_counts_on_over_connections_resumptions_and_restarts() throws Exception {
    try (TestingMirror m =
        new TestingMirror(
            new TestingTree("/dev/shm"), Rung.BEST, List.of(), TestingMirror.halting())) {
      for (int i = 0; i < 1000; i++) {
        m.tree.write("root/d/" + i, "1");
      }
      m.live();
      removes(m, 0, 400);
      m.assertEqual("less than half");
      m.cut();
      TestingPatience.await("connected anew", () -> m.mirror.status().reconnects() > 0);
      m.await(MirrorState.LIVE);
      removes(m, 400, 650);
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message()).contains("more than 50 percent of the target's 1001");
      assertThat(count(m)).as("over a new connection").isBetween(500L, 510L);
      MirrorStatus halted = m.mirror.status();
      assertThat(halted.total().deleted()).isEqualTo(1000 - count(m));
      assertThat(halted.counters().deleted()).as("by this connection").isEqualTo(600 - count(m));
      m.mirror.resume();
      m.await(MirrorState.HALTED);
      assertThat(count(m)).as("resumed").isBetween(500L, 510L);
      m.mirror.pause(Duration.ofSeconds(5));
      m.mirror.resume();
      m.await(MirrorState.HALTED);
      assertThat(count(m)).as("paused").isBetween(500L, 510L);
      assertThat(m.mirror.status().total().deleted()).isEqualTo(1000 - count(m));
      m.mirror.close();
      try (Mirror next = m.again(m.mirror.memory())) {
        next.start();
        TestingPatience.await("halted", () -> next.status().state() == MirrorState.HALTED);
        assertThat(count(m)).as("in another process").isBetween(500L, 510L);
        next.resume(true, false);
        next.awaitLive(TestingMirror.LIMIT);
        assertThat(count(m)).as("with consent").isEqualTo(350);
        // What a person has agreed to does not count in the next connection.
        long before = next.status().reconnects();
        m.cut();
        TestingPatience.await("connected anew", () -> next.status().reconnects() > before);
        next.awaitLive(TestingMirror.LIMIT);
        removes(m, 650, 800);
        var unused = next.barrier(TestingMirror.LIMIT);
        assertThat(count(m)).as("less than half of the rest").isEqualTo(200);
      }
    }
  }

  /** Names that came on one connection are no such that stood on the next one. */
  @Test
  void h27_a_spool_over_a_line_that_is_cut_again_and_again_does_not_halt_it() throws Exception {
    try (TestingMirror m =
        new TestingMirror(
            new TestingTree("/dev/shm"), Rung.BEST, List.of(), TestingMirror.halting())) {
      for (int i = 0; i < 200; i++) {
        m.tree.write("root/d/" + i, "1");
      }
      Path spool = Files.createDirectory(m.source.resolve("spool"));
      m.live();
      for (int round = 0; round < 8; round++) {
        boolean isBetween = round % 2 == 0; // some come and go while nobody is connected
        m.unreachable(isBetween);
        for (int i = 0; i < 60; i++) {
          Files.deleteIfExists(spool.resolve(round - 1 + "-" + i));
          m.tree.write("root/spool/" + round + "-" + i, "mail " + i);
        }
        if (isBetween) {
          m.unreachable(false);
        } else {
          m.cut();
        }
        int connections = round + 1;
        TestingPatience.await(
            "connected anew", () -> m.mirror.status().reconnects() >= connections);
        m.mirror.awaitLive(TestingMirror.LIMIT);
        m.assertEqual("round " + round);
      }
      removes(m, 0, 150);
      m.await(MirrorState.HALTED);
      assertThat(count(m)).as("of 200 that stood").isGreaterThan(60);
    }
  }

  private static void removes(TestingMirror m, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      Files.delete(m.source.resolve("d/" + i));
    }
  }

  private static long count(TestingMirror m) {
    return Objects.requireNonNull(m.target.resolve("d").toFile().list()).length;
  }

  @ParameterizedTest
  @CsvSource({"vanished", "replaced", "emptied", "covered"})
  void h27_a_root_that_is_not_what_it_was_stops_the_mirror(String how) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      for (int i = 0; i < 50; i++) {
        m.tree.write("root/d" + i % 5 + "/" + i, "1");
      }
      m.live();
      m.assertEqual("before");
      Map<String, String> before = TestingWalker.describe(m.target);
      Path away = m.tree.top().resolve("away");
      switch (how) {
        case "covered" -> TestingOracle.run("mount", "-t", "tmpfs", "none", m.source.toString());
        case "emptied" -> {
          // All at once, as when a snapshot is rolled back.
          m.mirror.pause(Duration.ofSeconds(5));
          Files.createDirectory(away);
          for (int i = 0; i < 5; i++) {
            Files.move(m.source.resolve("d" + i), away.resolve("d" + i));
          }
          m.mirror.resume();
        }
        default -> {
          Files.move(m.source, away);
          if (how.equals("replaced")) {
            m.tree.write("root/other", "1");
          }
        }
      }
      try {
        if (!how.equals("emptied")) {
          // Something wants to be looked at; the lost root's own events come anyway.
          Path root = how.equals("covered") ? m.source : away;
          Files.writeString(root.resolve("file"), "2");
          m.cut();
        }
        m.await(MirrorState.HALTED);
        assertThat(m.mirror.status().message()).contains("deletes nothing").contains("resume");
        assertThat(TestingWalker.describe(m.target).keySet()).containsAll(before.keySet());
        assertThatThrownBy(() -> m.mirror.barrier(Duration.ofSeconds(1)))
            .isInstanceOf(MirrorException.class)
            .hasMessageContaining("HALTED");
      } finally {
        if (how.equals("covered")) {
          unmount(m.source);
        }
      }
      // Brought back, it goes on.
      switch (how) {
        case "emptied" -> Files.move(away.resolve("d1"), m.source.resolve("d1"));
        case "vanished" -> Files.move(away, m.source);
        case "replaced" -> {
          TestingTree.deleteTree(m.source);
          Files.move(away, m.source);
        }
        default -> {}
      }
      m.mirror.resume();
      m.await(MirrorState.LIVE);
      m.assertEqual("brought back");
    }
  }

  @Test
  void h24_what_failed_is_tried_again_until_it_succeeds() throws Exception {
    TestingTree tree = new TestingTree("/dev/shm");
    Path target = Files.createDirectory(tree.top().resolve("target"));
    TestingOracle.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", target.toString());
    try (TestingMirror m = new TestingMirror(tree, Rung.BEST)) {
      m.tree.write("root/small", "1");
      m.live();
      for (int i = 0; i < 40; i++) {
        m.tree.write("root/d/" + i, "x".repeat(50_000));
      }
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("No space left on device");
      TestingPatience.await(() -> !m.mirror.status().problems().isEmpty());
      TestingOracle.run("mount", "-o", "remount,size=10m", target.toString());
      TestingPatience.await(
          () -> m.mirror.status().problems().isEmpty() && m.mirror.status().dirty() == 0);
      m.assertEqual("room again");
      m.mirror.close();
      unmount(target);
    }
  }

  /** Those who look at it may take a moment to let go. */
  private static void unmount(Path path) throws Exception {
    TestingPatience.await(() -> exit("umount", "-q", path.toString()) == 0);
  }

  private static int exit(String... command) {
    try {
      return new ProcessBuilder(command).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A fault of this program is told, and nothing is said that nobody knows. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_fault_inside_halts_it(boolean isError) throws Exception {
    AtomicInteger tried = new AtomicInteger();
    MirrorJob job =
        broken(
            () -> {
              tried.incrementAndGet();
              if (isError) {
                throw new StackOverflowError("a fault of this test");
              }
              throw new IllegalStateException("a fault of this test");
            });
    try (Mirror mirror = new Mirror(job)) {
      mirror.start();
      TestingPatience.await("halted", () -> mirror.status().state() == MirrorState.HALTED);
      assertThat(mirror.status().message()).contains("failed inside", "a fault of this test");
      mirror.resume();
      TestingPatience.await("tried again", () -> tried.get() == 2);
    }
  }

  private static MirrorJob broken(HostFactory hosts) {
    byte[] path = "/nowhere".getBytes(StandardCharsets.UTF_8);
    return new MirrorJob("test", hosts, path, hosts, path, List.of(), MirrorManner.EXACT);
  }

  /** Nobody waits for the answer of what does not ask any more. */
  @Test
  void a_fault_inside_of_what_asks_for_a_targets_rest_is_told_at_once() {
    MirrorJob job =
        broken(
            () -> {
              throw new StackOverflowError("a fault of this test");
            });
    assertThatThrownBy(() -> TargetRest.await(job, TestingMirror.LIMIT))
        .isInstanceOf(MirrorException.class)
        .hasMessageContaining("a fault of this test");
  }

  /** On another host the target's side alone can see that. */
  @Test
  void h37_a_trash_on_another_file_system_halts_it_before_anything_is_written() throws Exception {
    Rules.Builder how = SeriesRequest.exactRules();
    how.trash = Names.of("/proc/trash");
    MirrorManner manner =
        new MirrorManner(how.build(), Removals.ALL, 100, Duration.ofDays(1), Duration.ZERO, false);
    try (TestingMirror m =
        new TestingMirror(new TestingTree("/dev/shm"), Rung.BEST, List.of(), manner)) {
      m.tree.write("root/a", "1");
      m.mirror.start();
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message())
          .contains("--trash=/proc/trash is on another file system or mount than " + m.target);
      assertThat(m.target).isEmptyDirectory();
    }
  }

  /** Else it would look as live as ever, and nobody would tell what changes. */
  @Test
  void h24_an_error_in_a_thread_beside_the_source_has_the_connection_made_anew() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.INOTIFY)) {
      m.tree.write("root/a", "1");
      m.live();
      m.assertEqual("at first");
      AtomicBoolean failsOnce = new AtomicBoolean(true);
      m.shows(
          state -> {
            if (Thread.currentThread().getName().contains(" watches at ")
                && failsOnce.getAndSet(false)) {
              throw new OutOfMemoryError("made up");
            }
            return state;
          });
      TestingPatience.await("another connection", () -> m.mirror.status().reconnects() > 0);
      m.mirror.awaitLive(TestingMirror.LIMIT);
      m.tree.write("root/a", "2");
      m.assertEqual("afterwards");
    }
  }
}
