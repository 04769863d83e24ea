package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * H21, H22: whatever a program does to a tree in whatever order, on whatever file system, after a
 * barrier the target is equal in every respect that rsync knows.
 *
 * <p>A failure prints its seed; {@code -Dgodwit.model.seed=N} begins with it, {@code
 * -Dgodwit.model.sequences=N} runs so many sequences, each with the next seed, and {@code
 * -Dgodwit.model.rounds=N} sets how many barriers a sequence has.
 */
@Tag("lab")
@Timeout(3600)
final class MirrorModelTest {
  private static final int CHANGES_MAX = 60;

  /** A busy machine is no failure. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** By the kernel for one reader (fs.fanotify.max_queued_events, fs.inotify.max_queued_events). */
  private static final int EVENTS_KEPT = 16_384;

  @ParameterizedTest
  @CsvSource({ // seeds that have found something
    "ext4,BEST,1000",
    "ext4,INOTIFY,1012",
    "xfs,BEST,103",
    "xfs,INOTIFY,103",
    "btrfs,BEST,1012",
    "btrfs,INOTIFY,1012",
    "tmpfs,BEST,1000",
    "tmpfs,INOTIFY,1000",
    "tmpfs,BEST,32001",
    "ext4,INOTIFY,60002"
  })
  void h21_h22_random_changes_of_a_live_mirror(String kind, Rung rung, long usual)
      throws Exception {
    long first = Long.getLong("godwit.model.seed", usual);
    int sequences = Integer.getInteger("godwit.model.sequences", 1);
    int rounds = Integer.getInteger("godwit.model.rounds", 12);
    try (TestingDisk disk = new TestingDisk(kind)) {
      for (long seed = first; seed < first + sequences; seed++) {
        sequence(disk, rung, seed, rounds, kind + " " + rung + " -Dgodwit.model.seed=" + seed);
      }
    }
  }

  /** Lost events and lost connections in between, while the changes go on. */
  @ParameterizedTest
  @CsvSource({"ext4,FANOTIFY_SMALL_QUEUE", "xfs,INOTIFY"})
  void h16_h21_random_changes_with_overflows_and_cuts(String kind, Rung rung) throws Exception {
    long seed = Long.getLong("godwit.model.seed", 4711);
    int rounds = Integer.getInteger("godwit.model.rounds", 2);
    Random random = new Random(seed);
    try (TestingDisk disk = new TestingDisk(kind);
        TestingMirror m = new TestingMirror(disk.place().toString(), rung)) {
      m.tree.write("root/many/stays", "1");
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        m.mirror.start();
        m.mirror.awaitLive(PATIENCE);
        for (int round = 0; round < rounds; round++) {
          String as = kind + " " + rung + " -Dgodwit.model.seed=" + seed + " round " + round;
          long rescans = m.mirror.status().rescans();
          m.blind(true);
          Thread.sleep(50); // until the reader waits
          writer.begin(CHANGES_MAX);
          for (int i = 0; i <= EVENTS_KEPT; i++) {
            Path file = Files.createFile(m.source.resolve("many/" + round + "-" + i));
            if (i % 100 != 0) {
              Files.delete(file);
            }
          }
          writer.await();
          m.blind(false);
          assertEqual(m, writer, as + ", overflow");
          assertThat(m.mirror.status().rescans()).as("overflows").isGreaterThan(rescans);
          long reconnects = m.mirror.status().reconnects();
          writer.begin(CHANGES_MAX);
          Thread.sleep(random.nextInt(20));
          m.cut();
          writer.await();
          while (m.mirror.status().reconnects() == reconnects) {
            Thread.sleep(5);
          }
          m.await(MirrorState.LIVE);
          assertEqual(m, writer, as + ", cut");
        }
      }
    }
  }

  private static void sequence(TestingDisk disk, Rung rung, long seed, int rounds, String as)
      throws Exception {
    try (TestingMirror m = new TestingMirror(disk.place().toString(), rung)) {
      sequence(m, seed, rounds, as);
    }
  }

  /** H25: with mounts in the tree that take part, at names that the changes use. */
  @ParameterizedTest
  @CsvSource({"ext4,BEST,4000", "tmpfs,BEST,4001", "tmpfs,INOTIFY,4002"})
  void h21_h25_random_changes_with_mounts(String kind, Rung rung, long usual) throws Exception {
    long first = Long.getLong("godwit.model.seed", usual);
    int sequences = Integer.getInteger("godwit.model.sequences", 1);
    int rounds = Integer.getInteger("godwit.model.rounds", 12);
    MirrorManner manner = TestingMirror.mirroring(false, "a", "c");
    try (TestingDisk disk = new TestingDisk(kind);
        TestingDisk other = new TestingDisk(kind)) {
      for (long seed = first; seed < first + sequences; seed++) {
        TestingTree tree = new TestingTree(disk.place().toString());
        try (TestingMirror m = new TestingMirror(tree, rung, List.of(), manner)) {
          Path bound = Files.createDirectories(m.tree.top().resolve("bound"));
          Path foreign = Files.createTempDirectory(other.place(), "foreign-");
          m.mount(m.source.resolve("a"), "--bind", foreign.toString());
          m.mount(m.source.resolve("c"), "--bind", bound.toString());
          String as = "mounts " + kind + " " + rung + " -Dgodwit.model.seed=" + seed;
          sequence(m, seed, rounds, as);
        }
      }
    }
  }

  private static void sequence(TestingMirror m, long seed, int rounds, String as) throws Exception {
    Random random = new Random(seed);
    Path outside = m.tree.write("root.outside/precious", "1");
    m.tree.write("root/stays", "1");
    try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
      writer.change(CHANGES_MAX);
      m.mirror.start();
      writer.change(CHANGES_MAX); // while everything is looked at for the first time
      m.mirror.awaitLive(PATIENCE);
      for (int round = 0; round < rounds; round++) {
        writer.change(1 + random.nextInt(CHANGES_MAX));
        assertEqual(m, writer, as + " round " + round);
        assertThat(outside).hasContent("1");
      }
    }
  }

  private static void assertEqual(TestingMirror m, TestingWriter writer, String as)
      throws Exception {
    try {
      m.mirror.barrier(PATIENCE, false);
    } catch (MirrorException e) {
      throw new AssertionError(as + "\n" + writer.log(), e);
    }
    List<String> differences = TestingOracle.differences(m.source, m.target);
    assertThat(differences).as(() -> as + "\n" + writer.log() + "\n" + m.mirror.status()).isEmpty();
    assertThat(Files.exists(m.target)).isTrue();
  }
}
