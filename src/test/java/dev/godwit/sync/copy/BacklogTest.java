package dev.godwit.sync.copy;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is done while one file takes long waits to be told in order, and is not without bound. */
@Timeout(TestingPatience.TEST_SECONDS)
final class BacklogTest {
  private static final int TASKS = 300;
  private static final int NAMES = 1_000;

  /** Tasks of so many names that fit in, and those that are under way by then. */
  private static final int FIT = 500_000 / (11 * NAMES) + 4;

  private final List<String> told = Collections.synchronizedList(new ArrayList<>());
  private final Narrator narrator =
      new Narrator(
          new Report(
              new CopyListener() {
                @Override
                public void item(Item item) {
                  told.add(new String(item.path(), US_ASCII));
                }
              }),
          true);
  private final Narrator.Node root = narrator.root();
  private final Narrator.Slot slow = root.reserve();
  private final AtomicInteger done = new AtomicInteger();

  private static Item item(String name) {
    byte[] path = name.getBytes(US_ASCII);
    return new Item(
        new Change(Change.NEW),
        path,
        Item.Kind.FILE,
        0100644,
        0,
        0,
        0,
        0,
        0,
        0,
        null,
        0,
        0,
        0,
        0,
        null);
  }

  private void some() {
    for (int i = 0; i < NAMES; i++) {
      root.add(item("file"));
    }
    done.incrementAndGet();
  }

  /** The file that takes long: until no more is begun. Returns how much was done meanwhile. */
  private int takesLong() throws InterruptedException {
    while (!narrator.isFull()) {
      Thread.sleep(1);
    }
    int before;
    int now = done.get();
    do {
      before = now;
      Thread.sleep(50);
      now = done.get();
    } while (now > before);
    return now;
  }

  private void takesLong(AtomicInteger meanwhile) {
    try {
      meanwhile.set(takesLong());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    root.fill(slow, item("slow"));
  }

  private void isTold() {
    assertThat(told).hasSize(1 + TASKS * NAMES);
    assertThat(told.getFirst()).isEqualTo("slow");
    assertThat(narrator.isFull()).isFalse();
  }

  @Test
  void within_a_host_the_others_wait_for_the_one_that_takes_long() throws Exception {
    WorkPool pool = new WorkPool(Depth.fixed(3));
    pool.holdWhile(narrator::isFull);
    AtomicInteger meanwhile = new AtomicInteger();
    pool.add(IntStream.range(0, TASKS).mapToObj(task -> (Runnable) this::some).toList());
    pool.add(() -> takesLong(meanwhile));
    pool.run(done::get, () -> {});
    isTold();
    assertThat(meanwhile.get()).isBetween(1, FIT);
  }

  /** A name may wait for another one of its inode, which comes later. */
  @Test
  void within_a_host_nothing_waits_for_what_only_a_later_task_does() throws Exception {
    WorkPool pool = new WorkPool(Depth.fixed(3));
    pool.holdWhile(narrator::isFull);
    pool.add(() -> root.fill(slow, item("slow")));
    pool.add(IntStream.range(0, TASKS).mapToObj(task -> (Runnable) this::some).toList());
    pool.run(done::get, () -> {});
    isTold();
  }

  private OrderedPool orderedPool() {
    return new OrderedPool(
        Crew.FRESH, "test", 3, () -> {}, e -> told.add("" + e), OrderedPool.Helper.NONE);
  }

  @Test
  void from_a_host_the_others_wait_for_the_one_that_takes_long() throws Exception {
    AtomicInteger meanwhile = new AtomicInteger();
    OrderedPool pool = orderedPool();
    pool.holdWhile(narrator::isFull, () -> false);
    pool.start();
    pool.add(0, () -> takesLong(meanwhile));
    IntStream.range(0, TASKS).forEach(task -> pool.add(task + 1, this::some));
    pool.finish();
    isTold();
    assertThat(meanwhile.get()).isBetween(1, FIT);
  }

  @Test
  void from_a_host_the_others_wait_for_content_that_is_on_its_way() throws Exception {
    OrderedPool pool = orderedPool();
    AtomicInteger asked = new AtomicInteger(1);
    pool.holdWhile(narrator::isFull, () -> asked.get() > 0);
    pool.start();
    IntStream.range(0, TASKS).forEach(task -> pool.add(task, this::some));
    int meanwhile = takesLong();
    root.fill(slow, item("slow"));
    asked.set(0);
    pool.finish();
    isTold();
    assertThat(meanwhile).isBetween(1, FIT);
  }

  @Test
  void from_a_host_nothing_waits_for_what_only_a_later_task_does() throws Exception {
    OrderedPool pool = orderedPool();
    pool.holdWhile(narrator::isFull, () -> false);
    pool.start();
    IntStream.range(0, TASKS).forEach(task -> pool.add(task, this::some));
    pool.add(TASKS, () -> root.fill(slow, item("slow")));
    pool.finish();
    isTold();
  }

  @Test
  void directories_are_taken_in_the_order_of_the_tree_after_what_was_begun() throws Exception {
    WorkPool pool = new WorkPool(Depth.fixed(1));
    List<String> taken = new ArrayList<>();
    pool.addInOrder(
        List.of("b", "a.x", "a", "a/c", "a/b/z").stream()
            .map(path -> new WorkPool.Placed(path.getBytes(US_ASCII), () -> taken.add(path)))
            .toList());
    pool.add(() -> taken.add("begun"));
    pool.run(done::get, () -> {});
    assertThat(taken).containsExactly("begun", "a.x", "a", "a/b/z", "a/c", "b");
  }
}
