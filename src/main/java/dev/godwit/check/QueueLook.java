package dev.godwit.check;

import dev.godwit.plan.PlannedService;
import dev.godwit.service.Service;

/**
 * Mails that the transfer agents of the plan have accepted and not delivered: nobody delivers what
 * stays on old, whose service is fenced. An empty queue counts too; it need not be empty later.
 */
final class QueueLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.QueueFacts each : facts.queues()) {
      facts.service(each.queue()).ifPresent(service -> look(facts, each, service, findings));
    }
  }

  private static void look(Facts facts, Facts.QueueFacts each, Service service, Findings findings) {
    String host = facts.oldHost().name();
    String word = each.kind().word();
    String path = each.queue().path();
    if (each.queue().isFound()) {
      findings.add(
          Code.QUEUE_LEFT_BEHIND,
          "%s: %s has a queue that the plan does not carry: %s (%s)"
              .formatted(host, service.name(), each.content(), each.queue().reason()),
          (hasOther(facts, service)
                  ? "name the daemon of this queue as a service of its own (one has one queue, and %s has another), with `queue: %s`"
                  : "give %s `queue: %s`")
              .formatted(
                  service.name(),
                  path.equals(each.kind().usualPath())
                      ? word
                      : "{ %s: %s }".formatted(word, path)));
    } else if (facts.plan().services().stream()
        .map(PlannedService::queue)
        .noneMatch(planned -> planned != null && planned.kind() == each.kind())) {
      findings.add(
          Code.QUEUE_UNKNOWN,
          "%s: where %s (%s) has its queue cannot be told".formatted(host, service.name(), word));
    }
  }

  private static boolean hasOther(Facts facts, Service service) {
    return facts.plan().services().stream()
        .anyMatch(planned -> planned.service().equals(service) && planned.queue() != null);
  }
}
