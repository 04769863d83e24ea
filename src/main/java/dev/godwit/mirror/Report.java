package dev.godwit.mirror;

import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import dev.godwit.sync.Problem;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.List;

/** What the source side tells the controller. Travels between these two only. */
sealed interface Report {
  /** The first byte of the message. */
  int TYPE = 0x81;

  int TEXT_BYTES_MAX = 2000;
  int PROBLEMS_MAX = 20;

  /** How many of the paths that wait are named. */
  int WAITING_MAX = 20;

  int MOUNTS_MAX = 10_000;

  /** How many mounts take part at most: each has a watch of its own. */
  int JOINED_MAX = 100;

  /** How many of the mounts below the root are named. */
  int MOUNTED_MAX = 1000;

  int PATH_BYTES_MAX = 32 * 1024;

  /**
   * @param live whether everything was looked at once
   * @param identity see {@code watch.Root}
   * @param target as it is to be known; what is durable is {@code KnownTarget.ALL} while that
   *     cannot be said
   * @param lagMillis the age of the oldest change that may not be on the target; where changes may
   *     have been made that nobody has told, for how long that has been so
   * @param unverified whether changes are known to be lost, and a look at everything is still to
   *     begin
   * @param unwatched how many directories have no watch
   * @param waiting some of the paths that changed and are not looked at yet, for people
   * @param empty whether the root holds nothing
   * @param directories how many the source has, by the last look at everything
   * @param extent what that found in it, or has by now; see {@link Pending#extent}
   * @param warning why changes are seen late or not verified; empty when they are not
   */
  record State(
      boolean live,
      long dirty,
      long lagMillis,
      boolean unverified,
      long unwatched,
      String rung,
      String warning,
      long rescans,
      String identity,
      KnownTarget target,
      boolean empty,
      long directories,
      Extent extent,
      Counters counters,
      List<String> problems,
      List<String> waiting)
      implements Report {}

  /** Answers {@link Control.Barrier}, and {@link Control.Audit} when it has come to its end. */
  record BarrierDone(long number, BarrierResult result) implements Report {}

  /**
   * How far an audit is, and what it has put right since its order came.
   *
   * @param number of the order
   */
  record Audited(long number, AuditPlace place, Drift drift) implements Report {}

  /** Answers {@link Control.Finish} when not everything could be applied; the end follows. */
  record Unfinished(BarrierResult result) implements Report {}

  /**
   * Where other file systems are or were mounted while the mirror ran (H25).
   *
   * @param paths below the root, bytes
   */
  record Mounts(List<byte[]> paths) implements Report {}

  /** These mounts take part; said before anything is looked at. */
  record Joined(List<KnownMount> mounts) implements Report {}

  /** What is mounted below the root by now. */
  record Mounted(List<MirrorMount> mounts) implements Report {}

  /** By these an older state of the source is known by a later session (H30). */
  record Seen(List<Witness> witnesses) implements Report {}

  /** Nothing is looked at before a mount that takes part is back (H27); said again and again. */
  record Waiting(String message) implements Report {}

  /**
   * The root is not what it was, or a mount that takes part; nothing more is sent.
   *
   * @param isTriedAgain whether it is a mount, which may come back
   */
  record Halted(String message, boolean isTriedAgain) implements Report {}

  default byte[] encode() {
    MessageWriter message = new MessageWriter().u8(TYPE);
    switch (this) {
      case State s -> {
        message.u8(1).bool(s.live).u64(s.dirty).u64(s.lagMillis);
        message.bool(s.unverified).u64(s.unwatched).text(s.rung).text(s.warning);
        message.u64(s.rescans).text(s.identity).text(s.target.identity());
        message.u64(s.target.durable()).bool(s.empty).u64(s.directories);
        message.u64(s.extent.files()).u64(s.extent.bytes()).u64(s.extent.bytesDone());
        Figures.write(message, s.counters);
        message.texts(s.problems).texts(s.waiting);
      }
      case BarrierDone(long number, BarrierResult result) -> {
        message.u8(2).u64(number);
        write(message, result);
      }
      case Unfinished(BarrierResult result) -> write(message.u8(4), result);
      case Mounts(List<byte[]> paths) ->
          message.u8(5).list(paths.stream().limit(MOUNTS_MAX).toList(), MessageWriter::bytes);
      case Joined(List<KnownMount> mounts) -> message.u8(6).list(mounts, Report::write);
      case Mounted(List<MirrorMount> mounts) ->
          message
              .u8(7)
              .list(
                  mounts.stream().limit(MOUNTED_MAX).toList(),
                  (m, one) ->
                      m.bytes(PathText.bytes(one.path()))
                          .text(shortened(one.type()))
                          .text(shortened(one.rung())));
      case Seen(List<Witness> witnesses) -> message.u8(10).list(witnesses, Report::write);
      case Waiting(String text) -> message.u8(8).text(shortened(text));
      case Audited(long number, AuditPlace place, Drift drift) -> {
        message.u8(9).u64(number);
        place.write(message);
        drift.write(message);
      }
      case Halted(String text, boolean isTriedAgain) ->
          message.u8(3).text(shortened(text)).bool(isTriedAgain);
    }
    return message.toBytes();
  }

