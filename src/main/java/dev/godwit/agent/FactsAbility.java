package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.HostFacts;
import dev.godwit.wire.Channel;
import java.io.IOException;

/** Answers with what this host says of itself. */
public final class FactsAbility implements Ability {
  @Override
  public String name() {
    return HostFacts.ABILITY;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    channel.send(HostFacts.ofThisHost().encode());
  }
}
