package dev.godwit.mirror;

import dev.godwit.host.Ability;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;

/**
 * {@code mirror.rest}: answers whether a directory has come to rest, that is, whether no session of
 * any Godwit process on this host holds the lock that each has while it may write there.
 */
public final class MirrorRestAbility implements Ability {
  public static final String NAME = "mirror.rest";

  private static final Duration LIMIT_LONGEST = Duration.ofMinutes(1);

  /** flock(2) has no way to wait for a limited time. */
  private static final Duration TRY_AGAIN = Duration.ofMillis(10);

  private static final int PATH_BYTES_MAX = 4096;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    byte[] root = reader.bytes(PATH_BYTES_MAX);
    long limitMillis = Math.clamp(reader.u64(), 0, LIMIT_LONGEST.toMillis());
    reader.end();
    channel.send(
        new MessageWriter()
            .bool(comesToRest(root, System.nanoTime() + Duration.ofMillis(limitMillis).toNanos()))
            .toBytes());
  }

  private static boolean comesToRest(byte[] root, long end)
      throws LinuxException, InterruptedException {
    try (DirectoryHandle directory = DirectoryHandle.open(root)) {
      while (!directory.tryLock()) {
        if (System.nanoTime() - end >= 0) {
          return false;
        }
        Thread.sleep(TRY_AGAIN);
      }
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        // Nobody can write to what was never made.
        return true;
      }
      throw e;
    }
  }
}
