package dev.godwit.sync.copy;

import dev.godwit.host.Ability;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.ShellPaths;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.List;

/** The target's side of a copy, as a host offers it: {@code copy.target}. */
public final class CopyTargetAbility implements Ability {
  public static final String NAME = "copy.target";

  @Override
  public String name() {
    return NAME;
  }

  /** The temporary file of what was under way. */
  @Override
  public boolean takesDown() {
    return true;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Messages.checkVersion(new MessageReader(argument).u8());
    EventSender events = new EventSender(channel);
    try {
      CopyRequest given = RequestMessages.receive(channel);
      UserMask.take();
      Copy.becomeUser(given.rules());
      CopyRequest request = given.withTarget(expanded(given.target()));
      events.result(new TargetSide(channel, request, false, events, Endings::toController).run());
    } catch (CopyException e) {
      events.flush();
      throw new WireException(Endings.toController(e), e);
    }
  }

  /** As for a source; where a wildcard stands for several names, none of them is meant. */
  private static byte[] expanded(byte[] target) throws CopyException {
    List<byte[]> all;
    try {
      all = ShellPaths.expanded(target);
    } catch (LinuxException e) {
      all = List.of();
    }
    if (all.size() != 1) {
      throw new CopyException(
          CopyStatus.USAGE,
          Names.display(target) + ": stands for several names; there can be one target");
    }
    return all.getFirst();
  }
}
