package dev.godwit.move;

import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.service.Place;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Which of the two hosts of a move; they keep these names for its whole life. */
public enum Role {
  /** Where the services were when the move began. */
  OLD,
  /** Where they are when it is finished. */
  NEW;

  /** One for each host of a plan: what both have in common is asked once where they are one. */
  public static List<Role> hosts(Plan plan) {
    return plan.isWithinHost() ? List.of(OLD) : List.of(values());
  }

  public Role other() {
    return this == OLD ? NEW : OLD;
  }

  /** As the plan and all messages call it: {@code old}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** That clients are served here, for people. */
  String serves(Plan plan) {
    return plan.isWithinHost()
        ? "the services use the files of %s".formatted(word())
        : word() + " serves";
  }

  /** Where the services have their files on this host; empty when that needs no word. */
  Optional<Place> place(Plan plan) {
    return Optional.ofNullable(plan.place())
        .map(planned -> this == OLD ? planned.onOld() : planned.onNew());
  }

  /** A tree's path on this host, for people. */
  String path(FileTree tree) {
    return this == OLD ? tree.path() : tree.to();
  }

  /** The same as the kernel takes it. */
  byte[] root(FileTree tree) {
    return this == OLD ? tree.oldRoot() : tree.newRoot();
  }

  /** Those of all trees. */
  List<byte[]> roots(Plan plan) {
    return plan.files().stream().map(this::root).toList();
  }
}
