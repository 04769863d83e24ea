package dev.godwit.bench;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * An ext4 with a journal in a file of its own, mounted through a loop device. An ext4 without a
 * journal, as many virtual machines have, looks through recently deleted inodes one by one, which
 * would be what is measured. The mounts end with this process: it is in a private mount namespace.
 */
final class LoopImage implements AutoCloseable {
  private static final int INODE_BYTES = 256;
  private static final long JOURNAL_BYTES = 128L << 20;

  /** The file is sparse: what is not used costs nothing. */
  private static final long SPARE_BYTES = 512L << 20;

  private static final long ALIGNMENT = 1L << 20;

  /**
   * How many times as large as what is to be in it a file system is. When less is free than twice
   * what is dirty, ext4 writes out at once and allocates at once (ext4_nonda_switch of
   * fs/ext4/inode.c): a target that just holds its data would measure that, and punish most who
   * writes fastest.
   */
  private static final int ROOM = 4;

  private final Path mountPoint;

  private LoopImage(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  /** Bytes that the file of a file system for so much takes at most. */
  static long size(long space, long inodes) {
    long size = space * 106 / 100 + inodes(inodes) * INODE_BYTES + JOURNAL_BYTES + SPARE_BYTES;
    return (size / ALIGNMENT + 1) * ALIGNMENT;
  }

  /** Makes an empty file system with ample room in a new, sparse file. */
  static void make(Path file, long space, long inodes) throws IOException {
    Files.deleteIfExists(file);
    try (RandomAccessFile image = new RandomAccessFile(file.toFile(), "rw")) {
      image.setLength(size(ROOM * space, inodes));
    }
    Programs.run(
        "mkfs.ext4",
        "-q",
        "-F",
        "-m",
        "0",
        "-N",
        Long.toString(inodes(inodes)),
        "-J",
        "size=" + (JOURNAL_BYTES >> 20),
        // The file is sparse and new: its tables are zero without being written.
        "-E",
        "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0",
        file.toString());
  }

  /** Mounts it for reading only, past the page cache of the file below: no byte is held twice. */
  static LoopImage mountSource(Path file, Path mountPoint) throws IOException {
    String device =
        Programs.run("losetup", "--find", "--show", "--direct-io=on", file.toString()).strip();
    try {
      return mount(List.of("-o", "ro,noload"), device, mountPoint);
    } finally {
      // Takes effect when the mount has gone.
      Programs.run("losetup", "--detach", device);
    }
  }

  /**
   * Mounts it for writing. No thread of the kernel writes zeros to unused inode tables meanwhile.
   */
  static LoopImage mountTarget(Path file, Path mountPoint) throws IOException {
    return mount(List.of("-o", "loop,noinit_itable"), file.toString(), mountPoint);
  }

  Path root() {
    return mountPoint;
  }

  /** Unmounts it without writing out what is only in memory; its file is of no use afterwards. */
  void closeWithoutWriting() throws IOException {
    Discard.dirtyPages(mountPoint);
    close();
  }

  @Override
  public void close() throws IOException {
    Programs.run("umount", mountPoint.toString());
  }

  private static LoopImage mount(List<String> options, String device, Path mountPoint)
      throws IOException {
    Files.createDirectories(mountPoint);
    List<String> command = new ArrayList<>(List.of("mount", "-t", "ext4"));
    command.addAll(options);
    command.addAll(List.of(device, mountPoint.toString()));
    Programs.run(command);
    return new LoopImage(mountPoint);
  }

  private static long inodes(long wanted) {
    return wanted * 105 / 100 + 1024;
  }
}
