package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Unix stream sockets as descriptors, {@code O_CLOEXEC} and non-blocking (unix(7)); what they share
 * with TCP is in {@link Sockets}.
 *
 * <p>Threads: every method may be called by any thread; none blocks.
 */
public final class UnixSockets {
  /** Of a path, with the byte that ends it. */
  private static final int PATH_BYTES = 108;

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;
  private static final int SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
  private static final int SO_PEERCRED = 17;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int MSG_CTRUNC = 8;
  private static final int HEADER_BYTES = 56;
  private static final int CONTROL_HEADER_BYTES = 16;

  private static final long SOCKET = Syscall.number(41, 198);
  private static final long CONNECT = Syscall.number(42, 203);
  private static final long SENDTO = Syscall.number(44, 206);
  private static final long SENDMSG = Syscall.number(46, 211);
  private static final long RECVMSG = Syscall.number(47, 212);
  private static final long BIND = Syscall.number(49, 200);
  private static final long SOCKETPAIR = Syscall.number(53, 199);
  private static final long GETSOCKOPT = Syscall.number(55, 209);
  private static final long SETRESUID = Syscall.number(117, 147);
  private static final long SETRESGID = Syscall.number(119, 149);
  private static final long FCHMOD = Syscall.number(91, 52);

  /** The most descriptors that one message carries (SCM_MAX_FD). */
  public static final int DESCRIPTORS_MAX = 253;

  /** Who connected, as the kernel knows it (SO_PEERCRED). */
  public record Peer(int pid, int uid, int gid) {}

  private UnixSockets() {}

