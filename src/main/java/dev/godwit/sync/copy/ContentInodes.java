package dev.godwit.sync.copy;

import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.wire.WireException;

/** What the source tells of a file while its content comes, beside the content. Any thread. */
final class ContentInodes {
  private final TreeUpdate update;

  ContentInodes(TreeUpdate update) {
    this.update = update;
  }

  /**
   * Takes what the file is by now.
   *
   * @return false when it cannot be said who owns it here (H11); that is told, and the file failed
   */
  boolean takes(InodeRecord inode, FileWork work) throws WireException {
    if (!inode.status().isRegular()) {
      throw CompactReader.malformed("content of something that is no file");
    }
    try {
      Attributes here = update.inodes.wanted(inode.attributes(), work.directory.before);
      work.entry = work.entry.with(inode.status(), here);
      return true;
    } catch (OwnerException e) {
      update.files.fail(work, CopyStatus.PARTIAL, e.getMessage() + ". It was not copied");
      return false;
    }
  }

  /**
   * No content comes, or no more.
   *
   * @param reason as in {@link ContentRecords#NONE}
   */
  void fail(FileWork work, int reason, int errno) {
    FileUpdate files = update.files;
    switch (reason) {
      case ContentRecords.VANISHED ->
          files.fail(work, CopyStatus.VANISHED, "it went before it could be copied");
      case ContentRecords.UNSTABLE ->
          files.failAtSource(work, "the file changed each time while it was read; " + work.left());
      case ContentRecords.DIFFERENT -> files.different(work);
      default -> {
        update.report.lateError();
        files.failAtSource(
            work, "cannot be read at the source: " + new LinuxException("", "", errno).reason());
      }
    }
  }
}
