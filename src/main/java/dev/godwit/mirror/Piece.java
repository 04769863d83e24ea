package dev.godwit.mirror;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.copy.GatheredSum;
import dev.godwit.sync.copy.Look;
import dev.godwit.sync.copy.SeriesSource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Directories that are looked at together, each without those in it. One thread. */
final class Piece {
  final List<String> directories = new ArrayList<>();
  final LinkFinder.Others others = new LinkFinder.Others();
  private final Map<String, GatheredSum> sums = new HashMap<>();
  private final Set<String> unreadable = new HashSet<>();
  private final SeriesSource session;
  private final long since;

  /**
   * @param unseen what changed within this time is in doubt, and what changes from now on
   */
  Piece(SeriesSource session, Duration unseen) {
    this.session = session;
    this.since = Look.since(unseen);
  }

  /**
   * Takes a directory in.
   *
   * @return what is in it; null when it cannot be listed
   */
  LinkFinder.@Nullable In add(String directory, LinkFinder links) {
    directories.add(directory);
    LinkFinder.In in = links.inDirectory(directory, others, handle -> sum(directory, handle));
    if (in == null) {
      unreadable.add(directory);
    }
    return in;
  }

  private @Nullable GatheredSum sum(String directory, DirectoryHandle handle)
      throws LinuxException {
    GatheredSum sum = session.sum(handle, since);
    if (sum != null) {
      sums.put(directory, sum);
    }
    return sum;
  }

  /**
   * The look at all of it.
   *
   * @param isFirst whether the target may lack most of it
   */
  Look look(boolean isFirst) {
    return Looker.directories(directories, unreadable, since, sums, others, isFirst);
  }
}
