package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Names and numbers of users and groups, as this host knows them: getpwnam_r(3), getgrnam_r(3) and
 * their kin, and so from files, LDAP or whatever else nsswitch.conf(5) names. Nothing is kept
 * between calls. A look-up can take as long as a directory server needs: call it on a platform
 * thread, not in a hot path.
 *
 * <p>Not found and could not be looked up are different answers (H11): the first is null, the
 * second an exception.
 */
public final class Accounts {
  /** A user, the group that it has by default, and its home directory. */
  public record User(String name, int uid, int gid, String home) {}

  /** A group. */
  public record Group(String name, int gid) {}

  private static final int BUFFER_BYTES = 4 * 1024;
  private static final int BUFFER_BYTES_MAX = 4 * 1024 * 1024;
  private static final int GROUPS_MAX = 65_536; // NGROUPS_MAX
  private static final int ESRCH = 3;

  private static final LibraryCall GETPWNAM = new LibraryCall("getpwnam_r");
  private static final LibraryCall GETPWUID = new LibraryCall("getpwuid_r");
  private static final LibraryCall GETGRNAM = new LibraryCall("getgrnam_r");
  private static final LibraryCall GETGRGID = new LibraryCall("getgrgid_r");
  private static final LibraryCall GETGROUPLIST = new LibraryCall("getgrouplist");

  private Accounts() {}

  /** Takes an answer out of the structure that the library filled. */
  @FunctionalInterface
  private interface Reading<T> {
    T read(MemorySegment answer);
  }

  /** The user of this name; null when there is none. */
  public static @Nullable User user(String name) throws LinuxException {
    if (name.indexOf('\0') >= 0) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      return find(GETPWNAM, name, arena.allocateFrom(name).address(), Accounts::readUser);
    }
  }

  /** The user of this number; null when there is none. */
  public static @Nullable User user(int uid) throws LinuxException {
    return find(
        GETPWUID, Integer.toUnsignedString(uid), Integer.toUnsignedLong(uid), Accounts::readUser);
  }

  /** The group of this name; null when there is none. */
  public static @Nullable Group group(String name) throws LinuxException {
    if (name.indexOf('\0') >= 0) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      return find(GETGRNAM, name, arena.allocateFrom(name).address(), Accounts::readGroup);
    }
  }

  /** The group of this number; null when there is none. */
  public static @Nullable Group group(int gid) throws LinuxException {
    return find(
        GETGRGID, Integer.toUnsignedString(gid), Integer.toUnsignedLong(gid), Accounts::readGroup);
  }

  /** Every group that the user is a member of, the default one among them. */
  public static int[] groupsOf(User user) {
    int room = 64;
    while (true) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment groups = arena.allocate(4L * room, 4);
        MemorySegment count = arena.allocate(4, 4);
        count.set(ValueLayout.JAVA_INT, 0, room);
        int done =
            GETGROUPLIST.returned(
                arena.allocateFrom(user.name()).address(),
                Integer.toUnsignedLong(user.gid()),
                groups.address(),
                count.address(),
                0);
        if (done >= 0) {
          return groups
              .asSlice(0, 4L * count.get(ValueLayout.JAVA_INT, 0))
              .toArray(ValueLayout.JAVA_INT);
        }
        if (room >= GROUPS_MAX) {
          throw new AssertionError("more groups than the kernel knows: " + user.name());
        }
        room = GROUPS_MAX;
      }
    }
  }

  private static <T> @Nullable T find(LibraryCall call, String what, long key, Reading<T> reading)
      throws LinuxException {
    for (int room = BUFFER_BYTES; ; room *= 4) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment structure = arena.allocate(64, 8);
        MemorySegment buffer = arena.allocate(room);
        MemorySegment result = arena.allocate(8, 8);
        int error;
        do {
          error = call.returned(key, structure.address(), buffer.address(), room, result.address());
        } while (error == Errno.EINTR);
        if (error == Errno.ERANGE && room < BUFFER_BYTES_MAX) {
          continue;
        }
        if (error != 0 && error != Errno.ENOENT && error != ESRCH) {
          throw new LinuxException(call.name(), what, error);
        }
        boolean found = error == 0 && result.get(ValueLayout.JAVA_LONG, 0) != 0;
        return found ? reading.read(structure) : null;
      }
    }
  }

  /** {@code struct passwd}: two strings, then the two numbers, a string and the home. */
  private static User readUser(MemorySegment passwd) {
    return new User(
        text(passwd, 0),
        passwd.get(ValueLayout.JAVA_INT, 16),
        passwd.get(ValueLayout.JAVA_INT, 20),
        text(passwd, 32));
  }

  /** {@code struct group}: two strings, then the number. */
  private static Group readGroup(MemorySegment group) {
    return new Group(text(group, 0), group.get(ValueLayout.JAVA_INT, 16));
  }

  private static String text(MemorySegment structure, int offset) {
    return MemorySegment.ofAddress(structure.get(ValueLayout.JAVA_LONG, offset))
        .reinterpret(Integer.MAX_VALUE)
        .getString(0, StandardCharsets.UTF_8);
  }
}
