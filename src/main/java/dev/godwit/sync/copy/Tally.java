package dev.godwit.sync.copy;

import dev.godwit.sync.copy.CopyStatistics.Kinds;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a copy does. Any thread. */
final class Tally {
  /** Names by kind. */
  static final class Names {
    private final Map<Item.Kind, LongAdder> counts = new EnumMap<>(Item.Kind.class);

    Names() {
      for (Item.Kind kind : Item.Kind.values()) {
        counts.put(kind, new LongAdder());
      }
    }

    void add(Item.Kind kind) {
      get(kind).increment();
    }

    void add(Kinds more) {
      get(Item.Kind.FILE).add(more.files());
      get(Item.Kind.DIRECTORY).add(more.directories());
      get(Item.Kind.SYMLINK).add(more.links());
      get(Item.Kind.DEVICE).add(more.devices());
      get(Item.Kind.SPECIAL).add(more.specials());
    }

    private LongAdder get(Item.Kind kind) {
      return java.util.Objects.requireNonNull(counts.get(kind));
    }

    Kinds kinds() {
      return new Kinds(
          get(Item.Kind.FILE).sum(),
          get(Item.Kind.DIRECTORY).sum(),
          get(Item.Kind.SYMLINK).sum(),
          get(Item.Kind.DEVICE).sum(),
          get(Item.Kind.SPECIAL).sum());
    }
  }

  private final long start = System.nanoTime();
  final Names seen = new Names();
  final Names made = new Names();
  final Names removed = new Names();
  final LongAdder transferred = new LongAdder();
  final LongAdder sizeSum = new LongAdder();
  final LongAdder sizeTransferred = new LongAdder();
  final LongAdder literal = new LongAdder();
  final LongAdder matched = new LongAdder();
  final LongAdder listBytes = new LongAdder();

  /** Names made hard links of a file that stood already. */
  final LongAdder linked = new LongAdder();

  /** Files that stood under another name and were given theirs. */
  final LongAdder renamed = new LongAdder();

  /** Files whose content was right and whose attributes were not. */
  final LongAdder adjusted = new LongAdder();

  /** How far files are that are not done, in bytes; they are in no other figure. */
  private final LongAdder underWay = new LongAdder();

  /** A file's content has come as far as this; 0 when it is over. */
  void isUnderWay(FileWork work, long position) {
    underWay.add(position - work.underWay);
    work.underWay = position;
  }

  /** A name of the source takes part. */
  void seen(SourceEntry entry) {
    seen.add(entry.kind());
    if (entry.isFile() || entry.kind() == Item.Kind.SYMLINK) {
      sizeSum.add(entry.status().size());
    }
  }

  /** The same of so many files. */
  void seen(long files, long bytes) {
    seen.get(Item.Kind.FILE).add(files);
    sizeSum.add(bytes);
  }

  /** What was done so far: names, and their content in pieces of 64 KiB. */
  long work() {
    return seen.kinds().all() + transferred.sum() + (literal.sum() >> 16);
  }

  /** As {@link #statistics}; what has come of files that are not done is transferred. */
  CopyStatistics soFar() {
    return statistics(transferredSoFar(), 0);
  }

  /** The same of a copy within this host, as {@link #statisticsWithin}. */
  CopyStatistics soFarWithin() {
    return statistics(transferredSoFar(), literal.sum());
  }

  /** Bytes, by the sizes of files, and of those that are not done by how far they are. */
  long transferredSoFar() {
    return sizeTransferred.sum() + underWay.sum();
  }

  /** Of one end of a copy between hosts, which does not count what is on the line. */
  CopyStatistics statistics() {
    return statistics(sizeTransferred.sum(), 0);
  }

  /** Of a copy within this host, in which content alone goes anywhere. */
  CopyStatistics statisticsWithin() {
    return statistics(sizeTransferred.sum(), literal.sum());
  }

  private CopyStatistics statistics(long transferredBytes, long sent) {
    return new CopyStatistics(
        seen.kinds(),
        made.kinds(),
        removed.kinds(),
        transferred.sum(),
        sizeSum.sum(),
        transferredBytes,
        literal.sum(),
        matched.sum(),
        listBytes.sum(),
        sent,
        0,
        System.nanoTime() - start);
  }
}
