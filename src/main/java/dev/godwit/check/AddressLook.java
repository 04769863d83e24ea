package dev.godwit.check;

import dev.godwit.plan.PlannedAddress;
import java.net.InetAddress;
import java.util.Optional;

/** Whether the address of the plan can move, and what becomes of what is open to it. */
final class AddressLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    facts.address().ifPresent(address -> look(facts, address, findings));
  }

  private static void look(Facts facts, Facts.AddressFacts address, Findings findings) {
    PlannedAddress.Floating floating = address.floating();
    boolean isFit = true;
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
    if (isFit && address.keepsConnections()) {
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
          "%s can move, but connections that are open to it then are cut: the program nft is missing on a host"
              .formatted(floating.display()));
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
