package dev.godwit.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Many channels over one pair of byte streams, the same on both ends.
 *
 * <p>Three daemon threads: one reads and never waits for anything but the stream, one writes (see
 * {@link Outgoing}), one pings and watches the silence. A broken rule, a cut stream or a silent
 * peer ends the connection, and with it every channel and every waiting call; a stream that ends
 * without the channel's own finish is never an orderly end (H47). Nothing is sent for a channel
 * before the peer's HELLO has shown the same protocol and the same build.
 *
 * <p>The streams are closed at the end, from a thread that nobody waits for: closing a stream that
 * another thread is blocked in may block too.
 */
public final class Connection implements AutoCloseable {
  /** Serves the channels that the peer opens. */
  @FunctionalInterface
  public interface Acceptor {
    /**
     * Called on a platform thread of its own, which may block. The channel is closed when this
     * returns.
     *
     * @param ability at most 100 bytes of letters, digits, dots and hyphens
     * @param argument at most 64 KiB from the peer, which may lie
     */
    void accept(String ability, byte[] argument, Channel channel);

    /**
     * Asked before {@link #accept}, by the thread that reads for all channels: must not wait.
     *
     * @return whether the channel is served without a thread of its own, and closed by whoever does
     */
    default boolean acceptNow(String ability, byte[] argument, Channel channel) {
      return false;
    }
  }

  /** What a connection may keep in memory besides {@link #CHANNEL_BYTES_MAX} of each channel. */
  public static final int BYTES_MAX = Frame.WINDOW_BUDGET_BYTES + 3 * 1024 * 1024;

  /** What of a channel's messages nobody may have taken yet. */
  public static final int CHANNEL_BYTES_MAX = Frame.WINDOW_START_BYTES;

  /** How long the last frames may take before the streams are closed. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final String peer;
  private final Acceptor acceptor;
  private final ConnectionSettings settings;
  private final InputStream in;
  private final OutputStream out;
  private final Outgoing outgoing;

  /** Signalled when one more request is done. */
  private final Condition served;

