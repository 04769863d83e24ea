package dev.godwit.sync;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Carries the messages of a copy between its two sides, when neither is the controller's own
 * process. One thread for each direction, so that a side that does not take messages for a while
 * holds up only what is meant for it.
 */
public final class Pump implements AutoCloseable {
  /** The first byte of messages between the controller and the source, and of none else. */
  public static final int CONTROLLER_ONLY = 0x80;

  private final Channel source;
  private final Channel target;
  private final MessageTap tap;
  private final Thread toTarget;
  private final Thread toSource;
  private @Nullable WireException failure;

  private Pump(Channel source, Channel target, MessageTap tap) {
    this.source = source;
    this.target = target;
    this.tap = tap;
    toTarget = Thread.ofPlatform().name("sync-pump-to-target").daemon().unstarted(this::pumpSource);
    toSource = Thread.ofPlatform().name("sync-pump-to-source").daemon().unstarted(this::pumpTarget);
  }

  /** Starts pumping. The channels stay the caller's, who closes them. */
  public static Pump start(Channel source, Channel target, MessageTap tap) {
    Pump pump = new Pump(source, target, tap);
    pump.toTarget.start();
    pump.toSource.start();
    return pump;
  }

  /**
   * Waits until both sides have finished.
   *
   * @throws WireException what ended the copy before that; the other side was told
   */
  public void join() throws WireException, InterruptedException {
    toTarget.join();
    toSource.join();
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

  private void pumpSource() {
    try {
      for (byte[] message = source.receive(); message != null; message = source.receive()) {
        if (tap.fromSource(message) && !isForController(message)) {
          target.send(message);
        }
      }
      target.finish();
    } catch (WireException e) {
      failed(e);
    }
  }

  private void pumpTarget() {
    try {
      for (byte[] message = target.receive(); message != null; message = target.receive()) {
        if (isForController(message)) {
          throw new WireException(target.peer() + " sent a message that only a source may send");
        }
        if (tap.fromTarget(message)) {
          source.send(message);
        }
      }
      source.finish();
    } catch (WireException e) {
      failed(e);
    }
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
