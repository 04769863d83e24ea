package dev.godwit.demo;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the client saw of one protocol. Several threads add; times are System.nanoTime(). */
final class Measurements {
  private static final int REASONS_MAX = 5;

  private final String protocol;
  private final Map<String, Integer> reasons = new LinkedHashMap<>();
  private long[] latencies = new long[1024];
  private int requests;
  private int failed;
  private long lastGood;
  private long longestGap;
  private Instant longestGapAt = Instant.EPOCH;

  Measurements(String protocol, long start) {
    this.protocol = protocol;
    this.lastGood = start;
  }

  synchronized void answered(long due, long end) {
    add(end - due);
    if (end - lastGood > longestGap) {
      longestGap = end - lastGood;
      longestGapAt = Instant.now().minusNanos(longestGap);
    }
    lastGood = Math.max(lastGood, end);
  }

  synchronized void failed(long due, long end, String reason) {
    add(end - due);
    failed++;
    if (reasons.containsKey(reason) || reasons.size() < REASONS_MAX) {
      reasons.merge(reason, 1, Integer::sum);
    }
  }

  private void add(long nanos) {
    if (requests == latencies.length) {
      latencies = Arrays.copyOf(latencies, 2 * requests);
    }
    latencies[requests++] = nanos;
  }

  synchronized int requests() {
    return requests;
  }

  synchronized ProtocolResult result() {
    long[] sorted = Arrays.copyOf(latencies, requests);
    Arrays.sort(sorted);
    return new ProtocolResult(
        protocol,
        requests,
        failed,
        reasons.entrySet().stream()
            .map(entry -> entry.getValue() + " times: " + entry.getKey())
            .toList(),
        share(sorted, 0.5),
        share(sorted, 0.99),
        share(sorted, 1),
        Duration.ofNanos(longestGap),
        longestGapAt);
  }

  private static Duration share(long[] sorted, double share) {
    if (sorted.length == 0) {
      return Duration.ZERO;
    }
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return Duration.ofNanos(sorted[Math.max(0, index)]);
  }
}
