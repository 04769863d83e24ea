package dev.godwit.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Set;
import java.util.SplittableRandom;

/** Makes files with the modes and the times that files of servers have. */
final class TestFiles {
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE = mode("rw-------");
  static final FileAttribute<Set<PosixFilePermission>> PUBLIC_FILE = mode("rw-r--r--");
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FOLDER = mode("rwx------");
  static final FileAttribute<Set<PosixFilePermission>> PUBLIC_FOLDER = mode("rwxr-xr-x");

  private static final Instant OLDEST = Instant.parse("2024-03-01T00:00:00Z");
  private static final int YEAR_S = 365 * 24 * 3600;

  private TestFiles() {}

  static void write(
      Path file, byte[] content, int length, FileAttribute<?> mode, SplittableRandom random)
      throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
      writeAll(channel, ByteBuffer.wrap(content, 0, length));
    }
    setTime(file, random);
  }

  static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** A time of last change within one year, to the nanosecond. */
  static void setTime(Path file, SplittableRandom random) throws IOException {
    Instant time = OLDEST.plusSeconds(random.nextInt(YEAR_S)).plusNanos(random.nextInt(1 << 29));
    Files.setLastModifiedTime(file, FileTime.from(time));
  }

  private static FileAttribute<Set<PosixFilePermission>> mode(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }
}
