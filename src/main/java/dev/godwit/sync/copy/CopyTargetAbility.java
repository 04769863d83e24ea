package dev.godwit.sync.copy;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.IOException;

/** The target's side of a copy, as a host offers it: {@code copy.target}. */
public final class CopyTargetAbility implements Ability {
  public static final String NAME = "copy.target";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Messages.checkVersion(new MessageReader(argument).u8());
    EventSender events = new EventSender(channel);
    try {
      CopyResult result =
          new TargetSide(channel, RequestMessages.receive(channel), events, Endings::toController)
              .run();
      events.result(result);
    } catch (CopyException e) {
      events.flush();
      throw new WireException(Endings.toController(e), e);
    }
  }
}
