package dev.godwit.agent;

import dev.godwit.forward.gate.Gate;
import dev.godwit.forward.gate.WayBack;
import dev.godwit.host.AtOnce;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.CheckRunner;
import dev.godwit.service.OwnSockets;
import dev.godwit.service.Place;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceCodec;
import dev.godwit.service.ServiceException;
import dev.godwit.service.ServiceManager;
import dev.godwit.service.ServiceOrders;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The gate's way back: starts the services of its host in the plan's order and waits until each one
 * answers. The gate gets it with the capture, so that it needs nobody when its lease ends.
 */
public final class WayBackServices implements WayBack {
  private static final int SERVICES_MAX = 1000;

  /**
   * Longer than a hold may be asked for: what takes long to start, such as a database that recovers
   * first, would be killed at its end, and again at the end of each attempt. Who has another
   * service does not wait for it ({@link WayBack#patience}).
   */
  private static final Duration START_LIMIT = Gate.HOLD_MAX.multipliedBy(2);

  private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);

  private final String move;
  private final long epoch;
  private final List<Service> services;
  private final Optional<Place> place;
  private final ServiceManager manager;

  private WayBackServices(
      String move,
      long epoch,
      List<Service> services,
      Optional<Place> place,
      ServiceManager manager) {
    this.move = move;
    this.epoch = epoch;
    this.services = services;
    this.place = place;
    this.manager = manager;
  }

  /**
   * What the gate is given with the capture.
   *
   * @param epoch that ends when the way back begins
   * @param services in start order
   * @param place where they are to have their files, when they can have them at another one too
   */
  public static byte[] encode(
      String move, long epoch, List<Service> services, Optional<Place> place) {
    MessageWriter out =
        new MessageWriter().text(move).u64(epoch).list(services, ServiceCodec::write);
    return out.list(place.stream().toList(), (w, one) -> one.write(w)).toBytes();
  }

  /** The inverse of {@link #encode}, for the services of this host. */
  public static WayBackServices decode(byte[] encoded) throws WireException {
    MessageReader in = new MessageReader(encoded);
    String move = in.text(64);
    long epoch = in.u64();
    List<Service> services = in.list(SERVICES_MAX, ServiceCodec::read);
    Optional<Place> place = in.list(1, Place::read).stream().findFirst();
    in.end();
    return new WayBackServices(move, epoch, services, place, Abilities.serviceManager());
  }

  @Override
  public void startServices() throws IOException, InterruptedException {
    // A stop that is under way ends first, one that comes later is refused.
    ServiceOrders.of(move).takeBack(epoch, this::start);
  }

  /** At another place they would serve, and have accepted, what is not here. */
  @Override
  public boolean mayServe() throws IOException, InterruptedException {
    return place.isEmpty() || place.get().now().equals(place.get().name());
  }

  @Override
  public Set<Long> own(Set<Long> sockets) throws IOException {
    return OwnSockets.among(sockets, move, services);
  }

  private void start() throws IOException, InterruptedException {
    if (place.isPresent()) {
      manager.point(services, place.get(), START_LIMIT);
    }
    // One that fails does not keep the others down: their clients wait too.
    List<String> unused = manager.startWhatStarts(services, START_LIMIT);
    record Asked(Service service, Check check) {}
    List<Asked> asked = new ArrayList<>();
    for (Service service : services) {
      // Others would wait for the gate, which waits for this.
      service.checks().stream()
          .filter(Check::comesPastGate)
          .forEach(check -> asked.add(new Asked(service, check)));
    }
    // At once: all clients wait for the last of them.
    List<CheckResult> results =
        AtOnce.all(asked, each -> CheckRunner.await(each.check(), CHECK_LIMIT));
    for (int i = 0; i < asked.size(); i++) {
      if (!results.get(i).passed()) {
        throw new ServiceException(
            "%s does not answer again: check %s: %s"
                .formatted(
                    asked.get(i).service().name(),
                    asked.get(i).check().display(),
                    results.get(i).said()));
      }
    }
  }
}
