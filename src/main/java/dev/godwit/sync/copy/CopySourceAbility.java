package dev.godwit.sync.copy;

import dev.godwit.host.Ability;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.filter.ShellPaths;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The source's side of a copy, as a host offers it: {@code copy.source}. */
public final class CopySourceAbility implements Ability {
  public static final String NAME = "copy.source";

  @Override
  public String name() {
    return NAME;
  }

  /** What the user wrote is to mean what it means to rsync, whose names a shell here sees. */
  private static List<byte[]> expanded(List<byte[]> sources) throws CopyException {
    List<byte[]> all = new ArrayList<>();
    for (byte[] source : sources) {
      try {
        all.addAll(ShellPaths.expanded(source));
      } catch (LinuxException e) {
        throw new CopyException(
            CopyStatus.USAGE, Names.display(source) + ": stands for too many names");
      }
    }
    return all;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Messages.checkVersion(new MessageReader(argument).u8());
    EventSender events = new EventSender(channel);
    try {
      CopyRequest given = RequestMessages.receive(channel);
      UserMask.take(); // --chmod goes by it
      Copy.becomeUser(given.rules());
      CopyRequest request = given.withSources(expanded(given.sources()));
      if (request.rules().listOnly) {
        events.result(SourceSide.tellNames(request, events));
      } else {
        new SourceSide(channel, request, null, events, events::flush, Endings::toController).run();
      }
    } catch (CopyException e) {
      events.flush();
      throw new WireException(Endings.toController(e), e);
    }
  }
}
