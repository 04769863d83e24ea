package dev.godwit.bench;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One benchmark: the same work for several programs.
 *
 * @param title what is done, in a few words
 * @param source what is copied
 * @param candidate label of the contestant that the goals are for; it may be left out
 * @param contestants who runs
 * @param onlyWhenNamed whether it takes so long that it has to be asked for by name
 */
record Row(
    String name,
    String title,
    DataSet source,
    Start start,
    Route route,
    String candidate,
    List<Contestant> contestants,
    List<Goal> goals,
    boolean onlyWhenNamed) {
  /** What is in the target before a run. */
  sealed interface Start {
    /** An empty directory in a new file system for each run. */
    record Empty() implements Start {}

    /** A copy of another set in a new file system for each run. */
    record CopyOf(DataSet set) implements Start {}

    /** A copy of the source; no run changes anything, so one serves all. */
    record Equal() implements Start {}
  }

  /**
   * How the target is reached.
   *
   * @param roundTrip time added to each round trip
   */
  record Route(Kind kind, @Nullable Duration roundTrip) {
    /** By which means. */
    enum Kind {
      LOCAL,
      SSH,
      /** A mount through SFTP; the program does not know that it is not local. */
      SSHFS
    }

    static final Route LOCAL = new Route(Kind.LOCAL, null);
    static final Route SSH = new Route(Kind.SSH, null);

    boolean isRemote() {
      return kind != Kind.LOCAL;
    }
  }
}
