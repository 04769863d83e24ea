package dev.godwit.move;

import dev.godwit.journal.Journal;
import dev.godwit.journal.JournalException;
import dev.godwit.mirror.MirrorState;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How much old's trees held when the move began: a mirror does not know how much it has still to
 * find, and to say how long a first copy takes needs that.
 */
public final class MeasuredTrees {
  /** Lines of bytes and path, with a tab between; what was not measured to its end is left out. */
  private static final String FACT = "measured";

  public static final MeasuredTrees NONE = new MeasuredTrees(Map.of());

  private final Map<String, Long> bytes;

  private MeasuredTrees(Map<String, Long> bytes) {
    this.bytes = bytes;
  }

  /**
   * Notes what was found.
   *
   * @param sizes by the paths of trees on old
   */
  static void keep(Journal journal, Map<String, Long> sizes) throws JournalException {
    journal.setFact(
        FACT,
        sizes.entrySet().stream()
            .filter(one -> one.getKey().indexOf('\n') < 0)
            .map(one -> one.getValue() + "\t" + one.getKey())
            .collect(Collectors.joining("\n")));
  }

  /** What is known of it. */
  public static MeasuredTrees of(Journal journal) throws JournalException {
    Map<String, Long> bytes = new HashMap<>();
    for (String line : journal.fact(FACT).orElse("").lines().toList()) {
      String[] words = line.split("\t", 2);
      bytes.put(words[1], Long.parseLong(words[0]));
    }
    return new MeasuredTrees(bytes);
  }

  FollowStatus.Tree of(FollowStatus.Tree tree) {
    Long measured = bytes.get(tree.path());
    boolean isFirst = tree.state() == MirrorState.COPYING && !tree.wasEqual();
    return measured == null || !isFirst ? tree : tree.measured(measured);
  }
}
