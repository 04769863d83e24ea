package dev.godwit.sync.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.LinuxException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WriteBehindTest {
  private static final int ORDERS = 20_000;

  @Test
  void orders_are_done_one_after_the_other_as_they_were_given() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (Executor pool : List.<Executor>of(threads, Runnable::run, task -> {})) {
        WriteBehind writes = new WriteBehind(pool);
        List<Integer> done = new ArrayList<>();
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        for (int i = 0; i < ORDERS; i++) {
          int number = i;
          writes.add(
              1000,
              () -> {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                done.add(number);
                atOnce.decrementAndGet();
              });
        }
        writes.finish();
        assertThat(done).isEqualTo(IntStream.range(0, ORDERS).boxed().toList());
        assertThat(most).hasValue(1);
      }
    }
  }

  /** Whatever the pool does: content that waits is memory. */
  @Test
  void what_waits_is_bounded_by_its_number_and_its_bytes() throws Exception {
    for (int held : new int[] {0, 1 << 20}) {
      WriteBehind writes = new WriteBehind(task -> {});
      AtomicInteger done = new AtomicInteger();
      for (int i = 0; i < ORDERS; i++) {
        writes.add(held, done::incrementAndGet);
      }
      assertThat(ORDERS - done.get()).isBetween(1, held == 0 ? 4096 : 8);
      writes.finish();
      assertThat(done).hasValue(ORDERS);
    }
  }

  @Test
  void after_a_failure_nothing_is_done_and_who_gives_orders_hears_of_it() throws Exception {
    Deque<Runnable> called = new ArrayDeque<>();
    WriteBehind writes = new WriteBehind(called::add);
    AtomicInteger done = new AtomicInteger();
    LinuxException full = new LinuxException("write", "a file", 28);
    writes.add(0, done::incrementAndGet);
    writes.add(
        0,
        () -> {
          throw full;
        });
    writes.add(0, done::incrementAndGet);
    called.remove().run();
    assertThat(done).hasValue(1);
    assertThatThrownBy(() -> writes.add(0, done::incrementAndGet)).isSameAs(full);
    assertThatThrownBy(writes::finish).isSameAs(full);
    assertThat(done).hasValue(1);
  }

  @Test
  void dropping_waits_for_what_is_under_way_and_does_nothing_more() throws Exception {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<Void> mayEnd =
        new CompletableFuture<Void>().orTimeout(TestingPatience.MILLIS, TimeUnit.MILLISECONDS);
    AtomicInteger done = new AtomicInteger();
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      WriteBehind writes = new WriteBehind(thread);
      writes.add(
          0,
          () -> {
            begun.complete(null);
            mayEnd.join();
            done.incrementAndGet();
          });
      TestingPatience.get(begun);
      writes.add(0, done::incrementAndGet);
      Thread dropping = Thread.ofPlatform().start(writes::drop);
      TestingPatience.await("who drops waits", () -> dropping.getState() == Thread.State.WAITING);
      mayEnd.complete(null);
      assertThat(dropping.join(TestingPatience.LIMIT)).isTrue();
      assertThat(done).hasValue(1);
    }
    assertThat(done).hasValue(1);
  }
}
