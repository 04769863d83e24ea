package dev.godwit.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.wire.Channel;
import dev.godwit.wire.InMemoryChannels;
import dev.godwit.wire.WireException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link Pump} between sides in this process and sides that are not. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@ParameterizedClass
@EnumSource(PumpTest.Where.class)
final class PumpTest {
  enum Where {
    BOTH_HERE(true, true),
    SOURCE_HERE(true, false),
    TARGET_HERE(false, true),
    NONE_HERE(false, false);

    private final boolean isSourceHere;
    private final boolean isTargetHere;

    Where(boolean isSourceHere, boolean isTargetHere) {
      this.isSourceHere = isSourceHere;
      this.isTargetHere = isTargetHere;
    }
  }

  /** So long a message makes the tap fail. */
  private static final int FAULT = 13;

  private final Where where;
  private final InMemoryChannels.ChannelPair source = InMemoryChannels.pair("here", "source");
  private final InMemoryChannels.ChannelPair target = InMemoryChannels.pair("here", "target");
  private final List<String> tapped = new CopyOnWriteArrayList<>();
  private final Pump pump;

  PumpTest(Where where) {
    this.where = where;
    pump =
        Pump.start(
            where.isSourceHere ? source.a() : new Far(source.a()),
            where.isTargetHere ? target.a() : new Far(target.a()),
            new MessageTap() {
              @Override
              public boolean fromSource(byte[] message) {
                tapped.add(new String(message, UTF_8));
                if (message.length == FAULT) {
                  throw new StackOverflowError("a fault of this test");
                }
                return message.length > 0;
              }
            });
  }

  /** A channel as it is between processes: only who waits for messages gets them. */
  private record Far(Channel channel) implements Channel {
    @Override
    public String peer() {
      return channel.peer();
    }

    @Override
    public void send(byte[] buffer, int offset, int length) throws WireException {
      channel.send(buffer, offset, length);
    }

    @Override
    public byte @Nullable [] receive() throws WireException {
      return channel.receive();
    }

    @Override
    public void finish() throws WireException {
      channel.finish();
    }

    @Override
    public void fail(String reason) {
      channel.fail(reason);
    }

    @Override
    public void close() {
      channel.close();
    }
  }

  @Test
  void both_directions_are_carried_and_both_ends_are_awaited() throws Exception {
    source.b().send("one".getBytes(UTF_8));
    source.b().send(new byte[0]); // the tap keeps it
    source.b().send("two".getBytes(UTF_8));
    target.b().send("answer".getBytes(UTF_8));
    target.b().finish();
    assertThat(source.b().receive()).asString(UTF_8).isEqualTo("answer");
    assertThat(source.b().receive()).isNull();
    source.b().finish();
    assertThat(target.b().receive()).asString(UTF_8).isEqualTo("one");
    assertThat(target.b().receive()).asString(UTF_8).isEqualTo("two");
    assertThat(target.b().receive()).isNull();
    pump.join();
    assertThat(tapped).containsExactly("one", "", "two");
  }

  @Test
  void what_is_for_the_controller_is_not_passed_on_and_a_target_may_not_send_it() throws Exception {
    source.b().send(new byte[] {(byte) Pump.CONTROLLER_ONLY});
    source.b().send("one".getBytes(UTF_8));
    assertThat(target.b().receive()).asString(UTF_8).isEqualTo("one");
    target.b().send(new byte[] {(byte) Pump.CONTROLLER_ONLY});
    assertThatThrownBy(pump::join).hasMessageContaining("only a source may send");
    assertThatThrownBy(() -> source.b().receive()).hasMessageContaining("only a source may send");
  }

  @Test
  void the_failure_of_one_side_ends_the_other_and_is_said() {
    target.b().fail("the disk is full");
    assertThatThrownBy(pump::join).hasMessage("target: the disk is full");
    assertThatThrownBy(() -> source.b().receive()).hasMessageContaining("the disk is full");
  }

  @Test
  void h24_an_error_inside_ends_both_sides() throws Exception {
    assumeThat(where.isSourceHere).as("else it is its own thread that fails").isFalse();
    source.b().send(new byte[FAULT]);
    assertThatThrownBy(pump::join).hasMessageContaining("a fault of this test");
    assertThatThrownBy(() -> source.b().receive()).hasMessageContaining("a fault of this test");
    assertThatThrownBy(() -> target.b().receive()).hasMessageContaining("a fault of this test");
  }

  @Test
  void a_side_that_ends_while_the_other_does_not_take_anything_holds_up_nobody() throws Exception {
    Thread sending =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  byte[] message = new byte[100_000];
                  try {
                    while (true) {
                      source.b().send(message);
                    }
                  } catch (WireException e) {
                    // it was ended: what the test waits for
                  }
                });
    awaitWaiting(sending);
    target.b().close();
    sending.join();
    assertThatThrownBy(pump::join).hasMessageContaining("target");
  }

  @Test
  void closed_it_waits_no_more() {
    pump.close();
    assertThatThrownBy(pump::join).isInstanceOf(WireException.class);
  }

  private static void awaitWaiting(Thread thread) throws InterruptedException {
    int seen = 0;
    while (seen < 20) {
      Thread.sleep(5);
      seen = thread.getState() == Thread.State.WAITING ? seen + 1 : 0;
    }
  }
}
