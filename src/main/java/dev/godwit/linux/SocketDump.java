package dev.godwit.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One question to the kernel's list of sockets, and its answer in many messages (sock_diag(7)). */
final class SocketDump {
  static final int ANSWER_BYTES = 64 * 1024;
  static final int HEADER_BYTES = 16;

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int NETLINK_SOCK_DIAG = 4;
  private static final int SOCK_DIAG_BY_FAMILY = 20;
  private static final int SOCK_DESTROY = 21;
  private static final int NLM_F_REQUEST_DUMP = 0x301;
  private static final int NLM_F_REQUEST_ACK = 5;
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

  private SocketDump() {}

  static int open() throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG),
            "socket",
            "NETLINK_SOCK_DIAG");
  }

  /** The zeroed body of a request of so many bytes, header included, in the buffer. */
  static void begin(MemorySegment buffer, int bytes) {
    buffer.asSlice(0, bytes).fill((byte) 0);
    buffer.set(ValueLayout.JAVA_INT, 0, bytes);
    buffer.set(ValueLayout.JAVA_SHORT, 4, (short) SOCK_DIAG_BY_FAMILY);
    buffer.set(ValueLayout.JAVA_SHORT, 6, (short) NLM_F_REQUEST_DUMP);
  }

  /** The same of an order to end one socket; {@link #ask} says whether it was there. */
  static void beginToDestroy(MemorySegment buffer, int bytes) {
    begin(buffer, bytes);
    buffer.set(ValueLayout.JAVA_SHORT, 4, (short) SOCK_DESTROY);
    buffer.set(ValueLayout.JAVA_SHORT, 6, (short) NLM_F_REQUEST_ACK);
  }

  /**
   * Sends the request and reads the answer, into the same buffer.
   *
   * @param what for errors
   * @return false when the family is not built into this kernel, or the socket is gone
   */
  static boolean ask(int fd, MemorySegment buffer, int bytes, String what, Message each)
      throws LinuxException {
    LinuxException.check(
        Syscall.call(SENDTO, fd, buffer.address(), bytes, 0), "sendto", "sock_diag");
    while (true) {
      long length =
          LinuxException.check(
              Syscall.call(RECVFROM, fd, buffer.address(), ANSWER_BYTES, 0),
              "recvfrom",
              "sock_diag");
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
          throw new LinuxException("sock_diag", what, errno);
        }
        if (type == SOCK_DIAG_BY_FAMILY) {
          each.read(buffer, at + HEADER_BYTES, at + size);
        }
        at += (size + 3) & ~3L;
      }
    }
  }
}
