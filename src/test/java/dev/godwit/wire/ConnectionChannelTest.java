package dev.godwit.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract over a connection through pipes of 4 KiB, opened by A. */
class ConnectionChannelTest extends ChannelContract {
  final LinkedBlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  TestingPipe aToB = new TestingPipe(4096);
  TestingPipe bToA = new TestingPipe(4096);
  Connection a;
  Connection b;

  @BeforeEach
  void connect() throws Exception {
    a = Connection.start(bToA.in, aToB.out, B, this::keep, ConnectionSettings.of("build"));
    b = Connection.start(aToB.in, bToA.out, A, this::keep, ConnectionSettings.of("build"));
  }

  void keep(String ability, byte[] argument, Channel channel) {
    accepted.add(channel);
    try {
      over.await(); // the channel is closed when this returns
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void disconnect() {
    over.countDown();
    a.close();
    b.close();
  }

  @Test
  void what_is_not_urgent_travels_together() throws Exception {
    AtomicInteger writes = new AtomicInteger();
    TestingPipe there = new TestingPipe(1 << 20);
    TestingPipe back = new TestingPipe(1 << 20);
    OutputStream counted =
        new FilterOutputStream(there.out) {
          @Override
          public void write(byte[] source, int offset, int length) throws IOException {
            writes.incrementAndGet();
            there.out.write(source, offset, length);
          }
        };
    ConnectionSettings settings = ConnectionSettings.of("build");
    try (Connection one = Connection.start(back.in, counted, B, this::keep, settings);
        Connection other = Connection.start(there.in, back.out, A, this::keep, settings)) {
      assertThat(other.peer()).isEqualTo(A);
      Channel channel = one.open("test", new byte[0]);
      int before = writes.get();
      for (int i = 0; i < 1000; i++) {
        channel.sendLazily(new byte[20], 0, 20);
      }
      channel.send(new byte[1]);
      Channel accepted =
          Objects.requireNonNull(
              this.accepted.poll(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS));
      for (int i = 0; i < 1000; i++) {
        assertThat(accepted.receive()).hasSize(20);
      }
      assertThat(accepted.receive()).hasSize(1);
      assertThat(writes.get() - before).isLessThan(500); // three where nothing else runs
    }
  }

  /** What is on its way out is bounded, however much credit there is (H51). */
  @Test
  void h51_who_does_not_wait_finds_no_room_while_the_stream_takes_nothing_and_is_told_when_it_does()
      throws Exception {
    AtomicBoolean isStalled = new AtomicBoolean();
    CountDownLatch stands = new CountDownLatch(1);
    CountDownLatch flows = new CountDownLatch(1);
    TestingPipe there = new TestingPipe(4096);
    TestingPipe back = new TestingPipe(4096);
    OutputStream stalled =
        new FilterOutputStream(there.out) {
          @Override
          public void write(byte[] source, int offset, int length) throws IOException {
            if (isStalled.get()) {
              stands.countDown();
              awaitFlow(flows);
            }
            there.out.write(source, offset, length);
          }
        };
    ConnectionSettings settings = ConnectionSettings.of("build");
    try (Connection one = Connection.start(back.in, stalled, B, this::keep, settings);
        Connection other = Connection.start(there.in, back.out, A, this::drain, settings)) {
      assertThat(other.peer()).isEqualTo(A);
      Semaphore ready = new Semaphore(0);
      List<PolledChannel> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        all.add(one.open("test", new byte[0]).polled(ready::release));
      }
      isStalled.set(true);
      all.getFirst().trySend(ByteBuffer.allocate(1));
      all.getFirst().flush();
      stands.await();
      long sent = 0;
      for (PolledChannel channel : all) {
        sent += sendMuch(channel);
      }
      assertThat(sent).as("20 windows have more").isLessThan(3 << 20);
      assertThat(sendMuch(all.getLast())).isZero();
      assertThat(one.tryOpen("test", new byte[0])).as("it would have to wait").isNull();
      ready.drainPermits();
      flows.countDown();
      assertThat(ready.tryAcquire(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      TestingPatience.await("room", () -> sendMuch(all.getLast()) > 0);
    }
  }

  private static int sendMuch(PolledChannel channel) throws WireException {
    ByteBuffer much = ByteBuffer.allocate(256 * 1024);
    channel.trySend(much);
    channel.flush();
    return much.position();
  }

  private void drain(String ability, byte[] argument, Channel channel) {
    try {
      channel.drain();
    } catch (WireException e) {
      return; // the test is over
    }
  }

  private static void awaitFlow(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void who_does_not_wait_opens_a_channel_with_a_flush() throws Exception {
    a.awaitHello();
    PolledChannel opened = Objects.requireNonNull(a.tryOpen("test", new byte[0])).polled(() -> {});
    opened.trySend(ByteBuffer.wrap(bytes("first")));
    opened.flush();
    Channel second =
        Objects.requireNonNull(accepted.poll(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS));
    assertThat(second.receive()).asString().isEqualTo("first");
  }

  @Override
  InMemoryChannels.ChannelPair open() throws Exception {
    Channel first = opener().open("test", new byte[0]);
    Channel second = accepted.poll(TestingPatience.LIMIT.toSeconds(), TimeUnit.SECONDS);
    if (second == null) {
      throw new AssertionError("not accepted");
    }
    return opener() == a
        ? new InMemoryChannels.ChannelPair(first, second)
        : new InMemoryChannels.ChannelPair(second, first);
  }

  Connection opener() {
    return a;
  }
}
