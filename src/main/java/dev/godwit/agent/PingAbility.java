package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import java.io.IOException;

/** Gives back its argument, then every message that comes: the line and its round trip. */
public final class PingAbility implements Ability {
  @Override
  public String name() {
    return "ping";
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException {
    channel.send(argument);
    for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
      channel.send(message);
    }
  }
}
