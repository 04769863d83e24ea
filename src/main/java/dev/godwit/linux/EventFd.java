package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A counter that wakes a loop (eventfd(2)). Any thread may signal. */
public final class EventFd implements AutoCloseable {
  private static final int NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final long EVENTFD2 = Syscall.number(290, 19);
  private static final long READ = Syscall.number(0, 63);
  private static final long WRITE = Syscall.number(1, 64);

  private final MemorySegment one = Arena.ofAuto().allocate(8, 8);
  private final MemorySegment count = Arena.ofAuto().allocate(8, 8);
  private final int fd;

  private EventFd(int fd) {
    this.fd = fd;
    one.set(ValueLayout.JAVA_LONG, 0, 1);
  }

  public static EventFd open() throws LinuxException {
    return new EventFd(
        (int) LinuxException.check(Syscall.call(EVENTFD2, 0, NONBLOCK_CLOEXEC), "eventfd2", ""));
  }

  public int fd() {
    return fd;
  }

  public void signal() {
    Syscall.call(WRITE, fd, one.address(), 8);
  }

  /** Takes all signals; only the waiting thread calls it. */
  public void clear() {
    Syscall.call(READ, fd, count.address(), 8);
  }

  @Override
  public void close() {
    Sockets.close(fd);
  }
}
