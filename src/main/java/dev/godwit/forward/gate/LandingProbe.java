package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Dial;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.relay.Side;
import dev.godwit.linux.Errno;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Asks a landing whether it is there and knows our token, without troubling a service. */
final class LandingProbe {
  private LandingProbe() {}

  static void run(EventLoop loop, Destination to, Duration limit)
      throws IOException, InterruptedException {
    CompletableFuture<Integer> result = new CompletableFuture<>();
    Dial.Call call =
        new Dial.Call(
            new InetSocketAddress(to.address(), to.landingPort()),
            null,
            false,
            Preamble.word(Preamble.Kind.PROBE, 0).encode(to.token()),
            true,
            limit);
    loop.execute(
        () ->
            Dial.start(
                loop,
                call,
                new Attempt.Outcome() {
                  @Override
                  public void connected(Side landing) {
                    landing.close(false);
                    result.complete(0);
                  }

                  @Override
                  public void failed(int errno) {
                    result.complete(errno);
                  }
                }));
    try {
      int errno = result.get();
      if (errno != 0) {
        throw new GateException(
            GateException.Kind.FAILED,
            "the landing at "
                + to
                + " does not answer: "
                + Errno.message(errno)
                + (errno == Errno.ECONNRESET
                    ? "; it refuses this host's address or token"
                    : "; is the port open between the hosts?"));
      }
    } catch (ExecutionException e) {
      throw new AssertionError("only completed in order", e);
    }
  }
}
