package dev.godwit.forward.loop;

import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import jdk.net.ExtendedSocketOptions;

/**
 * Options of every relayed socket; an accepted socket inherits them from its listener.
 *
 * <p>No TCP_USER_TIMEOUT: it takes the place of the number of keepalive's probes (tcp(7)), so that
 * a time long enough for what is not acknowledged would keep an idle peer that is gone for as long.
 * What is not acknowledged is left to the kernel's retransmissions (tcp_retries2, about 15
 * minutes).
 */
public final class Tuning {
  /** A peer that is gone without a word is noticed after 60 s + 6 x 10 s. */
  private static final int KEEPALIVE_IDLE_SECONDS = 60;

  private static final int KEEPALIVE_INTERVAL_SECONDS = 10;
  private static final int KEEPALIVE_PROBES = 6;

  private Tuning() {}

  /** All of them: a listener's, or those of one that came without. */
  public static void apply(int fd) {
    // The byte of urgent data is passed on in its place among the others, not lost.
    Sockets.trySet(fd, Sockets.SOL_SOCKET, Sockets.SO_OOBINLINE, 1);
    begin(fd);
    settle(fd);
  }

  /** What a new connection needs at once. */
  public static void begin(int fd) {
    Sockets.trySet(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY, 1);
  }

  /** What one needs that stays: four system calls, which a short connection is spared. */
  public static void settle(int fd) {
    if (Sockets.trySet(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE, 1) != 0) {
      return; // not a socket of TCP
    }
    Sockets.trySet(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
    Sockets.trySet(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS);
    Sockets.trySet(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT, KEEPALIVE_PROBES);
  }

  /** The same of a channel of the JDK. */
  public static void apply(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, KEEPALIVE_INTERVAL_SECONDS);
    channel.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, KEEPALIVE_PROBES);
  }
}
