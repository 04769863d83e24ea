package dev.godwit.move;

import dev.godwit.forward.GateException;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.host.Host;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Asks each host's gate and landing every two seconds. That is all it does: one that was killed
 * together with the process beside it is started again by its host when it is asked, and goes on
 * with what was decided, or puts back what its hold had stopped, also when the controller died with
 * it (H50).
 */
final class GateWatch {
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** After a host could not be asked; the mirrors try to reach it too. */
  private static final Duration AWAY = Duration.ofSeconds(15);

  private final Plan plan;
  private final Hosts hosts;
  private final BooleanSupplier over;

  private GateWatch(Plan plan, Hosts hosts, BooleanSupplier over) {
    this.plan = plan;
    this.hosts = hosts;
    this.over = over;
  }

  /**
   * Begins, with a thread for each host: one that cannot be reached keeps no other waiting.
   *
   * @param over whether nothing is to be asked any more, for what does not run is to stay down
   */
  static void start(Plan plan, Hosts hosts, BooleanSupplier over) {
    GateWatch watch = new GateWatch(plan, hosts, over);
    for (Role role : Role.hosts(plan)) {
      Thread unused =
          Thread.ofPlatform()
              .daemon()
              .name("gate watch " + role.word())
              .start(() -> watch.keepAsking(role));
    }
  }

  private void keepAsking(Role role) {
    String trouble = "";
    try {
      while (true) {
        Thread.sleep(LOOK);
        if (over.getAsBoolean()) {
          return;
        }
        try {
          ask(hosts.of(role));
          trouble = "";
        } catch (IOException e) {
          String message = String.valueOf(e.getMessage());
          if (!message.equals(trouble)) {
            System.err.println("gate and landing on %s: %s".formatted(role.word(), message));
            trouble = message;
          }
          Thread.sleep(AWAY);
        }
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private void ask(Host host) throws IOException {
    var unused = new GateClient(host, plan.move()).deaths(); // costs a gate less than its status
    try {
      var alsoUnused = new LandingClient(host, plan.move()).status();
    } catch (GateException e) {
      if (e.kind() != GateException.Kind.ABSENT) {
        throw e;
      }
    }
  }
}
