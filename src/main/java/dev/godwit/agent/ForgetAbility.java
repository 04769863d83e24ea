package dev.godwit.agent;

import dev.godwit.forward.daemons.BootEntry;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.host.Ability;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;

/**
 * Removes what the processes of a move have kept on this host. Which epochs are over stays: a
 * controller that has slept through the end of the move gives no order any more (H59).
 */
public final class ForgetAbility implements Ability {
  public static final String NAME = "forget";

  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int MOVE_MAX = 64;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    String move = in.text(MOVE_MAX);
    in.end();
    Leftovers.cleanUp();
    BootEntry.remove(move);
    RuntimeDirectory.remove(move, LIMIT);
    new MessageWriter().sendTo(channel);
  }
}
