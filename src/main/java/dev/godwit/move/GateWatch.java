package dev.godwit.move;

import dev.godwit.forward.GateException;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Asks each host every two seconds whether another controller has the move by now, and its gate and
 * landing. That is all it does: one that was killed together with the process beside it is started
 * again by its host when it is asked, and goes on with what was decided, or puts back what its hold
 * had stopped, also when the controller died with it (H50).
 */
final class GateWatch {
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** After a host could not be asked; the mirrors try to reach it too. */
  private static final Duration AWAY = Duration.ofSeconds(15);

  /** Asks a host for its gate and its landing. */
  interface Asks {
    void ask(Role role) throws IOException;
  }

  private final Asks asks;
  private final Duration look;
  private final Duration away;
  private final BooleanSupplier over;

  GateWatch(Asks asks, Duration look, Duration away, BooleanSupplier over) {
    this.asks = asks;
    this.look = look;
    this.away = away;
    this.over = over;
  }

  /**
   * Begins, with a thread for each host: one that cannot be reached keeps no other waiting.
   *
   * @param over whether nothing is to be asked any more, for what does not run is to stay down
   * @param takenOver told what a host says of another controller that has the move by now
   */
  static void start(Plan plan, Hosts hosts, BooleanSupplier over, Consumer<String> takenOver) {
    Asks asks =
        role -> {
          try {
            hosts.refuseOtherController(role);
          } catch (HostException e) {
            if (HostException.isOtherController(e)) {
              takenOver.accept(e.getMessage());
            }
            throw e;
          }
          ask(hosts.of(role), plan.move());
        };
    GateWatch watch = new GateWatch(asks, LOOK, AWAY, over);
    for (Role role : Role.hosts(plan)) {
      Thread unused =
          Thread.ofPlatform()
              .daemon()
              .name("gate watch " + role.word())
              .start(() -> watch.keepAsking(role));
    }
  }

  /** Whatever goes wrong once may go well the next time: returns only when all is over. */
  void keepAsking(Role role) {
    Trouble trouble = new Trouble("gate and landing on " + role.word());
    try {
      while (true) {
        Thread.sleep(look);
        if (over.getAsBoolean()) {
          return;
        }
        try {
          asks.ask(role);
          trouble.end();
        } catch (IOException | RuntimeException e) {
          String unused = trouble.tell(e);
          Thread.sleep(away);
        }
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private static void ask(Host host, String move) throws IOException {
    var unused = new GateClient(host, move).deaths(); // costs a gate less than its status
    try {
      var unusedToo = new LandingClient(host, move).status();
    } catch (GateException e) {
      if (e.kind() != GateException.Kind.ABSENT) {
        throw e;
      }
    }
  }
}
