package dev.godwit.cli;

import dev.godwit.move.Cutover;
import dev.godwit.move.Direction;
import dev.godwit.move.Move;
import dev.godwit.move.NoWayBack;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import java.io.IOException;
import java.time.LocalTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code godwit cutover}: the switch. */
@Command(
    name = "cutover",
    header = "Give the clients to new; they see at most one slower answer.",
    description =
        "Connections wait while the services change hosts. If anything fails before they are let go,"
            + " or the plan's limit of the hold is reached, old serves them again by itself. A"
            + " cut-over that was cut off goes on when the command is run again. Ctrl-C before the hold"
            + " gives it up, inside the hold takes it back.",
    footer = {
      "  godwit cutover --yes move.yaml             without asking",
      "  godwit cutover --yes --at 03:00 move.yaml  at night",
      "  godwit cutover --go move.yaml              the one that waits, now"
    })
final class CutoverCommand extends MoveCommand {
  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  @Option(
      names = "--at",
      paramLabel = "HH:MM",
      description = "Ask now, wait, and begin at this time of this host's clock.")
  private @Nullable LocalTime at;

  @Option(
      names = "--postpone",
      description =
          "Ask now, wait, and begin when somebody says --go; with --at, at the latest then.")
  private boolean postpone;

  @Option(names = "--go", description = "Let the cut-over that waits begin now, and return.")
  private boolean go;

  @Mixin private ConsideredRehearsal rehearsal = new ConsideredRehearsal();

  @Option(
      names = "--no-way-back",
      description =
          "Cut over although a rollback would not be possible afterwards, as where a newer database"
              + " server of new converts the files. Only for when the command has said why.")
  private boolean noWayBack;

  @Mixin private WitnessOptions witness = new WitnessOptions();

  CutoverCommand(Terminal terminal) {
    super(terminal);
  }

  @Override
  public Integer call() throws IOException, PlanException, InterruptedException, UserFailure {
    Plan plan = plan();
    if (go) {
      Appointment.keepNow(plan);
      terminal().print("The cut-over that waited begins now.");
      return ExitCode.DONE.status();
    }
    boolean begun = rehearsal.consider(plan, Direction.TO_NEW, terminal());
    if (!yes) {
      Confirmation.ask(
          "Give the clients of %s to new, holding them for at most %d ms?"
              .formatted(plan.move(), plan.limits().hold().toMillis()),
          "cut over",
          "old serves as before");
    }
    if (at != null || postpone) {
      if (begun) {
        throw new UserFailure(
            ExitCode.REFUSED,
            "a cut-over has begun already; run the command without --at and --postpone to go on");
      }
      considerWayBack(plan);
      Appointment.await(plan, terminal(), at);
      boolean unused =
          rehearsal.consider(plan, Direction.TO_NEW, terminal()); // one may have failed meanwhile
    } else {
      Appointment.tellOfEnd(plan, terminal());
    }
    Optional<String> noWayBackNow;
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "cutover", lines);
        Interruption interruption = Interruption.of(terminal(), move::stop)) {
      new Cutover(move, Direction.TO_NEW, witness.witness(), !noWayBack).run();
      noWayBackNow = move.noWayBack();
    }
    terminal()
        .print(
            plan.isWithinHost()
                ? "The services use the files of new; those of old follow them."
                : "New serves. What still comes to old is passed on to new; old follows new.");
    terminal()
        .print(
            noWayBackNow
                .map(NoWayBack::sentence)
                .orElse("The way back: godwit rollback " + plan.typed()));
    terminal()
        .print(
            "When %s: godwit finish %s"
                .formatted(
                    plan.isWithinHost() ? "it is to stay so" : "nobody comes to old any more",
                    plan.typed()));
    return ExitCode.DONE.status();
  }

  /** At night nobody reads that it was refused. */
  private void considerWayBack(Plan plan) throws IOException {
    if (plan.databases().isEmpty()) {
      return; // nothing can be converted
    }
    try (StepLines lines = new StepLines(terminal(), "copying");
        Move move = Move.open(plan, "cutover", lines)) {
      new Cutover(move, Direction.TO_NEW, witness.witness(), !noWayBack).consider();
    }
  }
}
