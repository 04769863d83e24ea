package dev.godwit.mirror;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The order in which renamed files get their names on the target, step by step: the one whose old
 * name another one takes comes first. Where they go in a circle, such as two that exchange their
 * names, what stands under a new name gets the old one, so that each step puts one of them right
 * and the last two at once. Pure.
 */
final class RenameSteps {
  /** Longer rows are copied. */
  private static final int STEPS_MAX = 32;

  private final Map<String, String> fromByTo;
  private final Map<String, String> toByFrom = new HashMap<>();
  private final List<Map<String, String>> steps = new ArrayList<>();
  private final Set<String> exchanged = new HashSet<>();

  private RenameSteps(Map<String, String> fromByTo) {
    this.fromByTo = fromByTo;
    fromByTo.forEach((to, from) -> toByFrom.put(from, to)); // of several the last
  }

  /**
   * @param fromByTo the old names by the new ones
   */
  static RenameSteps of(Map<String, String> fromByTo) {
    RenameSteps all = new RenameSteps(fromByTo);
    Set<String> circles = new HashSet<>(fromByTo.keySet());
    for (String to : all.toByFrom.values()) {
      if (!all.toByFrom.containsKey(to)) { // otherwise another one comes before, or it is a circle
        circles.removeAll(all.add(to));
      }
    }
    for (String to : fromByTo.keySet()) {
      if (circles.contains(to)) {
        Set<String> circle = all.add(to);
        circles.removeAll(circle);
        all.exchanged.addAll(circle);
      }
    }
    return all;
  }

  /** Adds a row that ends with a name; returns the names in it. */
  private Set<String> add(String last) {
    Set<String> row = new HashSet<>();
    String young = last;
    String old = fromOf(young);
    for (int step = 0; old != null && row.add(young) && !old.equals(last); step++) {
      if (step < STEPS_MAX) {
        if (step == steps.size()) {
          steps.add(new LinkedHashMap<>());
        }
        steps.get(step).put(young, old);
      }
      young = old;
      old = fromOf(young);
    }
    return row;
  }

  private @Nullable String fromOf(String to) {
    String from = fromByTo.get(to);
    return from != null && to.equals(toByFrom.get(from)) ? from : null;
  }

  /** The old names by the new ones, one map for each step. */
  List<Map<String, String>> steps() {
    return steps;
  }

  /** Whether what stands under the new name gets the old one. */
  boolean isExchanged(String to) {
    return exchanged.contains(to);
  }
}
