package dev.godwit.linux;

/**
 * What statx(2) says of one inode.
 *
 * @param mode type and permissions, as st_mode
 * @param uid unsigned
 * @param gid unsigned
 * @param size in bytes; for a symbolic link the length of its text
 * @param atimeNanos 0 to 999,999,999
 * @param mtimeNanos 0 to 999,999,999
 * @param device of the file system: major number in the upper, minor in the lower 32 bits
 * @param specialDevice what a device file stands for, in the same form; 0 for others
 * @param blocks how many 512 bytes it takes on disk
 * @param birthNanos when the inode was made, in nanoseconds since 1970: tells a reused inode number
 *     from the one before; 0 when the file system does not keep it
 * @param mount the mount's id; 0 when the kernel does not tell (before 5.8)
 */
public record FileStatus(
    int mode,
    int uid,
    int gid,
    long size,
    long atimeSeconds,
    int atimeNanos,
    long mtimeSeconds,
    int mtimeNanos,
    long ctimeSeconds,
    int ctimeNanos,
    long inode,
    long device,
    long specialDevice,
    int links,
    long blocks,
    long birthNanos,
    long mount) {

  /** The request: the basic fields, the time of birth and the mount's id. */
  static final long MASK = 0x7ff | 0x800 | 0x1000;

  private static final int MASK_BIRTH = 0x800;
  private static final int MASK_MOUNT = 0x1000;

  /** How many numbers a status is. */
  public static final int ROW = 17;

  /** The bits of the mode that say what it is (S_IFMT). */
  public static final int TYPE = 0170000;

  /** Of nothing: everything is 0. */
  public static final FileStatus NONE =
      new FileStatus(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  /**
   * Reads struct statx (statx(2)) out of the array that it was copied to: plain array reads are
   * many times cheaper than those of native memory until the second compiler has seen them, and
   * this is done for every file of a tree. Both processors are little-endian.
   */
  static FileStatus read(long[] words) {
    int mask = (int) words[0];
    return new FileStatus(
        (int) (words[3] >>> 32) & 0xffff,
        (int) (words[2] >>> 32),
        (int) words[3],
        words[5],
        words[8],
        (int) words[9],
        words[14],
        (int) words[15],
        words[12],
        (int) words[13],
        words[4],
        number(words[17]),
        number(words[16]),
        (int) words[2],
        words[6],
        (mask & MASK_BIRTH) != 0 ? words[10] * 1_000_000_000 + (int) words[11] : 0,
        (mask & MASK_MOUNT) != 0 ? words[18] : 0);
  }

  /**
   * Puts all of it at the beginning of a row of numbers, in the order of the components: for who
   * keeps very many.
   *
   * @param row of {@link #ROW} numbers at least
   */
  public void toRow(long[] row) {
    row[0] = mode;
    row[1] = uid;
    row[2] = gid;
    row[3] = size;
    row[4] = atimeSeconds;
    row[5] = atimeNanos;
    row[6] = mtimeSeconds;
    row[7] = mtimeNanos;
    row[8] = ctimeSeconds;
    row[9] = ctimeNanos;
    row[10] = inode;
    row[11] = device;
    row[12] = specialDevice;
    row[13] = links;
    row[14] = blocks;
    row[15] = birthNanos;
    row[16] = mount;
  }

  /** What {@link #toRow} has put there. */
  public static FileStatus ofRow(long[] row) {
    return new FileStatus(
        (int) row[0],
        (int) row[1],
        (int) row[2],
        row[3],
        row[4],
        (int) row[5],
        row[6],
        (int) row[7],
        row[8],
        (int) row[9],
        row[10],
        row[11],
        row[12],
        (int) row[13],
        row[14],
        row[15],
        row[16]);
  }

  /** Major and minor number of a device, which statx gives in two words of 32 bits. */
  static long number(long majorAndMinor) {
    return majorAndMinor << 32 | majorAndMinor >>> 32;
  }

  /** The same inode taken for something else: what --fake-super keeps of a file. */
  public FileStatus as(int newMode, int newUid, int newGid, long newSpecialDevice) {
    return new FileStatus(
        newMode,
        newUid,
        newGid,
        size,
        atimeSeconds,
        atimeNanos,
        mtimeSeconds,
        mtimeNanos,
        ctimeSeconds,
        ctimeNanos,
        inode,
        device,
        newSpecialDevice,
        links,
        blocks,
        birthNanos,
        mount);
  }

  /**
   * A device taken for a regular file without holes; it keeps its number.
   *
   * @param newSize in bytes
   */
  public FileStatus asFile(long newSize, long newMtimeSeconds, int newMtimeNanos) {
    return new FileStatus(
        0100000 | permissions(),
        uid,
        gid,
        newSize,
        atimeSeconds,
        atimeNanos,
        newMtimeSeconds,
        newMtimeNanos,
        ctimeSeconds,
        ctimeNanos,
        inode,
        device,
        specialDevice,
        links,
        newSize / 512 + 1,
        birthNanos,
        mount);
  }

  /** The permissions with setuid, setgid and sticky: the lower 12 bits of the mode. */
  public int permissions() {
    return mode & 07777;
  }

  public boolean isRegular() {
    return (mode & TYPE) == 0100000;
  }

  public boolean isDirectory() {
    return (mode & TYPE) == 0040000;
  }

  public boolean isSymbolicLink() {
    return (mode & TYPE) == 0120000;
  }

  public boolean isFifo() {
    return (mode & TYPE) == 0010000;
  }

  public boolean isSocket() {
    return (mode & TYPE) == 0140000;
  }

  public boolean isDevice() {
    return (mode & TYPE) == 0020000 || (mode & TYPE) == 0060000;
  }

  /** Whether it takes less room on disk than its size: there are holes in it. */
  public boolean isSparse() {
    return blocks < size / 512;
  }

  /** Whether no mount lies between the two, as far as the kernel tells. */
  public boolean isOnMountOf(FileStatus other) {
    return device == other.device && mount == other.mount;
  }

  public boolean isSameInode(FileStatus other) {
    return inode == other.inode && device == other.device;
  }

  /** When content or metadata last changed, in nanoseconds since 1970; nobody can set it. */
  public long ctimeTotalNanos() {
    return ctimeSeconds * 1_000_000_000 + ctimeNanos;
  }

  /**
   * Whether the inode seems to keep whole seconds, as those of ext3 do, and of ext4 with 128 bytes:
   * nobody can choose the time of an inode's change, and one in a billion others is of a whole
   * second by chance.
   */
  public boolean isOfWholeSeconds() {
    return ctimeNanos == 0;
  }

  /** When content last changed, in nanoseconds since 1970; or whatever its owner has set. */
  public long mtimeTotalNanos() {
    return mtimeSeconds * 1_000_000_000 + mtimeNanos;
  }

  public boolean hasSameTime(FileStatus other) {
    return mtimeSeconds == other.mtimeSeconds && mtimeNanos == other.mtimeNanos;
  }
}
