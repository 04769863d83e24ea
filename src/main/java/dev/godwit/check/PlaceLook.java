package dev.godwit.check;

import dev.godwit.host.PathFacts;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.PlannedPlace;
import java.util.Objects;

/**
 * Where old and new are one host: whether the services use the trees of old now, and whether these
 * lie apart from those of new.
 */
final class PlaceLook implements Look {
  @Override
  public void look(Facts facts, Findings findings) {
    PlannedPlace planned = facts.plan().place();
    if (planned == null || facts.place().isEmpty()) {
      return;
    }
    Facts.PlaceFacts place = facts.place().get();
    String host = facts.oldHost().name();
    if (!place.trouble().isEmpty()) {
      findings.add(Code.OTHER_PLACE, place.trouble());
    } else if (!place.now().equals(planned.oldName())) {
      findings.add(
          Code.OTHER_PLACE,
          "%s: the services are pointed at \"%s\", not at \"%s\", where old has its files"
              .formatted(host, place.now(), planned.oldName()));
    } else {
      findings.add(
          Code.PLACE,
          "the services are pointed at \"%s\", and will be at \"%s\""
              .formatted(planned.oldName(), planned.newName()));
    }
    for (FileTree tree : facts.plan().files()) {
      apart(facts, place, tree, findings);
    }
  }

  /** By what the paths lead to; as they are written, the plan itself was refused. */
  private static void apart(Facts facts, Facts.PlaceFacts place, FileTree tree, Findings findings) {
    PathFacts to = Objects.requireNonNull(place.paths().get(tree.to()));
    for (FileTree other : facts.plan().files()) {
      PathFacts from = Objects.requireNonNull(place.paths().get(other.path()));
      boolean isSame = !to.identity().isEmpty() && to.identity().equals(from.identity());
      if (isSame
          || Facts.isAtOrBelow(to.real(), from.real())
          || Facts.isAtOrBelow(from.real(), to.real())) {
        findings.add(
            Code.SAME_TREE,
            "%s: %s, where %s goes, and %s %s"
                .formatted(
                    facts.oldHost().name(),
                    tree.to(),
                    tree.path(),
                    other.path(),
                    isSame
                        ? "are one directory"
                        : "lead to %s and %s".formatted(to.real(), from.real())));
      }
    }
  }
}
