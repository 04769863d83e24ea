package dev.godwit.sync;

import dev.godwit.host.Ability;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The source side of a one-pass copy, as a host offers it: {@code sync.source}. */
public final class SyncSourceAbility implements Ability {
  public static final String NAME = "sync.source";

  private static final long REPORT_MILLIS = 200;

  static byte[] argument(byte[] root, List<String> excludes, boolean durable) {
    return new MessageWriter()
        .u8(Protocol.VERSION)
        .bytes(root)
        .texts(excludes)
        .bool(durable)
        .toBytes();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader reader = new MessageReader(argument);
    Protocol.checkVersion(reader.u8());
    byte[] path = reader.bytes(TreePath.BYTES_MAX);
    List<String> excludes =
        reader.texts(TargetOptions.EXCLUDES_MAX, TargetOptions.EXCLUDE_BYTES_MAX);
    boolean durable = reader.bool();
    reader.end();
    try (SourceSession session =
        SourceSession.start(open(path), SourceOptions.of(Excludes.patterns(excludes)), channel)) {
      CountDownLatch done = new CountDownLatch(1);
      Thread reporter =
          Thread.ofPlatform()
              .name("sync-source-reporter")
              .daemon()
              .start(() -> report(session, channel, done));
      BarrierResult result;
      try {
        session.lookTree(TreePath.ROOT.bytes());
        result = session.barrier(durable);
      } finally {
        done.countDown();
        reporter.join();
      }
      channel.send(new SourceReport(session.counters(), result).encode());
      session.finish();
    }
  }

  static TreeRoot open(byte[] path) throws WireException {
    try {
      return TreeRoot.open(path);
    } catch (LinuxException e) {
      throw new WireException(
          "unable to open the source " + Names.display(path) + ": " + e.reason(), e);
    }
  }

  private static void report(SourceSession session, Channel channel, CountDownLatch done) {
    try {
      while (!done.await(REPORT_MILLIS, TimeUnit.MILLISECONDS)) {
        channel.send(new SourceReport(session.counters(), null).encode());
      }
    } catch (WireException | InterruptedException e) {
      // The session meets the same error and tells it.
    }
  }
}
