package dev.godwit.forward;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What is counted for one group of ports. Any thread. */
final class GroupCount {
  final PortGroup group;
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger held = new AtomicInteger();
  final LongAdder total = new LongAdder();
  final LongAdder refused = new LongAdder();
  volatile long lastConnectionMillis;
  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  GroupCount(PortGroup group) {
    this.group = group;
  }

  void error(String cause) {
    errors.computeIfAbsent(cause, c -> new LongAdder()).increment();
  }

  GateStatus.Group report(int rung, int duplicates, long oldestNanos) {
    Map<String, Long> snapshot = errors();
    return new GateStatus.Group(
        group.name(),
        group.ports(),
        rung,
        duplicates,
        open.get(),
        held.get(),
        total.sum(),
        refused.sum(),
        snapshot,
        oldestNanos / 1_000_000,
        lastConnectionMillis);
  }

  Map<String, Long> errors() {
    Map<String, Long> snapshot = new TreeMap<>();
    errors.forEach((cause, count) -> snapshot.put(cause, count.sum()));
    return snapshot;
  }
}
