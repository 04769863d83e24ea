package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.KernelRandom;
import dev.godwit.linux.LinuxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a directory keeps of a file, tried with one that is made there and removed: a server that
 * takes root for nobody refuses an owner, one of another kind forgets it. What was set counts when
 * it is read back.
 *
 * @param canWrite whether a file could be made at all; when not, nothing else was tried
 * @param foldsCase whether it was found by the other case of its name too
 * @param refused what it does not keep, with the error where there was one, for people
 */
record Keeping(
    boolean canWrite,
    boolean owners,
    boolean hardLinks,
    boolean userXattrs,
    boolean acls,
    boolean foldsCase,
    List<String> refused) {
  /** An owner that is nobody's default: "daemon" on most hosts (Debian policy, 9.2.2). */
  private static final int SOMEBODY = 1;

  /** Neither what an umask gives nor what a mount without modes shows. */
  private static final int PERMISSIONS = 0641;

  private static final int NANOS = 123_456_700;
  private static final byte[] ATTRIBUTE = "user.godwit".getBytes(US_ASCII);
  private static final byte[] ACL = "system.posix_acl_access".getBytes(US_ASCII);

  /** Something that is tried; throws when the file system refuses it. */
  private interface Trial {
    /**
     * @return whether it was kept
     */
    boolean make() throws LinuxException;
  }

  static Keeping of(DirectoryHandle folder) throws LinuxException {
    String text = ".godwit-check-" + Long.toHexString(KernelRandom.bits());
    byte[] name = text.getBytes(US_ASCII);
    byte[] second = (text + ".2").getBytes(US_ASCII);
    List<String> refused = new ArrayList<>();
    boolean canWrite = isKept(refused, "a new file", () -> isMade(folder, name));
    if (!canWrite) {
      return new Keeping(false, false, false, false, false, false, List.copyOf(refused));
    }
    try {
      byte[] upper = text.toUpperCase(Locale.ROOT).getBytes(US_ASCII);
      boolean foldsCase = folder.status(upper) != null;
      boolean attributes =
          isKept(
              refused,
              "extended attributes",
              () -> {
                folder.setXattr(name, ATTRIBUTE, new byte[] {1});
                return folder.xattr(name, ATTRIBUTE) != null;
              });
      boolean lists =
          isKept(
              refused,
              "access control lists",
              () -> {
                folder.setXattr(name, ACL, acl());
                return folder.xattr(name, ACL) != null;
              });
      boolean links =
          isKept(
              refused,
              "several names of one file",
              () -> {
                folder.makeHardLink(second, folder, name);
                FileStatus one = status(folder, name);
                return one.links() == 2 && one.isSameInode(status(folder, second));
              });
      // What it is about is told to people only: times are compared as the target can keep them.
      boolean unused =
          isKept(
              refused,
              "times below a second",
              () -> {
                folder.setModified(name, 1_000_000_000, NANOS);
                return status(folder, name).mtimeTotalNanos() % 1_000_000_000 == NANOS;
              });
      boolean permissions =
          isKept(
              refused,
              "permissions",
              () -> {
                folder.setPermissions(name, PERMISSIONS);
                return status(folder, name).permissions() == PERMISSIONS;
              });
      boolean owners =
          isKept(
              refused,
              "owners",
              () -> {
                folder.setOwner(name, SOMEBODY, SOMEBODY);
                FileStatus now = status(folder, name);
                return now.uid() == SOMEBODY && now.gid() == SOMEBODY;
              });
      return new Keeping(
          true, owners && permissions, links, attributes, lists, foldsCase, List.copyOf(refused));
    } finally {
      remove(folder, second);
      remove(folder, name);
    }
  }

  private static boolean isMade(DirectoryHandle folder, byte[] name) throws LinuxException {
    try (FileHandle file = folder.createFile(name, 0600)) {
      return true;
    }
  }

  private static boolean isKept(List<String> refused, String what, Trial trial) {
    try {
      if (trial.make()) {
        return true;
      }
      refused.add(what);
    } catch (LinuxException e) {
      refused.add("%s (%s)".formatted(what, Errno.name(e.errno())));
    }
    return false;
  }

  private static FileStatus status(DirectoryHandle folder, byte[] name) throws LinuxException {
    FileStatus status = folder.status(name);
    if (status == null) {
      throw new LinuxException("statx", new String(name, US_ASCII), Errno.ENOENT);
    }
    return status;
  }

  private static void remove(DirectoryHandle folder, byte[] name) throws LinuxException {
    try {
      folder.remove(name);
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
  }

  /** One named user beside the three classes, as linux/posix_acl_xattr.h lays it out. */
  private static byte[] acl() {
    int[][] entries = {{1, 6, -1}, {2, 4, SOMEBODY}, {4, 0, -1}, {0x10, 4, -1}, {0x20, 0, -1}};
    ByteBuffer list = ByteBuffer.allocate(4 + 8 * entries.length).order(ByteOrder.LITTLE_ENDIAN);
    list.putInt(2);
    for (int[] entry : entries) {
      list.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]);
    }
    return list.array();
  }
}
