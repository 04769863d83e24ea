package dev.godwit.forward.relay;

import dev.godwit.linux.Errno;
import dev.godwit.linux.Pipe;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a relayed connection: bytes in order from one side to the other, then the end of
 * the stream as FIN.
 *
 * <p>Small messages are copied through the loop's shared buffer; only what the other side does not
 * take at once is kept in a buffer of this flow, and nothing more is read before it is gone, so a
 * slow reader slows its writer down. A flow that fills the shared buffer is promoted to a pipe.
 */
final class Flow {
  private final Relay relay;
  private final RelayedConnection connection;
  private final Side from;
  private final Side to;

  /** Whether much goes through a pipe, which takes two descriptors. */
  private final boolean splices;

  private @Nullable MemorySegment kept;
  private long keptFrom;
  private long keptTo;
  private @Nullable Pipe pipe;
  private long inPipe;
  private boolean large;
  private boolean ended;
  private boolean finished;
  private boolean queued;
  private long bytes;

  /** How far the first bytes look like a PROXY header; -1: they do not, or may. */
  private int inspected;

  Flow(Relay relay, RelayedConnection connection, Side from, Side to, boolean inspects) {
    inspected = inspects ? 0 : -1;
    this.relay = relay;
    this.connection = connection;
    this.from = from;
    this.to = to;
    splices = from.descriptor() >= 0 && to.descriptor() >= 0;
  }

  long bytes() {
    return bytes;
  }

  /** Everything was passed on, and FIN is, or is about to be. */
  boolean isFinished() {
    return finished;
  }

  /** Holds bytes that the other side has not taken. */
  boolean isBlocked() {
    return inPipe > 0 || kept != null;
  }

  /** Moves what can be moved now. */
  void run() {
    long moved = 0;
    while (!finished && !connection.isClosed()) {
      if (isBlocked() && !flush()) {
        return;
      }
      if (ended) {
        finished = true;
        release();
        connection.flowFinished();
        return;
      }
      if (!from.readable) {
        if (pipe != null && moved < Relay.DEMOTE_BYTES) {
          release();
        }
        return;
      }
      if (!relay.mayReadOn(moved)) {
        requeue();
        return;
      }
      long n = pipe != null ? splice(pipe) : copy();
      if (n < 0) {
        return;
      }
      moved += n;
    }
  }

  /** Reads once and writes once; bytes moved, or -1 when the connection was reset. */
  private long copy() {
    MemorySegment buffer = relay.readBuffer(large);
    long size = buffer.byteSize();
    long n = from.receive(buffer);
    if (n <= 0) {
      return stopped(n);
    }
    count(n);
    if (inspected >= 0 && !mayGoOn(buffer, n)) {
      return -1;
    }
    if (n < size && !from.mayHoldMore) {
      from.readable = false; // drained: the next byte raises a new edge
    }
    long sent = to.send(buffer.asSlice(0, n));
    if (sent < 0 && sent != -Errno.EAGAIN) {
      return fail(to, sent);
    }
    sent = Math.max(sent, 0);
    if (sent < n) {
      to.writable = false;
      keep(buffer.asSlice(sent, n - sent));
    }
    if (n >= Relay.PROMOTE_BYTES && !large && splices) {
      pipe = relay.takePipe();
      large = pipe == null;
    } else if (n < Relay.DEMOTE_BYTES) {
      large = false;
    }
    return n;
  }

  /** Has these bytes go out before all that is read from now on. */
  void keep(MemorySegment bytes) {
    MemorySegment chunk = relay.takeChunk(bytes.byteSize());
    chunk.copyFrom(bytes);
    kept = chunk;
    keptFrom = 0;
    keptTo = bytes.byteSize();
  }

  /** Whether the first bytes are anything but a PROXY header that nobody may send. */
  private boolean mayGoOn(MemorySegment buffer, long n) {
    inspected = ProxyHeader.begins(inspected, buffer, n);
    if (inspected == ProxyHeader.FORGED) {
      connection.end("client: a PROXY header from a peer that is not trusted");
      return false;
    }
    return true;
  }

  private long splice(Pipe through) {
    long n = through.fill(from.descriptor(), through.capacity());
    if (n <= 0) {
      return stopped(n);
    }
    inPipe += n;
    count(n);
    return n;
  }

  private long stopped(long result) {
    if (result == 0) {
      if (from.wasReset) {
        return fail(from, -Errno.ECONNRESET);
      }
      ended = true;
      return 0;
    }
    if (result == -Errno.EAGAIN) {
      from.readable = false;
      from.mayHoldMore = false;
      return 0;
    }
    return fail(from, result);
  }

  /** Sends what is kept; false when the other side does not take all of it now. */
  private boolean flush() {
    while (isBlocked()) {
      MemorySegment rest = kept;
      long n =
          rest != null
              ? to.send(rest.asSlice(keptFrom, keptTo - keptFrom))
              : pipe != null ? pipe.drain(to.descriptor(), inPipe) : 0;
      if (n == -Errno.EAGAIN) {
        to.writable = false;
        return false;
      }
      if (n < 0) {
        fail(to, n);
        return false;
      }
      if (rest != null) {
        keptFrom += n;
        if (keptFrom == keptTo) {
          relay.returnChunk(rest);
          kept = null;
        }
      } else {
        inPipe -= n;
      }
    }
    return true;
  }

  private long fail(Side side, long result) {
    connection.reset(side, (int) -result);
    return -1;
  }

  private void requeue() {
    if (!queued) {
      queued = true;
      relay
          .loop()
          .again(
              () -> {
                queued = false;
                run();
              });
    }
  }

  private void count(long n) {
    bytes += n;
    connection.moved(n);
  }

  /** Gives the pipe back; one that still holds bytes is closed, for it would mix two clients'. */
  void release() {
    Pipe used = pipe;
    if (used != null) {
      relay.returnPipe(used, inPipe == 0);
      pipe = null;
      inPipe = 0;
    }
    MemorySegment rest = kept;
    if (rest != null) {
      relay.returnChunk(rest);
      kept = null;
    }
  }
}
