package dev.godwit.move;

import dev.godwit.host.AtOnce;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.CarriedQueue;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What has become of the queues that were carried to the next host.
 *
 * @param withStart those that are made fit when their services start
 * @param said for people
 */
record Settled(List<CarriedQueue> withStart, String said) {
  /**
   * Makes them fit there. Before the start: a service that runs would already have looked at it.
   * Where no hook is to come in between, it is made fit while other services start.
   */
  static Settled of(Plan plan, ServiceClient serving, Side next, long epoch)
      throws IOException, InterruptedException {
    List<PlannedService> owners =
        plan.services().stream().filter(planned -> planned.queue() != null).toList();
    List<CarriedQueue> queues =
        AtOnce.all(
            owners,
            planned ->
                serving.carried(planned.service().name(), Objects.requireNonNull(planned.queue())));
    if (queues.isEmpty()) {
      return new Settled(List.of(), "nothing needs it");
    }
    if (!Hooks.areBetween(plan, CutoverStep.SETTLE, CutoverStep.START)) {
      return new Settled(
          queues,
          "with the start of "
              + queues.stream().map(CarriedQueue::service).collect(Collectors.joining(", ")));
    }
    List<String> said = new ArrayList<>();
    for (CarriedQueue queue : queues) {
      said.add(next.services().settle(queue, epoch));
    }
    return new Settled(List.of(), String.join(", ", said));
  }
}
