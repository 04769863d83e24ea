package dev.godwit.cli;

import dev.godwit.forward.ForwardControl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that ask a running forwarder share: which one. */
abstract class ForwardAsked {
  private final Terminal terminal;

  @Option(
      names = {"-p", "--process"},
      paramLabel = "PROCESS",
      description = "The forwarder, by its number or its control socket; not needed when one runs.")
  private @Nullable String process;

  ForwardAsked(Terminal terminal) {
    this.terminal = terminal;
  }

  Terminal terminal() {
    return terminal;
  }

  /** The control sockets that were meant: the one that was named, or all that run. */
  List<Path> sockets() throws UserFailure, IOException {
    if (process != null) {
      return List.of(socket(process));
    }
    List<Path> all = ForwardControl.SOCKETS.running();
    if (all.isEmpty()) {
      throw new UserFailure(
          ExitCode.UNREACHABLE,
          "no forwarder of this user runs; one with --control PATH is asked with"
              + " --process PATH");
    }
    return all;
  }

  /** The one that is meant. */
  Path socket() throws UserFailure, IOException {
    List<Path> all = sockets();
    if (all.size() > 1) {
      throw new UserFailure(
          ExitCode.USAGE,
          "several forwarders run; say which one with --process: "
              + all.stream().map(ForwardAsked::number).collect(Collectors.joining(", ")));
    }
    return all.getFirst();
  }

  private static String number(Path socket) {
    return socket.getFileName().toString().replace(".sock", "");
  }

  static Path socket(String process) throws IOException {
    return ForwardControl.SOCKETS.named(process);
  }

  String ask(Path socket, String request) throws IOException {
    return ForwardControl.SOCKETS.ask(socket, request);
  }
}
