package dev.godwit.check;

import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.survey.Surroundings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whether each service runs on old, waits on new, and can be told from one that does not work. */
final class ServiceLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    facts.services().forEach(service -> service(facts, service, findings));
    if (!facts.plan().isWithinHost()) {
      fences(facts, findings);
    }
    versions(facts, findings);
  }

  private static void fences(Facts facts, Findings findings) {
    List<String> unfenced =
        facts.services().stream()
            .map(Facts.ServiceFacts::service)
            .filter(service -> !service.control().canBeFenced())
            .map(Service::name)
            .toList();
    if (!unfenced.isEmpty()) {
      findings.add(
          Code.NO_FENCE,
          "%s: started by commands, not units: Godwit cannot keep old from starting them again"
              .formatted(String.join(", ", unfenced)));
    }
  }

  private static void service(Facts facts, Facts.ServiceFacts each, Findings findings) {
    Service service = each.service();
    boolean isWithinHost = facts.plan().isWithinHost();
    boolean isKnownOnOld = known(each, facts.oldHost().name(), each.troubleOnOld(), findings);
    boolean isKnownOnNew =
        isWithinHost || known(each, facts.newHost().name(), each.troubleOnNew(), findings);
    if (!isKnownOnOld || !isKnownOnNew) {
      return;
    }
    if (!each.runsOnOld()) {
      findings.add(
          Code.NOT_RUNNING,
          "%s: %s does not run".formatted(facts.oldHost().name(), service.name()));
    }
    boolean isToRun = service.when() == Service.When.ALREADY_RUNNING;
    if (isToRun && !each.runsOnNew()) {
      findings.add(
          Code.NOT_RUNNING_ON_NEW,
          "%s: %s does not run yet".formatted(facts.newHost().name(), service.name()));
    }
    if (each.runsOnNew() && !isToRun && !isWithinHost) {
      findings.add(
          Code.RUNNING_ON_NEW,
          "%s: %s runs already, on files that the move will replace"
              .formatted(facts.newHost().name(), service.name()));
    }
    for (String failure : each.failures()) {
      findings.add(
          Code.CHECK_FAILS,
          "%s: %s: %s".formatted(facts.oldHost().name(), service.name(), failure));
    }
    if (service.checks().isEmpty()) {
      findings.add(Code.NO_CHECK, service.name() + " has no check");
    }
    if (!each.runsOnOld() || !each.isChecked() || !each.failures().isEmpty()) {
      return;
    }
    if (isWithinHost) {
      findings.add(Code.SERVICE, service.name() + " runs and answers");
    } else if (each.runsOnNew() == isToRun) {
      findings.add(
          Code.SERVICE,
          "%s runs on old and answers, is there on new and %s"
              .formatted(service.name(), isToRun ? "runs too" : "does not run"));
    }
  }

  private static boolean known(
      Facts.ServiceFacts each, String host, String trouble, Findings findings) {
    if (trouble.isEmpty()) {
      return true;
    }
    findings.add(
        Code.UNKNOWN_SERVICE,
        "%s: %s cannot be controlled: %s".formatted(host, each.service().name(), trouble),
        each.service().control() instanceof Control.Unit
            ? "install it there"
            : "correct its commands in the plan, or install what they need");
    return false;
  }

  private static void versions(Facts facts, Findings findings) {
    Map<String, String> onNew = new HashMap<>();
    for (Surroundings.Installed each : facts.newHost().surroundings().packages()) {
      onNew.put(each.name(), each.version());
    }
    for (Surroundings.Installed each : facts.oldHost().surroundings().packages()) {
      String other = onNew.get(each.name());
      if (other != null && Versions.isOlder(other, each.version())) {
        findings.add(
            Code.OLDER_VERSION,
            "%s is %s on old and %s on new".formatted(each.name(), each.version(), other));
      }
    }
  }
}
