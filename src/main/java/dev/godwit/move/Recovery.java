package dev.godwit.move;

import dev.godwit.forward.GateClient;
import dev.godwit.forward.GateStatus;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What follows a cut-over that did not get to its end, whether a step failed or the controller
 * died: looks at the gate, which alone knows whether clients were released to new, and either
 * finishes the switch or takes it back. Running it twice does no more than running it once.
 */
final class Recovery {
  /** How long old may be unreachable; the lease ends on old meanwhile, without us. */
  private static final Duration RECONNECT_LIMIT = Duration.ofMinutes(2);

  private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

  private final Move move;

  Recovery(Move move) {
    this.move = move;
  }

  /**
   * @return the phase that holds afterwards; SWITCHING never
   */
  Phase run() throws IOException, InterruptedException {
    if (move.phase() != Phase.SWITCHING) {
      return move.phase();
    }
    Optional<Run> cutOff = move.journal().lastRun("cutover").filter(Run::isOpen);
    reconnect();
    GateClient gate = new GateClient(move.hosts().oldHost(), move.plan().move());
    Optional<GateStatus> status = gate.status();
    if (status.isPresent() && status.get().mode() == GateStatus.Mode.RELEASED) {
      move.reach(Phase.NEW_SERVES);
      endBackground();
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
            bothAtOnce(
                () -> {
                  if (gateRuns) {
                    gate.back(epoch);
                  }
                  // Also after the gate's own way back: an order to stop that was under way when
                  // the lease ended may have been obeyed after it.
                  startOn(onOld, services, epoch);
                },
                () ->
                    stopOn(
                        new ServiceClient(move.hosts().newHost(), move.plan().move()),
                        services,
                        epoch));
            return "clients go to old";
          });
      move.step(
          run,
          "check-old",
          "nothing to undo",
          () -> Cutover.checkAll(onOld, services, Duration.ofSeconds(30)));
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
        host.start(service, epoch, STOP_LIMIT);
      }
    }
  }

  private static void stopOn(ServiceClient host, List<Service> services, long epoch)
      throws IOException {
    for (Service service : services.reversed()) {
      if (host.runs(service)) {
        host.stop(service, epoch, false, STOP_LIMIT);
      }
    }
  }

  private void endBackground() throws IOException {
    Optional<BackgroundClient> background = BackgroundClient.find(move.plan());
    if (background.isPresent()) {
      try (BackgroundClient client = background.get()) {
        client.quit();
      }
    }
  }

  /** Waits for a line that was cut: the way back needs both hosts. */
  private void reconnect() throws IOException, InterruptedException {
    long until = System.nanoTime() + RECONNECT_LIMIT.toNanos();
    while (true) {
      try {
        move.hosts().oldHost().call("ping", new byte[0]);
        move.hosts().newHost().call("ping", new byte[0]);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > until) {
          throw e;
        }
        move.listener().note("Waiting for the connection: " + e.getMessage());
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }

  @FunctionalInterface
  private interface Task {
    void run() throws IOException, InterruptedException;
  }

  private static void bothAtOnce(Task first, Task second) throws IOException, InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Boolean>> calls = List.of(call(first), call(second));
      for (Future<Boolean> done : threads.invokeAll(calls)) {
        done.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private static Callable<Boolean> call(Task task) {
    return () -> {
      task.run();
      return true;
    };
  }
}
