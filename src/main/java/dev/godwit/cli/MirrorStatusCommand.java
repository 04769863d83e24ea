package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code godwit mirror status}: what the mirrors do, and how far behind they are. */
@Command(
    name = "status",
    header = "Show what the mirrors that run do, and how far behind they are.",
    description =
        "Ends with 1 when one of them is not live, could not apply something, or does not know what"
            + " changed.",
    footer = {
      "  godwit mirror status",
      "  godwit mirror status www --json",
      "  godwit mirror status --process 4711"
    })
final class MirrorStatusCommand extends AskedStatusCommand {
  private static final String MIRRORS = "mirrors";

  @Parameters(arity = "0..1", paramLabel = "NAME", description = "Of a mirror; all without it.")
  private @Nullable String name;

  MirrorStatusCommand(Terminal terminal) {
    super(terminal, MirrorProcess.SOCKETS, "processes");
  }

  @Override
  String text(JsonNode status, Instant now, int width) {
    return new MirrorStatusText(now, width).of(status);
  }

  @Override
  @Nullable JsonNode meant(JsonNode status) {
    if (name == null) {
      return status;
    }
    ArrayNode named = JsonMapper.shared().createArrayNode();
    for (JsonNode mirror : status.get(MIRRORS)) {
      if (mirror.get("name").asString().equals(name)) {
        named.add(mirror);
      }
    }
    ObjectNode less = (ObjectNode) status.deepCopy();
    less.set(MIRRORS, named);
    return named.isEmpty() ? null : less;
  }

  @Override
  String absence() {
    return "there is no mirror " + name + "; `godwit mirror status` shows those that there are";
  }

  @Override
  boolean isWell(JsonNode status) {
    for (JsonNode mirror : status.get(MIRRORS)) {
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
