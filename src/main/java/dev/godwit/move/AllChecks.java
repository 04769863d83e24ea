package dev.godwit.move;

import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.AtOnce;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The checks of the plan's services, made on one host at once. */
final class AllChecks {
  private AllChecks() {}

  /** What else is asked of a host whose service has answered a check well. */
  interface Further {
    /**
     * @return what is wrong, for people
     */
    List<String> ask(Check answered) throws IOException;
  }

  /**
   * Makes all checks of all services at once.
   *
   * @return what they answered
   * @throws MoveException naming each check that failed and what it answered
   */
  static String make(Side side, List<Service> services, Duration limit)
      throws IOException, InterruptedException {
    return make(side, services, limit, answered -> List.of());
  }

  /**
   * The same, and asks further where a check has passed. Where the host's gate has the ports, as on
   * one host in the hold, or leads them to the other host, checks that cannot come past it are left
   * out: they would wait as clients do, and the hold would end by them.
   */
  static String make(Side side, List<Service> services, Duration limit, Further further)
      throws IOException, InterruptedException {
    List<Check> leftOut = notPastGate(services);
    if (leftOut.isEmpty() || !hasPorts(side.gate())) {
      return make(side.services(), services, limit, check -> true, further);
    }
    return make(side.services(), services, limit, Check::comesPastGate, further)
        + leftOut.stream()
            .map(Check::display)
            .collect(Collectors.joining(", ", ", not made past the gate: ", ""));
  }

  /** Those that a gate which has the ports would keep waiting as it does clients. */
  static List<Check> notPastGate(List<Service> services) {
    return services.stream()
        .flatMap(s -> s.checks().stream())
        .filter(check -> !check.comesPastGate())
        .toList();
  }

  private static boolean hasPorts(GateClient gate) throws IOException {
    return gate.status().filter(now -> now.mode() != GateStatus.Mode.PASS).isPresent();
  }

  /**
   * The same of a host without a gate, such as the stage of a rehearsal.
   *
   * @param which of the checks are made
   */
  static String make(
      ServiceClient host,
      List<Service> services,
      Duration limit,
      Predicate<Check> which,
      Further further)
      throws IOException, InterruptedException {
    record Asked(Service service, Check check) {}
    List<Asked> asked = new ArrayList<>();
    for (Service service : services) {
      service.checks().stream().filter(which).forEach(c -> asked.add(new Asked(service, c)));
    }
    List<String> failures =
        AtOnce.all(
                asked,
                each -> {
                  CheckResult result = host.check(each.check(), limit);
                  return result.passed()
                      ? further.ask(each.check())
                      : List.of(
                          "%s: check %s failed: %s"
                              .formatted(
                                  each.service().name(), each.check().display(), result.said()));
                })
            .stream()
            .flatMap(List::stream)
            .toList();
    if (!failures.isEmpty()) {
      throw new MoveException(MoveException.Kind.FAILED, String.join("; ", failures));
    }
    return "%d checks passed".formatted(asked.size());
  }
}
