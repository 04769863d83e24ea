package dev.godwit.move;

import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The trees that {@code start} has begun with. Others in the plan would be switched without a copy
 * of them, and on the way back the mirror would remove from old what new never had: they count from
 * the next {@code start} on, and not at all while new serves.
 */
final class FollowedTrees {
  private static final String FACT = "trees";

  private FollowedTrees() {}

  /** What a mirror is given of each tree, a line each, in the plan's order. */
  static String words(Plan plan) {
    return plan.files().stream()
        .map(tree -> words(tree, plan.isQueue(tree)))
        .collect(Collectors.joining("\n"));
  }

  private static String words(FileTree tree, boolean isQueue) {
    List<String> words = new ArrayList<>(List.of(tree.path(), tree.to()));
    words.add(isQueue ? "queue" : "");
    words.add(tree.mounts().isAll() ? "all" : "");
    words.add(Integer.toString(tree.mounts().paths().size()));
    words.addAll(tree.mounts().paths());
    words.addAll(tree.exclude());
    return words.stream()
        .map(word -> word.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n"))
        .collect(Collectors.joining("\t"));
  }

  /** From now on those of the plan are followed. */
  static void remember(Move move) throws IOException {
    move.journal().setFact(FACT, words(move.plan()));
  }

  /**
   * @throws MoveException REFUSED when the plan has others now than were followed
   */
  static void refuseOthers(Move move) throws IOException {
    String known = move.journal().fact(FACT).orElse("");
    if (!known.isEmpty()) { // a move that was begun by an earlier release has none
      boolean isBefore = move.phase() == Phase.PLANNED || move.phase() == Phase.FOLLOWING;
      refuseOthers(move.plan(), known, isBefore);
    }
  }

  /**
   * The same of what the mirrors' process was given.
   *
   * @param known as {@link #words(Plan)}
   */
  static void refuseOthers(Plan plan, String known) throws MoveException {
    refuseOthers(plan, known, true);
  }

  private static void refuseOthers(Plan plan, String known, boolean isBefore) throws MoveException {
    List<String> differences = differences(known, words(plan));
    if (differences.isEmpty()) {
      return; // another order
    }
    throw new MoveException(
        MoveException.Kind.REFUSED,
        "%s has other `files` than those that are followed:%n  %s%n%s"
            .formatted(
                plan.file(),
                String.join("\n  ", differences),
                isBefore
                    ? "To take them as they are now: godwit start " + plan.file()
                    : "Put them back as they were: new was never given the others, and they would be removed on old. They can be moved when this move is finished"));
  }

  /** What is another one now, for people, by its path on old. */
  private static List<String> differences(String known, String now) {
    Map<String, String> before = byPath(known);
    Map<String, String> after = byPath(now);
    List<String> differences = new ArrayList<>();
    after.forEach(
        (path, words) -> {
          String was = before.get(path);
          if (was == null) {
            differences.add(path + " was not there");
          } else if (!was.equals(words)) {
            differences.add(path + " was followed with another `to`, `exclude` or `mounts`");
          }
        });
    before.keySet().stream()
        .filter(path -> !after.containsKey(path))
        .forEach(path -> differences.add(path + " was there"));
    return differences;
  }

  private static Map<String, String> byPath(String text) {
    Map<String, String> all = new LinkedHashMap<>();
    text.lines().forEach(line -> all.put(line.split("\t", -1)[0], line));
    return all;
  }
}
