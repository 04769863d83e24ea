package dev.godwit.move;

import dev.godwit.address.AddressClient;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.CommandAbility;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Brings the plan's address to the host that serves, whatever was before: asked first, then
 * changed, then read back. Running it when all is as wanted changes nothing but tells the network
 * again.
 */
final class AddressSwitch {
  private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Plan plan;
  private final Hosts hosts;

  AddressSwitch(Plan plan, Hosts hosts) {
    this.plan = plan;
    this.hosts = hosts;
  }

  /**
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
    AddressClient giver = client(floating, to.other());
    AddressClient taker = client(floating, to);
    if (taker.isHeld() && !giver.isHeld()) {
      taker.announce(epoch);
      return "%s is on %s".formatted(floating.display(), to.word());
    }
    Optional<InetAddress> giversOwn = giver.own();
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

  /** Whether the address is where it is wanted; true when none moves. */
  boolean isAt(Role wanted) throws IOException, InterruptedException {
    return switch (plan.address()) {
      case null -> true;
      case PlannedAddress.Floating floating ->
          client(floating, wanted).isHeld() && !client(floating, wanted.other()).isHeld();
      case PlannedAddress.Command command -> where(command).equals(name(command, wanted));
    };
  }

  /** Whether neither host has the address; false when none floats. */
  boolean isNowhere() throws IOException {
    if (!(plan.address() instanceof PlannedAddress.Floating floating)) {
      return false;
    }
    for (Role role : Role.values()) {
      if (client(floating, role).isHeld()) {
        return false;
      }
    }
    return true;
  }

  /** What is open to the address through the host that gave it may end from now on. */
  void clear(long epoch) throws IOException {
    if (plan.address() instanceof PlannedAddress.Floating floating) {
      for (Role role : Role.values()) {
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
    long end = System.nanoTime() + command.limit().toNanos();
    String before = where(command);
    if (!before.equals(wanted)) {
      String unused =
          CommandAbility.run(
              "the address %s cannot be moved".formatted(command.address()),
              to == Role.OLD ? command.toOld() : command.toNew(),
              Map.of(),
              COMMAND_LIMIT);
    }
    String now = where(command);
    while (!now.equals(wanted)) {
      if (System.nanoTime() - end >= 0) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "the address %s is on \"%s\" instead of \"%s\" %d s after the command to move it has succeeded"
                .formatted(command.address(), now, wanted, command.limit().toSeconds()));
      }
      Thread.sleep(LOOK);
      now = where(command);
    }
    return "%s is on %s (%s)".formatted(command.address(), to.word(), wanted);
  }

  private static String where(PlannedAddress.Command command)
      throws IOException, InterruptedException {
    return CommandAbility.run(
        "where the address %s is cannot be asked".formatted(command.address()),
        command.asking(),
        Map.of(),
        COMMAND_LIMIT);
  }

  private static String name(PlannedAddress.Command command, Role role) {
    return role == Role.OLD ? command.oldName() : command.newName();
  }
}
