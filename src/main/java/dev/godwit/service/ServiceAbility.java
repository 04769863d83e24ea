package dev.godwit.service;

import dev.godwit.host.Ability;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Serves one question or order about a service of this host; {@link ServiceClient} asks. */
public final class ServiceAbility implements Ability {
  static final String NAME = "service";
  static final int STATE = 1;
  static final int START = 2;
  static final int STOP = 3;
  static final int CHECK = 4;
  static final int WRITERS = 5;
  static final int LIFT = 6;
  static final int MAILBOXES = 7;
  static final int POINT = 8;
  static final int PLACE = 9;
  static final int KEEP = 10;
  static final int UNITS = 11;
  static final int READING = 12;
  static final int START_WHAT_STARTS = 13;
  static final int STATES = 14;
  static final int MISSING = 15;
  static final int LISTENERS = 16;
  static final int ROOTS_MAX = 1024;
  static final int PATH_MAX = 4096;
  static final int MOVE_MAX = 64;

  private final ServiceManager manager;

  public ServiceAbility(ServiceManager manager) {
    this.manager = manager;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
    MessageReader in = new MessageReader(argument);
    MessageWriter answer = new MessageWriter();
    int order = in.u8();
    Duration limit = Duration.ofMillis(in.count(3_600_000));
    switch (order) {
      case STATE -> {
        String move = in.text(MOVE_MAX);
        Service service = ServiceCodec.read(in);
        ServiceOrders.ask(move, () -> answer.bool(manager.runs(service)));
      }
      case STATES -> {
        String move = in.text(MOVE_MAX);
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        ServiceOrders.ask(move, () -> answer.texts(manager.running(services)));
      }
      case MISSING -> answer.texts(manager.missing(ServiceCodec.read(in)));
      case LISTENERS ->
          answer.texts(manager.listeners(in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read)));
      case START -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        List<CarriedQueue> queues = in.list(ServiceCodec.SERVICES_MAX, CarriedQueue::read);
        boolean serves = in.bool();
        orders.obey(epoch, () -> answer.texts(manager.startAll(services, queues, limit, serves)));
      }
      case START_WHAT_STARTS -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        orders.obey(epoch, () -> answer.text(failuresOfStart(services, limit)));
      }
      case STOP -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        boolean fence = in.bool();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        orders.obey(epoch, () -> answer.texts(manager.stopAll(services, fence, limit)));
      }
      case LIFT -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        orders.obey(epoch, () -> manager.lift(services));
      }
      case POINT -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        Place place = Place.read(in);
        orders.obey(epoch, () -> manager.point(services, place, limit));
      }
      case KEEP -> {
        ServiceOrders orders = ServiceOrders.of(in.text(MOVE_MAX));
        long epoch = in.u64();
        List<Service> services = in.list(ServiceCodec.SERVICES_MAX, ServiceCodec::read);
        manager.keep(services, fence -> orders.obey(epoch, fence), orders::askIfFree).write(answer);
      }
      case PLACE -> answer.text(Place.read(in).now());
      case CHECK -> {
        CheckResult result = CheckRunner.await(ServiceCodec.readCheck(in), limit);
        answer.bool(result.passed()).text(result.said()).u64(result.took().toNanos());
      }
      case WRITERS -> {
        List<byte[]> roots = in.list(ROOTS_MAX, r -> r.bytes(PATH_MAX));
        answer.texts(Writers.below(roots));
      }
      case UNITS -> {
        List<KnownUnit> known = new ArrayList<>();
        for (String unit : in.texts(ServiceCodec.SERVICES_MAX, ServiceCodec.TEXT_MAX)) {
          known.add(UnitReader.read(unit));
        }
        answer.list(known, (out, each) -> each.write(out));
      }
      case READING -> answer.u64(UnitReader.reading().toNanos());
      case MAILBOXES -> Mailboxes.of(ServiceCodec.readLogin(in), limit).write(answer);
      default -> throw new WireException("malformed message: unknown order " + order);
    }
    in.end();
    answer.sendTo(channel);
  }

  /** Not those of the order itself, such as that it is of an epoch that is over. */
  private String failuresOfStart(List<Service> services, Duration limit)
      throws InterruptedException {
    try {
      List<String> unused = manager.startWhatStarts(services, limit);
      return "";
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
