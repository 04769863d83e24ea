package dev.godwit.linux;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What goes into a pipe; for one writing thread. */
public final class PipeOutput extends OutputStream {
  /** A write of that much waits for room in large steps. */
  private static final int MUCH = 64 * 1024;

  /** Then it waits in the kernel: the other side takes nothing, for whatever reason. */
  private static final int NAPS_MAX = 16;

  private static final long WRITE = Syscall.number(1, 64);

  private final PipeEnd end;

  /**
   * @param fd closed with the stream; what is no pipe is written to as it is
   */
  public PipeOutput(int fd) {
    end = new PipeEnd(fd);
  }

  @Override
  public void write(int one) throws IOException {
    write(new byte[] {(byte) one}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int fd = end.enter();
    try {
      MemorySegment data = Scratch.get().data();
      int done = 0;
      while (done < length) {
        int part = Math.min(length - done, Scratch.DATA_BYTES);
        if (part >= MUCH && end.gathers()) {
          awaitRoom();
        }
        MemorySegment.copy(bytes, offset + done, data, ValueLayout.JAVA_BYTE, 0, part);
        long written = 0;
        while (written < part) {
          written +=
              LinuxException.check(
                  Syscall.restarting(WRITE, fd, data.address() + written, part - written),
                  "write",
                  "a pipe");
        }
        done += part;
      }
    } finally {
      end.leave();
    }
  }

  /**
   * Writes all of it, if that needs no wait: the pipe has room for some times as much, as its pages
   * need not be full.
   *
   * @return whether it was written
   */
  public boolean tryWrite(byte[] bytes, int offset, int length) throws IOException {
    end.enter();
    try {
      if (length + end.queued() > end.capacity / 4) {
        return false;
      }
    } finally {
      end.leave();
    }
    write(bytes, offset, length);
    return true;
  }

  private void awaitRoom() throws LinuxException {
    int naps = 0;
    while (end.queued() > end.capacity / 2 && naps < NAPS_MAX) {
      PipeEnd.nap();
      naps++;
    }
  }

  @Override
  public void close() {
    end.close();
  }
}
