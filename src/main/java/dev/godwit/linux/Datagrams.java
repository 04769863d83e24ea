package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams of a socket that is bound to all addresses, each with the one that it came to, so that
 * the answer comes from there: a client drops what comes from elsewhere (IP_PKTINFO of ip(7),
 * IPV6_RECVPKTINFO of ipv6(7)). One thread.
 */
public final class Datagrams {
  private static final int IP_PKTINFO = 8;
  private static final int IPV6_RECVPKTINFO = 49;
  private static final int IPV6_PKTINFO = 50;
  private static final int MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

  private static final long SENDMSG = Syscall.number(46, 211);
  private static final long RECVMSG = Syscall.number(47, 212);

  /** struct msghdr: name, its length, iovec, their number, control, its length, flags. */
  private static final int HEADER_BYTES = 56;

  /** struct cmsghdr, in front of struct in_pktinfo or in6_pktinfo. */
  private static final int CONTROL_HEADER_BYTES = 16;

  private static final int CONTROL_BYTES = 64;

  private final int fd;
  private final boolean six;
  private final MemorySegment name = Arena.ofAuto().allocate(64, 8);
  private final MemorySegment vector = Arena.ofAuto().allocate(16, 8);
  private final MemorySegment control = Arena.ofAuto().allocate(CONTROL_BYTES, 8);
  private final MemorySegment header = Arena.ofAuto().allocate(HEADER_BYTES, 8);

  /**
   * @param six whether the socket is one of IPv6; it may serve both families
   */
  public Datagrams(int fd, boolean six) throws LinuxException {
    this.fd = fd;
    this.six = six;
    if (six) {
      Sockets.set(fd, Sockets.SOL_IPV6, IPV6_RECVPKTINFO, 1);
    } else {
      Sockets.set(fd, Sockets.SOL_IP, IP_PKTINFO, 1);
    }
  }

  /** Bytes of the next one, what does not fit cut off, or a negated errno. */
  public long receive(long address, long length) {
    fill(address, length, 28, CONTROL_BYTES);
    return Syscall.call(RECVMSG, fd, header.address(), MSG_DONTWAIT_NOSIGNAL);
  }

  /** Who sent what was received last. */
  public InetSocketAddress sender() {
    return Sockets.read(name);
  }

  /** Which address of this host it came to; null when the kernel did not say. */
  public @Nullable InetAddress local() {
    if (header.get(ValueLayout.JAVA_LONG, 40) < CONTROL_HEADER_BYTES) {
      return null;
    }
    int level = control.get(ValueLayout.JAVA_INT, 8);
    int type = control.get(ValueLayout.JAVA_INT, 12);
    byte[] bytes;
    if (level == Sockets.SOL_IPV6 && type == IPV6_PKTINFO) {
      bytes = control.asSlice(CONTROL_HEADER_BYTES, 16).toArray(ValueLayout.JAVA_BYTE);
    } else if (level == Sockets.SOL_IP && type == IP_PKTINFO) {
      // The header's destination may be a broadcast address; ipi_spec_dst is one of ours.
      bytes = control.asSlice(CONTROL_HEADER_BYTES + 4, 4).toArray(ValueLayout.JAVA_BYTE);
    } else {
      return null;
    }
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }

  /**
   * Sends one.
   *
   * @param from the address of this host to send it from; null leaves that to the kernel
   * @return bytes taken, or a negated errno
   */
  public long send(long address, long length, InetSocketAddress to, @Nullable InetAddress from) {
    int nameBytes =
        six && to.getAddress() instanceof Inet4Address four
            ? Sockets.writeMapped(name, four, to.getPort())
            : Sockets.write(name, to.getAddress(), to.getPort());
    fill(address, length, nameBytes, from == null ? 0 : source(from));
    return Syscall.call(SENDMSG, fd, header.address(), MSG_DONTWAIT_NOSIGNAL);
  }

  private void fill(long address, long length, int nameBytes, int controlBytes) {
    vector.set(ValueLayout.JAVA_LONG, 0, address);
    vector.set(ValueLayout.JAVA_LONG, 8, length);
    header.fill((byte) 0);
    header.set(ValueLayout.JAVA_LONG, 0, name.address());
    header.set(ValueLayout.JAVA_INT, 8, nameBytes);
    header.set(ValueLayout.JAVA_LONG, 16, vector.address());
    header.set(ValueLayout.JAVA_LONG, 24, 1);
    header.set(ValueLayout.JAVA_LONG, 32, control.address());
    header.set(ValueLayout.JAVA_LONG, 40, controlBytes);
  }

  /** Writes the control message; returns its length, padding included. */
  private int source(InetAddress from) {
    control.fill((byte) 0);
    byte[] bytes = from.getAddress();
    int info = six ? 20 : 12;
    control.set(ValueLayout.JAVA_LONG, 0, CONTROL_HEADER_BYTES + info);
    control.set(ValueLayout.JAVA_INT, 8, six ? Sockets.SOL_IPV6 : Sockets.SOL_IP);
    control.set(ValueLayout.JAVA_INT, 12, six ? IPV6_PKTINFO : IP_PKTINFO);
    if (six && bytes.length == 4) {
      control.set(ValueLayout.JAVA_SHORT, CONTROL_HEADER_BYTES + 10, (short) 0xffff);
      MemorySegment.copy(
          bytes, 0, control, ValueLayout.JAVA_BYTE, CONTROL_HEADER_BYTES + 12, bytes.length);
    } else {
      MemorySegment.copy(
          bytes,
          0,
          control,
          ValueLayout.JAVA_BYTE,
          CONTROL_HEADER_BYTES + (six ? 0 : 4),
          bytes.length);
    }
    return (CONTROL_HEADER_BYTES + info + 7) & ~7;
  }
}
