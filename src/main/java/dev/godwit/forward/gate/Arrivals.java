package dev.godwit.forward.gate;

import dev.godwit.forward.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many connections a host takes in a second, at all of its ports together, so more than those
 * that would wait: the kernel does not count them by port (RFC 4022, tcpPassiveOpens; proc_net(5),
 * snmp).
 *
 * @param opened since the host's network was made
 * @param nanos when that was read
 */
record Arrivals(long opened, long nanos) {
  /** Less than that says nothing of a whole hold. */
  private static final long SAMPLE_MIN = 100;

  private static final double SECONDS_MIN = 1;

  /** Those of the calling thread's network. */
  static Arrivals now() throws IOException {
    return new Arrivals(passiveOpens(Limits.ofThread("net/snmp")), System.nanoTime());
  }

  private static long passiveOpens(Path snmp) throws IOException {
    List<String> tcp = Files.readAllLines(snmp).stream().filter(l -> l.startsWith("Tcp:")).toList();
    List<String> names = List.of(tcp.getFirst().split(" ", -1));
    return Long.parseLong(tcp.getLast().split(" ", -1)[names.indexOf("PassiveOpens")]);
  }

  /**
   * Why a hold that begins now would not fit (H51).
   *
   * @param free how many may come
   * @return null when it fits, or too little was seen since {@code earlier}
   */
  @Nullable String objection(Arrivals earlier, Duration hold, int free) {
    double seconds = (nanos - earlier.nanos) / 1e9;
    long came = opened - earlier.opened;
    if (seconds < SECONDS_MIN || came < SAMPLE_MIN) {
      return null;
    }
    double expected = came / seconds * hold.toMillis() / 1000;
    if (expected <= free) {
      return null;
    }
    return "the hold would not fit: this host took %.0f connections a second in the last %.0f s, which makes %.0f in %.1f s, and there is room for %d. Let the gate open more files (ulimit -n, LimitNOFILE of sshd), or hold for a shorter time"
        .formatted(came / seconds, seconds, expected, hold.toMillis() / 1000.0, free);
  }
}
