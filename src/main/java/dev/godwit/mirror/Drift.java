package dev.godwit.mirror;

import dev.godwit.sync.copy.Change;
import dev.godwit.sync.copy.Item;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;

/**
 * What an audit has put right.
 *
 * @param changed names at which the two sides differed
 * @param drifted those of them of which no change was told: the target was changed, or the source
 *     in a way that nobody is told of
 * @param first some of these, for people: the letters of {@code sync --itemize-changes} and the
 *     path
 */
record Drift(long changed, long drifted, List<String> first) {
  static final Drift NONE = new Drift(0, 0, List.of());

  /** How many are named. */
  static final int FIRST_MAX = 20;

  private static final int CHARS_MAX = 500;

  Drift {
    first = List.copyOf(first);
  }

  Drift and(Drift more) {
    List<String> all = new ArrayList<>(first);
    more.first.stream().limit(FIRST_MAX - all.size()).forEach(all::add);
    return new Drift(changed + more.changed, drifted + more.drifted, all);
  }

  /** A path, for people; the root is a dot. */
  static String shown(String path) {
    return path.isEmpty() ? "." : Report.shown(path);
  }

  /** A name of the target and what was done there, for people. */
  static String shown(String path, Item.Kind kind, Change change) {
    return Report.shortened(change.letters(kind, true) + " " + shown(path), CHARS_MAX);
  }

  void write(MessageWriter message) {
    message.u64(changed).u64(drifted).list(first, MessageWriter::text);
  }

  static Drift read(MessageReader message) throws WireException {
    return new Drift(message.u64(), message.u64(), message.texts(FIRST_MAX, 4 * CHARS_MAX));
  }
}
