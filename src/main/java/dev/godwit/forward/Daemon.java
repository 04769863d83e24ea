package dev.godwit.forward;

import dev.godwit.host.FencedException;
import dev.godwit.linux.Signals;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own that outlives whoever started it, and takes commands on a unix socket that
 * only its user can reach. One request and one answer a connection: a length, then a message. An
 * answer begins with 0, or with 1 + the kind of refusal, and then its text.
 */
public final class Daemon {
  /** What is to be done before the first command, by the only one who serves here. */
  @FunctionalInterface
  public interface Beginning {
    /** What it returns is closed at the end. */
    AutoCloseable begin() throws IOException, InterruptedException;
  }

  /** Does one command. */
  @FunctionalInterface
  public interface Service {
    /** The answer; what it throws is told to the one who asked. */
    byte[] answer(MessageReader request) throws IOException, InterruptedException;
  }

  private static final System.Logger LOG = System.getLogger(Daemon.class.getName());
  static final int MESSAGE_BYTES_MAX = 256 * 1024;
  static final int OBEYED = 0;
  static final int REFUSED = 1;
  private static final int CONNECTIONS_MAX = 32;

  private final Path directory;
  private final String name;
  private final Service service;
  private final BooleanSupplier last;
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);

  private Daemon(Path directory, String name, Service service, BooleanSupplier last) {
    this.directory = directory;
    this.name = name;
    this.service = service;
    this.last = last;
  }

  /**
   * Serves until a command has been answered that was the last one.
   *
   * @param last whether the command before was the last one
   * @throws IOException also when another one serves in this directory
   */
  public static void run(Path directory, String name, Service service, BooleanSupplier last)
      throws IOException, InterruptedException {
    run(directory, name, () -> () -> {}, service, last);
  }

  /** The same, with something to begin with. */
  public static void run(
      Path directory, String name, Beginning beginning, Service service, BooleanSupplier last)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    try (FileChannel channel =
            FileChannel.open(
                lock(directory, name), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        throw new IOException("another " + name + " serves in " + directory);
      }
      try (AutoCloseable unused = beginning.begin()) {
        new Daemon(directory, name, service, last).serve();
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(name + " did not end in order", e);
    }
  }

  /** Where a daemon is asked. */
  public static Path socket(Path directory, String name) {
    return directory.resolve(name + ".sock");
  }

  /** What it locks as long as it serves. */
  public static Path lock(Path directory, String name) {
    return directory.resolve(name + ".lock");
  }

  /** Its process number, until it has ended in order. */
  public static Path pid(Path directory, String name) {
    return directory.resolve(name + ".pid");
  }

  /**
   * Makes SIGTERM an order to end, and no death that a supervisor has to do something about. For a
   * process's main, before it serves.
   */
  public static void endInOrderBySignal(Path directory, String name) {
    Signals.handle(
        "TERM",
        number -> {
          try {
            Files.deleteIfExists(pid(directory, name));
          } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "it may be started again", e);
          }
          System.exit(0);
        });
  }

  private void serve() throws IOException, InterruptedException {
    Path socket = socket(directory, name);
    Path pid = pid(directory, name);
    Files.deleteIfExists(socket);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      Files.writeString(pid, ProcessHandle.current().pid() + "\n");
      Thread.ofPlatform().daemon().name(name + " commands").start(() -> accept(server));
      ended.await();
    } finally {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(pid);
    }
  }

  private void accept(ServerSocketChannel server) {
    try {
      while (true) {
        SocketChannel connection = server.accept();
        connections.acquire();
        Thread.ofPlatform().daemon().name(name + " command").start(() -> serve(connection));
      }
    } catch (IOException e) {
      return; // closed: the daemon ends
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(SocketChannel connection) {
    try (connection) {
      DataInputStream in = new DataInputStream(Channels.newInputStream(connection));
      DataOutputStream out = new DataOutputStream(Channels.newOutputStream(connection));
      byte[] answer = answer(receive(in));
      out.writeInt(answer.length);
      out.write(answer);
      out.flush();
    } catch (IOException e) {
      return; // whoever asked is gone
    } finally {
      connections.release();
      if (last.getAsBoolean()) {
        ended.countDown(); // the answer is out
      }
    }
  }

  static byte[] receive(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 0 || length > MESSAGE_BYTES_MAX) {
      throw new WireException("malformed message: " + length + " bytes");
    }
    byte[] message = new byte[length];
    in.readFully(message);
    return message;
  }

  private byte[] answer(byte[] request) {
    try {
      byte[] answer = service.answer(new MessageReader(request));
      return new MessageWriter().u8(OBEYED).raw(answer, 0, answer.length).toBytes();
    } catch (GateException e) {
      return refusal(e.kind(), e.getMessage());
    } catch (FencedException e) {
      return refusal(GateException.Kind.FENCED, e.getMessage());
    } catch (IOException e) {
      return refusal(GateException.Kind.FAILED, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return refusal(GateException.Kind.FAILED, name + " is ending");
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "a command failed", e);
      return refusal(GateException.Kind.FAILED, "a fault in the " + name + ": " + e);
    }
  }

  private static byte[] refusal(GateException.Kind kind, @Nullable String message) {
    return new MessageWriter()
        .u8(REFUSED + kind.ordinal())
        .text(message == null ? "no reason is known" : message)
        .toBytes();
  }
}
