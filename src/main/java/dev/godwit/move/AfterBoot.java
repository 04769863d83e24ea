package dev.godwit.move;

import dev.godwit.forward.daemons.BootEntry;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.host.ThisProgram;
import dev.godwit.journal.Journal;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlannedAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a boot of the host where the commands are typed does for a move: mirrors and keepers go on
 * as they would by {@code godwit status}, so that the way back does not fall behind until somebody
 * comes to look. Until both hosts are there, the address that moves is looked after all the same: a
 * host that serves has lost it by its boot, and the other one may never come. A switch that was cut
 * off is left to people.
 */
public final class AfterBoot {
  /** The process's name among those that Godwit starts by itself. */
  public static final String COMMAND = "go-on";

  private static final int HEAP_MEGABYTES = 128;
  private static final Duration AGAIN = Duration.ofSeconds(5);

  private AfterBoot() {}

  /** From now on a boot lets them go on; not for who is not root, nor on a host without init. */
  static void begin(Move move) throws InterruptedException {
    Plan plan = move.plan();
    try {
      BootEntry.install(
          BootEntry.Starts.FOLLOW,
          RuntimeDirectory.of(plan.move()),
          ThisProgram.command(HEAP_MEGABYTES, COMMAND, plan.file().toString()),
          List.of(Move.journalFile(plan)));
    } catch (IOException e) {
      move.warn(
          Warnings.Code.NOT_AFTER_BOOT,
          "After a reboot of this host the mirrors wait for a command, such as godwit status: "
              + e.getMessage());
    }
  }

  /** A boot does nothing for the move any more. */
  static void end(Plan plan) throws IOException, InterruptedException {
    BootEntry.remove(BootEntry.Starts.FOLLOW, RuntimeDirectory.of(plan.move()));
  }

  /**
   * The process's main; returns when the mirrors go on, or need not or may not. Hosts may come up
   * later than this one: they are waited for, and the move is not held meanwhile.
   */
  public static void run(Path planFile) throws IOException, InterruptedException, PlanException {
    Plan plan = Plan.read(planFile);
    String told = "";
    try (Hosts hosts = Hosts.of(plan, remark -> System.err.println(remark))) {
      PlannedAddress address = plan.address();
      Keeper keeper =
          address == null
              ? null
              : new Keeper(KeptAddress.of(plan, address, hosts), Clock.systemUTC());
      while (isToFollow(plan)) {
        try {
          awaken(plan, hosts);
          boolean unused = Starter.goOn(plan, COMMAND);
          return;
        } catch (IOException e) {
          String message = String.valueOf(e.getMessage());
          if (!message.equals(told)) {
            System.err.println("the mirrors do not go on: " + message);
            told = message;
          }
          if (HostException.isOtherController(e)
              || e instanceof MoveException refused
                  && refused.kind() == MoveException.Kind.REFUSED) {
            return; // a person has to say something
          }
        }
        if (keeper != null) {
          look(keeper, plan);
        }
        Thread.sleep(AGAIN);
      }
    }
  }

  /** The same as the mirrors' process does; a host that knows of a later order refuses it. */
  private static void look(Keeper keeper, Plan plan) throws InterruptedException {
    try {
      Optional<Journal> found = Journal.read(Move.journalFile(plan));
      if (found.isEmpty()) {
        return;
      }
      try (Journal journal = found.get()) {
        Optional<Direction> next = Direction.before(Move.phase(journal));
        if (next.isEmpty()) {
          return;
        }
        keeper.want(
            new Keeper.Wanted(next.get().serving(), Move.epoch(journal), Move.isFenced(journal)));
      }
    } catch (IOException e) {
      System.err.println("the address is not looked after: " + e.getMessage());
      return;
    }
    keeper.look();
  }

  private static boolean isToFollow(Plan plan) throws IOException {
    Optional<Journal> found = Journal.read(Move.journalFile(plan));
    if (found.isEmpty() || TakenOver.of(plan).isPresent()) {
      return false;
    }
    try (Journal journal = found.get()) {
      return Direction.before(Move.phase(journal)).isPresent();
    }
  }

  /** Whoever holds the move lets other commands wait. */
  private static void awaken(Plan plan, Hosts hosts) throws IOException {
    for (Role role : Role.hosts(plan)) {
      Host unused = hosts.of(role);
    }
  }
}
