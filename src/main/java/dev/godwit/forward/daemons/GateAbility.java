package dev.godwit.forward.daemons;

import dev.godwit.forward.Daemon;
import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.Moves;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.forward.gate.HoldRecord;
import dev.godwit.forward.gate.ReleaseRecord;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.Ability;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Ability {@code gate}: passes a move's commands on to its gate's daemon on this host. */
public final class GateAbility implements Ability {
  static final String NAME = "gate";

  private final Moves moves;
  private final DaemonCommand command;

  public GateAbility() {
    this(RuntimeDirectory.OF_ROOT, DaemonSupervisor.command(GateDaemon.NAME));
  }

  GateAbility(Path run, DaemonCommand command) {
    moves = new Moves(run);
    this.command = command;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    Path directory = moves.directory(reader);
    byte[] request = reader.rest();
    GateCommand asked = GateCommand.read(new MessageReader(request));
    if (asked == GateCommand.CAPTURE) {
      // Long before hold and release; without a record it starts nothing.
      BootEntry.install(
          BootEntry.Starts.FORWARD,
          directory,
          command.in(directory),
          List.of(ReleaseRecord.file(directory), HoldRecord.file(directory)));
    }
    byte[] answer =
        switch (asked) {
          case TRIAL -> trial();
          case START -> startAndAsk(directory, request);
          case END -> EndOrder.obey(directory, GateDaemon.NAME, request);
          default -> ask(directory, request);
        };
    if (asked != GateCommand.START
        && asked != GateCommand.END
        && asked != GateCommand.TRIAL
        && (ReleaseRecord.isIn(directory) || HoldRecord.isIn(directory))
        && !DaemonClient.isRunning(Daemon.socket(directory, GateDaemon.NAME))) {
      // One that died together with its supervisor begins again as soon as anybody asks for it:
      // goes on with its release, or puts back what its hold had stopped.
      answer = startAndAsk(directory, request);
    }
    if (asked == GateCommand.DEATHS && Moves.isAbsent(answer)) {
      MessageWriter out = Moves.obeyed();
      GateStatus.writeDeaths(out, Deaths.of(directory));
      answer = out.toBytes();
    }
    channel.send(answer);
  }

  private static byte[] trial() throws IOException {
    MessageWriter out = Moves.obeyed();
    Trial.make().write(out);
    return out.toBytes();
  }

  private byte[] startAndAsk(Path directory, byte[] request)
      throws IOException, InterruptedException {
    return Moves.startAndAsk(directory, GateDaemon.NAME, command.in(directory), request);
  }

  private static byte[] ask(Path directory, byte[] request)
      throws IOException, InterruptedException {
    return Moves.ask(directory, GateDaemon.NAME, request);
  }
}
