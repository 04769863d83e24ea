package dev.godwit.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Optional;
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
    write(file, PosixFilePermissions.fromString("rw-------"), content);
  }

  /** The same for one that others may read too. */
  public static void write(Path file, Set<PosixFilePermission> permissions, byte[] content)
      throws IOException {
    make(folder(file));
    forget(file);
    Path next = next(file);
    try (FileChannel out =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(permissions))) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        int unused = out.write(bytes);
      }
      out.force(true);
    }
    rename(next, file);
  }

  /** What is in the file; empty when there is none. */
  public static Optional<byte[]> read(Path file) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Removes the file, if it is there, and what {@link #forget} does. */
  public static void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
    forget(file);
  }

  /** Removes what a process that was killed while it wrote the file has left beside it. */
  public static void forget(Path file) throws IOException {
    Files.deleteIfExists(next(file));
  }

  private static Path folder(Path file) {
    return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file's");
  }

  private static Path next(Path file) {
    return file.resolveSibling(file.getFileName() + ".next");
  }

  /** Gives a file another name in its folder, in the place of what has it; on disk, too. */
  public static void rename(Path file, Path name) throws IOException {
    Files.move(file, name, StandardCopyOption.ATOMIC_MOVE);
    sync(folder(name));
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

  /** What was named, linked or removed in a folder is on disk when this returns. */
  public static void sync(Path folder) throws IOException {
    try (FileChannel directory = FileChannel.open(folder)) {
      directory.force(true);
    }
  }
}
