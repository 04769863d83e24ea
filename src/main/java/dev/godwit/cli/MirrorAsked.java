package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that ask a running mirror share: which process. */
abstract class MirrorAsked {
  private final Terminal terminal;

  @Option(
      names = {"-p", "--process"},
      paramLabel = "PROCESS",
      description = "The mirror, by its number or its control socket; not needed when one runs.")
  private @Nullable String process;

  MirrorAsked(Terminal terminal) {
    this.terminal = terminal;
  }

  Terminal terminal() {
    return terminal;
  }

  /** The control sockets that were meant: the one that was named, or all that run. */
  List<Path> sockets() throws UserFailure, IOException {
    if (process != null) {
      return List.of(MirrorProcess.SOCKETS.named(process));
    }
    List<Path> all = MirrorProcess.SOCKETS.running();
    if (all.isEmpty()) {
      throw new UserFailure(
          ExitCode.UNREACHABLE,
          "no mirror of this user runs; one with --control PATH is asked with --process PATH");
    }
    return all;
  }

  /** The one that is meant. */
  Path socket() throws UserFailure, IOException {
    List<Path> all = sockets();
    if (all.size() > 1) {
      throw new UserFailure(
          ExitCode.USAGE,
          "several processes mirror; say which one with --process: "
              + all.stream()
                  .map(s -> s.getFileName().toString().replace(".sock", ""))
                  .collect(Collectors.joining(", ")));
    }
    return all.getFirst();
  }
}
