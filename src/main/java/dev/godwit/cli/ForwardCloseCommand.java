package dev.godwit.cli;

import picocli.CommandLine.Command;

/** {@code godwit forward close}: a group's clients are turned away. */
@Command(
    name = "close",
    header = "Refuse new connections of a group, and reset those that are there.",
    description = {
      "Who comes is reset at once, and counted as refused. The port stays taken. Until",
      "release; it is forgotten when the forwarder or the gate ends."
    },
    footer = {"  godwit forward close web", "  godwit forward close postfix --gate mail"})
final class ForwardCloseCommand extends ForwardGroupCommand {
  ForwardCloseCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  String order(String group) {
    return "close " + group;
  }
}
