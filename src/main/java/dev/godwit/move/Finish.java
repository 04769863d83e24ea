package dev.godwit.move;

import dev.godwit.agent.ForgetAbility;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.LockHolders;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import dev.godwit.service.Service;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** {@code finish}: takes down all that Godwit put up on both hosts. */
public final class Finish {
  /** A mirror that is told to quit finishes what it has in hand. */
  private static final Duration BACKGROUND_LIMIT = Duration.ofSeconds(20);

  /** The name of its runs in the journal. */
  static final String ABANDON = "abandon";

  private final Move move;
  private final Plan plan;

  public Finish(Move move) {
    this.move = move;
    this.plan = move.plan();
  }

  /**
   * A person says that a host is another machine than at the start, such as one that was installed
   * anew. What Godwit put up on the machine that it was before is not taken down.
   */
  public void hostMayHaveChanged() {
    move.hosts().mayHaveChanged();
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
              .formatted(plan.move(), phase.sentence(plan.isWithinHost()), plan.file()));
    }
    move.refuseOtherMachines(); // half of it would be done on the right host already
    if (!now) {
      refuseWhileSomebodyComes(Role.OLD, quiet, "godwit finish --now");
      refuseToCut(Role.NEW, "godwit finish --now");
    }
    Run run = move.journal().begin("finish", move.epoch());
    takeDown(run, true);
    move.reach(Phase.FINISHED);
    move.journal().end(run, Outcome.DONE, "nothing of Godwit is left on " + hosts("either host"));
  }

  /**
   * Gives up a move before its cut-over, or after a rollback: old goes on as if nothing had been.
   *
   * @param quiet after a rollback, nobody may have come to new for this long
   * @param now also cut what goes through the gates since a switch
   */
  public void abandon(Duration quiet, boolean now) throws IOException, InterruptedException {
    Phase phase = new Recovery(move).run();
    if (phase == Phase.NEW_SERVES || phase == Phase.FINISHED) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be abandoned: %s".formatted(plan.move(), phase.sentence(plan.isWithinHost())));
    }
    move.refuseOtherMachines(); // half of it would be done on the right host already
    if (!now) {
      refuseToCut(Role.OLD, "godwit finish --abandon --now");
      refuseWhileSomebodyComes(Role.NEW, quiet, "godwit finish --abandon --now");
    }
    // The background process may be about to put a fence up again: in this epoch it is refused.
    Run run = move.journal().begin(ABANDON, move.raiseEpoch());
    move.step(run, "unfence", "nothing to undo", this::unfenceNew);
    takeDown(run, now);
    move.reach(Phase.PLANNED);
    move.journal().end(run, Outcome.DONE, "what was copied to new stays there");
  }

  private String hosts(String two) {
    return plan.isWithinHost() ? "the host" : two;
  }

  /** Asked before anything is taken down: a refusal changes nothing. */
  private void refuseToCut(Role role, String command) throws IOException {
    Optional<GateStatus> status = Side.of(move, role).gate().status();
    if (status.isPresent() && status.get().open() > 0) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%d connections that came during a switch still go through the gate on %s. Wait until they end, or cut them: %s %s"
              .formatted(status.get().open(), role.word(), command, plan.file()));
    }
  }

  private void refuseWhileSomebodyComes(Role role, Duration quiet, String command)
      throws IOException {
    Optional<GateStatus> status = Side.of(move, role).gate().status();
    if (status.isEmpty()) {
      return;
    }
    Optional<Instant> last = status.get().lastConnection();
    boolean recent =
        status.get().mode() == GateStatus.Mode.RELEASED
            && last.isPresent()
            && last.get().plus(quiet).isAfter(Instant.now());
    if (status.get().open() > 0 || recent) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "clients still come to %s: %s. Wait until they have the other address, or: %s %s"
              .formatted(role.word(), status.get().summary(), command, plan.file()));
    }
  }

  /** After a rollback units are kept down on new; it is an ordinary host again. */
  private String unfenceNew() throws IOException {
    Side neu = Side.of(move, Role.NEW);
    for (Service service : Cutover.services(plan)) {
      neu.services().lift(service, move.epoch());
    }
    return "nothing keeps services of new from starting";
  }

  private void takeDown(Run run, boolean force) throws IOException, InterruptedException {
    if (plan.address() != null) {
      move.step(
          run,
          "address",
          "nothing to undo",
          () -> {
            new AddressSwitch(plan, move.hosts()).clear(move.epoch());
            return "what was open through the host that gave it has ended";
          });
    }
    move.step(
        run,
        "mirror",
        "nothing to undo",
        () -> {
          Optional<BackgroundClient> background = BackgroundClient.find(plan);
          if (background.isEmpty()) {
            return "did not run";
          }
          LockHolders process = LockHolders.of(List.of(Background.lock(plan)));
          String ended = "ended";
          try (BackgroundClient client = background.get()) {
            move.recordEvents(client);
            try {
              // In order: nothing half-made is left where it writes.
              client.pause(move.epoch(), BACKGROUND_LIMIT);
            } catch (IOException e) {
              ended = "ended, but " + e.getMessage();
            }
            client.quit();
          }
          process.awaitEnd(BACKGROUND_LIMIT);
          return ended;
        });
    for (Role role : Role.hosts(plan)) {
      move.step(
          run,
          "gate-" + role.word(),
          "nothing to undo",
          () -> Side.of(move, role).gate().end(move.epoch(), force) ? "ended" : "did not run");
    }
    for (Role role : Role.hosts(plan)) {
      move.step(
          run,
          "landing-" + role.word(),
          "nothing to undo",
          () -> Side.of(move, role).landing().end(move.epoch()) ? "ended" : "did not run");
    }
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
          Move.roots(plan).clear();
          new TreeMounts(move).forget();
          new MovedOwners(move).forget();
          RememberedMailboxes.forget(move.journal());
          Machines.forget(move.journal());
          return "sockets, locks and logs are removed from " + hosts("both hosts");
        });
  }
}
