package dev.godwit.sync;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Carries the messages of a copy between its two sides, when neither is the controller's own
 * process. A thread for each direction, so that a side that does not take messages for a while
 * holds up only what is meant for it; where a side is in this process, its own threads carry what
 * they send.
 */
public final class Pump implements AutoCloseable {
  /** The first byte of messages between the controller and the source, and of none else. */
  public static final int CONTROLLER_ONLY = 0x80;

  private final Channel source;
  private final Channel target;
  private final MessageTap tap;
  private final CountDownLatch done = new CountDownLatch(2);
  private @Nullable WireException failure;

  private Pump(Channel source, Channel target, MessageTap tap) {
    this.source = source;
    this.target = target;
    this.tap = tap;
  }

  /** Starts pumping. The channels stay the caller's, who closes them. */
  public static Pump start(Channel source, Channel target, MessageTap tap) {
    Pump pump = new Pump(source, target, tap);
    pump.new Way(source, target, pump::isForTarget).start("sync-pump-to-target");
    pump.new Way(target, source, pump::isForSource).start("sync-pump-to-source");
    return pump;
  }

  /**
   * Waits until both sides have finished.
   *
   * @throws WireException what ended the copy before that; the other side was told
   */
  public void join() throws WireException, InterruptedException {
    done.await();
    synchronized (this) {
      if (failure != null) {
        throw failure;
      }
    }
  }

  /** Ends at once: both channels are closed. */
  @Override
  public void close() {
    source.close();
    target.close();
  }

  private interface Filter {
    boolean isPassedOn(byte[] message) throws WireException;
  }

  /** One direction. */
  private final class Way implements Channel.Receiver {
    private final Channel from;
    private final Channel to;
    private final Filter filter;
    private final AtomicBoolean isOver = new AtomicBoolean();

    Way(Channel from, Channel to, Filter filter) {
      this.from = from;
      this.to = to;
      this.filter = filter;
    }

    void start(String name) {
      Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    private void run() {
      if (from.deliverTo(this)) {
        return;
      }
      try {
        for (byte[] message = from.receive(); message != null; message = from.receive()) {
          message(message, true);
        }
        finished();
      } catch (WireException e) {
        ended(e);
      } catch (RuntimeException | Error e) { // else both sides would wait for ever
        ended(new WireException("a fault in Godwit itself while carrying messages: " + e, e));
        throw e;
      }
    }

    @Override
    public void message(byte[] message, boolean isUrgent) {
      try {
        if (!filter.isPassedOn(message)) {
          return;
        }
        if (isUrgent) {
          to.send(message);
        } else {
          to.sendLazily(message, 0, message.length);
        }
      } catch (WireException e) {
        ended(e);
      }
    }

    @Override
    public void finished() {
      try {
        to.finish();
        over();
      } catch (WireException e) {
        ended(e);
      }
    }

    @Override
    public void ended(WireException reason) {
      if (from == target) {
        tap.targetEnded(reason);
      }
      failed(reason);
      over();
    }

    private void over() {
      if (isOver.compareAndSet(false, true)) {
        done.countDown();
      }
    }
  }

  private boolean isForTarget(byte[] message) throws WireException {
    return tap.fromSource(message) && !isForController(message);
  }

  private boolean isForSource(byte[] message) throws WireException {
    if (isForController(message)) {
      throw new WireException(target.peer() + " sent a message that only a source may send");
    }
    return tap.fromTarget(message);
  }

  private static boolean isForController(byte[] message) {
    return message.length > 0 && (message[0] & 0xff) >= CONTROLLER_ONLY;
  }

  private void failed(WireException e) {
    synchronized (this) {
      if (failure == null) {
        failure = e;
      }
    }
    String reason = String.valueOf(e.getMessage());
    source.fail(reason);
    target.fail(reason);
  }
}
