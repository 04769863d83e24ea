package dev.godwit.sync.attributes;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The extended attributes of one inode that a copy keeps, sorted by name. Immutable.
 *
 * <p>Bounded: the kernel gives at most 64 KiB of names, and here at most {@link #COUNT_MAX} of them
 * are taken; values are carried along up to {@link #CARRIED_BYTES_MAX} together, larger ones by
 * their sums. So a set fits one message.
 */
public final class Xattrs {
  /** How many attributes an inode may have to be copied with them. */
  static final int COUNT_MAX = 2000;

  /** How many bytes of values are carried along for one inode. */
  static final int CARRIED_BYTES_MAX = 64 * 1024;

  private static final int NAME_BYTES_MAX = 255;
  private static final int NAMES_BYTES_MAX = 64 * 1024;
  private static final int VALUE_BYTES_MAX = 64 * 1024;

  /** Set again by whoever changes content or owner, so it is set after everything else (H6). */
  private static final byte[] CAPABILITY = {
    's', 'e', 'c', 'u', 'r', 'i', 't', 'y', '.', 'c', 'a', 'p', 'a', 'b', 'i', 'l', 'i', 't', 'y'
  };

  private final Xattr[] all;

  private Xattrs(List<Xattr> all) {
    this.all = all.toArray(new Xattr[0]);
    Arrays.sort(this.all, (a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
  }

  /** What gives the value of an attribute. */
  @FunctionalInterface
  interface Values {
    byte @Nullable [] value(byte[] name) throws LinuxException;
  }

  /**
   * Reads the attributes with these names.
   *
   * @param stored what each is called on the inode, in the order of {@code names}
   * @return null when there are none, or no more of them
   * @throws LinuxException E2BIG when there are more than this class takes
   */
  static @Nullable Xattrs read(List<byte[]> names, List<byte[]> stored, Values values)
      throws LinuxException {
    if (names.size() > COUNT_MAX) {
      throw new LinuxException("listxattr", names.size() + " names", Errno.E2BIG);
    }
    List<Xattr> all = new ArrayList<>(names.size());
    int carried = 0;
    for (int i = 0; i < names.size(); i++) {
      byte[] value = values.value(stored.get(i));
      if (value == null) {
        continue; // removed since it was listed
      }
      if (carried + value.length <= CARRIED_BYTES_MAX) {
        carried += value.length;
        all.add(Xattr.carried(names.get(i), value));
      } else {
        all.add(Xattr.summed(names.get(i), value));
      }
    }
    return all.isEmpty() ? null : new Xattrs(all);
  }

  /** Those whose names do not match; null when none are left. */
  @Nullable Xattrs without(Predicate<byte[]> names) {
    List<Xattr> left = new ArrayList<>(all.length);
    for (Xattr one : all) {
      if (!names.test(one.name())) {
        left.add(one);
      }
    }
    return left.isEmpty() ? null : left.size() == all.length ? this : new Xattrs(left);
  }

  int size() {
    return all.length;
  }

  Xattr get(int index) {
    return all[index];
  }

  /** Where the name is; negative when it is not there. */
  int indexOf(byte[] name) {
    int low = 0;
    int high = all.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = Arrays.compareUnsigned(all[middle].name(), name);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** The names of those whose values are not carried along. */
  public List<byte[]> large() {
    List<byte[]> names = new ArrayList<>(0);
    for (Xattr one : all) {
      if (one.value() == null) {
        names.add(one.name());
      }
    }
    return names;
  }

  /** Whether a file capability is among them. */
  boolean hasCapability() {
    return indexOf(CAPABILITY) >= 0;
  }

  static boolean isCapability(byte[] name) {
    return Arrays.equals(name, CAPABILITY);
  }

  /** How many bytes {@link #write} takes, at most. */
  int wireBytes() {
    int bytes = 4;
    for (Xattr one : all) {
      byte[] value = one.value();
      bytes += 4 + one.name().length + 1 + 4 + (value == null ? Xattr.SUM_BYTES : value.length);
    }
    return bytes;
  }

  void write(MessageWriter message) {
    message.u32(all.length);
    for (Xattr one : all) {
      message.bytes(one.name());
      byte[] value = one.value();
      byte[] sum = one.sum();
      if (value != null) {
        message.u8(0).bytes(value);
      } else if (sum != null) {
        message.u8(1).u32(one.length()).raw(sum, 0, sum.length);
      }
    }
  }

  static @Nullable Xattrs read(MessageReader message) throws WireException {
    int count = message.count(COUNT_MAX);
    List<Xattr> all = new ArrayList<>(Math.min(count, 16));
    int names = 0;
    int carried = 0;
    for (int i = 0; i < count; i++) {
      byte[] name = message.bytes(NAME_BYTES_MAX);
      names += name.length + 1;
      if (!isName(name) || names > NAMES_BYTES_MAX) {
        throw new WireException("malformed message: not the names of extended attributes");
      }
      if (message.bool()) {
        int length = message.count(VALUE_BYTES_MAX);
        byte[] sum = new byte[Xattr.SUM_BYTES];
        for (int k = 0; k < sum.length; k++) {
          sum[k] = (byte) message.u8();
        }
        all.add(new Xattr(name, null, length, sum));
      } else {
        byte[] value = message.bytes(VALUE_BYTES_MAX);
        carried += value.length;
        if (carried > CARRIED_BYTES_MAX) {
          throw new WireException("malformed message: too many extended attributes");
        }
        all.add(Xattr.carried(name, value));
      }
    }
    Xattrs xattrs = new Xattrs(all);
    for (int i = 1; i < count; i++) {
      if (Arrays.equals(xattrs.all[i - 1].name(), xattrs.all[i].name())) {
        throw new WireException("malformed message: an extended attribute twice");
      }
    }
    return count == 0 ? null : xattrs;
  }

  /** Whether it has a name space in front and no NUL, which would end the name for the kernel. */
  private static boolean isName(byte[] name) {
    int dot = -1;
    for (int i = 0; i < name.length; i++) {
      if (name[i] == 0) {
        return false;
      }
      if (name[i] == '.' && dot < 0) {
        dot = i;
      }
    }
    return dot > 0 && dot < name.length - 1;
  }
}
