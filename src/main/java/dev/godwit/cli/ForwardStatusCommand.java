package dev.godwit.cli;

import dev.godwit.forward.ForwardControl;
import java.time.Instant;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code godwit forward status}: what passes through, and who comes. */
@Command(
    name = "status",
    header = "Show what passes through the forwarders that run, and who comes.",
    description = "Ends with 1 when a destination is down.",
    footer = {
      "  godwit forward status",
      "  godwit forward status --json",
      "  godwit forward status --process 4711"
    })
final class ForwardStatusCommand extends AskedStatusCommand {
  ForwardStatusCommand(Terminal terminal) {
    super(terminal, ForwardControl.SOCKETS, "forwarders");
  }

  @Override
  String text(JsonNode status, Instant now, int width) {
    return new ForwardStatusText(now, width).of(status);
  }

  @Override
  boolean isWell(JsonNode status) {
    for (JsonNode group : status.get("groups")) {
      for (JsonNode place : group.get("to")) {
        if (!place.get("up").asBoolean()) {
          return false;
        }
      }
    }
    return true;
  }
}
