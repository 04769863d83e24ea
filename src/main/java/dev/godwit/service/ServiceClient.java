package dev.godwit.service;

import dev.godwit.host.Host;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The services of a host, asked from anywhere. Every failure names the host.
 *
 * <p>Threads: safe; each call waits on a channel of its own.
 */
public final class ServiceClient {
  private static final int TEXT_MAX = 64 * 1024;

  private final Host host;
  private final String move;

  /** For the orders and questions of a move. */
  public ServiceClient(Host host, String move) {
    this.host = host;
    this.move = move;
  }

  public boolean runs(Service service) throws IOException {
    MessageWriter order = order(ServiceAbility.STATE, Duration.ZERO).text(move);
    ServiceCodec.write(order, service);
    return ask(order).bool();
  }

  /** Starts one; see {@link #startAll}. */
  public void start(Service service, long epoch, Duration limit) throws IOException {
    startAll(List.of(service), epoch, limit);
  }

  /**
   * Starts those that do not run, in their order; refused when a later epoch of the move has begun
   * there. See {@link ServiceManager#startAll}.
   *
   * @return how long each took, for people
   */
  public List<String> startAll(List<Service> services, long epoch, Duration limit)
      throws IOException {
    return startAll(services, List.of(), epoch, limit, true);
  }

  /**
   * The same, and makes each queue fit for its service before that is started, while others start.
   *
   * @param serves whether the host serves from now on; if not, a reboot fences them again, until
   *     {@link #lift}
   */
  public List<String> startAll(
      List<Service> services, List<CarriedQueue> queues, long epoch, Duration limit, boolean serves)
      throws IOException {
    MessageWriter order = order(ServiceAbility.START, limit).text(move).u64(epoch);
    order.list(services, ServiceCodec::write).list(queues, (out, queue) -> queue.write(out));
    order.bool(serves);
    return ask(order).texts(ServiceCodec.SERVICES_MAX, TEXT_MAX);
  }

  /**
   * The same, and one that fails does not keep those down that come after it.
   *
   * @return what failed, for people; empty when nothing did
   */
  public String startWhatStarts(List<Service> services, long epoch, Duration limit)
      throws IOException {
    MessageWriter order = order(ServiceAbility.START_WHAT_STARTS, limit).text(move).u64(epoch);
    order.list(services, ServiceCodec::write);
    return ask(order).text(TEXT_MAX);
  }

  /**
   * Points the services at a place; refused when a later epoch of the move has begun there. See
   * {@link ServiceManager#point}.
   */
  public void point(List<Service> services, Place place, long epoch, Duration limit)
      throws IOException {
    MessageWriter order = order(ServiceAbility.POINT, limit).text(move).u64(epoch);
    order.list(services, ServiceCodec::write);
    place.write(order);
    ask(order);
  }

  /**
   * The name of the place that the services are pointed at now.
   *
   * @param any of those that they can be pointed at
   */
  public String place(Place any) throws IOException {
    MessageWriter order = order(ServiceAbility.PLACE, Duration.ZERO);
    any.write(order);
    return ask(order).text(TEXT_MAX);
  }

  /** Stops one; see {@link #stopAll}. */
  public void stop(Service service, long epoch, boolean fence, Duration limit) throws IOException {
    stopAll(List.of(service), epoch, fence, limit);
  }

  /**
   * Stops them in the opposite order; refused when a later epoch of the move has begun there. See
   * {@link ServiceManager#stopAll}.
   *
   * @param fence whether nothing may start them again until {@link #startAll}
   * @return how long each took, for people
   */
  public List<String> stopAll(List<Service> services, long epoch, boolean fence, Duration limit)
      throws IOException {
    MessageWriter order = order(ServiceAbility.STOP, limit).text(move).u64(epoch).bool(fence);
    order.list(services, ServiceCodec::write);
    return ask(order).texts(ServiceCodec.SERVICES_MAX, TEXT_MAX);
  }

  /**
   * Looks whether the services' fences are up, puts those up again that are not, and asks which of
   * them run; stops none. Refused as {@link #start} when a fence is missing.
   */
  public Kept keep(List<Service> services, long epoch) throws IOException {
    MessageWriter order = order(ServiceAbility.KEEP, Duration.ZERO).text(move).u64(epoch);
    order.list(services, ServiceCodec::write);
    return Kept.read(ask(order));
  }

  /** Takes their fences away without starting them; refused as {@link #start}. */
  public void lift(List<Service> services, long epoch) throws IOException {
    MessageWriter order = order(ServiceAbility.LIFT, Duration.ZERO).text(move).u64(epoch);
    ask(order.list(services, ServiceCodec::write));
  }

  /** The programs of its commands that the host does not have. */
  public List<String> missing(Service service) throws IOException {
    MessageWriter order = order(ServiceAbility.MISSING, Duration.ZERO);
    ServiceCodec.write(order, service);
    return ask(order).texts(ServiceCodec.SERVICES_MAX, TEXT_MAX);
  }

