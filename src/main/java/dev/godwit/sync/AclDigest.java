package dev.godwit.sync;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * An access control list as it is compared: with the numbers of the other host, and its entries in
 * one order. Reads the extended attribute by itself (linux/posix_acl_xattr.h), for a comparison
 * shares nothing with the copy.
 */
final class AclDigest {
  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 4;
  private static final int ENTRY_BYTES = 8;
  private static final int USER = 0x02;
  private static final int GROUP = 0x08;

  private AclDigest() {}

  /**
   * @param value of the attribute
   * @return the same value where no number changes or where it is no list
   */
  static byte[] mapped(byte[] value, IdMap owners) {
    int entries = (value.length - HEADER_BYTES) / ENTRY_BYTES;
    ByteBuffer in = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    if (value.length != HEADER_BYTES + entries * ENTRY_BYTES
        || entries == 0
        || in.getInt(0) != VERSION) {
      return value;
    }
    // Tag, then number, then place: of two entries with one number the first counts.
    long[] keys = new long[entries];
    int[] permissions = new int[entries];
    for (int i = 0; i < entries; i++) {
      int at = HEADER_BYTES + i * ENTRY_BYTES;
      int tag = in.getShort(at) & 0xff;
      permissions[i] = in.getShort(at + 2) & 0xffff;
      int id = in.getInt(at + 4);
      int there = tag == USER ? owners.user(id) : tag == GROUP ? owners.group(id) : id;
      keys[i] = (long) tag << 48 | Integer.toUnsignedLong(there) << 16 | i;
    }
    Arrays.sort(keys);
    byte[] mapped = new byte[value.length];
    ByteBuffer out = ByteBuffer.wrap(mapped).order(ByteOrder.LITTLE_ENDIAN).putInt(VERSION);
    for (long key : keys) {
      out.putShort((short) (key >>> 48))
          .putShort((short) permissions[(int) (key & 0xffff)])
          .putInt((int) (key >>> 16));
    }
    return mapped;
  }
}
