package dev.godwit.mirror.actions;

import dev.godwit.watch.WatchState;
import java.time.Instant;
import java.util.List;

/**
 * How the commands of one directory are doing.
 *
 * @param phase what is done
 * @param message why it is not all well; empty when it is
 * @param dirty names that changed and were not looked at
 * @param waiting commands that are to be run
 * @param running commands that run
 * @param ended commands that have come to their end
 * @param failed those of them that ended with another status than 0
 * @param lagMillis the age of the oldest change whose commands have not ended
 * @param seen how well, and how; {@code rung} is empty before the first watch
 * @param problems commands that are run again until they say something else
 * @param first some of the events and names that wait
 * @param lastContact when the directory was watched last; {@link Instant#EPOCH} for never
 */
public record ActionState(
    Phase phase,
    String message,
    long dirty,
    long waiting,
    long running,
    long ended,
    long failed,
    long lagMillis,
    WatchState seen,
    List<String> problems,
    List<String> first,
    Instant lastContact) {
  /** What is done. */
  public enum Phase {
    /** The names are read for the first time, or the command for the start runs. */
    STARTING,
    FOLLOWING,
    /** The directory cannot be watched; tried again. */
    TRYING,
    PAUSED,
    /** The directory is not what it was; no command is started until somebody has looked (H27). */
    HALTED,
    /** A command has said that the process is to end. */
    DEAD
  }

  public ActionState {
    problems = List.copyOf(problems);
    first = List.copyOf(first);
  }
}
