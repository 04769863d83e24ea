package dev.godwit.move;

import dev.godwit.forward.GateClient;
import dev.godwit.forward.GateStatus;
import dev.godwit.forward.LandingClient;
import dev.godwit.host.Host;
import dev.godwit.host.HostFactory;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What follows a cut-over that did not get to its end, whether a step failed or the controller
 * died: looks at the gate, which alone knows whether clients were released to new, and either
 * finishes the switch or takes it back. Running it twice does no more than running it once.
 */
public final class Recovery {
  /** How long a host may be unreachable; the lease ends on old meanwhile, without us. */
  private static final Duration RECONNECT_LIMIT = Duration.ofMinutes(2);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);

  /** What a person says who has looked, when the gate cannot be asked any more. */
  public enum Witness {
    NOBODY,
    RELEASED,
    NOT_RELEASED
  }

  private final Move move;
  private final Witness witness;

  Recovery(Move move) {
    this(move, Witness.NOBODY);
  }

  Recovery(Move move, Witness witness) {
    this.move = move;
    this.witness = witness;
  }

  /**
   * Settles what was cut off, if anything was.
   *
   * @return the phase that holds afterwards; SWITCHING never
   */
  Phase run() throws IOException, InterruptedException {
    if (move.phase() == Phase.NEW_SERVES) {
      relayAgain();
    }
    if (move.phase() != Phase.SWITCHING) {
      return move.phase();
    }
    Optional<Run> cutOff = move.journal().lastRun("cutover").filter(Run::isOpen);
    Host oldHost = await(move.hosts().oldFactory());
    GateClient gate = new GateClient(oldHost, move.plan().move());
    Optional<GateStatus> status = gate.status();
    if (wasReleased(status, cutOff)) {
      settleOnNew();
      if (cutOff.isPresent()) {
        move.journal().end(cutOff.get(), Outcome.DONE, "new serves; found so at the gate");
      }
      move.listener().note("The switch had happened: new serves.");
      return Phase.NEW_SERVES;
    }
    takeBack(gate, status.isPresent());
    if (cutOff.isPresent()) {
      move.journal().end(cutOff.get(), Outcome.TAKEN_BACK, "old serves");
    }
    return Phase.FOLLOWING;
  }

  /** The gate knows; without one, only an attempt that never came to its release is certain. */
  private boolean wasReleased(Optional<GateStatus> status, Optional<Run> cutOff)
      throws IOException {
    if (status.isPresent()) {
      return status.get().mode() == GateStatus.Mode.RELEASED;
    }
    boolean tried = false;
    if (cutOff.isPresent()) {
      String release = CutoverStep.RELEASE.word();
      tried = move.journal().steps(cutOff.get()).stream().anyMatch(s -> s.name().equals(release));
    }
    return switch (witness) {
      case RELEASED -> true;
      case NOT_RELEASED -> false;
      case NOBODY -> {
        if (tried) {
          throw new MoveException(
              MoveException.Kind.REFUSED,
              "whether clients were released to new cannot be told: the gate on old has gone, and its"
                  + " record too. Look at what new has accepted since the cut-over, then say so:"
                  + " `godwit cutover --released` or `godwit rollback --not-released`");
        }
        yield false;
      }
    };
  }

  private void settleOnNew() throws IOException, InterruptedException {
    List<Service> services = Cutover.services(move.plan());
    ServiceClient onNew = new ServiceClient(await(move.hosts().newFactory()), move.plan().move());
    long epoch = move.raiseEpoch();
    startOn(onNew, services, epoch);
    Cutover.checkAll(onNew, services, CHECK_LIMIT);
    move.reach(Phase.NEW_SERVES);
    endBackground();
    relayAgain();
  }

  /** What comes to old must go on to new: a gate or a landing that died meanwhile is started. */
  private void relayAgain() throws IOException {
    Plan plan = move.plan();
    var unused = Landings.destination(move, new LandingClient(move.hosts().newHost(), plan.move()));
    if (new GateClient(move.hosts().oldHost(), plan.move()).status().isEmpty()) {
      move.listener()
          .note(
              "The gate on old has gone and cannot be put up again: what still comes to old is refused.");
    }
  }

  private void takeBack(GateClient gate, boolean gateRuns)
      throws IOException, InterruptedException {
    // A new epoch first: an order of the one that was cut off is refused wherever it still travels.
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin("take-back", epoch);
    List<Service> services = Cutover.services(move.plan());
    ServiceClient onOld = new ServiceClient(move.hosts().oldHost(), move.plan().move());
    try {
      move.step(
          run,
          "back",
          "nothing to undo",
          () -> {
            if (gateRuns) {
              gate.back(epoch);
            }
            // Also after the gate's own way back: an order to stop that was under way when the
            // lease ended may have been obeyed after it.
            startOn(onOld, services, epoch);
            return "clients go to old";
          });
      // At this point we know that the gate has not released and never will in this epoch.
      move.step(
          run,
          "check-old",
          "nothing to undo",
          () -> Cutover.checkAll(onOld, services, CHECK_LIMIT));
      move.step(run, "stop-new", "nothing to undo", () -> stopNew(services, epoch));
      move.step(
          run,
          "follow",
          "nothing to undo",
          () -> {
            try (BackgroundClient background = Starter.background(move)) {
              background.resume();
            }
            return "the mirror looks at everything again";
          });
    } catch (IOException e) {
      move.journal().end(run, Outcome.FAILED, String.valueOf(e.getMessage()));
      throw e;
    }
    move.reach(Phase.FOLLOWING);
    move.journal().end(run, Outcome.DONE, "old serves");
  }

  private static void startOn(ServiceClient host, List<Service> services, long epoch)
      throws IOException {
    for (Service service : services) {
      if (!host.runs(service)) {
        host.start(service, epoch, START_LIMIT);
      }
    }
  }

  /** Whatever its state: a start that was cut off may still be under way. */
  private String stopNew(List<Service> services, long epoch)
      throws IOException, InterruptedException {
    ServiceClient onNew;
    try {
      onNew = new ServiceClient(await(move.hosts().newFactory()), move.plan().move());
    } catch (IOException e) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "old serves, but new cannot be reached to stop the services there: %s. When it is back, run the same command again"
              .formatted(e.getMessage()),
          e);
    }
    for (Service service : services.reversed()) {
      onNew.stop(service, epoch, false, STOP_LIMIT);
    }
    return "nothing of the plan runs on new";
  }

  private void endBackground() throws IOException {
    Optional<BackgroundClient> background = BackgroundClient.find(move.plan());
    if (background.isPresent()) {
      try (BackgroundClient client = background.get()) {
        client.quit();
      }
    }
  }

  /** A host behind a line that may be cut for a while. */
  private Host await(HostFactory factory) throws IOException, InterruptedException {
    long until = System.nanoTime() + RECONNECT_LIMIT.toNanos();
    while (true) {
      try {
        Host host = factory.connect();
        host.call("ping", new byte[0]);
        return host;
      } catch (IOException e) {
        if (System.nanoTime() > until) {
          throw e;
        }
        move.listener().note("Waiting for the connection: " + e.getMessage());
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }
}
