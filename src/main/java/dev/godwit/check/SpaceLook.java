package dev.godwit.check;

import dev.godwit.survey.Tree;
import dev.godwit.watch.PathText;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Whether new has the room, per file system: trees that go to the same one share it. What is there
 * already, as after an earlier start, does not need it again.
 */
final class SpaceLook implements Look {
  /** A tree may grow by this much of its size before the room gets tight. */
  private static final double GROWTH = 0.2;

  /** What the trees of one file system of new need together. */
  private static final class Need {
    final Tree target;
    long bytes;
    long inodes;
    long treeBytes;
    long treeInodes;
    String paths = "";

    Need(Tree target) {
      this.target = target;
    }
  }

  /** What takes room. */
  private record Amount(long bytes, long inodes) {
    static Amount of(Tree tree) {
      return new Amount(tree.measured().bytes(), tree.measured().inodes());
    }

    Amount without(Amount other) {
      return new Amount(Math.max(0, bytes - other.bytes), Math.max(0, inodes - other.inodes));
    }
  }

  @Override
  public void look(Facts facts, Findings findings) {
    Map<Long, Need> needs = new LinkedHashMap<>();
    for (Facts.TreePair pair : facts.trees()) {
      if (!pair.source().isDirectory() || pair.target().isOther()) {
        continue;
      }
      Need need = needs.computeIfAbsent(pair.target().device(), device -> new Need(pair.target()));
      Amount source = own(facts, pair, Facts.TreePair::source, Facts.Place::isOwnOnOld);
      Amount there = own(facts, pair, Facts.TreePair::target, Facts.Place::isOwnOnNew);
      need.bytes += Math.max(0, source.bytes() - there.bytes());
      need.inodes += Math.max(0, source.inodes() - there.inodes());
      need.treeBytes += source.bytes();
      need.treeInodes += source.inodes();
      need.paths += (need.paths.isEmpty() ? "" : ", ") + pair.target().path();
    }
    needs.values().forEach(need -> look(facts.newHost().name(), need, findings));
  }

  /** Without the places in it that were measured apart, and are part of it on this host. */
  private static Amount own(
      Facts facts,
      Facts.TreePair pair,
      Function<Facts.TreePair, Tree> side,
      Predicate<Facts.Place> isOwn) {
    Amount amount = Amount.of(side.apply(pair));
    for (Facts.TreePair inner : facts.trees()) {
      if (!isOwn.test(inner.place()) && pair.equals(around(facts, inner))) {
        amount = amount.without(Amount.of(side.apply(inner)));
      }
    }
    return amount;
  }

  /** The nearest that a place is in. */
  private static Facts.@Nullable TreePair around(Facts facts, Facts.TreePair inner) {
    return facts.trees().stream()
        .filter(pair -> pair.planned().equals(inner.planned()) && !pair.equals(inner))
        .filter(pair -> PathText.isAtOrBelow(inner.place().path(), pair.place().path()))
        .max(Comparator.comparingInt(pair -> pair.place().path().length()))
        .orElse(null);
  }

  private static void look(String host, Need need, Findings findings) {
    long free = need.target.freeBytes();
    long left = free - need.bytes;
    if (left < 0) {
      findings.add(
          Code.SPACE,
          "%s: %s: %s more are needed, %s are free"
              .formatted(host, need.paths, Sizes.text(need.bytes), Sizes.text(free)));
    } else if (left < need.treeBytes * GROWTH) {
      findings.add(
          Code.SPACE_TIGHT,
          "%s: %s: of %s free, %s are left when the files are there, for %s that may grow"
              .formatted(
                  host,
                  need.paths,
                  Sizes.text(free),
                  Sizes.text(left),
                  Sizes.text(need.treeBytes)));
    }
    if (need.target.inodes() == 0) {
      return; // no limit
    }
    long inodesLeft = need.target.freeInodes() - need.inodes;
    if (inodesLeft < 0) {
      findings.add(
          Code.INODES,
          "%s: %s: %,d more files are to be made, %,d inodes are free"
              .formatted(host, need.paths, need.inodes, need.target.freeInodes()));
    } else if (inodesLeft < need.treeInodes * GROWTH) {
      findings.add(
          Code.INODES_TIGHT,
          "%s: %s: of %,d free inodes, %,d are left when the files are there"
              .formatted(host, need.paths, need.target.freeInodes(), inodesLeft));
    }
  }
}
