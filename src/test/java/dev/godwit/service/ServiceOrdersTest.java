package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.godwit.TestingPatience;
import dev.godwit.host.FencedException;
import dev.godwit.host.KeptDirectory;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.TestingRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceOrdersTest {
  @TempDir Path directory;

  @Test
  void h59_an_order_of_an_older_epoch_is_refused() throws Exception {
    ServiceOrders orders = ServiceOrders.in(directory);
    orders.obey(3, () -> {});
    assertThatThrownBy(() -> ServiceOrders.in(directory).obey(2, () -> {}))
        .isInstanceOf(FencedException.class)
        .hasMessageContaining("another controller has taken over");
  }

  @Test
  void h56_the_way_back_waits_for_a_stop_and_refuses_the_next() throws Exception {
    ServiceOrders orders = ServiceOrders.in(directory);
    List<String> done = new CopyOnWriteArrayList<>();
    CountDownLatch mayStop = new CountDownLatch(1);
    Thread stop = underWay(orders, mayStop, () -> done.add("stopped"));
    Thread back =
        Thread.ofPlatform()
            .name("back")
            .start(() -> attempt(() -> orders.takeBack(1, () -> done.add("started"))));
    while (back.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(done).isEmpty();
    mayStop.countDown();
    stop.join();
    back.join();
    assertThat(done).containsExactly("stopped", "started");
    assertThatThrownBy(() -> orders.obey(1, () -> done.add("stopped again")))
        .isInstanceOf(FencedException.class);
    assertThat(done).containsExactly("stopped", "started");
    orders.obey(2, () -> done.add("the next attempt"));
  }

  @Test
  void the_way_back_is_never_kept_out() throws Exception {
    ServiceOrders orders = ServiceOrders.in(directory);
    orders.obey(9, () -> {});
    List<String> done = new CopyOnWriteArrayList<>();
    orders.takeBack(3, () -> done.add("started"));
    assertThat(done).containsExactly("started");
  }

  /** The disk is full, or has become read-only: what is below /run is in memory. */
  @Test
  void h50_h56_the_way_back_needs_no_disk_and_ends_its_epoch_all_the_same() throws Exception {
    String move = "orders-" + ProcessHandle.current().pid();
    Path run = RuntimeDirectory.of(move).resolve("services");
    Path kept = KeptDirectory.of(run);
    assumeFalse(kept.equals(run), "root's moves alone outlive a reboot");
    try {
      ServiceOrders orders = ServiceOrders.of(move);
      orders.obey(1, () -> {});
      Files.delete(kept.resolve("epoch.lock"));
      Files.createDirectory(kept.resolve("epoch.lock"));
      List<String> done = new CopyOnWriteArrayList<>();
      orders.takeBack(1, () -> done.add("started"));
      assertThat(done).containsExactly("started");
      Files.delete(kept.resolve("epoch.lock"));
      assertThatThrownBy(() -> ServiceOrders.of(move).obey(1, () -> done.add("stopped")))
          .isInstanceOf(FencedException.class);
      ServiceOrders.of(move).obey(2, () -> done.add("the next attempt"));
      assertThat(done).containsExactly("started", "the next attempt");
    } finally {
      TestingRuntime.remove(move);
    }
  }

  /** A controller on a host that was suspended has a clock that stood still, and a hold left. */
  @Test
  void h59_an_order_that_comes_when_the_move_has_ended_is_refused() throws Exception {
    String move = "ended-" + ProcessHandle.current().pid();
    assumeFalse(
        KeptDirectory.of(RuntimeDirectory.of(move)).equals(RuntimeDirectory.of(move)),
        "root's moves alone outlive a reboot");
    try {
      ServiceOrders.of(move).obey(7, () -> {});
      RuntimeDirectory.remove(move, Duration.ofSeconds(5));
      List<String> done = new CopyOnWriteArrayList<>();
      assertThatThrownBy(() -> ServiceOrders.of(move).obey(7, () -> done.add("stopped")))
          .isInstanceOf(FencedException.class);
      assertThat(done).isEmpty();
      ServiceOrders.of(move).obey(8, () -> done.add("the next move"));
      RuntimeDirectory.remove(move, Duration.ofSeconds(5));
      assertThatThrownBy(() -> ServiceOrders.of(move).obey(8, () -> done.add("stopped")))
          .isInstanceOf(FencedException.class);
      assertThat(done).containsExactly("the next move");
    } finally {
      TestingRuntime.remove(move);
    }
  }

  /** Whether it runs it finds out as Postfix does: by taking what it has locked while it runs. */
  private Service locking() {
    String held = "! flock --nonblock %s sleep 0.01".formatted(directory.resolve("lock"));
    List<String> state = List.of("sh", "-c", held);
    return new Service(
        "locking",
        new Control.Commands(List.of("true"), List.of("true"), state),
        List.of(),
        List.of());
  }

  @Test
  void of_those_who_ask_at_once_none_takes_the_others_for_the_service() throws Exception {
    String move = "asking-" + ProcessHandle.current().pid();
    ServiceManager manager = new ServiceManager(new Fences(directory));
    Service service = locking();
    try {
      ServiceOrders orders = ServiceOrders.of(move);
      assertThat(timesRunning(60, () -> manager.runs(service), () -> manager.runs(service)))
          .as("not in turn")
          .isPositive();
      assertThat(
              timesRunning(
                  60,
                  () -> {
                    AtomicBoolean runs = new AtomicBoolean();
                    ServiceOrders.ask(move, () -> runs.set(manager.runs(service)));
                    return runs.get();
                  },
                  () -> {
                    AtomicBoolean runs = new AtomicBoolean();
                    orders.askIfFree(() -> runs.set(manager.runs(service)));
                    return runs.get();
                  }))
          .isZero();
    } finally {
      TestingRuntime.remove(move);
    }
  }

  private static int timesRunning(int times, Callable<Boolean> one, Callable<Boolean> other)
      throws Exception {
    FutureTask<Integer> beside = new FutureTask<>(() -> timesRunning(times, one));
    Thread.ofPlatform().daemon().name("asks too").start(beside);
    return timesRunning(times, other) + TestingPatience.get(beside);
  }

  private static int timesRunning(int times, Callable<Boolean> asked) throws Exception {
    int running = 0;
    for (int i = 0; i < times; i++) {
      running += asked.call() ? 1 : 0;
    }
    return running;
  }

  @Test
  void a_question_that_can_wait_is_left_out_while_an_order_is_under_way() throws Exception {
    ServiceOrders orders = ServiceOrders.in(directory);
    List<String> done = new CopyOnWriteArrayList<>();
    CountDownLatch mayEnd = new CountDownLatch(1);
    Thread order = underWay(orders, mayEnd, () -> {});
    orders.askIfFree(() -> done.add("asked meanwhile"));
    mayEnd.countDown();
    order.join();
    orders.askIfFree(() -> done.add("asked after it"));
    assertThat(done).containsExactly("asked after it");
  }

  /** Who only looks makes no folder on a host. */
  @Test
  void where_no_order_was_given_a_question_leaves_nothing() throws Exception {
    String move = "unasked-" + ProcessHandle.current().pid();
    List<String> done = new CopyOnWriteArrayList<>();
    ServiceOrders.ask(move, () -> done.add("asked"));
    assertThat(done).containsExactly("asked");
    assertThat(RuntimeDirectory.find(move)).isEmpty();
  }

  /** An order of epoch 1 that has begun, and ends when it may, with this. */
  private static Thread underWay(
      ServiceOrders orders, CountDownLatch mayEnd, ServiceOrders.Work last)
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    ServiceOrders.Work work =
        () -> {
          begun.countDown();
          mayEnd.await();
          last.run();
        };
    Thread order =
        Thread.ofPlatform().name("order").start(() -> attempt(() -> orders.obey(1, work)));
    begun.await();
    return order;
  }

  private static void attempt(ServiceOrders.Work work) {
    try {
      work.run();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
