package dev.godwit.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A pipe as the kernel makes it: a bounded buffer, blocking on both sides, closed from both. */
final class TestingPipe {
  private final byte[] buffer;
  private int start;
  private int count;
  private boolean writerClosed;
  private boolean readerClosed;

  TestingPipe(int bytes) {
    buffer = new byte[bytes];
  }

  final InputStream in =
      new InputStream() {
        @Override
        public int read() throws IOException {
          byte[] one = new byte[1];
          return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
          return take(target, offset, length);
        }

        @Override
        public void close() {
          closeReader();
        }
      };

  final OutputStream out =
      new OutputStream() {
        @Override
        public void write(int b) throws IOException {
          write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
          put(source, offset, length);
        }

        @Override
        public void close() {
          closeWriter();
        }
      };

  private synchronized int take(byte[] target, int offset, int length) throws IOException {
    try {
      while (count == 0) {
        if (readerClosed) {
          throw new IOException("Stream closed");
        }
        if (writerClosed) {
          return -1;
        }
        wait();
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    int taken = Math.min(Math.min(length, count), buffer.length - start);
    System.arraycopy(buffer, start, target, offset, taken);
    start = (start + taken) % buffer.length;
    count -= taken;
    notifyAll();
    return taken;
  }

  private synchronized void put(byte[] source, int offset, int length) throws IOException {
    int at = offset;
    int left = length;
    try {
      while (left > 0) {
        while (count == buffer.length && !readerClosed && !writerClosed) {
          wait();
        }
        if (readerClosed || writerClosed) {
          throw new IOException("Broken pipe");
        }
        int end = (start + count) % buffer.length;
        int room = Math.min(buffer.length - count, buffer.length - end);
        int put = Math.min(room, left);
        System.arraycopy(source, at, buffer, end, put);
        count += put;
        at += put;
        left -= put;
        notifyAll();
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
  }

  private synchronized void closeWriter() {
    writerClosed = true;
    notifyAll();
  }

  private synchronized void closeReader() {
    readerClosed = true;
    notifyAll();
  }
}
