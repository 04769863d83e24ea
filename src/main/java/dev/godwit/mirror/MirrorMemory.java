package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.CameLately;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.RemovalWindow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a mirror knows of its two roots from one connection to the next: which they are, what was
 * mounted below, up to when changes were looked at, what was removed and what came. {@link
 * RootMemory} is what is kept of it from one process to the next.
 *
 * <p>Threads: its mirror holds its lock for every call.
 */
final class MirrorMemory {
  /** Longer than any file has stood. */
  private static final Duration UNSEEN_MAX = Duration.ofDays(10_000);

  /** A clock that is put right all the time. */
  private static final Duration CLOCK_DRIFT_MAX = Duration.ofMinutes(1);

  /**
   * So many places of mounts that take no part are remembered, the latest: where containers come
   * and go, there is no end of them.
   */
  private static final int LEFT_OUT_MAX = 1000;

  private final MirrorJob job;
  private String identity;
  private KnownTarget target;

  /**
   * What was removed from the target lately: what one session has removed counts in the next one,
   * or each would take a share of what is left (H27).
   */
  private final RemovalWindow removals;

  /** What came to the target lately, so that the next session knows it, too (H27). */
  private final CameLately came = new CameLately();

  /** Whether what comes with the next session has come to the source since this one's began. */
  private boolean isFollowed;

  /** By which an older state of the source is known. */
  private List<Witness> witnesses;

  private boolean wasFilled;

  /** Whether nothing is known of a target that was equal, so that it may lack everything. */
  private boolean isFirst;

  /** Where other file systems are or were mounted that take no part (H25). */
  private List<String> leftOut;

  /** The mounts below the source that take part. */
  private List<KnownMount> joined;

  /** Whether those that are there also take part, which are not known yet. */
  private boolean joinsAll;

  /**
   * Up to when changes are known to have been looked at, in System.nanoTime(). Before anything was,
   * when this mirror was made: what was on the target then is taken for what it looks like.
   */
  private long seenUntil;

  /** The same by the clock on the wall: the other one stands still while a host sleeps (H84). */
  private Instant seenUntilWall;

  /** Which names take part. */
  private final String choice;

  /** As {@link RootMemory#othersSeenUntil}. */
  private @Nullable Instant othersSeenUntil;

  /** When it was live for the first time, as {@link #seenUntil}; null until then. */
  private @Nullable Long followedSince;

  private Instant followedSinceWall = Instant.MAX;

  MirrorMemory(MirrorJob job, RootMemory kept) {
    this.job = job;
    this.identity = kept.identity();
    this.target = kept.target();
    this.removals = new RemovalWindow(target.removed(), System.nanoTime());
    this.witnesses = kept.witnesses();
    this.wasFilled = kept.wasFilled();
    this.isFirst = !kept.wasLive();
    this.joinsAll = job.manner().mounts().isAll();
    this.joined = wantedMounts(kept);
    this.leftOut = withoutJoined(kept.mounts().stream().map(KnownMount::path).toList());
    this.choice = NameChoice.of(job);
    boolean isOther = !kept.choice().isEmpty() && !kept.choice().equals(choice);
    // Who takes part again may have changed in between without a look at it, and look the same.
    Instant seen = isOther ? earlier(kept.seenUntil(), kept.othersSeenUntil()) : kept.seenUntil();
    this.othersSeenUntil = isOther ? seen : kept.othersSeenUntil();
    Duration unseen = unseen(seen);
    this.seenUntil = System.nanoTime() - unseen.toNanos();
    this.seenUntilWall = Instant.now().minus(unseen);
  }

  private static @Nullable Instant earlier(@Nullable Instant one, @Nullable Instant other) {
    return one == null || other != null && other.isBefore(one) ? other : one;
  }

  /** The mounts that are to take part, with what they were when they were seen last. */
  private List<KnownMount> wantedMounts(RootMemory kept) {
    Map<String, KnownMount> wanted = new LinkedHashMap<>();
    MountChoice choice = job.manner().mounts();
    choice.paths().forEach(path -> wanted.put(path, new KnownMount(path, "")));
    for (KnownMount one : kept.mounts()) {
      if (!one.identity().isEmpty() && (choice.isAll() || wanted.containsKey(one.path()))) {
        wanted.put(one.path(), one);
      }
    }
    return List.copyOf(wanted.values());
  }

  private List<String> withoutJoined(List<String> paths) {
    Set<String> ours = new HashSet<>();
    joined.forEach(one -> ours.add(one.path()));
    return paths.stream().filter(path -> !ours.contains(path)).toList();
  }

