package dev.godwit.cli;

import dev.godwit.mirror.MirrorProcess;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code godwit mirror verify}: whether the target of a mirror that runs is what its source is. */
@Command(
    name = "verify",
    header = "Read both sides to the end now, put right what differs, and say whether it did.",
    description =
        "As `audit --content`. Ends with 1 when a name differed and no change of it was told, or"
            + " not everything could be compared.",
    footer = {"  godwit mirror verify", "  godwit mirror verify www --json"})
final class MirrorVerifyCommand extends AskedCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "Of the mirror, as `status` shows it; all of the process without it.")
  private @Nullable String name;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  MirrorVerifyCommand(Terminal terminal) {
    super(terminal, MirrorProcess.SOCKETS);
  }

  @Override
  public Integer call() throws UserFailure, IOException {
    String answer = ask(socket(), name == null ? "verify" : "verify " + name);
    JsonNode verified = JsonMapper.shared().readTree(answer);
    if (json) {
      terminal().print(JsonMappers.pretty(verified));
    } else {
      terminal()
          .print(new MirrorStatusText(Instant.now(), terminal().width()).ofVerified(verified));
    }
    for (JsonNode mirror : verified.get("mirrors")) {
      if (!mirror.get("equal").asBoolean()) {
        return ExitCode.FINDINGS.status();
      }
    }
    return ExitCode.DONE.status();
  }
}
