package dev.godwit.forward.gate;

import dev.godwit.forward.relay.Preamble;
import dev.godwit.linux.Errno;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** What a gate says to the landing of the next host besides its clients. */
public final class LandingWord {
  /** For the connection, which is on its way or is not. */
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(1);

  /** For an answer to a word that needs no time to be obeyed, or only when it came late. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long PAUSE_MILLIS_MAX = 5_000;

  /** It was heard, and could not be obeyed: the host has tried, and tries again when it is told. */
  static final class NotObeyedException extends IOException {
    private static final long serialVersionUID = 1;

    NotObeyedException(String message) {
      super(message);
    }
  }

  private LandingWord() {}

  /**
   * Says it once. Returns when it was obeyed.
   *
   * @throws NotObeyedException when the host says that it could not
   * @throws IOException when that is not known
   */
  static void say(Destination to, Preamble.Kind word, long epoch, Duration limit)
      throws IOException {
    try (Socket socket = new Socket()) {
      Duration connect = limit.compareTo(CONNECT_LIMIT) < 0 ? limit : CONNECT_LIMIT;
      socket.connect(new InetSocketAddress(to.address(), to.landingPort()), millis(connect));
      socket.setSoTimeout(millis(limit));
      socket.getOutputStream().write(Preamble.word(word, epoch).encode(to.token()));
      InputStream in = socket.getInputStream();
      byte[] answer = in.readNBytes(Preamble.ANSWER_BYTES);
      if (answer.length < Preamble.ANSWER_BYTES) {
        throw new IOException("the landing at %s: %s".formatted(to, Errno.message(Errno.EIO)));
      }
      int errno = Preamble.answered(answer);
      if (errno != 0) {
        throw new NotObeyedException("the landing at %s: %s".formatted(to, Errno.message(errno)));
      }
    }
  }

  /** Says that clients were released, until it is known there. Returns at once. */
  public static void keepSayingReleased(Destination to, long epoch, BooleanSupplier whileSo) {
    if (to.landingPort() == 0) {
      return; // nobody there has a lease
    }
    Thread.ofPlatform()
        .daemon()
        .name("gate word")
        .start(
            () -> {
              try {
                keepSaying(to, epoch, whileSo);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void keepSaying(Destination to, long epoch, BooleanSupplier whileSo)
      throws InterruptedException {
    long pause = FIRST_PAUSE_MILLIS;
    while (whileSo.getAsBoolean()) {
      try {
        say(to, Preamble.Kind.RELEASED, epoch, ANSWER_LIMIT);
        return;
      } catch (IOException e) {
        System.getLogger(LandingWord.class.getName())
            .log(System.Logger.Level.DEBUG, "not known to the next host yet", e);
      }
      Thread.sleep(pause);
      pause = Math.min(pause * 2, PAUSE_MILLIS_MAX);
    }
  }

  private static int millis(Duration limit) {
    return (int) Math.max(1, limit.toMillis()); // 0 would be without an end
  }
}