  static Report decode(byte[] bytes) throws WireException {
    MessageReader reader = new MessageReader(bytes);
    int type = reader.u8();
    int kind = reader.u8();
    Report report =
        switch (type == TYPE ? kind : 0) {
          case 1 ->
              new State(
                  reader.bool(),
                  reader.u64(),
                  reader.u64(),
                  reader.bool(),
                  reader.u64(),
                  reader.text(TEXT_BYTES_MAX),
                  reader.text(4 * TEXT_BYTES_MAX),
                  reader.u64(),
                  reader.text(MirrorSourceOptions.IDENTITY_BYTES_MAX),
                  new KnownTarget(
                      reader.text(MirrorSourceOptions.IDENTITY_BYTES_MAX), reader.u64()),
                  reader.bool(),
                  reader.u64(),
                  new Extent(reader.u64(), reader.u64(), reader.u64()),
                  Figures.read(reader),
                  reader.texts(PROBLEMS_MAX, 4 * TEXT_BYTES_MAX),
                  reader.texts(WAITING_MAX, 4 * TEXT_BYTES_MAX));
          case 2 -> new BarrierDone(reader.u64(), barrierResult(reader));
          case 4 -> new Unfinished(barrierResult(reader));
          case 5 -> new Mounts(reader.list(MOUNTS_MAX, r -> r.bytes(PATH_BYTES_MAX)));
          case 6 -> new Joined(reader.list(JOINED_MAX, Report::knownMount));
          case 7 ->
              new Mounted(
                  reader.list(
                      MOUNTED_MAX,
                      r ->
                          new MirrorMount(
                              PathText.of(r.bytes(PATH_BYTES_MAX)),
                              r.text(4 * TEXT_BYTES_MAX),
                              r.text(4 * TEXT_BYTES_MAX))));
          case 8 -> new Waiting(reader.text(4 * TEXT_BYTES_MAX));
          case 9 -> new Audited(reader.u64(), AuditPlace.read(reader), Drift.read(reader));
          case 10 -> new Seen(reader.list(Witnesses.MAX, Report::witness));
          case 3 -> new Halted(reader.text(4 * TEXT_BYTES_MAX), reader.bool());
          default -> throw new WireException("malformed message: no report");
        };
    reader.end();
    return report;
  }

  static void write(MessageWriter message, Witness witness) {
    message.bytes(PathText.bytes(witness.path())).u64(witness.inode()).u64(witness.changedNanos());
  }

  /**
   * @throws WireException also when it is neither the root nor below it
   */
  static Witness witness(MessageReader reader) throws WireException {
    byte[] path = reader.bytes(PATH_BYTES_MAX);
    if (path.length > 0 && !Names.isPathBelow(path)) {
      throw new WireException("malformed message: a name that is not below the root");
    }
    return new Witness(PathText.of(path), reader.u64(), reader.u64());
  }

  static void write(MessageWriter message, KnownMount mount) {
    message.bytes(PathText.bytes(mount.path())).text(mount.identity());
  }

  /**
   * @throws WireException also when it is no path below the root
   */
  static KnownMount knownMount(MessageReader reader) throws WireException {
    byte[] path = reader.bytes(PATH_BYTES_MAX);
    String identity = reader.text(MirrorSourceOptions.IDENTITY_BYTES_MAX);
    if (!Names.isPathBelow(path)) {
      throw new WireException("malformed message: a mount that is not below the root");
    }
    return new KnownMount(PathText.of(path), identity);
  }

  private static void write(MessageWriter message, BarrierResult result) {
    message.u64(result.failures());
    message.list(
        result.first().stream().limit(PROBLEMS_MAX).toList(),
        (m, p) ->
            m.bool(p.side() == Problem.Side.TARGET)
                .bytes(p.path())
                .text(shortened(p.cause()))
                .u32(p.errno()));
  }

  private static BarrierResult barrierResult(MessageReader reader) throws WireException {
    long failures = reader.u64();
    return new BarrierResult(
        failures,
        reader.list(
            PROBLEMS_MAX,
            r ->
                new Problem(
                    r.bool() ? Problem.Side.TARGET : Problem.Side.SOURCE,
                    r.bytes(PATH_BYTES_MAX),
                    r.text(4 * TEXT_BYTES_MAX),
                    r.count(4095))));
  }

  /** A path for people, in a message. */
  static String shown(String path) {
    return shortened(PathText.display(path));
  }

  /** At most {@link #TEXT_BYTES_MAX} chars, so at most four times as many bytes. */
  static String shortened(String text) {
    return shortened(text, TEXT_BYTES_MAX);
  }

  static String shortened(String text, int chars) {
    return text.length() <= chars ? text : text.substring(0, chars - 3) + "...";
  }
}
