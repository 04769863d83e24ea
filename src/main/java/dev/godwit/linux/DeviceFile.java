package dev.godwit.linux;

/**
 * A device that is open as if it were a regular file of the size that it has: what was asked for
 * with {@code --copy-devices} or {@code --write-devices}. Opening a device can act (H5), so nothing
 * else opens one.
 *
 * <p>Its status is a regular file's, and stays as it was seen; its length is nobody's to change.
 */
public final class DeviceFile extends FileHandle {
  private static final long OPEN_FLAGS =
      OpenFlags.O_NONBLOCK | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC;

  private final FileStatus asFile;

  private DeviceFile(int descriptor, byte[] name, FileStatus seen) throws LinuxException {
    super(descriptor, name);
    try {
      this.asFile = seen.asFile(size(), seen.mtimeSeconds(), seen.mtimeNanos());
    } catch (LinuxException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Whether a status is that of a device which is taken for a file: no real file has a number. */
  public static boolean isOne(FileStatus status) {
    return status.isRegular() && status.specialDevice() != 0;
  }

  /**
   * What a device is taken for. It is opened for that.
   *
   * @param real the status of the device
   * @return a regular file's status; of size 0 when it cannot be opened: what is in the way is told
   *     when it is to be read or written
   */
  public static FileStatus seen(FileHandle path, FileStatus real) {
    try (DeviceFile file = open(path, real, false)) {
      return file.status();
    } catch (LinuxException e) {
      return real.asFile(0, real.mtimeSeconds(), real.mtimeNanos());
    }
  }

  /**
   * Opens the device for which {@code path} was opened, if it is still the one that was seen.
   *
   * @param path opened for its path only
   * @param seen its status, as it is or as {@link #seen} has it
   * @throws LinuxException ESTALE when something else is there by now
   */
  public static DeviceFile open(FileHandle path, FileStatus seen, boolean forWriting)
      throws LinuxException {
    FileStatus now = path.status();
    if (!now.isDevice() || !now.isSameInode(seen) || now.specialDevice() != seen.specialDevice()) {
      throw new LinuxException("openat", path.shown(), Errno.ESTALE);
    }
    long mode = forWriting ? OpenFlags.O_RDWR : OpenFlags.O_RDONLY;
    long link = Scratch.get().path(path.magicLink(), "openat");
    long fd = Syscall.restarting(OPENAT, OpenFlags.AT_FDCWD, link, OPEN_FLAGS | mode, 0);
    if (forWriting && fd == -Errno.EACCES) { // who may only write reads nothing for a delta
      fd = Syscall.restarting(OPENAT, OpenFlags.AT_FDCWD, link, OPEN_FLAGS | OpenFlags.O_WRONLY, 0);
    }
    return new DeviceFile((int) path.checked(fd, "openat"), path.name(), seen);
  }

  /** Where it ends: what BLKGETSIZE64 says of a block device; 0 of what has no end. */
  private long size() throws LinuxException {
    long end = Syscall.restarting(LSEEK, descriptor(), 0, SEEK_END);
    if (end <= 0) {
      return 0;
    }
    seek(0);
    return end;
  }

  @Override
  public FileStatus status() {
    return asFile;
  }

  /** Ends where the size says: some devices never do. */
  @Override
  long read(long address, long length, long position) throws LinuxException {
    long left = Math.min(length, asFile.size() - position);
    return left <= 0 ? 0 : super.read(address, left, position);
  }

  /** Writes go on there; what is behind it stays. */
  @Override
  public void truncate(long length) throws LinuxException {
    if (asFile.size() > 0) {
      seek(length);
    }
  }

  @Override
  public boolean allocate(long position, long length) {
    return false;
  }

  @Override
  public boolean punchHole(long position, long length) {
    return false;
  }

  @Override
  public void reserve(long bytes) {
    // The room is there, or is not.
  }

  @Override
  public long copyRange(long position, FileHandle target, long targetPosition, long length) {
    return -1;
  }

  @Override
  public boolean cloneTo(FileHandle target) {
    return false;
  }
}
