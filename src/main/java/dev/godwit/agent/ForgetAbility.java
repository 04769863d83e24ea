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
 * Removes what the processes of a move have kept on this host. Epochs are among it: a later move of
 * the same name, with a journal of its own, begins to count anew.
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
