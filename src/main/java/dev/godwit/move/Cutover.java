package dev.godwit.move;

import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import java.io.IOException;

/**
 * The switch, in either direction: it either gives the clients to the next host, or the serving one
 * serves them again.
 *
 * <p>Invariants: no client connection is closed by us between hold and release; nothing goes from
 * the serving host to the next one after that may have accepted its first write; whether the switch
 * happened is decided in one place, the gate of the serving host, so that the end of its lease and
 * our release cannot both win.
 */
public final class Cutover {
  /**
   * The journal's fact of the last hold: milliseconds, connections held, longest wait in ms, as the
   * gate counted them; then microseconds here from the answer to the hold to the order to release,
   * the number of the run, and for how many milliseconds clients were refused.
   */
  public static final String HOLD_FACT = "hold";

  private final Move move;
  private final Plan plan;
  private final Direction direction;
  private final boolean needsWayBack;
  private final Recovery.Witness witness;
  private final Recovery recovery;

  /**
   * The switch of a move.
   *
   * @param witness what a person says of an attempt that was cut off, for when the gate cannot
   * @param needsWayBack whether a cut-over that could not be rolled back is refused
   */
  public Cutover(Move move, Direction direction, Recovery.Witness witness, boolean needsWayBack) {
    this.move = move;
    this.direction = direction;
    this.needsWayBack = needsWayBack;
    this.witness = witness;
    this.recovery = new Recovery(move, witness);
    this.plan = move.plan();
  }

  /**
   * Makes the switch, or goes on from where an earlier call was cut off.
   *
   * @throws MoveException TAKEN_BACK when a step inside the hold failed: the host that served
   *     before serves; FAILED when one before it did, so that it never stopped serving, or when all
   *     but the way back stands
   */
  public void run() throws IOException, InterruptedException {
    refuseNeedless(witness, move);
    Phase phase = recovery.run();
    if (phase == direction.after()) {
      tellTooLate();
      recovery.tend(phase);
      move.listener().note(follow());
      move.listener().note("Address: " + AddressSwitch.bring(move, direction.next(), move.epoch()));
      return;
    }
    if (phase != direction.before()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s cannot be cut over: %s".formatted(plan.move(), phase.objection(plan)));
    }
    attempt();
  }

