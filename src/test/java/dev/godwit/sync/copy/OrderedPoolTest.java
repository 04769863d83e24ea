package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(TestingPatience.TEST_SECONDS)
class OrderedPoolTest {
  private final List<String> faults = Collections.synchronizedList(new ArrayList<>());
  private final List<String> done = Collections.synchronizedList(new ArrayList<>());

  /** What the helper was asked to do; it does so when the test says. */
  private final List<Runnable> asked = new ArrayList<>();

  private boolean isWilling = true;

  private OrderedPool pool(int size) {
    OrderedPool pool =
        new OrderedPool(
            Crew.FRESH, "pool", size, () -> {}, e -> faults.add("" + e), work -> takes(work));
    pool.start();
    return pool;
  }

  private boolean takes(Runnable work) {
    if (isWilling) {
      asked.add(work);
    }
    return isWilling;
  }

  private Runnable task(String name) {
    return () -> done.add(name + " by " + Thread.currentThread().getName());
  }

  @Test
  void a_helper_does_what_there_is_and_no_thread_begins() throws Exception {
    OrderedPool pool = pool(3);
    pool.add(1, task("b"));
    assertThat(asked).hasSize(1);
    assertThat(done).isEmpty();
    String me = Thread.currentThread().getName();
    asked.removeFirst().run();
    assertThat(done).containsExactly("b by " + me);
    done.clear();
    pool.add(2, task("c"));
    asked.removeFirst().run();
    pool.finish();
    assertThat(done).containsExactly("c by " + me);
    assertThat(faults).isEmpty();
  }

  @Test
  void a_helper_that_is_busy_holds_nobody_up() throws Exception {
    OrderedPool pool = pool(2);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    pool.add(
        0,
        () -> {
          begun.countDown();
          try {
            over.await();
          } catch (InterruptedException e) {
            faults.add("interrupted");
          }
        });
    Thread helper = Thread.ofPlatform().start(asked.removeFirst());
    begun.await();
    isWilling = false;
    IntStream.range(1, 100).forEach(i -> pool.add(i, task("x")));
    TestingPatience.await(() -> done.size() >= 99);
    assertThat(done).allMatch(line -> line.startsWith("x by pool-"));
    over.countDown();
    helper.join();
    pool.finish();
    assertThat(faults).isEmpty();
  }

  /** Also what comes after it was asked and before it begins. */
  @Test
  void what_a_helper_was_asked_for_is_done_once() throws Exception {
    OrderedPool pool = pool(2);
    pool.add(1, task("a"));
    isWilling = false;
    pool.add(2, task("b"));
    TestingPatience.await(() -> !done.isEmpty());
    asked.removeFirst().run();
    pool.finish();
    assertThat(done).hasSize(2);
    assertThat(faults).isEmpty();
  }

  /** As where a limit of removals makes the order count. */
  @Test
  void a_pool_of_one_does_one_thing_at_a_time_and_loses_none() throws Exception {
    AtomicInteger atOnce = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger count = new AtomicInteger();
    SynchronousQueue<Runnable> helped = new SynchronousQueue<>();
    OrderedPool pool =
        new OrderedPool(
            Crew.FRESH, "pool", 1, () -> {}, e -> faults.add("" + e), work -> helped.offer(work));
    pool.start();
    Thread helper =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (true) {
                      helped.take().run();
                    }
                  } catch (InterruptedException e) {
                    // All is done.
                  }
                });
    for (int i = 0; i < 20_000; i++) {
      pool.add(
          i,
          () -> {
            most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
            count.incrementAndGet();
            atOnce.decrementAndGet();
          });
      if (i % 7 == 0) {
        Thread.onSpinWait();
      }
    }
    TestingPatience.await(() -> count.get() >= 20_000);
    helper.interrupt();
    helper.join();
    pool.finish();
    assertThat(most.get()).isEqualTo(1);
    assertThat(faults).isEmpty();
  }

  @Test
  void nothing_is_done_after_all_was_given_up() throws Exception {
    OrderedPool pool = pool(2);
    pool.add(1, task("a"));
    pool.clear();
    asked.removeFirst().run();
    pool.finish();
    assertThat(done).isEmpty();
  }
}
