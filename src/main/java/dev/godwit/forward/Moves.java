package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Where the daemons of moves keep their state on a host: one directory a move. */
record Moves(Path run) {
  static final Path DIRECTORY = Path.of("/run/godwit");

  private static final Duration END_LIMIT = Duration.ofSeconds(5);

  /** What both daemons and the services' orders keep in a move's directory. */
  private static final List<String> OTHERS =
      List.of(
          "epoch",
          "epoch.next",
          "epoch.lock",
          "released",
          "released.next",
          "services/epoch",
          "services/epoch.next",
          "services/epoch.lock",
          "services/orders.lock",
          "services");

  /** No separator and no leading dot: a peer cannot name another place. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

  static MessageWriter request(String move) {
    return new MessageWriter().text(move);
  }

  Path directory(MessageReader from) throws WireException {
    String move = from.text(64);
    if (!NAME.matcher(move).matches()) {
      throw new WireException("malformed message: not a move's name");
    }
    return run.resolve(move);
  }

  /**
   * Removes what a daemon that has ended, and the orders to services, have left of a move.
   *
   * @param answer to the order to end; when it was refused, nothing is removed
   */
  void forget(Path directory, String daemon, byte[] answer)
      throws IOException, InterruptedException {
    if (answer[0] != 0 && answer[0] != Daemon.REFUSED + GateException.Kind.ABSENT.ordinal()) {
      return;
    }
    Path socket = Daemon.socket(directory, daemon);
    long end = System.nanoTime() + END_LIMIT.toNanos();
    while (DaemonClient.isRunning(socket) && System.nanoTime() - end < 0) {
      Thread.sleep(5); // its answer came first
    }
    for (String ending : List.of(".lock", ".log", ".pid", ".sock", ".token")) {
      Files.deleteIfExists(directory.resolve(daemon + ending));
    }
    for (String name : OTHERS) {
      Files.deleteIfExists(directory.resolve(name));
    }
    removeIfEmpty(directory);
    TransparentRouting.forget(Limits.sharedDirectory(directory));
    removeIfEmpty(run);
  }

  private static void removeIfEmpty(Path directory) throws IOException {
    try {
      Files.deleteIfExists(directory);
    } catch (DirectoryNotEmptyException e) {
      return; // somebody else's
    }
  }

  static byte[] ask(Path directory, String daemon, byte[] request) throws IOException {
    Path socket = Daemon.socket(directory, daemon);
    try {
      return DaemonClient.call(socket, request);
    } catch (IOException e) {
      if (DaemonClient.isRunning(socket)) {
        throw e;
      }
      return new MessageWriter()
          .u8(Daemon.REFUSED + GateException.Kind.ABSENT.ordinal())
          .text("no " + daemon + " runs for this move")
          .toBytes();
    }
  }
}
