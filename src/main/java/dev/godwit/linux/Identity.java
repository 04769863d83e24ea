package dev.godwit.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Who this process acts as: credentials(7). */
public final class Identity {
  public static final int CAP_NET_ADMIN = 12;
  public static final int CAP_SYS_PTRACE = 19;

  private static final String EFFECTIVE = "CapEff:";

  private static final long GETEUID = Syscall.number(107, 175);
  private static final long GETEGID = Syscall.number(108, 177);
  private static final long GETGROUPS = Syscall.number(115, 158);
  private static final long UMASK = Syscall.number(95, 166);

  private Identity() {}

  public static boolean isRoot() {
    return user() == 0;
  }

  /**
   * Whether the process may do what a capability allows (capabilities(7)), by proc(5).
   *
   * @param number of the capability, such as {@link #CAP_NET_ADMIN}
   * @return true also where the kernel does not tell
   */
  public static boolean hasCapability(int number) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(EFFECTIVE))
          .map(line -> Long.parseUnsignedLong(line.substring(EFFECTIVE.length()).strip(), 16))
          .allMatch(effective -> (effective >>> number & 1) == 1);
    } catch (IOException | UncheckedIOException e) {
      return true;
    }
  }

  /** The effective user's number. */
  public static int user() {
    return (int) Syscall.call(GETEUID, 0);
  }

  /** The effective group's number. */
  public static int group() {
    return (int) Syscall.call(GETEGID, 0);
  }

  /** The groups that the process is a member of beside {@link #group}. */
  public static int[] groups() throws LinuxException {
    int count = (int) LinuxException.check(Syscall.call(GETGROUPS, 0, 0), "getgroups", "");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment groups = arena.allocate(4L * Math.max(count, 1), 4);
      count =
          (int)
              LinuxException.check(
                  Syscall.call(GETGROUPS, count, groups.address()), "getgroups", "");
      int[] all = new int[count];
      groups.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer().get(all);
      return all;
    }
  }

  /**
   * The calling thread's file mode creation mask (umask(2)). The kernel tells it by setting it, and
   * it belongs to the whole process: two that ask at once would each put back what the other set,
   * and leave a mask under which every new file is one that nobody may read. So a thread asks that
   * has one of its own, a copy; /proc tells it only since Linux 4.7.
   */
  public static int mask() {
    int[] mask = new int[1];
    Thread asking =
        Thread.ofPlatform()
            .name("umask")
            .start(
                () -> {
                  if (ThreadDirectory.separate()) {
                    mask[0] = ThreadDirectory.setMask(0777);
                  } else {
                    mask[0] = maskOfProcess();
                  }
                });
    boolean interrupted = false;
    while (true) {
      try {
        asking.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return mask[0];
  }

  /**
   * Sets the mask of the process, but for threads that have one of their own.
   *
   * @param mask bits of {@code 0777}
   */
  public static synchronized void setMask(int mask) {
    Syscall.call(UMASK, mask);
  }

  /** Where unshare(2) is filtered: for a moment, others' new files get fewer permissions. */
  private static synchronized int maskOfProcess() {
    int mask = (int) Syscall.call(UMASK, 0777);
    Syscall.call(UMASK, mask);
    return mask;
  }

  /**
   * Makes the whole process act as another user, for good: groups, group and user, each with its
   * real, effective and saved number. Root loses every capability with it.
   *
   * <p>This is done by the C library, which changes all threads (nptl(7)). Giving single threads
   * another identity would leave root in the same process: the file system ids of a thread
   * (setfsuid(2)) leave it CAP_SYS_ADMIN, and with that {@code trusted.*} attributes, and its
   * memory can be reached by a user who may trace it. So who copies as another user is a process of
   * its own, or this one from here on.
   *
   * @param groups all that it shall be a member of
   * @throws LinuxException EPERM without CAP_SETUID and CAP_SETGID; the process must not go on
   *     then, it may have changed in part
   */
  public static void become(int uid, int gid, int[] groups) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(4L * Math.max(groups.length, 1), 4);
      MemorySegment.copy(groups, 0, list, ValueLayout.JAVA_INT, 0, groups.length);
      new LibraryCall("setgroups").checked("", groups.length, list.address(), 0);
    }
    long group = Integer.toUnsignedLong(gid);
    new LibraryCall("setresgid").checked(Integer.toUnsignedString(gid), group, group, group);
    long user = Integer.toUnsignedLong(uid);
    new LibraryCall("setresuid").checked(Integer.toUnsignedString(uid), user, user, user);
  }
}
