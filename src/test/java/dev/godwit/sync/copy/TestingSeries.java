package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.Problem;
import dev.godwit.sync.Removals;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.WireException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The source's side of a series of copies, with its target on a thread of this process. */
final class TestingSeries implements AutoCloseable {
  final SeriesSource source;
  private final Channel targetEnd;
  private final CountedChannel counted;
  private final Thread target;
  private volatile @Nullable Exception targetFailure;

  TestingSeries(Path from, Path to, String... excludes) throws Exception {
    this(
        SeriesRequest.exact(
            Names.of(from.toString()),
            Names.of(to.toString()),
            Excludes.patterns(List.of(excludes))));
  }

  TestingSeries(SeriesRequest request) throws Exception {
    TreeRoot root = TreeRoot.open(request.source()); // before there is a target that has to end
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    targetEnd = pair.b();
    request.send(pair.a());
    target =
        Thread.ofPlatform()
            .name("testing-target")
            .start(
                () -> {
                  try (Channel channel = pair.b()) {
                    try {
                      new SeriesTargetAbility()
                          .serve(channel, SeriesTargetAbility.argument(KnownTarget.NONE));
                    } catch (Exception e) {
                      targetFailure = e;
                      channel.fail(String.valueOf(e.getMessage()));
                    }
                  }
                });
    counted = new CountedChannel(pair.a());
    source = SeriesSource.start(root, request, counted, message -> {});
  }

  /** What one pass over everything did. */
  record Once(BarrierResult result, Counters counters, Duration duration) {
    boolean isComplete() {
      return result.isComplete();
    }

    long failures() {
      return result.failures();
    }

    List<Problem> problems() {
      return result.first();
    }
  }

  static Once once(Path from, Path to, String... excludes) throws Exception {
    return once(
        SeriesRequest.exact(
            Names.of(from.toString()),
            Names.of(to.toString()),
            Excludes.patterns(List.of(excludes))));
  }

  static Once onceWithoutRemoval(Path from, Path to) throws Exception {
    Rules.Builder rules = SeriesRequest.exactRules();
    rules.deletion = Deletion.NONE;
    return once(request(from, to, rules.build()));
  }

  /** Everything, by these rules; nothing keeps removals from it. */
  static SeriesRequest request(Path from, Path to, Rules rules) {
    return SeriesRequest.of(
        Names.of(from.toString()), Names.of(to.toString()), List.of(), rules, Removals.ALL, 100, 0);
  }

  static Once once(SeriesRequest request) throws Exception {
    long start = System.nanoTime();
    try (TestingSeries series = new TestingSeries(request)) {
      series.lookAll();
      BarrierResult result = series.source.barrier(true);
      series.source.finish();
      return new Once(
          result, series.source.counters(), Duration.ofNanos(System.nanoTime() - start));
    }
  }

  void lookAll() throws Exception {
    lookTree("");
  }

  void lookTree(String directory) throws Exception {
    lookTree(directory, Duration.ZERO);
  }

  void lookTree(String directory, Duration unseen) throws Exception {
    source.look(new Look().tree(Names.of(directory), unseen));
  }

  void lookNewTree(String directory) throws Exception {
    source.look(new Look().newTree(Names.of(directory)));
  }

  void lookNames(String directory, String... names) throws Exception {
    lookNames(directory, false, names);
  }

  void lookSuspectNames(String directory, String... names) throws Exception {
    lookNames(directory, true, names);
  }

  private void lookNames(String directory, boolean isSuspect, String... names) throws Exception {
    source.look(
        new Look()
            .names(Names.of(directory), Arrays.stream(names).map(Names::of).toList(), isSuspect));
  }

  /** As a mirror that compares everything looks at them: one by one, what is in each. */
  void lookAlone(Duration unseen, String... directories) throws Exception {
    Look look = new Look();
    for (String directory : directories) {
      var unused = look.directory(Names.of(directory), Look.since(unseen), null);
    }
    source.look(look);
  }

  /** How many bytes of messages went either way. */
  long bytes() {
    return counted.bytes.get();
  }

  /** How often the target has answered that it wants content. */
  long asked() {
    return counted.asked.get();
  }

  /** How many names the target has said that it removes. */
  long removed() {
    return counted.removed.get();
  }

  private static final class CountedChannel implements Channel {
    private final Channel channel;
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong asked = new AtomicLong();
    final AtomicLong removed = new AtomicLong();

    CountedChannel(Channel channel) {
      this.channel = channel;
    }

    @Override
    public String peer() {
      return channel.peer();
    }

    @Override
    public void send(byte[] buffer, int offset, int length) throws WireException {
      bytes.addAndGet(length);
      channel.send(buffer, offset, length);
    }

    @Override
    public byte @Nullable [] receive() throws WireException {
      byte[] message = channel.receive();
      while (message != null
          && (SeriesTargetAbility.removed(message) > 0
              || !SeriesTargetAbility.came(message).isEmpty())) {
        removed.addAndGet(SeriesTargetAbility.removed(message)); // as the controller takes it out
        message = channel.receive();
      }
      if (message != null) {
        bytes.addAndGet(message.length);
        boolean isOfCopy = message[0] == SeriesFrames.COPY;
        boolean isAsking = isOfCopy && TestingPeer.isAsking(message, SeriesFrames.HEAD_BYTES);
        asked.addAndGet(isAsking ? 1 : 0);
      }
      return message;
    }

    @Override
    public void finish() throws WireException {
      channel.finish();
    }

    @Override
    public void fail(String reason) {
      channel.fail(reason);
    }

    @Override
    public void close() {
      channel.close();
    }
  }

  BarrierResult barrier() throws Exception {
    return source.barrier(false);
  }

  /** Ends the target as a killed process would look to the source; its threads end orderly. */
  void cut() throws Exception {
    targetEnd.close();
    target.join();
  }

  @Nullable Exception targetFailure() throws Exception {
    target.join();
    return targetFailure;
  }

  @Override
  public void close() throws Exception {
    source.close();
    target.join();
  }
}
