package dev.godwit.plan;

import dev.godwit.address.FloatingAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The address that moves with the services. */
public sealed interface PlannedAddress {
  /** For messages. */
  String display();

  /**
   * One that is taken off one host and put on the other, on the same network.
   *
   * @param onOld with the interface's name there
   */
  record Floating(FloatingAddress onOld, FloatingAddress onNew) implements PlannedAddress {
    @Override
    public String display() {
      return onOld.toString();
    }
  }

  /**
   * One that somebody else gives to a host, such as the provider of a cloud; asked for where the
   * commands of the move are typed.
   *
   * @param command an argument list in which {@code {to}}, {@code {from}} and {@code {address}} are
   *     filled in
   * @param where an argument list that writes the name of the host that has it now
   * @param address as the commands call it
   * @param oldName what {@code where} writes when it is on old
   * @param newName the same of new
   * @param limit until {@code where} says so
   */
  record Command(
      List<String> command,
      List<String> where,
      String address,
      String oldName,
      String newName,
      Duration limit)
      implements PlannedAddress {
    public Command {
      command = List.copyOf(command);
      where = List.copyOf(where);
    }

    /** Takes it to old. */
    public List<String> toOld() {
      return filled(command, oldName, newName);
    }

    /** Takes it to new. */
    public List<String> toNew() {
      return filled(command, newName, oldName);
    }

    /** Asks where it is; it goes nowhere. */
    public List<String> asking() {
      return filled(where, "", "");
    }

    private List<String> filled(List<String> argv, String to, String from) {
      return Placeholders.fill(argv, Map.of("address", address, "to", to, "from", from));
    }

    @Override
    public String display() {
      return address;
    }
  }
}
