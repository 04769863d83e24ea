package dev.godwit.check;

import dev.godwit.survey.Settings;
import dev.godwit.survey.Settings.Certificate;
import dev.godwit.survey.Settings.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Certificates of the servers that are moved: whether they last, and whether new has them. */
final class CertificateLook implements Look {
  private static final Duration SOON = Duration.ofDays(30);

  @Override
  public void look(Facts facts, Findings findings) {
    Set<String> told = new HashSet<>();
    List<Certificate> onOld = new ArrayList<>(moved(facts, facts.oldHost().settings()));
    facts.trees().forEach(pair -> onOld.addAll(pair.source().measured().certificates()));
    for (Certificate certificate : onOld) {
      ends(facts.at(), facts.oldHost().name(), certificate, told, findings);
    }
    List<Certificate> onNew = moved(facts, facts.newHost().settings());
    Map<String, Certificate> byPath = new HashMap<>();
    for (Certificate certificate : onNew) {
      byPath.put(certificate.path(), certificate);
      if (!certificate.problem().isEmpty() && !facts.isFilled(certificate.path())) {
        told.add(certificate.path());
        findings.add(
            Code.CERTIFICATE_MISSING,
            "%s: %s names the certificate %s: %s"
                .formatted(
                    facts.newHost().name(),
                    certificate.namedBy(),
                    certificate.path(),
                    certificate.problem()));
      } else {
        ends(facts.at(), facts.newHost().name(), certificate, told, findings);
      }
    }
    compare(facts, byPath, told, findings);
  }

  /** What old's servers use, beside what lies at the same path on new. */
  private static void compare(
      Facts facts, Map<String, Certificate> onNew, Set<String> told, Findings findings) {
    Map<String, Certificate> there = new HashMap<>();
    facts.known().certificates().forEach(each -> there.put(each.path(), each));
    for (Certificate old : moved(facts, facts.oldHost().settings())) {
      Certificate other = onNew.getOrDefault(old.path(), there.get(old.path()));
      if (other == null
          || facts.isMoved(old.path())
          || !old.problem().isEmpty()
          || told.contains(old.path())) {
        continue;
      }
      if (!other.problem().isEmpty()) {
        if (onNew.isEmpty()) {
          findings.add(
              Code.CERTIFICATE_MISSING,
              "%s: old's %s uses the certificate %s, which cannot be read here: %s"
                  .formatted(facts.newHost().name(), old.namedBy(), old.path(), other.problem()));
        }
      } else if (!other.sha256().equals(old.sha256())) {
        findings.add(
            Code.CERTIFICATE_DIFFERS,
            "%s: %s is another certificate than on old: for %s instead of %s"
                .formatted(facts.newHost().name(), old.path(), other.names(), old.names()));
      }
    }
  }

  private static void ends(
      Instant now, String host, Certificate certificate, Set<String> told, Findings findings) {
    if (certificate.sha256().isEmpty() || !told.add(certificate.sha256())) {
      return; // a file without one, or told already
    }
    Instant end = Instant.ofEpochMilli(certificate.endsMillis());
    if (end.isBefore(now.plus(SOON))) {
      findings.add(
          Code.CERTIFICATE_ENDS,
          "%s: the certificate %s for %s %s %s"
              .formatted(
                  host,
                  certificate.path(),
                  certificate.names(),
                  end.isBefore(now) ? "ended on" : "ends on",
                  end.toString().substring(0, 10)));
    }
  }

  /** Those that the configuration of servers of the plan names. */
  private static List<Certificate> moved(Facts facts, Settings settings) {
    Set<String> paths = new HashSet<>();
    settings.mentions().stream()
        .filter(m -> m.is(Kind.CERTIFICATE) && facts.isMovedServer(m.server()))
        .forEach(m -> paths.add(m.value()));
    return settings.certificates().stream().filter(c -> paths.contains(c.path())).toList();
  }
}
