package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** The addresses of this network namespace's interfaces (rtnetlink(7)): read, added, removed. */
public final class InterfaceAddresses {

  /** IFA_F_NODAD: usable at once; whoever sets it has looked for duplicates. */
  private static final int NODAD = 0x02;

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int NETLINK_ROUTE = 0;
  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;
  private static final int NLM_F_REQUEST_ACK = 0x5;
  private static final int NLM_F_REQUEST_DUMP = 0x301;
  private static final int NLM_F_CREATE_REPLACE = 0x500;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;
  private static final int HEADER = 16;
  private static final int MESSAGE = 8;
  private static final int ANSWER_BYTES = 64 * 1024;
  private static final long SOCKET = Syscall.number(41, 198);
  private static final long SENDTO = Syscall.number(44, 206);
  private static final long RECVFROM = Syscall.number(45, 207);

  /**
   * One address.
   *
   * @param index of the interface
   * @param prefix the length of its network's prefix, in bits
   * @param flags IFA_F_ values
   */
  public record Assigned(int index, InetAddress address, int prefix, int flags) {}

  private InterfaceAddresses() {}

  /** All of them. */
  public static List<Assigned> list() throws LinuxException {
    int fd = open();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(ANSWER_BYTES, 8);
      header(buffer, HEADER + MESSAGE, RTM_GETADDR, NLM_F_REQUEST_DUMP);
      send(fd, buffer, HEADER + MESSAGE);
      List<Assigned> found = new ArrayList<>();
      boolean isDone = false;
      while (!isDone) {
        isDone = read(buffer, receive(fd, buffer), found);
      }
      return found;
    } finally {
      Sockets.close(fd);
    }
  }

  /** Adds an address, usable at once; one that is there stays. */
  public static void add(int index, InetAddress address, int prefix) throws LinuxException {
    change(RTM_NEWADDR, NLM_F_REQUEST_ACK | NLM_F_CREATE_REPLACE, index, address, prefix);
  }

  /**
   * Removes an address.
   *
   * @throws LinuxException EADDRNOTAVAIL when it is not there
   */
  public static void remove(int index, InetAddress address, int prefix) throws LinuxException {
    change(RTM_DELADDR, NLM_F_REQUEST_ACK, index, address, prefix);
  }

  private static void change(int type, int flags, int index, InetAddress address, int prefix)
      throws LinuxException {
    byte[] bytes = address.getAddress();
    int attribute = 4 + bytes.length;
    int length = HEADER + MESSAGE + 2 * attribute + 8;
    int fd = open();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(ANSWER_BYTES, 8);
      header(buffer, length, type, flags);
      buffer.set(ValueLayout.JAVA_BYTE, HEADER, (byte) (bytes.length == 4 ? AF_INET : AF_INET6));
      buffer.set(ValueLayout.JAVA_BYTE, HEADER + 1, (byte) prefix);
      buffer.set(ValueLayout.JAVA_INT, HEADER + 4, index);
      long at = HEADER + MESSAGE;
      for (int kind : new int[] {IFA_LOCAL, IFA_ADDRESS}) {
        buffer.set(ValueLayout.JAVA_SHORT, at, (short) attribute);
        buffer.set(ValueLayout.JAVA_SHORT, at + 2, (short) kind);
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, at + 4, bytes.length);
        at += attribute;
      }
      buffer.set(ValueLayout.JAVA_SHORT, at, (short) 8);
      buffer.set(ValueLayout.JAVA_SHORT, at + 2, (short) IFA_FLAGS);
      buffer.set(ValueLayout.JAVA_INT, at + 4, bytes.length == 4 ? 0 : NODAD);
      send(fd, buffer, length);
      long received = receive(fd, buffer);
      if (received < HEADER + 4 || buffer.get(ValueLayout.JAVA_SHORT, 4) != NLMSG_ERROR) {
        throw new LinuxException(
            "netlink", "no answer for " + address.getHostAddress(), Errno.EPROTO);
      }
      LinuxException.check(
          buffer.get(ValueLayout.JAVA_INT, HEADER),
          type == RTM_NEWADDR ? "RTM_NEWADDR" : "RTM_DELADDR",
          address.getHostAddress());
    } finally {
      Sockets.close(fd);
    }
  }

  private static int open() throws LinuxException {
    return (int)
        LinuxException.check(
            Syscall.call(SOCKET, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE),
            "socket",
            "NETLINK_ROUTE");
  }

  private static void header(MemorySegment buffer, int length, int type, int flags) {
    buffer.asSlice(0, length).fill((byte) 0);
    buffer.set(ValueLayout.JAVA_INT, 0, length);
    buffer.set(ValueLayout.JAVA_SHORT, 4, (short) type);
    buffer.set(ValueLayout.JAVA_SHORT, 6, (short) flags);
  }

  private static void send(int fd, MemorySegment buffer, int length) throws LinuxException {
    LinuxException.check(
        Syscall.call(SENDTO, fd, buffer.address(), length, 0), "sendto", "rtnetlink");
  }

  private static long receive(int fd, MemorySegment buffer) throws LinuxException {
    return LinuxException.check(
        Syscall.call(RECVFROM, fd, buffer.address(), ANSWER_BYTES, 0), "recvfrom", "rtnetlink");
  }

  /** Returns whether that was the last part. */
  private static boolean read(MemorySegment buffer, long length, List<Assigned> found)
      throws LinuxException {
    long at = 0;
    while (at + HEADER <= length) {
      long size = buffer.get(ValueLayout.JAVA_INT, at);
      int type = buffer.get(ValueLayout.JAVA_SHORT, at + 4);
      if (type == NLMSG_DONE || size < HEADER) {
        return true;
      }
      if (type == NLMSG_ERROR) {
        throw new LinuxException(
            "RTM_GETADDR", "all", -buffer.get(ValueLayout.JAVA_INT, at + HEADER));
      }
      if (type == RTM_NEWADDR) {
        readAddress(buffer, at + HEADER, at + size, found);
      }
      at += (size + 3) & ~3L;
    }
    return false;
  }

  private static void readAddress(MemorySegment buffer, long at, long end, List<Assigned> found) {
    int family = buffer.get(ValueLayout.JAVA_BYTE, at);
    int bytes = family == AF_INET ? 4 : 16;
    int prefix = buffer.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
    int flags = buffer.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff;
    int index = buffer.get(ValueLayout.JAVA_INT, at + 4);
    byte[] address = null;
    long attribute = at + MESSAGE;
    while (attribute + 4 <= end) {
      int length = buffer.get(ValueLayout.JAVA_SHORT, attribute) & 0xffff;
      int type = buffer.get(ValueLayout.JAVA_SHORT, attribute + 2);
      if (length < 4) {
        break;
      }
      // Of a point-to-point link, IFA_ADDRESS is the other end.
      boolean isIt = type == IFA_LOCAL || (type == IFA_ADDRESS && address == null);
      if (isIt && length >= 4 + bytes) {
        address = buffer.asSlice(attribute + 4, bytes).toArray(ValueLayout.JAVA_BYTE);
      } else if (type == IFA_FLAGS && length >= 8) {
        flags = buffer.get(ValueLayout.JAVA_INT, attribute + 4);
      }
      attribute += (length + 3) & ~3;
    }
    if (address != null) {
      try {
        found.add(new Assigned(index, InetAddress.getByAddress(address), prefix, flags));
      } catch (UnknownHostException e) {
        throw new AssertionError("an address of 4 or 16 bytes", e);
      }
    }
  }
}
