package dev.godwit.linux;

/** Flags of open(2), openat2(2) and the *at calls; some have another value on each processor. */
final class OpenFlags {
  static final long O_RDONLY = 0;
  static final long O_WRONLY = 1;
  static final long O_RDWR = 2;
  static final long O_CREAT = 0x40;
  static final long O_EXCL = 0x80;
  static final long O_NOCTTY = 0x100;
  static final long O_NONBLOCK = 0x800;
  static final long O_NOATIME = 0x40000;
  static final long O_CLOEXEC = 0x80000;
  static final long O_PATH = 0x200000;
  static final long O_DIRECTORY = Syscall.number(0x10000, 0x4000);
  static final long O_NOFOLLOW = Syscall.number(0x20000, 0x8000);

  static final long RESOLVE_NO_XDEV = 1;
  static final long RESOLVE_NO_MAGICLINKS = 2;
  static final long RESOLVE_NO_SYMLINKS = 4;
  static final long RESOLVE_BENEATH = 8;

  static final long AT_FDCWD = -100;
  static final long AT_SYMLINK_NOFOLLOW = 0x100;
  static final long AT_REMOVEDIR = 0x200;
  static final long AT_EMPTY_PATH = 0x1000;

  private OpenFlags() {}
}
