package dev.godwit.cli;

import dev.godwit.move.Finish;
import dev.godwit.move.Move;
import dev.godwit.move.Role;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit finish}: takes everything down. */
@Command(
    name = "finish",
    header = "Take down all that Godwit put up; the report stays.",
    description =
        "Refuses while clients still come to old, or the plan's address is not on new alone. It ends"
            + " the mirror back to old, so from then on there is no rollback.",
    footer = {
      "  godwit finish move.yaml",
      "  godwit finish --now move.yaml      although clients still come to old",
      "  godwit finish --without-old move.yaml  old is dead for good",
      "  godwit finish --abandon move.yaml  give up before the cut-over or after a rollback"
    })
final class FinishCommand extends MoveCommand {
  @Option(
      names = "--now",
      description = "Finish although clients still come to the host that was left; those are cut.")
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
              + " old answers. Not for one that died inside a switch, which takes both hosts to"
              + " settle.")
  private boolean withoutOld;

  @Option(
      names = "--without-new",
      description = "With --abandon: new is dead for good. The same the other way round.")
  private boolean withoutNew;

  FinishCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException {
    Plan plan = plan();
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "finish", lines)) {
      Finish finish = new Finish(move);
      if (changedHost) {
        finish.hostMayHaveChanged();
      }
      if (withoutOld || withoutNew) {
        finish.without(withoutOld ? Role.OLD : Role.NEW);
      }
      if (abandon) {
        finish.abandon(Duration.ofSeconds(quietSeconds), now);
        terminal().print("Abandoned. Old serves as before; what was copied to new stays there.");
      } else {
        finish.run(Duration.ofSeconds(quietSeconds), now);
        terminal()
            .print(
                "Finished. Nothing of Godwit runs on %s any more."
                    .formatted(
                        withoutOld ? "new" : plan.isWithinHost() ? "the host" : "either host"));
      }
    }
    return ExitCode.DONE.status();
  }
}