  /**
   * For how long nobody has looked.
   *
   * @param seenUntil null: since now
   */
  static Duration unseen(@Nullable Instant seenUntil) {
    if (seenUntil == null) {
      return Duration.ZERO;
    }
    Duration unseen = Duration.between(seenUntil, Instant.now());
    // A clock that was set back says nothing: then every file is in doubt.
    return unseen.plus(CLOCK_DRIFT_MAX).isNegative() || unseen.compareTo(UNSEEN_MAX) > 0
        ? UNSEEN_MAX
        : unseen.isNegative() ? Duration.ZERO : unseen;
  }

  /** What is to be kept of it for the next process. */
  RootMemory kept() {
    List<KnownMount> known = new ArrayList<>(joined);
    leftOut.stream()
        .skip(Math.max(0, leftOut.size() - LEFT_OUT_MAX))
        .forEach(path -> known.add(new KnownMount(path, "")));
    return new RootMemory(
        identity,
        wasFilled,
        !isFirst,
        seenUntilWall,
        known,
        target(),
        witnesses,
        choice,
        othersSeenUntil,
        List.of());
  }

  /** What the next session is to know of the target. */
  KnownTarget target() {
    return target.with(removals.steps(System.nanoTime()));
  }

  /** What the next session is to know of names that came to the target. */
  CameLately.Told came() {
    return came.told(isFollowed, System.nanoTime());
  }

  /** Whether the target was equal once, or no more is wanted of it. */
  boolean wasEqual() {
    return !isFirst;
  }

  /**
   * What the next session is to know of the source, and of what it has to look at.
   *
   * @param calm how long it looks at nothing
   */
  MirrorSourceOptions sourceOptions(Duration calm) {
    boolean isChangesOnly = job.manner().isChangesOnly();
    Duration followed =
        followedSince == null ? Duration.ZERO : passed(followedSince, followedSinceWall);
    // What came to the target and is lost there is found among what was brought (H31).
    boolean isAllDoubted = isChangesOnly && target.isDoubted();
    return new MirrorSourceOptions(
        job.sourceRoot(),
        identity,
        !wasFilled,
        job.manner().mayEmpty(),
        isAllDoubted ? followed : passed(seenUntil, seenUntilWall),
        isFirst && !isChangesOnly,
        target.isDoubted(),
        witnesses,
        leftOut.stream().map(PathText::bytes).toList(),
        joined,
        joinsAll,
        job.manner().delay(),
        calm,
        isChangesOnly,
        followed,
        new byte[0]);
  }

  /** By the clock that has gone on further (H84). */
  private static Duration passed(long since, Instant sinceWall) {
    Duration ticked = Duration.ofNanos(System.nanoTime() - since);
    Duration passed = Duration.between(sinceWall, Instant.now());
    return ticked.compareTo(passed) > 0 ? ticked : passed;
  }

  /** The source has said how it is. */
  void seen(Report.State seen, Instant now) {
    if (seen.live()) {
      seenUntil = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(seen.lagMillis());
      seenUntilWall = now.minusMillis(seen.lagMillis());
    }
    identity = seen.identity();
    target = seen.target().isDoubted() ? seen.target() : target.known(seen.target().identity());
    wasFilled |= !seen.empty();
  }

  /** The mirror has become live. */
  void live(Instant now) {
    isFollowed = true;
    if (choice.equals(NameChoice.ALL)) {
      othersSeenUntil = null; // there are none
    }
    isFirst &= job.manner().isChangesOnly(); // most of the target was not compared
    if (followedSince == null) {
      followedSince = System.nanoTime();
      followedSinceWall = now;
    }
  }

  /** Where other file systems are mounted, some of which may take part. */
  void mounted(List<String> paths) {
    leftOut = withoutJoined(paths);
  }

  void joined(List<KnownMount> known) {
    joined = known;
    joinsAll = false;
    leftOut = withoutJoined(leftOut);
  }

  void witnesses(List<Witness> seen) {
    witnesses = seen;
  }

  /** So many names were removed from the target. */
  void removed(long names) {
    removals.add(names, System.nanoTime());
  }

  void came(List<Long> names) {
    came.add(names, System.nanoTime());
  }

  /** A person has looked: what was removed before does not count any more. */
  void forgetRemovals() {
    removals.clear();
  }

  /** A person has said that the roots are right, whatever they were before. */
  void forgetRoots() {
    removals.clear(); // they were another directory's
    came.clear();
    isFollowed = false;
    identity = "";
    othersSeenUntil = null;
    target = KnownTarget.NONE;
    witnesses = List.of();
    wasFilled = false;
    joined = wantedMounts(RootMemory.NONE);
    joinsAll = job.manner().mounts().isAll();
  }

  /** What is mounted is looked for anew. */
  void forgetMounts() {
    leftOut = List.of();
  }
}
