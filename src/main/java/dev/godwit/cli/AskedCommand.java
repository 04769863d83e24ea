package dev.godwit.cli;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.UnansweredException;
import dev.godwit.forward.gate.GateControl;
import dev.godwit.linux.Identity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that ask a running process of their kind share: which one. */
abstract class AskedCommand {
  private final Terminal terminal;
  private final ControlSocket running;

  @Option(
      names = {"-p", "--process"},
      paramLabel = "PROCESS",
      description = "Which one, by its number or its control socket; not needed when one runs.")
  private @Nullable String process;

  /** Longer than any process is busy with something else. */
  private static final Duration STATUS_LIMIT = Duration.ofSeconds(10);

  /** While an answer does not come. */
  private static final Duration INTERVAL = Duration.ofSeconds(5);

  /** So long one that says nothing at all is waited for. */
  static final Duration SILENCE = Duration.ofMinutes(5);

  /**
   * @param running the processes that can be asked
   */
  AskedCommand(Terminal terminal, ControlSocket running) {
    this.terminal = terminal;
    this.running = running;
  }

  Terminal terminal() {
    return terminal;
  }

  /** The control sockets that were meant: the one that was named, or all that run. */
  List<Path> sockets() throws UserFailure, IOException {
    if (process != null) {
      return List.of(running.named(process));
    }
    List<Path> all = running.running();
    if (all.isEmpty()) {
      throw new UserFailure(
          ExitCode.UNREACHABLE,
          "no "
              + running.noun()
              + " of this user runs; another user's is asked with --process PATH, its control"
              + " socket");
    }
    return all;
  }

  /** The one that is meant. */
  Path socket() throws UserFailure, IOException {
    List<Path> all = sockets();
    if (all.size() > 1) {
      throw new UserFailure(
          ExitCode.USAGE,
          "more than one "
              + running.noun()
              + " runs; say which one with --process: "
              + all.stream().map(AskedCommand::number).collect(Collectors.joining(", ")));
    }
    return all.getFirst();
  }

  /**
   * The control socket of a move's gate on this host.
   *
   * @throws UserFailure when none answers there
   */
  static Path socketOfGate(String move) throws UserFailure, IOException {
    Path socket = GateControl.socketOf(move);
    if (ControlSocket.isServed(socket)) {
      return socket;
    }
    List<String> moves = GateControl.moves();
    String instead =
        !moves.isEmpty()
            ? "the moves that have one are " + String.join(", ", moves)
            : Identity.isRoot()
                ? "a move has one from its first `godwit cutover` to `godwit finish`, and `godwit"
                    + " status PLAN` says how it is"
                : "only root can ask one";
    throw new UserFailure(
        ExitCode.UNREACHABLE, "no gate of a move " + move + " answers on this host; " + instead);
  }

  private static String number(Path socket) {
    String number = socket.getFileName().toString().replace(".sock", "");
    return number.matches("[0-9]+") ? number : socket.toString();
  }

  /** What may take as long as it likes; a process that is stopped, or hangs, may not. */
  String ask(Path socket, String request) throws UserFailure, IOException {
    return ask(socket, request, SILENCE);
  }

  /**
   * The same.
   *
   * @param silence so long one that says nothing at all is waited for
   */
  String ask(Path socket, String request, Duration silence) throws UserFailure, IOException {
    Duration interval = silence.compareTo(INTERVAL) < 0 ? silence : INTERVAL;
    try {
      return running.ask(
          socket,
          request,
          new ControlSocket.Patience(interval, STATUS_LIMIT, silence),
          line -> terminal.note("godwit: " + line));
    } catch (UnansweredException e) {
      throw unanswered(e);
    }
  }

  /** How a process is, which it knows at once. */
  String askStatus(Path socket) throws UserFailure, IOException {
    try {
      return running.ask(socket, "status", STATUS_LIMIT);
    } catch (IOException e) { // it may end at this moment, too
      throw unanswered(e);
    }
  }

  private UserFailure unanswered(IOException e) {
    String others = "; `godwit " + running.kind() + " status` shows those of this user";
    return new UserFailure(ExitCode.UNREACHABLE, e.getMessage() + (process == null ? "" : others));
  }
}
