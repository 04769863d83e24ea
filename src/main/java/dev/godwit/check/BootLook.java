package dev.godwit.check;

import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.Service;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Known.AddressLine;
import dev.godwit.survey.Units;
import java.util.List;
import java.util.Optional;

/**
 * Whether new comes up by itself with what it has been given, after a boot, and old without it
 * (H57). Godwit changes neither: what a host starts with is its administrator's.
 */
final class BootLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.Side side : facts.hosts()) {
      if (!side.boot().trouble().isEmpty()) {
        findings.add(
            Code.NOT_ALL_SEEN,
            "%s: what a boot starts was not seen: %s"
                .formatted(side.name(), side.boot().trouble()));
      }
    }
    facts.services().forEach(each -> service(facts, each, findings));
    if (facts.plan().address() instanceof PlannedAddress.Floating floating) {
      address(facts, floating.display(), findings);
    }
  }

  private static void service(Facts facts, Facts.ServiceFacts each, Findings findings) {
    Service service = each.service();
    Boot onNew = facts.newHost().boot();
    Optional<String> unit = service.control().unitName();
    Optional<Units.Unit> unitOnNew = unit.flatMap(name -> facts.newHost().units().of(name));
    if (unit.isPresent()
        && unitOnNew
            .filter(found -> found.load().equals("masked"))
            .isEmpty() // somebody wants it so
        && each.troubleOnNew().isEmpty()
        && onNew.trouble().isEmpty()
        && facts.oldHost().boot().started().contains(unit.get())
        && !onNew.started().contains(unit.get())) {
      findings.add(
          Code.NOT_AT_BOOT,
          "%s: a boot does not start %s, as it does on old"
              .formatted(facts.newHost().name(), service.name()),
          unitOnNew.isPresent()
              ? "after the cut-over, on new: systemctl enable " + unit.get()
              : "after the cut-over, on new: update-rc.d %1$s enable, or chkconfig %1$s on"
                  .formatted(service.control().initScript().orElse(service.name())));
    }
  }

  private static void address(Facts facts, String address, Findings findings) {
    List<AddressLine> ofOld = facts.oldHost().boot().addresses();
    for (AddressLine line : ofOld) {
      findings.add(
          Code.ADDRESS_AT_BOOT,
          "%s: a boot gives it %s, by %s:%d: %s"
              .formatted(facts.oldHost().name(), address, line.file(), line.line(), line.text()));
    }
    Boot onNew = facts.newHost().boot();
    if (!ofOld.isEmpty() && onNew.addresses().isEmpty() && onNew.trouble().isEmpty()) {
      findings.add(
          Code.ADDRESS_NOT_AT_BOOT,
          "%s: nothing in its network's configuration gives it %s"
              .formatted(facts.newHost().name(), address));
    }
  }
}
