package dev.godwit.sync.copy;

import dev.godwit.sync.copy.CopyStatistics.Kinds;
import dev.godwit.wire.WireException;

/** Figures of a copy on the wire. */
final class StatisticsFields {
  private StatisticsFields() {}

  static void write(CompactWriter out, CopyStatistics figures) {
    kinds(out, figures.seen());
    kinds(out, figures.made());
    kinds(out, figures.removed());
    out.number(figures.transferred()).number(figures.sizeSum()).number(figures.sizeTransferred());
    out.number(figures.literal()).number(figures.matched()).number(figures.listBytes());
    out.number(figures.sent()).number(figures.received()).number(figures.nanos());
  }

  static void kinds(CompactWriter out, Kinds kinds) {
    out.number(kinds.files()).number(kinds.directories()).number(kinds.links());
    out.number(kinds.devices()).number(kinds.specials());
  }

  static CopyStatistics read(CompactReader in) throws WireException {
    return new CopyStatistics(
        kinds(in), kinds(in), kinds(in), next(in), next(in), next(in), next(in), next(in), next(in),
        next(in), next(in), next(in));
  }

  static Kinds kinds(CompactReader in) throws WireException {
    return new Kinds(next(in), next(in), next(in), next(in), next(in));
  }

  private static long next(CompactReader in) throws WireException {
    return in.number(Long.MAX_VALUE);
  }
}
