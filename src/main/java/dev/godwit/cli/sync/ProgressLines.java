package dev.godwit.cli.sync;

import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.CopyStatistics;
import dev.godwit.sync.copy.Item;

/**
 * The lines of {@code --progress}, which rewrite themselves: one for each file, or with {@code
 * --info=progress2} one for the whole.
 */
final class ProgressLines {
  /** How often a line is rewritten. */
  private static final long EVERY_NANOS = 1_000_000_000;

  /** Over how many of them the rate is measured. */
  private static final int SAMPLES = 5;

  private static final long UNKNOWN = -1;

  private final boolean isWhole;
  private final int human;
  private final long startNanos = System.nanoTime();
  private final long[] sampleNanos = new long[SAMPLES];
  private final long[] sampleBytes = new long[SAMPLES];
  private int samples;
  private long shownNanos = startNanos;

  /**
   * When the file that is told next was begun, as far as it can be known; of the whole, when that
   * was.
   */
  private long fileNanos = startNanos;

  /** How much of it had come then. */
  private long fileBytes;

  /** How much of it has come. */
  private long lastBytes;

  private boolean isInLine;
  private long transferred;
  private long known;
  private long checked;
  private long checkedByItems;
  private boolean areAllKnown;
  private boolean hasCount;

  ProgressLines(boolean isWhole, int human) {
    this.isWhole = isWhole;
    this.human = human;
  }

  void checked(Item item) {
    if (!item.change().has(Change.DELETED)) {
      checkedByItems++;
    }
    if (!isWhole && (item.kind() != Item.Kind.FILE || !item.change().has(Change.TRANSFER))) {
      startsFile(0);
    }
  }

  /** The next file's content is under way. */
  void begins() {
    if (isWhole) {
      return;
    }
    shownNanos = System.nanoTime();
    startsFile(UNKNOWN);
  }

  private void startsFile(long bytesDone) {
    fileNanos = System.nanoTime();
    fileBytes = bytesDone;
    lastBytes = 0;
    samples = 0;
  }

  void checked(long names, boolean areAllKnown) {
    hasCount = true;
    checked = names;
    this.areAllKnown = areAllKnown;
  }

  /** Whether the cursor is in a line that is being rewritten. */
  boolean isInLine() {
    return isInLine;
  }

  ByteText end() {
    isInLine = false;
    return new ByteText().add((byte) '\n');
  }

  /** The line of a file that is done. */
  void file(ByteText to, Item item) {
    transferred++;
    long now = System.nanoTime();
    if (isWhole) {
      return;
    }
    long nanos = Math.max(1, now - fileNanos);
    double rate = rate(item.size() - Math.max(0, fileBytes), nanos);
    startsFile(0);
    line(to, item.size(), item.size(), rate, nanos / 1_000_000_000);
    counts(to);
    to.add((byte) '\n');
    isInLine = false;
  }

  /** Rewrites the line of a file under way; false when it is too early for it. */
  boolean part(ByteText to, long bytesDone, long bytesAll) {
    if (isWhole) {
      return false;
    }
    if (fileBytes == UNKNOWN) {
      fileBytes = bytesDone;
    } else if (bytesDone < lastBytes) { // it changed, and is read again
      startsFile(bytesDone);
    }
    lastBytes = bytesDone;
    if (!isDue()) {
      return false;
    }
    running(to, bytesDone, bytesAll);
    return true;
  }

  /** Rewrites the line of the whole; false when it is too early for it. */
  boolean whole(ByteText to, CopyStatistics soFar) {
    known = soFar.seen().all();
    if (!isWhole || soFar.sizeSum() == 0 || !isDue()) { // nothing is known yet
      return false;
    }
    running(to, soFar.sizeTransferred(), soFar.sizeSum());
    return true;
  }

  private boolean isDue() {
    long now = System.nanoTime();
    if (now - shownNanos < EVERY_NANOS) {
      return false;
    }
    shownNanos = now;
    return true;
  }

  private void running(ByteText to, long bytesDone, long bytesAll) {
    long now = System.nanoTime();
    int at = samples % SAMPLES;
    boolean isFirst = samples < SAMPLES;
    long firstNanos = isFirst ? fileNanos : sampleNanos[at];
    long firstBytes = isFirst ? fileBytes : sampleBytes[at];
    sampleNanos[at] = now;
    sampleBytes[at] = bytesDone;
    samples++;
    double rate = rate(bytesDone - firstBytes, Math.max(1, now - firstNanos));
    double left = rate == 0 ? 0 : (double) Math.max(0, bytesAll - bytesDone) / rate;
    line(to, bytesDone, bytesAll, rate, (long) left);
    to.add("  ");
    isInLine = true;
  }

  /** The line of the whole at the end, which stays. */
  void last(ByteText to, CopyStatistics figures) {
    known = figures.seen().all();
    checked = known;
    hasCount = true;
    areAllKnown = true;
    if (isWhole) {
      long nanos = Math.max(1, System.nanoTime() - startNanos);
      long bytes = figures.sizeTransferred();
      transferred = figures.transferred();
      line(to, bytes, figures.sizeSum(), rate(bytes, nanos), nanos / 1_000_000_000);
      counts(to);
      to.add((byte) '\n');
    } else if (isInLine) {
      to.add((byte) '\n');
    }
    isInLine = false;
  }

  private static double rate(long bytes, long nanos) {
    return (double) Math.max(0, bytes) * 1e9 / (double) nanos;
  }

  private void line(ByteText to, long done, long all, double bytesPerSecond, long seconds) {
    to.add((byte) '\r');
    int from = to.length();
    Figures.number(to, done, human);
    to.pad(from, 15, false).add((byte) ' ');
    from = to.length();
    to.add(all == 0 ? 100 : (long) (100.0 * (double) done / (double) all));
    to.pad(from, 3, false).add("% ");
    double rate = bytesPerSecond / 1024;
    String unit = "kB/s";
    if (rate > 1024 * 1024) {
      rate /= 1024 * 1024;
      unit = "GB/s";
    } else if (rate > 1024) {
      rate /= 1024;
      unit = "MB/s";
    }
    from = to.length();
    to.add(Figures.twoDigits(rate)).pad(from, 7, false).add(unit).add((byte) ' ');
    from = to.length();
    time(to, seconds);
    to.pad(from, 10, false);
  }

  private static void time(ByteText to, long seconds) {
    if (seconds > 9999L * 3600) {
      to.add("??:??:??");
      return;
    }
    to.add(seconds / 3600).add((byte) ':');
    to.add(seconds / 60 % 60 < 10 ? "0" : "").add(seconds / 60 % 60).add((byte) ':');
    to.add(seconds % 60 < 10 ? "0" : "").add(seconds % 60);
  }

  private void counts(ByteText to) {
    long done = hasCount ? checked : checkedByItems;
    long all = Math.max(known, done);
    to.add(" (xfr#").add(transferred).add(areAllKnown ? ", to-chk=" : ", ir-chk=");
    to.add(all - done).add((byte) '/').add(all).add((byte) ')');
  }
}
