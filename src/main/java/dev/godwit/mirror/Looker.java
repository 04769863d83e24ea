package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.GatheredSum;
import dev.godwit.sync.copy.Look;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Makes the looks of a series of copies from what is due, each as close as it has to be (H19). */
final class Looker {
  private Looker() {}

  /**
   * What is due, and with it the other names of files that have several: what was done to a file by
   * one of its names was done to it by all.
   *
   * @param unseen what changed within this time, or later, is in doubt in a look at a tree
   */
  static Look look(Looks looks, Duration unseen, LinkFinder.Others others) {
    Look look = new Look();
    for (String tree : looks.trees()) {
      var unused =
          looks.newTrees().contains(tree)
              ? look.newTree(PathText.bytes(tree))
              : look.tree(PathText.bytes(tree), unseen);
    }
    addNames(look, looks);
    addNames(look, written(others.names()));
    for (String directory : others.directories()) {
      var unused = look.names(PathText.bytes(directory), List.of(), false);
    }
    return look;
  }

  /**
   * Some directories, without the directories in them.
   *
   * @param unreadable those of which it could not be seen which directories are in them
   * @param since what changed at this time or later is in doubt
   * @param sums of the files of directories, as far as they were added up
   * @param isFirst whether the target may lack most of them: each comes with its own look
   */
  static Look directories(
      List<String> directories,
      Collection<String> unreadable,
      long since,
      Map<String, GatheredSum> sums,
      LinkFinder.Others others,
      boolean isFirst) {
    Look look = new Look();
    for (String directory : directories) {
      byte[] path = PathText.bytes(directory);
      GatheredSum sum = sums.get(directory);
      var unused =
          unreadable.contains(directory)
              ? look.tree(path, since)
              : isFirst ? look.directoryAlone(path, since, sum) : look.directory(path, since, sum);
    }
    addNames(look, written(others.names()));
    return look;
  }

  /**
   * Directories with all that is below them.
   *
   * @param since what changed at this time or later is in doubt
   */
  static Look trees(List<String> directories, long since) {
    Look look = new Look();
    directories.forEach(directory -> look.tree(PathText.bytes(directory), since));
    return look;
  }

  /** Names that may have been written, by whatever name. */
  static Look look(Collection<String> names) {
    Look look = new Look();
    addNames(look, written(names));
    return look;
  }

  private static Looks written(Collection<String> names) {
    return Looks.of(names.stream().map(name -> new Looks.Path(name, Scope.CONTENT)).toList(), 0);
  }

  private static void addNames(Look look, Looks looks) {
    for (var names : looks.names().entrySet()) {
      String directory = names.getKey();
      List<byte[]> written = new ArrayList<>();
      List<byte[]> others = new ArrayList<>();
      for (String name : names.getValue()) {
        String path = PathText.join(directory, name);
        if (!name.isEmpty()) {
          (looks.contents().contains(path) ? written : others).add(PathText.bytes(name));
        }
      }
      // The empty name is the root itself: a look at no name compares only the directory.
      var unused = look.names(PathText.bytes(directory), others, false);
      unused = look.names(PathText.bytes(directory), written, true);
    }
  }
}
