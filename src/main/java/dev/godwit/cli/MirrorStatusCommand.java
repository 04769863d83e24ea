package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
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

/** {@code godwit mirror status}: what the mirrors do, and how far behind they are. */
@Command(
    name = "status",
    header = "Show what the mirrors that run do, and how far behind they are.",
    description = "Ends with 1 when one of them is not live, or could not apply something.",
    footer = {
      "  godwit mirror status",
      "  godwit mirror status --json",
      "  godwit mirror status --process 4711"
    })
final class MirrorStatusCommand extends AskedCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  MirrorStatusCommand(Terminal terminal) {
    super(terminal, MirrorProcess.SOCKETS);
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    List<JsonNode> all = new ArrayList<>();
    for (Path socket : sockets()) {
      all.add(JsonMapper.shared().readTree(ask(socket, "status")));
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("processes", all);
      terminal().print(JsonMappers.pretty(object));
    } else {
      List<String> texts = new ArrayList<>();
      Instant now = Instant.now();
      all.forEach(status -> texts.add(new MirrorStatusText(now, terminal().width()).of(status)));
      terminal().print(String.join("\n\n", texts));
    }
    return (all.stream().allMatch(MirrorStatusCommand::isWell) ? ExitCode.DONE : ExitCode.FINDINGS)
        .status();
  }

  private static boolean isWell(JsonNode status) {
    for (JsonNode mirror : status.get("mirrors")) {
      if (!mirror.get("state").asString().equals("live") || mirror.get("problems").size() > 0) {
        return false;
      }
    }
    return true;
  }
}
