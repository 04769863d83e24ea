package dev.godwit.forward;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for connections that belong together. Any thread. */
class Count {
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger held = new AtomicInteger();
  final LongAdder total = new LongAdder();
  final LongAdder refused = new LongAdder();
  volatile long lastConnectionMillis;
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  void error(String cause) {
    errors.computeIfAbsent(cause, c -> new LongAdder()).increment();
  }

  Map<String, Long> errors() {
    Map<String, Long> snapshot = new TreeMap<>();
    errors.forEach((cause, count) -> snapshot.put(cause, count.sum()));
    return snapshot;
  }
}
