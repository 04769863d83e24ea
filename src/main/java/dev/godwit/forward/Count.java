package dev.godwit.forward;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.net.InetAddress;
import java.util.ArrayList;
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

  /** Writes what {@link #errors} said. */
  static void write(MessageWriter to, Map<String, Long> errors) {
    to.list(new ArrayList<>(errors.entrySet()), (w, e) -> w.text(e.getKey()).u64(e.getValue()));
  }

  /** Reads what {@link #write} has written. */
  static Map<String, Long> read(MessageReader from) throws WireException {
    Map<String, Long> errors = new TreeMap<>();
    from.list(1000, r -> Map.entry(r.text(1000), r.u64()))
        .forEach(entry -> errors.put(entry.getKey(), entry.getValue()));
    return errors;
  }
}
