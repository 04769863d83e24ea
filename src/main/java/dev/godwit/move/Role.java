package dev.godwit.move;

import dev.godwit.plan.FileTree;
import java.util.Locale;

/** Which of the two hosts of a move; they keep these names for its whole life. */
public enum Role {
  /** Where the services were when the move began. */
  OLD,
  /** Where they are when it is finished. */
  NEW;

  Role other() {
    return this == OLD ? NEW : OLD;
  }

  /** As the plan and all messages call it: {@code old}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** A tree's path on this host, for people. */
  String path(FileTree tree) {
    return this == OLD ? tree.path() : tree.to();
  }

  /** The same as the kernel takes it. */
  byte[] root(FileTree tree) {
    return this == OLD ? tree.oldRoot() : tree.newRoot();
  }
}
