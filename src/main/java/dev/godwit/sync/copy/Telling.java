package dev.godwit.sync.copy;

import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.WireException;
import org.jspecify.annotations.Nullable;

/**
 * In which passes a source tells its tree. Each side takes it from its own rules, which are the
 * same but for what one of them alone was asked for ({@code -M}): so the source says, and a target
 * that expects others does not wait for what never comes.
 *
 * @param passes before and after the one that copies
 * @param awaitsSums before that one the source waits for {@link Messages#SUMS}
 * @param key of those with which it has begun; null where it has not
 */
record Telling(Sweep.Passes passes, boolean awaitsSums, FileSums.@Nullable Key key) {
  /** Of a look of a series: what is asked for, and nothing else. */
  static final Telling ASKED = new Telling(new Sweep.Passes(false, false, false), false, null);

  static Telling of(Rules rules, Filters filters, FileSums.@Nullable Key key) {
    return new Telling(Sweep.Passes.of(rules), FileSums.arePossible(rules, filters), key);
  }

  void write(CompactWriter out) {
    out.bool(passes.before()).bool(passes.links()).bool(passes.after()).bool(awaitsSums);
    out.bool(key != null);
    if (key != null) {
      key.write(out);
    }
  }

  static Telling read(CompactReader in) throws WireException {
    Sweep.Passes passes = new Sweep.Passes(in.bool(), in.bool(), in.bool());
    return new Telling(passes, in.bool(), in.bool() ? FileSums.Key.read(in) : null);
  }
}
