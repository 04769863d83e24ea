package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;

/**
 * Waits for a descriptor to become readable, and lets other threads end that wait (eventfd(2),
 * ppoll(2)). {@link #await} belongs to one platform thread; {@link #signal} to any.
 */
public final class Wakeup implements AutoCloseable {
  private static final int EFD_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;
  private static final short POLLIN = 1;

  /** What ppoll(2) passes over. */
  private static final int NO_FILE = -1;

  private static final int FIONREAD = 0x541B;
  private static final long READ = Syscall.number(0, 63);
  private static final long WRITE = Syscall.number(1, 64);
  private static final long CLOSE = Syscall.number(3, 57);
  private static final long IOCTL = Syscall.number(16, 29);
  private static final long PPOLL = Syscall.number(271, 73);
  private static final long EVENTFD2 = Syscall.number(290, 19);

  private final int eventFd;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment polled = arena.allocate(16, 8);
  private final MemorySegment timeout = arena.allocate(16, 8);
  private final MemorySegment counter = arena.allocate(8, 8);
  private final MemorySegment one = arena.allocate(8, 8);
  private boolean closed;

  public Wakeup() throws LinuxException {
    eventFd =
        (int)
            LinuxException.check(
                Syscall.call(EVENTFD2, 0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd2", "");
    one.set(ValueLayout.JAVA_LONG, 0, 1);
  }

  /** Waits until {@code fd} is readable, {@link #signal} was called, or the time is over. */
  public void await(int fd, Duration max) throws LinuxException {
    polled.set(ValueLayout.JAVA_INT, 0, fd);
    polled.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
    polled.set(ValueLayout.JAVA_INT, 8, eventFd);
    polled.set(ValueLayout.JAVA_SHORT, 12, POLLIN);
    Duration wait = max.isNegative() ? Duration.ZERO : max;
    timeout.set(ValueLayout.JAVA_LONG, 0, wait.toSeconds());
    timeout.set(ValueLayout.JAVA_LONG, 8, wait.toNanosPart());
    long result = Syscall.call(PPOLL, polled.address(), 2, timeout.address(), 0, 8, 0);
    if (result < 0 && result != -Errno.EINTR) {
      LinuxException.check(result, "ppoll", "");
    }
    if (result > 0 && polled.get(ValueLayout.JAVA_SHORT, 14) != 0) {
      Syscall.call(READ, eventFd, counter.address(), 8);
    }
  }

  /** Waits until {@link #signal} was called, or the time is over. */
  public void await(Duration max) throws LinuxException {
    await(NO_FILE, max);
  }

  /** Ends the wait that is going on, or the next one. */
  public synchronized void signal() {
    // A closed descriptor's number may already be another file's.
    if (!closed) {
      Syscall.call(WRITE, eventFd, one.address(), 8);
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      closeFd(eventFd);
    }
  }

  /** The bytes that can be read at once, as FIONREAD counts them. */
  static long readable(int fd) throws LinuxException {
    Scratch scratch = Scratch.get();
    long count = scratch.structure(0, 0, 0, 0);
    LinuxException.check(Syscall.call(IOCTL, fd, FIONREAD, count), "ioctl", "FIONREAD");
    return scratch.structureWord(0); // of which it writes the lower half
  }

  /** One read(2) of a descriptor that does not block; 0 when there is nothing. */
  static int read(int fd, MemorySegment buffer, String object) throws LinuxException {
    long result = Syscall.call(READ, fd, buffer.address(), buffer.byteSize());
    if (result == -Errno.EAGAIN || result == -Errno.EINTR) {
      return 0;
    }
    return (int) LinuxException.check(result, "read", object);
  }

  static void closeFd(int fd) {
    Syscall.call(CLOSE, fd);
  }
}
