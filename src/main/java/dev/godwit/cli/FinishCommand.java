package dev.godwit.cli;

import dev.godwit.move.Finish;
import dev.godwit.move.Move;
import dev.godwit.move.Role;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code godwit finish}: takes everything down. */
@Command(
    name = "finish",
    header = "Take down all that Godwit put up; the report stays.",
    description =
        "Refuses while clients still come to old, or the plan's address is not on new alone. It ends"
            + " the mirror back to old, so from then on there is no rollback. When old does not get all"
            + " that new has any more, as with a full disk, that is told, all is taken down, and it"
            + " ends with 1.",
    footer = {
      "  godwit finish move.yaml",
      "  godwit finish --now move.yaml      although clients still come to old",
      "  godwit finish --without-old move.yaml  old is dead for good",
      "  godwit finish --abandon move.yaml  give up before the cut-over or after a rollback",
      "  godwit finish --abandon --without-new --accept-loss move.yaml",
      "                                     new had the clients and is dead: old serves again"
    })
final class FinishCommand extends MoveCommand {
  @Option(
      names = "--now",
      description =
          "Finish although clients still come to the host that was left, which are cut, or a service does"
              + " not run on the one that serves.")
  private boolean now;

  @Option(
      names = "--abandon",
      description =
          "Give up a move that was not cut over, or was rolled back; old goes on as before.")
  private boolean abandon;

  @Option(
      names = "--quiet",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description =
          "Nobody may have come to the host that was left for this long. Default:"
              + " ${DEFAULT-VALUE}.")
  private long quietSeconds;

  @Option(
      names = "--changed-host",
      description =
          "A host is another machine than when the move began, and that is right: it was installed"
              + " anew, or got a new machine id. What Godwit has put up on the machine that was left"
              + " out stays there. Never lets one host of the move be taken for the other.")
  private boolean changedHost;

  @Option(
      names = "--without-old",
      description =
          "Old is dead for good: take down what is on new, and say what remains on old. Refused while"
              + " old answers. If old had the clients when it died, also inside a switch, new serves"
              + " them from then on, with what had come to it; see --accept-loss.")
  private boolean withoutOld;

  @Option(
      names = "--without-new",
      description = "With --abandon: new is dead for good. The same the other way round.")
  private boolean withoutNew;

  @Option(
      names = "--accept-loss",
      description =
          "What the dead host has taken and the other one has not got may be lost. Make sure first"
              + " that it is off: two hosts would serve.")
  private boolean acceptLoss;

  @Spec private CommandSpec spec;

  FinishCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    if (withoutOld && withoutNew) {
      throw new ParameterException(
          spec.commandLine(), "--without-old and --without-new: one host has to live");
    }
    if (acceptLoss && !withoutOld && !withoutNew) {
      throw new ParameterException(
          spec.commandLine(), "--accept-loss goes with --without-old or --without-new");
    }
    if (quietSeconds < 0) {
      throw new ParameterException(
          spec.commandLine(),
          "--quiet: found %d, expected 0 seconds or more".formatted(quietSeconds));
    }
    Plan plan = plan();
    Appointment.tellOfEnd(plan, terminal());
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "finish", lines)) {
      Finish finish = new Finish(move);
      if (changedHost) {
        finish.hostMayHaveChanged();
      }
      if (withoutOld || withoutNew) {
        finish.without(withoutOld ? Role.OLD : Role.NEW, acceptLoss);
      }
      Duration quiet = Duration.ofSeconds(quietSeconds);
      terminal().print(abandon ? finish.abandon(quiet, now) : finish.run(quiet, now));
      return (finish.isCopyEqual() ? ExitCode.DONE : ExitCode.FINDINGS).status();
    }
  }
}
