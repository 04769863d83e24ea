package dev.godwit.linux;

/**
 * One name of a directory as getdents64(2) gives it.
 *
 * @param type DT_DIR (4), DT_REG (8)...; 0 when the file system does not tell
 */
@SuppressWarnings("ArrayRecordComponent") // names are bytes; entries are never compared
public record DirectoryEntry(byte[] name, long inode, int type) {
  /** The file system does not tell the type here. */
  public static final int UNKNOWN = 0;

  public static final int DIRECTORY = 4;
  public static final int REGULAR = 8;
}
