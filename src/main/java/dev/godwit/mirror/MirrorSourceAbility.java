package dev.godwit.mirror;

import dev.godwit.host.Ability;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.UserMask;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.wire.Channel;
import java.io.IOException;

/** {@code mirror.source}: follows a directory and sends what changes, beside the source. */
public final class MirrorSourceAbility implements Ability {
  public static final String NAME = "mirror.source";

  /** How the watch is opened. */
  @FunctionalInterface
  interface Opener {
    /**
     * @param root belongs to the watch from now on, also when there is none
     */
    Watch open(Root root) throws IOException;
  }

  private final Opener opener;

  public MirrorSourceAbility() {
    this(Watch::open);
  }

  /** For tests of the other ways to notice changes. */
  MirrorSourceAbility(Opener opener) {
    this.opener = opener;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MirrorSourceOptions options = MirrorSourceOptions.decode(argument);
    SeriesRequest request = SeriesRequest.receive(channel);
    UserMask.takeFor(request.copy().rules());
    try {
      MirrorSource.serve(channel, options, request, opener);
    } catch (LinuxException e) {
      if (e.call().equals("open") && (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR)) {
        String why =
            RootGuard.objection(
                Names.display(options.root()), Root.Fate.VANISHED, options.identity(), "", true);
        channel.send(
            new Report.Halted(why == null ? String.valueOf(e.getMessage()) : why, false).encode());
      }
      throw e;
    }
  }
}
