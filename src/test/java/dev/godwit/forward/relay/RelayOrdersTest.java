package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Orders of data, FIN and reset from both ends: each end of a relayed connection sees what it sees
 * when the two are connected directly, which is tried first.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class RelayOrdersTest {
  private static final int LENGTH = 4;
  private static final int LONG_SCRIPTS = Integer.getInteger("godwit.orders", 200);
  private static final int BYTES = 1 << 16;
  private static final long PAUSE_NANOS = 100_000;

  /** After which what has not come is not believed to come. */
  private static final long SEEN_NANOS_MAX = TestingPatience.LIMIT.toNanos();

  /** The ACK of a handshake waits so long for bytes to go with it. */
  private static final long DELAYED_ACK_NANOS_MAX = 300_000_000L;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer = arena.allocate(BYTES);
  private int service;
  private InetSocketAddress address;
  private Forward forward;

  private enum Act {
    DATA,
    FIN,
    CLOSE,
    RESET
  }

  private record Event(boolean byClient, Act act, int bytes) {
    @Override
    public String toString() {
      return (byClient ? "client " : "service ") + act + (act == Act.DATA ? " " + bytes : "");
    }
  }

  /** What an end has seen of the other one. */
  private record Sight(long bytes, long sum, boolean ended, boolean broken) {}

  private record Sights(Sight client, Sight service) {}

  private final class End {
    final int fd;
    private long sent;
    private long bytes;
    private long sum;
    private boolean ended;
    private boolean broken;
    private boolean closed;

    End(int fd) {
      this.fd = fd;
      Tuning.begin(fd); // what is said is seen at once
    }

    /** Reads all that is there. */
    Sight look() {
      boolean more = !closed && !ended && !broken;
      while (more) {
        long n = Sockets.receive(fd, buffer.address(), BYTES);
        for (long i = 0; i < n; i++) {
          sum = sum * 31 + buffer.get(ValueLayout.JAVA_BYTE, i);
        }
        bytes += Math.max(n, 0);
        ended = n == 0;
        broken = n < 0 && n != -Errno.EAGAIN;
        more = n > 0;
      }
      if (ended && !closed && !broken) {
        broken = Sockets.pendingError(fd) != 0;
      }
      return new Sight(bytes, sum, ended, broken);
    }

    void act(Event event, End other) {
      switch (event.act) {
        case DATA -> send(event.bytes, other);
        case FIN -> Sockets.finish(fd);
        case CLOSE -> {
          Sockets.close(fd);
          closed = true;
        }
        case RESET -> end();
      }
    }

    private void send(int count, End other) {
      long until = sent + count;
      while (sent < until && !broken) {
        long length = Math.min(BYTES, until - sent);
        for (long i = 0; i < length; i++) {
          buffer.set(ValueLayout.JAVA_BYTE, i, (byte) ((sent + i) * 7919 >> 5));
        }
        long n = Sockets.send(fd, buffer.address(), length);
        if (n >= 0) {
          sent += n;
        } else if (n == -Errno.EAGAIN) {
          look();
          other.look();
        } else {
          broken = true;
        }
      }
    }

    void end() {
      if (!closed) {
        Sockets.closeWithReset(fd);
        closed = true;
      }
    }
  }

  @BeforeEach
  void start() throws Exception {
    service = Sockets.tcp(false);
    Sockets.bind(service, new InetSocketAddress("127.0.0.1", 0));
    Sockets.listen(service, 16);
    address = Sockets.localAddress(service);
    forward = Forward.start(new InetSocketAddress("127.0.0.1", 0), address);
  }

  @AfterEach
  void end() {
    forward.close();
    Sockets.close(service);
    arena.close();
  }

  /** All of up to four events that make sense: an end says nothing after its last word. */
  @Test
  void h53_every_order_of_data_fin_and_reset_is_seen_as_it_would_be_directly() throws Exception {
    List<List<Event>> scripts = new ArrayList<>();
    lengthen(List.of(), scripts);
    for (List<Event> script : scripts) {
      compare(script, "");
    }
    awaitNobody();
    System.out.println(scripts.size() + " orders of events");
    assertThat(scripts).hasSizeGreaterThan(400);
  }

  @Test
  void h53_long_orders_with_much_data_are_seen_as_they_would_be_directly() throws Exception {
    long seed = Long.getLong("godwit.orders.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int i = 0; i < LONG_SCRIPTS; i++) {
      List<Event> script = new ArrayList<>();
      for (int length = 5 + random.nextInt(6); script.size() < length && canGoOn(script); ) {
        int bytes = 1 + random.nextInt(random.nextBoolean() ? 300_000 : 100);
        Act act = random.nextInt(3) > 0 ? Act.DATA : Act.values()[random.nextInt(4)];
        Event event = new Event(random.nextBoolean(), act, bytes);
        if (isPossible(script, event)) {
          script.add(event);
        }
      }
      compare(script, " (seed " + seed + ")");
    }
    awaitNobody();
  }

  /** As the relay may see it on a busy host: connected and reset in one look. */
  @Test
  void h53_a_reset_right_behind_the_handshake_is_passed_on_and_not_tried_again() throws Exception {
    for (String said : List.of("", "421 no\r\n")) {
      EventLoop loop = forward.relay().loop();
      CompletableFuture<Boolean> spoken = new CompletableFuture<>();
      loop.execute(spoken::join);
      loop.execute(() -> resetNext(loop, said));
      End client = new End(Sockets.tcp(false));
      assertThat(Sockets.connect(client.fd, forward.address())).isIn(0, Errno.EINPROGRESS);
      client.act(new Event(true, Act.DATA, 10), client);
      spoken.complete(true);
      long end = System.nanoTime() + SEEN_NANOS_MAX;
      while (!client.look().broken && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      assertThat(client.look()).isEqualTo(new Sight(said.length(), sum(said), false, true));
      client.end();
      awaitNobody();
    }
    assertThat(forward.errors()).containsOnlyKeys("service: Connection reset by peer");
    assertThat(Sockets.accept(service)).as("another attempt").isEqualTo(-Errno.EAGAIN);
  }

  /** In the turn in which the relay connects, on its own thread. */
  private void resetNext(EventLoop loop, String said) {
    int accepted = Sockets.accept(service);
    for (long end = System.nanoTime() + DELAYED_ACK_NANOS_MAX;
        accepted < 0 && System.nanoTime() - end < 0; ) {
      LockSupport.parkNanos(PAUSE_NANOS);
      accepted = Sockets.accept(service);
    }
    if (accepted < 0) {
      loop.again(() -> resetNext(loop, said));
      return;
    }
    try (Arena own = Arena.ofConfined()) {
      Sockets.send(accepted, own.allocateFrom(said).address(), said.length());
    }
    Sockets.closeWithReset(accepted);
  }

  private static long sum(String text) {
    return text.chars().asLongStream().reduce(0, (sum, c) -> sum * 31 + c);
  }

  private static void lengthen(List<Event> script, List<List<Event>> all) {
    if (script.size() == LENGTH) {
      return;
    }
    for (boolean byClient : new boolean[] {true, false}) {
      for (Act act : Act.values()) {
        Event event = new Event(byClient, act, 10);
        if (isPossible(script, event)) {
          List<Event> longer = new ArrayList<>(script);
          longer.add(event);
          all.add(longer);
          lengthen(longer, all);
        }
      }
    }
  }

  private static boolean isPossible(List<Event> before, Event event) {
    for (Event e : before) {
      if (e.byClient == event.byClient) {
        boolean gone = e.act == Act.CLOSE || e.act == Act.RESET;
        boolean spoken = e.act == Act.FIN && (event.act == Act.DATA || event.act == Act.FIN);
        if (gone || spoken) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean canGoOn(List<Event> script) {
    return isPossible(script, new Event(true, Act.RESET, 0))
        || isPossible(script, new Event(false, Act.RESET, 0));
  }

  private void compare(List<Event> script, String seed) throws Exception {
    List<Sights> direct = run(script, address, List.of());
    List<Sights> relayed = run(script, forward.address(), direct);
    assertThat(relayed).as("%s%s", script, seed).isEqualTo(direct);
  }

  /**
   * @param expected after each event, before the next one; empty: what does not change any more
   */
  private List<Sights> run(List<Event> script, InetSocketAddress to, List<Sights> expected)
      throws Exception {
    int fd = Sockets.tcp(false);
    int connecting = Sockets.connect(fd, to);
    assertThat(connecting).isIn(0, Errno.EINPROGRESS);
    End client = new End(fd);
    End server = new End(awaitAccepted());
    List<Sights> seen = new ArrayList<>();
    for (int i = 0; i < script.size(); i++) {
      Event event = script.get(i);
      if (event.byClient) {
        client.act(event, server);
      } else {
        server.act(event, client);
      }
      boolean isLast = i == script.size() - 1;
      seen.add(
          expected.isEmpty()
              ? awaitStill(client, server, isLast ? 5 : 2)
              : await(client, server, expected.get(i), isLast));
    }
    client.end();
    server.end();
    return seen;
  }

  private int awaitAccepted() {
    int accepted = Sockets.acceptFrom(service);
    long end = System.nanoTime() + SEEN_NANOS_MAX;
    while (accepted < 0) {
      assertThat(System.nanoTime() - end).as("accepted").isNegative();
      LockSupport.parkNanos(PAUSE_NANOS);
      accepted = Sockets.acceptFrom(service);
    }
    return accepted;
  }

  private static Sights look(End client, End server) {
    return new Sights(client.look(), server.look());
  }

  private static Sights awaitStill(End client, End server, int times) {
    Sights last = look(client, server);
    for (int same = 0; same < times; ) {
      LockSupport.parkNanos(PAUSE_NANOS);
      Sights now = look(client, server);
      same = now.equals(last) ? same + 1 : 0;
      last = now;
    }
    return last;
  }

  /** What is expected has to come, and nothing after it. */
  private static Sights await(End client, End server, Sights expected, boolean isLast) {
    long end = System.nanoTime() + SEEN_NANOS_MAX;
    Sights now = look(client, server);
    while (!now.equals(expected) && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(PAUSE_NANOS);
      now = look(client, server);
    }
    return isLast ? awaitStill(client, server, 5) : now;
  }

  /** Nothing of the relay's is left. */
  private void awaitNobody() {
    long end = System.nanoTime() + SEEN_NANOS_MAX;
    while (forward.open() > 0) {
      assertThat(System.nanoTime() - end).as("%s are open", forward.open()).isNegative();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
