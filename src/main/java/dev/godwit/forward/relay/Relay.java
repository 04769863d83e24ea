package dev.godwit.forward.relay;

import dev.godwit.forward.loop.EventLoop;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Pipe;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The relayed connections of one loop, with the buffers and pipes that they share.
 *
 * <p>Invariant: a byte is in exactly one place: a side, a flow's kept buffer, or a flow's pipe; the
 * shared buffers are empty between two events.
 */
public final class Relay implements AutoCloseable {
  /** What is told of one relayed connection, on the loop's thread. */
  @FunctionalInterface
  public interface Observer {
    /** Both sides are closed. Once. */
    void ended();

    /** Bytes went one way or the other. */
    default void moved(long bytes) {}

    /** It ends otherwise than in order. */
    default void failed(String cause) {}

    /** After which a connection that moves nothing is reset; 0 for never. */
    default long idleNanosMax() {
      return 0;
    }

    /** Whether the client must not begin with a PROXY header (H49). */
    default boolean forbidsProxyHeader() {
      return false;
    }
  }

  /** Messages up to here are as fast copied as spliced. */
  private static final int SMALL_BUFFER_BYTES = 64 * 1024;

  /** The longest message that a flow makes of what it sends to a channel. */
  public static final int CHANNEL_MESSAGE_BYTES_MAX = SMALL_BUFFER_BYTES;

  /** Used when there is no pipe left: one system call for four times the bytes. */
  private static final int LARGE_BUFFER_BYTES = 256 * 1024;

  /** A read of this size says that a large transfer is under way. */
  static final int PROMOTE_BYTES = 48 * 1024;

  /** A turn that moved less than this says that it is over. */
  static final int DEMOTE_BYTES = 16 * 1024;

  /** What all flows together move in a turn, but for one read each: the others wait for it. */
  private static final long TURN_BYTES_MAX = 8L << 20;

  private static final int PIPE_BYTES = 1 << 20;

  /** Half of what /proc/sys/fs/pipe-user-pages-soft allows a user by default (64 MiB). */
  private static final int PIPES_MAX = 32;

  /**
   * While readers that have stopped keep so much of our memory, others are read in small pieces.
   */
  private static final long KEPT_BYTES_SOFT = 64L << 20;

  /** While they keep so much, nobody more is let in: it could only grow. */
  private static final long KEPT_BYTES_MAX = 3 * KEPT_BYTES_SOFT;

  private static final int TINY_BUFFER_BYTES = 4096;

  /** Free chunks of one size beyond this are the garbage collector's. */
  private static final int FREE_BYTES_MAX = 4 << 20;

  private static final long IDLE_SWEEP_NANOS = 1_000_000_000L;

  /** For a descriptor of which it is not known what events it has had. */
  public static final int ANY_EVENTS = -1;

  /** A connection that is older than this, or twice it, is one that stays. */
  private static final long SETTLE_NANOS = 5_000_000_000L;

  private static final long SWEEP_NANOS = 60_000_000_000L;

  /** A half-closed connection in which nothing moves ends after an hour. */
  private static final int HALF_CLOSED_SWEEPS_MAX = 60;

  /**
   * One whose reader has stopped, and holds memory here, after a quarter. The kernel would bear it
   * for ever, as long as that end acknowledges that its window is closed.
   */
  private static final int BLOCKED_SWEEPS_MAX = 15;

  private final EventLoop loop;
  private final MemorySegment smallBuffer = Arena.ofAuto().allocate(SMALL_BUFFER_BYTES, 4096);
  private @Nullable MemorySegment largeBuffer;
  private final ArrayDeque<Pipe> pipes = new ArrayDeque<>();
  private int pipesMade;
  private final ArrayDeque<MemorySegment> tinyChunks = new ArrayDeque<>();
  private final ArrayDeque<MemorySegment> smallChunks = new ArrayDeque<>();
  private final ArrayDeque<MemorySegment> largeChunks = new ArrayDeque<>();
  private long keptBytes;
  private final Set<RelayedConnection> connections = new HashSet<>();
  private long turn;
  private long turnBytesLeft;
  private boolean watchingIdle;
  private volatile int open;
  private final LongAdder total = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  private Relay(EventLoop loop) {
    this.loop = loop;
  }

  /** Begins with nobody, on a loop of its own. */
  public static Relay start(String name) throws LinuxException {
    Relay relay = new Relay(EventLoop.start(name));
    relay.loop.execute(relay::sweepLater);
    relay.loop.execute(relay::settleLater);
    return relay;
  }

  /** What all its connections run on. */
  public EventLoop loop() {
    return loop;
  }

  /**
   * Joins a client and a service. Loop thread.
   *
   * @return the connection, which may be over already
   */
  public RelayedConnection join(Side client, Side backend, Observer observer) {
    return join(client, backend, observer, new byte[0]);
  }

  /**
   * The same.
   *
   * @param answer what the client is told before all that the service says
   */
  public RelayedConnection join(Side client, Side backend, Observer observer, byte[] answer) {
    RelayedConnection connection = new RelayedConnection(this, client, backend, observer);
    connections.add(connection);
    if (observer.idleNanosMax() > 0) {
      watchIdle();
    }
    open = connections.size();
    total.increment();
    connection.start(answer);
    return connection;
  }

  /** What is joined now. Loop thread; valid until the next event. */
  public Set<RelayedConnection> connections() {
    return connections;
  }

  /** Resets those of some observers, for a reason that is counted. Loop thread. */
  public void end(Predicate<Observer> whose, String cause) {
    for (RelayedConnection c : new ArrayList<>(connections)) {
      if (whose.test(c.observer())) {
        c.end(cause);
      }
    }
  }