  public static int stream() throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0), "socket", "unix");
  }

  static int datagram() throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, AF_UNIX, SOCK_DGRAM_CLOEXEC, 0), "socket", "unix");
  }

  /**
   * Sends one datagram.
   *
   * @param address a path, or a name without one that begins with '@' (unix(7), abstract)
   */
  public static void sendDatagram(String address, byte[] data) throws LinuxException {
    byte[] name = address.getBytes(StandardCharsets.UTF_8);
    if (name.length >= PATH_BYTES) {
      throw new LinuxException("sendto", address, Errno.ENAMETOOLONG);
    }
    if (name.length > 0 && name[0] == '@') {
      name[0] = 0;
    }
    int fd = datagram();
    try (Arena arena = Arena.ofConfined()) {
      // Without a NUL at the end, which would be part of a name that is no path.
      MemorySegment to = arena.allocate(2 + name.length, 8);
      to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(name, 0, to, ValueLayout.JAVA_BYTE, 2, name.length);
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, data);
      LinuxException.check(
          Syscall.call(
              SENDTO,
              fd,
              bytes.address(),
              data.length,
              MSG_DONTWAIT_NOSIGNAL,
              to.address(),
              to.byteSize()),
          "sendto",
          address);
    } finally {
      Sockets.close(fd);
    }
  }

  /** Two sockets that are connected with each other. */
  public static int[] pair() throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(8, 8);
      LinuxException.check(
          Syscall.call(SOCKETPAIR, AF_UNIX, SOCK_STREAM_NONBLOCK_CLOEXEC, 0, ends.address()),
          "socketpair",
          "");
      return new int[] {ends.get(ValueLayout.JAVA_INT, 0), ends.get(ValueLayout.JAVA_INT, 4)};
    }
  }

  /**
   * Makes the socket's file. Before {@link Sockets#listen} nobody can connect to it.
   *
   * @param mode what the file may at most have, less this process's mask; never more than that in
   *     between
   */
  public static void bind(int fd, Path path, int mode) throws LinuxException {
    LinuxException.check(Syscall.call(FCHMOD, fd, mode), "fchmod", path.toString());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = address(arena, path);
      LinuxException.check(
          Syscall.call(BIND, fd, address.address(), address.byteSize()), "bind", path.toString());
    }
  }

  /** Connects at once: 0, or a positive errno; EAGAIN when the listener's queue is full. */
  public static int connect(int fd, Path path) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = address(arena, path);
      return (int) -Syscall.call(CONNECT, fd, address.address(), address.byteSize());
    } catch (LinuxException e) {
      return e.errno();
    }
  }

  /**
   * As {@link #connect}, as another user, whom the listener sees (SO_PEERCRED) and whose right it
   * is to reach the path. Only the calling thread acts as that user, and only for this one call,
   * which never runs anything of the user's.
   *
   * @throws LinuxException EPERM unless this process is root
   */
  public static int connectAs(int fd, Path path, int uid, int gid) throws LinuxException {
    return acting(uid, gid, () -> connect(fd, path));
  }

  /** What is done as another user; see {@link #acting}. */
  @FunctionalInterface
  public interface Acting<E extends Exception> {
    int run() throws E;
  }

  /**
   * Does one thing on this thread, which must be a platform thread, as another user.
   *
   * @throws LinuxException EPERM unless this process is root
   */
  public static <E extends Exception> int acting(int uid, int gid, Acting<E> action)
      throws LinuxException, E {
    // The raw calls change one thread; the C library's would change all (nptl(7)).
    LinuxException.check(Syscall.call(SETRESGID, -1, gid, -1), "setresgid", "" + gid);
    try {
      LinuxException.check(Syscall.call(SETRESUID, -1, uid, -1), "setresuid", "" + uid);
      try {
        return action.run();
      } finally {
        restored(Syscall.call(SETRESUID, -1, 0, -1));
      }
    } finally {
      restored(Syscall.call(SETRESGID, -1, 0, -1));
    }
  }

  /** A thread that stays somebody else must not go on. */
  private static void restored(long result) {
    if (result != 0) {
      throw new IllegalStateException("a thread cannot become root again: " + result);
    }
  }

  public static Peer peer(int fd) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment answer = arena.allocate(16, 8);
      answer.set(ValueLayout.JAVA_INT, 12, 12);
      LinuxException.check(
          Syscall.call(
              GETSOCKOPT,
              fd,
              Sockets.SOL_SOCKET,
              SO_PEERCRED,
              answer.address(),
              answer.address() + 12,
              0),
          "getsockopt",
          "SO_PEERCRED");
      return new Peer(
          answer.get(ValueLayout.JAVA_INT, 0),
          answer.get(ValueLayout.JAVA_INT, 4),
          answer.get(ValueLayout.JAVA_INT, 8));
    }
  }

  /** Sends one byte and copies of the descriptors with it (SCM_RIGHTS). */
  public static void sendDescriptors(int socket, int[] descriptors) throws LinuxException {
    if (descriptors.length == 0 || descriptors.length > DESCRIPTORS_MAX) {
      throw new IllegalArgumentException(descriptors.length + " descriptors in one message");
    }
    try (Arena arena = Arena.ofConfined()) {
      Message message = new Message(arena, descriptors.length);
      message.control.set(ValueLayout.JAVA_LONG, 0, CONTROL_HEADER_BYTES + 4L * descriptors.length);
      message.control.set(ValueLayout.JAVA_INT, 8, Sockets.SOL_SOCKET);
      message.control.set(ValueLayout.JAVA_INT, 12, SCM_RIGHTS);
      MemorySegment.copy(
          descriptors,
          0,
          message.control,
          ValueLayout.JAVA_INT,
          CONTROL_HEADER_BYTES,
          descriptors.length);
      LinuxException.check(
          Syscall.call(SENDMSG, socket, message.header.address(), MSG_DONTWAIT_NOSIGNAL),
          "sendmsg",
          "SCM_RIGHTS");
    }
  }

  /**
   * Takes what {@link #sendDescriptors} sent; the copies are this process's from then on.
   *
   * @param count how many are expected
   * @throws LinuxException EAGAIN when nothing has come yet, EPROTO when it was something else
   */
  public static int[] receiveDescriptors(int socket, int count) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      Message message = new Message(arena, count);
      long received =
          LinuxException.check(
              Syscall.call(RECVMSG, socket, message.header.address(), MSG_CMSG_CLOEXEC | 0x40),
              "recvmsg",
              "SCM_RIGHTS");
      long length = message.control.get(ValueLayout.JAVA_LONG, 0);
      boolean whole =
          received == 1
              && message.header.get(ValueLayout.JAVA_LONG, 40) >= CONTROL_HEADER_BYTES
              && (message.header.get(ValueLayout.JAVA_INT, 48) & MSG_CTRUNC) == 0
              && message.control.get(ValueLayout.JAVA_INT, 12) == SCM_RIGHTS
              && length == CONTROL_HEADER_BYTES + 4L * count;
      if (!whole) {
        throw new LinuxException("recvmsg", "descriptors", Errno.EPROTO);
      }
      return message
          .control
          .asSlice(CONTROL_HEADER_BYTES, 4L * count)
          .toArray(ValueLayout.JAVA_INT);
    }
  }

  /** struct msghdr with one byte of data and room for descriptors. */
  private static final class Message {
    final MemorySegment header;
    final MemorySegment control;

    Message(Arena arena, int descriptors) {
      long size = (CONTROL_HEADER_BYTES + 4L * descriptors + 7) & ~7L;
      header = arena.allocate(HEADER_BYTES, 8);
      control = arena.allocate(size, 8);
      MemorySegment vector = arena.allocate(16, 8);
      MemorySegment data = arena.allocate(8, 8);
      vector.set(ValueLayout.JAVA_LONG, 0, data.address());
      vector.set(ValueLayout.JAVA_LONG, 8, 1);
      header.set(ValueLayout.JAVA_LONG, 16, vector.address());
      header.set(ValueLayout.JAVA_LONG, 24, 1);
      header.set(ValueLayout.JAVA_LONG, 32, control.address());
      header.set(ValueLayout.JAVA_LONG, 40, size);
    }
  }

  private static MemorySegment address(Arena arena, Path path) throws LinuxException {
    byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
    if (name.length >= PATH_BYTES) {
      throw new LinuxException("bind", path.toString(), Errno.ENAMETOOLONG);
    }
    MemorySegment address = arena.allocate(2 + name.length + 1, 8);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
    MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, 2, name.length);
    return address;
  }
}
