package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Where the daemons of moves keep their state on a host: one directory a move. */
public record Moves(Path run) {
  private static final int START_ATTEMPTS = 3;
  private static final Duration DYING_MAX = Duration.ofSeconds(1);

  /** No separator and no leading dot: a peer cannot name another place. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

  /** Begins a request, which names its move first. */
  public static MessageWriter request(String move) {
    return new MessageWriter().text(move);
  }

  /** The directory of the move that a request begins with. */
  public Path directory(MessageReader from) throws WireException {
    return run.resolve(checked(from.text(64)));
  }

  /** The name itself, if it is one that a move may have. */
  public static String checked(String move) throws WireException {
    if (!NAME.matcher(move).matches()) {
      throw new WireException("malformed message: not a move's name");
    }
    return move;
  }

  /**
   * Asks a daemon, and starts it before when none runs. One that is being killed looks like one
   * that runs for a moment: then its successor is started and asked.
   */
  public static byte[] startAndAsk(
      Path directory, String daemon, List<String> command, byte[] request)
      throws IOException, InterruptedException {
    byte[] answer;
    int attempts = 0;
    do {
      DaemonClient.start(directory, daemon, command);
      answer = ask(directory, daemon, request);
      attempts++;
    } while (isAbsent(answer) && attempts < START_ATTEMPTS);
    return answer;
  }

  /** Whether an answer says that no such daemon runs. */
  public static boolean isAbsent(byte[] answer) {
    return answer[0] == Daemon.REFUSED + GateException.Kind.ABSENT.ordinal();
  }

  /** Begins an answer as a daemon does that has obeyed. */
  public static MessageWriter obeyed() {
    return new MessageWriter().u8(Daemon.OBEYED);
  }

  /** Whether an answer is none of a refusal. */
  public static boolean isObeyed(byte[] answer) {
    return answer[0] == Daemon.OBEYED;
  }

  /** Asks a daemon; the answer as it is, refusals included, also when none runs. */
  public static byte[] ask(Path directory, String daemon, byte[] request)
      throws IOException, InterruptedException {
    Path socket = Daemon.socket(directory, daemon);
    try {
      return DaemonClient.call(socket, request);
    } catch (IOException e) {
      // A process that is being killed still takes connections for a moment, and resets them.
      long end = System.nanoTime() + DYING_MAX.toNanos();
      while (DaemonClient.isRunning(socket)) {
        if (System.nanoTime() - end >= 0) {
          throw e;
        }
        Thread.sleep(10);
      }
      return new MessageWriter()
          .u8(Daemon.REFUSED + GateException.Kind.ABSENT.ordinal())
          .text("no " + daemon + " runs for this move")
          .toBytes();
    }
  }
}
