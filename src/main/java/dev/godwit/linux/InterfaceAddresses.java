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

  private static final int RTM_NEWADDR = 20;
  private static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;

  /** Beside {@link Netlink#ORDER}: NLM_F_CREATE and NLM_F_REPLACE. */
  private static final int CREATE_OR_REPLACE = 0x500;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;
  private static final int MESSAGE = 8;

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
    List<Assigned> found = new ArrayList<>();
    int length = Netlink.HEADER_BYTES + MESSAGE;
    int fd = open();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, length, RTM_GETADDR, Netlink.DUMP);
      boolean unused =
          Netlink.ask(
              fd, buffer, length, "addresses", (answer, at, end) -> read(answer, at, end, found));
    } finally {
      Sockets.close(fd);
    }
    return found;
  }

  /** Adds an address, usable at once; one that is there stays. */
  public static void add(int index, InetAddress address, int prefix) throws LinuxException {
    change(RTM_NEWADDR, Netlink.ORDER | CREATE_OR_REPLACE, index, address, prefix);
  }

  /**
   * Removes an address.
   *
   * @throws LinuxException EADDRNOTAVAIL when it is not there
   */
  public static void remove(int index, InetAddress address, int prefix) throws LinuxException {
    change(RTM_DELADDR, Netlink.ORDER, index, address, prefix);
  }

  private static void change(int type, int flags, int index, InetAddress address, int prefix)
      throws LinuxException {
    byte[] bytes = address.getAddress();
    int attribute = 4 + bytes.length;
    int length = Netlink.HEADER_BYTES + MESSAGE + 2 * attribute + 8;
    int fd = open();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, length, type, flags);
      long at = Netlink.HEADER_BYTES;
      buffer.set(
          ValueLayout.JAVA_BYTE,
          at,
          (byte) (bytes.length == 4 ? Sockets.AF_INET : Sockets.AF_INET6));
      buffer.set(ValueLayout.JAVA_BYTE, at + 1, (byte) prefix);
      buffer.set(ValueLayout.JAVA_INT, at + 4, index);
      at += MESSAGE;
      for (int kind : new int[] {IFA_LOCAL, IFA_ADDRESS}) {
        buffer.set(ValueLayout.JAVA_SHORT, at, (short) attribute);
        buffer.set(ValueLayout.JAVA_SHORT, at + 2, (short) kind);
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, at + 4, bytes.length);
        at += attribute;
      }
      buffer.set(ValueLayout.JAVA_SHORT, at, (short) 8);
      buffer.set(ValueLayout.JAVA_SHORT, at + 2, (short) IFA_FLAGS);
      buffer.set(ValueLayout.JAVA_INT, at + 4, bytes.length == 4 ? 0 : NODAD);
      boolean isKnown =
          Netlink.ask(fd, buffer, length, address.getHostAddress(), (answer, from, to) -> {});
      if (!isKnown) {
        throw new LinuxException("netlink", address.getHostAddress(), Errno.ENOENT);
      }
    } finally {
      Sockets.close(fd);
    }
  }

  private static int open() throws LinuxException {
    return Netlink.open(Netlink.ROUTE, "NETLINK_ROUTE");
  }

  private static void read(MemorySegment buffer, long at, long end, List<Assigned> found) {
    int family = buffer.get(ValueLayout.JAVA_BYTE, at);
    int bytes = family == Sockets.AF_INET ? 4 : 16;
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
