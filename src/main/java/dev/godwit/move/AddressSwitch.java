package dev.godwit.move;

import dev.godwit.address.AddressClient;
import dev.godwit.check.Finding;
import dev.godwit.check.ReachedByAddress;
import dev.godwit.check.WhereAddress;
import dev.godwit.host.HostException;
import dev.godwit.host.HostFacts;
import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalLock;
import dev.godwit.journal.Run;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.CommandAbility;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings the plan's address to the host that serves, whatever was before: asked first, then
 * changed, then read back. Running it when all is as wanted changes nothing but tells the network
 * again.
 */
final class AddressSwitch {
  /** The journal's fact of the address: the run of the switch after which it was brought. */
  private static final String BROUGHT_FACT = "address";

  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Plan plan;
  private final Hosts hosts;

  AddressSwitch(Plan plan, Hosts hosts) {
    this.plan = plan;
    this.hosts = hosts;
  }

  /**
   * Before the hold of a cut-over: what plan and network may have become since {@code start}.
   *
   * @throws MoveException FAILED when the address could not move, or must not
   */
  void refuseUnfit() throws IOException, InterruptedException {
    if (plan.address() instanceof PlannedAddress.Command command) {
      // On new already is no reason to refuse: then the switch is what makes it right.
      Optional<String> unknown = WhereAddress.unknown(command, WhereAddress.ask(command));
      if (unknown.isPresent()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            unknown.get() + "; correct it, or `old` and `new` of `address` in the plan");
      }
    }
    Optional<Finding> reached =
        plan.address() == null
            ? Optional.empty()
            : ReachedByAddress.look(
                plan, HostFacts.of(hosts.of(Role.OLD)), HostFacts.of(hosts.of(Role.NEW)));
    if (reached.isPresent()) {
      throw new MoveException(
          MoveException.Kind.FAILED,
          "%s; %s".formatted(reached.get().what(), reached.get().remedy()));
    }
  }

  /**
   * What a command does, which remembers it: whoever looks after the address from now on need not
   * have seen it there.
   *
   * @see #bring(Role, long)
   */
  static String bring(Move move, Role to, long epoch) throws IOException, InterruptedException {
    String done = new AddressSwitch(move.plan(), move.hosts()).bring(to, epoch);
    Optional<Run> last = Move.lastSwitchRun(move.journal());
    if (last.isPresent() && move.plan().address() != null) {
      move.journal().setFact(BROUGHT_FACT, Long.toString(last.get().id()));
    }
    return done;
  }

  /** Whether the last switch, which made this host serve, has brought the address to it. */
  static boolean wasBrought(Journal journal, Role to) throws IOException {
    Optional<Run> last = Move.lastSwitchRun(journal);
    return last.isPresent()
        && Move.lastSwitch(journal).filter(direction -> direction.next() == to).isPresent()
        && journal.fact(BROUGHT_FACT).equals(Optional.of(Long.toString(last.get().id())));
  }

  /**
   * Whether the command that has made the last switch is at work on it still, and has not come to
   * the end of bringing the address.
   */
  static boolean isUnderWay(Journal journal) throws IOException {
    Optional<Run> last = Move.lastSwitchRun(journal);
    if (last.isEmpty()
        || !JournalLock.isHeld(journal.file())
        || journal.runs().getLast().id() != last.get().id()) {
      return false;
    }
    return journal.steps(last.get()).stream()
        .noneMatch(
            step -> step.name().equals(CutoverStep.ADDRESS.word()) && step.outcome() != null);
  }

  /**
   * Where it is not yet, it is taken there also when the other host cannot be reached: who takes it
   * asks the network first whether anybody has it.
   *
   * @param to the host that is to have it
   * @return one line for people
   */
  String bring(Role to, long epoch) throws IOException, InterruptedException {
    return switch (plan.address()) {
      case null -> "none moves";
      case PlannedAddress.Floating floating -> bring(floating, to, epoch);
      case PlannedAddress.Command command -> bring(command, to);
    };
  }

  private String bring(PlannedAddress.Floating floating, Role to, long epoch)
      throws IOException, InterruptedException {
    AddressClient taker = client(floating, to);
    AddressClient giver;
    try {
      giver = client(floating, to.other());
    } catch (HostException e) {
      rethrowRefusal(e);
      taker.take(epoch);
      return "%s is on %s; what was open to it is cut, for %s cannot be reached"
          .formatted(floating.display(), to.word(), to.other().word());
    }
    if (taker.isHeld() && !giver.isHeld()) {
      taker.announce(epoch);
      return "%s is on %s".formatted(floating.display(), to.word());
    }
    Optional<AddressClient.Own> giversOwn = giver.own();
    boolean keeps = giversOwn.isPresent() && taker.sendStrays(epoch, giversOwn.get());
    giver.give(epoch, keeps);
    try {
      taker.take(epoch);
    } catch (IOException e) {
      // Nowhere would be worse than where it was.
      try {
        giver.takeAgain(epoch);
        taker.sendNoStrays(epoch);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    giver.sendNoStrays(epoch);
    return "%s is on %s; what was open to it %s"
        .formatted(
            floating.display(),
            to.word(),
            keeps ? "goes on by " + to.other().word() : "was cut: nftables cannot keep it");
  }

  /**
   * The hosts that have the address now; more than one is never right. One that cannot be reached
   * has it not, as far as anybody can tell.
   */
  Set<Role> holders(PlannedAddress address) throws IOException, InterruptedException {
    Set<Role> holders = EnumSet.noneOf(Role.class);
    switch (address) {
      case PlannedAddress.Floating floating -> {
        for (Role role : Role.values()) {
          try {
            if (client(floating, role).isHeld()) {
              holders.add(role);
            }
          } catch (HostException e) {
            rethrowRefusal(e);
          }
        }
      }
      case PlannedAddress.Command command -> {
        String now = WhereAddress.ask(command);
        for (Role role : Role.values()) {
          if (now.equals(name(command, role))) {
            holders.add(role);
          }
        }
      }
    }
    return holders;
  }

  /** One that answers may have it, and it is for a person to find out which it is. */
  private static void rethrowRefusal(HostException e) throws HostException {
    if (HostException.isRefusal(e)) {
      throw e;
    }
  }

  /** What is open to the address through the host that gave it may end from now on. */
  void clear(List<Role> on, long epoch) throws IOException {
    if (plan.address() instanceof PlannedAddress.Floating floating) {
      for (Role role : on) {
        client(floating, role).clear(epoch);
      }
    }
  }

  private AddressClient client(PlannedAddress.Floating floating, Role role) throws IOException {
    return new AddressClient(
        hosts.of(role), plan.move(), role == Role.OLD ? floating.onOld() : floating.onNew());
  }

  private static String bring(PlannedAddress.Command command, Role to)
      throws IOException, InterruptedException {
    String wanted = name(command, to);
    String before = WhereAddress.ask(command);
    if (!before.equals(wanted)) {
      String unused =
          CommandAbility.run(
              "the address %s cannot be moved".formatted(command.address()),
              to == Role.OLD ? command.toOld() : command.toNew(),
              Map.of(),
              COMMAND_LIMIT);
    }
    long end = System.nanoTime() + command.limit().toNanos();
    String now = WhereAddress.ask(command);
    while (!now.equals(wanted)) {
      if (System.nanoTime() - end >= 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the address %s is on \"%s\" instead of \"%s\" %d s after the command to move it has succeeded"
                .formatted(command.address(), now, wanted, command.limit().toSeconds()));
      }
      Thread.sleep(LOOK);
      now = WhereAddress.ask(command);
    }
    return "%s is on %s (%s)".formatted(command.address(), to.word(), wanted);
  }

  private static String name(PlannedAddress.Command command, Role role) {
    return role == Role.OLD ? command.oldName() : command.newName();
  }
}
