package dev.godwit.forward.relay;

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
public class Count {
  /** Joined with a service now. */
  public final AtomicInteger open = new AtomicInteger();

  /** Waiting now. */
  public final AtomicInteger held = new AtomicInteger();

  /** That ever came. */
  public final LongAdder total = new LongAdder();

  /** Turned away at once. */
  public final LongAdder refused = new LongAdder();

  /** Both directions together. */
  public final LongAdder bytes = new LongAdder();

  /** When one last came, of the monotonic clock, its lowest bit set; 0 for never. */
  private volatile long lastConnection;

  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();

  /**
   * Whether one more connection is let in, which counts it as its client's then.
   *
   * @param client null for one without an address
   * @return why not; null when it is
   */
  protected @Nullable String refusal(@Nullable InetAddress client) {
    return null;
  }

  /** One that was let in is over. */
  protected void gone(@Nullable InetAddress client) {}

  /** One comes. */
  public void come() {
    total.increment();
    lastConnection = System.nanoTime() | 1;
  }

  /**
   * Milliseconds since one last came; -1 for never. No clock that is set, nor that of another host,
   * takes part in it.
   */
  public long sinceLastMillis() {
    long last = lastConnection;
    return last == 0 ? -1 : Math.max(0, (System.nanoTime() - last) / 1_000_000);
  }

  /** Counts what went wrong with one. */
  public void error(String cause) {
    errors.computeIfAbsent(cause, c -> new LongAdder()).increment();
  }

  /** What went wrong, by cause: a snapshot. */
  public Map<String, Long> errors() {
    Map<String, Long> snapshot = new TreeMap<>();
    errors.forEach((cause, count) -> snapshot.put(cause, count.sum()));
    return snapshot;
  }

  /** Writes what {@link #errors} said. */
  public static void write(MessageWriter to, Map<String, Long> errors) {
    to.list(new ArrayList<>(errors.entrySet()), (w, e) -> w.text(e.getKey()).u64(e.getValue()));
  }

  /** Reads what {@link #write} has written. */
  public static Map<String, Long> read(MessageReader from) throws WireException {
    Map<String, Long> errors = new TreeMap<>();
    from.list(1000, r -> Map.entry(r.text(1000), r.u64()))
        .forEach(entry -> errors.put(entry.getKey(), entry.getValue()));
    return errors;
  }
}
