package dev.godwit.sync.copy;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.attributes.LargeValues;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A directory of a source on another host, as the target knows it: by its number. Its fields belong
 * to {@link FarTree}.
 */
final class FarDirectory implements SourceDirectory.Part {
  final int number;

  final int pass;

  /** Whether only some of its names are listed, by a look. */
  final boolean isPartial;

  /** The files whose content is in doubt although size and time are equal (H19). */
  private final BitSet suspects = new BitSet(0);

  /** The names that files may have here, where that is another one than at the source. */
  private final Map<Integer, OldName> cameFrom = new HashMap<>(0);

  /** Content that has come and was not asked for: records, by {@link SourceEntry#place}. */
  private final Map<Integer, CompactReader> offered = new HashMap<>(0);

  /** Whether directories in it that are lacking here come by looks of their own. */
  volatile boolean leavesMissing;

  /** Whether the source's has come in the place of another one, which was seen to go. */
  volatile boolean isReplaced;

  /** The directories in it that are entered, in order; known once it is listed. */
  List<FarDirectory> children = List.of();

  /**
   * What has come of the listing; null before and after. Not made before: a directory may be known
   * for long, and what an old object refers to is kept until all of the heap is collected, also
   * when that object is dead.
   */
  @Nullable List<SourceEntry> entries;

  /** Whether all of the listing has come. */
  boolean isListed;

  /** What it takes so far, as the source counts. */
  long cost;

  /** What counts of that in the memory of this side, in bytes. */
  long held;

  /** The whole listing, once it has come, until its files are done. */
  @Nullable Listing listing;

  /** When the listing came, counted in listings. */
  long arrival;

  /** What the target does with it; null until that is known. */
  @Nullable TargetDirectory target;

  /** Of the files that the listing leaves out; null when it has all. */
  FileSums.@Nullable Told sum;

  /** Whether all of it was asked for; then {@link #announced} are the directories it may have. */
  boolean isWhole;

  /** Whether something could not be read that comes before it. The thread that receives. */
  boolean isAfterError;

  /** By their names. */
  Map<ByteBuffer, SourceDirectory> announced = Map.of();

  /** Nothing of it is wanted. */
  boolean isDead;

  /** Nothing of it is wanted, but its names count (--stats). */
  boolean isCounted;

  /** It counts no more for how much may be listed. */
  boolean isReleased;

  /** The files that are asked for and have not begun to come, by {@link SourceEntry#place}. */
  private FileWork @Nullable [] wanted;

  private final List<byte[]> sums = new ArrayList<>(0);
  private final Map<ValueKey, byte[]> values = new HashMap<>(0);

  /**
   * @param pass over the tree that it belongs to, from 0
   */
  FarDirectory(int number, int pass, boolean isPartial) {
    this.number = number;
    this.pass = pass;
    this.isPartial = isPartial;
  }

  static FarDirectory of(Listing listing) {
    return of(listing.directory());
  }

  static FarDirectory of(SourceDirectory directory) {
    return (FarDirectory) directory.parts().getFirst();
  }

  /** Notes what is asked for. */
  synchronized void want(int index, FileWork work, int entriesCount) {
    FileWork[] works = wanted;
    if (works == null) {
      works = new FileWork[entriesCount];
      wanted = works;
    }
    works[index] = work;
  }

  /** Gives the values of an entry's extended attributes that were too large for the listing. */
  LargeValues values(int index) {
    return attribute -> value(index, attribute);
  }

  private synchronized byte[] value(int index, byte[] attribute) throws LinuxException {
    byte[] value = values.get(new ValueKey(index, ByteBuffer.wrap(attribute)));
    if (value == null) {
      throw new LinuxException("getxattr", Names.display(attribute), Errno.E2BIG);
    }
    return value;
  }

  synchronized void putValue(int index, byte[] attribute, byte[] value) {
    values.put(new ValueKey(index, ByteBuffer.wrap(attribute)), value);
  }

  /** The thread that receives, before the listing is whole. */
  void addSuspect(int index) {
    suspects.set(index);
  }

  boolean isSuspect(int index) {
    return suspects.get(index);
  }

  /** The thread that receives, before the listing is whole. */
  void cameFrom(int index, OldName from) {
    cameFrom.put(index, from);
  }

  @Nullable OldName cameFrom(int index) {
    return cameFrom.get(index);
  }

  /** The thread that receives, before the listing is whole. */
  synchronized void offer(int index, CompactReader record) {
    offered.put(index, record);
  }

  /** What was offered of an entry, once; null for nothing. */
  synchronized @Nullable CompactReader takeOffered(int index) {
    return offered.remove(index);
  }

  /** The checksum of an entry's content; the thread that receives, before the listing is whole. */
  void addSum(int index, byte[] sum) {
    while (sums.size() < index) {
      sums.add(Paths.NONE);
    }
    sums.add(sum);
  }

  /** Empty when it is not known. */
  byte[] sum(int index) {
    return index < sums.size() ? sums.get(index) : Paths.NONE;
  }

  private record ValueKey(int index, ByteBuffer attribute) {}

  /** Its files are done. Large values stay: directories in it get theirs later. */
  synchronized void clear() {
    wanted = null;
    offered.clear();
    announced = Map.of();
  }

  /** What was asked for and has not come; null for nothing. */
  synchronized @Nullable FileWork peek(int index) {
    FileWork[] works = wanted;
    return works == null || index >= works.length ? null : works[index];
  }

  /** Returns what was asked for, once; null when it was not (H38). */
  synchronized @Nullable FileWork take(int index) {
    FileWork[] works = wanted;
    if (works == null || index >= works.length) {
      return null;
    }
    FileWork work = works[index];
    works[index] = null;
    return work;
  }
}
