package dev.godwit.mirror;

import dev.godwit.host.Host;
import dev.godwit.sync.MessageTap;
import dev.godwit.sync.Pump;
import dev.godwit.sync.copy.CameLately;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.copy.SeriesTargetAbility;
import dev.godwit.wire.Channel;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a mirror, from the opening of both hosts to the end of both channels: lets the
 * session's messages through and takes the reports out. The first failure on either side ends both.
 */
final class MirrorRun implements AutoCloseable {
  private final Host source;
  private final Host target;
  private final Channel fromSource;
  private final Channel toTarget;
  private final @Nullable Claim claim;
  private final Reports reports;
  private final Pump pump;

  private MirrorRun(
      Host source,
      Host target,
      @Nullable Claim claim,
      Channel fromSource,
      Channel toTarget,
      Reports reports) {
    this.claim = claim;
    this.source = source;
    this.target = target;
    this.fromSource = fromSource;
    this.toTarget = toTarget;
    this.reports = reports;
    this.pump = Pump.start(fromSource, toTarget, reports);
  }

  /**
   * Connects to both hosts and starts both sides.
   *
   * @param removesAny whether any share of the target's names may go
   * @param known which directory the target has to be, and what was removed there
   * @param begin called before the target's session can do anything
   * @param reports called for each report of the source; must not wait
   * @param came what sessions before this one have brought
   * @param removed told how many names more are removed from the target (H27); must not wait
   * @param cameNow told of names that came to the target, for {@link CameLately}; must not wait
   */
  static MirrorRun open(
      MirrorJob job,
      boolean removesAny,
      MirrorSourceOptions options,
      KnownTarget known,
      CameLately.Told came,
      Runnable begin,
      Consumer<Report> reports,
      LongConsumer removed,
      Consumer<List<Long>> cameNow)
      throws IOException {
    MirrorManner manner = removesAny ? job.manner().removingAny() : job.manner();
    Host source = null;
    Host target = null;
    Channel toTarget = null;
    Channel fromSource = null;
    Claim claim = null;
    try {
      source = job.source().connect();
      target = job.target().connect();
      if (job.manner().refusesCircles()) {
        claim = Claim.of(job, source, target, !options.identity().isEmpty());
      }
      begin.run();
      // The target first: its lock makes sure that no older session is still at work there.
      byte[] argument = SeriesTargetAbility.argument(known, came, job.owner());
      toTarget = target.open(SeriesTargetAbility.NAME, argument);
      boolean isHere = source.isLocal() && target.isLocal();
      SeriesRequest request = request(job, manner, isHere);
      request.send(toTarget);
      MirrorSourceOptions asked = isHere ? options.beside(job.targetRoot()) : options;
      fromSource = source.open(MirrorSourceAbility.NAME, asked.encode());
      request.send(fromSource);
      return new MirrorRun(
          source,
          target,
          claim,
          fromSource,
          toTarget,
          new Reports(fromSource, reports, removed, cameNow));
    } catch (Throwable t) {
      closeAll(fromSource, toTarget, claim, source, target);
      throw t;
    }
  }

  private static SeriesRequest request(MirrorJob job, MirrorManner manner, boolean isHere)
      throws WireException {
    SeriesRequest request =
        SeriesRequest.of(
            job.sourceRoot(),
            job.targetRoot(),
            job.filters(),
            manner.rules(),
            manner.removals(),
            manner.removedPercentMax(),
            manner.trashKept().toSeconds());
    return (isHere ? request.withinOneHost() : request).resolved();
  }

  /** Takes the reports out of what the source sends, and what is removed out of the target's. */
  private static final class Reports implements MessageTap {
    private final Channel source;
    private final Consumer<Report> reports;
    private final LongConsumer removed;
    private final Consumer<List<Long>> came;
    private volatile boolean hasTargetSpoken;
    private volatile boolean isTargetUntouched;

    Reports(
        Channel source, Consumer<Report> reports, LongConsumer removed, Consumer<List<Long>> came) {
      this.source = source;
      this.reports = reports;
      this.removed = removed;
      this.came = came;
    }

    @Override
    public boolean fromSource(byte[] message) throws WireException {
      if (message.length == 0 || (message[0] & 0xff) != Report.TYPE) {
        return true;
      }
      Report report = Report.decode(message);
      reports.accept(report);
      if (report instanceof Report.Halted) {
        // The source waits for this, so that its report is not overtaken by its end.
        var unused = send(source, new Control.Finish());
      }
      return false;
    }

    @Override
    public boolean fromTarget(byte[] message) throws WireException {
      hasTargetSpoken = true;
      long names = SeriesTargetAbility.removed(message);
      if (names > 0) {
        removed.accept(names);
      }
      List<Long> more = SeriesTargetAbility.came(message);
      if (!more.isEmpty()) {
        came.accept(more);
      }
      return names == 0 && more.isEmpty();
    }

    @Override
    public void targetEnded(WireException reason) {
      // Whoever has the target's lock says first what it has found there.
      isTargetUntouched = reason instanceof PeerFailure && !hasTargetSpoken;
    }
  }

  /**
   * Whether the target's session itself has said that it ends before it did anything there, as
   * where another mirror is at work. To be asked when {@link #await} has thrown.
   */
  boolean isTargetUntouched() {
    return reports.isTargetUntouched;
  }

  String sourceName() {
    return source.name();
  }

  String targetName() {
    return target.name();
  }

  /** Sends an order to the source side, without waiting for room. */
  CompletableFuture<Void> control(Control control) {
    return send(fromSource, control);
  }

  private static CompletableFuture<Void> send(Channel source, Control control) {
    CompletableFuture<Void> sent = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("godwit mirror order")
        .start(
            () -> {
              try {
                source.send(control.encode());
                sent.complete(null);
              } catch (WireException e) {
                sent.completeExceptionally(e);
              }
            });
    return sent;
  }

  /** Waits until both sides have finished in order; throws what ended them otherwise. */
  void await() throws IOException, InterruptedException {
    pump.join();
  }

  /** Ends both sides now. */
  void abort(String reason) {
    fromSource.fail(reason);
    toTarget.fail(reason);
  }

  @Override
  public void close() {
    closeAll(fromSource, toTarget, claim, source, target);
  }

  private static void closeAll(
      @Nullable Channel one,
      @Nullable Channel other,
      @Nullable Claim claim,
      @Nullable Host source,
      @Nullable Host target) {
    if (one != null) {
      one.close();
    }
    if (other != null) {
      other.close();
    }
    if (claim != null) {
      claim.close();
    }
    if (source != null) {
      source.close();
    }
    if (target != null) {
      target.close();
    }
  }
}
