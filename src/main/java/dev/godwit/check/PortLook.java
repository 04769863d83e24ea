package dev.godwit.check;

import dev.godwit.service.Service;
import dev.godwit.survey.Running;
import dev.godwit.survey.Running.Listener;
import dev.godwit.survey.Running.Proc;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Whether the ports of the plan are those of its services, on old, and are free on new. */
final class PortLook implements Look {
  /** What forwards a published port of a container into it, beside rules of the packet filter. */
  private static final Set<String> CONTAINER_PROXIES =
      Set.of("docker-proxy", "rootlessport", "conmon", "pasta", "slirp4netns");

  @Override
  public void look(Facts facts, Findings findings) {
    Set<Integer> planned = new HashSet<>();
    facts.services().forEach(each -> planned.addAll(each.service().ports()));
    for (Facts.ServiceFacts each : facts.services()) {
      onOld(facts, each, planned, findings);
      if (!each.runsOnNew() && !facts.plan().isWithinHost()) {
        each.service().ports().forEach(port -> onNew(facts, each.service(), port, findings));
      }
    }
  }

  private static void onOld(
      Facts facts, Facts.ServiceFacts each, Set<Integer> planned, Findings findings) {
    Running running = facts.oldHost().running();
    String host = facts.oldHost().name();
    Service service = each.service();
    for (int port : service.ports()) {
      List<Listener> listeners = running.tcp(port);
      if (listeners.isEmpty() && each.runsOnOld()) {
        findings.add(
            Code.PORT_NOT_LISTENED,
            "%s: nobody listens on port %d of %s".formatted(host, port, service.name()));
      }
      for (Proc process : running.holders(listeners)) {
        if (isContainers(process)) {
          findings.add(
              Code.CONTAINER_PORT,
              "%s: port %d of %s belongs to a container: %s%s"
                  .formatted(
                      host,
                      port,
                      service.name(),
                      process.display(),
                      process.container().isEmpty() ? "" : ", " + process.container()));
        }
      }
    }
    Set<Integer> family = new HashSet<>();
    facts.processes(service).forEach(process -> family.add(process.pid()));
    Set<Integer> others = new TreeSet<>();
    Set<Integer> udp = new TreeSet<>();
    for (Listener listener : running.listeners()) {
      if (!listener.isLoopback() && listener.pids().stream().anyMatch(family::contains)) {
        if (!listener.isTcp()) {
          udp.add(listener.port());
        } else if (!planned.contains(listener.port())) {
          others.add(listener.port());
        }
      }
    }
    for (int port : others) {
      findings.add(
          Code.PORT_NOT_IN_PLAN,
          "%s: %s listens on port %d too, which the plan does not name"
              .formatted(host, service.name(), port));
    }
    for (int port : udp) {
      findings.add(
          Code.UDP_PORT, "%s: %s listens on UDP port %d".formatted(host, service.name(), port));
    }
  }

  private static void onNew(Facts facts, Service service, int port, Findings findings) {
    Optional<String> taken = facts.newHost().running().takenBy(port);
    taken.ifPresent(
        who ->
            findings.add(
                Code.PORT_TAKEN,
                "%s: port %d, which is for %s, is taken by %s"
                    .formatted(facts.newHost().name(), port, service.name(), who)));
  }

  static boolean isContainers(Proc process) {
    String program = process.program().substring(process.program().lastIndexOf('/') + 1);
    return !process.container().isEmpty() || CONTAINER_PROXIES.contains(program);
  }
}
