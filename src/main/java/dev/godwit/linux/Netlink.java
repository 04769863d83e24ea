package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Questions and orders to a part of the kernel, and its answers in many messages (netlink(7)). */
final class Netlink {
  static final int ANSWER_BYTES = 64 * 1024;
  static final int HEADER_BYTES = 16;

  /** The protocol of addresses, routes and rules (rtnetlink(7)). */
  static final int ROUTE = 0;

  /** The protocol of the packet filter. */
  static final int NETFILTER = 12;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;

  /** Flags of a question that many messages answer. */
  static final int DUMP = 0x301;

  /** Flags of an order. */
  static final int ORDER = 5;

  /** The first type that is no message of netlink itself. */
  private static final int FIRST_TYPE = 16;

  private static final int MSG_DONTWAIT = 0x40;

  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final long SOCKET = Syscall.number(41, 198);
  private static final long SENDTO = Syscall.number(44, 206);
  private static final long RECVFROM = Syscall.number(45, 207);

  /** Takes one message of an answer. */
  interface Message {
    /**
     * @param at where its body begins
     * @param end where it ends
     */
    void read(MemorySegment buffer, long at, long end);
  }

  private Netlink() {}

  /**
   * Opens a socket to a part of the kernel.
   *
   * @param protocol {@code NETLINK_*}, for whom
   */
  static int open(int protocol, String name) throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, protocol), "socket", name);
  }

  /**
   * The zeroed body of a request of so many bytes, header included, in the buffer.
   *
   * @param flags {@link #DUMP}, or {@link #ORDER}, of which {@link #ask} says whether what it is
   *     about was there
   */
  static void begin(MemorySegment buffer, int bytes, int type, int flags) {
    buffer.asSlice(0, bytes).fill((byte) 0);
    buffer.set(ValueLayout.JAVA_INT, 0, bytes);
    buffer.set(ValueLayout.JAVA_SHORT, 4, (short) type);
    buffer.set(ValueLayout.JAVA_SHORT, 6, (short) flags);
  }

  /**
   * Sends the request and reads the answer, into the same buffer.
   *
   * @param what for errors
   * @return false when the family is not built into this kernel, or what it is about is gone
   */
  static boolean ask(int fd, MemorySegment buffer, int bytes, String what, Message each)
      throws LinuxException {
    LinuxException.check(Syscall.call(SENDTO, fd, buffer.address(), bytes, 0), "sendto", "netlink");
    while (true) {
      long length =
          LinuxException.check(
              Syscall.call(RECVFROM, fd, buffer.address(), ANSWER_BYTES, 0), "recvfrom", "netlink");
      long at = 0;
      while (at + HEADER_BYTES <= length) {
        long size = buffer.get(ValueLayout.JAVA_INT, at);
        int type = buffer.get(ValueLayout.JAVA_SHORT, at + 4);
        if (type == NLMSG_DONE || size < HEADER_BYTES) {
          return true;
        }
        if (type == NLMSG_ERROR) {
          int errno = -buffer.get(ValueLayout.JAVA_INT, at + HEADER_BYTES);
          if (errno == Errno.ENOENT || errno == 0) {
            return errno == 0;
          }
          throw new LinuxException("netlink", what, errno);
        }
        if (type >= FIRST_TYPE) {
          each.read(buffer, at + HEADER_BYTES, at + size);
        }
        at += (size + 3) & ~3L;
      }
    }
  }

  /**
   * Sends several orders of which only the last one asks for an answer, and reads the first one,
   * into the same buffer. The kernel has answered when it has taken the orders.
   *
   * @param what for errors
   */
  static void order(int fd, MemorySegment buffer, int bytes, String what) throws LinuxException {
    LinuxException.check(Syscall.call(SENDTO, fd, buffer.address(), bytes, 0), "sendto", "netlink");
    long length =
        LinuxException.check(
            Syscall.call(RECVFROM, fd, buffer.address(), ANSWER_BYTES, MSG_DONTWAIT),
            "recvfrom",
            "netlink");
    if (length < HEADER_BYTES + Integer.BYTES
        || buffer.get(ValueLayout.JAVA_SHORT, 4) != NLMSG_ERROR) {
      throw new LinuxException("netlink", what, Errno.EIO);
    }
    int errno = -buffer.get(ValueLayout.JAVA_INT, HEADER_BYTES);
    if (errno != 0) {
      throw new LinuxException("netlink", what, errno);
    }
  }
}
