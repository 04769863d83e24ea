package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** H20: which files that are mapped are read again, and how often it is looked for them. */
final class StoresTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long DIRTY = Stores.DIRTY_MAX.toNanos();

  private final Stores stores = new Stores();

  private static Map<String, OptionalLong> mapped(String path, long changed) {
    return Map.of(path, OptionalLong.of(changed));
  }

  @Test
  void h20_a_file_that_is_only_mapped_is_not_read_again_when_no_page_can_be_dirty_any_more() {
    assertThat(stores.suspects(mapped("a", 7), 0)).as("nobody has seen it").containsExactly("a");
    for (long now = 5 * SECOND; now <= DIRTY; now += 5 * SECOND) {
      assertThat(stores.suspects(mapped("a", 7), now)).as("%d ns", now).containsExactly("a");
    }
    // What was stored after the last look, into a page that had been dirty since the first one.
    assertThat(stores.suspects(mapped("a", 7), DIRTY + 5 * SECOND)).isEmpty();
    assertThat(stores.suspects(mapped("a", 7), 2 * DIRTY)).isEmpty();
    assertThat(stores.suspects(mapped("a", 8), 3 * DIRTY)).as("stored to").containsExactly("a");
    assertThat(stores.suspects(mapped("a", 8), 4 * DIRTY)).containsExactly("a");
    assertThat(stores.suspects(mapped("a", 8), 5 * DIRTY)).isEmpty();
  }

  @Test
  void h20_a_file_whose_times_say_nothing_of_stores_is_read_again_each_time() {
    Map<String, OptionalLong> silent = Map.of("a", OptionalLong.empty());
    for (int i = 0; i < 5; i++) {
      assertThat(stores.suspects(silent, i * DIRTY)).containsExactly("a");
    }
  }

  @Test
  void h20_a_file_that_is_mapped_again_is_read_again() {
    for (int i = 0; i < 3; i++) {
      var unused = stores.suspects(mapped("a", 7), i * DIRTY);
    }
    assertThat(stores.suspects(Map.of(), 4 * DIRTY)).isEmpty();
    assertThat(stores.suspects(mapped("a", 7), 5 * DIRTY)).containsExactly("a");
  }

  @Test
  void h20_looks_take_a_hundredth_of_the_time_if_that_is_not_too_seldom() {
    assertThat(MappedFiles.pause(Duration.ofMillis(1))).isEqualTo(Duration.ofSeconds(5));
    assertThat(MappedFiles.pause(Duration.ofMillis(200))).isEqualTo(Duration.ofSeconds(20));
    assertThat(MappedFiles.pause(Duration.ofMillis(900))).isEqualTo(Duration.ofSeconds(30));
  }

  /** As one at a process that hangs in the kernel. */
  @Test
  void nobody_waits_for_a_look_and_no_other_one_is_begun() throws Exception {
    CountDownLatch goesOn = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger looks = new AtomicInteger();
    MappedFiles files =
        new MappedFiles(
            () -> {
              looks.incrementAndGet();
              try {
                goesOn.await();
              } catch (InterruptedException e) {
                throw new IOException(e);
              }
              ended.countDown();
              return Set.of("/a");
            });
    MappedFiles.Seen before = files.seen();
    for (int i = 0; i < 10; i++) {
      assertThat(files.seen()).isSameAs(before);
    }
    goesOn.countDown();
    ended.await();
    while (files.seen() == before) {
      Thread.sleep(1);
    }
    assertThat(files.seen().paths()).containsExactly("/a");
    assertThat(looks).hasValue(1);
  }
}
