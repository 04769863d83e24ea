package dev.godwit.mirror;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.List;

/**
 * The argument of the ability {@code mirror.source}.
 *
 * @param root absolute path
 * @param identity the root's identity as it was reported before; empty the first time
 * @param wasEmpty whether the root was empty before, or nothing is known about it
 * @param mayEmpty whether it is right that nothing is left in it
 * @param unseen for how long changes may have gone unseen, as far as is known
 * @param delay see {@link MirrorManner}
 * @param calm how long nothing is looked at; what changes meanwhile is noticed
 * @param isFirst whether the target may lack most of it: then it is copied in pieces, and what
 *     changes meanwhile does not wait for all of them
 * @param isTargetDoubted whether contents of the target may have been lost before (H31)
 * @param witnesses by which an older state of the source is known (H30)
 * @param mounts paths below the root where other file systems were mounted before, and took no part
 *     (H25)
 * @param joined the mounts below the root that take part, as they were before
 * @param joinsAll whether all take part that are there now
 * @param isChangesOnly see {@link MirrorManner}
 * @param followed for how long changes have been followed by this mirror; zero when it begins
 * @param targetHere the target's absolute path where it is on the same host; else empty
 */
@SuppressWarnings("ArrayRecordComponent") // paths are bytes; options are never compared
record MirrorSourceOptions(
    byte[] root,
    String identity,
    boolean wasEmpty,
    boolean mayEmpty,
    Duration unseen,
    boolean isFirst,
    boolean isTargetDoubted,
    List<Witness> witnesses,
    List<byte[]> mounts,
    List<KnownMount> joined,
    boolean joinsAll,
    Duration delay,
    Duration calm,
    boolean isChangesOnly,
    Duration followed,
    byte[] targetHere) {
  private static final int VERSION = 10;
  private static final int PATH_BYTES_MAX = 4096;
  static final int IDENTITY_BYTES_MAX = 1024;
  private static final long UNSEEN_MILLIS_MAX = Duration.ofDays(10_000).toMillis();
  private static final long DELAY_MILLIS_MAX = Duration.ofDays(1).toMillis();
  private static final long CALM_MILLIS_MAX = Duration.ofHours(1).toMillis();

  byte[] encode() {
    return new MessageWriter()
        .u8(VERSION)
        .bytes(root)
        .text(identity)
        .bool(wasEmpty)
        .bool(mayEmpty)
        .u64(unseen.toMillis())
        .bool(isFirst)
        .bool(isTargetDoubted)
        .list(witnesses, Report::write)
        .list(mounts, MessageWriter::bytes)
        .list(joined, Report::write)
        .bool(joinsAll)
        .u64(delay.toMillis())
        .u64(calm.toMillis())
        .bool(isChangesOnly)
        .u64(followed.toMillis())
        .bytes(targetHere)
        .toBytes();
  }

  /** The same where the target is on the same host. */
  MirrorSourceOptions beside(byte[] target) {
    return new MirrorSourceOptions(
        root,
        identity,
        wasEmpty,
        mayEmpty,
        unseen,
        isFirst,
        isTargetDoubted,
        witnesses,
        mounts,
        joined,
        joinsAll,
        delay,
        calm,
        isChangesOnly,
        followed,
        target);
  }

  static Duration unseen(MessageReader reader) throws WireException {
    return Duration.ofMillis(Math.clamp(reader.u64(), 0, UNSEEN_MILLIS_MAX));
  }

  static MirrorSourceOptions decode(byte[] argument) throws WireException {
    MessageReader reader = new MessageReader(argument);
    int version = reader.u8();
    if (version != VERSION) {
      throw new WireException(
          "mirror.source was asked in version " + version + "; use the same Godwit on both hosts");
    }
    MirrorSourceOptions options =
        new MirrorSourceOptions(
            reader.bytes(PATH_BYTES_MAX),
            reader.text(IDENTITY_BYTES_MAX),
            reader.bool(),
            reader.bool(),
            unseen(reader),
            reader.bool(),
            reader.bool(),
            reader.list(Witnesses.MAX, Report::witness),
            reader.list(Report.MOUNTS_MAX, r -> r.bytes(PATH_BYTES_MAX)),
            reader.list(Report.JOINED_MAX, Report::knownMount),
            reader.bool(),
            Duration.ofMillis(Math.clamp(reader.u64(), 0, DELAY_MILLIS_MAX)),
            Duration.ofMillis(Math.clamp(reader.u64(), 0, CALM_MILLIS_MAX)),
            reader.bool(),
            unseen(reader),
            reader.bytes(PATH_BYTES_MAX));
    reader.end();
    checkPath(options.root());
    checkPath(options.targetHere());
    return options;
  }

  private static void checkPath(byte[] path) throws WireException {
    for (byte b : path) {
      if (b == 0) {
        throw new WireException("malformed message: a path with a NUL");
      }
    }
  }
}
