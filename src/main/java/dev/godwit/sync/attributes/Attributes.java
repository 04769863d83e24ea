package dev.godwit.sync.attributes;

import dev.godwit.linux.FileStatus;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an inode beside its content, as the source has it: what a listing carries for
 * each entry. Immutable.
 *
 * @param mode type and permissions, as st_mode, after {@code --chmod}
 * @param uid at the source, unsigned; {@link AttributeKeeper#mapped} makes it the target's
 * @param gid likewise
 * @param specialDevice as {@link FileStatus#specialDevice}; 0 for what is no device
 * @param acl null when it says no more than the mode, or is not kept
 * @param defaultAcl of a directory: what new names in it get; null for none
 * @param xattrs null for none
 */
public record Attributes(
    int mode,
    int uid,
    int gid,
    long atimeSeconds,
    int atimeNanos,
    long mtimeSeconds,
    int mtimeNanos,
    long specialDevice,
    @Nullable Acl acl,
    @Nullable Acl defaultAcl,
    @Nullable Xattrs xattrs) {

  private static final int REGULAR = 0100000;
  private static final int DIRECTORY = 0040000;
  private static final int SYMLINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int BLOCK_DEVICE = 0060000;
  private static final int FIFO = 0010000;
  private static final int SOCKET = 0140000;

  private static final int WITH_ACCESS_TIME = 1;
  private static final int WITH_DEVICE = 1 << 1;
  private static final int WITH_ACL = 1 << 2;
  private static final int WITH_DEFAULT_ACL = 1 << 3;
  private static final int WITH_XATTRS = 1 << 4;

  private static final int NANOS_MAX = 999_999_999;
  private static final int ACL_BYTES_MAX = 4 + 8 * Acl.ENTRIES_MAX;

  /** What the status says; no lists and attributes. */
  public static Attributes of(FileStatus status) {
    return of(status, status.mode(), null, null, null);
  }

  static Attributes of(
      FileStatus status,
      int mode,
      @Nullable Acl acl,
      @Nullable Acl defaultAcl,
      @Nullable Xattrs xattrs) {
    return new Attributes(
        mode,
        status.uid(),
        status.gid(),
        status.atimeSeconds(),
        status.atimeNanos(),
        status.mtimeSeconds(),
        status.mtimeNanos(),
        status.specialDevice(),
        acl,
        defaultAcl,
        xattrs);
  }

  /** The same, owned by others. */
  Attributes owned(int newUid, int newGid, @Nullable Acl newAcl, @Nullable Acl newDefaultAcl) {
    return with(mode, newUid, newGid, newAcl, newDefaultAcl, xattrs);
  }

  /** For a file system that keeps no lists: nobody gets more than the list gives. */
  public Attributes withoutAcls() {
    int newMode = acl == null ? mode : mode & ~0777 | acl.permissionsWithoutList();
    return with(newMode, uid, gid, null, null, xattrs);
  }

  /** The same without the extended attributes whose names match. */
  public Attributes withoutXattrs(Predicate<byte[]> names) {
    Xattrs left = xattrs == null ? null : xattrs.without(names);
    return left == xattrs ? this : with(mode, uid, gid, acl, defaultAcl, left);
  }

  /** The same file's, with the same times and device. */
  private Attributes with(
      int newMode,
      int newUid,
      int newGid,
      @Nullable Acl newAcl,
      @Nullable Acl newDefaultAcl,
      @Nullable Xattrs newXattrs) {
    return new Attributes(
        newMode,
        newUid,
        newGid,
        atimeSeconds,
        atimeNanos,
        mtimeSeconds,
        mtimeNanos,
        specialDevice,
        newAcl,
        newDefaultAcl,
        newXattrs);
  }

  /** The lower 12 bits of the mode. */
  public int permissions() {
    return mode & 07777;
  }

  public boolean isRegular() {
    return (mode & FileStatus.TYPE) == REGULAR;
  }

  public boolean isDirectory() {
    return (mode & FileStatus.TYPE) == DIRECTORY;
  }

  public boolean isSymbolicLink() {
    return (mode & FileStatus.TYPE) == SYMLINK;
  }

  public boolean isDevice() {
    int type = mode & FileStatus.TYPE;
    return type == CHARACTER_DEVICE || type == BLOCK_DEVICE;
  }

  /** Hands out every user and group that the lists name. */
  void forEachAclId(Acl.Sink sink) {
    if (acl != null) {
      acl.forEachId(sink);
    }
    if (defaultAcl != null) {
      defaultAcl.forEachId(sink);
    }
  }

  /** How many bytes {@link #write} takes, at most. */
  public int wireBytes() {
    int bytes = 1 + 3 * 4 + 12 + 12 + 8;
    bytes += acl == null ? 0 : 4 + acl.value().length;
    bytes += defaultAcl == null ? 0 : 4 + defaultAcl.value().length;
    return bytes + (xattrs == null ? 0 : xattrs.wireBytes());
  }

  /**
   * @param withAccessTime whether it is kept; otherwise the reader finds 0
   */
  public void write(MessageWriter message, boolean withAccessTime) {
    message.u8(
        (withAccessTime ? WITH_ACCESS_TIME : 0)
            | (specialDevice != 0 ? WITH_DEVICE : 0)
            | (acl != null ? WITH_ACL : 0)
            | (defaultAcl != null ? WITH_DEFAULT_ACL : 0)
            | (xattrs != null ? WITH_XATTRS : 0));
    message.u32(mode).u32(uid).u32(gid).u64(mtimeSeconds).u32(mtimeNanos);
    if (withAccessTime) {
      message.u64(atimeSeconds).u32(atimeNanos);
    }
    if (specialDevice != 0) {
      message.u64(specialDevice);
    }
    if (acl != null) {
      message.bytes(acl.value());
    }
    if (defaultAcl != null) {
      message.bytes(defaultAcl.value());
    }
    if (xattrs != null) {
      xattrs.write(message);
    }
  }

  /** Reads what {@link #write} wrote; the peer may lie, so everything is checked (H40). */
  public static Attributes read(MessageReader message) throws WireException {
    int with = message.u8();
    if (with >= 2 * WITH_XATTRS) {
      throw new WireException("malformed message: attributes with " + with);
    }
    int mode = message.count(0177777);
    if (!isType(mode & FileStatus.TYPE)) {
      throw new WireException("malformed message: a mode of 0" + Integer.toOctalString(mode));
    }
    int uid = owner(message);
    int gid = owner(message);
    long mtimeSeconds = message.u64();
    int mtimeNanos = message.count(NANOS_MAX);
    boolean hasAccessTime = (with & WITH_ACCESS_TIME) != 0;
    long atimeSeconds = hasAccessTime ? message.u64() : 0;
    int atimeNanos = hasAccessTime ? message.count(NANOS_MAX) : 0;
    long device = (with & WITH_DEVICE) != 0 ? message.u64() : 0;
    Acl acl = (with & WITH_ACL) != 0 ? acl(message) : null;
    Acl defaultAcl = (with & WITH_DEFAULT_ACL) != 0 ? acl(message) : null;
    Xattrs xattrs = (with & WITH_XATTRS) != 0 ? Xattrs.read(message) : null;
    Attributes attributes =
        new Attributes(
            mode,
            uid,
            gid,
            atimeSeconds,
            atimeNanos,
            mtimeSeconds,
            mtimeNanos,
            device,
            acl,
            defaultAcl,
            xattrs);
    boolean fits =
        (device == 0 || attributes.isDevice())
            && (acl == null || !attributes.isSymbolicLink())
            && (defaultAcl == null || attributes.isDirectory());
    if (!fits) {
      throw new WireException("malformed message: attributes that this type cannot have");
    }
    return attributes;
  }

  private static boolean isType(int type) {
    return switch (type) {
      case REGULAR, DIRECTORY, SYMLINK, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO, SOCKET -> true;
      default -> false;
    };
  }

  /** chown(2) takes -1 for "leave it"; from a peer it would be an owner nobody asked for (H11). */
  private static int owner(MessageReader message) throws WireException {
    int id = message.u32();
    if (id == AccountBook.UNKNOWN) {
      throw new WireException("malformed message: not an owner");
    }
    return id;
  }

  private static Acl acl(MessageReader message) throws WireException {
    Acl acl = Acl.parse(message.bytes(ACL_BYTES_MAX));
    if (acl == null) {
      throw new WireException("malformed message: not an access control list");
    }
    return acl;
  }
}
