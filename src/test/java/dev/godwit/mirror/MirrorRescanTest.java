package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Removals;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.RulesText;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Changes while everything is looked at again, with {@code -Dgodwit.rescan.files=N} in a tree of so
 * many.
 */
@Timeout(300)
final class MirrorRescanTest {
  private static final int FILES = Integer.getInteger("godwit.rescan.files", 12_000);
  private static final int IN_EACH = 50;
  private static final int CHANGES = 20;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private static void fill(TestingMirror m, int files) throws Exception {
    for (int i = 0; i < files; i++) {
      m.tree.write("root/t" + i / IN_EACH % 20 + "/d" + i / IN_EACH + "/" + i, "content " + i);
    }
  }

  /** A tree that takes long to be copied is changed meanwhile. */
  @Test
  void a_change_does_not_wait_for_the_first_copy() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m, FILES);
      m.tree.write("root/early", "1");
      m.mirror.start();
      int during = changesWhile(m, () -> m.mirror.status().state() == MirrorState.COPYING);
      m.mirror.awaitLive(PATIENCE);
      assertThat(TestingWalker.describe(m.target).keySet())
          .as("when it is live, and nobody asked for more")
          .isEqualTo(TestingWalker.describe(m.source).keySet());
      m.assertEqual("afterwards");
      assertThat(during).as("changes that came through").isGreaterThan(1);
    }
  }

  /** How many changes came through while something was so. */
  private static int changesWhile(TestingMirror m, Callable<Boolean> isSo) throws Exception {
    TestingPatience.await(() -> Files.exists(m.target.resolve("early")));
    int during = 0;
    for (int i = 0; i < CHANGES; i++) {
      m.tree.write("root/early", "changed " + i);
      String wanted = "changed " + i;
      while (!Files.readString(m.target.resolve("early")).equals(wanted)) {
        Thread.sleep(0, 200_000);
      }
      during += isSo.call() ? 1 : 0;
    }
    System.out.printf("%d of %d changes while the first copy went on%n", during, CHANGES);
    return during;
  }

  /** Where a piece takes longer than changes are apart, those that wait must stay few. */
  @Test
  void a_change_does_not_wait_for_pieces_of_a_slow_first_copy() throws Exception {
    Rules.Builder slow = RulesText.copy(MirrorManner.EXACT.rules());
    slow.bandwidth = 2_000_000;
    MirrorManner manner =
        new MirrorManner(slow.build(), Removals.ALL, 100, Duration.ZERO, Duration.ZERO, false);
    try (TestingMirror m =
        new TestingMirror(new TestingTree("/dev/shm"), Rung.BEST, List.of(), manner)) {
      for (int i = 0; i < 24 * 128; i++) { // half a second for each piece of them
        m.tree.write("root/d" + i + "/f", "8 KiB...".repeat(1024));
      }
      m.tree.write("root/early", "1");
      m.mirror.start();
      TestingPatience.await(() -> names(m.target) > 3 * 128);
      int during = changesWhile(m, () -> m.mirror.status().state() == MirrorState.COPYING);
      m.mirror.awaitLive(PATIENCE);
      m.assertEqual("afterwards");
      assertThat(during).as("changes that came through").isGreaterThan(4);
    }
  }

  private static int names(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? 0 : names.length;
  }

  /** A barrier waits for what is under way of a comparison of all content, and for no more. */
  @Test
  void a_barrier_does_not_wait_until_all_contents_are_compared() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      for (int i = 0; i < 20; i++) { // holes: read as any content, and in no memory
        Path file = m.tree.write("root/d" + i + "/f", "");
        try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
          large.setLength(150L << 20);
        }
      }
      m.live();
      m.mirror.barrier(PATIENCE, false);
      CompletableFuture<Void> verify =
          CompletableFuture.runAsync(
              () -> {
                try {
                  var unused = m.mirror.audit(PATIENCE, true);
                } catch (MirrorException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      Thread.sleep(2000); // so that as many pieces are handed over as may be
      long before = m.mirror.status().counters().filesSeen();
      m.tree.write("root/new", "changed");
      m.mirror.barrier(PATIENCE, false);
      long meanwhile = m.mirror.status().counters().filesSeen() - before;
      assertThat(m.target.resolve("new")).exists();
      assertThat(meanwhile).as("files looked at before the barrier's end").isLessThan(9);
      verify.join();
    }
  }

  /** As after a reboot of the host: the target lacks as much as in one that was not begun. */
  @Test
  void a_change_does_not_wait_for_a_first_copy_that_another_process_has_begun() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m, 2 * FILES); // what the first process brings is less than half of it
      m.tree.write("root/early", "1");
      m.mirror.start();
      TestingPatience.await(
          () -> Files.exists(m.target.resolve("early")) && !m.mirror.memory().identity().isEmpty());
      RootMemory begun = m.mirror.memory();
      m.mirror.close();
      assertThat(m.mirror.status().state()).isNotEqualTo(MirrorState.LIVE);
      try (Mirror again = m.again(begun)) {
        again.start();
        int during = changesWhile(m, () -> directories(m.target) < directories(m.source));
        again.awaitLive(PATIENCE);
        assertThat(again.memory().wasLive()).isTrue();
        assertThat(TestingWalker.describe(m.target).keySet())
            .isEqualTo(TestingWalker.describe(m.source).keySet());
        // With one look at the whole tree the first may come with it, the second when it has ended.
        assertThat(during).as("changes that came through").isGreaterThan(1);
      }
    }
  }

  /** Those with files in them. */
  private static int directories(Path tree) {
    int count = 0;
    for (int i = 0; i < 20; i++) {
      count += names(tree.resolve("t" + i));
    }
    return count;
  }

  @Test
  void a_change_does_not_wait_until_everything_is_looked_at() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m, FILES);
      m.live();
      m.mirror.barrier(PATIENCE, false);
      long directories = m.mirror.status().counters().directoriesSeen();
      CompletableFuture<Void> audit =
          CompletableFuture.runAsync(
              () -> {
                try {
                  var unused = m.mirror.audit(PATIENCE);
                } catch (MirrorException | InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      long began = System.nanoTime();
      while (m.mirror.status().counters().directoriesSeen() == directories) {
        Thread.sleep(1);
      }
      long[] lag = new long[CHANGES];
      int during = 0;
      for (int i = 0; i < CHANGES; i++) {
        String name = "t" + i % 20 + "/changed" + i;
        long start = System.nanoTime();
        m.tree.write("root/" + name, "changed");
        Path there = m.target.resolve(name);
        while (!Files.exists(there)) {
          Thread.sleep(0, 200_000);
        }
        lag[i] = System.nanoTime() - start;
        during += audit.isDone() ? 0 : 1;
      }
      audit.join();
      long took = System.nanoTime() - began;
      Arrays.sort(lag);
      System.out.printf(
          "%d files looked at again in %.0f ms; lag of a change meanwhile: p50 %.1f ms, most %.1f"
              + " ms; %d of %d while it went on%n",
          FILES, took / 1e6, lag[CHANGES / 2] / 1e6, lag[CHANGES - 1] / 1e6, during, CHANGES);
      m.assertEqual("afterwards");
      // With one look at the whole tree the first of them would come when it has ended.
      assertThat(during).as("changes that came through").isGreaterThan(1);
    }
  }
}
