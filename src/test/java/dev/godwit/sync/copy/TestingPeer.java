package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One side of a copy whose other side is a test that says what it likes, message by message. */
final class TestingPeer {
  /** Says it. */
  interface Lies {
    void tell(Channel channel) throws Exception;
  }

  /**
   * What became of the honest side.
   *
   * @param ended null when it ended as if all was well
   * @param failures told on the way
   */
  record Outcome(@Nullable CopyException ended, List<String> failures, List<String> items) {
    /** The words of its end; {@code accepted} without one. */
    String words() {
      return ended == null ? "accepted" : ended.status() + " " + ended.getMessage();
    }
  }

  private TestingPeer() {}

  /** Lies to a target. */
  static Outcome toTarget(CopyRequest request, Lies lies) throws Exception {
    return run(
        lies,
        (channel, events) -> new TargetSide(channel, request, true, events, Endings::toPeer).run());
  }

  /** Lies to a source. */
  static Outcome toSource(CopyRequest request, Lies lies) throws Exception {
    return run(
        lies,
        (channel, events) ->
            new SourceSide(channel, request, null, events, () -> {}, Endings::toPeer).run());
  }

  private interface Side {
    void run(Channel channel, TestingRun events) throws Exception;
  }

  private static Outcome run(Lies lies, Side side) throws Exception {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("honest", "liar");
    TestingRun events = new TestingRun();
    List<Exception> thrown = new ArrayList<>();
    Thread honest =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (Channel channel = pair.a()) {
                    side.run(channel, events);
                  } catch (Exception e) {
                    thrown.add(e);
                  }
                });
    try (Channel channel = pair.b()) {
      lies.tell(channel);
      channel.finish();
      while (channel.receive() != null) {}
    } catch (WireException e) {
      // It was refused: as it should be.
    }
    honest.join();
    for (Exception e : thrown) {
      if (!(e instanceof CopyException)) {
        throw e; // a fault of the program
      }
    }
    return new Outcome(
        thrown.isEmpty() ? null : (CopyException) thrown.getFirst(),
        events.failures,
        events.itemized());
  }

  /** Waits for the answer that asks for something; others are taken. */
  static void awaitWant(Channel channel) throws WireException {
    if (!isWanted(channel)) {
      throw new WireException("nothing is wanted");
    }
  }

  /** As {@link #awaitWant}; false when the other side has all that it wants. */
  static boolean isWanted(Channel channel) throws WireException {
    for (byte[] message = channel.receive(); message != null; message = channel.receive()) {
      if (isAsking(message, 0)) {
        return true;
      }
      if (message[0] == Messages.FINISHED) {
        return false;
      }
    }
    return false;
  }

  /**
   * Whether a message asks for content, perhaps among other answers.
   *
   * @param from where it begins
   */
  static boolean isAsking(byte[] message, int from) throws WireException {
    CompactReader in = new CompactReader(message, from);
    if (in.u8() != Messages.ANSWERS) {
      return false;
    }
    while (in.remaining() > 0) {
      switch (in.u8()) {
        case Answers.DONE, Answers.RELEASE, Answers.WHOLE -> {
          var unused = in.number(Messages.DIRECTORIES_MAX);
        }
        case Answers.REMOVE, Answers.STOP_DELTA -> {
          var unused = in.number(Messages.DIRECTORIES_MAX) + in.number(Messages.ENTRIES_MAX);
        }
        default -> {
          return true;
        }
      }
    }
    return false;
  }

  /** Takes messages until the other side has all that it wants, or has ended. */
  static void awaitEnd(Channel channel) throws WireException {
    byte[] message = channel.receive();
    while (message != null && message[0] != Messages.FINISHED) {
      message = channel.receive();
    }
  }

  /** The first message of a source: the content of a directory follows. */
  static void top(Channel channel) throws WireException {
    top(channel, Deletion.NONE);
  }

  /** The same of a source that knows when the target removes. */
  static void top(Channel channel, Deletion when) throws WireException {
    Rules.Builder rules = new Rules.Builder();
    rules.deletion = when;
    CompactWriter out = new CompactWriter(16).u8(Messages.TOP).u8(TargetShape.SEVERAL.ordinal());
    new Telling(Sweep.Passes.of(rules.build()), false, null).write(out);
    out.bool(false).sendTo(channel);
  }

  /** A listing by hand; the entries follow. */
  static CompactWriter listing(int number, boolean isLast, boolean isComplete, int count) {
    return new CompactWriter(256)
        .u8(Messages.LISTING)
        .number(number)
        .bool(isLast)
        .bool(true)
        .bool(isComplete)
        .number(0)
        .bool(false)
        .u32(count);
  }

  static final int FILE = 0100644;
  static final int DIRECTORY = 0040755;
  static final int LINK = 0120777;
  static final int ENTERED = 16;
  static final int LINKED = 32;

  /** An entry by hand, with a time of 0, of root. */
  static CompactWriter entry(CompactWriter out, int flags, byte[] name, int mode, long size) {
    out.u8(flags | 4).u8(0).number(name.length).raw(name, 0, name.length);
    return out.number(mode).number(0).number(0).number(size);
  }

  static CompactWriter file(CompactWriter out, String name, long size) {
    return entry(out, 0, Names.of(name), FILE, size);
  }

  /** How many directories and names were listed. */
  static CompactWriter listed(long directories, long entries) {
    CompactWriter out = new CompactWriter(32).u8(Messages.LISTED);
    out.number(directories).number(entries);
    StatisticsFields.kinds(out, CopyStatistics.Kinds.NONE);
    return out.number(0);
  }

  /** A small file in one record; the sum is that of no content. */
  static CompactWriter content(int lane, int directory, int index, byte[] content, int sum) {
    CompactWriter out = new CompactWriter(content.length + 64);
    out.u8(Messages.CONTENT).u8(lane).u8(ContentRecords.WHOLE);
    out.number(directory).number(index).bool(false).u32(sum).u32(content.length);
    return out.raw(content, 0, content.length);
  }
}
