package dev.godwit.move;

import dev.godwit.plan.Plan;
import dev.godwit.service.Kept;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The fences of the host that was left by a switch (H57), and whether a service of the plan runs
 * there all the same (H56): one that a person has started, or a supervisor that knows of no fence;
 * that one's service may run although its control says that it does not, so who listens counts too.
 * A fence that is missing is put up again. A service that runs is told and not stopped: who started
 * it may have had a reason, and clients do not come to it; but its writes are lost.
 */
final class KeptFences implements Keeper.Owned {
  /** One question to the host; there it costs a status command for each service. */
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** Asks the host that was left; see {@link ServiceClient#keep}. */
  interface Asks {
    Kept keep(Role left, List<Service> services, long epoch) throws IOException;
  }

  private final Plan plan;
  private final Asks asks;
  private Set<String> ran = Set.of();

  KeptFences(Plan plan, Asks asks) {
    this.plan = plan;
    this.asks = asks;
  }

  static KeptFences of(Plan plan, Hosts hosts) {
    return new KeptFences(
        plan,
        (left, services, epoch) ->
            new ServiceClient(hosts.of(left), plan.move()).keep(services, epoch));
  }

  @Override
  public String name() {
    return "fences";
  }

  @Override
  public Duration every() {
    return LOOK;
  }

  @Override
  public void begin() {
    ran = Set.of();
  }

  @Override
  public Optional<Keeper.Look> look(Keeper.Wanted wanted) throws IOException {
    Role left = wanted.serving().other();
    List<Service> services = left(left);
    if (!wanted.isFenced() || services.isEmpty()) {
      return Optional.empty();
    }
    Kept kept = asks.keep(left, services, wanted.epoch());
    List<String> events = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (Service service : services) {
      String name = service.name();
      if (kept.fencedAgain().contains(name)) {
        events.add(
            "the fence of %s on %s had been removed, and was put up again"
                .formatted(name, left.word()));
      }
      if (kept.running().contains(name)) {
        problems.add(problem(service, left));
        if (!ran.contains(name)) {
          events.add(
              "%s was seen running on %s, which does not serve".formatted(name, left.word()));
        }
      }
    }
    for (String line : kept.listening()) {
      problems.add(line + afterIt(left) + ". Stop it on " + left.word() + wayBack(left));
      if (!ran.contains(line)) {
        events.add("%s on %s, which does not serve".formatted(line, left.word()));
      }
    }
    ran = new HashSet<>(kept.running());
    ran.addAll(kept.listening());
    return Optional.of(new Keeper.Look(state(services, left), problems, events));
  }

  /** What may not run there: what runs on new already only reads what is moved. */
  private List<Service> left(Role left) {
    return PlanServices.of(plan).stream()
        .filter(s -> left == Role.OLD || s.when() == Service.When.AT_CUTOVER)
        .toList();
  }

  private String problem(Service service, Role left) {
    return "%s runs%s. Stop it on %s: `%s`%s"
        .formatted(
            service.name(),
            afterIt(left),
            left.word(),
            String.join(" ", service.control().stop()),
            wayBack(left));
  }

  private static String afterIt(Role left) {
    String other = left.other().word();
    return " on %s, and %s serves: what it writes to the plan's files there is lost, for the mirror replaces it by what %s has. It is not stopped by itself"
        .formatted(left.word(), other, other);
  }

  private String wayBack(Role left) {
    return ". Also to serve from %s again it has to stop first; then: godwit %s %s"
        .formatted(
            left.word(),
            (left == Role.OLD ? Direction.TO_OLD : Direction.TO_NEW).command(),
            plan.typed());
  }

  private static String state(List<Service> services, Role left) {
    List<String> parts = new ArrayList<>();
    add(parts, "up on " + left.word(), services, s -> s.control().hasReadableFence());
    add(
        parts,
        "by the plan's own command, not read back without `fenced`",
        services,
        s -> !s.control().hasReadableFence() && s.control().canBeFenced());
    add(parts, "none for", services, s -> !s.control().canBeFenced());
    return String.join("; ", parts);
  }

  private interface Kind {
    boolean has(Service service);
  }

  private static void add(List<String> parts, String words, List<Service> services, Kind kind) {
    String names =
        services.stream().filter(kind::has).map(Service::name).collect(Collectors.joining(", "));
    if (!names.isEmpty()) {
      parts.add(words + ": " + names);
    }
  }
}
