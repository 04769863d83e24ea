package dev.godwit.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link Channel#deliverTo} within a process. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class InMemoryDeliveryTest {
  private static final int SENDERS = 4;
  private static final int EACH = 5_000;

  private final InMemoryChannels.ChannelPair pair = InMemoryChannels.pair("a", "b");
  private final TestingThreads threads = new TestingThreads();

  @AfterEach
  void noThreadFailed() throws Exception {
    threads.close();
  }

  /** Writes down what it is told, each as a word. */
  private static class Told implements Channel.Receiver {
    final List<String> words = new CopyOnWriteArrayList<>();

    @Override
    public void message(byte[] message, boolean isUrgent) {
      words.add(new String(message, UTF_8));
    }

    @Override
    public void finished() {
      words.add("(finished)");
    }

    @Override
    public void ended(WireException reason) {
      words.add("(ended: " + reason.getMessage() + ")");
    }
  }

  @Test
  void what_came_before_is_told_first_and_the_rest_by_the_sender() throws Exception {
    Told told = new Told();
    pair.a().send(bytes("one"));
    pair.a().send(bytes("two"));
    assertThat(pair.b().deliverTo(told)).isTrue();
    assertThat(told.words).containsExactly("one", "two");
    pair.a().send(bytes("xthreex"), 1, 5);
    assertThat(told.words).endsWith("three");
    pair.a().finish();
    pair.a().finish();
    pair.a().close();
    assertThat(told.words).containsExactly("one", "two", "three", "(finished)");
  }

  @Test
  void the_other_direction_goes_on_as_before() throws Exception {
    pair.b().deliverTo(new Told());
    pair.b().send(bytes("answer"));
    pair.b().finish();
    assertThat(pair.a().receive()).asString(UTF_8).isEqualTo("answer");
    assertThat(pair.a().receive()).isNull();
  }

  @Test
  void what_was_over_before_is_told_as_well() throws Exception {
    Told told = new Told();
    pair.a().send(bytes("half"));
    pair.a().fail("the disk is full");
    pair.b().deliverTo(told);
    assertThat(told.words).containsExactly("half", "(ended: a: the disk is full)");
  }

  @Test
  void h47_a_close_without_finish_is_told_as_a_failure() {
    Told told = new Told();
    pair.b().deliverTo(told);
    pair.a().close();
    assertThat(told.words).containsExactly("(ended: a: closed the channel)");
  }

  @Test
  void the_end_by_the_receivers_own_side_is_told_too() {
    Told told = new Told();
    pair.b().deliverTo(told);
    pair.b().fail("enough");
    assertThat(told.words)
        .containsExactly("(ended: the channel to a was failed on this side: enough)");
    assertThatThrownBy(() -> pair.a().send(bytes("x"))).isInstanceOf(PeerFailure.class);
    assertThat(told.words).hasSize(1);
  }

  @Test
  void a_receiver_may_end_the_channel_from_within() throws Exception {
    Told told =
        new Told() {
          @Override
          public void message(byte[] message, boolean isUrgent) {
            super.message(message, isUrgent);
            pair.b().fail("refused");
          }
        };
    pair.b().deliverTo(told);
    pair.a().send(bytes("one"));
    assertThat(told.words)
        .containsExactly("one", "(ended: the channel to a was failed on this side: refused)");
    assertThatThrownBy(() -> pair.a().send(bytes("two"))).hasMessage("b: refused");
  }

  @Test
  void an_end_is_told_after_what_is_just_being_told_and_waits_for_nobody() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Told told =
        new Told() {
          @Override
          public void message(byte[] message, boolean isUrgent) {
            inside.countDown();
            awaitUninterruptibly(goOn);
            super.message(message, isUrgent);
          }
        };
    pair.b().deliverTo(told);
    var sending =
        threads.start(
            () -> {
              pair.a().send(bytes("slow"));
              return 0;
            });
    inside.await();
    pair.a().fail("gone");
    assertThat(told.words).isEmpty();
    goOn.countDown();
    sending.get();
    assertThat(told.words).containsExactly("slow", "(ended: a: gone)");
  }

  @Test
  void many_senders_are_told_one_at_a_time_each_in_its_order_and_the_finish_last()
      throws Exception {
    List<Integer> seen = new ArrayList<>(); // one at a time: no lock of its own
    CountDownLatch over = new CountDownLatch(1);
    List<TestingThreads.Running> sending = new ArrayList<>();
    for (int i = 0; i < SENDERS; i++) {
      int sender = i;
      sending.add(
          threads.start(
              () -> {
                for (int n = 0; n < EACH; n++) {
                  pair.a().send(bytes(Integer.toString(n * SENDERS + sender)));
                }
                return 0;
              }));
    }
    pair.b()
        .deliverTo(
            new Told() {
              @Override
              public void message(byte[] message, boolean isUrgent) {
                seen.add(Integer.parseInt(new String(message, UTF_8)));
              }

              @Override
              public void finished() {
                over.countDown();
              }
            });
    for (TestingThreads.Running one : sending) {
      one.get();
    }
    pair.a().finish();
    over.await();
    assertThat(seen).hasSize(SENDERS * EACH).doesNotHaveDuplicates();
    int[] last = {-1, -1, -1, -1};
    for (int number : seen) {
      assertThat(number / SENDERS).isEqualTo(last[number % SENDERS] + 1);
      last[number % SENDERS]++;
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // The test ends with its time limit.
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
