package dev.godwit.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * What one thread at a time does, of all processes of a host, by the lock of a file (fcntl(2)) that
 * the kernel takes back from a process that dies. Work may take another file's mutex, not the same
 * one again.
 */
public final class FileMutex {
  /** File locks are held by the process, not the thread. */
  private static final ConcurrentMap<Path, Object> THREADS = new ConcurrentHashMap<>();

  private FileMutex() {}

  /** What is done in one's turn. */
  @FunctionalInterface
  public interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Waits for its turn, and does it.
   *
   * @param file made when it is not there, and left; its directory must be there
   */
  public static <T> T hold(Path file, Work<T> work) throws IOException {
    synchronized (THREADS.computeIfAbsent(file.toAbsolutePath(), unused -> new Object())) {
      try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (!lock.isValid()) {
          throw new IOException(file + " lost its lock");
        }
        return work.run();
      }
    }
  }
}
