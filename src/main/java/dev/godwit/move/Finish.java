package dev.godwit.move;

import dev.godwit.agent.ForgetAbility;
import dev.godwit.forward.GateClient;
import dev.godwit.forward.GateStatus;
import dev.godwit.forward.LandingClient;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** {@code finish}: takes down all that Godwit put up on both hosts. */
public final class Finish {
  /** A mirror that is told to quit finishes what it has in hand. */
  private static final Duration BACKGROUND_LIMIT = Duration.ofSeconds(20);

  private final Move move;
  private final Plan plan;

  public Finish(Move move) {
    this.move = move;
    this.plan = move.plan();
  }

  /**
   * Ends a move whose clients have left old.
   *
   * @param quiet nobody may have come to old for this long
   * @param now finish although somebody still comes
   */
  public void run(Duration quiet, boolean now) throws IOException, InterruptedException {
    Phase phase = new Recovery(move).run();
    if (phase == Phase.FINISHED) {
      move.listener().note("It was finished before: nothing is left to take down.");
      return;
    }
    if (phase != Phase.NEW_SERVES) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be finished: %s; to give it up: godwit finish --abandon %s"
              .formatted(plan.move(), phase.sentence(), plan.file()));
    }
    if (!now) {
      refuseWhileSomebodyComes(quiet);
    }
    Run run = move.journal().begin("finish", move.epoch());
    takeDown(run, true);
    move.reach(Phase.FINISHED);
    move.journal().end(run, Outcome.DONE, "nothing of Godwit is left on either host");
  }

  /**
   * Gives up a move before its cut-over: old goes on as if nothing had been.
   *
   * @param now also cut what the gate still relays to old since a cut-over that was taken back
   */
  public void abandon(boolean now) throws IOException, InterruptedException {
    Phase phase = new Recovery(move).run();
    if (phase == Phase.NEW_SERVES || phase == Phase.FINISHED) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be abandoned: %s".formatted(plan.move(), phase.sentence()));
    }
    if (!now) {
      refuseToCut();
    }
    Run run = move.journal().begin("abandon", move.epoch());
    takeDown(run, now);
    move.reach(Phase.PLANNED);
    move.journal().end(run, Outcome.DONE, "what was copied to new stays there");
  }

  /** Asked before anything is taken down: a refusal changes nothing. */
  private void refuseToCut() throws IOException {
    Optional<GateStatus> status = new GateClient(move.hosts().oldHost(), plan.move()).status();
    if (status.isPresent() && status.get().open() > 0) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%d connections that came during a cut-over still go through the gate on old. Wait until they end, or cut them: godwit finish --abandon --now %s"
              .formatted(status.get().open(), plan.file()));
    }
  }

  private void refuseWhileSomebodyComes(Duration quiet) throws IOException {
    Optional<GateStatus> status = new GateClient(move.hosts().oldHost(), plan.move()).status();
    if (status.isEmpty()) {
      return;
    }
    Optional<Instant> last = status.get().lastConnection();
    boolean recent = last.isPresent() && last.get().plus(quiet).isAfter(Instant.now());
    if (status.get().open() > 0 || recent) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "clients still come to old: %s. Wait until they have the new address, or: godwit finish --now %s"
              .formatted(status.get().summary(), plan.file()));
    }
  }

  private void takeDown(Run run, boolean force) throws IOException, InterruptedException {
    move.step(
        run,
        "mirror",
        "nothing to undo",
        () -> {
          Optional<BackgroundClient> background = BackgroundClient.find(plan);
          if (background.isEmpty()) {
            return "did not run";
          }
          try (BackgroundClient client = background.get()) {
            client.quit();
          }
          return "ended";
        });
    move.step(
        run,
        "gate",
        "nothing to undo",
        () ->
            new GateClient(move.hosts().oldHost(), plan.move()).end(move.epoch(), force)
                ? "ended"
                : "did not run");
    move.step(
        run,
        "landing",
        "nothing to undo",
        () ->
            new LandingClient(move.hosts().newHost(), plan.move()).end() ? "ended" : "did not run");
    move.step(
        run,
        "forget",
        "nothing to undo",
        () -> {
          byte[] name = new MessageWriter().text(plan.move()).toBytes();
          move.hosts().oldHost().call(ForgetAbility.NAME, name);
          move.hosts().newHost().call(ForgetAbility.NAME, name);
          // The mirrors' own, where the commands are typed.
          RuntimeDirectory.remove(plan.move(), BACKGROUND_LIMIT);
          return "sockets, locks and logs are removed from both hosts";
        });
  }
}
