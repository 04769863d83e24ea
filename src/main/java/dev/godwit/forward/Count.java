package dev.godwit.forward;

import java.net.InetAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted for connections that belong together. Any thread. */
class Count {
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger held = new AtomicInteger();
  final LongAdder total = new LongAdder();
  final LongAdder refused = new LongAdder();

  /** Both directions together. */
  final LongAdder bytes = new LongAdder();

  volatile long lastConnectionMillis;
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  /**
   * Whether one more connection is let in, which counts it as its client's then.
   *
   * @param client null for one without an address
   * @return why not; null when it is
   */
  @Nullable String refusal(@Nullable InetAddress client) {
    return null;
  }

  /** One that was let in is over. */
  void gone(@Nullable InetAddress client) {}

  void error(String cause) {
    errors.computeIfAbsent(cause, c -> new LongAdder()).increment();
  }

  Map<String, Long> errors() {
    Map<String, Long> snapshot = new TreeMap<>();
    errors.forEach((cause, count) -> snapshot.put(cause, count.sum()));
    return snapshot;
  }
}
