package dev.godwit.bench;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the programs that do the work of a row in turn.
 *
 * @param label its name in the tables
 * @param source the set that it copies, when that is not the row's
 * @param exactness what its result must have in common with the source
 * @param around what runs on the same line before and after it, and is not measured; null for
 *     nothing
 */
record Contestant(
    String label,
    Command command,
    @Nullable DataSet source,
    TreeCheck.Exactness exactness,
    @Nullable Around around) {
  /** Runs that prepare for another one, and put away what that has left. */
  record Around(Command before, Command after) {}

  /** Its command line. */
  @FunctionalInterface
  interface Command {
    List<String> line(Place place);
  }

  /**
   * Where a run takes place.
   *
   * @param source directory on this end
   * @param target directory on the end where it is written
   * @param ssh how to start ssh, without the host; empty when the run is local
   * @param host name of the other end for that ssh
   */
  record Place(String source, String target, List<String> ssh, String host) {
    boolean isLocal() {
      return ssh.isEmpty();
    }

    /** The target as rsync and Godwit name it. */
    String destination() {
      return (isLocal() ? "" : host + ":") + target + "/";
    }
  }

  static Contestant of(String label, Command command) {
    return new Contestant(label, command, null, TreeCheck.Exactness.EXACT, null);
  }

  Contestant copying(DataSet set) {
    return new Contestant(label, command, set, exactness, around);
  }

  Contestant exactTo(TreeCheck.Exactness other) {
    return new Contestant(label, command, source, other, around);
  }

  Contestant between(Command before, Command after) {
    return new Contestant(label, command, source, exactness, new Around(before, after));
  }
}
