package dev.godwit.forward.server;

import dev.godwit.forward.relay.Count;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams of one listening socket that wait for the end of a hold, in order of arrival.
 *
 * <p>Invariants: a client has the newest of its own, so many and so much of them as it may have;
 * what is dropped is counted with its cause. Whoever asks anew after a lost datagram, as every
 * protocol over UDP does, has its last question answered. Loop thread only, but for {@link #count}.
 *
 * @param <C> whose they are
 */
final class KeptDatagrams<C> {
  /** Of one client; a resolver asks again two to five times. */
  static final int EACH_MAX = 32;

  /** Of one client. A single datagram is never more than that. */
  static final int EACH_BYTES_MAX = 64 * 1024;

  /** Of all groups together. */
  static final int ALL_BYTES_MAX = 16 * 1024 * 1024;

  /** What an object and its place in the collections take, about, so that empty ones count too. */
  static final int OVERHEAD_BYTES = 128;

  private static final String DROPPED = "dropped while held: ";

  /** One that waits. Not a record: two that are equal are two. */
  static final class Kept<C> {
    final C client;
    final byte[] bytes;

    private Kept(C client, byte[] bytes) {
      this.client = client;
      this.bytes = bytes;
    }

    private long size() {
      return bytes.length + (long) OVERHEAD_BYTES;
    }
  }

  private static final class Queue<C> {
    private final ArrayDeque<Kept<C>> kept = new ArrayDeque<>();
    private int bytes;
  }

  private final Count count;

  /** Of all listening sockets of the process. */
  private final AtomicLong all;

  private final LinkedHashSet<Kept<C>> order = new LinkedHashSet<>();
  private final Map<C, Queue<C>> byClient = new HashMap<>();
  private volatile int size;

  /**
   * @param all bytes that are kept now, of all sockets together
   */
  KeptDatagrams(Count count, AtomicLong all) {
    this.count = count;
    this.all = all;
  }

  /** How many wait. Any thread. */
  int count() {
    return size;
  }

  boolean isEmpty() {
    return order.isEmpty();
  }

  boolean has(C client) {
    return byClient.containsKey(client);
  }

  /** The newest of a client; for its sake older ones of the same client may be dropped. */
  void keep(C client, byte[] bytes) {
    Queue<C> queue = byClient.computeIfAbsent(client, c -> new Queue<>());
    while (!queue.kept.isEmpty()
        && (queue.kept.size() >= EACH_MAX || queue.bytes + bytes.length > EACH_BYTES_MAX)) {
      drop(queue, "newer ones of the same client");
    }
    Kept<C> one = new Kept<>(client, bytes);
    while (all.get() + one.size() > ALL_BYTES_MAX && !queue.kept.isEmpty()) {
      drop(queue, "the limit of all that is kept, " + ALL_BYTES_MAX / 1024 / 1024 + " MiB");
    }
    if (all.get() + one.size() > ALL_BYTES_MAX) {
      byClient.remove(client);
      count.error(
          DROPPED + "the limit of all that is kept, " + ALL_BYTES_MAX / 1024 / 1024 + " MiB");
      return;
    }
    all.addAndGet(one.size());
    queue.kept.add(one);
    queue.bytes += bytes.length;
    order.add(one);
    size = order.size();
  }

  /** The one that came first, which waits no more; null when none does. */
  @Nullable Kept<C> next() {
    if (order.isEmpty()) {
      return null;
    }
    Kept<C> first = order.getFirst();
    Queue<C> queue = byClient.get(first.client);
    if (queue != null) {
      remove(queue);
      if (queue.kept.isEmpty()) {
        byClient.remove(first.client);
      }
    }
    return first;
  }

  /** Drops those of one client. */
  void drop(C client, String cause) {
    Queue<C> queue = byClient.remove(client);
    while (queue != null && !queue.kept.isEmpty()) {
      drop(queue, cause);
    }
  }

  /** Drops all. */
  void drop(String cause) {
    while (next() != null) {
      count.error(DROPPED + cause);
    }
  }

  private void drop(Queue<C> queue, String cause) {
    remove(queue);
    count.error(DROPPED + cause);
  }

  /** The oldest of a client. */
  private void remove(Queue<C> queue) {
    Kept<C> one = queue.kept.remove();
    queue.bytes -= one.bytes.length;
    order.remove(one);
    size = order.size();
    all.addAndGet(-one.size());
  }
}
