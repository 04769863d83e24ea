package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.Removals;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets directories of the target follow when directories of the source are renamed, in a series of
 * copies: what is in them is not sent again.
 *
 * <p>No event is replayed (H21). A directory that is found under a new name is looked for by its
 * handle among those that the target has copies of ({@link Origins}); its copy is given the new
 * name. What is in it is then as equal to the source as it was before: whoever asks for a rename
 * carries over what was not known to be equal below the old name, in {@link Followed}.
 *
 * <p>Not where names may stand on the target that the source does not have: they would be taken
 * along. With filters only where these say the same of all that is below the old and the new name,
 * and the new one takes part; the target sees that nothing is there that they protect.
 *
 * <p>Any thread.
 */
public final class SeriesRenames {
  /**
   * How long the renames of one round may wait together for looks at their places: a directory that
   * is looked at all the time is sent again, and nobody waits for it. For one thread.
   */
  public static final class Patience {
    private static final Duration WHOLE = Duration.ofMillis(500);

    private long leftNanos = WHOLE.toNanos();
  }

  /** Told of a rename as soon as it was made, before the places of both names are looked at. */
  @FunctionalInterface
  public interface Followed {
    /**
     * @param isExchanged whether what stood under the new name has the old one now
     * @param note to be called: what is known of the target is changed by it
     */
    void followed(boolean isExchanged, Runnable note);
  }

  /** Of so many copies in a directory that is gone it is asked where their directories are. */
  private static final int LOOKED_BELOW_MAX = 1000;

  private final SourceTree tree;
  private final Rules rules;
  private final Filters filters;
  private final boolean isAllowed;
  private final Origins origins;
  private final SeriesQueue looks;
  private final Channel channel;
  private final AtomicInteger next = new AtomicInteger();
  private final Map<Integer, CompletableFuture<TargetRename.Outcome>> asked =
      new ConcurrentHashMap<>();
  private final AtomicInteger made = new AtomicInteger();
  private volatile @Nullable WireException failure;

  /** Whether looks leave out what is to be renamed before. */
  private volatile boolean isWaitedFor;

  SeriesRenames(
      SourceTree tree,
      SeriesRequest request,
      Filters filters,
      Origins origins,
      SeriesQueue looks,
      Channel channel) {
    this.tree = tree;
    this.rules = request.copy().rules();
    this.filters = filters;
    this.isAllowed =
        rules.deletes()
            && request.removals() == Removals.ALL
            && !rules.backup
            && !rules.existingOnly // a directory would come to a name that is not there
            && !rules.followsLinks() // one directory has several places then
            && !rules.pruneEmptyDirectories;
    this.origins = origins;
    this.looks = looks;
    this.channel = channel;
  }

  /** Whether the target has a copy of a directory. */
  public boolean has(InodeHandle directory) {
    return origins.has(directory);
  }

  /** Where the target has the copy of a directory; null when it has none. */
  public byte @Nullable [] placeOf(InodeHandle directory) {
    return origins.placeOf(directory);
  }

  /** How many directories were renamed. */
  public int made() {
    return made.get();
  }

  /**
   * Where the target has the copy of the directory that is at a path now.
   *
   * @return the path itself when it is in its place; null when the target has no copy, when no
   *     directory is there, or when it may not follow
   */
  public byte @Nullable [] copyOf(byte[] path) {
    if (!isAllowed) {
      return null;
    }
    try (DirectoryHandle directory = tree.open(path)) {
      InodeHandle handle = tree.handleOf(path, directory);
      byte[] place = handle == null ? null : origins.placeOf(handle);
      return place != null && isFilteredAlike(place, path) ? place : null;
    } catch (LinuxException | FilterException e) {
      return null; // gone, no directory, or unreadable, which the look reports
    }
  }

