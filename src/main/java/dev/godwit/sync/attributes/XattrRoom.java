package dev.godwit.sync.attributes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * In which orders extended attributes may fit into the little room that ext4 has for them
 * (fs/ext4/xattr.h of Linux): what is set goes into the inode as long as it fits there, and into
 * one block of its own when it does not. What overflows the block has to be in the inode, so it is
 * set first.
 */
final class XattrRoom {
  private static final int ENTRY_BYTES = 16;

  /** A block of 4 KiB without its header and the end of its list. */
  private static final int BLOCK_BYTES = 4096 - 32 - 4;

  /** More than an inode of 256 bytes has, and as much as one of 1 KiB. */
  private static final int INODE_BYTES_MAX = 1024;

  /** Attributes that are looked at for the inode; the smallest ones. */
  private static final int CHOICES_MAX = Long.SIZE - 1;

  private XattrRoom() {}

  /**
   * Those that are likely to fit, first the one that puts least into the inode of all that leave no
   * more than a block for the rest; each has all attributes.
   *
   * @param count at most so many
   */
  static List<List<Xattr>> orders(List<Xattr> attributes, int count) {
    List<Xattr> smallestFirst = new ArrayList<>(attributes);
    smallestFirst.sort(Comparator.comparingInt(XattrRoom::size));
    int least = -BLOCK_BYTES;
    for (Xattr xattr : attributes) {
      least += size(xattr);
    }
    // For each size that some of them have together, in steps of 4 bytes, some that have it.
    long[] some = new long[INODE_BYTES_MAX / 4 + 1];
    boolean[] isThere = new boolean[some.length];
    isThere[0] = true;
    for (int i = 0; i < Math.min(smallestFirst.size(), CHOICES_MAX); i++) {
      int size = size(smallestFirst.get(i)) / 4;
      for (int before = some.length - 1 - size; before >= 0; before--) {
        if (isThere[before] && !isThere[before + size]) {
          isThere[before + size] = true;
          some[before + size] = some[before] | 1L << i;
        }
      }
    }
    List<List<Xattr>> orders = new ArrayList<>();
    for (int at = Math.max(0, least) / 4; at < some.length && orders.size() < count; at++) {
      if (isThere[at]) {
        orders.add(order(smallestFirst, some[at]));
      }
    }
    return orders;
  }

  private static List<Xattr> order(List<Xattr> smallestFirst, long inInode) {
    List<Xattr> first = new ArrayList<>();
    List<Xattr> rest = new ArrayList<>();
    for (int i = 0; i < smallestFirst.size(); i++) {
      boolean isFirst = i < CHOICES_MAX && (inInode >>> i & 1) == 1;
      (isFirst ? first : rest).add(smallestFirst.get(i));
    }
    first.addAll(rest.reversed());
    return first;
  }

  /** With its entry in the list. Of a name, ext4 keeps what is behind the first dot. */
  private static int size(Xattr xattr) {
    int dot = 0;
    while (dot < xattr.name().length && xattr.name()[dot] != '.') {
      dot++;
    }
    int name = Math.max(0, xattr.name().length - dot - 1);
    return ENTRY_BYTES + roundUp(name) + roundUp((int) Math.min(xattr.length(), 1 << 20));
  }

  private static int roundUp(int bytes) {
    return (bytes + 3) & ~3;
  }
}
