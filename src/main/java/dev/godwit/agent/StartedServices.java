package dev.godwit.agent;

import dev.godwit.forward.landing.LeasedServices;
import dev.godwit.host.FencedException;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceCodec;
import dev.godwit.service.ServiceManager;
import dev.godwit.service.ServiceOrders;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a landing is given to stop the services of its host when they may not run any more. */
public final class StartedServices implements LeasedServices {
  private static final int SERVICES_MAX = 1000;

  /**
   * Shorter than the plan's own limits: no client has been given to them, and what they have
   * written is replaced, but clients of the other host wait for it.
   */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  /** What takes long to start, such as a database that recovers first, is not to be killed. */
  private static final Duration START_LIMIT = Duration.ofMinutes(10);

  private final String move;
  private final List<Service> services;
  private final ServiceManager manager;

  private StartedServices(String move, List<Service> services, ServiceManager manager) {
    this.move = move;
    this.services = services;
    this.manager = manager;
  }

  /**
   * What the landing is given before a hold.
   *
   * @param services in start order
   */
  public static byte[] encode(String move, List<Service> services) {
    return new MessageWriter().text(move).list(services, ServiceCodec::write).toBytes();
  }

  /** The inverse of {@link #encode}, for the services of this host. */
  public static StartedServices decode(byte[] encoded) throws WireException {
    MessageReader in = new MessageReader(encoded);
    String move = in.text(64);
    List<Service> services = in.list(SERVICES_MAX, ServiceCodec::read);
    in.end();
    return new StartedServices(move, services, Abilities.serviceManager());
  }

  @Override
  public void stop(long epoch) throws IOException, InterruptedException {
    List<Service> ended =
        services.stream()
            .map(s -> s.with(new Service.Stopping(s.stopping().limit(), Service.Past.END)))
            .toList();
    AtomicBoolean begun = new AtomicBoolean();
    ServiceOrders.Work work =
        () -> {
          begun.set(true);
          List<String> unused = manager.stopAll(ended, true, STOP_LIMIT);
        };
    ServiceOrders orders = ServiceOrders.of(move);
    try {
      orders.obey(epoch + 1, work);
    } catch (FencedException e) {
      throw e;
    } catch (IOException e) {
      if (begun.get()) {
        throw e;
      }
      orders.takeBack(epoch, work); // also where a disk is full
    }
  }

  @Override
  public void serve(long epoch) throws IOException, InterruptedException {
    ServiceOrders.of(move)
        .obey(
            epoch,
            () -> {
              List<String> unused = manager.startWhatStarts(services, START_LIMIT);
            });
  }
}
