package dev.godwit.check;

import dev.godwit.plan.PlannedAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether the address of the plan can move, and what becomes of what is open to it. */
final class AddressLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    Optional<Finding> reached =
        ReachedByAddress.look(
            facts.plan(),
            facts.oldHost().surroundings().facts(),
            facts.newHost().surroundings().facts());
    reached.ifPresent(each -> findings.add(each.code(), each.what(), each.remedy()));
    facts.address().ifPresent(address -> look(facts, address, reached.isEmpty(), findings));
    facts.where().ifPresent(where -> look(where, reached.isEmpty(), findings));
  }

  private static void look(
      Facts facts, Facts.AddressFacts address, boolean mayMove, Findings findings) {
    PlannedAddress.Floating floating = address.floating();
    boolean isFit = mayMove;
    if (!address.isOnOld()) {
      isFit = false;
      findings.add(
          Code.ADDRESS_NOT_ON_OLD,
          "%s: %s is not on %s"
              .formatted(facts.oldHost().name(), floating.display(), floating.onOld().link()));
    }
    if (address.isOnNew()) {
      isFit = false;
      findings.add(
          Code.ADDRESS_ON_NEW,
          "%s: %s is on %s already"
              .formatted(facts.newHost().name(), floating.display(), floating.onNew().link()));
    }
    isFit &= hasOwn(facts.oldHost(), address.ownOfOld(), floating, findings);
    isFit &= hasOwn(facts.newHost(), address.ownOfNew(), floating, findings);
    String cuts = cuts(facts, address);
    if (isFit && cuts.isEmpty()) {
      findings.add(
          Code.ADDRESS,
          "%s goes from old (%s) to new (%s); what is open to it goes on"
              .formatted(
                  floating.display(),
                  address.ownOfOld().orElseThrow().getHostAddress(),
                  address.ownOfNew().orElseThrow().getHostAddress()));
    } else if (isFit) {
      findings.add(
          Code.ADDRESS_CUTS,
          "%s can move, but connections that are open to it then are cut: %s"
              .formatted(floating.display(), cuts));
    }
  }

  /** The host that takes it sends what belongs to the other one on to that. */
  private static String cuts(Facts facts, Facts.AddressFacts address) {
    List<String> cuts = new ArrayList<>();
    if (!address.cutOnWay().isEmpty()) {
      cuts.add(
          "on the way to new, by what %s says: %s"
              .formatted(facts.newHost().name(), address.cutOnWay()));
    }
    if (!address.cutOnWayBack().isEmpty()) {
      cuts.add(
          "on the way back, by what %s says: %s"
              .formatted(facts.oldHost().name(), address.cutOnWayBack()));
    }
    return String.join("; ", cuts);
  }

  private static void look(Facts.WhereFacts where, boolean mayMove, Findings findings) {
    PlannedAddress.Command command = where.command();
    if (!where.trouble().isEmpty()) {
      findings.add(Code.ADDRESS_UNKNOWN, where.trouble());
      return;
    }
    Optional<String> unknown = WhereAddress.unknown(command, where.said());
    if (unknown.isPresent()) {
      findings.add(Code.ADDRESS_UNKNOWN, unknown.get());
    } else if (!where.said().equals(command.oldName())) {
      findings.add(
          Code.ADDRESS_ON_NEW,
          "%s is on new (%s) already, says `where`".formatted(command.display(), command.newName()),
          "bring it to old, or correct `old` and `new` of `address` in the plan");
    } else if (mayMove) {
      findings.add(
          Code.ADDRESS,
          "%s is on old (%s), says `where`; a command brings it to new (%s)"
              .formatted(command.display(), command.oldName(), command.newName()));
    }
  }

  private static boolean hasOwn(
      Facts.Side host,
      Optional<InetAddress> own,
      PlannedAddress.Floating floating,
      Findings findings) {
    if (own.isEmpty()) {
      findings.add(
          Code.ADDRESS_ALONE,
          "%s: it has no other address of the network of %s on the same interface"
              .formatted(host.name(), floating.display()));
    }
    return own.isPresent();
  }
}
