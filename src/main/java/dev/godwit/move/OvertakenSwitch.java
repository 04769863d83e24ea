package dev.godwit.move;

import dev.godwit.forward.gate.GateStatus;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.service.Place;
import java.io.IOException;
import java.util.Optional;

/**
 * What this journal knows of a switch after another controller has had the move: the other one has
 * settled what was cut off here, and may have made switches of its own. To take it back from here
 * would undo what the other one has done, and is refused by the hosts as of an epoch that is over
 * (H59). So the hosts are asked who serves, and the journal is brought to that before the move is
 * taken back.
 */
final class OvertakenSwitch {
  private final Move move;

  OvertakenSwitch(Move move) {
    this.move = move;
  }

  /**
   * Orders nothing, so that it is right as well when the move is not taken after all.
   *
   * @throws MoveException REFUSED when clients wait in a switch of the other one, or it has
   *     finished the move
   */
  void settle() throws IOException {
    Phase phase = move.phase();
    if (!(phase == Phase.NEW_SERVES || Direction.during(phase).isPresent())
        || !Controllers.wasOvertaken(move)) {
      return;
    }
    refuseHold();
    Role serving = move.plan().isWithinHost() ? servingPlace() : servingHost();
    if (serving == Role.NEW && !Controllers.isUnderWay(move)) {
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "%s is not taken over: %s, and another controller has finished the move. The next one takes a plan with another name under `move`"
              .formatted(move.plan().move(), serving.serves(move.plan())));
    }
    if (phase == Phase.NEW_SERVES && serving == Role.NEW) {
      return;
    }
    boolean isTakenBack =
        Direction.during(phase).filter(made -> made.serving() == serving).isPresent();
    Direction direction = Direction.of(isTakenBack ? serving : serving.other());
    end(
        direction,
        isTakenBack ? Outcome.TAKEN_BACK : Outcome.DONE,
        serving.serves(move.plan()) + "; another controller has had the move since");
  }

  private void end(Direction direction, Outcome outcome, String found) throws IOException {
    if (direction == Direction.TO_OLD || outcome == Outcome.TAKEN_BACK) {
      new Stillness(move).end(); // the services of the host that was stopped have run since
    }
    Optional<Run> cutOff = move.openRun(direction.command());
    Run run =
        cutOff.isPresent() ? cutOff.get() : move.journal().begin(direction.command(), move.epoch());
    move.reach(
        outcome == Outcome.DONE ? direction.after() : direction.before(), run, outcome, found);
  }

  private void refuseHold() throws IOException {
    for (Role role : Role.hosts(move.plan())) {
      Optional<GateStatus> gate = Side.of(move, role).gate().status();
      if (gate.isPresent() && gate.get().mode() == GateStatus.Mode.HOLD) {
        throw new MoveException(
            MoveException.Kind.REFUSED,
            "a switch of %s is under way: the gate on %s holds the clients for at most %d ms more. When they are served again, give the command again"
                .formatted(move.plan().move(), role.word(), gate.get().leaseMillis()));
      }
    }
  }

  /**
   * The gates say which way clients go. When both of them lead away, one has not heard yet of the
   * later switch; when neither does, nothing was switched, or they have gone.
   */
  private Role servingHost() throws IOException {
    Side old = Side.of(move, Role.OLD);
    Side next = Side.of(move, Role.NEW);
    boolean oldLeft = Recovery.isReleased(old);
    boolean newLeft = Recovery.isReleased(next);
    if (oldLeft != newLeft) {
      return oldLeft ? Role.NEW : Role.OLD;
    }
    return runsAnything(next) && !runsAnything(old) ? Role.NEW : Role.OLD;
  }

  /** One gate has no direction; the services say where they have their files. */
  private Role servingPlace() throws IOException {
    Place old = Role.OLD.place(move.plan()).orElseThrow();
    String now = Side.of(move, Role.OLD).services().place(old);
    return now.equals(old.name()) ? Role.OLD : Role.NEW;
  }

  private boolean runsAnything(Side side) {
    return Recovery.startedOn(side.role(), move.plan()).stream()
        .anyMatch(service -> CutoverPreparation.isKnownToRun(side, service));
  }
}
