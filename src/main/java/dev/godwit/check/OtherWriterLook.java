package dev.godwit.check;

import dev.godwit.service.Control;
import dev.godwit.survey.Running;
import dev.godwit.survey.Running.Proc;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who writes below the trees of old without being of a service of the plan (H62). It is not stopped
 * with the services, so a cut-over would meet it in the hold, when its clients wait already.
 */
final class OtherWriterLook implements Look {
  /** The unit that starts the kernel's server, and what Debian has called it. */
  private static final Set<String> NFS_SERVER =
      Set.of("nfs-server.service", "nfs-kernel-server.service");

  @Override
  public void look(Facts facts, Findings findings) {
    Set<Integer> known = new HashSet<>();
    Set<String> programs = new HashSet<>();
    Set<String> unknown = new HashSet<>();
    for (Facts.ServiceFacts each : facts.services()) {
      List<Proc> processes = facts.processes(each.service());
      processes.forEach(process -> known.add(process.pid()));
      processes.forEach(process -> programs.add(process.program()));
      if (processes.isEmpty() && each.runsOnOld()) {
        unknown.add(each.service().name());
      }
    }
    for (Proc process : facts.oldHost().running().processes()) {
      if (known.contains(process.pid())) {
        continue;
      }
      process.writes().stream()
          .filter(facts::isMoved)
          .filter(file -> !(isQueued(facts, file) && programs.contains(process.program())))
          .findFirst()
          .ifPresent(
              file ->
                  findings.add(
                      Code.OTHER_WRITER,
                      "%s: %s%s writes %s, and %s"
                          .formatted(
                              facts.oldHost().name(),
                              process.display(),
                              where(process),
                              file,
                              belonging(unknown))));
    }
    facts.oldHost().running().kernel().stream()
        .filter(each -> each.isExport() ? isServed(facts, each) : facts.isMoved(each.path()))
        .forEach(
            each ->
                findings.add(
                    Code.KERNEL_WRITER,
                    "%s: %s".formatted(facts.oldHost().name(), each.display())));
  }

  /** Whether clients reach a tree, and go on when the services of the plan have stopped. */
  private static boolean isServed(Facts facts, Running.OfKernel export) {
    boolean isOfPlan =
        facts.services().stream()
            .map(each -> each.service().control())
            .anyMatch(
                control ->
                    control instanceof Control.Unit unit && NFS_SERVER.contains(unit.unit()));
    return !isOfPlan
        && (facts.isMoved(export.path())
            || facts.plan().files().stream()
                .anyMatch(tree -> Facts.isAtOrBelow(tree.path(), export.path())));
  }

  /** Deliveries of Exim and Sendmail are nobody's child; the stop knows them by their program. */
  private static boolean isQueued(Facts facts, String file) {
    return facts.plan().files().stream()
        .anyMatch(tree -> facts.isQueue(tree) && Facts.isAtOrBelow(file, tree.path()));
  }

  /** What a container has of its own may be called as a tree of the host is. */
  private static String where(Proc process) {
    return process.container().isEmpty()
        ? ""
        : " in a container (%s), which may mean another file by it,".formatted(process.container());
  }

  private static String belonging(Set<String> unknown) {
    return unknown.isEmpty()
        ? "belongs to no service of the plan"
        : "belongs to no service of the plan whose processes can be told (not so: %s)"
            .formatted(unknown.stream().sorted().collect(Collectors.joining(", ")));
  }
}
