package dev.godwit.forward.gate;

import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.RequestException;
import dev.godwit.daemon.Words;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GateException;
import dev.godwit.forward.Moves;
import dev.godwit.forward.loop.AnswerServer;
import dev.godwit.forward.loop.Asker;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.LineCommands;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.Listen;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a person on the gate's host can ask of it, in the words of {@code ForwardControl}: how its
 * groups are, and to refuse one of them. Where connections go is the move's to say.
 */
public final class GateControl implements AutoCloseable {
  /** Asks for figures for Prometheus. */
  public static final String METRICS = "metrics";

  private static final String NAME = "control.sock";

  private final EventLoop loop;
  private final AnswerServer server;

  private GateControl(EventLoop loop, AnswerServer server) {
    this.loop = loop;
    this.server = server;
  }

  /** Gives the gate as it is now. */
  @FunctionalInterface
  public interface Gates {
    /**
     * @throws GateException when there is none
     */
    Gate gate() throws GateException;
  }

  /**
   * Where the gate of a move on this host is asked.
   *
   * @throws RequestException for people, when that is no name of a move
   */
  public static Path socketOf(String move) throws RequestException {
    try {
      return RuntimeDirectory.OF_ROOT.resolve(Moves.checked(move)).resolve(NAME);
    } catch (WireException e) {
      throw new RequestException("there is no gate of " + move + ": a move has no such name", e);
    }
  }

  /** The moves that have a gate on this host which answers, by name; none that cannot be seen. */
  public static List<String> moves() {
    return moves(RuntimeDirectory.OF_ROOT);
  }

  /** The same below another folder. */
  static List<String> moves(Path run) {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(run)) {
      for (Path folder : folders) {
        if (ControlSocket.isServed(folder.resolve(NAME))) {
          found.add(folder.getFileName().toString());
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      return List.of(); // there is no folder, or it is not this user's
    }
    found.sort(null);
    return found;
  }

  /**
   * @param directory of the gate's own state, with the move's name
   */
  public static GateControl start(Path directory, Gates gates) throws IOException {
    Path path = directory.resolve(NAME);
    ListenSocket socket = ListenSocket.open(new Listen.Unix(path, null, null, 0600)).getFirst();
    EventLoop loop = EventLoop.start("gate control");
    return new GateControl(
        loop, AnswerServer.start(loop, socket, new LineCommands(new Commands(directory, gates))));
  }

  @Override
  public void close() {
    server.close();
    loop.close();
  }

  private record Commands(Path directory, Gates gates) implements LineCommands.Commands {
    @Override
    public Asker.Answer obey(String[] words, int fd) throws IOException, InterruptedException {
      if (words[0].equals("status")) {
        GateStatus now = gates.gate().status();
        Map<String, Object> all = status(gates.gate(), now).json();
        all.put("move", directory.getFileName().toString());
        all.put("gate_mode", word(now.mode()));
        all.put("lease_ms", now.leaseMillis());
        all.put("way_back", now.wayBack());
        // One for all of them.
        now.groups().stream().findFirst().ifPresent(group -> all.put("rung", group.rung()));
        all.put("way", now.way());
        return LineCommands.said(JsonMapper.shared().writeValueAsString(all));
      }
      if (words[0].equals(METRICS)) {
        GateStatus now = gates.gate().status();
        return LineCommands.said(status(gates.gate(), now).metrics() + now.metrics());
      }
      if (words.length < 2) {
        throw new RequestException("the command " + words[0] + " needs the name of a group");
      }
      GateGroups groups = gates.gate().groups();
      switch (words[0]) {
        case "drain" ->
            groups.drain(
                words[1],
                words.length < 3 ? GateGroups.DRAIN_LIMIT_DEFAULT : Words.duration(words[2]));
        case "close" -> groups.close(words[1]);
        case "release" -> {
          if (words.length > 2) {
            throw new RequestException(
                "unable to release "
                    + words[1]
                    + " to somewhere: where connections of a move's gate go is the move's to say;"
                    + " `godwit forward release "
                    + words[1]
                    + " --gate MOVE` alone ends a drain or a close");
          }
          groups.open(words[1]);
        }
        case "hold" ->
            throw new RequestException(
                "unable to hold "
                    + words[1]
                    + ": the holds of a move's gate are the move's; godwit cutover and godwit"
                    + " rollback make them");
        default -> throw LineCommands.unknown(words[0]);
      }
      return LineCommands.DONE;
    }

    private static String word(GateStatus.Mode mode) {
      return mode.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** In the form of a forwarder's. */
    private static ForwardStatus status(Gate gate, GateStatus now) {
      List<ForwardStatus.Group> groups = new ArrayList<>();
      for (GateStatus.Group g : now.groups()) {
        groups.add(group(gate, g));
      }
      return new ForwardStatus(
          ProcessHandle.current().pid(),
          "of a move, " + word(now.mode()),
          ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli(),
          now.open() + now.held(),
          gate.guestsMax(),
          groups);
    }

    private static ForwardStatus.Group group(Gate gate, GateStatus.Group g) {
      GroupCount count = gate.count(g.name());
      return new ForwardStatus.Group(
          g.name(),
          Stream.concat(
                  g.ports().stream().map(port -> "*:" + port),
                  g.sockets().stream().map(path -> "unix:" + path))
              .toList(),
          List.of(),
          count.group.clientAddress().planName(),
          "",
          false,
          g.mode(),
          0,
          g.open(),
          g.held(),
          g.total(),
          g.bytes(),
          g.refused(),
          g.errors(),
          g.oldestMillis() / 1000,
          0,
          0,
          count.callers().list(),
          "",
          "",
          0);
    }
  }
}
