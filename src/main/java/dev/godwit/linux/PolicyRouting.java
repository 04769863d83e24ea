package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What brings packets with a mark to this host itself: a rule that leads to a routing table
 * (ip-rule(8)) and a table that says all is local, in this thread's network namespace
 * (rtnetlink(7)). By the kernel's own messages: a program that is started for it may come to its
 * end after whoever has started it was killed, and put up what others have taken down by then.
 */
public final class PolicyRouting {
  private static final int RTM_NEWROUTE = 24;
  private static final int RTM_DELROUTE = 25;
  private static final int RTM_NEWRULE = 32;
  private static final int RTM_DELRULE = 33;
  private static final int RTM_GETRULE = 34;

  /** Beside {@link Netlink#ORDER}: NLM_F_CREATE and NLM_F_EXCL, one that is there is an error. */
  private static final int NEW = 0x600;

  /** Of struct rtmsg, and of struct fib_rule_hdr. */
  private static final int HEAD_BYTES = 12;

  /** An attribute with one u32. */
  private static final int ATTRIBUTE_BYTES = 8;

  // At these places of the head.
  private static final int TABLE = 4;
  private static final int PROTOCOL = 5;
  private static final int SCOPE = 6;
  private static final int TYPE = 7; // the action of a rule

  private static final int TO_TABLE = 1; // FR_ACT_TO_TBL
  private static final int FRA_FWMARK = 10;
  private static final int RTN_LOCAL = 2;
  private static final int RTA_OIF = 4;
  private static final int BY_ADMINISTRATOR = 3; // RTPROT_BOOT, as ip(8) says
  private static final int SCOPE_HOST = 254;
  private static final int SCOPE_ANY = 255; // RT_SCOPE_NOWHERE

  /** Of the loopback device in every network namespace. */
  private static final int LOOPBACK = 1;

  private PolicyRouting() {}

  /**
   * {@code ip rule add fwmark MARK lookup TABLE}.
   *
   * <p>The kernel takes the same one again, in front of the first: see {@link #hasRule}.
   *
   * @param table below 256
   */
  public static void addRule(boolean isIpv6, int mark, int table) throws LinuxException {
    boolean unused = rule(RTM_NEWRULE, NEW, isIpv6, mark, table);
  }

  /** Whether there is one. */
  public static boolean hasRule(boolean isIpv6, int mark, int table) throws LinuxException {
    int bytes = Netlink.HEADER_BYTES + HEAD_BYTES;
    boolean[] found = {false};
    int fd = Netlink.open(Netlink.ROUTE, "NETLINK_ROUTE");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, bytes, RTM_GETRULE, Netlink.DUMP);
      byte[] head = head(isIpv6, 0);
      MemorySegment.copy(head, 0, buffer, ValueLayout.JAVA_BYTE, Netlink.HEADER_BYTES, HEAD_BYTES);
      boolean unused =
          Netlink.ask(
              fd,
              buffer,
              bytes,
              "the rules",
              (answer, at, end) ->
                  found[0] |=
                      (answer.get(ValueLayout.JAVA_BYTE, at + TABLE) & 0xff) == table
                          && answer.get(ValueLayout.JAVA_BYTE, at + TYPE) == TO_TABLE
                          && mark(answer, at + HEAD_BYTES, end) == mark);
      return found[0];
    } finally {
      Sockets.close(fd);
    }
  }

  /** That a rule asks for; 0 without one. */
  private static int mark(MemorySegment answer, long from, long end) {
    long at = from;
    while (at + ATTRIBUTE_BYTES <= end) {
      int size = answer.get(ValueLayout.JAVA_SHORT, at) & 0xffff;
      if (answer.get(ValueLayout.JAVA_SHORT, at + 2) == FRA_FWMARK) {
        return answer.get(ValueLayout.JAVA_INT, at + 4);
      }
      at += Math.max(4, (size + 3) & ~3);
    }
    return 0;
  }

  /** Takes it away; false when it was not there. */
  public static boolean removeRule(boolean isIpv6, int mark, int table) throws LinuxException {
    return rule(RTM_DELRULE, 0, isIpv6, mark, table);
  }

  private static boolean rule(int type, int flags, boolean isIpv6, int mark, int table)
      throws LinuxException {
    byte[] head = head(isIpv6, table);
    head[TYPE] = TO_TABLE;
    return order(type, flags, head, FRA_FWMARK, mark, "a rule for mark " + mark);
  }

  /**
   * {@code ip route add local default dev lo table TABLE}.
   *
   * @param table below 256
   * @throws LinuxException EEXIST when there is such a route
   */
  public static void addLocalRoute(boolean isIpv6, int table) throws LinuxException {
    byte[] head = head(isIpv6, table);
    head[PROTOCOL] = BY_ADMINISTRATOR;
    head[SCOPE] = (byte) SCOPE_HOST;
    head[TYPE] = RTN_LOCAL;
    boolean unused = order(RTM_NEWROUTE, NEW, head, RTA_OIF, LOOPBACK, "a route in table " + table);
  }

  /** Takes it away; false when it was not there. */
  public static boolean removeLocalRoute(boolean isIpv6, int table) throws LinuxException {
    byte[] head = head(isIpv6, table);
    head[SCOPE] = (byte) SCOPE_ANY;
    head[TYPE] = RTN_LOCAL;
    try {
      return order(RTM_DELROUTE, 0, head, RTA_OIF, LOOPBACK, "a route in table " + table);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ESRCH) {
        return false;
      }
      throw e;
    }
  }

  private static byte[] head(boolean isIpv6, int table) {
    byte[] head = new byte[HEAD_BYTES];
    head[0] = (byte) (isIpv6 ? Sockets.AF_INET6 : Sockets.AF_INET);
    head[TABLE] = (byte) table;
    return head;
  }

  /** Returns when the kernel has done it; false when what it is about was not there. */
  private static boolean order(
      int type, int flags, byte[] head, int attribute, int value, String what)
      throws LinuxException {
    int bytes = Netlink.HEADER_BYTES + HEAD_BYTES + ATTRIBUTE_BYTES;
    int fd = Netlink.open(Netlink.ROUTE, "NETLINK_ROUTE");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Netlink.ANSWER_BYTES, 8);
      Netlink.begin(buffer, bytes, type, Netlink.ORDER | flags);
      MemorySegment.copy(head, 0, buffer, ValueLayout.JAVA_BYTE, Netlink.HEADER_BYTES, HEAD_BYTES);
      long at = Netlink.HEADER_BYTES + HEAD_BYTES;
      buffer.set(ValueLayout.JAVA_SHORT, at, (short) ATTRIBUTE_BYTES);
      buffer.set(ValueLayout.JAVA_SHORT, at + 2, (short) attribute);
      buffer.set(ValueLayout.JAVA_INT, at + 4, value);
      return Netlink.ask(fd, buffer, bytes, what, (answer, from, to) -> {});
    } finally {
      Sockets.close(fd);
    }
  }
}
