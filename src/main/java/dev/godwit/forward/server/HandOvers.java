package dev.godwit.forward.server;

import dev.godwit.forward.ladder.KernelHandOver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What of a group goes past this process, by rules of the packet filter. What is wanted is said
 * under the server's lock, which is held for moments; {@link #settle} runs programs, some of them
 * for seconds, and is called without it: neither a lease nor a status waits for them (H50).
 */
final class HandOvers {
  /** Fills in what goes where. */
  @FunctionalInterface
  interface Plan {
    /**
     * @throws IOException what of the group only a relay can do, for people
     */
    void of(Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
        throws IOException;
  }

  /**
   * @param number of the decision; the latest one counts
   * @param notes where rules are noted; null for no hand-over
   * @param cut whether those who were handed over before are cut off
   */
  private record Wanted(long number, @Nullable Path notes, boolean cut) {}

  private final Plan plan;
  private final Consumer<String> log;
  private volatile Wanted wanted = new Wanted(0, null, false);

  /** Of who runs programs. Nobody who has it takes the server's lock. */
  private final Object programs = new Object();

  private long settled;

  /** Null while everything is relayed. */
  private volatile @Nullable KernelHandOver current;

  /** Those that have ended and may still have connections. */
  private final List<KernelHandOver> before = new CopyOnWriteArrayList<>();

  private volatile String why = "";

  /**
   * @param log told why everything is relayed although something else was asked for
   */
  HandOvers(Plan plan, Consumer<String> log) {
    this.plan = plan;
    this.log = log;
  }

  /** New connections are to come to us. Under the server's lock. */
  void wantNone() {
    wanted = new Wanted(wanted.number() + 1, null, false);
  }

  /** By a release: where the notes are, or null for relaying. Under the server's lock. */
  void want(@Nullable Path notes) {
    why = "";
    wanted = new Wanted(wanted.number() + 1, notes, false);
  }

  /** Nobody is to depend on the rules any more. Under the server's lock. */
  void wantEnd() {
    wanted = new Wanted(wanted.number() + 1, null, true);
  }

  /** What was wanted last is so when this returns. */
  void settle() {
    synchronized (programs) {
      Wanted now = wanted;
      if (now.number() == settled) {
        return; // somebody has settled what was decided later
      }
      settled = now.number();
      end();
      Path notes = now.notes();
      if (now.cut()) {
        before.forEach(KernelHandOver::close);
        before.clear();
      } else if (notes != null) {
        begin(notes);
      }
    }
  }

  private void end() {
    KernelHandOver ending = current;
    if (ending != null) {
      before.add(ending);
      current = null;
      ending.stop();
    }
    for (KernelHandOver one : before) {
      if (one.isOver()) {
        one.close();
        before.remove(one);
      }
    }
  }

  private void begin(Path notes) {
    try {
      Map<Integer, InetSocketAddress> four = new TreeMap<>();
      Map<Integer, InetSocketAddress> six = new TreeMap<>();
      plan.of(four, six);
      current = KernelHandOver.start(notes, four, six);
    } catch (IOException e) {
      why = String.valueOf(e.getMessage());
      log.accept("everything is relayed: " + why);
    }
  }

  /** How new connections go past us; empty while everything is relayed. */
  String display() {
    KernelHandOver now = current;
    return now == null ? "" : now.toString();
  }

  /** Why the last release was not handed over though that was asked for; empty otherwise. */
  String why() {
    return why;
  }

  /** How many connections go past us; those that the kernel does not tell of do not count. */
  int open() {
    return all().mapToInt(one -> Math.max(0, one.open())).sum();
  }

  /** The same for who waits for their end: where the kernel does not tell, one may be there. */
  int maybeOpen() {
    return all().mapToInt(one -> Math.abs(one.open())).sum();
  }

  private Stream<KernelHandOver> all() {
    return Stream.concat(Stream.ofNullable(current), before.stream());
  }
}
