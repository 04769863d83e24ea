package dev.godwit.wire;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
  }

  /** How long the last frames may take before the streams are closed. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(1);

  private final String peer;
  private final Acceptor acceptor;
  private final ConnectionSettings settings;
  private final InputStream in;
  private final OutputStream out;
  private final Outgoing outgoing = new Outgoing();
  private final WindowBudget budget = new WindowBudget();
  private final CountDownLatch hello = new CountDownLatch(1);
  private final CountDownLatch ending = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread writer;
  private volatile long heardAt = System.nanoTime();

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
    thread("godwit reader of " + peer, connection::read).start();
    thread("godwit watch on " + peer, connection::watch).start();
    return connection;
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
    if (!isAbility(ability) || argument.length > Frame.ARGUMENT_BYTES_MAX) {
      throw new IllegalArgumentException(
          "ability " + ability + " with an argument of " + argument.length + " bytes");
    }
    byte[] payload =
        new MessageWriter(argument.length + 128)
            .text(ability)
            .raw(argument, 0, argument.length)
            .toBytes();
    awaitHello();
    outgoing.lock.lock();
    try {
      do {
        checkAlive();
        if (channels.isFull()) {
          throw new WireException("too many channels to " + peer + " are open");
        }
      } while (!outgoing.awaitRoomFor(payload.length));
      MuxChannel channel = new MuxChannel(this, outgoing, channels.nextNumber());
      channels.put(channel);
      outgoing.open(channel, payload);
      return channel;
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      outgoing.lock.unlock();
    }
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
      ended.await(LAST_WORDS.toMillis() * 2, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
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

  // The reader.

  private void read() {
    FrameInput frames = new FrameInput(in, () -> heardAt = System.nanoTime());
    try {
      Hello.read(frames, settings.build());
      hello.countDown();
      while (true) {
        frames.next();
        handle(frames);
      }
    } catch (Hello.Mismatch e) {
      lose(e.getMessage(), e.getMessage(), e);
    } catch (WireException e) {
      lose("it broke the protocol: " + e.getMessage(), e.getMessage(), e);
    } catch (Bye e) {
      lose(e.words, "", e);
    } catch (EOFException e) {
      lose("the stream ended" + detail(), "", e);
    } catch (IOException e) {
      lose("reading failed: " + e.getMessage() + detail(), "", e);
    } catch (RuntimeException | Error e) {
      lose("a fault in Godwit itself: " + e, "a fault at the other end", e);
    }
  }

  private void handle(FrameInput frames) throws IOException {
    switch (frames.type) {
      case Frame.PING -> frames.skipPayload();
      case Frame.OPEN -> opened(frames.channel, frames.payload());
      case Frame.DATA -> {
        MuxChannel channel = find(frames.channel);
        if (channel == null) {
          frames.skipPayload();
        } else {
          channel.inbox.reserve(frames.payloadBytes);
          channel.inbox.put(frames.payload());
        }
      }
      case Frame.CREDIT -> {
        MessageReader message = new MessageReader(frames.payload());
        int bytes = message.u32();
        MuxChannel channel = find(frames.channel);
        if (channel != null) {
          locked(() -> channel.creditCame(bytes));
        }
      }
      case Frame.FINISH -> {
        MuxChannel channel = find(frames.channel);
        if (channel != null) {
          channel.inbox.finish();
          locked(channel::peerFinished);
        }
      }
      case Frame.FAIL -> {
        String reason = Printable.text(utf8(frames.payload()), Frame.REASON_BYTES_MAX);
        MuxChannel channel = find(frames.channel);
        if (channel != null) {
          PeerFailure failure =
              new PeerFailure(peer, reason.isEmpty() ? "closed the channel" : reason);
          locked(
              () -> {
                remove(channel);
                channel.endFromOutside(failure);
              });
          channel.inbox.end(failure);
        }
      }
      case Frame.BYE -> throw Bye.read(frames);
      default -> throw new WireException("a second hello");
    }
  }

  private void opened(int wireNumber, byte[] payload) throws WireException {
    MessageReader message = new MessageReader(payload);
    String ability = message.text(Frame.ABILITY_BYTES_MAX);
    if (!isAbility(ability)) {
      throw new WireException("a channel to " + Printable.line(ability, 100));
    }
    byte[] argument = message.rest();
    MuxChannel channel;
    boolean isTooMuch;
    outgoing.lock.lock();
    try {
      checkAlive();
      channel = new MuxChannel(this, outgoing, channels.numberOfPeer(wireNumber));
      channels.put(channel);
      // A thread may outlive its channel for a while, so there is a limit of its own.
      isTooMuch = serving >= 2 * Frame.CHANNELS_MAX;
      serving += isTooMuch ? 0 : 1;
    } finally {
      outgoing.lock.unlock();
    }
    if (isTooMuch) {
      channel.fail("too many requests are still being worked on");
      return;
    }
    thread("godwit " + ability + " for " + peer, () -> serve(ability, argument, channel)).start();
  }

  private void serve(String ability, byte[] argument, MuxChannel channel) {
    try (channel) {
      acceptor.accept(ability, argument, channel);
    } finally {
      outgoing.lock.lock();
      try {
        serving--;
      } finally {
        outgoing.lock.unlock();
      }
    }
  }

  /** Null for a channel that is over. */
  private @Nullable MuxChannel find(int wireNumber) throws WireException {
    outgoing.lock.lock();
    try {
      return channels.find(wireNumber);
    } finally {
      outgoing.lock.unlock();
    }
  }

  private interface Action {
    void run() throws WireException;
  }

  private void locked(Action action) throws WireException {
    outgoing.lock.lock();
    try {
      action.run();
    } finally {
      outgoing.lock.unlock();
    }
  }

  // The writer and the watch.

  private void write() {
    try {
      outgoing.run(out);
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
          lose("nothing was heard from it for " + silence / 1_000_000 + " ms", "silence", null);
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

  private void lose(String why, String bye, @Nullable Throwable cause) {
    end(new WireException("the connection to " + peer + " was lost: " + why, cause), bye, false);
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

  private String detail() {
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

  private static boolean isAbility(String name) {
    if (name.isEmpty() || name.length() > Frame.ABILITY_BYTES_MAX) {
      return false;
    }
    return name.chars()
        .allMatch(c -> c < 0x80 && (Character.isLetterOrDigit(c) || c == '.' || c == '-'));
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static Thread thread(String name, Runnable body) {
    return Thread.ofPlatform().daemon().name(name).unstarted(body);
  }
}
