package dev.godwit.sync.copy;

import dev.godwit.wire.Channel;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * Carries the messages of a copy between two far sides. One thread for each direction, so that a
 * side that does not take messages for a while holds up only what is meant for it.
 */
final class Carrier {
  private final Channel source;
  private final Channel target;
  private @Nullable WireException failure;

  Carrier(Channel source, Channel target) {
    this.source = source;
    this.target = target;
  }

  /** Returns when both have finished. */
  void run() throws WireException, InterruptedException {
    Thread back =
        Thread.ofPlatform().name("copy-carry").daemon().start(() -> carry(target, source));
    carry(source, target);
    try {
      back.join();
    } catch (InterruptedException e) {
      failed(new WireException("interrupted"));
      throw e;
    }
    synchronized (this) {
      if (failure != null) {
        throw failure;
      }
    }
  }

  private void carry(Channel from, Channel to) {
    try {
      for (byte[] message = from.receive(); message != null; message = from.receive()) {
        to.send(message);
      }
      to.finish();
    } catch (WireException e) {
      failed(e);
    }
  }

  private void failed(WireException e) {
    synchronized (this) {
      if (failure == null) {
        failure = e;
      }
    }
    String reason = Endings.toPeer(e); // neither is told what the other one said (H43)
    source.fail(reason);
    target.fail(reason);
  }
}
