package dev.godwit.mirror;

import dev.godwit.sync.SourceSession;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Hands looks over to the session, each as close as it has to be (H19). */
final class Looker {
  private final SourceSession session;

  Looker(SourceSession session) {
    this.session = session;
  }

  /**
   * @param unseen what changed within this time, or later, is in doubt in a look at a tree
   */
  void look(Looks looks, Duration unseen) throws InterruptedException {
    for (String tree : looks.trees()) {
      if (looks.newTrees().contains(tree)) {
        session.lookSuspectTree(PathText.bytes(tree));
      } else {
        session.lookTree(PathText.bytes(tree), unseen);
      }
    }
    lookNames(looks);
  }

  /** What was done to a file by one of its names was done to it by all. */
  void lookAtLinks(LinkFinder.Others others) throws InterruptedException {
    lookAtNames(others.names());
    for (String directory : others.directories()) {
      session.lookNames(PathText.bytes(directory), List.of(), false);
    }
  }

  /** Names that may have been written, by whatever name. */
  void lookAtNames(Collection<String> names) throws InterruptedException {
    lookNames(
        Looks.of(names.stream().map(name -> new Looks.Path(name, Scope.CONTENT)).toList(), 0));
  }

  private void lookNames(Looks looks) throws InterruptedException {
    for (var names : looks.names().entrySet()) {
      String directory = names.getKey();
      List<byte[]> written = new ArrayList<>();
      List<byte[]> others = new ArrayList<>();
      for (String name : names.getValue()) {
        String path = directory.isEmpty() ? name : directory + "/" + name;
        if (!name.isEmpty()) {
          (looks.contents().contains(path) ? written : others).add(PathText.bytes(name));
        }
      }
      // The empty name is the root itself: a look at no name compares only the directory.
      if (!others.isEmpty() || written.isEmpty()) {
        session.lookNames(PathText.bytes(directory), others, false);
      }
      if (!written.isEmpty()) {
        session.lookNames(PathText.bytes(directory), written, true);
      }
    }
  }
}
