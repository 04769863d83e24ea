package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.PathFacts;
import dev.godwit.wire.Channel;
import java.io.IOException;

/** Answers with what this host says of a path. */
public final class PathFactsAbility implements Ability {
  @Override
  public String name() {
    return PathFacts.ABILITY;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    channel.send(PathFacts.answer(argument));
  }
}
