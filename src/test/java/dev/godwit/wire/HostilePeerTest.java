package dev.godwit.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer that breaks every rule of {@link Frame} ends its connection and nothing else. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HostilePeerTest {
  private final TestingPeer peer = new TestingPeer();

  @AfterEach
  void close() throws Exception {
    peer.close();
  }

  private void isLostBecause(String why) throws Exception {
    assertThat(peer.loss())
        .hasMessageContaining("the connection to " + TestingPeer.NAME + " was lost")
        .hasMessageContaining(why);
    assertThat(peer.connection.isLost()).isTrue();
    assertThatThrownBy(() -> peer.connection.open("x", new byte[0])).hasMessageContaining(why);
  }

  @Test
  void h79_another_build_is_refused_in_words_for_both_sides() throws Exception {
    peer.frame(
        Frame.HELLO,
        0,
        new MessageWriter().u32(Frame.MAGIC).u32(Frame.VERSION).text("other\u001b[31m").toBytes());
    isLostBecause("it runs build other\\x1b[31m and this end build build");
    assertThat(peer.next().type()).isEqualTo(Frame.HELLO);
    TestingPeer.Sent bye = peer.next();
    assertThat(bye.type()).isEqualTo(Frame.BYE);
    assertThat(bye.text()).contains("use the same Godwit on both hosts");
  }

  @Test
  void another_protocol_version_is_refused_whatever_follows_it() throws Exception {
    peer.frame(
        Frame.HELLO, 0, new MessageWriter().u32(Frame.MAGIC).u32(7).u32(-1).u32(99).toBytes());
    isLostBecause("it speaks version 7 of the protocol and this end version 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\0\0\0\5\7____"})
  void something_else_at_the_other_end_is_named(String greeting) throws Exception {
    peer.raw(greeting.getBytes(UTF_8));
    isLostBecause("it does not speak Godwit's protocol");
  }

  @Test
  void nothing_is_accepted_before_hello() throws Exception {
    peer.open(1, "x");
    isLostBecause("it does not speak Godwit's protocol");
    assertThat(peer.accepted).isEmpty();
  }

  @Test
  void a_second_hello_is_refused() throws Exception {
    peer.hello().hello();
    isLostBecause("a second hello");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 5 + Channel.MESSAGE_BYTES_MAX + 1, Integer.MAX_VALUE, -1, -6})
  void h40_a_frame_length_out_of_range_is_refused_before_memory_is_taken(int length)
      throws Exception {
    byte[] frame = new byte[Frame.HEADER_BYTES];
    Frame.header(frame, 0, Frame.DATA, 1, length - Frame.COUNTED_HEADER_BYTES);
    peer.hello().open(1, "x").raw(frame);
    isLostBecause("a frame of type 4 that is");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 9, 255})
  void an_unknown_type_is_refused(int type) throws Exception {
    peer.hello().frame(type, 0, new byte[0]);
    isLostBecause("a frame of unknown type " + type);
  }

  @Test
  void h40_more_data_than_credit_is_refused() throws Exception {
    peer.hello();
    Channel channel = peer.connection.open("x", new byte[0]); // and nobody receives
    byte[] block = new byte[64 * 1024];
    for (int i = 0; i < 5; i++) {
      peer.frame(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, block);
    }
    isLostBecause("more messages than there was credit for");
    // What was allowed is still there; the end is not taken for an order.
    for (int i = 0; i < 4; i++) {
      assertThat(channel.receive()).hasSize(block.length);
    }
    assertThatThrownBy(channel::receive).hasMessageContaining("credit");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MAX_VALUE, Frame.WINDOW_MAX_BYTES})
  void h40_credit_that_cannot_be_is_refused(int credit) throws Exception {
    peer.hello();
    peer.connection.open("x", new byte[0]);
    peer.frame(
        Frame.CREDIT, 1 | Frame.OPENED_BY_RECEIVER, new MessageWriter().u32(credit).toBytes());
    isLostBecause("credit beyond the window");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void a_channel_number_out_of_turn_is_refused(int number) throws Exception {
    peer.hello().open(number, "x");
    isLostBecause("a channel out of turn");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0, Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1})
  void a_frame_for_a_channel_that_never_was_is_refused(int number) throws Exception {
    peer.hello().frame(Frame.DATA, number, new byte[1]);
    isLostBecause("a channel that was never opened");
  }

  @Test
  void data_after_finish_is_refused() throws Exception {
    peer.hello();
    peer.connection.open("x", new byte[0]);
    peer.frame(Frame.FINISH, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    peer.frame(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, new byte[1]);
    isLostBecause("a message on a channel that was finished");
  }

  @Test
  void a_second_finish_is_refused() throws Exception {
    peer.hello();
    peer.connection.open("x", new byte[0]);
    peer.frame(Frame.FINISH, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    peer.frame(Frame.FINISH, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    isLostBecause("a channel finished twice");
  }

  @Test
  void h41_too_many_channels_are_refused() throws Exception {
    peer.hello();
    for (int i = 1; i <= Frame.CHANNELS_MAX + 1; i++) {
      peer.open(i, "x");
    }
    isLostBecause("more than " + Frame.CHANNELS_MAX + " channels");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a/b", "\u001b[2J", "ä", "a\0"})
  void an_ability_name_that_is_none_is_refused(String ability) throws Exception {
    peer.hello().open(1, ability);
    isLostBecause("a channel to ");
    assertThat(peer.accepted).isEmpty();
  }

  @Test
  void an_argument_that_is_too_long_is_refused() throws Exception {
    byte[] payload =
        new MessageWriter()
            .text("x".repeat(Frame.ABILITY_BYTES_MAX))
            .raw(new byte[Frame.ARGUMENT_BYTES_MAX + 1], 0, Frame.ARGUMENT_BYTES_MAX + 1)
            .toBytes();
    peer.hello().frame(Frame.OPEN, 1, payload);
    isLostBecause("a frame of type 3");
  }

  @Test
  void h46_a_reason_reaches_no_terminal_raw() throws Exception {
    peer.hello();
    Channel channel = peer.connection.open("x", new byte[0]);
    peer.frame(
        Frame.FAIL,
        1 | Frame.OPENED_BY_RECEIVER,
        "bad \u001b]0;x\u0007\u202e\r name".getBytes(UTF_8));
    assertThatThrownBy(channel::receive)
        .hasMessage(TestingPeer.NAME + ": bad \\x1b]0;x\\x07\\u202e\\x0d name");
  }

  @Test
  void a_peer_that_ends_says_why() throws Exception {
    peer.hello().frame(Frame.BYE, 0, "no more disk".getBytes(UTF_8));
    isLostBecause("the other end says: no more disk");
  }

  @Test
  void h41_a_peer_that_is_silent_from_the_start_is_lost() throws Exception {
    try (TestingPeer silent = fast()) {
      Thread.sleep(100);
      assertThat(silent.connection.isLost()).isFalse();
      assertThatThrownBy(() -> silent.connection.open("x", new byte[0]))
          .hasMessageContaining("nothing was heard from it for");
    }
  }

  @Test
  void h41_a_peer_that_falls_silent_is_lost_and_pings_keep_it() throws Exception {
    try (TestingPeer silent = fast()) {
      silent.hello();
      for (int i = 0; i < 20; i++) {
        silent.frame(Frame.PING, 0, new byte[0]);
        Thread.sleep(50);
      }
      assertThat(silent.connection.isLost()).isFalse();
      long start = System.nanoTime();
      assertThat(silent.loss()).hasMessageContaining("nothing was heard");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TestingPatience.LIMIT);
    }
  }

  @Test
  void a_peer_that_reads_nothing_blocks_neither_close_nor_the_waiting_calls() throws Exception {
    peer.hello();
    try (TestingThreads threads = new TestingThreads()) {
      Channel channel = peer.connection.open("x", new byte[0]);
      peer.frame(
          Frame.CREDIT,
          1 | Frame.OPENED_BY_RECEIVER,
          new MessageWriter().u32(3 * 1024 * 1024).toBytes());
      var sender = threads.start(() -> ChannelContract.sendForEver(channel));
      threads.awaitWaiting(sender);
      var opener = threads.start(() -> openForEver(peer.connection));
      threads.awaitWaiting(opener);
      // Its own channel's end wakes a sender that waits for room, not only for credit.
      channel.close();
      assertThatThrownBy(() -> sender.task().get(3, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(WireException.class);
      long start = System.nanoTime();
      peer.connection.close();
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TestingPatience.LIMIT);
      assertThatThrownBy(opener::get).cause().isInstanceOf(WireException.class);
    }
  }

  @Test
  void late_frames_of_a_channel_that_is_over_are_dropped() throws Exception {
    peer.hello();
    Channel channel = peer.connection.open("x", new byte[0]);
    channel.close();
    for (int i = 0; i < 3; i++) { // what it had credit for
      peer.frame(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, new byte[100_000]);
    }
    peer.frame(Frame.CREDIT, 1 | Frame.OPENED_BY_RECEIVER, new MessageWriter().u32(9).toBytes());
    peer.frame(Frame.FINISH, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    Channel next = peer.connection.open("y", new byte[0]);
    peer.frame(Frame.DATA, 2 | Frame.OPENED_BY_RECEIVER, new byte[3]);
    assertThat(next.receive()).hasSize(3);
  }

  /** A conversation of the peer's side on a channel that this end opened, after its hello. */
  private static byte[] conversation() {
    TestingFrames frames = new TestingFrames();
    frames.add(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, "one".getBytes(UTF_8));
    frames.add(Frame.PING, 0, new byte[0]);
    frames.add(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    frames.add(Frame.CREDIT, 1 | Frame.OPENED_BY_RECEIVER, new MessageWriter().u32(10).toBytes());
    frames.add(Frame.DATA, 1 | Frame.OPENED_BY_RECEIVER, "three".getBytes(UTF_8));
    frames.add(Frame.FINISH, 1 | Frame.OPENED_BY_RECEIVER, new byte[0]);
    return frames.toBytes();
  }

  @Test
  void h47_a_stream_cut_at_any_byte_is_never_finished_in_order() throws Exception {
    byte[] conversation = conversation();
    for (int cut = 0; cut <= conversation.length; cut++) {
      try (TestingPeer cutPeer = new TestingPeer()) {
        cutPeer.hello();
        Channel channel = cutPeer.connection.open("x", new byte[0]);
        cutPeer.raw(Arrays.copyOf(conversation, cut)).endOfStream();
        if (cut == conversation.length) {
          assertThat(countToFinish(channel)).isEqualTo(3);
        } else {
          assertThatThrownBy(() -> countToFinish(channel))
              .as("cut after " + cut + " of " + conversation.length)
              .isInstanceOf(WireException.class)
              .hasMessageContaining(TestingPeer.NAME)
              .hasMessageContaining("the stream ended");
        }
      }
    }
  }

  @Test
  void h47_a_hello_cut_at_any_byte_is_no_hello() throws Exception {
    byte[] hello = new MessageWriter().u32(Frame.MAGIC).u32(Frame.VERSION).text("build").toBytes();
    TestingFrames frames = new TestingFrames();
    frames.add(Frame.HELLO, 0, hello);
    byte[] bytes = frames.toBytes();
    for (int cut = 0; cut < bytes.length; cut++) {
      try (TestingPeer cutPeer = new TestingPeer()) {
        cutPeer.raw(Arrays.copyOf(bytes, cut)).endOfStream();
        assertThatThrownBy(() -> cutPeer.connection.open("x", new byte[0]))
            .hasMessageContaining("the stream ended");
      }
    }
  }

  @Test
  void h40_random_changes_of_a_conversation_never_hang_or_break_this_side() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] conversation = conversation();
    for (int round = 0; round < 500; round++) {
      byte[] changed = conversation.clone();
      for (int i = 0; i <= random.nextInt(3); i++) {
        changed[random.nextInt(changed.length)] = (byte) random.nextInt(256);
      }
      try (TestingPeer changedPeer = new TestingPeer()) {
        changedPeer.hello();
        Channel channel = changedPeer.connection.open("x", new byte[0]);
        try {
          changedPeer.raw(changed).endOfStream();
        } catch (IOException e) {
          // It was cut off before it had said everything.
        }
        try {
          countToFinish(channel);
        } catch (WireException e) {
          assertThat(e.getMessage())
              .as("seed " + seed + " round " + round)
              .contains(TestingPeer.NAME)
              .doesNotContain("fault in Godwit");
        }
      }
    }
  }

  private static int openForEver(Connection connection) throws WireException {
    while (true) {
      connection.open("y", new byte[60_000]);
    }
  }

  private static int countToFinish(Channel channel) throws WireException {
    int count = 0;
    while (channel.receive() != null) {
      count++;
    }
    return count;
  }

  private static TestingPeer fast() {
    return new TestingPeer(
        ConnectionSettings.of("build").withPings(Duration.ofMillis(50), Duration.ofMillis(1500)));
  }
}
