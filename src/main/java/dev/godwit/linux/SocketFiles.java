package dev.godwit.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Objects;

/** The files of unix sockets (unix(7)): they stay when their process ends. A link is none. */
public final class SocketFiles {
  private static final int SOCKET = 0140000;

  private SocketFiles() {}

  /** Whether a name that is there is a socket's. */
  public static boolean isSocket(Path path) throws IOException {
    Integer mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (mode & FileStatus.TYPE) == SOCKET;
  }

  /**
   * What a stream socket meets that connects there: 0 or EAGAIN when somebody listens, ECONNREFUSED
   * when nobody does, else another errno, by which neither is known.
   */
  public static int errnoOfConnecting(Path path) throws LinuxException {
    int fd = UnixSockets.stream();
    try {
      return UnixSockets.connect(fd, path);
    } finally {
      Sockets.close(fd);
    }
  }

  /** By which a file is told from another one that came in its place. */
  public static Object key(Path path) throws IOException {
    return Objects.requireNonNull(
        Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS), "every file has it");
  }
}
