package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.FileSum;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.attributes.Xattrs;
import dev.godwit.sync.content.Checksum;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.content.FileContent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A listing with all that is read of its files before it can be sent. Its directories are closed.
 *
 * @param sums of the content of its files, by their place; empty for what is no file or cannot be
 *     read; null when none are wanted
 * @param values of extended attributes that are too large for entries
 * @param sum of the files that are not in the listing; null when all are
 */
record PreparedListing(
    Listing listing, byte @Nullable [][] sums, List<Value> values, FileSums.@Nullable Told sum) {
  /** Large extended attributes of one directory, in bytes; what is beyond the target will miss. */
  private static final long VALUES_MAX = 8 << 20;

  /** One value of the entry at a place. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Value(int index, byte[] attribute, byte[] value) {}

  /**
   * Lists a directory.
   *
   * @param sums which kind of checksum is wanted; null for none
   */
  static PreparedListing of(
      Lister lister, SourceDirectory directory, SourceFiles files, @Nullable ChecksumKind sums) {
    try (Listing listing = lister.list(directory)) {
      return new PreparedListing(
          listing, sums == null ? null : sums(listing, files, sums), values(listing), null);
    }
  }

  /**
   * Lists a directory with a sum in the place of its files.
   *
   * @return null when that cannot be, or is not worth it
   */
  static @Nullable PreparedListing summed(Lister lister, SourceDirectory directory, FileSums sums) {
    Place place = place(directory);
    if (place == null || !lister.maySum(directory)) {
      return null;
    }
    try (DirectoryHandle handle = lister.open(directory, place)) {
      if (handle == null) {
        return null;
      }
      SourceDirectory.Looked looked =
          directory.parts().getFirst() instanceof SourceDirectory.Looked one ? one : null;
      FileSum.Sum sum = looked == null ? null : looked.gatheredSum(handle, sums);
      if (sum == null) {
        FileSum.Apart apart = looked == null ? null : looked.apartOfSums();
        sum = sums.of(handle, apart);
      }
      if (sum == null) {
        return null;
      }
      Listing listing = lister.rest(directory, place, handle, sum.rest());
      List<Value> values = values(listing);
      // Those would have to be read once more for a whole listing.
      return !values.isEmpty() && sum.files() > 0
          ? null
          : new PreparedListing(
              listing, null, values, sum.files() == 0 ? null : FileSums.Told.of(sum));
    } catch (LinuxException e) {
      return null; // told by who lists all of it
    }
  }

  /** The one real directory that a sum can be of; null where there is none. */
  private static @Nullable Place place(SourceDirectory directory) {
    if (directory.parts().size() != 1) {
      return null;
    }
    SourceDirectory.Part part = directory.parts().getFirst();
    if (part instanceof SourceDirectory.Looked looked) {
      return looked.canBeSummed() ? looked.place() : null;
    }
    return part instanceof SourceDirectory.Content content ? content.place() : null;
  }

  /**
   * The listing that takes the place of one with a sum: what that has, and the files. Directories
   * that have come since are left out.
   *
   * @param rest what was sent
   */
  static PreparedListing whole(Lister lister, Listing rest) {
    SourceDirectory directory = rest.directory();
    Set<ByteBuffer> known = new HashSet<>();
    for (SourceEntry entry : rest.entries()) {
      known.add(ByteBuffer.wrap(entry.name()));
    }
    List<SourceEntry> all = rest.entries();
    boolean isComplete = rest.isComplete();
    List<Value> values = List.of();
    List<FileStatus> status = rest.status();
    Place place = java.util.Objects.requireNonNull(place(directory));
    try (DirectoryHandle handle = lister.open(directory, place)) {
      if (handle == null) {
        return withoutFiles(rest);
      }
      List<byte[]> names = new ArrayList<>();
      for (List<DirectoryEntry> some = handle.nextEntries();
          some != null;
          some = handle.nextEntries()) {
        for (DirectoryEntry entry : some) {
          if (entry.type() == DirectoryEntry.REGULAR
              && !known.contains(ByteBuffer.wrap(entry.name()))) {
            names.add(entry.name());
          }
        }
      }
      Listing files = lister.rest(directory, place, handle, names);
      isComplete &= files.isComplete();
      status = files.status();
      EntryGatherer gathered = new EntryGatherer(lister.large(handle));
      for (SourceEntry entry : files.entries()) {
        if (entry.isDirectory()) {
          isComplete = false;
        } else {
          gathered.add(entry);
        }
      }
      rest.entries().forEach(gathered::add);
      all = gathered.sorted();
      values = values(files.only(all));
    } catch (LinuxException e) {
      isComplete = false;
      lister.unreadable(directory, place, e);
    }
    return new PreparedListing(
        new Listing(directory, rest.scope(), all, true, isComplete, List.of(), status, null, false),
        null,
        values,
        null);
  }

  /** What is in the directory is not known any more. */
  private static PreparedListing withoutFiles(Listing rest) {
    return new PreparedListing(
        new Listing(
            rest.directory(),
            rest.scope(),
            rest.entries(),
            true,
            false,
            List.of(),
            rest.status(),
            null,
            false),
        null,
        List.of(),
        null);
  }

  /** The same without anything in it. */
  PreparedListing without() {
    return new PreparedListing(listing.without(), null, List.of(), null);
  }

  private static byte[][] sums(Listing listing, SourceFiles files, ChecksumKind kind) {
    Checksum checksum = kind.start();
    byte[][] sums = new byte[listing.entries().size()][];
    for (int i = 0; i < sums.length; i++) {
      SourceEntry entry = listing.entries().get(i);
      sums[i] = entry.isFile() ? sum(listing, entry, files, checksum) : Paths.NONE;
    }
    return sums;
  }

  private static byte[] sum(
      Listing listing, SourceEntry entry, SourceFiles files, Checksum checksum) {
    DirectoryHandle in = listing.handles().get(entry.place());
    if (in == null) {
      return Paths.NONE;
    }
    try (FileHandle file = files.open(in, listing, entry)) {
      checksum.update(new FileContent(file), 0, Long.MAX_VALUE);
      return checksum.finish();
    } catch (LinuxException e) {
      var unused = checksum.finish();
      return Paths.NONE; // it will be wanted, and what is in the way be told then
    }
  }

  private static List<Value> values(Listing listing) {
    List<Value> values = new ArrayList<>(0);
    long left = VALUES_MAX;
    for (int i = 0; i < listing.entries().size(); i++) {
      SourceEntry entry = listing.entries().get(i);
      Xattrs xattrs = entry.attributes().xattrs();
      LargeValues large = entry.large();
      if (xattrs == null || large == null) {
        continue;
      }
      for (byte[] attribute : xattrs.large()) {
        byte[] value = value(large, attribute);
        if (value != null && value.length <= left) {
          left -= value.length;
          values.add(new Value(i, attribute, value));
        }
      }
    }
    return values;
  }

  /** Null when there is none any more, or it cannot be read: the target misses it, and tells. */
  private static byte @Nullable [] value(LargeValues large, byte[] attribute) {
    try {
      return large.value(attribute);
    } catch (LinuxException e) {
      return null;
    }
  }
}
