package dev.godwit.mirror;

import dev.godwit.host.Host;
import dev.godwit.sync.MessageTap;
import dev.godwit.sync.Pump;
import dev.godwit.sync.SyncTargetAbility;
import dev.godwit.sync.TargetOptions;
import dev.godwit.sync.Treatment;
import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
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
  private final Pump pump;

  private MirrorRun(
      Host source, Host target, Channel fromSource, Channel toTarget, MessageTap tap) {
    this.source = source;
    this.target = target;
    this.fromSource = fromSource;
    this.toTarget = toTarget;
    this.pump = Pump.start(fromSource, toTarget, tap);
  }

  /**
   * Connects to both hosts and starts both sides.
   *
   * @param removesAny whether any share of the target's names may go
   * @param begin called before the target's session can do anything
   * @param reports called for each report of the source; must not wait
   */
  static MirrorRun open(
      MirrorJob job,
      boolean removesAny,
      MirrorSourceOptions options,
      Runnable begin,
      Consumer<Report> reports)
      throws IOException {
    Treatment treatment = job.manner().treatment();
    Host source = null;
    Host target = null;
    Channel toTarget = null;
    Channel fromSource = null;
    try {
      source = job.source().connect();
      target = job.target().connect();
      begin.run();
      // The target first: its lock makes sure that no older session is still at work there.
      toTarget =
          target.open(
              SyncTargetAbility.NAME,
              new TargetOptions(
                      job.targetRoot(),
                      true,
                      job.manner().delete(),
                      -1,
                      job.filters(),
                      false,
                      removesAny ? treatment.removingAny() : treatment)
                  .encode());
      fromSource = source.open(MirrorSourceAbility.NAME, options.encode());
      return new MirrorRun(
          source,
          target,
          fromSource,
          toTarget,
          new Reports(fromSource, reports, new Throttle(job.manner().bytesPerSecond())));
    } catch (Throwable t) {
      closeAll(fromSource, toTarget, source, target);
      throw t;
    }
  }

  /** Takes the reports out of what the source sends. */
  private record Reports(Channel source, Consumer<Report> reports, Throttle throttle)
      implements MessageTap {
    @Override
    public boolean fromSource(byte[] message) throws WireException {
      if (message.length == 0 || (message[0] & 0xff) != Report.TYPE) {
        throttle.sent(message.length);
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
    closeAll(fromSource, toTarget, source, target);
  }

  private static void closeAll(
      @Nullable Channel one,
      @Nullable Channel other,
      @Nullable Host source,
      @Nullable Host target) {
    if (one != null) {
      one.close();
    }
    if (other != null) {
      other.close();
    }
    if (source != null) {
      source.close();
    }
    if (target != null) {
      target.close();
    }
  }
}
