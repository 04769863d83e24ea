package dev.godwit.cli;

import dev.godwit.forward.ForwardControl;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

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
final class ForwardStatusCommand extends AskedCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  ForwardStatusCommand(Terminal terminal) {
    super(terminal, ForwardControl.SOCKETS);
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path socket : sockets()) {
      all.add(JsonMapper.shared().readTree(ask(socket, "status")));
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("forwarders", all);
      terminal().print(JsonMappers.pretty(object));
    } else {
      List<String> texts = new ArrayList<>();
      Instant now = Instant.now();
      all.forEach(status -> texts.add(new ForwardStatusText(now, terminal().width()).of(status)));
      terminal().print(String.join("\n\n", texts));
    }
    return (all.stream().allMatch(ForwardStatusCommand::isWell) ? ExitCode.DONE : ExitCode.FINDINGS)
        .status();
  }

  private static boolean isWell(JsonNode status) {
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
