package dev.godwit.sync.content;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Zeros;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;

/** A file in memory that knows which of its blocks have room. */
final class MemoryFile implements RandomWriter {
  private static final int BLOCK = Zeros.BLOCK_BYTES;

  private byte[] content = new byte[0];
  private final BitSet room = new BitSet();

  /** Whether the kernel would copy and punch for us. */
  boolean copies;

  boolean clones;
  boolean punches = true;

  /** Every read gets at most so many bytes. */
  int readMax = Integer.MAX_VALUE;

  /** Bytes that were read, written and copied by the kernel. */
  long bytesRead;

  long bytesWritten;
  long bytesCopied;

  MemoryFile() {}

  MemoryFile(byte[] content) {
    this.content = content.clone();
    room.set(0, (content.length + BLOCK - 1) / BLOCK);
  }

  synchronized byte[] content() {
    return content.clone();
  }

  /** One character a block: {@code D} with room, {@code H} a hole. */
  synchronized String map() {
    StringBuilder map = new StringBuilder();
    for (int i = 0; i * BLOCK < content.length; i++) {
      map.append(room.get(i) ? 'D' : 'H');
    }
    return map.toString();
  }

  @Override
  public synchronized int read(long position, byte[] into, int offset, int length) {
    if (position >= content.length) {
      return 0;
    }
    int count = (int) Math.min(Math.min(length, readMax), content.length - position);
    System.arraycopy(content, (int) position, into, offset, count);
    bytesRead += count;
    return count;
  }

  @Override
  public synchronized MemorySegment look(long position, int length) {
    byte[] read = new byte[length];
    return MemorySegment.ofArray(read).asSlice(0, read(position, read, 0, length));
  }

  @Override
  public synchronized long nextData(long position) {
    if (position >= content.length) {
      return -1;
    }
    int block = room.nextSetBit((int) (position / BLOCK));
    return block < 0 || (long) block * BLOCK >= content.length
        ? -1
        : Math.max(position, (long) block * BLOCK);
  }

  @Override
  public synchronized long nextHole(long position) {
    if (position >= content.length) {
      return -1;
    }
    int block = room.nextClearBit((int) (position / BLOCK));
    return Math.min(content.length, Math.max(position, (long) block * BLOCK));
  }

  @Override
  public synchronized void write(long position, byte[] data, int offset, int length) {
    grow(position + length);
    System.arraycopy(data, offset, content, (int) position, length);
    if (length > 0) {
      room.set((int) (position / BLOCK), (int) ((position + length - 1) / BLOCK) + 1);
    }
    bytesWritten += length;
  }

  private void grow(long size) {
    if (size > content.length) {
      content = Arrays.copyOf(content, Math.toIntExact(size));
    }
  }

  @Override
  public synchronized void truncate(long length) {
    content = Arrays.copyOf(content, Math.toIntExact(length));
    int blocks = (int) ((length + BLOCK - 1) / BLOCK);
    room.clear(blocks, Math.max(blocks, room.length()));
  }

  @Override
  public synchronized boolean punch(long position, long length) {
    if (!punches) {
      return false;
    }
    int from = (int) Math.min(position, content.length);
    int to = (int) Math.min(position + length, content.length);
    Arrays.fill(content, from, to, (byte) 0);
    int first = (from + BLOCK - 1) / BLOCK;
    // The kernel takes a last block that is not whole only when the range goes on to its end.
    int last = (int) ((position + length) / BLOCK);
    if (first < last) {
      room.clear(first, last);
    }
    return true;
  }

  @Override
  public long copyFrom(RandomReader other, long from, long to, long length) throws LinuxException {
    if (!copies) {
      return -1;
    }
    if (other == this && Math.max(from, to) < Math.min(from, to) + length) {
      throw new LinuxException("copy_file_range", "overlapping ranges", Errno.EINVAL);
    }
    byte[] data = new byte[(int) Math.min(length, 50_000)];
    int count = other.readFully(from, data, 0, data.length);
    synchronized (this) {
      write(to, data, 0, count);
      bytesWritten -= count;
      bytesCopied += count;
    }
    return count;
  }

  @Override
  public boolean cloneFrom(RandomReader other) {
    if (!clones || !(other instanceof MemoryFile file)) {
      return false;
    }
    byte[] all = file.content();
    synchronized (this) {
      content = all;
      room.clear();
      room.or(file.room);
    }
    return true;
  }
}
