package dev.godwit.sync.copy;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Gathers the names of a directory in whatever order they come, and gives them sorted. Of a
 * directory that has very many, sorted runs are packed ({@link PackedEntries}) and merged at the
 * end, so that what they take in memory at a time is a few dozen bytes for each name. One thread.
 */
final class EntryGatherer {
  /** So many are objects: 10 MB of them. */
  static final int RUN = 32 * 1024;

  private final PackedEntries.Large large;
  private final List<PackedEntries> runs = new ArrayList<>();
  private final List<SourceEntry> directories = new ArrayList<>();
  private List<SourceEntry> others = new ArrayList<>();

  EntryGatherer(PackedEntries.Large large) {
    this.large = large;
  }

  void add(SourceEntry entry) {
    if (entry.isDirectory()) {
      directories.add(entry);
      return;
    }
    others.add(entry);
    if (others.size() == RUN) {
      runs.add(run());
    }
  }

  /** Returns those that were removed. */
  List<SourceEntry> removeDirectories(Predicate<SourceEntry> which) {
    List<SourceEntry> removed = new ArrayList<>(0);
    directories.removeIf(one -> which.test(one) && removed.add(one));
    return removed;
  }

  /** Whether there is anything but directories. */
  boolean hasOthers() {
    return !others.isEmpty() || !runs.isEmpty();
  }

  private PackedEntries run() {
    others.sort(Listing::compare);
    PackedEntries run = new PackedEntries(large);
    others.forEach(run::add);
    others = new ArrayList<>();
    return run;
  }

  /** All of them, in the order of {@link Listing#compare}. Nothing is added any more. */
  List<SourceEntry> sorted() {
    directories.sort(Listing::compare);
    if (runs.isEmpty()) {
      others.sort(Listing::compare);
      others.addAll(directories);
      return others;
    }
    PriorityQueue<Head> heads =
        new PriorityQueue<>((one, other) -> Listing.compare(one.entry, other.entry));
    runs.add(run());
    for (PackedEntries run : runs) {
      Iterator<SourceEntry> left = run.draining();
      if (left.hasNext()) {
        heads.add(new Head(left.next(), left));
      }
    }
    runs.clear();
    PackedEntries all = new PackedEntries(large);
    for (Head head = heads.poll(); head != null; head = heads.poll()) {
      all.add(head.entry);
      if (head.left.hasNext()) {
        heads.add(new Head(head.left.next(), head.left));
      }
    }
    directories.forEach(all::add);
    return all;
  }

  /** The next of a run, and what comes after it. */
  private record Head(SourceEntry entry, Iterator<SourceEntry> left) {}
}
