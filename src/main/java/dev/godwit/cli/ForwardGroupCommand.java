package dev.godwit.cli;

import dev.godwit.forward.server.ForwardControl;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What the commands share that say what happens to a group's connections. */
abstract class ForwardGroupCommand extends AskedCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "GROUP",
      description = "By its name in status; of a gate, the service's. Default: ${DEFAULT-VALUE}.",
      defaultValue = "forward")
  private String group = "";

  @Option(
      names = "--gate",
      paramLabel = "MOVE",
      description = "Instead of a forwarder's, a group of the gate of this move on this host.")
  private @Nullable String gate;

  ForwardGroupCommand(Terminal terminal) {
    super(terminal, ForwardControl.SOCKETS);
  }

  /**
   * The line that is sent.
   *
   * @throws UserFailure when an option is not understood
   */
  abstract String order(String group) throws UserFailure;

  @Override
  public Integer call() throws UserFailure, IOException {
    String order = order(group);
    Path socket = gate == null ? socket() : socketOfGate(gate);
    String unused = ask(socket, order);
    return ExitCode.DONE.status();
  }
}
