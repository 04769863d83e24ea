package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
import java.time.Instant;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code godwit mirror status}: what the mirrors do, and how far behind they are. */
@Command(
    name = "status",
    header = "Show what the mirrors that run do, and how far behind they are.",
    description =
        "Ends with 1 when one of them is not live, could not apply something, or does not know what"
            + " changed.",
    footer = {
      "  godwit mirror status",
      "  godwit mirror status --json",
      "  godwit mirror status --process 4711"
    })
final class MirrorStatusCommand extends AskedStatusCommand {
  MirrorStatusCommand(Terminal terminal) {
    super(terminal, MirrorProcess.SOCKETS, "processes");
  }

  @Override
  String text(JsonNode status, Instant now, int width) {
    return new MirrorStatusText(now, width).of(status);
  }

  @Override
  boolean isWell(JsonNode status) {
    for (JsonNode mirror : status.get("mirrors")) {
      if (!mirror.get("state").asString().equals("live")
          || mirror.get("problems").size() > 0
          || !isKnown(mirror)) {
        return false;
      }
    }
    return true;
  }

  /** Whether nothing happens that nobody sees. */
  private static boolean isKnown(JsonNode mirror) {
    return mirror.get("silent_ms").asLong() == 0
        && !mirror.get("unverified").asBoolean()
        && mirror.get("unwatched_directories").asLong() == 0;
  }
}
