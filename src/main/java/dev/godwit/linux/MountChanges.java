package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Tells that something was mounted or unmounted where this process sees it: the kernel reports it
 * as an exceptional condition of the list of mounts (proc_pid_mountinfo(5)). For one thread.
 */
public final class MountChanges implements AutoCloseable {
  private static final short POLLPRI = 2;
  private static final short POLLERR = 8;
  private static final long PPOLL = Syscall.number(271, 73);

  private final int fd;
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment polled = arena.allocate(8, 8);
  private final MemorySegment noTime = arena.allocate(16, 8);
  private boolean closed;

  public MountChanges() throws LinuxException {
    fd = KernelFiles.open("/proc/self/mountinfo");
    polled.set(ValueLayout.JAVA_INT, 0, fd);
    polled.set(ValueLayout.JAVA_SHORT, 4, POLLPRI);
  }

  /** Whether there was a change since the last time, or since this was made. Does not wait. */
  public boolean seen() throws LinuxException {
    long result = Syscall.call(PPOLL, polled.address(), 1, noTime.address(), 0, 8, 0);
    if (result == -Errno.EINTR) {
      return true; // nobody knows
    }
    LinuxException.check(result, "ppoll", "/proc/self/mountinfo");
    return (polled.get(ValueLayout.JAVA_SHORT, 6) & (POLLPRI | POLLERR)) != 0;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Wakeup.closeFd(fd);
    }
  }
}
