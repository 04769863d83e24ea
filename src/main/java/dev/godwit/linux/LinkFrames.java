package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whole Ethernet frames of one protocol on one interface (packet(7)); takes CAP_NET_RAW. */
public final class LinkFrames implements AutoCloseable {
  public static final int ARP = 0x0806;
  public static final int IPV6 = 0x86dd;

  private static final int AF_PACKET = 17;
  private static final int SOCK_RAW_CLOEXEC = 3 | 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final int ADDRESS_BYTES = 20;
  private static final int FRAME_MAX = 2048;
  private static final long SOCKET = Syscall.number(41, 198);
  private static final long SENDTO = Syscall.number(44, 206);
  private static final long RECVFROM = Syscall.number(45, 207);
  private static final long BIND = Syscall.number(49, 200);
  private static final long SETSOCKOPT = Syscall.number(54, 208);

  private final int fd;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer = arena.allocate(FRAME_MAX, 8);

  /**
   * Opens it; used by one thread.
   *
   * @param index of the interface
   */
  public LinkFrames(int index, int protocol) throws LinuxException {
    short swapped = Short.reverseBytes((short) protocol);
    fd =
        (int)
            LinuxException.check(
                Syscall.call(SOCKET, AF_PACKET, SOCK_RAW_CLOEXEC, swapped & 0xffff),
                "socket",
                "AF_PACKET");
    MemorySegment address = arena.allocate(ADDRESS_BYTES, 8);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
    address.set(ValueLayout.JAVA_SHORT, 2, swapped);
    address.set(ValueLayout.JAVA_INT, 4, index);
    try {
      LinuxException.check(
          Syscall.call(BIND, fd, address.address(), ADDRESS_BYTES), "bind", "interface " + index);
    } catch (LinuxException e) {
      close();
      throw e;
    }
  }

  public void send(byte[] frame) throws LinuxException {
    MemorySegment.copy(frame, 0, buffer, ValueLayout.JAVA_BYTE, 0, frame.length);
    LinuxException.check(
        Syscall.call(SENDTO, fd, buffer.address(), frame.length, 0), "sendto", "AF_PACKET");
  }

  /**
   * The next frame; those that this host sends are among them.
   *
   * @return null when none came within the limit
   */
  public @Nullable ByteBuffer receive(Duration limit) throws LinuxException {
    MemorySegment time = buffer.asSlice(0, 16);
    time.set(ValueLayout.JAVA_LONG, 0, limit.toSeconds());
    time.set(ValueLayout.JAVA_LONG, 8, Math.max(1, limit.toNanosPart() / 1000));
    LinuxException.check(
        Syscall.call(SETSOCKOPT, fd, SOL_SOCKET, SO_RCVTIMEO, buffer.address(), 16, 0),
        "setsockopt",
        "SO_RCVTIMEO");
    long length = Syscall.call(RECVFROM, fd, buffer.address(), FRAME_MAX, 0);
    if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
      return null;
    }
    LinuxException.check(length, "recvfrom", "AF_PACKET");
    return ByteBuffer.wrap(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void close() {
    Sockets.close(fd);
    arena.close();
  }
}
