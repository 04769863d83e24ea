package dev.godwit.sync.attributes;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What {@code rsync --fake-super} keeps in attributes of the user's own, because only root can have
 * it for real: {@code user.rsync.%stat} with mode, device and owner, {@code %aacl} and {@code
 * %dacl} with access control lists, and attributes of other name spaces behind {@code user.rsync.}.
 * Devices, fifos, sockets and symbolic links are regular files then; that of a symbolic link holds
 * its text. Pure functions; the formats were found by looking at what rsync 3.5.0 writes.
 */
final class FakeSuper {
  static final byte[] STAT = Names.of("user.rsync.%stat");
  static final byte[] ACCESS_ACL = Names.of("user.rsync.%aacl");
  static final byte[] DEFAULT_ACL = Names.of("user.rsync.%dacl");

  private static final byte[] OWN = Names.of("user.rsync.%");
  private static final byte[] PREFIX = Names.of("user.rsync.");
  private static final byte[] USER = Names.of("user.");

  private static final int REGULAR = 0100000;
  private static final int DIRECTORY = 0040000;

  /** In a list: the permissions are those of the mode. */
  private static final int FROM_MODE = 0x80;

  /** In a list: this entry names a user. */
  private static final int IS_USER = 0x8000_0000;

  private static final int LIST_HEADER_BYTES = 16;
  private static final int LIST_ENTRY_BYTES = 8;

  private FakeSuper() {}

  /**
   * {@code user.rsync.%stat}.
   *
   * @param mode as st_mode, with the type that is meant
   * @param device as {@link FileStatus#specialDevice}
   */
  record Stat(int mode, long device, int uid, int gid) {
    /** {@code 104755 0,0 5:6}. */
    byte[] value() {
      String text =
          Integer.toOctalString(mode)
              + ' '
              + (device >>> 32)
              + ','
              + (device & 0xffff_ffffL)
              + ' '
              + Integer.toUnsignedString(uid)
              + ':'
              + Integer.toUnsignedString(gid);
      return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Null when the value is not of this form. */
    static @Nullable Stat parse(byte[] value) {
      Cursor cursor = new Cursor(value);
      long mode = cursor.number(8, ' ');
      long major = cursor.number(10, ',');
      long minor = cursor.number(10, ' ');
      long uid = cursor.number(10, ':');
      long gid = cursor.number(10, '\0');
      if (cursor.failed || mode > 0177777 || (int) uid == -1 || (int) gid == -1) {
        return null;
      }
      return new Stat((int) mode, major << 32 | minor, (int) uid, (int) gid);
    }

    /** Whether a real inode of this type can stand for it. */
    boolean fits(int realMode) {
      int type = mode & FileStatus.TYPE;
      int realType = realMode & FileStatus.TYPE;
      return type == realType || realType == REGULAR && type != DIRECTORY && type != 0;
    }
  }

  /** Reads numbers of at most 32 bits with something between them. */
  private static final class Cursor {
    private final byte[] value;
    private int at;
    private boolean failed;

    Cursor(byte[] value) {
      this.value = value;
    }

    /** A number and what stands behind it; NUL for the end. */
    long number(int radix, char behind) {
      long number = 0;
      int first = at;
      for (; at < value.length; at++) {
        int digit = Character.digit((char) (value[at] & 0x7f), radix);
        if (digit < 0 || value[at] < 0) {
          break;
        }
        number = number * radix + digit;
        failed |= number > 0xffff_ffffL;
        if (failed) {
          return 0;
        }
      }
      failed |= at == first;
      if (behind == '\0') {
        failed |= at != value.length;
      } else {
        failed |= at >= value.length || value[at] != behind;
        at++;
      }
      return number;
    }
  }

  /** The permissions of the real inode: never more than its owner's own, and never locked out. */
  static int realPermissions(int mode, boolean isRealDirectory) {
    return mode & 0777 | (isRealDirectory ? 0700 : 0600);
  }

  /** Whether the attribute is one of rsync's own, and no attribute of the file. */
  static boolean isOwn(byte[] stored) {
    return XattrChoice.begins(stored, OWN);
  }

  /** What an attribute is called that is stored so. */
  static byte[] meant(byte[] stored) {
    if (!XattrChoice.begins(stored, PREFIX)) {
      return stored;
    }
    for (int i = PREFIX.length + 1; i < stored.length - 1; i++) {
      if (stored[i] == '.') {
        byte[] name = new byte[stored.length - PREFIX.length];
        System.arraycopy(stored, PREFIX.length, name, 0, name.length);
        return name;
      }
    }
    return stored; // no name space follows: it is an attribute of the user that looks like one
  }

