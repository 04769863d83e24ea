package dev.godwit.sync.content;

import dev.godwit.linux.LinuxException;

/** A file that can be written anywhere. One thread at a time. */
public interface RandomWriter extends RandomReader {
  /** Writes all of it at a position. */
  void write(long position, byte[] data, int offset, int length) throws LinuxException;

  /** Makes the file this long; what comes to it reads as zeros. */
  void truncate(long length) throws LinuxException;

  /**
   * Takes the room of a range back; it reads as zeros.
   *
   * @return false when the file system cannot; nothing was done then
   */
  boolean punch(long position, long length) throws LinuxException;

  /**
   * Has the kernel copy a range out of another file, which shares the room where it can.
   *
   * @return how many bytes, perhaps fewer than asked for; 0 at the end of the other file; -1 when
   *     these two cannot be copied so
   */
  long copyFrom(RandomReader other, long from, long to, long length) throws LinuxException;

  /**
   * Makes the file share everything that another has.
   *
   * @return false when these two cannot be shared so; nothing was done then
   */
  boolean cloneFrom(RandomReader other) throws LinuxException;
}
