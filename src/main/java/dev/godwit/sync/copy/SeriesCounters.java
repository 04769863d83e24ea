package dev.godwit.sync.copy;

import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.HashMap;
import java.util.Map;

/** Adds up what the copies of a series do. Any thread. */
final class SeriesCounters {
  private static final int FIGURES = 12;
  private static final int BYTES_APPLIED = 6;

  private final long[] ended = new long[FIGURES];
  private final Map<Integer, long[]> underWay = new HashMap<>();

  /** Writes how far a copy is. */
  static void write(MessageWriter message, Tally tally) {
    CopyStatistics.Kinds seen = tally.seen.kinds();
    CopyStatistics.Kinds made = tally.made.kinds();
    CopyStatistics.Kinds removed = tally.removed.kinds();
    long transferred = tally.transferred.sum();
    message.u64(seen.all() - seen.directories()).u64(seen.directories());
    message.u64(tally.sizeSum.sum()).u64(transferred).u64(tally.literal.sum());
    message.u64(transferred + made.links() + made.devices() + made.specials());
    message.u64(tally.transferredSoFar()).u64(made.directories());
    message.u64(tally.renamed.sum());
    message.u64(tally.linked.sum()).u64(tally.adjusted.sum()).u64(removed.all());
  }

  /**
   * Takes what {@link #write} has written.
   *
   * @return what was seen, and what of it was brought
   */
  synchronized Extent told(int number, MessageReader message) throws WireException {
    long[] figures = new long[FIGURES];
    for (int i = 0; i < FIGURES; i++) {
      figures[i] = message.u64();
    }
    long[] before = underWay.put(number, figures);
    if (before != null) { // what a file that failed has brought is taken back there
      figures[BYTES_APPLIED] = Math.max(figures[BYTES_APPLIED], before[BYTES_APPLIED]);
    }
    return new Extent(figures[0], figures[2], Math.min(figures[BYTES_APPLIED], figures[2]));
  }

  synchronized void ended(int number) {
    long[] last = underWay.remove(number);
    if (last != null) {
      add(ended, last);
    }
  }

  private static void add(long[] to, long[] more) {
    for (int i = 0; i < FIGURES; i++) {
      to[i] += more[i];
    }
  }

  /**
   * All of it.
   *
   * @param directoriesRenamed which no copy does
   */
  synchronized Counters total(long directoriesRenamed, long failed) {
    long[] all = ended.clone();
    underWay.values().forEach(one -> add(all, one));
    return new Counters(
        all[0],
        all[1],
        all[2],
        all[3],
        all[4],
        all[5],
        all[6],
        all[7],
        all[8],
        directoriesRenamed,
        all[9],
        all[10],
        all[11],
        failed);
  }
}
