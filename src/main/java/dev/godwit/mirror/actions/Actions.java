package dev.godwit.mirror.actions;

import java.util.Map;

/**
 * The commands of one directory.
 *
 * @param commands nothing is run for what is not in it; a move without a command is a removal and a
 *     new name
 * @param verdicts what follows from an exit status; nothing for those that are not in it, but for
 *     the start, which goes on after 0 alone
 * @param processesMax how many commands run at a time, at least 1
 */
public record Actions(
    Map<Action, ActionCommand> commands, Map<Integer, Verdict> verdicts, int processesMax) {
  /** What follows when a command has ended. */
  public enum Verdict {
    OK,
    /** The same command is run again after a pause. */
    AGAIN,
    /** The whole process ends. */
    DIE
  }

  public Actions {
    commands = Map.copyOf(commands);
    verdicts = Map.copyOf(verdicts);
  }

  Verdict verdict(Action action, int status) {
    Verdict given = verdicts.get(status);
    if (given != null) {
      return given;
    }
    return action == Action.STARTUP && status != 0 ? Verdict.DIE : Verdict.OK;
  }
}
