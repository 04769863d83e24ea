package dev.godwit.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who holds the move: one controller at a time on a journal (H59). The lock is the kernel's, so it
 * goes with its process, however that ends; the file's text only says who has it.
 */
public final class JournalLock implements AutoCloseable {
  private final FileChannel channel;
  private final FileLock lock;

  private JournalLock(FileChannel channel, FileLock lock) {
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * Takes the lock or says who has it.
   *
   * @param command what the holder does, for the one who comes second
   * @throws HeldException when another controller holds it
   */
  public static JournalLock take(Path journal, String command, Clock clock) throws IOException {
    Path file = journal.resolveSibling(journal.getFileName() + ".lock");
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    FileLock lock = null;
    try {
      lock = tryLock(channel);
      if (lock == null) {
        throw new HeldException(journal, text(channel));
      }
      byte[] holder =
          "`godwit %s`, process %d, since %s"
              .formatted(command, ProcessHandle.current().pid(), clock.instant())
              .getBytes(StandardCharsets.UTF_8);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(holder), 0);
      return new JournalLock(channel, lock);
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String text(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(256);
    channel.read(buffer, 0);
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    lock.release();
    channel.close();
  }
}