  private final WindowBudget budget = new WindowBudget();
  private final CountDownLatch hello = new CountDownLatch(1);
  private final CountDownLatch ending = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);

  /** Counted down when the reader has read its last frame. */
  private final CountDownLatch readOut = new CountDownLatch(1);

  private final Thread writer;
  private volatile long heardAt = System.nanoTime();

  /** Whether the streams are closed only once the peer has said its last word. */
  private volatile boolean isPatient;

  private volatile boolean byeCame;

  /** Whether all that this end says was written. */
  private volatile boolean isWritten;

  // Guarded by outgoing.lock:
  private final ChannelTable channels = new ChannelTable();
  private final List<Consumer<WireException>> lossListeners = new ArrayList<>();
  private int serving;
  private boolean closedHere;
  private @Nullable WireException end;

  private Connection(
      InputStream in,
      OutputStream out,
      String peer,
      Acceptor acceptor,
      ConnectionSettings settings) {
    this.in = in;
    this.out = out;
    this.peer = peer;
    this.acceptor = acceptor;
    this.settings = settings;
    this.outgoing = new Outgoing(out);
    this.served = outgoing.lock.newCondition();
    this.writer = thread("godwit writer to " + peer, this::write);
  }

  /**
   * Starts to speak over a pair of streams, which belong to the connection from now on.
   *
   * @param peer what the other end is called in messages for people
   */
  public static Connection start(
      InputStream in,
      OutputStream out,
      String peer,
      Acceptor acceptor,
      ConnectionSettings settings) {
    Connection connection = new Connection(in, out, peer, acceptor, settings);
    connection.outgoing.hello(settings.build());
    connection.writer.start();
    ConnectionReader reader = new ConnectionReader(connection, connection.outgoing, in, settings);
    thread("godwit reader of " + peer, reader::run).start();
    thread("godwit watch on " + peer, connection::watch).start();
    return connection;
  }

  /** As the longer one, for two ends that are of one build by other means. */
  public static Connection start(InputStream in, OutputStream out, String peer, Acceptor acceptor) {
    return start(in, out, peer, acceptor, ConnectionSettings.of(""));
  }

  /** An acceptor for an end that serves nothing. */
  public static void refuse(String ability, byte[] argument, Channel channel) {
    channel.fail("nothing is served here, not " + ability);
  }

  public String peer() {
    return peer;
  }

  /**
   * Waits until the peer has shown that it speaks the same protocol and is the same build; at most
   * as long as a peer may be silent.
   */
  public void awaitHello() throws WireException {
    try {
      hello.await();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
    outgoing.lock.lock();
    try {
      checkAlive();
    } finally {
      outgoing.lock.unlock();
    }
  }

  /**
   * Opens a channel; does not wait for the peer to accept it.
   *
   * @param ability at most 100 letters, digits, dots and hyphens
   * @param argument at most 64 KiB
   * @throws WireException when the connection is lost, or too many channels are open
   */
  public Channel open(String ability, byte[] argument) throws WireException {
    byte[] payload = opening(ability, argument);
    awaitHello();
    outgoing.lock.lock();
    try {
      do {
        checkMayOpen();
      } while (!outgoing.awaitRoomFor(payload.length));
      return opened(payload, true);
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      outgoing.lock.unlock();
    }
  }

  /**
   * As {@link #open}, for who does not wait: the peer hears of it with the next {@link
   * PolledChannel#flush}.
   *
   * @return null where it would have to wait
   */
  public @Nullable Channel tryOpen(String ability, byte[] argument) throws WireException {
    byte[] payload = opening(ability, argument);
    outgoing.lock.lock();
    try {
      checkMayOpen();
      boolean mustWait = hello.getCount() > 0 || outgoing.isFullFor(payload.length);
      return mustWait ? null : opened(payload, false);
    } finally {
      outgoing.lock.unlock();
    }
  }

  private static byte[] opening(String ability, byte[] argument) {
    if (!isAbility(ability) || argument.length > Frame.ARGUMENT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "ability " + ability + " with an argument of " + argument.length + " bytes");
    }
    return new MessageWriter(argument.length + 128)
        .text(ability)
        .raw(argument, 0, argument.length)
        .toBytes();
  }

  private void checkMayOpen() throws WireException {
    checkAlive();
    if (channels.isFull()) {
      throw new WireException("too many channels to " + peer + " are open");
    }
  }

  private MuxChannel opened(byte[] payload, boolean isUrgent) {
    MuxChannel channel = new MuxChannel(this, outgoing, channels.nextNumber());
    channels.put(channel);
    outgoing.open(channel, payload, isUrgent);
    return channel;
  }

  /** True once the connection is lost or closed; then nothing but messages that came can be had. */
  public boolean isLost() {
    return ending.getCount() == 0;
  }

  /**
   * Asks to be told once when the connection is lost; at once when it is already. A {@link #close}
   * on this side is no loss. Called on a thread of the connection, so it must not wait.
   */
  public void onLost(Consumer<WireException> listener) {
    WireException loss;
    outgoing.lock.lock();
    try {
      if (end == null) {
        lossListeners.add(listener);
        return;
      }
      loss = closedHere ? null : end;
    } finally {
      outgoing.lock.unlock();
    }
    if (loss != null) {
      listener.accept(loss);
    }
  }

  /** Waits until the streams were given up, which is at most about a second after the end. */
  public boolean awaitEnd(Duration limit) throws InterruptedException {
    return ended.await(limit.toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * Ends the connection: what was sent is written, if the stream takes it within a second, and
   * every channel ends. Idempotent.
   */
  @Override
  public void close() {
    end(new WireException("the connection to " + peer + " was closed on this side"), "", true);
    try {
      ended.await(LAST_WORDS.toMillis() * 3, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * As {@link #close}, but waits for the peer's last word, too, for about a second.
   *
   * @return whether it came: both streams then stand between two connections, and could carry
   *     another one if somebody else kept them open
   */
  public boolean closeInOrder() {
    isPatient = true;
    close();
    return isInOrder();
  }

  /**
   * Whether both ends have said their last words: nothing more of this connection is on the
   * streams. To be asked after {@link #awaitEnd}.
   */
  public boolean isInOrder() {
    return byeCame && !writer.isAlive() && isWritten;
  }

  /**
   * Waits until nothing is served any more that the peer has asked for.
   *
   * @return false when something still is after this time
   */
  public boolean awaitServed(Duration limit) throws InterruptedException {
    long left = limit.toNanos();
    outgoing.lock.lock();
    try {
      while (serving > 0 && left > 0) {
        left = served.awaitNanos(left);
      }
      return serving == 0;
    } finally {
      outgoing.lock.unlock();
    }
  }

  /** How many channels are in the table, for tests of what is left behind. */
  int openChannels() {
    outgoing.lock.lock();
    try {
      return channels.all().size();
    } finally {
      outgoing.lock.unlock();
    }
  }

  WindowBudget budget() {
    return budget;
  }

  /** The channel is done; the caller holds the lock. */
  void remove(MuxChannel channel) {
    if (channels.remove(channel)) {
      outgoing.unmark(channel);
      channel.inbox.release(budget);
    }
  }

  // For the reader.

  /** Takes a channel that the peer opens; null when this end works on too many requests already. */
  @Nullable MuxChannel accept(int wireNumber) throws WireException {
    MuxChannel channel;
    outgoing.lock.lock();
    try {
      checkAlive();
      channel = new MuxChannel(this, outgoing, channels.numberOfPeer(wireNumber));
      channels.put(channel);
      // A thread may outlive its channel for a while, so there is a limit of its own.
      if (serving < 2 * Frame.CHANNELS_MAX) {
        serving++;
        return channel;
      }
    } finally {
      outgoing.lock.unlock();
    }
    channel.fail("too many requests are still being worked on");
    return null;
  }

  /** Serves a channel to its end, on a thread of its own unless it needs none. */
  void serve(String ability, byte[] argument, MuxChannel channel) {
    if (acceptor.acceptNow(ability, argument, channel)) {
      isServed();
      return;
    }
    thread(
            "godwit " + ability + " for " + peer,
            () -> {
              try (channel) {
                acceptor.accept(ability, argument, channel);
              } finally {
                isServed();
              }
            })
        .start();
  }

  private void isServed() {
    outgoing.lock.lock();
    try {
      serving--;
      served.signalAll();
    } finally {
      outgoing.lock.unlock();
    }
  }

  /** The channel that a frame of the peer is for, null when it is over. */
  @Nullable MuxChannel find(int wireNumber) throws WireException {
    outgoing.lock.lock();
    try {
      return channels.find(wireNumber);
    } finally {
      outgoing.lock.unlock();
    }
  }

  void heard() {
    heardAt = System.nanoTime();
  }

  /**
   * Nothing more is read.
   *
   * @param isBye because the peer has said its last word
   */
  void isReadOut(boolean isBye) {
    byeCame |= isBye;
    readOut.countDown();
  }

  void helloCame() {
    hello.countDown();
  }

  // The writer and the watch.

  private void write() {
    try {
      outgoing.run(out);
      isWritten = true;
    } catch (IOException e) {
      lose("writing failed: " + e.getMessage() + detail(), "", e);
    } catch (InterruptedException e) {
      lose("the writer was interrupted", "", e);
    } catch (RuntimeException | Error e) {
      lose("a fault in Godwit itself: " + e, "", e);
    }
  }

  /** Pings, and ends the connection when the peer is silent; then closes the streams. */
  private void watch() {
    long silenceMax = settings.silenceMax().toNanos();
    long pingEvery = settings.pingEvery().toNanos();
    try {
      while (true) {
        long silence = System.nanoTime() - heardAt;
        if (silence >= silenceMax) {
          String why = "nothing was heard from it for " + silence / 1_000_000 + " ms";
          end(new SilenceException(lost(why)), "silence", false);
          break;
        }
        long before = System.nanoTime();
        long pause = Math.min(pingEvery, silenceMax - silence);
        if (ending.await(pause, TimeUnit.NANOSECONDS)) {
          break;
        }
        if (System.nanoTime() - before - pause > silenceMax / 2) {
          // This process itself stood still: what the peer said meanwhile waits to be read.
          heardAt = System.nanoTime();
        }
        outgoing.ping();
      }
      boolean said = writer.join(LAST_WORDS);
      if (!said) {
        // It is blocked in a stream that nobody reads; closing the stream is all that is left.
        writer.interrupt();
      }
      if (isPatient) {
        var unused = readOut.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      lose("the watch was interrupted", "", e);
    }
    Thread closer =
        thread(
            "godwit closer of " + peer,
            () -> {
              closeQuietly(out);
              closeQuietly(in);
            });
    closer.start();
    ended.countDown();
  }

  private static void closeQuietly(AutoCloseable stream) {
    try {
      stream.close();
    } catch (Exception e) {
      // The connection is over; there is nobody left to tell.
    }
  }

  // The end.

  void lose(String why, String bye, @Nullable Throwable cause) {
    end(new WireException(lost(why), cause), bye, false);
  }

  private String lost(String why) {
    return "the connection to " + peer + " was lost: " + why;
  }

  /** The first reason wins. */
  private void end(WireException reason, String bye, boolean isClose) {
    List<MuxChannel> open;
    List<Consumer<WireException>> listeners;
    outgoing.lock.lock();
    try {
      if (end != null) {
        return;
      }
      end = reason;
      closedHere = isClose;
      open = channels.all();
      listeners = isClose ? List.of() : List.copyOf(lossListeners);
      lossListeners.clear();
      for (MuxChannel channel : open) {
        channel.endFromOutside(reason);
      }
      outgoing.end(bye);
    } finally {
      outgoing.lock.unlock();
    }
    for (MuxChannel channel : open) {
      channel.inbox.end(reason);
    }
    hello.countDown();
    ending.countDown();
    for (Consumer<WireException> listener : listeners) {
      try {
        listener.accept(reason);
      } catch (RuntimeException e) {
        System.getLogger(Connection.class.getName())
            .log(System.Logger.Level.ERROR, "a listener for the loss of " + peer + " failed", e);
      }
    }
  }

  String detail() {
    String detail = settings.lossDetail().get();
    return detail.isEmpty() ? "" : " (" + detail + ")";
  }

  private void checkAlive() throws WireException {
    if (end != null) {
      throw Inbox.again(end);
    }
  }

  private WireException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new WireException("interrupted while waiting for " + peer, e);
  }

  static boolean isAbility(String name) {
    if (name.isEmpty() || name.length() > Frame.ABILITY_BYTES_MAX) {
      return false;
    }
    return name.chars()
        .allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || c == '.' || c == '-'));
  }

  static Thread thread(String name, Runnable body) {
    return Thread.ofPlatform().daemon().name(name).unstarted(body);
  }
}
