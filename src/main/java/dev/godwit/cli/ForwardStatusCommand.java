package dev.godwit.cli;

import dev.godwit.forward.gate.GateControl;
import dev.godwit.forward.server.ForwardControl;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code godwit forward status}: what passes through, and who comes. */
@Command(
    name = "status",
    header = "Show what passes through the forwarders that run, and who comes.",
    description = {
      "Ends with 1 when a destination is down. With --gate it shows the gate of a move",
      "on this host, with the way in which that gets at connections and what is left of",
      "a hold; godwit status PLAN says how the move is."
    },
    footer = {
      "  godwit forward status",
      "  godwit forward status --json",
      "  godwit forward status --process 4711",
      "  godwit forward status --gate mail",
      "  godwit forward status --gate mail --metrics"
    })
final class ForwardStatusCommand extends AskedStatusCommand {
  @Option(
      names = "--gate",
      paramLabel = "MOVE",
      description = "Instead of forwarders, the gate of this move on this host.")
  private @Nullable String gate;

  @Option(
      names = "--metrics",
      description = "With --gate: print figures for Prometheus; a forwarder serves its own.")
  private boolean metrics;

  ForwardStatusCommand(Terminal terminal) {
    super(terminal, ForwardControl.SOCKETS, "forwarders");
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    if (!metrics) {
      return super.call();
    }
    if (gate == null) {
      throw new UserFailure(
          ExitCode.USAGE,
          "--metrics is for the gate of a move (--gate MOVE); forwarders have an address for it:"
              + " `metrics` in the file of -c");
    }
    terminal().print(ask(socketOfGate(gate), GateControl.METRICS));
    return ExitCode.DONE.status();
  }

  @Override
  List<Path> sockets() throws UserFailure, IOException {
    return gate == null ? super.sockets() : List.of(socketOfGate(gate));
  }

  @Override
  String text(JsonNode status, Instant now, int width) {
    return new ForwardStatusText(now, width).of(status);
  }

  @Override
  boolean isWell(JsonNode status) {
    for (JsonNode group : status.get("groups")) {
      for (JsonNode place : group.get("to")) {
        if (!place.get("left").asBoolean() && !place.get("up").asBoolean()) {
          return false;
        }
      }
    }
    return true;
  }
}
