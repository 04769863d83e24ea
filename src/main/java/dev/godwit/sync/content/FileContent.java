package dev.godwit.sync.content;

import dev.godwit.linux.FileHandle;
import dev.godwit.linux.LinuxException;
import java.lang.foreign.MemorySegment;

/** An open file as the delta reads and writes it. Does not close it. */
public final class FileContent implements RandomWriter {
  private final FileHandle file;

  public FileContent(FileHandle file) {
    this.file = file;
  }

  @Override
  public int read(long position, byte[] into, int offset, int length) throws LinuxException {
    return file.read(into, offset, length, position);
  }

  @Override
  public MemorySegment look(long position, int length) throws LinuxException {
    return file.look(length, position);
  }

  @Override
  public long nextData(long position) throws LinuxException {
    return file.nextData(position);
  }

  @Override
  public long nextHole(long position) throws LinuxException {
    return file.nextHole(position);
  }

  @Override
  public void write(long position, byte[] data, int offset, int length) throws LinuxException {
    file.writeAt(data, offset, length, position);
  }

  @Override
  public void truncate(long length) throws LinuxException {
    file.truncate(length);
  }

  @Override
  public boolean punch(long position, long length) throws LinuxException {
    return file.punchHole(position, length);
  }

  @Override
  public long copyFrom(RandomReader other, long from, long to, long length) throws LinuxException {
    return other instanceof FileContent source ? source.file.copyRange(from, file, to, length) : -1;
  }

  @Override
  public boolean cloneFrom(RandomReader other) throws LinuxException {
    return other instanceof FileContent source && source.file.cloneTo(file);
  }
}
