package dev.godwit.sync.attributes;

import dev.godwit.linux.Sha256;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One extended attribute. A value that is too large to be carried along is known by its length and
 * its sum only, and is asked for when it is needed. Immutable.
 *
 * @param value null when it is not carried along
 * @param length of the value, in bytes
 * @param sum SHA-256 of the value; null when that is carried along
 */
@SuppressWarnings("ArrayRecordComponent") // names are bytes; equality is asked for by name
record Xattr(byte[] name, byte @Nullable [] value, int length, byte @Nullable [] sum) {
  static final int SUM_BYTES = 32;

  static Xattr carried(byte[] name, byte[] value) {
    return new Xattr(name, value, value.length, null);
  }

  static Xattr summed(byte[] name, byte[] value) {
    return new Xattr(name, null, value.length, sum(value));
  }

  /** Whether this is its value. */
  boolean isValue(byte[] other) {
    if (other.length != length) {
      return false;
    }
    return value != null ? Arrays.equals(value, other) : Arrays.equals(sum, sum(other));
  }

  private static byte[] sum(byte[] value) {
    return Sha256.ofJava().digest(value);
  }
}
