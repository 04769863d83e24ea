package dev.godwit.sync;

import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One pass: makes a tree on one host like a tree on another. The two sides speak with each other;
 * the controller only carries their messages.
 */
public final class Sync {
  private Sync() {}

  /**
   * Runs to the end.
   *
   * @param sourceRoot absolute path on {@code source}
   * @param targetRoot absolute path on {@code target}; made if it is missing
   * @return what was done, complete or not: problems with single files do not end the pass
   * @throws HostException when a host cannot be reached
   * @throws WireException when a side ended the copy; the message says why
   */
  public static SyncResult run(
      Host source,
      byte[] sourceRoot,
      Host target,
      byte[] targetRoot,
      SyncOptions options,
      ProgressListener listener)
      throws HostException, WireException, InterruptedException {
    long start = System.nanoTime();
    TargetOptions targetOptions =
        new TargetOptions(
            targetRoot,
            true,
            options.delete(),
            options.deleteMax(),
            Excludes.patterns(options.excludes()),
            options.dryRun());
    byte[] sourceArgument =
        SyncSourceAbility.argument(sourceRoot, options.excludes(), options.durable());
    Reports reports = new Reports(listener);
    try (Channel toTarget = target.open(SyncTargetAbility.NAME, targetOptions.encode());
        Channel toSource = source.open(SyncSourceAbility.NAME, sourceArgument)) {
      Pump.start(toSource, toTarget, reports).join();
    }
    SourceReport last = reports.last;
    BarrierResult result = last == null ? null : last.result();
    if (last == null || result == null) {
      throw new WireException(source.name() + " ended the copy without a result");
    }
    return new SyncResult(
        last.counters(),
        result.failures(),
        result.first(),
        Duration.ofNanos(System.nanoTime() - start));
  }

  private static final class Reports implements MessageTap {
    private final ProgressListener listener;

    /** Written by the pump's thread, read after it has ended. */
    private volatile @Nullable SourceReport last;

    Reports(ProgressListener listener) {
      this.listener = listener;
    }

    @Override
    public boolean fromSource(byte[] message) throws WireException {
      if (message.length == 0 || (message[0] & 0xff) < Protocol.CONTROLLER_ONLY) {
        return true;
      }
      SourceReport report = SourceReport.decode(message);
      last = report;
      listener.progress(report.counters());
      return false;
    }
  }
}
