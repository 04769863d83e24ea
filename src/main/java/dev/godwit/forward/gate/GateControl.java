package dev.godwit.forward.gate;

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
   * @throws IOException for people, when that is no name of a move
   */
  public static Path socketOf(String move) throws IOException {
    try {
      return RuntimeDirectory.OF_ROOT.resolve(Moves.checked(move)).resolve(NAME);
    } catch (WireException e) {
      throw new IOException("there is no gate of " + move + ": a move has no such name", e);
    }
  }

  /**
   * @param directory of the gate's own state
   */
  public static GateControl start(Path directory, Gates gates) throws IOException {
    Path path = directory.resolve(NAME);
    ListenSocket socket = ListenSocket.open(new Listen.Unix(path, null, null, 0600)).getFirst();
    EventLoop loop = EventLoop.start("gate control");
    return new GateControl(
        loop, AnswerServer.start(loop, socket, new LineCommands(new Commands(gates))));
  }

  @Override
  public void close() {
    server.close();
    loop.close();
  }

  private record Commands(Gates gates) implements LineCommands.Commands {
    @Override
    public Asker.Answer obey(String[] words, int fd) throws IOException, InterruptedException {
      if (words[0].equals("status")) {
        GateStatus now = gates.gate().status();
        Map<String, Object> all = status(gates.gate(), now).json();
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
        throw new IOException("the command " + words[0] + " needs the name of a group");
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
            throw new IOException(
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
            throw new IOException(
                "unable to hold "
                    + words[1]
                    + ": the holds of a move's gate are the move's; godwit cutover and godwit"
                    + " rollback make them");
        default -> throw LineCommands.unknown(words[0]);
      }
      return LineCommands.DONE;
    }

    /** In the form of a forwarder's. */
    private static ForwardStatus status(Gate gate, GateStatus now) {
      List<ForwardStatus.Group> groups = new ArrayList<>();
      for (GateStatus.Group g : now.groups()) {
        groups.add(group(gate, g));
      }
      return new ForwardStatus(
          ProcessHandle.current().pid(),
          "of a move, " + now.mode().name().toLowerCase(Locale.ROOT).replace('_', ' '),
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