  /**
   * What a person has seen of an attempt is not for the one that would begin now.
   *
   * @throws MoveException REFUSED when none was cut off
   */
  static void refuseNeedless(Recovery.Witness witness, Move move) throws IOException {
    Phase phase = move.phase();
    if (witness != Recovery.Witness.NOBODY && Direction.during(phase).isEmpty()) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "no switch of %s was cut off (%s): give the command without --released and --not-released"
              .formatted(move.plan().move(), phase.sentence(move.plan().isWithinHost())));
    }
  }

  private void tellTooLate() {
    if (move.stopping().end()) {
      move.listener()
          .note(
              "Too late to stop: %s. The way back: godwit %s"
                  .formatted(direction.next().serves(plan), direction.opposite().command()));
    }
  }

  /**
   * For who wants to know now whether a cut-over that is to begin later would be refused.
   *
   * @throws MoveException REFUSED when there would be no way back, and that was not accepted
   */
  public void consider() throws IOException {
    if (needsWayBack) {
      NoWayBack.consider(move, false);
    }
  }

  /** Makes the switch in the phase before it, which {@link Recovery} has settled. */
  void attempt() throws IOException, InterruptedException {
    move.refuseOtherMachines();
    StartedPlan.refuseOthers(move);
    if (direction == Direction.TO_NEW) {
      move.journal().requireReserve();
      NoWayBack.consider(move, !needsWayBack);
    }
    recovery.tend(direction.before());
    long epoch = move.raiseEpoch();
    Run run = move.journal().begin(direction.command(), epoch);
    Outside outside = Outside.begin(move, direction);
    try (BackgroundClient background = Starter.background(move)) {
      move.recordEvents(background);
      new Attempt(run, epoch, background).make();
    } catch (IOException e) {
      if (!isUnsettled()) {
        move.failed(run, e);
      }
      throw e;
    } finally {
      outside.end(run);
    }
  }

  /** What came of the run is for the next command to find out, which ends it then. */
  private boolean isUnsettled() {
    try {
      return Direction.during(move.phase()).isPresent();
    } catch (IOException e) {
      return true;
    }
  }

  /** The way back: what the next host accepts from now on, the one that served has too. */
  private String follow() throws IOException, InterruptedException {
    Direction back = direction.opposite();
    try {
      String follows = recovery.follow(back);
      return back == Direction.TO_OLD && NoWayBack.of(move.journal()).isPresent()
          ? follows + "; there is no way back"
          : "%s; the way back: godwit %s".formatted(follows, back.command());
    } catch (IOException e) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s serves, but %s does not follow it, so there is no way back yet: %s%s"
              .formatted(
                  back.serving().word(),
                  back.next().word(),
                  e.getMessage(),
                  e instanceof MoveException refused && refused.kind() == MoveException.Kind.REFUSED
                      ? ""
                      : ". When the cause is removed: godwit start " + plan.typed()),
          e);
    }
  }

  /** One attempt, step by step. */
  private final class Attempt {
    private final Run run;
    private final long epoch;
    private final Side serving;
    private final Side next;
    private final Hooks hooks;
    private final CutoverPreparation prepared;
    private final CutoverHold hold;

    Attempt(Run run, long epoch, BackgroundClient background) throws IOException {
      this.run = run;
      this.epoch = epoch;
      this.serving = Side.of(move, direction.serving());
      this.next = Side.of(move, direction.next());
      this.hooks = new Hooks(plan, direction, epoch, serving, next);
      this.prepared =
          new CutoverPreparation(
              move, direction, needsWayBack, recovery, epoch, background, serving, next);
      this.hold = new CutoverHold(move, direction, run, epoch, background, serving, next, prepared);
    }

    void make() throws IOException, InterruptedException {
      try {
        move.stopping().allow();
        step(CutoverStep.AUDIT, prepared::audit);
        step(
            CutoverStep.CAPTURE,
            () -> {
              String done = prepared.capture();
              prepared.refuseWithoutMirrors();
              return done;
            });
      } catch (IOException | InterruptedException | RuntimeException e) {
        if (move.stopping().end()) {
          throw stopped(" before the hold: no client waited, " + serving.role().serves(plan), e);
        }
        move.listener()
            .note(
                "This was before the hold: no client waited, %s as before. When what is in the way is removed: godwit %s %s"
                    .formatted(serving.role().serves(plan), direction.command(), plan.typed()));
        throw e;
      }
      // From here on a crash may leave a hold: recovery looks at the gate.
      move.reach(direction.during());
      try {
        inHold();
      } catch (IOException | InterruptedException | RuntimeException e) {
        throw takenBack(move.stopping().end() ? stopped("", e) : hold.explained(e));
      }
      tellTooLate();
      move.reach(direction.after(), run, Outcome.DONE, next.role().serves(plan));
      hold.recordHold();
      step(
          CutoverStep.FOLLOW,
          () -> {
            Recovery.settleLease(next, epoch);
            // A reboot starts them again from now on.
            next.services().lift(PlanServices.of(plan), epoch);
            recovery.home(next.role());
            return follow() + recovery.startAhead(direction);
          });
      step(CutoverStep.ADDRESS, this::address);
    }

    private void step(CutoverStep step, Move.Work work) throws IOException, InterruptedException {
      move.step(
          run,
          step,
          direction,
          () -> {
            hooks.run(true, step, hold::left);
            String done = work.run();
            hooks.run(false, step, hold::left);
            return done;
          });
    }

    private void inHold() throws IOException, InterruptedException {
      step(CutoverStep.HOLD, hold::hold);
      step(CutoverStep.DRAIN, hold::drain);
      step(CutoverStep.STOP, hold::stop);
      // At this point we know that nothing on the serving host writes below the plan's paths.
      step(CutoverStep.QUEUED, () -> serving.gate().takeQueued(epoch) + " taken over");
      step(CutoverStep.BARRIER, () -> hold.barrier(hold.left()));
      step(CutoverStep.PAUSE, hold::pause);
      // At this point we know that both are equal and that nothing of us writes to next any more.
      step(CutoverStep.SETTLE, hold::settle);
      step(CutoverStep.START, hold::start);
      step(CutoverStep.CHECK, hold::check);
      step(CutoverStep.RELEASE, hold::release);
    }

    private String address() throws IOException, InterruptedException {
      try {
        return AddressSwitch.bring(move, direction.next(), epoch);
      } catch (IOException e) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s serves, but the address is not there yet; what comes to %s is passed on: %s. To try again: godwit %s %s"
                .formatted(
                    next.word(), serving.word(), e.getMessage(), direction.command(), plan.typed()),
            e);
      }
    }

    private static MoveException stopped(String when, Exception interrupted) {
      return new MoveException(
          MoveException.Kind.FAILED, "it was stopped by hand" + when, interrupted);
    }

    private MoveException takenBack(Exception failure) throws InterruptedException {
      Recovery ofThis = new Recovery(move);
      try {
        Phase found = ofThis.run();
        if (found != direction.after() && found != direction.before()) {
          // Such as finished: it is another one's by now, and nothing was taken back here.
          return new MoveException(
              MoveException.Kind.FAILED,
              "%s. Another controller has gone on meanwhile: %s"
                  .formatted(failure.getMessage(), found.sentence(plan.isWithinHost())),
              failure);
        }
        if (found == direction.after()) {
          // Only the answer to the release was lost.
          return new MoveException(
              MoveException.Kind.FAILED,
              "%s, but on the way this happened: %s"
                  .formatted(next.role().serves(plan), failure.getMessage()),
              failure);
        }
      } catch (IOException e) {
        failure.addSuppressed(e);
        return new MoveException(
            MoveException.Kind.FAILED,
            "%s; and taking it back failed: %s. %s"
                .formatted(failure.getMessage(), e.getMessage(), ofThis.clientsNow(direction)),
            failure);
      }
      return new MoveException(
          MoveException.Kind.TAKEN_BACK,
          "taken back, %s: %s".formatted(serving.role().serves(plan), failure.getMessage()),
          failure);
    }
  }
}
