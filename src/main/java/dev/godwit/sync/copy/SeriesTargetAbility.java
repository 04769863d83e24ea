package dev.godwit.sync.copy;

import dev.godwit.host.Ability;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.TreeRoot;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;

/** The target's side of a series of copies, as a host offers it: {@code copy.series}. */
public final class SeriesTargetAbility implements Ability {
  public static final String NAME = "copy.series";

  private static final Duration LOCK_WAIT = Duration.ofSeconds(1);

  /** The argument of the ability; what it is about follows on the channel. */
  public static byte[] argument() {
    return new byte[] {Messages.VERSION};
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    Messages.checkVersion(new MessageReader(argument).u8());
    SeriesRequest request = SeriesRequest.receive(channel);
    try (TreeRoot root = open(request)) {
      if (!locks(root)) {
        throw new WireException(
            root + ": another copy writes to this tree; end that one, or wait until it is done");
      }
      new SeriesTarget(root, request, channel).serve();
    } catch (CopyException e) {
      throw new WireException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Waits a moment: the copy before this one may have told its end before it has let go. */
  private static boolean locks(TreeRoot root) throws LinuxException, InterruptedException {
    long end = System.nanoTime() + LOCK_WAIT.toNanos();
    while (!root.handle().tryLock()) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      Thread.sleep(5);
    }
    return true;
  }

  private static TreeRoot open(SeriesRequest request) throws WireException {
    byte[] path = request.copy().target();
    try {
      // Nobody looks in before it is complete, where the source says who may then.
      boolean isSaid = request.copy().rules().permissions;
      create(path, isSaid ? 0700 : 0777 & ~Identity.mask());
      return TreeRoot.open(path);
    } catch (LinuxException e) {
      throw new WireException(
          "unable to open the target " + Names.display(path) + ": " + e.reason(), e);
    }
  }

  /** Makes a directory if it is missing, and what is missing above it. */
  private static void create(byte[] path, int permissions) throws LinuxException {
    try {
      DirectoryHandle.create(path, permissions);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EEXIST) {
        return;
      }
      int slash = path.length - 1;
      while (slash > 0 && path[slash] != '/') {
        slash--;
      }
      if (e.errno() != Errno.ENOENT || slash <= 0) {
        throw e;
      }
      create(Arrays.copyOf(path, slash), 0755);
      create(path, permissions);
    }
  }
}
