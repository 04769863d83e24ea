package dev.godwit.linux;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What comes out of a pipe; for one reading thread. */
public final class PipeInput extends InputStream {
  /** After a read of that much it is worth a nap to have the next one take more. */
  private static final int MUCH = 32 * 1024;

  private static final long READ = Syscall.number(0, 63);

  private final PipeEnd end;
  private boolean muchCame;

  /**
   * @param fd closed with the stream; what is no pipe is read as it is
   */
  public PipeInput(int fd) {
    end = new PipeEnd(fd);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    int fd = end.enter();
    try {
      if (muchCame && end.gathers() && end.queued() < Scratch.DATA_BYTES) {
        PipeEnd.nap();
      }
      MemorySegment data = Scratch.get().data();
      long asked = Math.min(length, Scratch.DATA_BYTES);
      int count =
          (int)
              LinuxException.check(
                  Syscall.restarting(READ, fd, data.address(), asked), "read", "a pipe");
      muchCame = count >= MUCH;
      if (count == 0) {
        return -1;
      }
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, bytes, offset, count);
      return count;
    } finally {
      end.leave();
    }
  }

  @Override
  public int available() throws IOException {
    end.enter();
    try {
      return (int) Math.min(Integer.MAX_VALUE, end.queued());
    } finally {
      end.leave();
    }
  }

  /** A thread that waits in a read goes on waiting; the other end is to be ended first. */
  @Override
  public void close() {
    end.close();
  }
}
