package dev.godwit.forward;

import dev.godwit.host.Detached;
import dev.godwit.linux.ProcessTable;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/** Starts daemons on this host and passes commands on to them. */
public final class DaemonClient {
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final int TEXT_MAX = 64 * 1024;

  private DaemonClient() {}

  /** One question to the daemon; its answer as it is, refusals included. */
  static byte[] call(Path socket, byte[] request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      DataOutputStream out = new DataOutputStream(Channels.newOutputStream(channel));
      out.writeInt(request.length);
      out.write(request);
      out.flush();
      return Daemon.receive(new DataInputStream(Channels.newInputStream(channel)));
    }
  }

  /** What an answer holds, or the refusal that it is. */
  public static MessageReader read(byte[] answer) throws IOException {
    MessageReader reader = new MessageReader(answer);
    int status = reader.u8();
    if (status == Daemon.OBEYED) {
      return reader;
    }
    int kind = status - Daemon.REFUSED;
    if (kind >= GateException.Kind.values().length) {
      throw new WireException("malformed message: refusal " + kind);
    }
    throw new GateException(GateException.Kind.values()[kind], reader.text(TEXT_MAX));
  }

  /** Whether a daemon takes connections there. */
  public static boolean isRunning(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** What a daemon and its supervisor say. */
  public static Path log(Path directory, String name) {
    return directory.resolve(name + ".log");
  }

  /** What the supervisor of a daemon locks as long as it lives. */
  public static Path watchLock(Path directory, String name) {
    return directory.resolve(name + ".watch.lock");
  }

  /** Whether a supervisor is there, which starts the daemon by itself. */
  public static boolean isWatched(Path directory, String name) throws IOException {
    Path file = watchLock(directory, name);
    if (Files.notExists(file)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock()) {
      return lock == null;
    } catch (NoSuchFileException e) {
      return false;
    } catch (OverlappingFileLockException e) {
      return true; // it is asked about by another thread; so look again
    }
  }

  /**
   * Starts a daemon in a session of its own, unless it runs, and returns when it can be asked. One
   * that its supervisor is starting again is only waited for.
   *
   * @throws GateException FAILED with the end of its log when it does not come up
   */
  static void start(Path directory, String name, List<String> command)
      throws IOException, InterruptedException {
    Path socket = Daemon.socket(directory, name);
    if (isRunning(socket)) {
      return;
    }
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Path log = log(directory, name);
    long end = System.nanoTime() + START_LIMIT.toNanos();
    Long process = null;
    while (!isRunning(socket)) {
      boolean over = process != null && !ProcessTable.isLiving(process);
      if (System.nanoTime() - end >= 0 || over && !isWatched(directory, name)) {
        throw new GateException(
            GateException.Kind.FAILED, "the " + name + " does not start: " + lastOf(log));
      }
      if (process == null && !isWatched(directory, name)) {
        process = Detached.start(command, log);
      }
      Thread.sleep(10); // a socket that does not exist yet tells nobody
    }
  }

  private static String lastOf(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    // Where in the program it was says nothing to people.
    return lines.reversed().stream()
        .filter(line -> !line.isBlank() && !line.startsWith("\t"))
        .findFirst()
        .orElse("it said nothing");
  }
}
