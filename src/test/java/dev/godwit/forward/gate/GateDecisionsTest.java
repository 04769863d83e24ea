package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.gate.GateStatus.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two who decide at almost the same time where a gate's clients go. */
@Timeout(TestingPatience.TEST_SECONDS)
@SuppressWarnings("FutureReturnValueIgnored") // assertHolds waits for the inner one
final class GateDecisionsTest extends TestingTwoHosts {
  private static final Duration LONG = Duration.ofSeconds(60);

  @TempDir private Path parent;

  private Gate gate() throws Exception {
    return TestingRung.LOOKUP.capture(parent.resolve("move"), List.of(WEB), () -> {}, 0);
  }

  /** A hold by another thread, begun and, if that is possible, ended before this returns. */
  private static CompletableFuture<Void> holdMeanwhile(Gate gate) {
    CompletableFuture<Void> held = new CompletableFuture<>();
    CompletableFuture<Thread> inside = new CompletableFuture<>();
    Callable<Boolean> hold =
        () -> {
          inside.complete(Thread.currentThread());
          gate.hold(1, LONG);
          return held.complete(null);
        };
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                assertThat(namespace.call(hold)).isTrue();
              } catch (Exception e) {
                held.completeExceptionally(e);
              }
            });
    Thread holding = inside.join();
    while (!held.isDone() && holding.getState() != Thread.State.BLOCKED) {
      LockSupport.parkNanos(1_000_000);
    }
    return held;
  }

  /** Lets a hold in between a decision and what comes of it, once. */
  private static CompletableFuture<CompletableFuture<Void>> holdInBetween(Gate gate) {
    CompletableFuture<CompletableFuture<Void>> hold = new CompletableFuture<>();
    AtomicBoolean isFirst = new AtomicBoolean(true);
    gate.beforeOpening =
        () -> {
          if (isFirst.getAndSet(false)) {
            hold.complete(holdMeanwhile(gate));
          }
        };
    return hold;
  }

  private static void assertHolds(Gate gate, CompletableFuture<Void> hold) throws Exception {
    TestingPatience.get(hold);
    assertThat(gate.mode()).isEqualTo(Mode.HOLD);
    try (TestingClient client = new TestingClient("127.0.0.1", PORT, "waits")) {
      TestingPatience.await("who waits", () -> gate.status().held() == 1 || client.isAnswered());
      for (int i = 0; i < 50 && !client.isAnswered(); i++) {
        Thread.sleep(5); // nobody tells that nothing goes on
      }
      assertThat(client.isAnswered()).isFalse();
      gate.release(1, NEW, 0);
      assertThat(client.answer()).startsWith("new waits");
    }
    gate.end(1, true);
  }

  @Test
  void h50_a_hold_that_comes_with_the_end_of_another_ones_lease_holds() throws Exception {
    namespace.call(
        () -> {
          try (Gate gate = gate()) {
            gate.hold(1, LONG);
            gate.release(1, NEW, 0);
            CompletableFuture<CompletableFuture<Void>> hold = holdInBetween(gate);
            gate.hold(1, Duration.ofMillis(100));
            assertHolds(gate, TestingPatience.get(hold));
          }
          return null;
        });
  }

  @Test
  void a_hold_that_comes_with_a_release_holds() throws Exception {
    namespace.call(
        () -> {
          try (Gate gate = gate()) {
            gate.hold(1, LONG);
            CompletableFuture<CompletableFuture<Void>> hold = holdInBetween(gate);
            gate.release(1, NEW, 0);
            assertHolds(gate, TestingPatience.get(hold));
          }
          return null;
        });
  }
}
