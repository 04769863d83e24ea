package dev.godwit.check;

import dev.godwit.service.Service;
import dev.godwit.survey.Running.Proc;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Files that the services have open for writing and that the plan does not move. What is for this
 * run of the host only is left out: sockets, run-time state, temporary files; and files that have
 * no name any more.
 */
final class OpenFileLook implements Look {
  private static final List<String> OF_THIS_RUN =
      List.of("/proc", "/sys", "/dev", "/run", "/var/run", "/tmp", "/var/tmp", "/var/lock");

  private static final String LOGS = "/var/log";

  @Override
  public void look(Facts facts, Findings findings) {
    String host = facts.oldHost().name();
    Set<String> logs = new TreeSet<>();
    for (Facts.ServiceFacts each : facts.services()) {
      Service service = each.service();
      List<Proc> processes = facts.processes(service);
      if (processes.isEmpty() && each.runsOnOld()) {
        findings.add(
            Code.PROCESSES_UNKNOWN,
            "%s: which processes belong to %s cannot be told; the files that it writes were not"
                    .formatted(host, service.name())
                + " looked at");
      }
      Set<String> told = new TreeSet<>();
      for (Proc process : processes) {
        for (String file : process.writes()) {
          if (file.startsWith("/memfd:")
              || file.endsWith(" (deleted)")
              || file.endsWith(".lock")
              || file.endsWith(".pid")
              || OF_THIS_RUN.stream().anyMatch(place -> Facts.isAtOrBelow(file, place))
              || facts.isMoved(file)) {
            continue;
          }
          if (Facts.isAtOrBelow(file, LOGS)) {
            logs.add(file);
          } else if (told.add(file)) {
            findings.add(
                Code.WRITES_ELSEWHERE,
                "%s: %s of %s writes %s, which the plan does not move"
                    .formatted(host, process.display(), service.name(), file));
          }
        }
      }
    }
    if (!logs.isEmpty()) {
      findings.add(Code.LOGS_STAY, "logs stay on old: " + String.join(", ", logs));
    }
    if (!facts.oldHost().running().isWhole()) {
      findings.add(Code.NOT_ALL_SEEN, host + ": there are more processes than are looked at");
    }
  }
}
