package dev.godwit.cli;

import dev.godwit.daemon.ControlSocket;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the commands share that show how the running processes of their kind are. */
abstract class AskedStatusCommand extends AskedCommand implements Callable<Integer> {
  private final String key;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /**
   * @param key of the JSON object's list of processes
   */
  AskedStatusCommand(Terminal terminal, ControlSocket running, String key) {
    super(terminal, running);
    this.key = key;
  }

  /**
   * One process's status for people.
   *
   * @param width of the terminal, in columns
   */
  abstract String text(JsonNode status, Instant now, int width);

  /**
   * What of a process's status was asked for.
   *
   * @return null when it has nothing of it
   */
  @Nullable JsonNode meant(JsonNode status) {
    return status;
  }

  /** To be told when no process has what was asked for. */
  String absence() {
    return "nothing runs";
  }

  /** Whether nothing is wrong; otherwise the command ends with 1. */
  abstract boolean isWell(JsonNode status);

  @Override
  public Integer call() throws UserFailure, IOException {
    List<JsonNode> all = new ArrayList<>();
    List<UserFailure> unanswered = new ArrayList<>();
    for (Path socket : sockets()) {
      try {
        JsonNode status = meant(JsonMapper.shared().readTree(askStatus(socket)));
        if (status != null) {
          all.add(status);
        }
      } catch (UserFailure e) {
        unanswered.add(e); // of the others is told all the same
      }
    }
    if (all.isEmpty()) {
      throw unanswered.isEmpty()
          ? new UserFailure(ExitCode.FINDINGS, absence())
          : unanswered.getFirst();
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put(key, all);
      terminal().print(JsonMappers.pretty(object));
    } else {
      Instant now = Instant.now();
      List<String> texts =
          all.stream().map(status -> text(status, now, terminal().width())).toList();
      terminal().print(String.join("\n\n", texts));
    }
    for (UserFailure one : unanswered) {
      terminal().error(String.valueOf(one.getMessage()));
    }
    if (!unanswered.isEmpty()) {
      return ExitCode.UNREACHABLE.status();
    }
    return (all.stream().allMatch(this::isWell) ? ExitCode.DONE : ExitCode.FINDINGS).status();
  }
}