  /**
   * Whether the target has another directory's copy at a path, or elsewhere the copy of the one
   * that is there, so that a rename has to come before a look.
   *
   * @param here the directory at the path; null when there is none
   */
  boolean isElsewhere(byte[] path, @Nullable InodeHandle here) {
    InodeHandle copied = origins.originAt(path);
    if (!isAllowed || path.length == 0 || here != null && here.equals(copied)) {
      return false;
    }
    byte[] place = here == null ? null : origins.placeOf(here);
    if (place != null && mayFollow(place, path)) {
      return true;
    }
    byte[] now = copied == null ? null : tree.pathOf(copied);
    if (now != null) {
      return java.util.Arrays.equals(path, now) || mayFollow(path, now);
    }
    return leftBelow(path) != null || here == null && hasComeBackBelow(path);
  }

  /**
   * Whether a directory is by now where the target has its copy, below a path that was not there.
   */
  private boolean hasComeBackBelow(byte[] path) {
    for (InodeHandle one : origins.originsBelow(path, LOOKED_BELOW_MAX)) {
      byte[] now = tree.pathOf(one);
      if (now != null && java.util.Arrays.equals(now, origins.placeOf(one))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Where a directory is now that the target has the copy of below a path; null when they all are
   * there, or nowhere, or may not follow. With what the path is the copy of that one would go.
   */
  public byte @Nullable [] leftBelow(byte[] path) {
    for (InodeHandle one : origins.originsBelow(path, LOOKED_BELOW_MAX)) {
      byte[] now = tree.pathOf(one);
      byte[] place = now == null ? null : origins.placeOf(one);
      if (now != null && place != null && mayFollow(place, now)) {
        return now;
      }
    }
    return null;
  }

  /**
   * From now on looks wait for renames: one that is refused by the target is not to be waited for
   * once more.
   */
  void areWaitedFor() {
    isWaitedFor = true;
  }

  /** Whether directories of the target follow at all. */
  boolean areAllowed() {
    return isAllowed;
  }

  /** Whether the copy at a place may get the name that its directory has. */
  private boolean mayFollow(byte[] place, byte[] path) {
    try {
      return isToRename(place, path)
          && !TemporaryNames.isInTemporary(path)
          && isFilteredAlike(place, path);
    } catch (LinuxException | FilterException e) {
      return false;
    }
  }

  /** Also where one of them lies in the other: then the target makes way for it first. */
  private static boolean isToRename(byte[] from, byte[] to) {
    return from.length > 0 && to.length > 0 && !java.util.Arrays.equals(from, to);
  }

  /** Where the directory is now that the target has the copy of at a path; null: nowhere. */
  public byte @Nullable [] nowAt(byte[] path) {
    InodeHandle copied = origins.originAt(path);
    return copied == null ? null : tree.pathOf(copied);
  }

  /** Whether the target has the copy of a directory at a path that is not there any more. */
  public boolean hasLeft(byte[] path) {
    InodeHandle copied = origins.originAt(path);
    if (!isAllowed || copied == null) {
      return false;
    }
    try (DirectoryHandle directory = tree.open(path)) {
      return !copied.equals(tree.handleOf(path, directory));
    } catch (LinuxException e) {
      return true;
    }
  }

  /** Whether a directory takes part at a path, and with the same names as at its copy's place. */
  private boolean isFilteredAlike(byte[] place, byte[] path)
      throws LinuxException, FilterException {
    if (filters.isEmpty()) {
      return true;
    }
    int above = Math.min(Names.components(place).size(), Names.components(path).size());
    return filters.areSameBelow(above)
        && !FilteredPaths.excludes(filters.source(), tree, path, true);
  }

  /**
   * The directories below a path that the target has copies of elsewhere; of one and another that
   * is in it only the first.
   *
   * @param max how many directories are looked at
   */
  public List<byte[]> movedInto(byte[] path, int max) {
    List<byte[]> moved = new ArrayList<>();
    Deque<byte[]> open = new ArrayDeque<>(directoriesIn(path));
    for (int looked = 0; looked < max && !open.isEmpty(); looked++) {
      byte[] directory = open.remove();
      byte[] copy = copyOf(directory);
      if (copy == null) {
        open.addAll(directoriesIn(directory));
      } else if (!java.util.Arrays.equals(copy, directory)) {
        moved.add(directory);
      }
    }
    return moved;
  }

  private List<byte[]> directoriesIn(byte[] path) {
    List<byte[]> directories = new ArrayList<>();
    try (DirectoryHandle directory = tree.open(path)) {
      for (DirectoryEntry entry : directory.entries()) {
        if (entry.type() == DirectoryEntry.DIRECTORY) {
          directories.add(Paths.join(path, entry.name()));
        }
      }
    } catch (LinuxException e) {
      return List.of(); // gone, no directory, or unreadable, which the look reports
    }
    return directories;
  }

  /**
   * The directories at and below a place of the target of which it is not known what they are
   * copies of.
   *
   * @return null when there may be more
   */
  public @Nullable List<byte[]> unknown(byte[] place) {
    return origins.unknown(place);
  }

  /**
   * Renames a directory of the target, after the looks that are at either place, and before those
   * that are asked for from now on.
   *
   * @param from as {@link #copyOf} has said
   * @param to where the directory is at the source
   * @param isUntouched whether nothing is known to have changed in the directory itself
   * @param patience what it waits is taken from
   * @return whether it was renamed; otherwise nothing was changed
   */
  public boolean follow(
      byte[] from, byte[] to, boolean isUntouched, Patience patience, Followed followed)
      throws WireException, InterruptedException {
    if (!isToRename(from, to)) {
      return false;
    }
    Look places = new Look().missingTree(from).missingTree(to);
    long began = System.nanoTime();
    SeriesQueue.Entry held = looks.hold(places, Duration.ofNanos(patience.leftNanos));
    patience.leftNanos -= System.nanoTime() - began;
    if (held == null) {
      return false;
    }
    try {
      // At this point we know: no look is at either place, so what is known of them stays.
      byte[] place = copyOf(to);
      if (place == null || !java.util.Arrays.equals(place, from)) {
        return false;
      }
      TargetRename.Outcome outcome = ask(wanted(from, to, isUntouched));
      if (outcome == TargetRename.Outcome.NOT) {
        if (isWaitedFor) {
          origins.letGo(from); // it is sent
        }
        return false;
      }
      made.incrementAndGet();
      boolean isExchanged = outcome == TargetRename.Outcome.EXCHANGED;
      followed.followed(isExchanged, () -> origins.renamed(from, to, isExchanged));
      return true;
    } finally {
      looks.done(held, null);
    }
  }

  private TargetRename wanted(byte[] from, byte[] to, boolean isUntouched) {
    boolean isKnown = isUntouched && !origins.isMarked(from);
    if (isKnown && rules.times && !rules.omitDirectoryTimes) {
      try (DirectoryHandle directory = tree.open(to)) {
        FileStatus status = directory.status();
        return new TargetRename(from, to, status.mtimeSeconds(), status.mtimeNanos());
      } catch (LinuxException e) {
        // It moves on; the target has its copy all the same.
      }
    }
    return new TargetRename(from, to, 0, -1);
  }

  private TargetRename.Outcome ask(TargetRename rename) throws WireException, InterruptedException {
    int number = next.getAndIncrement();
    CompletableFuture<TargetRename.Outcome> answer = new CompletableFuture<>();
    asked.put(number, answer);
    WireException ended = failure;
    if (ended != null) {
      throw ended; // it may have ended before the question was known
    }
    MessageWriter message = new MessageWriter().u8(SeriesFrames.RENAME).u32(number);
    rename.write(message);
    message.sendTo(channel);
    try {
      return answer.get();
    } catch (ExecutionException e) {
      WireException cause = failure;
      throw new WireException(cause == null ? "the copy has ended" : "" + cause.getMessage(), e);
    }
  }

  /** The target's answer has come. */
  void answered(int number, int outcome) throws WireException {
    CompletableFuture<TargetRename.Outcome> answer = asked.remove(number);
    if (answer == null || outcome >= TargetRename.Outcome.values().length) {
      throw CompactReader.malformed("an answer to what was not asked");
    }
    answer.complete(TargetRename.Outcome.values()[outcome]);
  }

  /** The series has ended. */
  void end(WireException reason) {
    failure = reason;
    asked.values().forEach(answer -> answer.completeExceptionally(reason));
  }
}
