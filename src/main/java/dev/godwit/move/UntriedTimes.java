package dev.godwit.move;

import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How long services take that a rehearsal does not start: as systemd started and stopped their
 * units the last time, on either host.
 *
 * @param services in the plan's order
 * @param serving what the systemd of the host that serves says, by their names
 * @param next the same of the one that is to serve
 */
record UntriedTimes(
    List<Service> services,
    Map<String, KnownUnit> serving,
    Map<String, KnownUnit> next,
    String servingWord,
    String nextWord) {
  /** Of one of which nothing is known: most take less. */
  static final Duration GUESS = Duration.ofSeconds(1);

  static UntriedTimes of(
      List<StagedServices.Untried> untried,
      ServiceClient serving,
      String servingWord,
      ServiceClient next,
      String nextWord)
      throws IOException {
    List<Service> services = untried.stream().map(StagedServices.Untried::service).toList();
    return new UntriedTimes(
        services,
        StagedServices.units(services, serving),
        StagedServices.units(services, next),
        servingWord,
        nextWord);
  }

  /** In their order, which they have on the next host; those that run there already take none. */
  Rehearsal.Part start() {
    return part(
        CutoverStep.START,
        services.stream().filter(each -> each.when() == Service.When.AT_CUTOVER).toList(),
        KnownUnit::lastStart,
        "started");
  }

  /** In the opposite order, on the host that serves. */
  Rehearsal.Part stop() {
    return part(CutoverStep.STOP, services, KnownUnit::lastStop, "stopped");
  }

  private Rehearsal.Part part(
      CutoverStep step,
      List<Service> counted,
      Function<KnownUnit, Optional<Duration>> time,
      String verb) {
    Map<String, Duration> ends = new HashMap<>();
    List<String> unknown = new ArrayList<>();
    Map<String, List<String>> known = new HashMap<>();
    Duration longest = Duration.ZERO;
    for (Service service : counted) {
      Optional<Duration> there = Optional.ofNullable(serving.get(service.name())).flatMap(time);
      Optional<Duration> here = Optional.ofNullable(next.get(service.name())).flatMap(time);
      String word = there.isPresent() ? servingWord : nextWord;
      Optional<Duration> took = there.or(() -> here);
      took.ifPresentOrElse(
          t -> known.computeIfAbsent(word, w -> new ArrayList<>()).add(service.name()),
          () -> unknown.add(service.name()));
      // The longest way through the order is the same in both directions.
      Duration before =
          service.after().stream()
              .map(name -> ends.getOrDefault(name, Duration.ZERO))
              .max(Duration::compareTo)
              .orElse(Duration.ZERO);
      Duration end = before.plus(took.orElse(GUESS));
      ends.put(service.name(), end);
      longest = end.compareTo(longest) > 0 ? end : longest;
    }
    List<String> said = new ArrayList<>();
    for (String word : List.of(servingWord, nextWord)) {
      if (known.containsKey(word)) {
        said.add(
            "%s: as systemd %s each last on %s"
                .formatted(String.join(", ", known.get(word)), verb, word));
      }
    }
    if (!unknown.isEmpty()) {
      said.add("%s: %d ms each".formatted(String.join(", ", unknown), GUESS.toMillis()));
    }
    return new Rehearsal.Part(
        step.word(),
        longest,
        unknown.isEmpty() ? Rehearsal.Basis.SYSTEMD : Rehearsal.Basis.GUESSED,
        said.stream().collect(Collectors.joining("; ")));
  }
}
