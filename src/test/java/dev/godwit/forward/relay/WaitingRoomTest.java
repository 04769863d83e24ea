package dev.godwit.forward.relay;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.Errno;
import dev.godwit.linux.SocketDiagnostics;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How those who have waited go. A landing that answers when it is told to counts the attempts. */
@Timeout(TestingPatience.TEST_SECONDS)
final class WaitingRoomTest {
  private static final String RETRIED = "retried: Connection refused";
  private static final String GIVEN_UP = "given up: Connection refused";
  private static final String SILENCE = "given up: Connection timed out";
  private static final String SILENCE_RETRIED = "retried: Connection timed out";

  /** For an attempt; longer than one is tried for. */
  private static final Duration LIMIT = Duration.ofNanos(Guest.RETRY_NANOS_MAX * 5 / 4);

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

  /** The landing takes every connection, and answers none. */
  @ParameterizedTest
  @ValueSource(longs = {0, 10_000_000})
  void h50_where_nobody_answers_all_who_wait_are_closed_as_soon_as_one_who_came_alone(
      long paceNanos) throws Exception {
    admit(500);
    open(guest -> call(address, LIMIT, true), paceNanos);
    await(() -> count.errors().getOrDefault(SILENCE, 0L) == 500);
    // The first ones have shown it, and were tried once more as anybody is.
    assertThat(attempts()).isEqualTo(500 + WaitingRoom.IN_FLIGHT_FIRST);
    assertThat(count.held.get()).isZero();
  }

  @Test
  void h50_who_goes_where_somebody_answers_does_not_stand_behind_those_who_do_not()
      throws Exception {
    InetSocketAddress silent = admit(500);
    admit(20);
    int other = listener();
    InetSocketAddress service = Sockets.localAddress(other);
    try {
      open(
          guest ->
              guest.local.equals(silent) ? call(address, LIMIT, true) : call(service, LIMIT, false),
          0);
      awaitJoined(20);
      await(() -> count.errors().getOrDefault(SILENCE, 0L) == 500);
    } finally {
      Sockets.close(other);
    }
  }

  /** Answers one attempt after the other, and takes longer for some than they may wait. */
  @Test
  void h55_a_service_that_answers_slowly_is_not_run_over() throws Exception {
    admit(100);
    int[] most = {0};
    open(
        guest -> {
          most[0] = Math.max(most[0], attempts - ended());
          return call(address, LIMIT, true);
        },
        0);
    onLoop(
        () -> {
          answerSlowly(LIMIT.toNanos() / 20);
          return true;
        });
    await(() -> count.held.get() == 0);
    assertThat(relay.open()).isGreaterThan(50);
    assertThat(most[0]).as("at a time").isLessThan(40);
  }

  /** Attempts that are not under way any more. Loop thread. */
  private int ended() {
    return relay.open() + count.errors().values().stream().mapToInt(Long::intValue).sum();
  }

  private void answerSlowly(long nanos) {
    EventLoop.Timer unused =
        relay
            .loop()
            .after(
                nanos,
                () -> {
                  for (int fd = Sockets.accept(landing); fd >= 0; fd = Sockets.accept(landing)) {
                    landed.add(fd);
                    if (isAnswered(fd)) {
                      break; // any other is not waited for any more
                    }
                  }
                  answerSlowly(nanos);
                });
  }

