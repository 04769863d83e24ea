package dev.godwit.forward.relay;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How those who have waited go. A landing that answers when it is told to counts the attempts. */
@Timeout(TestingPatience.TEST_SECONDS)
final class WaitingRoomTest {
  private static final String RETRIED = "retried: Connection refused";

  private final List<Integer> clients = new ArrayList<>();
  private final List<Integer> landed = new ArrayList<>();
  private final Count count = new Count();
  private int landing;
  private InetSocketAddress address;
  private Relay relay;
  private WaitingRoom room;

  /** Made so far. Loop thread. */
  private int attempts;

  @BeforeEach
  void start() throws Exception {
    landing = listener();
    address = Sockets.localAddress(landing);
    relay = Relay.start("room");
    room = WaitingRoom.untracked(relay);
  }

  @AfterEach
  void end() throws Exception {
    boolean unused =
        relay
            .loop()
            .ask(
                () -> {
                  room.clear();
                  return true;
                });
    relay.close();
    clients.forEach(Sockets::close);
    landed.forEach(Sockets::close);
    Sockets.close(landing);
  }

  @Test
  void h55_as_many_go_at_a_time_as_the_service_has_shown_that_it_bears() throws Exception {
    admit(300);
    open(attempt -> address);
    assertThat(attempts()).as("at first").isEqualTo(8);
    int joined = 0;
    int made = 8;
    for (int more : new int[] {16, 32, 64, 64}) {
      joined += answer(0);
      awaitJoined(joined);
      made += more;
      assertThat(attempts()).as("%s are connected", joined).isEqualTo(made);
    }
    assertThat(answer(Errno.ECONNREFUSED)).isEqualTo(64);
    await(() -> count.errors().getOrDefault(RETRIED, 0L) == 64);
    assertThat(attempts()).as("after failures").isEqualTo(made + 8);
  }

  @Test
  void h55_those_who_are_tried_again_do_not_come_all_at_once() throws Exception {
    int closed = listener();
    InetSocketAddress nobody = Sockets.localAddress(closed);
    Sockets.close(closed);
    admit(100);
    open(attempt -> attempt <= 100 ? nobody : address);
    await(() -> attempts() == 108);
    assertThat(count.errors()).isEqualTo(Map.of(RETRIED, 100L));
    assertThat(answer(0)).isEqualTo(8);
    await(() -> attempts() == 108 + 16);
  }

  private static int listener() throws Exception {
    int fd = Sockets.tcp(false);
    Sockets.bind(fd, new InetSocketAddress("127.0.0.1", 0));
    Sockets.listen(fd, 1000);
    return fd;
  }

  /** So many clients wait, and nothing else has to happen before they go. */
  private void admit(int guests) throws Exception {
    int listener = listener();
    InetSocketAddress here = Sockets.localAddress(listener);
    List<Guest> admitted = new ArrayList<>();
    for (int i = 0; i < guests; i++) {
      int client = Sockets.tcp(false);
      clients.add(client);
      assertThat(Sockets.connect(client, here)).isIn(0, Errno.EINPROGRESS);
      int fd = accept(listener);
      InetSocketAddress peer = Sockets.peerAddress(fd);
      Guest guest = new Guest(room, fd, peer, here, count, System.nanoTime());
      admitted.add(guest);
      onLoop(
          () -> {
            relay.loop().add(fd, EventLoop.interest(), guest);
            room.admit(guest, false);
            return true;
          });
    }
    Sockets.close(listener);
    await(() -> onLoop(() -> admitted.stream().allMatch(g -> g.seen != 0)));
  }

  private void open(IntFunction<InetSocketAddress> to) throws Exception {
    onLoop(
        () -> {
          room.open(
              guest -> {
                attempts++;
                return new Dial.Call(
                    to.apply(attempts), null, false, new byte[0], true, Duration.ofSeconds(60));
              });
          return true;
        });
  }

  private int attempts() throws Exception {
    return onLoop(() -> attempts);
  }

  private void awaitJoined(int joined) throws Exception {
    await(() -> relay.open() == joined);
  }

  /** Answers all attempts of now; how many these were. */
  private int answer(int errno) throws Exception {
    int answered = 0;
    int inFlight =
        onLoop(() -> attempts - relay.open()) - count.errors().getOrDefault(RETRIED, 0L).intValue();
    try (Arena arena = Arena.ofConfined()) {
      byte[] answer = Preamble.answer(errno);
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, answer);
      for (; answered < inFlight; answered++) {
        int fd = accept(landing);
        landed.add(fd);
        assertThat(Sockets.send(fd, bytes.address(), answer.length)).isEqualTo(answer.length);
      }
    }
    return answered;
  }

  private static int accept(int listener) throws Exception {
    int[] accepted = {Sockets.accept(listener)};
    await(() -> accepted[0] >= 0 || (accepted[0] = Sockets.accept(listener)) >= 0);
    return accepted[0];
  }

  private <T> T onLoop(Callable<T> question) throws Exception {
    return relay
        .loop()
        .ask(
            () -> {
              try {
                return question.call();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
  }
}