  /** Connections joined now. Any thread. */
  public int open() {
    return open;
  }

  /** Connections ever joined. Any thread. */
  public long total() {
    return total.sum();
  }

  /** Bytes relayed, both directions together. Any thread. */
  public long bytes() {
    return bytes.sum();
  }

  /** Connections that ended otherwise than in order, by cause. Any thread. */
  public Map<String, Long> errors() {
    Map<String, Long> snapshot = new TreeMap<>();
    errors.forEach((cause, count) -> snapshot.put(cause, count.sum()));
    return snapshot;
  }

  /** Counts one that ended otherwise than in order. Any thread. */
  public void countError(String cause) {
    errors.computeIfAbsent(cause, c -> new LongAdder()).increment();
  }

  void countBytes(long n) {
    turnBytesLeft -= n;
    bytes.add(n);
  }

  void ended(RelayedConnection connection) {
    connections.remove(connection);
    open = connections.size();
  }

  private MemorySegment largeBuffer() {
    MemorySegment buffer = largeBuffer;
    if (buffer == null) {
      buffer = Arena.ofAuto().allocate(LARGE_BUFFER_BYTES, 4096);
      largeBuffer = buffer;
    }
    return buffer;
  }

  /** Whether a flow may read once more in this turn, after {@code moved} bytes of its own in it. */
  boolean mayReadOn(long moved) {
    if (turn != loop.turnNumber()) {
      turn = loop.turnNumber();
      turnBytesLeft = TURN_BYTES_MAX;
    }
    return moved == 0 || turnBytesLeft > 0;
  }

  /**
   * What to read into next: what is read and not taken has to be kept.
   *
   * @param large whether a large transfer is under way
   */
  MemorySegment readBuffer(boolean large) {
    if (keptBytes < KEPT_BYTES_SOFT) {
      return large ? largeBuffer() : smallBuffer;
    }
    return keptBytes < 2 * KEPT_BYTES_SOFT
        ? smallBuffer
        : smallBuffer.asSlice(0, TINY_BUFFER_BYTES);
  }

  /** A buffer for {@code bytes} that a slow reader leaves over; at most a large buffer's size. */
  MemorySegment takeChunk(long bytes) {
    int size =
        bytes <= TINY_BUFFER_BYTES
            ? TINY_BUFFER_BYTES
            : bytes <= SMALL_BUFFER_BYTES ? SMALL_BUFFER_BYTES : LARGE_BUFFER_BYTES;
    keptBytes += size;
    MemorySegment free = free(size).poll();
    return free != null ? free : Arena.ofAuto().allocate(size);
  }

  void returnChunk(MemorySegment chunk) {
    keptBytes -= chunk.byteSize();
    ArrayDeque<MemorySegment> free = free(chunk.byteSize());
    if (free.size() < FREE_BYTES_MAX / chunk.byteSize()) {
      free.push(chunk);
    }
  }

  private ArrayDeque<MemorySegment> free(long size) {
    return size == TINY_BUFFER_BYTES
        ? tinyChunks
        : size == SMALL_BUFFER_BYTES ? smallChunks : largeChunks;
  }

  /** What readers that are slow keep of this loop's memory. Loop thread. */
  long keptBytes() {
    return keptBytes;
  }

  /** Why nobody more is let in, for people; null when there is room. Loop thread. */
  public @Nullable String refusal() {
    return keptBytes < KEPT_BYTES_MAX
        ? null
        : "the limit of memory, %d MiB for readers that have stopped"
            .formatted(KEPT_BYTES_MAX >> 20);
  }

  /** An empty pipe, or null when all are in use. */
  @Nullable Pipe takePipe() {
    Pipe free = pipes.poll();
    if (free != null || pipesMade >= PIPES_MAX) {
      return free;
    }
    try {
      Pipe made = Pipe.open(PIPE_BYTES);
      pipesMade++;
      return made;
    } catch (LinuxException e) {
      return null; // copying works without
    }
  }

  void returnPipe(Pipe pipe, boolean empty) {
    if (empty) {
      pipes.push(pipe);
    } else {
      pipe.close();
      pipesMade--;
    }
  }

  /** One look a second at all connections, from the first one on that has a limit. */
  private void watchIdle() {
    if (!watchingIdle) {
      watchingIdle = true;
      idleLater();
    }
  }

  private void idleLater() {
    loop.after(
        IDLE_SWEEP_NANOS,
        () -> {
          long now = System.nanoTime();
          for (RelayedConnection c : new ArrayList<>(connections)) {
            if (c.isIdle(now)) {
              c.end("idle for longer than the limit");
            }
          }
          idleLater();
        });
  }

  private void settleLater() {
    loop.after(
        SETTLE_NANOS,
        () -> {
          for (RelayedConnection c : connections) {
            c.settle();
          }
          settleLater();
        });
  }

  private void sweepLater() {
    loop.after(
        SWEEP_NANOS,
        () -> {
          for (RelayedConnection c : new ArrayList<>(connections)) {
            String cause = c.forgotten(HALF_CLOSED_SWEEPS_MAX, BLOCKED_SWEEPS_MAX);
            if (cause != null) {
              c.end(cause);
            }
          }
          sweepLater();
        });
  }

  /** Resets what is still open and ends the loop. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          new ArrayList<>(connections).forEach(RelayedConnection::abort);
          pipes.forEach(Pipe::close);
          pipes.clear();
          loop.close();
        });
    loop.close();
  }
}
