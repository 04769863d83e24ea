package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An epoll instance (epoll(7)). One thread waits; others may only add and remove descriptors.
 *
 * <p>The kernel's {@code struct epoll_event} is packed on x86_64 and aligned elsewhere.
 */
public final class Epoll implements AutoCloseable {
  public static final int IN = 1;

  /** Urgent data of TCP. */
  public static final int PRI = 2;

  public static final int OUT = 4;
  public static final int ERR = 8;
  public static final int HUP = 0x10;
  public static final int RDHUP = 0x2000;
  public static final int EDGE = 1 << 31;

  /** Of the instances that wait for one descriptor, few and not all are woken (Linux 4.5). */
  public static final int EXCLUSIVE = 1 << 28;

  private static final int CTL_ADD = 1;
  private static final int CTL_DEL = 2;
  private static final int CLOEXEC = 0x80000;
  private static final int EVENTS_MAX = 256;
  private static final int STRIDE = (int) Syscall.number(12, 16);
  private static final int DATA = STRIDE - 8;

  private static final long EPOLL_CREATE1 = Syscall.number(291, 20);
  private static final long EPOLL_CTL = Syscall.number(233, 21);
  private static final long EPOLL_PWAIT = Syscall.number(281, 22);

  /** One struct epoll_event. */
  private static final ThreadLocal<MemorySegment> SCRATCH =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(16, 8));

  private final Arena arena = Arena.ofShared();
  private final MemorySegment events = arena.allocate((long) EVENTS_MAX * STRIDE, 8);
  private final int fd;

  private Epoll(int fd) {
    this.fd = fd;
  }

  public static Epoll open() throws LinuxException {
    return new Epoll(
        (int) LinuxException.check(Syscall.call(EPOLL_CREATE1, CLOEXEC), "epoll_create1", ""));
  }

  /** Watches {@code target}; {@code data} comes back with each event. */
  public void add(int target, int interest, long data) throws LinuxException {
    MemorySegment event = SCRATCH.get();
    event.set(ValueLayout.JAVA_INT, 0, interest);
    event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, data);
    LinuxException.check(
        Syscall.call(EPOLL_CTL, fd, CTL_ADD, target, event.address()), "epoll_ctl", "");
  }

  /**
   * Stops watching. Needed before closing a descriptor whose open file another process holds too:
   * closing alone would leave the file in the set.
   */
  public void remove(int target) {
    Syscall.call(EPOLL_CTL, fd, CTL_DEL, target, 0);
  }

  /** Waits for events; a negative time means for ever. Returns how many there are, 0 if none. */
  public int await(int millis) throws LinuxException {
    long count = Syscall.call(EPOLL_PWAIT, fd, events.address(), EVENTS_MAX, millis, 0, 8);
    if (count == -Errno.EINTR) {
      return 0;
    }
    return (int) LinuxException.check(count, "epoll_pwait", "");
  }

  public int events(int index) {
    return events.get(ValueLayout.JAVA_INT_UNALIGNED, (long) index * STRIDE);
  }

  public long data(int index) {
    return events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * STRIDE + DATA);
  }

  @Override
  public void close() {
    Sockets.close(fd);
    arena.close();
  }
}
