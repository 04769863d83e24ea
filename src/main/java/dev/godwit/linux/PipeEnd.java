package dev.godwit.linux;

import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * One end of a pipe to another process, for a stream of bytes. Where much flows, whoever is faster
 * would be woken for each piece that the slower one takes or gives, some ten thousand times for a
 * gigabyte; he lets some of it gather instead, which the room of the pipe allows.
 *
 * <p>Threads: one that reads or writes, any that closes; the descriptor is closed when nobody is in
 * a call with it.
 */
final class PipeEnd {
  /** As much as anybody may have (/proc/sys/fs/pipe-max-size). */
  private static final int ROOM_BYTES = 1 << 20;

  /** With less room than that, gathering would make the other side wait. */
  private static final int GATHERING_BYTES_MIN = 512 * 1024;

  private static final long NAP_NANOS = 700_000;

  final int capacity;
  private final int fd;
  private int users;
  private boolean isClosed;

  /** Also takes what is no pipe; then nothing is gathered. */
  PipeEnd(int fd) {
    this.fd = fd;
    this.capacity = Pipe.widen(fd, ROOM_BYTES);
  }

  boolean gathers() {
    return capacity >= GATHERING_BYTES_MIN;
  }

  /** Returns the descriptor, which stays open until {@link #leave}. */
  synchronized int enter() throws IOException {
    if (isClosed) {
      throw new IOException("the stream is closed");
    }
    users++;
    return fd;
  }

  synchronized void leave() {
    users--;
    if (isClosed && users == 0) {
      Sockets.close(fd);
    }
  }

  /** The bytes in the pipe. */
  long queued() throws LinuxException {
    return Wakeup.readable(fd);
  }

  static void nap() {
    LockSupport.parkNanos(NAP_NANOS);
  }

  /** Idempotent. */
  synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      if (users == 0) {
        Sockets.close(fd);
      }
    }
  }
}
