package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Measures a row of relays: all of them are started and warmed up with the same load, then each is
 * loaded in turn, round after round, in an order that rotates.
 */
final class RelayRunner {
  private static final int FIRST_PORT = 9001;

  private final Path folder;
  private final Consumer<String> progress;
  private int nextPort = FIRST_PORT;

  RelayRunner(Path folder, Consumer<String> progress) {
    this.folder = folder;
    this.progress = progress;
  }

  /** A relay that runs, and the folder of its own. */
  private record Running(Relayer relayer, RunGroup group, RelayLoad.Way way)
      implements AutoCloseable {
    @Override
    public void close() throws IOException {
      group.close();
    }
  }

  RelayResult run(RelayRow row, int rounds) throws IOException, InterruptedException {
    RelayResult result = new RelayResult(row);
    Map<String, Running> running = new LinkedHashMap<>();
    try {
      for (int round = 1; round <= rounds; round++) {
        result.beginRound(MachineFacts.load());
        int count = row.relayers().size();
        for (int i = 0; i < count; i++) {
          Relayer relayer = row.relayers().get((i + round - 1) % count);
          progress.accept(
              "%s: round %d of %d, %s".formatted(row.name(), round, rounds, relayer.label()));
          result.add(relayer.label(), measure(result, relayer, round, running));
          if (row.fresh()) {
            closeAll(running);
          }
        }
      }
    } finally {
      closeAll(running);
    }
    return result;
  }

  /** One that cannot be started, or loses a connection, says so in its place. */
  private RelayResult.Run measure(
      RelayResult result, Relayer relayer, int round, Map<String, Running> running)
      throws InterruptedException {
    RelayRow row = result.row();
    try {
      Running one = running.get(relayer.label());
      if (one == null) {
        one = start(row, relayer);
        running.put(relayer.label(), one);
        row.load().run(one.way(), true);
        result.encrypts(relayer.label(), SshCipher.of(one.group()));
      }
      return new RelayResult.Run(round, row.load().run(one.way(), false), "");
    } catch (IOException e) {
      String said = String.valueOf(e.getMessage());
      return new RelayResult.Run(round, Map.of(), said.isBlank() ? e.toString() : said);
    }
  }

  private Running start(RelayRow row, Relayer relayer) throws IOException {
    int port = nextPort++;
    Path own = Files.createDirectories(folder.resolve("relay-" + port));
    try (Stream<Path> left = Files.list(own)) {
      for (Path file : left.toList()) {
        Files.delete(file);
      }
    }
    RunGroup group = RunGroup.create("godwit-benchmark-" + port);
    boolean started = false;
    try {
      List<List<String>> commands = relayer.start().commands(own, port, row.load().server());
      for (int i = 0; i < commands.size(); i++) {
        RelayServers.start(group, commands.get(i), own, "program" + i);
      }
      int to = relayer.isDirect() ? row.load().server() : port;
      RelayLoad.Way way =
          new RelayLoad.Way(relayer.label(), to, relayer.connectionsMax(), group, own);
      row.load().awaitReady(way);
      started = true;
      return new Running(relayer, group, way);
    } finally {
      if (!started) {
        group.close();
      }
    }
  }

  private static void closeAll(Map<String, Running> running) throws IOException {
    for (Running one : running.values()) {
      one.close();
    }
    running.clear();
  }
}
