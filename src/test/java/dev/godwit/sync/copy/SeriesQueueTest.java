package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Looks that touch the same directory follow each other; others are under way at once. */
@Timeout(TestingPatience.TEST_SECONDS)
class SeriesQueueTest {
  private static Look tree(String path) {
    return new Look().tree(Names.of(path), Duration.ZERO);
  }

  private static Look names(String directory, String... names) {
    return new Look()
        .names(Names.of(directory), Arrays.stream(names).map(Names::of).toList(), false);
  }

  /** {@code tree PATH} or {@code DIRECTORY: NAME NAME}. */
  private static Look look(String text) {
    if (text.startsWith("tree ")) {
      return tree(text.substring(5).strip().replace(".", ""));
    }
    int colon = text.indexOf(':');
    return names(
        text.substring(0, colon).replace(".", ""), text.substring(colon + 1).strip().split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: f          | a: g         | false", // both set the directory's time
        "a: f          | b: f         | true",
        "a: f          | a/b: f       | true",
        "a: b          | a/b: f       | false", // b may come or go with all that it holds
        "a/b: f        | a: b         | false",
        "a/b/c: f      | a: b         | false",
        "tree a        | a/b: f       | false",
        "a/b: f        | tree a       | false",
        "tree a        | tree a/b     | false",
        "tree a/b      | tree a       | false",
        "tree x/a      | tree y/ab    | true",
        "tree a        | tree ab      | false", // either may come or go: both set the root's time
        "tree a/b      | tree c/b     | true",
        "tree .        | x: f         | false",
        "x: f          | tree .       | false",
        ".: f          | x: f         | true",
        ".: x          | x: f         | false",
      })
  void what_may_be_under_way_at_once(String first, String second, boolean may) throws Exception {
    SeriesQueue queue = new SeriesQueue();
    queue.ask(look(first), null);
    queue.ask(look(second), null);
    SeriesQueue.Entry one = Objects.requireNonNull(queue.take());
    assertThat(one).isNotNull();
    CompletableFuture<SeriesQueue.Entry> other = taken(queue);
    if (may) {
      assertThat(TestingPatience.get(other)).isNotNull();
    } else {
      Thread.sleep(20);
      assertThat(other).isNotDone();
      queue.done(one, null);
      assertThat(TestingPatience.get(other)).isNotNull();
    }
    queue.close();
  }

  /** Pieces of a look at everything give way to changes, and come to their turn all the same. */
  @Test
  void what_changed_goes_before_pieces_but_not_for_ever() throws Exception {
    SeriesQueue queue = new SeriesQueue();
    Look piece = tree("p");
    queue.askPiece(piece, null, null);
    queue.askPiece(tree("q"), null, null);
    assertThat(queue.pieces()).isEqualTo(2);
    int before = 0;
    for (boolean isPiece = false; !isPiece; before++) {
      queue.ask(names("d" + before, "f"), null);
      SeriesQueue.Entry next = Objects.requireNonNull(queue.take());
      isPiece = next.look == piece;
      queue.done(next, null);
    }
    assertThat(before).as("looks until the first piece").isBetween(2, 100);
    assertThat(queue.pieces()).isEqualTo(1);
    queue.close();
  }

  /** What the target does not take stays where it is bounded. */
  @Test
  void h26_looks_at_many_names_wait_for_room() throws Exception {
    SeriesQueue queue = new SeriesQueue();
    String[] names = new String[60_000];
    Arrays.setAll(names, i -> "n" + i);
    queue.ask(names("a", names), null);
    CompletableFuture<SeriesQueue.Entry> asked = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                queue.ask(names("b", names), null);
                asked.complete(null);
              } catch (InterruptedException e) {
                asked.completeExceptionally(e);
              }
            });
    Thread.sleep(200);
    assertThat(asked).isNotDone();
    assertThat(queue.take()).isNotNull();
    TestingPatience.get(asked);
    queue.close();
  }

  private static CompletableFuture<SeriesQueue.Entry> taken(SeriesQueue queue) {
    CompletableFuture<SeriesQueue.Entry> taken = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                taken.complete(queue.take());
              } catch (InterruptedException e) {
                taken.completeExceptionally(e);
              }
            });
    return taken;
  }

  @Test
  void one_that_waits_is_not_overtaken_by_what_it_waits_to_touch() throws Exception {
    SeriesQueue queue = new SeriesQueue();
    queue.ask(names("a", "f"), null);
    SeriesQueue.Entry one = Objects.requireNonNull(queue.take());
    queue.ask(tree(""), null); // waits for the first
    queue.ask(names("b", "f"), null); // would keep the second waiting for ever
    CompletableFuture<SeriesQueue.Entry> next = taken(queue);
    Thread.sleep(20);
    assertThat(next).isNotDone();
    queue.done(one, null);
    assertThat(TestingPatience.get(next).look.root().isTree).isTrue();
    queue.close();
  }

  @Test
  void a_barrier_waits_for_what_was_asked_before_and_for_what_that_leads_to() throws Exception {
    SeriesQueue queue = new SeriesQueue();
    queue.ask(names("a", "f"), null);
    CompletableFuture<Boolean> reached = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                reached.complete(queue.await());
              } catch (InterruptedException e) {
                reached.completeExceptionally(e);
              }
            });
    SeriesQueue.Entry one = Objects.requireNonNull(queue.take());
    Thread.sleep(20);
    queue.ask(names("b", "f"), null); // after the barrier
    one.againWithAll(Names.of("a/f"), Look.NONE);
    queue.done(one, one.next());
    Thread.sleep(20);
    assertThat(reached).isNotDone();
    List<SeriesQueue.Entry> both = new ArrayList<>(List.of(queue.take(), queue.take()));
    both.sort((x, y) -> Long.compare(x.order, y.order));
    assertThat(both.getFirst().depth).isEqualTo(1);
    queue.done(both.getFirst(), null);
    assertThat(TestingPatience.get(reached)).isTrue();
    assertThat(queue.size()).isEqualTo(1);
    queue.close();
    assertThat(queue.await()).isFalse();
  }
}
