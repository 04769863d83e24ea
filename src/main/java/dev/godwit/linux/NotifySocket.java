package dev.godwit.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The end of sd_notify(3) that a service manager has: a unix datagram socket to which processes of
 * any user may say how they are. Descriptors that come with a message are closed, which is what
 * sd_notify_barrier(3) waits for.
 *
 * <p>Threads: one.
 */
public final class NotifySocket implements AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 4096;
  private static final int DONT_WAIT = 0x40;
  private static final long RECVFROM = Syscall.number(45, 207);

  private final int fd;
  private final Epoll epoll;
  private final Path path;

  private NotifySocket(int fd, Epoll epoll, Path path) {
    this.fd = fd;
    this.epoll = epoll;
    this.path = path;
  }

  /** Makes it; what is at the path goes. */
  public static NotifySocket bind(Path path) throws IOException {
    Files.deleteIfExists(path);
    int fd = UnixSockets.datagram();
    try {
      UnixSockets.bind(fd, path, 0777);
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));
      Epoll epoll = Epoll.open();
      epoll.add(fd, Epoll.IN, 0);
      return new NotifySocket(fd, epoll, path);
    } catch (IOException e) {
      Sockets.close(fd);
      throw e;
    }
  }

  /**
   * Waits for the next message.
   *
   * @return null when none has come in this time
   */
  public @Nullable String receive(int millis) throws LinuxException {
    if (epoll.await(millis) == 0) {
      return null;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(MESSAGE_BYTES_MAX);
      long count = Syscall.call(RECVFROM, fd, buffer.address(), MESSAGE_BYTES_MAX, DONT_WAIT, 0, 0);
      if (count == -Errno.EAGAIN || count == -Errno.EINTR) {
        return null;
      }
      LinuxException.check(count, "recvfrom", path.toString());
      return new String(
          buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void close() {
    Sockets.close(fd);
    epoll.close();
  }
}
