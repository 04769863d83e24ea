package dev.godwit.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Small files of the program's own that a power cut leaves whole: the old one or the new (H7). */
public final class DurableFile {
  private DurableFile() {}

  /**
   * Replaces a file, which nobody else may read; returns when it is on disk, with the folders that
   * are made for it. For one writer at a time.
   *
   * @throws IOException also when the disk did not take it; the old file stands then
   */
  public static void write(Path file, byte[] content) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(file + " is in no folder");
    }
    make(folder);
    Path next = folder.resolve(file.getFileName() + ".next");
    Files.deleteIfExists(next); // of a process that was killed
    try (FileChannel out =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        int unused = out.write(bytes);
      }
      out.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    sync(folder);
  }

  /** A folder that is made here is on disk too, or all that is in it would go with it. */
  private static void make(Path folder) throws IOException {
    Path above = folder.getParent();
    if (above == null || Files.isDirectory(folder)) {
      return;
    }
    make(above);
    try {
      Files.createDirectory(folder);
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(folder)) {
        throw e;
      }
    }
    sync(above);
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel directory = FileChannel.open(folder)) {
      directory.force(true);
    }
  }
}
