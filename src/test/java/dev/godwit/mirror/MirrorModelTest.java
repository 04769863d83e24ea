package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * H21, H22: whatever a program does to a tree in whatever order, on whatever file system, after a
 * barrier the target is equal in every respect that rsync knows.
 *
 * <p>A sequence is 200 changes at full speed, often with some {@link Trouble} meanwhile, and then a
 * barrier and a comparison; ten of them follow each other on one mirror. There are 300: 240 on four
 * file systems with fanotify and inotify, with lost events, lost connections and mounts; 20 with
 * mounts that take part and vanish; 40 in which one side's process is killed. Their seeds are by
 * chance; those that have found something are tried each time, in shorter sequences.
 *
 * <p>A failure prints what repeats it: {@code -Dgodwit.model.row='ext4 INOTIFY'} leaves out the
 * other rows, {@code -Dgodwit.model.seed=N} has one mirror with that seed. {@code
 * -Dgodwit.model.times=N} runs so many times as many mirrors, with the next seeds.
 */
@Tag("lab")
@Tag("proof")
@Timeout(3600)
final class MirrorModelTest {
  private static final int CHANGES = 200;

  /** In the short sequences. */
  private static final int CHANGES_MAX = 60;

  private static final int SHORT_SEQUENCES = 12;

  /** 200 changes take about so long; trouble comes in between. */
  private static final int CHANGES_MILLIS = 150;

  /** A busy machine is no failure. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** By the kernel for one reader (fs.fanotify.max_queued_events, fs.inotify.max_queued_events). */
  private static final int EVENTS_KEPT = 16_384;

  @TempDir private Path folder;

  /** What happens while the changes of a sequence are made. */
  private enum Trouble {
    NONE,
    /** Somebody waits for barriers, one after the other. */
    ASKED,
    /** All connections are lost. */
    CUT,
    /** The kernel's queue is not read until it is full. */
    OVERFLOW,
    /** Something is mounted over directories, and unmounted later. */
    MOUNTED_OVER,
    /** A mount that takes part is unmounted for a while. */
    MOUNT_AWAY,
    /** Something is mounted over one that takes part for a while. */
    MOUNT_COVERED,
    /** The process that runs the mirror, and with it one side, is killed and started again. */
    MIRROR_KILLED,
    /** The process of the other side is killed. */
    AGENT_KILLED
  }

