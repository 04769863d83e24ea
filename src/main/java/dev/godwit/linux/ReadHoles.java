package dev.godwit.linux;

/**
 * Finds the holes of a file by reading it, where {@link FileSystemStatus#tellsHoles} has it that
 * the kernel's word is not to be taken: a block of zeros is a hole. Costs reading the file twice,
 * of which the second time is from memory.
 */
final class ReadHoles {
  /** Blocks begin at multiples of it. What is shorter counts as content. */
  static final int BLOCK_BYTES = 64 * 1024;

  /** A hole is not looked for any further, so that what was read is read again from memory. */
  static final int AHEAD_BYTES = 4 * 1024 * 1024;

  private ReadHoles() {}

  /**
   * Where the next block begins that is not all zeros, or the position if that is in one.
   *
   * @return -1 when there is none until the end of the file
   */
  static long nextData(FileHandle file, long position) throws LinuxException {
    byte[] block = new byte[BLOCK_BYTES];
    long at = position;
    while (true) {
      int count = read(file, block, at);
      if (count == 0) {
        return -1;
      }
      if (!Zeros.isZero(block, 0, count)) {
        return at;
      }
      at += count;
    }
  }

  /**
   * Where the next block of zeros begins, or the end of the file; or a place up to which there is
   * none, and where there may be content too.
   *
   * @return -1 when the position is at the end or behind it
   */
  static long nextHole(FileHandle file, long position) throws LinuxException {
    byte[] block = new byte[BLOCK_BYTES];
    long at = position;
    do {
      int count = read(file, block, at);
      if (count == 0) {
        return at == position ? -1 : at;
      }
      if (Zeros.isZero(block, 0, count)) {
        return at;
      }
      at += count;
    } while (at - position < AHEAD_BYTES);
    return at;
  }

  /** Reads until the end of a block, or that of the file. */
  private static int read(FileHandle file, byte[] block, long position) throws LinuxException {
    int wanted = BLOCK_BYTES - (int) (position % BLOCK_BYTES);
    return file.readFully(block, wanted, position);
  }
}
