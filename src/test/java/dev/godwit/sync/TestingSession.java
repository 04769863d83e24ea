package dev.godwit.sync;

import dev.godwit.linux.Names;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A source session with its target on a thread of this process. */
final class TestingSession implements AutoCloseable {
  final SourceSession source;
  private final Channel targetEnd;
  private final Thread target;
  private volatile @Nullable Exception targetFailure;

  TestingSession(Path from, Path to, String... excludes) throws Exception {
    this(
        from,
        new TargetOptions(
            Names.of(to.toString()), true, true, -1, Excludes.patterns(List.of(excludes)), false));
  }

  TestingSession(Path from, TargetOptions options) throws Exception {
    InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("source", "target");
    targetEnd = pair.b();
    target =
        Thread.ofPlatform()
            .name("testing-target")
            .start(
                () -> {
                  try (Channel channel = pair.b()) {
                    try {
                      new SyncTargetAbility().serve(channel, options.encode());
                    } catch (Exception e) {
                      targetFailure = e;
                      channel.fail(String.valueOf(e.getMessage()));
                    }
                  }
                });
    source =
        SourceSession.start(
            TreeRoot.open(Names.of(from.toString())),
            SourceOptions.of(options.filters()),
            pair.a());
  }

  void lookNames(String directory, String... names) throws Exception {
    source.lookNames(Names.of(directory), Arrays.stream(names).map(Names::of).toList(), false);
  }

  void lookSuspectNames(String directory, String... names) throws Exception {
    source.lookNames(Names.of(directory), Arrays.stream(names).map(Names::of).toList(), true);
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
