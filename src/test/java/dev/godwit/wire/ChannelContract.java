package dev.godwit.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@link Channel} promises, proved for every implementation. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class ChannelContract {
  /** What each end calls the other. */
  static final String A = "old (a)";

  static final String B = "new (b)";

  final TestingThreads threads = new TestingThreads();

  /** A fresh channel: A's end, whose peer is B, and B's end. */
  abstract InMemoryChannels.ChannelPair open() throws Exception;

  @AfterEach
  void noThreadFailed() throws Exception {
    threads.close();
  }

  @Test
  void messages_keep_order_and_borders() throws Exception {
    var pair = open();
    assertThat(pair.a().peer()).isEqualTo(B);
    assertThat(pair.b().peer()).isEqualTo(A);
    pair.a().send(bytes("one"));
    pair.a().send(new byte[0]);
    pair.a().send(bytes("xtwox"), 1, 3);
    pair.a().finish();
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("one");
    assertThat(pair.b().receive()).isEmpty();
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("two");
    assertThat(pair.b().receive()).isNull();
    assertThat(pair.b().receive()).isNull();
  }

  @Test
  void what_is_not_urgent_comes_by_itself_and_in_order() throws Exception {
    var pair = open();
    for (int i = 0; i < 100; i++) {
      byte[] one = bytes("x" + i);
      pair.a().sendLazily(one, 1, one.length - 1);
      Arrays.fill(one, (byte) 'x');
      if (i % 10 == 9) {
        pair.a().send(bytes("urgent " + i));
      }
    }
    for (int i = 0; i < 100; i++) {
      assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("" + i);
      if (i % 10 == 9) {
        assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("urgent " + i);
      }
    }
    pair.a().sendLazily(bytes("last"), 0, 4);
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("last"); // nothing follows it
    pair.a().sendLazily(bytes("the very last"), 0, 13);
    pair.a().finish();
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("the very last");
    assertThat(pair.b().receive()).isNull();
  }

  @Test
  void what_is_not_urgent_comes_to_whoever_waits_for_it() throws Exception {
    var pair = open();
    int count = 300;
    Random random = new Random(1);
    threads.start(
        () -> {
          for (int i = 0; i < count; i++) {
            pair.a().sendLazily(bytes("" + i), 0, bytes("" + i).length);
            Thread.sleep(random.nextInt(20) == 0 ? 30 : random.nextInt(3));
          }
          return null;
        });
    for (int i = 0; i < count; i++) {
      assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("" + i);
    }
  }

  @Test
  void what_is_not_urgent_needs_room_as_all_does() throws Exception {
    var pair = open();
    byte[] large = new byte[Channel.MESSAGE_BYTES_MAX / 4];
    int count = 400; // more than any window
    threads.start(
        () -> {
          for (int i = 0; i < count; i++) {
            large[0] = (byte) i;
            pair.a().sendLazily(large, 0, i % 2 == 0 ? 1 : large.length);
          }
          return null;
        });
    for (int i = 0; i < count; i++) {
      assertThat(pair.b().receive()).startsWith((byte) i);
    }
  }

  @Test
  void the_senders_array_may_be_used_again() throws Exception {
    var pair = open();
    byte[] array = bytes("first");
    pair.a().send(array);
    Arrays.fill(array, (byte) 'x');
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("first");
  }

  @Test
  void one_direction_may_finish_while_the_other_goes_on() throws Exception {
    var pair = open();
    pair.a().finish();
    pair.a().finish();
    assertThat(pair.b().receive()).isNull();
    pair.b().send(bytes("answer"));
    pair.b().finish();
    assertThat(pair.a().receive()).asString(UTF_8).isEqualTo("answer");
    assertThat(pair.a().receive()).isNull();
    assertThatThrownBy(() -> pair.a().send(bytes("more")))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(B);
    pair.a().close();
    pair.b().close();
  }

  @Test
  void after_both_finished_a_close_is_no_failure() throws Exception {
    var pair = open();
    pair.a().send(bytes("last"));
    pair.a().finish();
    pair.b().finish();
    assertThat(pair.a().receive()).isNull();
    pair.a().close();
    Thread.sleep(50);
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("last");
    assertThat(pair.b().receive()).isNull();
  }

  @Test
  void the_longest_message_goes_through_and_a_longer_one_is_a_bug() throws Exception {
    var pair = open();
    byte[] longest = new byte[Channel.MESSAGE_BYTES_MAX];
    new Random(1).nextBytes(longest);
    for (int i = 0; i < 40; i++) {
      pair.a().send(longest, 0, longest.length - i);
      assertThat(pair.b().receive()).isEqualTo(Arrays.copyOf(longest, longest.length - i));
    }
    assertThatThrownBy(() -> pair.a().send(new byte[Channel.MESSAGE_BYTES_MAX + 1]))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void h47_close_without_finish_is_a_failure_at_the_peer() throws Exception {
    var pair = open();
    pair.a().send(bytes("half"));
    pair.a().close();
    pair.a().close();
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("half");
    assertThatThrownBy(() -> pair.b().receive())
        .isInstanceOf(PeerFailure.class)
        .hasMessageContaining(A);
    assertThatThrownBy(() -> pair.b().send(bytes("x"))).isInstanceOf(PeerFailure.class);
    assertThatThrownBy(() -> pair.b().finish()).isInstanceOf(PeerFailure.class);
  }

  @Test
  void a_reason_reaches_both_send_and_receive_of_the_peer() throws Exception {
    var pair = open();
    pair.a().fail("the disk is full");
    pair.a().fail("a second reason");
    assertThatThrownBy(() -> pair.b().receive())
        .isInstanceOfSatisfying(
            PeerFailure.class, e -> assertThat(e.reason()).isEqualTo("the disk is full"))
        .hasMessage(A + ": the disk is full");
    assertThatThrownBy(() -> pair.b().send(bytes("x"))).hasMessage(A + ": the disk is full");
    assertThatThrownBy(() -> pair.a().send(bytes("x"))).hasMessageContaining(B);
    assertThatThrownBy(() -> pair.a().receive()).hasMessageContaining(B);
  }

  @Test
  void what_was_finished_stays_complete_when_the_sender_closes_early() throws Exception {
    var pair = open();
    pair.a().send(bytes("all"));
    pair.a().finish();
    pair.a().close();
    assertThat(pair.b().receive()).asString(UTF_8).isEqualTo("all");
    assertThat(pair.b().receive()).isNull();
    // The closing is seen by who still wanted to send.
    threads.eventually(
        () ->
            assertThatThrownBy(() -> pair.b().send(bytes("x")))
                .isInstanceOf(PeerFailure.class)
                .hasMessageContaining(A));
  }

  @Test
  void a_waiting_receive_is_ended_by_the_peers_failure() throws Exception {
    var pair = open();
    var waiting = threads.start(() -> pair.b().receive());
    threads.awaitWaiting(waiting);
    pair.a().fail("gone");
    assertThatThrownBy(waiting::get).cause().hasMessage(A + ": gone");
  }

  @Test
  void a_waiting_receive_is_ended_by_close_on_its_own_side() throws Exception {
    var pair = open();
    var waiting = threads.start(() -> pair.b().receive());
    threads.awaitWaiting(waiting);
    pair.b().close();
    assertThatThrownBy(waiting::get)
        .cause()
        .isInstanceOf(WireException.class)
        .hasMessageContaining(A);
  }

  @Test
  void a_waiting_call_is_ended_by_interruption() throws Exception {
    var pair = open();
    var waiting =
        threads.start(
            () -> {
              assertThatThrownBy(() -> pair.b().receive())
                  .isInstanceOf(WireException.class)
                  .hasMessageContaining(A);
              return Thread.interrupted();
            });
    threads.awaitWaiting(waiting);
    waiting.thread().interrupt();
    assertThat(waiting.get()).isEqualTo(true);
  }

  @Test
  void h40_a_sender_is_held_back_until_the_receiver_takes() throws Exception {
    var pair = open();
    byte[] block = new byte[64 * 1024];
    CountDownLatch tooMuch = new CountDownLatch(1_000);
    var sender =
        threads.start(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                pair.a().send(block);
                tooMuch.countDown();
              }
              pair.a().finish();
              return 0;
            });
    threads.awaitWaiting(sender);
    assertThat(1_000 - tooMuch.getCount()).isBetween(1L, 64L); // 4 MiB
    int received = 0;
    while (pair.b().receive() != null) {
      received++;
    }
    assertThat(received).isEqualTo(1_000);
    sender.get();
  }

  @Test
  void h40_empty_messages_are_held_back_too() throws Exception {
    var pair = open();
    CountDownLatch tooMuch = new CountDownLatch(1_000_000);
    var sender =
        threads.start(
            () -> {
              for (int i = 0; i < 1_000_000; i++) {
                pair.a().send(new byte[0]);
                tooMuch.countDown();
              }
              return 0;
            });
    threads.awaitWaiting(sender);
    assertThat(1_000_000 - tooMuch.getCount()).isBetween(1L, 70_000L);
    pair.a().close();
    assertThatThrownBy(sender::get).cause().isInstanceOf(WireException.class);
  }

  @Test
  void a_waiting_send_is_ended_by_the_peers_close() throws Exception {
    var pair = open();
    var sender = threads.start(() -> sendForEver(pair.a()));
    threads.awaitWaiting(sender);
    pair.b().close();
    assertThatThrownBy(sender::get).cause().isInstanceOf(PeerFailure.class).hasMessageContaining(B);
  }

  @Test
  void both_sides_may_send_a_lot_at_the_same_time() throws Exception {
    var pair = open();
    List<TestingThreads.Running> work = new ArrayList<>();
    for (Channel channel : List.of(pair.a(), pair.b())) {
      long seed = new Random().nextLong();
      work.add(
          threads.start(
              () -> {
                Random random = new Random(seed);
                for (int i = 0; i < 500; i++) {
                  byte[] message = new byte[random.nextInt(100_000)];
                  Arrays.fill(message, (byte) i);
                  channel.send(message);
                }
                channel.finish();
                return 0;
              }));
      work.add(
          threads.start(
              () -> {
                int count = 0;
                for (byte[] m = channel.receive(); m != null; m = channel.receive()) {
                  for (byte b : m) {
                    if (b != (byte) count) {
                      throw new AssertionError("seed " + seed + ", message " + count);
                    }
                  }
                  count++;
                }
                return count;
              }));
    }
    assertThat(work.get(1).get()).isEqualTo(500);
    assertThat(work.get(3).get()).isEqualTo(500);
  }

  @Test
  void several_threads_may_send_and_receive() throws Exception {
    var pair = open();
    List<TestingThreads.Running> senders = new ArrayList<>();
    List<TestingThreads.Running> receivers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      byte[] message = new byte[10_000 + i];
      Arrays.fill(message, (byte) i);
      senders.add(
          threads.start(
              () -> {
                for (int n = 0; n < 500; n++) {
                  pair.a().send(message);
                }
                return 0;
              }));
      receivers.add(
          threads.start(
              () -> {
                int count = 0;
                for (byte[] m = pair.b().receive(); m != null; m = pair.b().receive()) {
                  if (m[0] != m.length - 10_000 || m[m.length - 1] != m[0]) {
                    throw new AssertionError("a torn message");
                  }
                  count++;
                }
                return count;
              }));
    }
    for (TestingThreads.Running sender : senders) {
      sender.get();
    }
    pair.a().finish();
    int total = 0;
    for (TestingThreads.Running receiver : receivers) {
      total += (int) receiver.get();
    }
    assertThat(total).isEqualTo(2_000);
  }

  @Test
  void a_thousand_short_channels_leave_nothing_behind() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      var pair = open();
      pair.a().send(bytes("q"));
      assertThat(pair.b().receive()).isNotNull();
      if (i % 2 == 0) {
        pair.a().finish();
        pair.b().finish();
        assertThat(pair.a().receive()).isNull();
        assertThat(pair.b().receive()).isNull();
      } else {
        pair.b().close();
      }
      pair.a().close();
      pair.b().close();
    }
  }

  /** Of one that does not wait: what it can do now is announced, or it is not waited for. */
  private static void awaitReady(Semaphore ready, Callable<Boolean> isDone) throws Exception {
    while (!isDone.call()) {
      assertThat(ready.tryAcquire(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS))
          .as("announced")
          .isTrue();
    }
  }

  @Test
  void who_does_not_wait_is_told_that_something_has_come_and_of_the_end() throws Exception {
    var pair = open();
    Semaphore ready = new Semaphore(0);
    PolledChannel polled = pair.b().polled(ready::release);
    assertThat(polled.tryReceive()).isNull();
    List<String> received = new ArrayList<>();
    for (String word : List.of("one", "two", "")) {
      pair.a().send(bytes(word));
      awaitReady(
          ready,
          () -> {
            byte[] message = polled.tryReceive();
            return message != null && received.add(new String(message, UTF_8));
          });
    }
    assertThat(received).containsExactly("one", "two", "");
    assertThat(polled.isFinished()).isFalse();
    pair.a().send(bytes("last"));
    pair.a().finish();
    awaitReady(ready, () -> polled.tryReceive() != null);
    awaitReady(ready, polled::isFinished);
    assertThat(polled.tryReceive()).isNull();
    assertThat(polled.hasFailed()).isFalse();
    polled.finish();
    polled.flush();
    assertThat(pair.a().receive()).isNull();
  }

  @Test
  void h47_who_does_not_wait_is_told_of_a_failure_and_gets_what_came_before_it() throws Exception {
    var pair = open();
    Semaphore ready = new Semaphore(0);
    PolledChannel polled = pair.b().polled(ready::release);
    pair.a().send(bytes("half"));
    pair.a().fail("the disk is full");
    awaitReady(ready, polled::hasFailed);
    awaitReady(ready, () -> polled.tryReceive() != null);
    assertThat(polled.isFinished()).isFalse();
    awaitReady(ready, () -> hasEnded(polled, A + ": the disk is full"));
    assertThatThrownBy(() -> polled.trySend(ByteBuffer.allocate(1)))
        .hasMessage(A + ": the disk is full");
  }

  private static boolean hasEnded(PolledChannel channel, String why) {
    try {
      return channel.tryReceive() != null;
    } catch (WireException e) {
      assertThat(e).hasMessage(why);
      return true;
    }
  }

  @Test
  void h53_a_failure_after_the_peer_has_finished_is_told_too() throws Exception {
    var pair = open();
    Semaphore ready = new Semaphore(0);
    PolledChannel polled = pair.b().polled(ready::release);
    pair.a().finish();
    awaitReady(ready, polled::isFinished);
    pair.a().fail("gone");
    awaitReady(ready, polled::hasFailed);
    assertThat(polled.isFinished()).as("all that was sent has come").isTrue();
  }

  @Test
  void h40_who_does_not_wait_sends_what_there_is_room_for_and_goes_on_when_told() throws Exception {
    var pair = open();
    Semaphore ready = new Semaphore(0);
    PolledChannel polled = pair.a().polled(ready::release);
    byte[] much = new byte[8 << 20];
    new Random(5).nextBytes(much);
    ByteBuffer rest = ByteBuffer.wrap(much);
    int before;
    do {
      before = rest.position();
      polled.trySend(rest);
      polled.flush();
    } while (rest.position() > before);
    assertThat(rest.position()).isBetween(64 * 1024, 4 << 20);
    var receiver =
        threads.start(
            () -> {
              ByteBuffer got = ByteBuffer.allocate(much.length);
              for (byte[] m = pair.b().receive(); m != null; m = pair.b().receive()) {
                got.put(m);
              }
              assertThat(Arrays.equals(got.array(), much)).isTrue();
              return got.position();
            });
    awaitReady(
        ready,
        () -> {
          polled.trySend(rest);
          polled.flush();
          return !rest.hasRemaining();
        });
    polled.finish();
    polled.flush();
    assertThat(receiver.get()).isEqualTo(much.length);
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static int sendForEver(Channel channel) throws WireException {
    byte[] block = new byte[64 * 1024];
    while (true) {
      channel.send(block);
    }
  }

  static boolean await(CountDownLatch latch) throws InterruptedException {
    return latch.await(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS);
  }
}