  /** The names of those that run there, as their controls say; all are asked at once. */
  public List<String> running(List<Service> services) throws IOException {
    MessageWriter order = order(ServiceAbility.STATES, Duration.ZERO).text(move);
    order.list(services, ServiceCodec::write);
    return ask(order).texts(ServiceCodec.SERVICES_MAX, TEXT_MAX);
  }

  /** Asks until the check passes or the time is over. */
  public CheckResult check(Check check, Duration limit) throws IOException {
    MessageWriter order = order(ServiceAbility.CHECK, limit);
    ServiceCodec.writeCheck(order, check);
    MessageReader answer = ask(order);
    return new CheckResult(
        answer.bool(), answer.text(TEXT_MAX), Duration.ofNanos(Math.max(0, answer.u64())));
  }

  /** What the host's systemd says of units, in their order; changes nothing. */
  public List<KnownUnit> units(List<String> names) throws IOException {
    return ask(order(ServiceAbility.UNITS, Duration.ZERO).texts(names))
        .list(ServiceCodec.SERVICES_MAX, KnownUnit::read);
  }

  /**
   * How long the host's systemd took at boot to read its units, which it does again for each fence;
   * zero when it does not say.
   */
  public Duration readingOfUnits() throws IOException {
    return Duration.ofNanos(Math.max(0, ask(order(ServiceAbility.READING, Duration.ZERO)).u64()));
  }

  /** What an IMAP client of the check's user remembers; changes nothing. */
  public Mailboxes mailboxes(Check.Imap check, Duration limit) throws IOException {
    MessageWriter order = order(ServiceAbility.MAILBOXES, limit);
    ServiceCodec.writeLogin(order, check);
    return Mailboxes.read(ask(order));
  }

  /**
   * The processes that have files below the roots open for writing; a stopped service has none.
   *
   * @return a line for each, for people
   */
  public List<String> writers(List<byte[]> roots) throws IOException {
    MessageWriter order = order(ServiceAbility.WRITERS, Duration.ZERO);
    order.list(roots, MessageWriter::bytes);
    return ask(order).texts(ServiceCodec.LINES_MAX, TEXT_MAX);
  }

  /**
   * Who listens on the services' ports there, but for what moves keep on the host.
   *
   * @return a line for each, for people
   */
  public List<String> listeners(List<Service> services) throws IOException {
    MessageWriter order = order(ServiceAbility.LISTENERS, Duration.ZERO);
    order.list(services, ServiceCodec::write);
    return ask(order).texts(ServiceCodec.LINES_MAX, TEXT_MAX);
  }

  /**
   * Runs a command of the plan there; refused when a later epoch of the move has begun.
   *
   * @param what for the message when it fails
   * @return what it wrote
   */
  public String command(
      String what,
      List<String> command,
      Map<String, String> environment,
      long epoch,
      Duration limit)
      throws IOException {
    return ask(
            CommandAbility.NAME,
            CommandAbility.request(move, epoch, what, command, environment, limit))
        .text(TEXT_MAX);
  }

  /**
   * Waits until nothing is being accepted into or delivered from a queue, as long as its drain
   * says.
   *
   * @return what is left, for people
   */
  public String awaitQuiet(Queue queue) throws IOException {
    MessageReader answer =
        ask(QueueAbility.NAME, QueueAbility.order(QueueAbility.AWAIT_QUIET, queue).toBytes());
    return "%d messages in %s, %d being accepted or delivered"
        .formatted(answer.u32(), queue.path(), answer.u32());
  }

  /**
   * What another host has to know of a queue that was copied there from this one.
   *
   * @param service whose queue it is, by its name
   */
  public CarriedQueue carried(String service, Queue queue) throws IOException {
    MessageReader owners =
        ask(QueueAbility.NAME, QueueAbility.order(QueueAbility.OWNERS, queue).toBytes());
    return new CarriedQueue(service, queue, QueueAbility.readOwners(owners));
  }

  /**
   * Makes a queue there, which was copied from another host while its service did not run, fit for
   * the service to start; refused when a later epoch of the move has begun.
   *
   * @return what lies in it, for people
   */
  public String settle(CarriedQueue queue, long epoch) throws IOException {
    MessageWriter order =
        QueueAbility.order(QueueAbility.SETTLE, queue.queue()).text(move).u64(epoch);
    queue.writeOwners(order);
    return ask(QueueAbility.NAME, order.toBytes()).text(TEXT_MAX);
  }

  private static MessageWriter order(int order, Duration limit) {
    return new MessageWriter().u8(order).u32((int) Math.min(limit.toMillis(), 3_600_000));
  }

  private MessageReader ask(MessageWriter order) throws IOException {
    return ask(ServiceAbility.NAME, order.toBytes());
  }

  private MessageReader ask(String ability, byte[] request) throws IOException {
    try {
      return new MessageReader(host.call(ability, request));
    } catch (PeerFailure e) {
      throw new ServiceException("on " + host.name() + ": " + e.reason(), e);
    } catch (WireException e) {
      throw new ServiceException("on " + host.name() + ": " + e.getMessage(), e);
    }
  }
}
