package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.move.TestingQuiet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Clients that come at a steady rate and wait as long as it takes, thousands of them at once; and a
 * service that answers each with its own number and remembers in which order it accepted them. Each
 * on one thread, in the namespace of the thread that makes it.
 */
public final class TestingCrowd implements AutoCloseable {
  private final Selector selector = Selector.open();
  private final Thread thread;
  private final InetSocketAddress target;
  private final long intervalNanos;
  private volatile int count;
  private volatile boolean closed;
  private volatile double perSecond;

  public final AtomicInteger answered = new AtomicInteger();

  /** What went wrong, by the client's number. */
  public final Map<Integer, String> failures = new ConcurrentHashMap<>();

  /** Numbers of clients whose answers have come, in that order. */
  final List<Integer> order = new CopyOnWriteArrayList<>();

  private TestingCrowd(InetSocketAddress target, int perSecond, int count) throws IOException {
    this.target = target;
    this.count = count;
    intervalNanos = 1_000_000_000L / perSecond;
    thread = Thread.ofPlatform().daemon().name("crowd").unstarted(this::run);
  }

  /** Sends {@code count} clients, one after the other. */
  public static TestingCrowd send(InetSocketAddress target, int perSecond, int count)
      throws IOException {
    TestingCrowd crowd = new TestingCrowd(target, perSecond, count);
    crowd.thread.start();
    return crowd;
  }

  /**
   * They came about as quickly as they were to. A machine that has other things to do sends them
   * late and then all at once, which is no less of a load; what has to be seen is that the load was
   * not a tenth of what its test speaks of.
   */
  public void assertRate() {
    double wanted = 1e9 / intervalNanos;
    assertThat(perSecond)
        .as("of %.0f wanted a second: %s", wanted, this)
        .isGreaterThan((TestingQuiet.MACHINE ? 0.9 : 0.2) * wanted);
  }

  int done() {
    return answered.get() + failures.size();
  }

  private void run() {
    long start = System.nanoTime();
    int next = 0;
    try {
      while (!closed && done() < count) {
        long now = System.nanoTime();
        while (next < count && start + next * intervalNanos - now <= 0) {
          come(next++);
          perSecond = next * 1e9 / (System.nanoTime() - start);
        }
        long wait = next < count ? start + next * intervalNanos - System.nanoTime() : 50_000_000;
        if (wait > 1_000_000) {
          selector.select(this::heard, wait / 1_000_000);
        } else {
          selector.selectNow(this::heard);
        }
      }
    } catch (IOException e) {
      failures.put(-1, e.toString());
    }
  }

  private void come(int number) {
    try {
      SocketChannel channel = SocketChannel.open();
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, number);
      if (channel.connect(target)) {
        ask(key, channel);
      }
    } catch (IOException e) {
      failures.put(number, e.toString());
    }
  }

  private static void ask(SelectionKey key, SocketChannel channel) throws IOException {
    ByteBuffer number = ByteBuffer.allocate(4).putInt((Integer) key.attachment()).flip();
    channel.write(number); // an empty socket takes four bytes
    key.interestOps(SelectionKey.OP_READ);
  }

  private void heard(SelectionKey key) {
    SocketChannel channel = (SocketChannel) key.channel();
    int number = (Integer) key.attachment();
    try {
      if (key.isConnectable()) {
        channel.finishConnect();
        ask(key, channel);
        return;
      }
      ByteBuffer answer = ByteBuffer.allocate(4);
      int n = channel.read(answer);
      if (n != 4 || answer.flip().getInt() != number) {
        throw new IOException("no answer, or another's: " + n);
      }
      order.add(number);
      answered.incrementAndGet();
    } catch (IOException e) {
      failures.put(number, e.toString());
    }
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      failures.put(number, e.toString());
    }
  }

  /** Waits until every client knows how it ended. */
  public void await() throws Exception {
    if (!thread.join(TestingPatience.LIMIT)) {
      throw new IOException(
          done() + " of " + count + " are done after " + TestingPatience.LIMIT + ": " + this);
    }
  }

  @Override
  public void close() throws Exception {
    closed = true;
    selector.wakeup();
    thread.join();
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }

  @Override
  public String toString() {
    List<String> some = new ArrayList<>();
    failures.entrySet().stream().limit(10).forEach(e -> some.add(e.toString()));
    return "%.0f came a second, ".formatted(perSecond)
        + answered
        + " answered, "
        + failures.size()
        + " failed: "
        + some;
  }

  /** The service. */
  public static final class Service implements AutoCloseable {
    private final ServerSocketChannel listener = ServerSocketChannel.open();
    private final Selector selector = Selector.open();

    /** Numbers by the order in which their connections were accepted; -1 until one has spoken. */
    final List<int[]> accepted = new ArrayList<>();

    public Service(InetSocketAddress address) throws IOException {
      this(address, 4096);
    }

    /**
     * @param backlog how many may stand in its queue
     */
    public Service(InetSocketAddress address, int backlog) throws IOException {
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listener.bind(address, backlog);
      listener.configureBlocking(false);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      Thread.ofPlatform().daemon().name("crowd's service").start(this::run);
    }

    private void run() {
      try {
        while (listener.isOpen()) {
          selector.select(this::serve);
        }
      } catch (IOException | java.nio.channels.ClosedSelectorException e) {
        return;
      }
    }

    private void serve(SelectionKey key) {
      try {
        if (key.channel() == listener) {
          for (SocketChannel one = listener.accept(); one != null; one = listener.accept()) {
            one.configureBlocking(false);
            int[] number = {-1};
            synchronized (accepted) {
              accepted.add(number);
            }
            one.register(selector, SelectionKey.OP_READ, number);
          }
          return;
        }
        SocketChannel one = (SocketChannel) key.channel();
        ByteBuffer asked = ByteBuffer.allocate(4);
        if (one.read(asked) != 4) {
          one.close();
          return;
        }
        int[] number = (int[]) key.attachment();
        number[0] = asked.getInt(0);
        one.write(asked.flip());
        one.close();
      } catch (IOException e) {
        close(key);
      }
    }

    private static void close(SelectionKey key) {
      try {
        key.channel().close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    public List<Integer> numbers() {
      synchronized (accepted) {
        return accepted.stream().map(n -> n[0]).filter(n -> n >= 0).toList();
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
      selector.close();
    }
  }
}
