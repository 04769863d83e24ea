package dev.godwit.move;

import dev.godwit.linux.PathText;
import dev.godwit.sync.Difference;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Names at which two trees differed that are kept equal by a live mirror: what is on its way looks
 * like a difference, and so does a file that was written between the two readings.
 *
 * <p>Invariant: a name counts as different only when it was seen in the same state, on both sides,
 * at three looks in a row, and before each of them but the first the mirror had brought over what
 * it had noticed.
 *
 * <p>Pure. Not safe for threads.
 */
final class Suspects {
  /** More than one: a lock file that comes and goes is missing by chance now and then. */
  private static final int SAME_AGAIN = 2;

  private record Suspect(Difference last, int sameAgain) {
    int sameAgain(Difference now) {
      return Arrays.equals(last.seen(), now.seen()) ? sameAgain + 1 : 0;
    }
  }

  /** By the path; in the order of the trees. */
  private Map<String, Suspect> suspects = new LinkedHashMap<>();

  /**
   * @param first as the first look found them
   */
  Suspects(List<Difference> first) {
    first.forEach(one -> suspects.put(key(one), new Suspect(one, 0)));
  }

  private static String key(Difference one) {
    return PathText.of(one.path());
  }

  /** What the next look is to be at. */
  List<Difference> all() {
    return suspects.values().stream().map(Suspect::last).toList();
  }

  /**
   * Takes what another look has found.
   *
   * @param now those of {@link #all} that differ still
   */
  void lookedAgain(List<Difference> now) {
    Map<String, Suspect> before = suspects;
    suspects = new LinkedHashMap<>();
    for (Difference one : now) {
      Suspect known = Objects.requireNonNull(before.get(key(one)));
      suspects.put(key(one), new Suspect(one, known.sameAgain(one)));
    }
  }

  /** Whether another look would tell nothing new. */
  boolean isSettled() {
    return changing().isEmpty();
  }

  /** Those that differ, and nobody changes them. */
  List<Difference> differing() {
    return those(true);
  }

  /** Those that nothing can be said of, because they were in another state at each look. */
  List<Difference> changing() {
    return those(false);
  }

  private List<Difference> those(boolean areSettled) {
    return suspects.values().stream()
        .filter(one -> areSettled == (one.sameAgain() >= SAME_AGAIN))
        .map(Suspect::last)
        .toList();
  }
}
