package dev.godwit.sync.differential;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Access control lists as the kernel keeps them (acl(5), linux/posix_acl_xattr.h). */
final class Acl {
  static final String ACCESS = "system.posix_acl_access";
  static final String DEFAULT = "system.posix_acl_default";

  private static final int[] IDS = {1, 5, 1000, 12345};

  private Acl() {}

  /** A list with named users or groups, or without. */
  static byte[] random(Dice dice) {
    ByteBuffer list = ByteBuffer.allocate(4 + 8 * 8).order(ByteOrder.LITTLE_ENDIAN);
    list.putInt(2);
    int users = dice.below(3);
    int groups = dice.below(2);
    put(list, 1, 4 + dice.below(4), -1);
    for (int i = 0; i < users; i++) {
      put(list, 2, dice.below(8), IDS[i]);
    }
    put(list, 4, dice.below(8), -1);
    for (int i = 0; i < groups; i++) {
      put(list, 8, dice.below(8), IDS[i]);
    }
    if (users + groups > 0 || dice.chance(30)) {
      put(list, 16, dice.below(8), -1);
    }
    put(list, 32, dice.below(8), -1);
    byte[] bytes = new byte[list.position()];
    list.get(0, bytes);
    return bytes;
  }

  /** The permissions that a file with this access list shows. */
  static int permissions(byte[] bytes) {
    ByteBuffer list = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int owner = 0;
    int group = 0;
    int mask = -1;
    int others = 0;
    for (int at = 4; at < bytes.length; at += 8) {
      int permissions = list.getShort(at + 2);
      switch (list.getShort(at)) {
        case 1 -> owner = permissions;
        case 4 -> group = permissions;
        case 16 -> mask = permissions;
        case 32 -> others = permissions;
        default -> {} // of somebody who is named
      }
    }
    return owner << 6 | (mask < 0 ? group : mask) << 3 | others;
  }

  private static void put(ByteBuffer list, int tag, int permissions, int id) {
    list.putShort((short) tag).putShort((short) permissions).putInt(id);
  }
}
