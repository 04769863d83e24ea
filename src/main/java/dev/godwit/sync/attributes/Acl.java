package dev.godwit.sync.attributes;

import dev.godwit.linux.Names;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A POSIX access control list (acl(5)). Immutable.
 *
 * <p>The kernel keeps the owner's, the mask's and the others' permissions of an access list in the
 * mode as well, and one that says no more than the mode only there. So an access list here always
 * goes with a mode, and {@link #withPermissions} makes them agree.
 */
public final class Acl {
  /** The extended attribute that holds the access list. */
  static final byte[] ACCESS = Names.of("system.posix_acl_access");

  /** The extended attribute that holds the list which new names in a directory get. */
  public static final byte[] DEFAULT = Names.of("system.posix_acl_default");

  private static final byte[] ACCESS_ON_XFS = Names.of("trusted.SGI_ACL_FILE");
  private static final byte[] DEFAULT_ON_XFS = Names.of("trusted.SGI_ACL_DEFAULT");

  /** As many as the 64 KiB of an extended attribute hold. */
  static final int ENTRIES_MAX = (64 * 1024 - 4) / 8;

  static final int USER_OBJ = 0x01;
  static final int USER = 0x02;
  static final int GROUP_OBJ = 0x04;
  static final int GROUP = 0x08;
  static final int MASK = 0x10;
  static final int OTHER = 0x20;

  private static final int VERSION = 2;
  private static final int HEADER_BYTES = 4;
  private static final int ENTRY_BYTES = 8;
  private static final int NO_ID = -1;
  private static final int PERMISSION_BITS = 3;

  /** What is not named has no permission here: there is no such entry. */
  private static final int NONE = -1;

  /** Changes ids, for another host. */
  interface Ids {
    int user(int uid) throws OwnerException;

    int group(int gid) throws OwnerException;
  }

  /**
   * Entries as {@link #entry} packs them, sorted: by tag, then by id as an unsigned number. Of two
   * with the same id the first one counts for the kernel, so these stay in their order.
   */
  private final long[] entries;

  private Acl(long[] entries) {
    this.entries = entries;
    sort(entries);
  }

  /**
   * Whether an attribute is a list in the form in which XFS stores it, which that file system shows
   * to root beside {@code system.posix_acl_*} of the same list (fs/xfs/xfs_xattr.c). Who removes
   * it, removes the list; on other file systems it means nothing.
   */
  public static boolean isStoredByXfs(byte[] attribute) {
    return Arrays.equals(attribute, ACCESS_ON_XFS) || Arrays.equals(attribute, DEFAULT_ON_XFS);
  }

  private static void sort(long[] entries) {
    int indexBits = 32 - Integer.numberOfLeadingZeros(entries.length);
    long indexes = (1L << indexBits) - 1;
    long[] unsorted = entries.clone();
    for (int i = 0; i < entries.length; i++) {
      entries[i] = (entries[i] >>> PERMISSION_BITS) << indexBits | i;
    }
    Arrays.sort(entries);
    for (int i = 0; i < entries.length; i++) {
      entries[i] = unsorted[(int) (entries[i] & indexes)];
    }
  }

  private static long entry(int tag, int id, int permissions) {
    return ((long) tag << 32 | Integer.toUnsignedLong(id)) << PERMISSION_BITS | permissions & 7;
  }

  private static int tag(long entry) {
    return (int) (entry >>> 32 + PERMISSION_BITS);
  }

  private static int id(long entry) {
    return (int) (entry >>> PERMISSION_BITS);
  }

  private static int permissions(long entry) {
    return (int) entry & 7;
  }

  /**
   * A list of entries that {@link Builder} collected.
   *
   * @return null when it is none: owner, group and others must be there once each, and a mask where
   *     users or groups are named
   */
  private static @Nullable Acl of(long[] entries) {
    Acl acl = new Acl(entries);
    int owners = acl.count(USER_OBJ);
    int masks = acl.count(MASK);
    boolean isWhole = owners == 1 && acl.count(GROUP_OBJ) == 1 && acl.count(OTHER) == 1;
    boolean isNamed = acl.count(USER) + acl.count(GROUP) > 0;
    return isWhole && masks <= 1 && (masks == 1 || !isNamed) ? acl : null;
  }

  private int count(int tag) {
    int count = 0;
    for (long entry : entries) {
      if (tag(entry) == tag) {
        count++;
      }
    }
    return count;
  }

  /** Collects entries. */
  static final class Builder {
    private long[] entries = new long[8];
    private int count;

    Builder add(int tag, int id, int permissions) {
      if (count == entries.length) {
        entries = Arrays.copyOf(entries, 2 * count);
      }
      boolean isNamed = tag == USER || tag == GROUP;
      entries[count++] = entry(tag, isNamed ? id : NO_ID, permissions);
      return this;
    }

    /** As {@link Acl#of}. */
    @Nullable Acl build() {
      return of(Arrays.copyOf(entries, count));
    }
  }

  /**
   * Reads the value of an extended attribute: version 2, then tag, permissions and id of each entry
   * (linux/posix_acl_xattr.h).
   *
   * @return null when it is none
   */
  static @Nullable Acl parse(byte[] value) {
    int rest = value.length - HEADER_BYTES;
    if (rest < 0 || rest % ENTRY_BYTES != 0 || number(value, 0, 4) != VERSION) {
      return null;
    }
    Builder builder = new Builder();
    for (int at = HEADER_BYTES; at < value.length; at += ENTRY_BYTES) {
      int tag = number(value, at, 2);
      int permissions = number(value, at + 2, 2);
      if (permissions > 7 || Integer.bitCount(tag) != 1 || tag > OTHER) {
        return null;
      }
      int id = number(value, at + 4, 4);
      if (id == NO_ID && (tag == USER || tag == GROUP)) {
        return null;
      }
      builder.add(tag, id, permissions);
    }
    return builder.build();
  }

  /** The value of the extended attribute. */
  byte[] value() {
    byte[] value = new byte[HEADER_BYTES + ENTRY_BYTES * entries.length];
    put(value, 0, 4, VERSION);
    int at = HEADER_BYTES;
    for (long entry : entries) {
      put(value, at, 2, tag(entry));
      put(value, at + 2, 2, permissions(entry));
      put(value, at + 4, 4, id(entry));
      at += ENTRY_BYTES;
    }
    return value;
  }

  private static int number(byte[] value, int at, int bytes) {
    int number = 0;
    for (int i = bytes - 1; i >= 0; i--) {
      number = number << 8 | value[at + i] & 0xff;
    }
    return number;
  }

  private static void put(byte[] value, int at, int bytes, int number) {
    for (int i = 0; i < bytes; i++) {
      value[at + i] = (byte) (number >>> 8 * i);
    }
  }

  /** The permissions of the one entry with this tag. */
  private int permissionsOf(int tag) {
    for (long entry : entries) {
      if (tag(entry) == tag) {
        return permissions(entry);
      }
    }
    return NONE;
  }

  /** The nine bits that a mode shows of it: of the group class the mask, where there is one. */
  public int permissions() {
    int mask = permissionsOf(MASK);
    int group = mask == NONE ? permissionsOf(GROUP_OBJ) : mask;
    return permissionsOf(USER_OBJ) << 6 | group << 3 | permissionsOf(OTHER);
  }

  /** The nine bits for a file system that keeps no lists: nobody gets more than the list gives. */
  int permissionsWithoutList() {
    int mask = permissionsOf(MASK);
    int group = permissionsOf(GROUP_OBJ) & (mask == NONE ? 7 : mask);
    return permissionsOf(USER_OBJ) << 6 | group << 3 | permissionsOf(OTHER);
  }

  /** Whether it says no more than a mode does. */
  boolean isMinimal() {
    return entries.length == 3;
  }

  /** What chmod(2) makes of it. */
  public Acl withPermissions(int permissions) {
    int groupClass = permissionsOf(MASK) == NONE ? GROUP_OBJ : MASK;
    long[] changed = entries.clone();
    for (int i = 0; i < changed.length; i++) {
      int tag = tag(changed[i]);
      int shift = tag == USER_OBJ ? 6 : tag == groupClass ? 3 : tag == OTHER ? 0 : NONE;
      if (shift != NONE) {
        changed[i] = entry(tag, NO_ID, permissions >> shift);
      }
    }
    return new Acl(changed);
  }

  /** Whether both are the same but for what their modes say. */
  static boolean isSameBesideMode(@Nullable Acl one, @Nullable Acl other) {
    if (one == null || other == null) {
      return one == other;
    }
    return Arrays.equals(one.withPermissions(0).entries, other.withPermissions(0).entries);
  }

  /** The same list with the ids of another host. */
  Acl mapped(Ids ids) throws OwnerException {
    long[] changed = entries.clone();
    for (int i = 0; i < changed.length; i++) {
      int tag = tag(changed[i]);
      if (tag == USER || tag == GROUP) {
        int id = id(changed[i]);
        int there = tag == USER ? ids.user(id) : ids.group(id);
        changed[i] = entry(tag, there, permissions(changed[i]));
      }
    }
    return new Acl(changed);
  }

  /** Hands out every id that is named. */
  void forEachId(Sink sink) {
    for (long entry : entries) {
      if (tag(entry) == USER || tag(entry) == GROUP) {
        sink.id(tag(entry) == USER, id(entry));
      }
    }
  }

  /** Takes ids of users and groups. */
  interface Sink {
    void id(boolean isUser, int id);
  }

  /** Hands out every entry; the id is -1 for those that name nobody. */
  void forEach(EntrySink sink) {
    for (long entry : entries) {
      sink.entry(tag(entry), id(entry), permissions(entry));
    }
  }

  /** Takes entries. */
  interface EntrySink {
    void entry(int tag, int id, int permissions);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Acl acl && Arrays.equals(acl.entries, entries);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(entries);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    forEach(
        (tag, id, permissions) ->
            text.append(text.isEmpty() ? "" : ",")
                .append(
                    switch (tag) {
                      case USER_OBJ, USER -> "u:";
                      case GROUP_OBJ, GROUP -> "g:";
                      case MASK -> "m:";
                      default -> "o:";
                    })
                .append(id == NO_ID ? "" : Integer.toUnsignedString(id))
                .append(':')
                .append(permissions));
    return text.toString();
  }
}