  /** How an attribute is stored. */
  static byte[] stored(byte[] name) {
    if (XattrChoice.begins(name, USER)) {
      return name;
    }
    byte[] stored = new byte[PREFIX.length + name.length];
    System.arraycopy(PREFIX, 0, stored, 0, PREFIX.length);
    System.arraycopy(name, 0, stored, PREFIX.length, name.length);
    return stored;
  }

  /**
   * A list as it is stored: the permissions of owner, group, mask and others, then id and
   * permissions of each that is named; little-endian numbers of 32 bits. Of an access list, what
   * the mode says is left out.
   */
  static byte[] list(Acl acl, boolean isDefault) {
    ListWriter writer = new ListWriter();
    acl.forEach(writer);
    int mask = writer.head[2];
    if (!isDefault) {
      writer.head[0] = FROM_MODE;
      writer.head[3] = FROM_MODE;
      if (mask == FROM_MODE || writer.head[1] == mask) {
        writer.head[1] = FROM_MODE;
      }
    }
    byte[] value = new byte[LIST_HEADER_BYTES + LIST_ENTRY_BYTES * writer.count];
    for (int i = 0; i < 4; i++) {
      put(value, 4 * i, writer.head[i]);
    }
    System.arraycopy(writer.named, 0, value, LIST_HEADER_BYTES, LIST_ENTRY_BYTES * writer.count);
    return value;
  }

  private static final class ListWriter implements Acl.EntrySink {
    private final int[] head = {FROM_MODE, FROM_MODE, FROM_MODE, FROM_MODE};
    private byte[] named = new byte[8 * LIST_ENTRY_BYTES];
    private int count;

    @Override
    public void entry(int tag, int id, int permissions) {
      switch (tag) {
        case Acl.USER_OBJ -> head[0] = permissions;
        case Acl.GROUP_OBJ -> head[1] = permissions;
        case Acl.MASK -> head[2] = permissions;
        case Acl.OTHER -> head[3] = permissions;
        default -> {
          if ((count + 1) * LIST_ENTRY_BYTES > named.length) {
            named = Arrays.copyOf(named, 2 * named.length);
          }
          put(named, count * LIST_ENTRY_BYTES, id);
          int flag = tag == Acl.USER ? IS_USER : 0;
          put(named, count * LIST_ENTRY_BYTES + 4, permissions | flag);
          count++;
        }
      }
    }
  }

  /**
   * Reads a stored list.
   *
   * @param mode what the list leaves to the mode
   * @return null when it is none
   */
  static @Nullable Acl list(byte[] value, int mode) {
    int rest = value.length - LIST_HEADER_BYTES;
    if (rest < 0 || rest % LIST_ENTRY_BYTES != 0 || rest / LIST_ENTRY_BYTES > Acl.ENTRIES_MAX) {
      return null;
    }
    int[] head = new int[4];
    for (int i = 0; i < 4; i++) {
      head[i] = number(value, 4 * i);
      if (head[i] != FROM_MODE && (head[i] & ~7) != 0) {
        return null;
      }
    }
    Acl.Builder builder = new Acl.Builder();
    builder.add(Acl.USER_OBJ, -1, head[0] == FROM_MODE ? mode >> 6 : head[0]);
    builder.add(Acl.GROUP_OBJ, -1, head[1] == FROM_MODE ? mode >> 3 : head[1]);
    builder.add(Acl.OTHER, -1, head[3] == FROM_MODE ? mode : head[3]);
    if (head[2] != FROM_MODE || rest > 0) {
      builder.add(Acl.MASK, -1, head[2] == FROM_MODE ? mode >> 3 : head[2]);
    }
    for (int at = LIST_HEADER_BYTES; at < value.length; at += LIST_ENTRY_BYTES) {
      int id = number(value, at);
      int access = number(value, at + 4);
      if ((access & ~(IS_USER | 7)) != 0 || id == -1) {
        return null;
      }
      builder.add((access & IS_USER) != 0 ? Acl.USER : Acl.GROUP, id, access & 7);
    }
    return builder.build();
  }

  private static int number(byte[] value, int at) {
    return value[at] & 0xff
        | (value[at + 1] & 0xff) << 8
        | (value[at + 2] & 0xff) << 16
        | (value[at + 3] & 0xff) << 24;
  }

  private static void put(byte[] value, int at, int number) {
    for (int i = 0; i < 4; i++) {
      value[at + i] = (byte) (number >>> 8 * i);
    }
  }
}
