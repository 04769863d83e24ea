package dev.godwit.cli.sync;

import dev.godwit.sync.copy.CopyStatistics;
import dev.godwit.sync.copy.CopyStatistics.Kinds;

/** The figures at the end: {@code --stats}, and the two lines of {@code -v}. */
final class Summary {
  private final CopyStatistics figures;
  private final int human;

  Summary(CopyStatistics figures, int human) {
    this.figures = figures;
    this.human = human;
  }

  void figures(ByteText to) {
    kinds(to, "Number of files: ", figures.seen());
    kinds(to, "Number of created files: ", figures.made());
    kinds(to, "Number of deleted files: ", figures.removed());
    number(to, "Number of regular files transferred: ", figures.transferred(), "");
    number(to, "Total file size: ", figures.sizeSum(), " bytes");
    number(to, "Total transferred file size: ", figures.sizeTransferred(), " bytes");
    number(to, "Literal data: ", figures.literal(), " bytes");
    number(to, "Matched data: ", figures.matched(), " bytes");
    number(to, "File list size: ", figures.listBytes(), "");
    // Names are found while others are copied: no time is spent on a list alone.
    to.add("File list generation time: 0.000 seconds\n");
    to.add("File list transfer time: 0.000 seconds\n");
    number(to, "Total bytes sent: ", figures.sent(), "");
    number(to, "Total bytes received: ", figures.received(), "");
  }

  private void kinds(ByteText to, String what, Kinds kinds) {
    to.add(what);
    Figures.number(to, kinds.all(), human);
    boolean isFirst = kind(to, "reg", kinds.files(), true);
    isFirst = kind(to, "dir", kinds.directories(), isFirst);
    isFirst = kind(to, "link", kinds.links(), isFirst);
    isFirst = kind(to, "dev", kinds.devices(), isFirst);
    isFirst = kind(to, "special", kinds.specials(), isFirst);
    to.add(isFirst ? "\n" : ")\n");
  }

  private boolean kind(ByteText to, String name, long count, boolean isFirst) {
    if (count == 0) {
      return isFirst;
    }
    to.add(isFirst ? " (" : ", ").add(name).add(": ");
    Figures.number(to, count, human);
    return false;
  }

  private void number(ByteText to, String what, long number, String unit) {
    to.add(what);
    Figures.number(to, number, human);
    to.add(unit).add("\n");
  }

  /** What was sent and received, and what it spared. */
  void totals(ByteText to, boolean dryRun) {
    long moved = figures.sent() + figures.received();
    to.add("sent ");
    Figures.number(to, figures.sent(), human);
    to.add(" bytes  received ");
    Figures.number(to, figures.received(), human);
    to.add(" bytes  ");
    // As rsync counts: whole seconds and a half.
    long seconds = figures.nanos() / 1_000_000_000;
    Figures.decimal(to, (double) moved / (0.5 + (double) seconds), human);
    to.add(" bytes/sec\ntotal size is ");
    Figures.number(to, figures.sizeSum(), human);
    to.add("  speedup is ");
    Figures.decimal(to, moved == 0 ? 0 : (double) figures.sizeSum() / (double) moved, human);
    to.add(dryRun ? " (DRY RUN)\n" : "\n");
  }

  /** The last line of a log. */
  void logged(ByteText to) {
    to.add("sent ").add(figures.sent()).add(" bytes  received ").add(figures.received());
    to.add(" bytes  total size ").add(figures.sizeSum());
  }
}