  private static boolean isAnswered(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, Preamble.answer(0));
      return Sockets.send(fd, bytes.address(), bytes.byteSize()) > 0;
    }
  }

  @Test
  void h50_who_waits_longer_than_one_is_tried_while_all_are_refused_has_one_attempt()
      throws Exception {
    admit(100);
    open(attempt -> address);
    assertThat(answer(Errno.ECONNREFUSED)).isEqualTo(8);
    await(() -> attempts() == 16);
    Thread.sleep(Duration.ofNanos(Guest.RETRY_NANOS_MAX));
    assertThat(answer(Errno.ECONNREFUSED)).as("the next ones, who have waited too").isEqualTo(8);
    await(() -> attempts() == 24);
    assertThat(answer(Errno.ECONNREFUSED)).as("the first ones again").isEqualTo(8);
    await(() -> onLoop(this::failures) == 24); // the first of them lets all others go
    await(() -> attempts() == 100 + 8);
    assertThat(answer(Errno.ECONNREFUSED)).as("all others").isEqualTo(84);
    await(() -> count.errors().getOrDefault(GIVEN_UP, 0L) == 100);
  }

  /** Found by a landing that hung for longer than its clients are tried, and was started again. */
  @Test
  void h50_who_has_waited_while_one_was_silent_is_tried_again_as_that_one_is() throws Exception {
    admit(200);
    open(guest -> call(address, LIMIT, true), 0);
    await(() -> count.errors().getOrDefault(SILENCE_RETRIED, 0L) == WaitingRoom.IN_FLIGHT_FIRST);
    await(() -> attempts() >= 200);
    assertThat(resetAll()).as("of those who wait").isGreaterThan(150);
    await(() -> answerAll() && count.held.get() == 0);
    assertThat(relay.open()).isEqualTo(200);
  }

  @Test
  void h52_what_one_who_waits_has_said_stays_in_its_queue() throws Exception {
    int port = admit(1).getPort();
    try (Arena arena = Arena.ofConfined()) {
      long sent = Sockets.send(clients.getFirst(), arena.allocate(5).address(), 5);
      assertThat(sent).isEqualTo(5);
    }
    open(attempt -> address);
    await(() -> attempts() == 1);
    assertThat(unread(port)).as("while it is connected").isEqualTo(5);
    assertThat(answer(0)).isOne();
    awaitJoined(1);
    await(() -> unread(port) == 0);
  }

  private static long unread(int port) throws Exception {
    return SocketDiagnostics.sockets(port, SocketDiagnostics.ESTABLISHED).stream()
        .filter(s -> s.local().getPort() == port)
        .mapToLong(SocketDiagnostics.TcpSocket::received)
        .sum();
  }

  @Test
  void h51_a_place_is_kept_for_one_of_whom_something_has_to_be_found_out() throws Exception {
    WaitingRoom small = new WaitingRoom(relay, 2, null);
    InetSocketAddress here = Sockets.localAddress(landing);
    int[] came = new int[4];
    for (int i = 0; i < came.length; i++) {
      int client = Sockets.tcp(false);
      clients.add(client);
      assertThat(Sockets.connect(client, here)).isIn(0, Errno.EINPROGRESS);
      came[i] = accept(landing);
    }
    assertThat(onLoop(() -> small.expect(came[0], count))).isTrue();
    assertThat(onLoop(() -> small.expect(came[1], count))).isTrue();
    assertThat(onLoop(() -> small.expect(came[2], count))).isFalse();
    assertThat(count.refused.sum()).isEqualTo(1);
    assertThat(count.total.sum()).isEqualTo(1);
    InetSocketAddress peer = Sockets.peerAddress(came[0]);
    onLoop(
        () -> {
          small.isHere();
          small.admit(came[0], peer, here, count, false);
          small.isHere(); // who it is could not be found out
          Sockets.close(came[1]);
          return true;
        });
    assertThat(small.waiting()).isEqualTo(1);
    assertThat(onLoop(() -> small.expect(came[3], count))).isTrue();
    Sockets.close(came[3]);
    onLoop(
        () -> {
          small.clear();
          return true;
        });
  }

  @Test
  void h51_who_gives_up_while_he_waits_is_not_kept() throws Exception {
    admit(1);
    for (int i = 0; i < 10; i++) {
      int before = clients.size();
      admit(100);
      List<Integer> these = clients.subList(before, clients.size());
      these.forEach(Sockets::closeWithReset);
      these.clear();
      await(() -> room.waiting() == 1);
    }
    assertThat(onLoop(room::kept)).isEqualTo(1);
  }

  @Test
  void attempts_that_a_hold_takes_back_are_made_in_the_same_order_after_it() throws Exception {
    admit(WaitingRoom.IN_FLIGHT_FIRST);
    List<InetSocketAddress> order = new ArrayList<>();
    for (int hold = 0; hold < 2; hold++) {
      open(
          guest -> {
            order.add(guest.client);
            return call(address, LIMIT, true);
          },
          0);
      onLoop(
          () -> {
            room.shut();
            return true;
          });
    }
    List<InetSocketAddress> arrival = new ArrayList<>();
    for (int client : clients) {
      arrival.add(Sockets.localAddress(client));
    }
    assertThat(order)
        .hasSize(2 * arrival.size())
        .startsWith(arrival.toArray(InetSocketAddress[]::new));
    assertThat(order.subList(arrival.size(), order.size())).isEqualTo(arrival);
  }

  @Test
  void h50_what_failed_before_a_hold_does_not_count_after_it() throws Exception {
    int closed = listener();
    InetSocketAddress nobody = Sockets.localAddress(closed);
    Sockets.close(closed);
    admit(20);
    open(attempt -> nobody);
    await(() -> count.errors().getOrDefault(RETRIED, 0L) >= 20);
    onLoop(
        () -> {
          room.shut();
          return true;
        });
    Thread.sleep(Duration.ofNanos(Guest.RETRY_NANOS_MAX));
    long before = count.errors().getOrDefault(RETRIED, 0L);
    open(attempt -> nobody);
    await(() -> count.errors().getOrDefault(RETRIED, 0L) >= before + 20);
  }

  private static int listener() throws Exception {
    int fd = Sockets.tcp(false);
    Sockets.bind(fd, new InetSocketAddress("127.0.0.1", 0));
    Sockets.listen(fd, 1000);
    return fd;
  }

  /**
   * So many clients wait, and nothing else has to happen before they go.
   *
   * @return where they came to
   */
  private InetSocketAddress admit(int guests) throws Exception {
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
    return here;
  }

  private void open(IntFunction<InetSocketAddress> to) throws Exception {
    open(guest -> call(to.apply(attempts + 1), Duration.ofSeconds(60), true), 0);
  }

  private void open(WaitingRoom.Route to, long paceNanos) throws Exception {
    onLoop(
        () -> {
          room.open(
              guest -> {
                Attempt.Call call = to.call(guest);
                attempts++;
                return call;
              },
              paceNanos);
          return true;
        });
  }

  private static Dial.Call call(InetSocketAddress to, Duration limit, boolean landing) {
    return new Dial.Call(to, null, false, new byte[0], landing, limit);
  }

  private int attempts() throws Exception {
    return onLoop(() -> attempts);
  }

  /** Loop thread. */
  private int failures() {
    Map<String, Long> failed = count.errors();
    return (int) (failed.getOrDefault(RETRIED, 0L) + failed.getOrDefault(GIVEN_UP, 0L));
  }

  private void awaitJoined(int joined) throws Exception {
    await(() -> relay.open() == joined);
  }

  /** Answers all attempts of now; how many these were. */
  private int answer(int errno) throws Exception {
    int answered = 0;
    int inFlight = onLoop(() -> attempts - relay.open() - failures());
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

  private int resetAll() {
    int reset = 0;
    for (int fd = Sockets.accept(landing); fd >= 0; fd = Sockets.accept(landing)) {
      Sockets.closeWithReset(fd);
      reset++;
    }
    return reset;
  }

  private boolean answerAll() {
    for (int fd = Sockets.accept(landing); fd >= 0; fd = Sockets.accept(landing)) {
      landed.add(fd);
      assertThat(isAnswered(fd)).isTrue();
    }
    return true;
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
