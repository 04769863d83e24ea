package dev.godwit.service;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The services of a host, asked from anywhere. Every failure names the host.
 *
 * <p>Threads: safe; each call waits on a channel of its own.
 */
public final class ServiceClient {
  private final Host host;
  private final String move;

  /** For the orders and questions of a move. */
  public ServiceClient(Host host, String move) {
    this.host = host;
    this.move = move;
  }

  public boolean runs(Service service) throws IOException {
    MessageWriter order = order(ServiceAbility.STATE, Duration.ZERO);
    ServiceCodec.write(order, service);
    return ask(order).bool();
  }

  /** Starts it; refused when a later epoch of the move has begun there. */
  public void start(Service service, long epoch, Duration limit) throws IOException {
    MessageWriter order = order(ServiceAbility.START, limit).text(move).u64(epoch);
    ServiceCodec.write(order, service);
    ask(order);
  }

  /**
   * Stops it; refused when a later epoch of the move has begun there.
   *
   * @param fence whether nothing may start it again until {@link #start}
   */
  public void stop(Service service, long epoch, boolean fence, Duration limit) throws IOException {
    MessageWriter order = order(ServiceAbility.STOP, limit).text(move).u64(epoch).bool(fence);
    ServiceCodec.write(order, service);
    ask(order);
  }

  /** Asks until the check passes or the time is over. */
  public CheckResult check(Check check, Duration limit) throws IOException {
    MessageWriter order = order(ServiceAbility.CHECK, limit);
    ServiceCodec.writeCheck(order, check);
    MessageReader answer = ask(order);
    return new CheckResult(
        answer.bool(), answer.text(64 * 1024), Duration.ofNanos(Math.max(0, answer.u64())));
  }

  /**
   * The processes that have files below the roots open for writing; a stopped service has none.
   *
   * @return a line for each, for people
   */
  public List<String> writers(List<byte[]> roots) throws IOException {
    MessageWriter order = order(ServiceAbility.WRITERS, Duration.ZERO);
    order.list(roots, MessageWriter::bytes);
    return ask(order).texts(10_000, 64 * 1024);
  }

  private static MessageWriter order(int order, Duration limit) {
    return new MessageWriter().u8(order).u32((int) Math.min(limit.toMillis(), 3_600_000));
  }

  private MessageReader ask(MessageWriter order) throws IOException {
    try {
      return new MessageReader(host.call(ServiceAbility.NAME, order.toBytes()));
    } catch (PeerFailure e) {
      throw new ServiceException("on " + host.name() + ": " + e.reason(), e);
    } catch (WireException e) {
      throw new ServiceException("on " + host.name() + ": " + e.getMessage(), e);
    }
  }
}
