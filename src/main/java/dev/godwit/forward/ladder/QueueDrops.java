package dev.godwit.forward.ladder;

import dev.godwit.forward.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/**
 * Watches for first packets that the kernel drops because a service's queue is full.
 *
 * <p>A client sends such a packet again for about a minute. Under connection tracking it is then of
 * a connection that is known and was not redirected, so it goes to the service's port, redirection
 * or not, and is refused when nobody listens there. The look-up has no such memory.
 */
final class QueueDrops {
  /** The last attempts of a client come 63 s after its first (tcp_syn_retries 6). */
  static final Duration MEMORY = Duration.ofSeconds(65);

  private static final String COUNTERS = "net/netstat";

  private long count;
  private long changedNanos;
  private boolean changed;

  /** Counts from now on, in the calling thread's network namespace. */
  QueueDrops() throws IOException {
    count = read();
  }

  /** Looks; to be called every now and then. */
  synchronized void look() throws IOException {
    long now = read();
    if (now != count) {
      count = now;
      changed = true;
      changedNanos = System.nanoTime();
    }
  }

  /** How long a client whose packet was dropped may still come; zero when none can. */
  synchronized Duration left() throws IOException {
    look();
    long left = changedNanos + MEMORY.toNanos() - System.nanoTime();
    return changed && left > 0 ? Duration.ofNanos(left) : Duration.ZERO;
  }

  private static long read() throws IOException {
    List<String> lines = Files.readAllLines(Limits.ofThread(COUNTERS));
    for (int i = 0; i + 1 < lines.size(); i += 2) {
      if (lines.get(i).startsWith("TcpExt:")) {
        return sum(lines.get(i).split(" "), lines.get(i + 1).split(" "));
      }
    }
    return 0;
  }

  private static long sum(String[] names, String[] values) throws IOException {
    long sum = 0;
    for (int i = 1; i < Math.min(names.length, values.length); i++) {
      if (names[i].equals("ListenOverflows") || names[i].equals("ListenDrops")) {
        try {
          sum += Long.parseLong(values[i]);
        } catch (NumberFormatException e) {
          throw new IOException(COUNTERS + " cannot be understood", e);
        }
      }
    }
    return sum;
  }
}
