package dev.godwit.agent;

import dev.godwit.host.Ability;
import dev.godwit.host.AbilityServer;
import dev.godwit.linux.Identity;
import dev.godwit.wire.Connection;
import dev.godwit.wire.ConnectionSettings;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An agent that waits for the next connection over the same two streams when one has ended in order
 * ({@code sync --keep-agent}). What ended in any other way ends the agent: then nobody knows where
 * in the streams the next one would begin.
 */
final class KeptAgent {
  private static final Duration SERVED_LIMIT = Duration.ofSeconds(5);
  private static final Duration LAST_WORDS = Duration.ofSeconds(3);

  private final InputStream in;
  private final OutputStream out;
  private final List<Ability> abilities;
  private final ConnectionSettings settings;
  private final Duration idle;
  private final Runnable end;
  private final int user = Identity.user();

  /**
   * @param idle how long it waits for another connection
   * @param end ends the wait, which nothing else can: reading a pipe knows no limit
   */
  KeptAgent(
      InputStream in,
      OutputStream out,
      List<Ability> abilities,
      ConnectionSettings settings,
      Duration idle,
      Runnable end) {
    this.in = in;
    this.out = out;
    this.abilities = abilities;
    this.settings = settings;
    this.idle = idle;
    this.end = end;
  }

  /**
   * Serves connections until one ends out of order, the streams end, or none comes.
   *
   * @return 0
   */
  int serve() {
    try {
      boolean isInOrder = serve(in);
      while (isInOrder) {
        // What the last run held is given back before the wait.
        System.gc();
        int first = firstByte();
        if (first < 0) {
          return 0;
        }
        PushbackInputStream next = new PushbackInputStream(in, 1);
        next.unread(first);
        isInOrder = serve(next);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      // The session is over.
    }
    return 0;
  }

  /** One connection; returns whether another one can follow it. */
  private boolean serve(InputStream from) throws InterruptedException {
    AbilityServer server = new AbilityServer(abilities);
    CountDownLatch lost = new CountDownLatch(1);
    Connection connection =
        Connection.start(new Lent(from), new LentOut(out), "the controller", server, settings);
    connection.onLost(reason -> lost.countDown());
    try (connection) {
      lost.await();
      server.awaitTakenDown(Agent.TAKE_DOWN_LIMIT);
      return connection.awaitEnd(LAST_WORDS)
          && Identity.user() == user // one that has become another (--copy-as) cannot go back
          && connection.isInOrder()
          && connection.awaitServed(SERVED_LIMIT);
    }
  }

  /** Of the next connection; -1 when the session ends. */
  private int firstByte() throws IOException {
    CountDownLatch came = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .name("godwit idle time")
        .start(
            () -> {
              try {
                if (!came.await(idle.toNanos(), TimeUnit.NANOSECONDS)) {
                  end.run();
                }
              } catch (InterruptedException e) {
                end.run();
              }
            });
    try {
      return in.read();
    } finally {
      came.countDown();
    }
  }

  /** A connection closes its streams; these stay open for the next one. */
  private static final class Lent extends FilterInputStream {
    Lent(InputStream in) {
      super(in);
    }

    @Override
    public void close() {
      // It belongs to the agent.
    }
  }

  private static final class LentOut extends FilterOutputStream {
    LentOut(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() {
      // It belongs to the agent.
    }
  }
}
