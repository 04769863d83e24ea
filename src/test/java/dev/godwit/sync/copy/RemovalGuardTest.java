package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** H27: how many names may go, as time passes. */
@Timeout(TestingPatience.TEST_SECONDS)
final class RemovalGuardTest {
  private static final int NAMES = 1000;

  @TempDir private Path target;
  private final AtomicLong now = new AtomicLong();
  private final AtomicLong told = new AtomicLong();
  private List<RemovalWindow.Step> before = List.of();
  private CameLately.Told cameBefore = CameLately.Told.NOTHING;
  private final List<Long> came = new ArrayList<>();
  private int gone;

  private void names(String directory, int count) throws Exception {
    Path in = Files.createDirectories(target.resolve(directory));
    for (int i = 0; i < count; i++) {
      Files.createFile(in.resolve("" + i));
    }
  }

  private RemovalGuard guard(DirectoryHandle root, LongSupplier clock, String... keeping) {
    List<byte[]> folders = List.of(keeping).stream().map(Names::of).toList();
    return new RemovalGuard(
        root, folders, 50, before, told::addAndGet, cameBefore, came::addAll, clock);
  }

  private DirectoryHandle root() throws Exception {
    return DirectoryHandle.open(Names.of(target.toString()));
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  /** Asks before each removal, as the copy does; ends when one may not be made. */
  private @Nullable String remove(RemovalGuard guard, DirectoryHandle root, int count)
      throws Exception {
    for (int i = 0; i < count; i++) {
      byte[] name = Names.of("" + gone);
      String objection = guard.objection(Names.of("d/" + gone), root, name, false);
      if (objection != null) {
        return objection;
      }
      Files.delete(target.resolve("d/" + gone++));
    }
    return null;
  }

  /** Removals go on for half an hour: the target is walked when they begin. */
  @Test
  void h27_steady_removals_do_not_walk_the_target_again_and_again() throws Exception {
    names("d", NAMES);
    DirectoryHandle root = root();
    RemovalGuard guard = guard(root, now::get);
    assertThat(remove(guard, root, 150)).isNull();
    root.close(); // a walk would fail
    for (int i = 0; i < 90; i++) {
      pass(Duration.ofSeconds(20));
      assertThat(remove(guard, root, 5)).as("after %d", i).isNull();
    }
  }

  /**
   * What stands is never taken for more than it is, and counted anew before anything is refused.
   */
  @Test
  void h27_the_share_is_of_what_stood_when_the_window_began() throws Exception {
    names("d", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalGuard guard = guard(root, now::get);
      assertThat(remove(guard, root, 400)).isNull();
      pass(Duration.ofMinutes(11)); // 601 stood then
      assertThat(remove(guard, root, 300)).isNull();
      assertThat(remove(guard, root, 1)).contains("50 percent of the target's 601 names");
      names("more", 200);
      assertThat(remove(guard, root, 101)).isNull();
      assertThat(remove(guard, root, 1)).contains("50 percent of the target's 802 names");
    }
  }

  /** Each connection and each process has a guard of its own. */
  @Test
  void h27_what_another_session_has_removed_counts_until_its_time_has_passed() throws Exception {
    names("d", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalWindow all = new RemovalWindow(List.of(), now.get());
      for (int session = 0; session < 2; session++) {
        before = all.steps(now.get());
        RemovalGuard guard = guard(root, now::get);
        assertThat(remove(guard, root, 250)).isNull();
        guard.tell();
        all.add(told.getAndSet(0), now.get());
        pass(Duration.ofMinutes(4));
      }
      before = all.steps(now.get());
      assertThat(before.stream().mapToLong(RemovalWindow.Step::names).sum()).isEqualTo(500);
      // A clock that says nothing of it: a process that begins anew has another one.
      now.addAndGet(-Duration.ofDays(3).toNanos());
      RemovalGuard guard = guard(root, now::get);
      assertThat(remove(guard, root, 1)).contains("50 percent of the target's 1001 names");
      pass(Duration.ofSeconds(121)); // the first half was ten minutes ago
      assertThat(remove(guard, root, 125)).isNull(); // of 751 names
      assertThat(remove(guard, root, 1)).contains("50 percent of the target's 751 names");
    }
  }

  @Test
  void h27_what_is_removed_is_told_before_much_of_it_is_gone() throws Exception {
    names("d", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalGuard guard = guard(root, now::get);
      for (int i = 0; i < 50; i++) {
        assertThat(remove(guard, root, 1)).isNull();
        assertThat(told.get()).isGreaterThan(gone - 10);
      }
      guard.tell();
      assertThat(told.get()).isEqualTo(50);
      byte[] name = Names.of("d");
      assertThat(guard.objection(name, root, name, true)).isNotNull();
      guard.tell();
      assertThat(told.get()).as("what may not go").isEqualTo(50);
    }
  }

  /** What a peer says fits, however much it is. */
  @Test
  void h40_a_window_holds_no_more_than_can_be_told() {
    RemovalWindow window = new RemovalWindow(List.of(), 0);
    for (int second = 0; second < 3600; second += 3) {
      window.add(Long.MAX_VALUE, Duration.ofSeconds(second).toNanos());
    }
    List<RemovalWindow.Step> steps = window.steps(Duration.ofSeconds(3600).toNanos());
    assertThat(steps).hasSizeBetween(50, RemovalWindow.STEPS_MAX);
    assertThat(steps).allMatch(step -> step.names() == RemovalWindow.NAMES_MAX);
    assertThat(window.removed() * 100).isPositive();
    assertThat(steps.getFirst().age()).isLessThanOrEqualTo(RemovalWindow.LENGTH);
  }

  @Test
  void h27_a_name_that_is_replaced_by_another_one_does_not_stand_any_more() throws Exception {
    names("d", NAMES);
    names("e", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalGuard guard = guard(root, now::get);
      assertThat(remove(guard, root, 101)).isNull(); // of 2002
      for (int i = 0; i < NAMES; i++) {
        Files.delete(target.resolve("e/" + i));
        guard.renamed(Names.of("x/" + i), Names.of("e/" + i), true);
      }
      assertThat(remove(guard, root, NAMES)).contains("50 percent of the target's 1002 names");
    }
  }

  /** That is done by others than the mirror, and is not told. */
  @Test
  void h27_what_came_in_another_session_is_young_until_its_time_has_passed() throws Exception {
    names("d", 200);
    cameBefore = new CameLately.Told(true, List.of());
    try (DirectoryHandle root = root()) {
      RemovalGuard first = guard(root, now::get);
      for (int i = 0; i < 150; i++) {
        first.came(Names.of("d/" + i));
      }
      first.tell();
      assertThat(came).hasSize(150);
      CameLately known = new CameLately();
      known.add(came, now.get());
      pass(Duration.ofMinutes(4));
      cameBefore = known.told(true, now.get());
      RemovalGuard second = guard(root, now::get);
      assertThat(remove(second, root, 150)).as("young").isNull();
      assertThat(told.get()).isZero();
      names("d", 150);
      gone = 0;
      pass(Duration.ofMinutes(7));
      cameBefore = known.told(true, now.get());
      assertThat(cameBefore.names()).isEmpty();
      assertThat(remove(guard(root, now::get), root, 150)).as("stood").isNotNull();
    }
  }

  @Test
  void h27_what_stands_is_counted_anew_each_day() throws Exception {
    names("d", NAMES);
    names("e", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalGuard guard = guard(root, now::get);
      assertThat(remove(guard, root, 101)).isNull();
      for (int i = 0; i < NAMES; i++) {
        Files.delete(target.resolve("e/" + i));
      }
      pass(Duration.ofDays(1));
      pass(Duration.ofSeconds(1));
      assertThat(remove(guard, root, 800)).contains("50 percent of the target's 901 names");
    }
  }

  /** Wherever in the target they are, and however they are named. */
  @Test
  void h27_what_is_kept_in_the_target_does_not_stand() throws Exception {
    names("d", NAMES);
    names(".trash/2026-01-01T00h/d", NAMES);
    names("old/backups", NAMES);
    try (DirectoryHandle root = root()) {
      RemovalGuard guard =
          guard(root, now::get, ".trash", target.resolve("old/backups").toString(), "none", "/no");
      // And the directory with the other one.
      assertThat(remove(guard, root, NAMES)).contains("50 percent of the target's 1002 names");
    }
  }

  @Test
  void h27_a_name_that_comes_does_not_wait_for_removals() throws Exception {
    names("d", NAMES);
    CountDownLatch isRemoving = new CountDownLatch(1);
    CountDownLatch hasCome = new CountDownLatch(1);
    AtomicReference<Thread> removing = new AtomicReference<>();
    LongSupplier clock =
        () -> {
          if (Thread.currentThread() == removing.get()) {
            isRemoving.countDown();
            join(hasCome);
          }
          return now.get();
        };
    try (DirectoryHandle root = root();
        ExecutorService others = Executors.newCachedThreadPool()) {
      RemovalGuard guard = guard(root, clock);
      guard.follows();
      Future<@Nullable String> removed =
          others.submit(
              () -> {
                removing.set(Thread.currentThread());
                return remove(guard, root, 101);
              });
      isRemoving.await();
      try {
        TestingPatience.get(others.submit(() -> guard.came(Names.of("new"))));
      } finally {
        hasCome.countDown();
      }
      assertThat(TestingPatience.get(removed)).isNull();
    }
  }

  private static void join(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
