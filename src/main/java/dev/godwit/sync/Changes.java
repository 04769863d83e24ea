package dev.godwit.sync;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.util.List;

/**
 * What was changed in a tree on a host since a time, by anybody: for a tree that nobody should have
 * touched. Finds what the kernel stamps (inode(7), "Last status change timestamp"); a name that was
 * removed is seen at its directory.
 *
 * @param count of names that were changed, or could not be looked at
 * @param first of them, relative to the root, for people
 * @param setBackNanos by how much the host's clock was set back since: what was changed that long
 *     before the time counts too, for it cannot be told apart
 */
public record Changes(long count, List<String> first, long setBackNanos) {
  public Changes {
    first = List.copyOf(first);
  }

  /**
   * A time of a host.
   *
   * @param nanos since 1970, by the clock as its file systems use it
   * @param bootedNanos when it was booted, by the same clock as it was set then
   */
  public record Time(long nanos, long bootedNanos) {}

  /** Now: all that was done there before the question has an earlier time. */
  public static Time now(Host host) throws IOException {
    byte[] question = new MessageWriter().u8(ChangesAbility.CLOCK).toBytes();
    MessageReader answer = new MessageReader(host.call(ChangesAbility.NAME, question));
    return new Time(answer.u64(), answer.u64());
  }

  /**
   * Reads all directories of the tree.
   *
   * @param excludes patterns of names that do not count
   * @param mounts what is mounted at these paths below the root belongs to it
   * @param since as {@link #now} gave it
   */
  public static Changes since(
      Host host, byte[] root, List<String> excludes, List<byte[]> mounts, Time since)
      throws IOException {
    byte[] question =
        new MessageWriter()
            .u8(ChangesAbility.LOOK)
            .bytes(root)
            .texts(excludes)
            .list(mounts, MessageWriter::bytes)
            .u64(since.nanos())
            .u64(since.bootedNanos())
            .toBytes();
    MessageReader answer = new MessageReader(host.call(ChangesAbility.NAME, question));
    return new Changes(
        answer.u64(), answer.texts(ChangesAbility.NAMED_MAX, 64 * 1024), answer.u64());
  }
}
