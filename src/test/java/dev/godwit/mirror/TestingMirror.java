package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.Ability;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFactory;
import dev.godwit.host.LocalHost;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.SeriesTargetAbility;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch;
import dev.godwit.watch.Watch.Rung;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A mirror between two directories of this host, whose connections can be cut. */
final class TestingMirror implements AutoCloseable {
  static final Duration LIMIT = TestingPatience.LIMIT;

  final TestingTree tree;
  final Path source;
  final Path target;
  final Mirror mirror;
  private final MirrorJob job;
  private final List<Host> hosts = new ArrayList<>();
  private final AtomicBoolean blind = new AtomicBoolean();
  private final AtomicBoolean isHeldUp = new AtomicBoolean();
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicReference<UnaryOperator<WatchState>> shown =
      new AtomicReference<>(UnaryOperator.identity());
  private final List<Path> mounts = new ArrayList<>();
  private boolean unreachable;
  private volatile @Nullable Semaphore doors;

  TestingMirror(String parent, Rung rung) {
    this(new TestingTree(parent), rung);
  }

  TestingMirror(TestingTree tree, Rung rung) {
    this(tree, rung, List.of(), MirrorManner.EXACT);
  }

  TestingMirror(TestingTree tree, Rung rung, List<FilterRule> filters, MirrorManner manner) {
    this(tree, tree.root(), rung, filters, manner);
  }

  /** Of a source elsewhere. */
  TestingMirror(TestingTree tree, Path source, Rung rung) {
    this(tree, source, rung, List.of(), MirrorManner.EXACT);
  }

  private TestingMirror(
      TestingTree tree, Path source, Rung rung, List<FilterRule> filters, MirrorManner manner) {
    this.tree = tree;
    this.source = source;
    target = tree.top().resolve("target");
    List<Ability> abilities =
        List.of(
            new MirrorSourceAbility(
                root -> new TestingSlowWatch(Watch.open(root, rung), blind, isHeldUp, most, shown)),
            new SeriesTargetAbility(),
            new MirrorRestAbility());
    job =
        new MirrorJob(
            "test",
            factory("source", abilities),
            bytes(source),
            factory("target", abilities),
            bytes(target),
            filters,
            manner);
    mirror = new Mirror(job);
  }

  /** An exact mirror that halts when more than half of the target's names go (H27). */
  static MirrorManner halting() {
    return new MirrorManner(
        SeriesRequest.exactRules().build(), Removals.ALL, 50, Duration.ZERO, Duration.ZERO, false);
  }

  /** An exact mirror with these of the mounts below the source, or with all. */
  static MirrorManner mirroring(boolean all, String... mounts) {
    return new MirrorManner(
            SeriesRequest.exactRules().build(),
            Removals.ALL,
            100,
            Duration.ZERO,
            Duration.ZERO,
            false)
        .with(new MountChoice(List.of(mounts), all));
  }

  /** The same mirror in another process, which knows what the first one remembered. */
  Mirror again(RootMemory memory) {
    return new Mirror(job, memory);
  }

  /** The same with other names, or done in another way. */
  Mirror again(RootMemory memory, List<FilterRule> others, MirrorManner manner) {
    return new Mirror(
        new MirrorJob(
            job.name(),
            job.source(),
            job.sourceRoot(),
            job.target(),
            job.targetRoot(),
            others,
            manner),
        memory);
  }