  /**
   * One mirror and who makes the changes.
   *
   * @param mounts the places in the source that take part, and what shows there
   */
  private record Life(
      TestingMirror m, TestingWriter writer, Random random, Map<Path, Path> mounts) {
    /** One of the places. */
    Path mount() {
      List<Path> places = List.copyOf(mounts.keySet());
      return places.get(random.nextInt(places.size()));
    }
  }

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
    String row = "short " + kind + " " + rung;
    try (TestingDisk disk = new TestingDisk(kind)) {
      for (long seed : seeds(row, usual, 1)) {
        try (TestingMirror m = new TestingMirror(disk.place().toString(), rung)) {
          shortSequences(m, seed, row, rung != Rung.INOTIFY, false);
        }
      }
    }
  }

  /** Among them directories that lie in each other afterwards, or did before. */
  @ParameterizedTest
  @CsvSource({"ext4,BEST", "xfs,INOTIFY", "btrfs,BEST", "tmpfs,BEST", "tmpfs,INOTIFY"})
  void h21_h27_random_changes_with_directories_in_each_other(String kind, Rung rung)
      throws Exception {
    String row = "nested " + kind + " " + rung;
    try (TestingDisk disk = new TestingDisk(kind)) {
      for (long seed : seeds(row, new Random().nextInt(Integer.MAX_VALUE), 1)) {
        try (TestingMirror m = new TestingMirror(disk.place().toString(), rung)) {
          shortSequences(m, seed, row, rung != Rung.INOTIFY, true);
        }
      }
    }
  }

  /** H25: with mounts in the tree that take part, at names that the changes use. */
  @ParameterizedTest
  @CsvSource({"ext4,BEST,4000", "tmpfs,BEST,4001", "tmpfs,INOTIFY,4002"})
  void h21_h25_random_changes_with_mounts(String kind, Rung rung, long usual) throws Exception {
    String row = "short mounts " + kind + " " + rung;
    try (TestingDisk disk = new TestingDisk(kind);
        TestingDisk other = new TestingDisk(kind)) {
      for (long seed : seeds(row, usual, 1)) {
        try (TestingMirror m = withMounts(disk, rung)) {
          var unused = mountBeside(m, other);
          shortSequences(m, seed, row, false, false);
        }
      }
    }
  }

  /**
   * @param anyLinks whether the watch knows files by their handles, and so what is done by a name
   *     that goes at once
   * @param nests whether directories move into one that takes their name, too, and back
   */
  private static void shortSequences(
      TestingMirror m, long seed, String row, boolean anyLinks, boolean nests) throws Exception {
    Random random = new Random(seed);
    Path outside = prepare(m);
    try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed, anyLinks, nests)) {
      writer.change(CHANGES_MAX);
      m.mirror.start();
      writer.change(CHANGES_MAX); // while everything is looked at for the first time
      m.mirror.awaitLive(PATIENCE);
      for (int number = 0; number < SHORT_SEQUENCES; number++) {
        writer.change(1 + random.nextInt(CHANGES_MAX));
        assertEqual(m, writer, as(row, seed, number, Trouble.NONE));
        assertThat(outside).hasContent("1");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ext4,FANOTIFY_SMALL_QUEUE",
    "ext4,INOTIFY",
    "xfs,FANOTIFY_SMALL_QUEUE",
    "xfs,INOTIFY",
    "btrfs,FANOTIFY_SMALL_QUEUE",
    "btrfs,INOTIFY",
    "tmpfs,FANOTIFY_SMALL_QUEUE",
    "tmpfs,INOTIFY"
  })
  void h16_h21_h22_h25_sequences_with_trouble(String kind, Rung rung) throws Exception {
    String row = kind + " " + rung;
    try (TestingDisk disk = new TestingDisk(kind)) {
      for (long seed : seeds(row, new Random().nextInt(Integer.MAX_VALUE), 3)) {
        try (TestingMirror m = new TestingMirror(disk.place().toString(), rung)) {
          sequences(
              m,
              Map.of(),
              Map.of(
                  Trouble.NONE, 2,
                  Trouble.ASKED, 2,
                  Trouble.CUT, 3,
                  Trouble.OVERFLOW, 1,
                  Trouble.MOUNTED_OVER, 2),
              seed,
              row,
              rung != Rung.INOTIFY);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"ext4,BEST", "tmpfs,INOTIFY"})
  void h21_h27_sequences_with_mounts_that_vanish(String kind, Rung rung) throws Exception {
    String row = "mounts " + kind + " " + rung;
    try (TestingDisk disk = new TestingDisk(kind);
        TestingDisk other = new TestingDisk(kind)) {
      for (long seed : seeds(row, new Random().nextInt(Integer.MAX_VALUE), 1)) {
        try (TestingMirror m = withMounts(disk, rung)) {
          sequences(
              m,
              mountBeside(m, other),
              Map.of(
                  Trouble.NONE, 2, Trouble.CUT, 2, Trouble.MOUNT_AWAY, 3, Trouble.MOUNT_COVERED, 3),
              seed,
              row,
              false);
        }
      }
    }
  }

  /** H14: each side's process is killed, as a source and as a target. */
  @ParameterizedTest
  @CsvSource({"ext4,true", "xfs,false", "btrfs,true", "tmpfs,false"})
  void h14_h21_sequences_with_a_side_killed(String kind, boolean isTargetFar) throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    String row = "killed " + kind;
    Map<String, String> environment = TestingAgentFolder.filled(folder.resolve("far/agent"));
    try (TestingDisk disk = new TestingDisk(kind);
        TestingSshd sshd = new TestingSshd(folder, environment)) {
      for (long seed : seeds(row, new Random().nextInt(Integer.MAX_VALUE), 1)) {
        try (TestingMirrorCommand m = new TestingMirrorCommand(disk.place().toString())) {
          killed(m, sshd, isTargetFar, seed, row);
        }
      }
    }
  }

  private static void killed(
      TestingMirrorCommand m, TestingSshd sshd, boolean isTargetFar, long seed, String row)
      throws Exception {
    Random random = new Random(seed);
    List<Trouble> troubles =
        shuffled(
            Map.of(Trouble.NONE, 2, Trouble.MIRROR_KILLED, 4, Trouble.AGENT_KILLED, 4), random);
    m.tree.write("root/stays", "1");
    try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed, false, true)) {
      Process mirror = m.live(sshd, isTargetFar, "--delete-limit=100%");
      for (int number = 0; number < troubles.size(); number++) {
        Trouble trouble = troubles.get(number);
        writer.begin(CHANGES);
        if (trouble != Trouble.NONE) {
          Thread.sleep(random.nextInt(CHANGES_MILLIS));
        }
        if (trouble == Trouble.MIRROR_KILLED) {
          mirror.destroyForcibly().waitFor();
          mirror = m.live(sshd, isTargetFar, "--delete-limit=100%");
        } else if (trouble == Trouble.AGENT_KILLED) {
          m.killAgents(sshd);
        }
        writer.await();
        m.assertWhole(writer, as(row, seed, number, trouble));
      }
    }
  }

  /**
   * The seeds of the mirrors of one row; the first one is printed, in case something hangs.
   *
   * @param usual the first one, unless another one is asked for
   */
  private static long[] seeds(String row, long usual, int count) {
    assumeThat(System.getProperty("godwit.model.row", row)).as("the row asked for").isEqualTo(row);
    Long wanted = Long.getLong("godwit.model.seed");
    long first = wanted == null ? usual : wanted;
    long mirrors = (wanted == null ? count : 1L) * Integer.getInteger("godwit.model.times", 1);
    System.out.println("model: " + row + ", seeds from " + first + " on, " + mirrors);
    return LongStream.range(first, first + mirrors).toArray();
  }

  private static String as(String row, long seed, int number, Trouble trouble) {
    return "-Dgodwit.model.row='%s' -Dgodwit.model.seed=%d, sequence %d, %s"
        .formatted(row, seed, number, trouble);
  }

  /** Each so often, in an order by chance. */
  private static List<Trouble> shuffled(Map<Trouble, Integer> counts, Random random) {
    List<Trouble> all = new ArrayList<>();
    for (Trouble one : Trouble.values()) {
      all.addAll(Collections.nCopies(counts.getOrDefault(one, 0), one));
    }
    Collections.shuffle(all, random);
    return all;
  }

  /** Returns what no change of the tree may reach. */
  private static Path prepare(TestingMirror m) throws IOException {
    m.tree.write("root/stays", "1");
    return m.tree.write("root.outside/precious", "1");
  }

  private static TestingMirror withMounts(TestingDisk disk, Rung rung) {
    return new TestingMirror(
        new TestingTree(disk.place().toString()),
        rung,
        List.of(),
        TestingMirror.mirroring(false, "a", "c"));
  }

  /** Lets other directories show at two names of the source. */
  private static Map<Path, Path> mountBeside(TestingMirror m, TestingDisk other) throws Exception {
    Map<Path, Path> mounts = new TreeMap<>();
    mounts.put(m.source.resolve("a"), Files.createTempDirectory(other.place(), "foreign-"));
    mounts.put(m.source.resolve("c"), Files.createDirectories(m.tree.top().resolve("bound")));
    for (Map.Entry<Path, Path> one : mounts.entrySet()) {
      m.mount(one.getKey(), "--bind", one.getValue().toString());
    }
    return mounts;
  }

  private static void sequences(
      TestingMirror m,
      Map<Path, Path> mounts,
      Map<Trouble, Integer> counts,
      long seed,
      String row,
      boolean anyLinks)
      throws Exception {
    Path outside = prepare(m);
    Random random = new Random(seed);
    List<Trouble> troubles = shuffled(counts, random);
    try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed, anyLinks, true)) {
      Life life = new Life(m, writer, random, mounts);
      m.mirror.start();
      m.mirror.awaitLive(PATIENCE);
      for (int number = 0; number < troubles.size(); number++) {
        Trouble trouble = troubles.get(number);
        String as = as(row, seed, number, trouble);
        change(life, trouble, as);
        assertEqual(m, writer, as);
        assertThat(outside).hasContent("1");
      }
    }
  }

  private static void change(Life life, Trouble trouble, String as) throws Exception {
    switch (trouble) {
      case NONE -> life.writer.change(CHANGES);
      case ASKED -> changeWithBarriers(life);
      case CUT -> changeWithCut(life);
      case OVERFLOW -> changeWithOverflow(life, as);
      case MOUNTED_OVER -> changeMountedOver(life, as);
      case MOUNT_AWAY -> changeWithoutMount(life);
      case MOUNT_COVERED -> changeWithCoveredMount(life);
      case MIRROR_KILLED, AGENT_KILLED -> throw new IllegalArgumentException("no process");
    }
  }

  private static void changeWithBarriers(Life life) throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    try (ExecutorService asks = Executors.newSingleThreadExecutor()) {
      Future<?> asked =
          asks.submit(
              () -> {
                while (!isOver.get()) {
                  // What changes all the time may be named as such.
                  var unused = life.m.mirror.catchUp(PATIENCE);
                }
                return null;
              });
      try {
        life.writer.change(CHANGES);
      } finally {
        isOver.set(true);
      }
      var unused = asked.get();
    }
  }

  private static void changeWithCut(Life life) throws Exception {
    long reconnects = life.m.mirror.status().reconnects();
    life.writer.begin(CHANGES);
    Thread.sleep(life.random.nextInt(CHANGES_MILLIS));
    life.m.cut();
    life.writer.await();
    awaitConnectedAnew(life, reconnects);
  }

  private static void awaitConnectedAnew(Life life, long reconnects) throws Exception {
    TestingPatience.await(
        "another connection", () -> life.m.mirror.status().reconnects() != reconnects);
    life.m.await(MirrorState.LIVE);
  }

  private static void changeWithOverflow(Life life, String as) throws Exception {
    long rescans = life.m.mirror.status().rescans();
    Path many = Files.createDirectories(life.m.source.resolve("many"));
    life.m.mirror.barrier(
        PATIENCE, false); // it has its watch, or nothing that happens there is told
    life.m.holdUp();
    life.writer.begin(CHANGES);
    for (int i = 0; i <= EVENTS_KEPT; i++) {
      Path file = Files.createFile(many.resolve(rescans + "-" + i));
      if (i % 100 != 0) {
        Files.delete(file);
      }
    }
    life.writer.await();
    life.m.blind(false);
    assertEqual(life.m, life.writer, as);
    assertThat(life.m.mirror.status().rescans())
        .as("overflows: %s, %s", life.m.mirror.status(), as)
        .isGreaterThan(rescans);
  }

  /**
   * While something is mounted there, a barrier fails, the target keeps what it has there, and all
   * else is equal. After the mount has gone the places are kept, until somebody takes the tree as
   * it is.
   */
  private static void changeMountedOver(Life life, String as) throws Exception {
    TestingMirror m = life.m;
    Path bare = m.tree.top().resolve("bare"); // the source without what is mounted in it
    m.mount(bare, "--bind", "--make-private", m.source.toString());
    List<String> shared =
        TestingOracle.run(
                "find", bare.toString(), "-links", "+1", "!", "-type", "d", "-printf", "%P\n")
            .lines()
            .toList();
    List<String> places = life.writer.changeOver(CHANGES / 2);
    if (!places.isEmpty()) {
      if (life.random.nextBoolean()) { // then the directories above the mounts are listed, too
        long reconnects = m.mirror.status().reconnects();
        m.cut();
        awaitConnectedAnew(life, reconnects);
      }
      assertThatThrownBy(() -> m.mirror.barrier(PATIENCE, false), "%s, %s", as, places)
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("mounted");
      Set<String> tops = places.stream().map(at -> at.split("/", 2)[0]).collect(Collectors.toSet());
      String[] elsewhere =
          Stream.concat(
                  tops.stream().map(top -> "--exclude=/" + top),
                  // What was changed by a name below a mount is seen when that can be looked at.
                  TestingOracle.otherNames(bare, tops).stream().map(n -> "--exclude=/" + n))
              .toArray(String[]::new);
      assertNone(m, life.writer, TestingOracle.differences(bare, m.target, elsewhere), as);
      String place = places.getFirst();
      boolean isShared = shared.stream().anyMatch(path -> path.startsWith(place + "/"));
      assertKept(life, bare, place, isShared, as);
    }
    life.writer.bare();
    m.unmount(bare);
    life.writer.change(CHANGES / 2);
    try {
      m.mirror.pause(PATIENCE);
    } catch (MirrorException e) {
      assertThat(e).as(as).hasMessageContaining("paused all the same");
    }
    m.mirror.resume();
    m.mirror.awaitLive(PATIENCE);
  }

  /**
   * @param place that was mounted over when both sides were equal
   * @param isShared whether files there have other names, by which they may have been changed
   */
  private static void assertKept(Life life, Path bare, String place, boolean isShared, String as)
      throws Exception {
    List<String> differences =
        new ArrayList<>(
            TestingOracle.differences(bare.resolve(place), life.m.target.resolve(place)));
    if (isShared) {
      differences.removeIf(line -> !line.startsWith("*deleting") && !line.contains("+++++++++"));
    }
    assertNone(life.m, life.writer, differences, as + ", kept at " + place);
  }

  private static void changeWithoutMount(Life life) throws Exception {
    Path place = life.mount();
    life.writer.change(CHANGES / 2);
    life.m.unmount(place);
    life.m.tree.write("root/meanwhile", life.random.nextInt() + "");
    life.m.await(MirrorState.HALTED);
    life.m.mount(place, "--bind", life.mounts.get(place) + "");
    life.writer.begin(CHANGES / 2);
    life.m.await(MirrorState.LIVE);
    life.writer.await();
  }

  private static void changeWithCoveredMount(Life life) throws Exception {
    Path place = life.mount();
    life.writer.begin(CHANGES);
    Thread.sleep(life.random.nextInt(CHANGES_MILLIS));
    life.m.mount(place, "-t", "tmpfs", "none");
    life.m.await(MirrorState.HALTED);
    life.writer.await();
    life.m.unmount(place);
    life.m.await(MirrorState.LIVE);
  }

  private static void assertEqual(TestingMirror m, TestingWriter writer, String as)
      throws Exception {
    try {
      m.mirror.barrier(PATIENCE, false);
    } catch (MirrorException e) {
      throw new AssertionError(as + ": " + e.getMessage() + "\n" + writer.log(), e);
    }
    assertNone(m, writer, TestingOracle.differences(m.source, m.target), as);
    assertThat(Files.exists(m.target)).isTrue();
  }

  private static void assertNone(
      TestingMirror m, TestingWriter writer, List<String> differences, String as) {
    assertThat(differences).as(() -> as + "\n" + m.mirror.status() + "\n" + writer.log()).isEmpty();
  }
}
