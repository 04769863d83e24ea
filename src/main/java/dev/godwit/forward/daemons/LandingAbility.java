package dev.godwit.forward.daemons;

import dev.godwit.forward.Moves;
import dev.godwit.forward.landing.LandingRecord;
import dev.godwit.forward.landing.StartLease;
import dev.godwit.host.Ability;
import dev.godwit.host.EpochFence;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Ability {@code landing}: passes a move's commands on to its landing's daemon on this host. */
public final class LandingAbility implements Ability {
  static final String NAME = "landing";

  private final Moves moves;
  private final DaemonCommand command;

  public LandingAbility() {
    this(RuntimeDirectory.OF_ROOT, DaemonSupervisor.command(LandingDaemon.NAME));
  }

  LandingAbility(Path run, DaemonCommand command) {
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
    long epoch = reader.u64();
    byte[] request = reader.rest();
    LandingCommand asked = LandingCommand.read(new MessageReader(request));
    if (asked != LandingCommand.STATUS) {
      EpochFence.open(directory).check(epoch); // the gate's of this host, too (H59)
    }
    if (asked == LandingCommand.START) {
      BootEntry.install(
          BootEntry.Starts.LANDING,
          directory,
          command.in(directory),
          List.of(LandingRecord.file(directory)));
      channel.send(
          Moves.startAndAsk(directory, LandingDaemon.NAME, command.in(directory), request));
      return;
    }
    if (asked == LandingCommand.END) {
      byte[] answer = EndOrder.obey(directory, LandingDaemon.NAME, request);
      StartLease.forget(directory);
      LandingRecord.delete(directory); // also of one that was killed
      channel.send(answer);
      return;
    }
    byte[] answer = Moves.ask(directory, LandingDaemon.NAME, request);
    if (asked == LandingCommand.STATUS
        && Moves.isAbsent(answer)
        && Files.exists(LandingRecord.file(directory))) {
      // One that died together with its supervisor goes on as soon as anybody asks for it.
      answer = Moves.startAndAsk(directory, LandingDaemon.NAME, command.in(directory), request);
    }
    if (asked == LandingCommand.SETTLE && Moves.isAbsent(answer)) {
      StartLease.forget(directory); // one that is put up again has nothing to stop
      answer = Moves.obeyed().toBytes();
    }
    channel.send(answer);
  }
}
