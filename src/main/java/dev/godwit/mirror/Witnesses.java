package dev.godwit.mirror;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.PathText;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some names of the source that changed lately, by which a later session knows whether the source
 * was rolled back meanwhile: to a snapshot, an image, a backup of its disk (H30). Nothing is
 * written to the source for that, so it may be one that can only be read.
 *
 * <p>What changed just now may be forgotten in a power cut of the source, which is no such thing: a
 * name counts with the time of change that it had when that had come to the disk.
 *
 * <p>For one thread.
 */
final class Witnesses {
  /** Longer than a file system keeps a change in memory (dirty_expire_centisecs, 30 s). */
  static final Duration SETTLES = Duration.ofSeconds(90);

  static final int MAX = 32;
  private static final int NAMES_MAX = MAX / 2;

  /** A clock that is put right. */
  private static final long CLOCK_DRIFT_NANOS = Duration.ofSeconds(2).toNanos();

  /** Opens a directory of the source by its path below the root. */
  interface Tree {
    DirectoryHandle directory(byte[] path) throws LinuxException;
  }

  private final Tree tree;
  private final Duration settles;
  private final boolean areThere;
  private final LinkedHashSet<String> names = new LinkedHashSet<>();
  private List<Witness> young = List.of();
  private List<Witness> settled;
  private long lookedNanos = System.nanoTime();

  /**
   * @param known those of the session before
   */
  Witnesses(Tree tree, List<Witness> known, Duration settles) throws LinuxException {
    this.tree = tree;
    this.settled = known;
    this.settles = settles;
    try (DirectoryHandle root = tree.directory(new byte[0])) {
      this.areThere = FileSystemStatus.of(root).hasTimesOfChange();
    }
    names.add("");
  }

  /** Whether the source's file system has times of change that only go forward. */
  boolean areThere() {
    return areThere;
  }

  /** A name has changed. */
  void note(String path) {
    names.remove(path);
    names.add(path);
    if (names.size() > NAMES_MAX) {
      names.remove(names.getFirst());
    }
  }

  /** Those that count by now; to be called from time to time. */
  List<Witness> settled() {
    if (areThere && System.nanoTime() - lookedNanos >= settles.toNanos()) {
      lookedNanos = System.nanoTime();
      if (!young.isEmpty()) {
        settled = young;
      }
      young = look();
    }
    return settled;
  }

  private List<Witness> look() {
    LinkedHashSet<String> all = new LinkedHashSet<>(names);
    names.forEach(name -> all.add(name.isEmpty() ? "" : parent(name)));
    List<Witness> found = new ArrayList<>();
    for (String path : all) {
      FileStatus status = status(path);
      if (status != null) {
        found.add(new Witness(path, status.inode(), status.ctimeTotalNanos()));
      }
    }
    return List.copyOf(found);
  }

  /** Null when it is gone, or cannot be reached. */
  private @Nullable FileStatus status(String path) {
    String in = path.isEmpty() ? "" : parent(path);
    try (DirectoryHandle directory = tree.directory(PathText.bytes(in))) {
      String name = path.substring(in.isEmpty() ? 0 : in.length() + 1);
      return path.isEmpty() ? directory.status() : directory.status(PathText.bytes(name));
    } catch (LinuxException e) {
      return null;
    }
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  /**
   * Why the source must not be mirrored as it is.
   *
   * @param root of the source, for people
   * @return null when it is no older than it was, as far as can be seen
   */
  @Nullable String objection(String root) {
    if (!areThere) {
      return null;
    }
    for (Witness one : settled) {
      FileStatus now = status(one.path());
      if (now != null
          && now.inode() == one.inode()
          && now.ctimeTotalNanos() < one.changedNanos() - CLOCK_DRIFT_NANOS) {
        return root
            + " is an older state of what was mirrored before: "
            + (one.path().isEmpty() ? "it" : Report.shown(one.path()))
            + " had changed at "
            + time(one.changedNanos())
            + ", and says "
            + time(now.ctimeTotalNanos())
            + " now. A snapshot, an image or a backup of its disk has taken its place. Nothing is"
            + " changed on the target, which may hold what the source has lost. Bring the newer"
            + " source back, or copy from the target what is missing; then, or if the older state"
            + " is meant, resume the mirror with a new root.";
      }
    }
    return null;
  }

  private static Instant time(long nanos) {
    return Instant.ofEpochSecond(0, nanos).truncatedTo(java.time.temporal.ChronoUnit.SECONDS);
  }
}
