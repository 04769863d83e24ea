package dev.godwit.check;

import dev.godwit.linux.PathText;
import dev.godwit.plan.Limits;
import dev.godwit.survey.Tree;
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
  /** Of the size of a tree: by so much it may grow in any case. */
  private static final int GROWTH_PERCENT = 20;

  /** What the trees of one file system of new need together. */
  private static final class Need {
    final Tree target;
    long bytes;
    long inodes;
    Amount trees = Amount.NONE;
    Amount lately = Amount.NONE;
    String paths = "";

    Need(Tree target) {
      this.target = target;
    }
  }

  /** What takes room. */
  private record Amount(long bytes, long inodes) {
    static final Amount NONE = new Amount(0, 0);

    static Amount of(Tree tree) {
      return new Amount(tree.measured().bytes(), tree.measured().inodes());
    }

    static Amount lately(Tree tree) {
      Tree.Lately lately = tree.measured().lately();
      return new Amount(lately.bytes(), lately.inodes());
    }

    Amount with(Amount other) {
      return new Amount(bytes + other.bytes, inodes + other.inodes);
    }

    Amount share(int percent) {
      return new Amount((long) (bytes * (percent / 100.0)), (long) (inodes * (percent / 100.0)));
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
      Amount source = own(facts, pair, p -> Amount.of(p.source()), Facts.Place::isOwnOnOld);
      Amount there = own(facts, pair, p -> Amount.of(p.target()), Facts.Place::isOwnOnNew);
      need.bytes += Math.max(0, source.bytes() - there.bytes());
      need.inodes += Math.max(0, source.inodes() - there.inodes());
      need.trees = need.trees.with(source);
      need.lately =
          need.lately.with(
              own(facts, pair, p -> Amount.lately(p.source()), Facts.Place::isOwnOnOld));
      need.paths += (need.paths.isEmpty() ? "" : ", ") + pair.target().path();
    }
    int percent = facts.plan().limits().growthPercent();
    needs.values().forEach(need -> look(facts.newHost().name(), need, percent, findings));
  }

  /** Without the places in it that were measured apart, and are part of it on this host. */
  private static Amount own(
      Facts facts,
      Facts.TreePair pair,
      Function<Facts.TreePair, Amount> side,
      Predicate<Facts.Place> isOwn) {
    Amount amount = side.apply(pair);
    for (Facts.TreePair inner : facts.trees()) {
      if (!isOwn.test(inner.place()) && pair.equals(around(facts, inner))) {
        amount = amount.without(side.apply(inner));
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

  /**
   * How much the trees may grow on new.
   *
   * @param percent by the plan
   */
  private static Growth growth(Need need, int percent) {
    if (percent != Limits.MEASURED) {
      return new Growth(need.trees.share(percent), "%d %% by the plan".formatted(percent));
    }
    Amount share = need.trees.share(GROWTH_PERCENT);
    Amount most =
        new Amount(
            Math.max(share.bytes(), need.lately.bytes()),
            Math.max(share.inodes(), need.lately.inodes()));
    return new Growth(
        most,
        most.equals(share)
            ? "%d %%".formatted(GROWTH_PERCENT)
            : "in the last %d days %s in %,d files were made"
                .formatted(
                    Tree.LATELY_DAYS, Sizes.text(need.lately.bytes()), need.lately.inodes()));
  }

  /** Room for more, and how it is known that this will be needed. */
  private record Growth(Amount amount, String basis) {}

  private static void look(String host, Need need, int percent, Findings findings) {
    Growth growth = growth(need, percent);
    long free = need.target.freeBytes();
    long left = free - need.bytes;
    if (left < 0) {
      findings.add(
          Code.SPACE,
          "%s: %s: %s more are needed, %s are free"
              .formatted(host, need.paths, Sizes.text(need.bytes), Sizes.text(free)));
    } else if (left < growth.amount().bytes()) {
      findings.add(
          Code.SPACE_TIGHT,
          "%s: %s: of %s free, %s are left when the files are there; %s of them may grow by %s (%s)"
              .formatted(
                  host,
                  need.paths,
                  Sizes.text(free),
                  Sizes.text(left),
                  Sizes.text(need.trees.bytes()),
                  Sizes.text(growth.amount().bytes()),
                  growth.basis()));
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
    } else if (inodesLeft < growth.amount().inodes()) {
      findings.add(
          Code.INODES_TIGHT,
          "%s: %s: of %,d free inodes, %,d are left when the files are there; there may be %,d more (%s)"
              .formatted(
                  host,
                  need.paths,
                  need.target.freeInodes(),
                  inodesLeft,
                  growth.amount().inodes(),
                  growth.basis()));
    }
  }
}
