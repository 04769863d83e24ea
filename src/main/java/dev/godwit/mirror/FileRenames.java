package dev.godwit.mirror;

import dev.godwit.linux.FileStatus;
import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.Look;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Puts what is due into such an order that a file which was renamed is still on the target under
 * its old name when the new one is looked at: first the new names, then all the rest, the old names
 * among it. Of files that go from name to name ({@code log.1} to {@code log.2}, then {@code log} to
 * {@code log.1}), the one whose old name another one takes comes first; see {@link RenameSteps}.
 *
 * <p>Invariant: every old name is looked at after the look that may have taken what stood there. A
 * look that comes first holds no name of a file with several: these are looked at together.
 */
final class FileRenames {
  private final Looks looks;

  private final RenameSteps steps;

  /** Trees that are looked at in the first step, because renamed files came into them. */
  private final Set<String> trees;

  /** Where they came from. */
  private final Map<String, String> inTrees;

  /** Of those that are under their new names no more. */
  private final Map<String, String> left;

  private final Set<String> later = new HashSet<>();

  private FileRenames(
      Looks looks,
      RenameSteps steps,
      Set<String> trees,
      Map<String, String> inTrees,
      Map<String, String> left) {
    this.left = left;
    this.looks = looks;
    this.steps = steps;
    this.trees = trees;
    this.inTrees = inTrees;
  }

  /**
   * @param fromByTo files that were renamed, and that the looks look at
   * @param others what is looked at too, because of files with several names
   */
  static FileRenames of(
      Looks looks, Map<String, String> fromByTo, LinkFinder.Others others, LinkFinder links) {
    Map<String, String> lone = new LinkedHashMap<>();
    Map<String, String> left = new LinkedHashMap<>();
    fromByTo.forEach(
        (to, from) -> {
          FileStatus status = links.status(to);
          if (status == null) {
            if (!to.equals(fromByTo.get(from))) { // otherwise the other one went there and back
              left.put(to, from);
            }
          } else if (status.isRegular() && status.links() == 1) {
            lone.put(to, from);
          }
        });
    Set<String> all = Set.copyOf(looks.trees());
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, String> inTrees = new LinkedHashMap<>();
    Set<String> trees = new LinkedHashSet<>();
    boolean hasLinks = !others.names().isEmpty() || links.isSearchWanted();
    Set<String> froms = new HashSet<>(lone.values());
    lone.forEach(
        (to, from) -> {
          String tree = RenamedFiles.treeOf(to, all);
          if (tree == null) {
            names.put(to, from);
          } else if (!hasLinks
              && RenamedFiles.treeOf(from, all) == null
              && !lone.containsKey(from)
              && !froms.contains(to)) {
            inTrees.put(to, from);
            trees.add(tree);
          }
        });
    names.values().removeIf(from -> RenamedFiles.treeOf(from, trees) != null);
    return new FileRenames(looks, RenameSteps.of(names), trees, inTrees, left);
  }

  boolean hasLeft() {
    return !left.isEmpty();
  }

  /**
   * Leaves the old names of files out that have left their new ones, too.
   *
   * @param isLater whether the two names are looked at later
   */
  void leaveOut(BiPredicate<String, String> isLater) {
    left.forEach(
        (to, from) -> {
          if (isLater.test(from, to)) {
            later.add(from);
          }
        });
  }

  /** The old names. */
  Collection<String> oldNames() {
    Set<String> names = new LinkedHashSet<>(inTrees.values());
    steps.steps().forEach(step -> names.addAll(step.values()));
    return names;
  }

  /** What is looked at first, look by look. */
  List<Look> looks(Duration unseen) {
    List<Look> first = new ArrayList<>();
    if (!trees.isEmpty()) {
      Looks some = new Looks(List.copyOf(trees), looks.newTrees(), Map.of(), Set.of(), 1, 0);
      first.add(Looker.look(some, unseen, new LinkFinder.Others()));
      addTo(first.getFirst(), inTrees);
    }
    for (Map<String, String> step : steps.steps()) {
      first.add(addTo(Looker.look(step.keySet()), step));
    }
    return first;
  }

  private Look addTo(Look look, Map<String, String> fromByTo) {
    Look all = look;
    for (Map.Entry<String, String> one : fromByTo.entrySet()) {
      String to = one.getKey();
      all = all.cameFrom(PathText.bytes(to), PathText.bytes(one.getValue()), steps.isExchanged(to));
    }
    return all;
  }

  /** What is looked at after that, and together with it. */
  Look rest(Duration unseen, LinkFinder.Others others) {
    Collection<String> old = oldNames();
    if (old.isEmpty() && later.isEmpty()) {
      return Looker.look(looks, unseen, others);
    }
    Set<String> names = new HashSet<>();
    steps.steps().forEach(step -> names.addAll(step.keySet()));
    names.addAll(later);
    names.removeAll(old); // taken, and then perhaps another one's
    LinkFinder.Others all = new LinkFinder.Others();
    all.names().addAll(others.names());
    all.names().addAll(old);
    all.directories().addAll(others.directories());
    return Looker.look(looks.without(names, trees), unseen, all);
  }
}
