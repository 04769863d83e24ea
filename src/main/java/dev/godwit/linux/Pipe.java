package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A pipe as a buffer in the kernel between two sockets (pipe(7), splice(2)): what goes through it
 * is never copied into this process.
 */
public final class Pipe implements AutoCloseable {
  private static final int O_NONBLOCK_CLOEXEC = 0x800 | 0x80000;
  private static final int F_SETPIPE_SZ = 1031;
  private static final int F_GETPIPE_SZ = 1032;
  private static final int SPLICE_F_MOVE_NONBLOCK = 1 | 2;
  private static final long PIPE2 = Syscall.number(293, 59);
  private static final long FCNTL = Syscall.number(72, 25);
  private static final long SPLICE = Syscall.number(275, 76);

  private final int readEnd;
  private final int writeEnd;
  private final int capacity;

  private Pipe(int readEnd, int writeEnd, int capacity) {
    this.readEnd = readEnd;
    this.writeEnd = writeEnd;
    this.capacity = capacity;
  }

  /**
   * Opens a pipe of {@code size} bytes, or of what the user's share of pipe memory still allows
   * (/proc/sys/fs/pipe-user-pages-soft).
   */
  public static Pipe open(int size) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(8, 8);
      LinuxException.check(Syscall.call(PIPE2, ends.address(), O_NONBLOCK_CLOEXEC), "pipe2", "");
      int read = ends.get(ValueLayout.JAVA_INT, 0);
      int write = ends.get(ValueLayout.JAVA_INT, 4);
      Syscall.call(FCNTL, write, F_SETPIPE_SZ, size);
      return new Pipe(read, write, (int) Math.max(4096, Syscall.call(FCNTL, write, F_GETPIPE_SZ)));
    }
  }

  /** Bytes that fit when each of its pages is full. */
  public int capacity() {
    return capacity;
  }

  /**
   * Moves bytes from a socket into the pipe.
   *
   * @return bytes, 0 at the end of the stream, or a negated errno; EAGAIN means that the socket is
   *     empty or the pipe is full
   */
  public long fill(int socket, long length) {
    return Syscall.call(SPLICE, socket, 0, writeEnd, 0, length, SPLICE_F_MOVE_NONBLOCK);
  }

  /** Moves bytes from the pipe into a socket; bytes or a negated errno. */
  public long drain(int socket, long length) {
    return Syscall.call(SPLICE, readEnd, 0, socket, 0, length, SPLICE_F_MOVE_NONBLOCK);
  }

  @Override
  public void close() {
    Sockets.close(readEnd);
    Sockets.close(writeEnd);
  }
}
