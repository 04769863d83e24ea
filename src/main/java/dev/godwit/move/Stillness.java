package dev.godwit.move;

import dev.godwit.linux.PathText;
import dev.godwit.plan.FileTree;
import dev.godwit.sync.Changes;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * That nobody has touched the trees of a host since its services stopped there, which is looked at
 * before it follows the other one: from then on what is different there is replaced, and what
 * somebody has written there would be lost.
 */
final class Stillness {
  /** The journal's fact: the host, the time there, and when it was booted; see {@link Changes}. */
  private static final String FACT = "stopped";

  private final Move move;

  Stillness(Move move) {
    this.move = move;
  }

  /** From now on nobody should write on this host. */
  void begin(Side side) throws IOException {
    Changes.Time now = Changes.now(side.host());
    move.journal().setFact(FACT, "%s %d %d".formatted(side.word(), now.nanos(), now.bootedNanos()));
  }

  /** It may be written to: by its services, by the mirror, or because a person has said so. */
  void end() throws IOException {
    move.journal().setFact(FACT, "");
  }

  /**
   * Looks whether anybody has written since {@link #begin}, unless that has been looked at.
   *
   * @throws MoveException REFUSED naming what was changed
   */
  void refuseChanges(Role role) throws IOException {
    Optional<String> fact = move.journal().fact(FACT);
    if (fact.isEmpty() || !fact.get().startsWith(role.word() + " ")) {
      return;
    }
    String[] words = fact.get().split(" ");
    long booted = words.length > 2 ? Long.parseLong(words[2]) : 0; // as an earlier release wrote it
    Changes.Time since = new Changes.Time(Long.parseLong(words[1]), booted);
    Side side = Side.of(move, role);
    long count = 0;
    Duration setBack = Duration.ZERO;
    TreeMounts mounts = new TreeMounts(move);
    List<String> first = new ArrayList<>();
    for (FileTree tree : move.plan().files()) {
      List<byte[]> below = mounts.of(role, tree).stream().map(PathText::bytes).toList();
      Changes changes = Changes.since(side.host(), role.root(tree), tree.exclude(), below, since);
      count += changes.count();
      setBack = Duration.ofNanos(changes.setBackNanos());
      String path = role.path(tree);
      changes.first().forEach(name -> first.add(name.equals(".") ? path : path + "/" + name));
    }
    if (count > 0) {
      String other = role.other().word();
      throw new MoveException(
          MoveException.Kind.REFUSED,
          "on %s, %d names were changed since its services stopped%s, and would be replaced by what %s has: %s%s. When nothing of it is needed: godwit start --replace %s"
              .formatted(
                  role.word(),
                  count,
                  setBack.isZero()
                      ? ""
                      : ", or up to %d s before: its clock was set back by that since"
                          .formatted(setBack.toSeconds() + 1),
                  other,
                  String.join(", ", first.subList(0, Math.min(5, first.size()))),
                  count > 5 ? " and more" : "",
                  move.plan().typed()));
    }
    // Before the mirror is told: its own writes must not be taken for somebody's.
    end();
  }
}
