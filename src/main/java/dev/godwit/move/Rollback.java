package dev.godwit.move;

import dev.godwit.journal.Run;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * {@code rollback}: clients are served by old again. A cut-over that was not released is taken
 * back; after its release it is a switch of its own, in the other direction.
 */
public final class Rollback {
  private final Move move;
  private final Recovery.Witness witness;
  private final Phase before;

  /**
   * @param witness what a person says of an attempt that was cut off, for when the gate cannot
   */
  public Rollback(Move move, Recovery.Witness witness) throws IOException {
    this.move = move;
    this.witness = witness;
    this.before = move.phase();
    Cutover.refuseNeedless(witness, move);
  }

  /**
   * Takes back whatever was cut off.
   *
   * @throws MoveException REFUSED when new serves, and old could not; FAILED when new serves, and a
   *     person wished meanwhile that nothing be done
   * @return whether new serves, so that {@link #run} will hold the clients and switch
   */
  public boolean settle() throws IOException, InterruptedException {
    boolean newServes = new Recovery(move, witness).run() == Phase.NEW_SERVES;
    if (newServes) {
      NoWayBack.refuseRollback(move);
      if (move.stopping().isWished()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "it was stopped by hand before the hold: no client waited, "
                + Role.NEW.serves(move.plan()));
      }
    }
    return newServes;
  }

  /**
   * Goes back from wherever the move is.
   *
   * @return what it found and did, one sentence
   * @throws MoveException TAKEN_BACK when a step of the switch failed: new serves
   */
  public String run() throws IOException, InterruptedException {
    Recovery recovery = new Recovery(move, witness);
    Phase settled = recovery.run();
    return switch (settled) {
      case PLANNED -> {
        UnknownSwitch.refuse(move);
        yield "There was nothing to roll back: "
            + (isBegun()
                ? "nothing was switched. What start has begun is given up by: godwit finish --abandon "
                    + move.plan().typed()
                : "nothing was started.");
      }
      case FOLLOWING -> {
        Controllers.refuseTakenOver(move);
        // A switch back may have ended before its last steps.
        if (Move.lastSwitch(move.journal()).equals(Optional.of(Direction.TO_OLD))) {
          recovery.tend(settled);
        }
        String unused = AddressSwitch.bring(move, Role.OLD, move.epoch());
        yield before == Phase.SWITCHING
            ? "Taken back: %s.".formatted(asBefore())
            : before == Phase.SWITCHING_BACK
                ? "Rolled back: %s.".formatted(asBefore())
                : "There was nothing to roll back: %s."
                    .formatted(Phase.FOLLOWING.sentence(move.plan().isWithinHost()));
      }
      case NEW_SERVES -> {
        NoWayBack.refuseRollback(move);
        new Cutover(move, Direction.TO_OLD, Recovery.Witness.NOBODY, false).attempt();
        yield "Rolled back: %s.".formatted(asBefore());
      }
      case FINISHED ->
          throw new MoveException(
              MoveException.Kind.REFUSED,
              "%s cannot be rolled back: %s. The way back from here is %s"
                  .formatted(
                      move.plan().move(),
                      settled.sentence(move.plan().isWithinHost()),
                      settled.wayBack()));
      case SWITCHING, SWITCHING_BACK ->
          throw new IllegalStateException("recovery ends in a settled phase");
    };
  }

  /** A start that was cut off, or has failed, may have left mirrors that go on. */
  private boolean isBegun() throws IOException {
    return move.journal().runs().reversed().stream()
        .map(Run::command)
        .filter(List.of(Starter.COMMAND, Finish.ABANDON)::contains)
        .findFirst()
        .filter(Starter.COMMAND::equals)
        .isPresent();
  }

  private String asBefore() {
    return move.plan().isWithinHost()
        ? "the services use the files of old again; those of new follow them"
        : "clients are served by old, new follows it again";
  }
}
