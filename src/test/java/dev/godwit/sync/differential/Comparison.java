package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;

/** What differs between two runs of one case. */
final class Comparison {
  private static final int WORST_MAX = 300;

  private Comparison() {}

  /**
   * @throws IllegalStateException when the two did not start from the same, which is a fault of the
   *     test
   */
  static List<Difference> of(Case what, Arena.Run reference, Arena.Run candidate) {
    Window never = new Window(new Time(0, 1), new Time(0, 0));
    List<Difference> found = new ArrayList<>();
    reference.before().compare(candidate.before(), never, never, Snapshot.Depth.ALL, found);
    if (!found.isEmpty()) {
      throw new IllegalStateException("unequal starts of seed " + what.seed() + ": " + found);
    }
    Program.Outcome a = reference.outcome();
    Program.Outcome b = candidate.outcome();
    if (Explained.isBreakdown(a) || Explained.isRefused(what, candidate)) {
      return found;
    }
    if (b.exit() == Program.CRASH) {
      found.add(new Difference("crash", "", "" + a.exit(), b.errors().strip()));
      return found;
    }
    if (a.exit() != b.exit()) {
      found.add(new Difference("exit", "", a.exit() + said(a), b.exit() + said(b)));
    } else if (a.errors().isBlank() != b.errors().isBlank()) {
      found.add(new Difference("errors", "", "says" + said(a), "says" + said(b)));
    }
    Output output = new Output(a.output());
    Output other = new Output(b.output());
    output.compare(other, found);
    order(what, output, other, found);
    exactOrder(what, output, other, found);
    reference
        .after()
        .compare(
            candidate.after(),
            a.window(),
            b.window(),
            new Snapshot.Depth(
                what.hasOption("-U"), what.hasOption("--open-noatime"), what.hasOption("-S")),
            found);
    return found;
  }

  private static void order(Case what, Output output, Output other, List<Difference> found) {
    boolean removalsFirst =
        !what.hasOption("--delete-delay")
            && !what.hasOption("--delete-after")
            && !what.hasOption("--force");
    if (output.disorder(removalsFirst).isEmpty()) {
      for (String wrong : other.disorder(removalsFirst)) {
        found.add(new Difference("order", "", "has an order", "prints " + wrong));
      }
    }
  }

  private static void exactOrder(Case what, Output output, Output other, List<Difference> found) {
    String wrong = other.outOfPlace(output, what.hasOption("-H") ? linked(what) : Set.of());
    if (wrong != null) {
      found.add(new Difference("sequence", "", "has an order", "prints " + wrong));
    }
  }

  private static Set<String> linked(Case what) {
    IdentityHashMap<Node, Integer> counts = new IdentityHashMap<>();
    NavigableMap<String, Node> nodes = what.tree().nodes();
    nodes.values().forEach(node -> counts.merge(node, 1, Integer::sum));
    Set<String> linked = new HashSet<>();
    nodes.forEach(
        (path, node) -> {
          if (counts.getOrDefault(node, 0) > 1) {
            linked.add(path.substring(path.lastIndexOf('/') + 1));
          }
        });
    return linked;
  }

  private static String said(Program.Outcome outcome) {
    String errors = outcome.errors().strip().replace("\n", " | ");
    return errors.isEmpty()
        ? " (nothing on standard error)"
        : " (" + errors.substring(0, Math.min(errors.length(), WORST_MAX)) + ")";
  }
}
