package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A pipe as a buffer in the kernel between two sockets, or two files (pipe(7), splice(2)): what
 * goes through it is never copied into this process.
 */
public final class Pipe implements AutoCloseable {
  private static final int O_CLOEXEC = 0x80000;
  private static final int O_NONBLOCK = 0x800;
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
    int[] ends = ends(O_NONBLOCK | O_CLOEXEC);
    return new Pipe(ends[0], ends[1], Math.max(4096, widen(ends[1], size)));
  }

  /** The descriptors of a new pipe's reading and writing end, which block and no child inherits. */
  static int[] blocking() throws LinuxException {
    return ends(O_CLOEXEC);
  }

  private static int[] ends(int flags) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ends = arena.allocate(8, 8);
      LinuxException.check(Syscall.call(PIPE2, ends.address(), flags), "pipe2", "");
      return new int[] {ends.get(ValueLayout.JAVA_INT, 0), ends.get(ValueLayout.JAVA_INT, 4)};
    }
  }

  /**
   * Asks for room for {@code size} bytes in the pipe that a descriptor is an end of.
   *
   * @return the bytes that there is room for; 0 when it is no pipe
   */
  static int widen(int fd, int size) {
    Syscall.call(FCNTL, fd, F_SETPIPE_SZ, size);
    return (int) Math.max(0, Syscall.call(FCNTL, fd, F_GETPIPE_SZ));
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

  /**
   * Makes the pipe refer to pages of a file.
   *
   * @param position the address of 64 bits: where in the file, which has moved on afterwards
   * @return bytes, 0 at the end of the file, or a negated errno
   */
  long fillFrom(int file, long position, long length) {
    return Syscall.restarting(SPLICE, file, position, writeEnd, 0, length, SPLICE_F_MOVE_NONBLOCK);
  }

  /**
   * Moves bytes from the pipe into a socket, or to the place where a file is written; bytes or a
   * negated errno.
   */
  public long drain(int to, long length) {
    return Syscall.restarting(SPLICE, readEnd, 0, to, 0, length, SPLICE_F_MOVE_NONBLOCK);
  }

  @Override
  public void close() {
    Sockets.close(readEnd);
    Sockets.close(writeEnd);
  }
}
