package dev.godwit.forward;

import dev.godwit.host.Detached;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;

/** Starts daemons on this host and passes commands on to them. */
final class DaemonClient {
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
  static MessageReader read(byte[] answer) throws IOException {
    MessageReader reader = new MessageReader(answer);
    int status = reader.u8();
    if (status == 0) {
      return reader;
    }
    int kind = status - Daemon.REFUSED;
    if (kind >= GateException.Kind.values().length) {
      throw new WireException("malformed message: refusal " + kind);
    }
    throw new GateException(GateException.Kind.values()[kind], reader.text(TEXT_MAX));
  }

  static boolean isRunning(Path socket) {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      return channel.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Starts a daemon in a session of its own, unless it runs, and returns when it can be asked.
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
    Path log = directory.resolve(name + ".log");
    long process = Detached.start(command, log);
    long end = System.nanoTime() + START_LIMIT.toNanos();
    while (!isRunning(socket)) {
      if (System.nanoTime() - end >= 0 || ProcessHandle.of(process).isEmpty()) {
        throw new GateException(
            GateException.Kind.FAILED, "the " + name + " does not start: " + lastOf(log));
      }
      Thread.sleep(10); // a socket that does not exist yet tells nobody
    }
  }

  private static String lastOf(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return lines.isEmpty() ? "it said nothing" : lines.getLast();
  }
}
