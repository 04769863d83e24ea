package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.attributes.Xattrs;
import dev.godwit.sync.content.Checksum;
import dev.godwit.sync.content.ChecksumKind;
import dev.godwit.sync.content.FileContent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A listing with all that is read of its files before it can be sent. Its directories are closed.
 *
 * @param sums of the content of its files, by their place; empty for what is no file or cannot be
 *     read; null when none are wanted
 * @param values of extended attributes that are too large for entries
 */
record PreparedListing(Listing listing, byte @Nullable [][] sums, List<Value> values) {
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
          listing, sums == null ? null : sums(listing, files, sums), values(listing));
    }
  }

  /** The same without anything in it. */
  PreparedListing without() {
    return new PreparedListing(listing.without(), null, List.of());
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
