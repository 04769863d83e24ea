package dev.godwit.move;

import dev.godwit.journal.Journal;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code start} has begun with: the plan's trees, its services and where they listen. Others
 * in the plan count from the next {@code start} on, and not at all while new serves. A tree would
 * be switched without a copy of it, and on the way back the mirror would remove from old what new
 * never had. A service that is no longer in the plan would go on to run on the host that is left,
 * and what it writes there would be lost; one that has come was never fenced on old.
 */
public final class StartedPlan {
  private static final String FACT = "trees";

  /** The line before the services; what an earlier release has begun with has none. */
  private static final String SERVICES = "services";

  private StartedPlan() {}

  /** A line for each tree, {@link #SERVICES}, and a line for each service, in the plan's order. */
  static String words(Plan plan) {
    return Stream.of(
            plan.files().stream().map(tree -> words(tree, plan.isQueue(tree))),
            Stream.of(SERVICES),
            plan.services().stream().map(StartedPlan::words))
        .flatMap(Function.identity())
        .collect(Collectors.joining("\n"));
  }

  /** What its mirror is given. */
  private static String words(FileTree tree, boolean isQueue) {
    List<String> words = new ArrayList<>(List.of(tree.path(), tree.to()));
    words.add(isQueue ? "queue" : "");
    words.add(tree.mounts().isAll() ? "all" : "");
    words.add(Integer.toString(tree.mounts().paths().size()));
    words.addAll(tree.mounts().paths());
    words.addAll(tree.exclude());
    return line(words);
  }

  /** How it is started, stopped and checked may be put right at any time. */
  private static String words(PlannedService planned) {
    List<String> words = new ArrayList<>(List.of(planned.service().name()));
    planned.service().ports().forEach(port -> words.add(Integer.toString(port)));
    planned.sockets().stream().map(Path::toString).forEach(words::add);
    return line(words);
  }

  private static String line(List<String> words) {
    return words.stream()
        .map(word -> word.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n"))
        .collect(Collectors.joining("\t"));
  }

  /** From now on this is what was begun with. */
  static void remember(Move move) throws IOException {
    move.journal().setFact(FACT, words(move.plan()));
  }

  /**
   * @throws MoveException REFUSED when the plan has other trees or services now
   */
  static void refuseOthers(Move move) throws IOException {
    refuse(problem(move.plan(), move.journal(), move.phase()));
  }

  /**
   * The same of what the mirrors' process was given.
   *
   * @param known as {@link #words(Plan)}
   */
  static void refuseOthers(Plan plan, String known) throws MoveException {
    refuse(problem(plan, known, true));
  }

  private static void refuse(Optional<String> problem) throws MoveException {
    if (problem.isPresent()) {
      throw new MoveException(MoveException.Kind.REFUSED, problem.get());
    }
  }

  /** Why the plan as it is now cannot be gone on with, and what to do; for people. */
  public static Optional<String> problem(Plan plan, Journal journal, Phase phase)
      throws IOException {
    String known = journal.fact(FACT).orElse("");
    return known.isEmpty() // one that was begun by an earlier release
        ? Optional.empty()
        : problem(plan, known, phase == Phase.PLANNED || phase == Phase.FOLLOWING);
  }

  private static Optional<String> problem(Plan plan, String known, boolean isBefore) {
    List<String> differences = differences(known, words(plan));
    return differences.isEmpty() // at most another order
        ? Optional.empty()
        : Optional.of(
            "%s has other `files` or `services` than the move was started with:%n  %s%n%s"
                .formatted(
                    plan.file(),
                    String.join("\n  ", differences),
                    isBefore
                        ? "To take them as they are now: godwit start " + plan.typed()
                        : "Put them back as they were: new was never given other files, and they would be removed on old; a service that is not in the plan would go on to write on the host that is left. They can be moved when this move is finished"));
  }

  /**
   * After a switch services are kept from starting on new, which has been left: one that is no
   * longer in the plan would be so for good.
   *
   * @throws MoveException REFUSED when there is such a one
   */
  static void refuseForgotten(Move move) throws IOException {
    if (Move.isFenced(move.journal())) {
      String known = move.journal().fact(FACT).orElse("");
      Set<String> forgotten = new LinkedHashSet<>(services(known).keySet());
      forgotten.removeAll(services(words(move.plan())).keySet());
      if (!forgotten.isEmpty()) {
        throw new MoveException(
            MoveException.Kind.REFUSED,
            "%s no longer has %s, which a switch has left fenced on new. Put that back; to go on without it, end the move with it in the plan and start again: godwit finish --abandon %s"
                .formatted(
                    move.plan().file(),
                    forgotten.stream()
                        .map(name -> "service " + name)
                        .collect(Collectors.joining(", ")),
                    move.plan().typed()));
      }
    }
  }

  /** What is another one now, for people. */
  private static List<String> differences(String known, String now) {
    List<String> differences = new ArrayList<>();
    compare(
        trees(known),
        trees(now),
        "",
        "was followed with another `to`, `exclude` or `mounts`",
        differences);
    if (known.lines().anyMatch(SERVICES::equals)) {
      compare(
          services(known), services(now), "service ", "had other ports or sockets", differences);
    }
    return differences;
  }

  private static void compare(
      Map<String, String> before,
      Map<String, String> after,
      String prefix,
      String changed,
      List<String> into) {
    after.forEach(
        (key, words) -> {
          String was = before.get(key);
          if (was == null) {
            into.add(prefix + key + " was not there");
          } else if (!was.equals(words)) {
            into.add(prefix + key + " " + changed);
          }
        });
    before.keySet().stream()
        .filter(key -> !after.containsKey(key))
        .forEach(key -> into.add(prefix + key + " was there"));
  }

  /** By their paths on old. */
  private static Map<String, String> trees(String text) {
    return byFirstWord(text.lines().takeWhile(line -> !line.equals(SERVICES)));
  }

  private static Map<String, String> services(String text) {
    return byFirstWord(text.lines().dropWhile(line -> !line.equals(SERVICES)).skip(1));
  }

  private static Map<String, String> byFirstWord(Stream<String> lines) {
    Map<String, String> all = new LinkedHashMap<>();
    lines.forEach(line -> all.put(line.split("\t", -1)[0], line));
    return all;
  }
}
