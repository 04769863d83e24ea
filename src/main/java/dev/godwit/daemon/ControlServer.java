package dev.godwit.daemon;

import dev.godwit.linux.Errno;
import dev.godwit.linux.SocketFiles;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Answers what is asked on a unix socket that only its user can reach, a thread for each who asks;
 * see {@link ControlSocket}.
 */
public final class ControlServer implements AutoCloseable {
  /** Does what is asked. */
  @FunctionalInterface
  public interface Service {
    /**
     * @param words of the request, at least one, perhaps empty
     * @return the answer
     * @throws RequestException for people: what was asked is not right, and nothing was done
     * @throws IOException for people: the reason why not
     */
    String answer(String[] words) throws IOException, InterruptedException;
  }

  private static final int ASKERS_MAX = 32;
  private static final Duration AGAIN = Duration.ofMillis(100);
  private static final int REQUEST_BYTES_MAX = 8192;

  private final ServerSocketChannel server;
  private final Path path;

  /** Of the socket's file, so that another one that came in its place is left alone. */
  private final Object fileKey;

  private final Service service;
  private final Semaphore askers = new Semaphore(ASKERS_MAX);

  private ControlServer(ServerSocketChannel server, Path path, Object fileKey, Service service) {
    this.server = server;
    this.path = path;
    this.fileKey = fileKey;
    this.service = service;
  }

  /**
   * Whether a path is free for a socket; nothing is touched.
   *
   * @return what is there, for people; null when it is nothing, or a socket that a process has left
   *     behind
   */
  public static @Nullable String objection(Path path) {
    try {
      if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        return null;
      }
      if (!SocketFiles.isSocket(path)) {
        return "unable to answer at "
            + path
            + ": there is something else than a socket; name another path, or move it away";
      }
      int errno = SocketFiles.errnoOfConnecting(path);
      if (errno == 0 || errno == Errno.EAGAIN) {
        return "another process answers at " + path + ": end that one, or name another path";
      }
      return errno == Errno.ECONNREFUSED || errno == Errno.ENOENT
          ? null
          : "unable to answer at "
              + path
              + ": there is a socket, and whether somebody listens on it cannot be seen: "
              + Errno.message(errno);
    } catch (IOException e) {
      return null; // gone at this moment; or who makes the socket tells what is in the way
    }
  }

  /**
   * Begins to answer.
   *
   * @throws IOException when the socket cannot be made, another process answers there, or what is
   *     there is no socket
   */
  public static ControlServer start(Path path, Service service) throws IOException {
    removeStale(path);
    // Made under a name of its own and renamed, so that nobody finds it with other permissions.
    Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
    if (objection(temporary) == null) {
      Files.deleteIfExists(temporary);
    }
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    boolean isBound = false;
    Object key;
    try {
      server.bind(UnixDomainSocketAddress.of(temporary));
      isBound = true;
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
      key = SocketFiles.key(temporary);
      Files.move(temporary, path); // over nothing: what came meanwhile is not ours
    } catch (IOException | RuntimeException e) {
      server.close();
      if (isBound) {
        Files.deleteIfExists(temporary);
      }
      throw new IOException("unable to answer at " + path + ": " + e.getMessage(), e);
    }
    ControlServer control = new ControlServer(server, path, key, service);
    Thread.ofPlatform().daemon().name("godwit control").start(control::accept);
    return control;
  }

  /** Removes a socket that a process has left behind; never one on which somebody listens. */
  private static void removeStale(Path path) throws IOException {
    String objection = objection(path);
    if (objection != null) {
      throw new IOException(objection);
    }
    Files.deleteIfExists(path);
  }

  private void accept() {
    try {
      while (server.isOpen()) {
        askers.acquire();
        try {
          SocketChannel asker = server.accept();
          Thread.ofPlatform().daemon().name("godwit control answer").start(() -> serve(asker));
        } catch (IOException e) {
          // Closed; or there are too many open files at the moment, and who asks waits.
          askers.release();
          Thread.sleep(AGAIN);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel asker) {
    try (asker) {
      byte[] answer = answer(line(asker)).getBytes(StandardCharsets.UTF_8);
      ByteBuffer bytes = ByteBuffer.wrap(answer);
      while (bytes.hasRemaining()) {
        asker.write(bytes);
      }
    } catch (IOException e) {
      return; // whoever asked is gone
    } finally {
      askers.release();
    }
  }

  private static String line(SocketChannel asker) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(REQUEST_BYTES_MAX);
    while (buffer.hasRemaining() && asker.read(buffer) >= 0) {
      String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
      int end = text.indexOf('\n');
      if (end >= 0) {
        return text.substring(0, end);
      }
    }
    throw new IOException("no line");
  }

  private String answer(String line) {
    try {
      return ControlSocket.OK + service.answer(line.strip().split(" ")) + "\n";
    } catch (RequestException e) {
      return ControlSocket.WRONG + e.getMessage() + "\n";
    } catch (IOException | IllegalArgumentException e) {
      return ControlSocket.NO + e.getMessage() + "\n";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ControlSocket.NO + "it is ending\n";
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    try {
      if (fileKey.equals(SocketFiles.key(path))) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      return; // gone already
    }
  }
}