  private static byte[] bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }

  private HostFactory factory(String role, List<Ability> abilities) {
    return () -> {
      Semaphore open = doors;
      if (open != null) {
        open.acquireUninterruptibly();
      }
      synchronized (hosts) {
        if (unreachable) {
          throw new HostException(role + " cannot be reached");
        }
        Host host = new LocalHost(role, abilities);
        hosts.add(host);
        return host;
      }
    };
  }

  /**
   * Mounts something, until this is closed.
   *
   * @param words arguments of mount(8) before the place
   */
  void mount(Path at, String... words) throws IOException, InterruptedException {
    Files.createDirectories(at);
    List<String> command = new ArrayList<>(List.of("mount"));
    command.addAll(List.of(words));
    command.add(at.toString());
    var unused = TestingOracle.run(command.toArray(String[]::new));
    mounts.addFirst(at);
  }

  void unmount(Path at) throws IOException, InterruptedException {
    var unused = TestingOracle.run("umount", "-l", at.toString());
    mounts.remove(at);
  }

  TestingMirror live() throws IOException, InterruptedException {
    mirror.start();
    mirror.awaitLive(LIMIT);
    return this;
  }

  /** From now on what the kernel tells becomes known in bits of so many changes. */
  void tellsAtMost(int changes) {
    most.set(changes);
  }

  /** What the watch says of its state from now on. */
  void shows(UnaryOperator<WatchState> state) {
    shown.set(state);
  }

  /** From now on the kernel's events are not read; returns when that is so. */
  void holdUp() throws InterruptedException {
    isHeldUp.set(false);
    blind.set(true);
    while (!isHeldUp.get()) {
      Thread.sleep(1);
    }
  }

  /** While it is true the kernel's events are not read, as if the process were stopped. */
  void blind(boolean is) {
    blind.set(is);
  }

  /** Something that happens at the source. */
  interface Happens {
    void happen() throws Exception;
  }

  /** All that happens is seen at once, as if it had happened in one instant. */
  void atOnce(Happens what) throws Exception {
    holdUp();
    what.happen();
    blind(false);
  }

  /** What was done meanwhile; both sides are equal before and afterwards. */
  Counters during(Happens what) throws Exception {
    assertEqual("before");
    Counters before = settledCounters();
    what.happen();
    assertEqual("afterwards");
    return settledCounters().since(before);
  }

  /** They are told from time to time, and not with a barrier. */
  private Counters settledCounters() throws InterruptedException {
    Counters now = mirror.status().counters();
    Counters before;
    do {
      before = now;
      Thread.sleep(300); // three times as long as until they are told again
      now = mirror.status().counters();
    } while (!now.equals(before));
    return now;
  }

  /** As {@link #during}, of what happens {@link #atOnce}. */
  Counters duringAtOnce(Happens what) throws Exception {
    return during(() -> atOnce(what));
  }

  /** Renames within the source; what is missing above the new name is made. */
  void move(String from, String to) throws IOException {
    Path young = source.resolve(to);
    Files.createDirectories(young.getParent());
    var unused = Files.move(source.resolve(from), young, StandardCopyOption.ATOMIC_MOVE);
  }

  static long inode(Path path) throws IOException {
    return (long) Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS);
  }

  /** Cuts all connections. */
  void cut() {
    synchronized (hosts) {
      hosts.forEach(Host::close);
      hosts.clear();
    }
  }

  void unreachable(boolean is) {
    synchronized (hosts) {
      unreachable = is;
    }
    if (is) {
      cut();
    }
  }

  /** From now on hosts are reached when the semaphore gives way. */
  void connectsBy(Semaphore doors) {
    this.doors = doors;
  }

  /** Live is one that has noticed that its connections were cut, and made others. */
  void await(MirrorState state) throws Exception {
    TestingPatience.await(
        () -> state + ": " + mirror.status(),
        () -> mirror.status().state() == state && (state != MirrorState.LIVE || isConnected()));
  }

  private boolean isConnected() {
    synchronized (hosts) {
      return !hosts.isEmpty();
    }
  }

  /** A barrier, then a comparison. */
  void assertEqual(String as) throws IOException, InterruptedException {
    mirror.barrier(LIMIT, false);
    Map<String, String> wanted = TestingWalker.describe(source);
    Map<String, String> found = TestingWalker.describe(target);
    // Only what differs: the whole trees are too long to read.
    Set<String> same = new HashSet<>(wanted.keySet());
    same.removeIf(name -> !Objects.equals(wanted.get(name), found.get(name)));
    wanted.keySet().removeAll(same);
    found.keySet().removeAll(same);
    assertThat(found).as(as).isEqualTo(wanted);
  }

  @Override
  public void close() throws IOException {
    mirror.close();
    try {
      for (Path at : List.copyOf(mounts)) {
        unmount(at);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tree.close();
  }
}
