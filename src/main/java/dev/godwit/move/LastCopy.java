package dev.godwit.move;

import dev.godwit.database.Amount;
import dev.godwit.database.DatabaseClient;
import dev.godwit.plan.Database;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How long the last copy of databases that move cold is to take: what their servers have written to
 * lately, they will have written to again before their stop, and each such file is read as a whole
 * on both hosts (H70). The rate is that of a copy that was just made, when that was large enough to
 * tell.
 */
final class LastCopy {
  /** Bytes a second, of a good line between two hosts of one centre, as {@code check} says it. */
  static final double USUAL_RATE = 100e6;

  /** A smaller copy says more about orders and disks than about the line. */
  static final long TELLING_BYTES = 4_000_000;

  /** How late the mirrors may say what they have copied, before the copy and after it. */
  static final Duration REPORTED = Duration.ofMillis(200);

  private LastCopy() {}

  /**
   * The part of the hold.
   *
   * @param serving asks the host that serves
   * @param copied bytes that a copy has just carried of what the servers write
   * @param took how long that was; the last copy is no shorter
   */
  static Rehearsal.Part of(
      List<Database> databases, DatabaseClient serving, long copied, Duration took)
      throws IOException {
    List<String> paths = new ArrayList<>();
    long changed = 0;
    for (Database database : databases) {
      changed += serving.measure(database.data(), Amount.LATELY).changedBytes();
      paths.add(database.data());
    }
    return of(paths, changed, copied, took);
  }

  static Rehearsal.Part of(List<String> paths, long changed, long copied, Duration took) {
    boolean isTelling = copied >= TELLING_BYTES;
    double rate = isTelling ? copied / (took.plus(REPORTED).toNanos() / 1e9) : USUAL_RATE;
    Duration length = Duration.ofNanos((long) (changed / rate * 1e9));
    return new Rehearsal.Part(
        CutoverStep.BARRIER.word(),
        length.compareTo(took) < 0 ? took : length,
        Rehearsal.Basis.GUESSED,
        String.format(
            Locale.ROOT,
            "the last copy of %s: %.1f MB have changed in the last %d minutes, at %.1f MB/s%s",
            String.join(", ", paths),
            changed / 1e6,
            Amount.LATELY.toMinutes(),
            rate / 1e6,
            isTelling ? " as just measured" : ""));
  }
}
