package dev.godwit.check;

import dev.godwit.survey.Firewall;
import dev.godwit.survey.Firewall.PortVerdict;
import dev.godwit.survey.Firewall.Verdict;
import java.util.List;

/** Whether new's packet filter lets clients, and old's gate, come in. */
final class FirewallLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    Firewall firewall = facts.firewall();
    String host = facts.newHost().name();
    if (!List.of("nft", "iptables", "none").contains(firewall.source())) {
      findings.add(
          Code.FIREWALL_UNKNOWN,
          "%s: the packet filter cannot be asked: %s".formatted(host, firewall.source()));
      return;
    }
    boolean isOpen = true;
    Integer relay = facts.plan().relay() == null ? null : facts.plan().relay().port();
    for (PortVerdict verdict : firewall.ports()) {
      isOpen &= verdict.is(Verdict.ACCEPTED);
      boolean isRelay = relay == null && verdict.port() == Gathering.SOME_PORT;
      String what =
          isRelay
              ? "ports that are chosen when needed, such as the one where the gate on old comes"
              : "port " + verdict.port();
      if (verdict.is(Verdict.REFUSED)) {
        findings.add(
            Code.FIREWALL_REFUSES,
            "%s: the packet filter refuses %s (%s)".formatted(host, what, verdict.because()),
            isRelay
                ? "give the plan a `relay: { port: N }` and open that port on new for old"
                : "open port %d on new".formatted(verdict.port()));
      } else if (verdict.is(Verdict.UNCLEAR)) {
        findings.add(
            Code.FIREWALL_UNCLEAR,
            "%s: whether the packet filter lets %s in cannot be told beforehand (%s)"
                .formatted(host, what, verdict.because()));
      }
    }
    if (isOpen) {
      findings.add(
          Code.FIREWALL,
          firewall.source().equals("none")
              ? "no packet filter stands before new's ports"
              : "new's packet filter (%s) lets clients in".formatted(firewall.source()));
    }
  }
}
