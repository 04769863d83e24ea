package dev.godwit.daemon;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Semaphore;

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
  private final Service service;
  private final Semaphore askers = new Semaphore(ASKERS_MAX);

  private ControlServer(ServerSocketChannel server, Path path, Service service) {
    this.server = server;
    this.path = path;
    this.service = service;
  }

  /**
   * Begins to answer.
   *
   * @throws IOException when the socket cannot be made, or another process answers there
   */
  public static ControlServer start(Path path, Service service) throws IOException {
    if (ControlSocket.isServed(path)) {
      throw new IOException("another process answers at " + path);
    }
    // Made under a name of its own and renamed, so that nobody finds it with other permissions.
    Path temporary = path.resolveSibling("." + path.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(temporary));
      Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
      Files.move(temporary, path, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException e) {
      server.close();
      Files.deleteIfExists(temporary);
      throw new IOException("unable to answer at " + path + ": " + e.getMessage(), e);
    }
    ControlServer control = new ControlServer(server, path, service);
    Thread.ofPlatform().daemon().name("godwit control").start(control::accept);
    return control;
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
    Files.deleteIfExists(path);
  }
}
