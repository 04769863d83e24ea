package dev.godwit.cli;

import dev.godwit.forward.gate.GateStatus;
import dev.godwit.mirror.MirrorMount;
import dev.godwit.mirror.MirrorState;
import dev.godwit.monitor.MoveStatus;
import dev.godwit.move.FollowStatus;
import dev.godwit.move.GateDeaths;
import dev.godwit.move.KeptStatus;
import dev.godwit.move.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How a move stands, for people. */
final class MoveStatusText {
  /** Who came last; all of them are in the JSON. */
  private static final int VISITORS_MAX = 5;

  /** Of what was put right: the last ones. */
  private static final int EVENTS_MAX = 3;

  private final MoveStatus status;
  private final StringBuilder text = new StringBuilder();

  private MoveStatusText(MoveStatus status) {
    this.status = status;
  }

  static String of(MoveStatus status) {
    return new MoveStatusText(status).text();
  }

  private String text() {
    boolean isWithinHost = status.isWithinHost();
    line("Move %s: %s.", status.move(), status.sentence());
    FollowStatus follow = status.follow();
    if (follow != null && follow.source() != null) {
      trees(follow.trees());
    }
    gate(isWithinHost ? "gate" : "gate on old", status.gate());
    gate("gate on new", status.gateOnNew());
    if (follow != null) {
      follow.kept().forEach(this::kept);
    }
    MoveStatus.Checked checks = status.checks();
    if (checks != null) {
      line(
          "  checks: %s (%s, %s ago)",
          checks.passed() ? checks.said() : "FAILED: " + checks.said(),
          checks.command(),
          since(checks.at()));
    }
    Waiting waiting = status.waiting();
    if (waiting != null) {
      line(
          "  cutover: waits since %s until %s (process %d); to begin at once: godwit cutover --go",
          waiting.since(), waiting.until(), waiting.process());
    }
    for (GateDeaths.Death death : status.deaths()) {
      line("  cut off: %s", death.display());
    }
    status.problems().forEach(problem -> line("  ! %s", problem));
    return text.append(status.next()).toString();
  }

  private void kept(KeptStatus kept) {
    line("  %s: %s", kept.name(), kept.state());
    List<KeptStatus.Event> events = kept.events();
    int from = Math.max(0, events.size() - EVENTS_MAX);
    if (from > 0) {
      line("    %d times before that; --json has them", from);
    }
    for (KeptStatus.Event event : events.subList(from, events.size())) {
      line("    %s ago: %s", since(event.at()), event.what());
    }
  }

  /** What is the same of several in a row, such as that the line is cut, is said once. */
  private void trees(List<FollowStatus.Tree> trees) {
    int first = 0;
    for (int i = 0; i < trees.size(); i++) {
      FollowStatus.Tree tree = trees.get(i);
      tree(tree);
      String message = message(tree);
      if (i + 1 < trees.size() && message.equals(message(trees.get(i + 1)))) {
        continue;
      }
      if (!message.isEmpty()) {
        line("    %s%s", first == i ? "" : "these %d: ".formatted(i - first + 1), message);
      }
      first = i + 1;
    }
  }

  private String message(FollowStatus.Tree tree) {
    if (!tree.isStale(status.at())) {
      return tree.message();
    }
    String old =
        "this is from %s ago, when it was last heard of".formatted(since(tree.lastContact()));
    return tree.message().isEmpty() ? old : tree.message() + "\n    " + old;
  }

  private void tree(FollowStatus.Tree tree) {
    boolean isCopying = tree.state() == MirrorState.COPYING;
    boolean isComparing = isCopying && tree.wasEqual();
    if (tree.rung().isEmpty() && tree.state() == MirrorState.RECONNECTING) {
      line("  %-24s reconnecting; how far it is behind is not known", tree.path());
    } else {
      followed(tree, isCopying, isComparing);
    }
    mounts("with what is mounted there", tree, true);
    mounts("without what is mounted there", tree, false);
  }

  private void followed(FollowStatus.Tree tree, boolean isCopying, boolean isComparing) {
    line(
        "  %-24s %s, %s files%s, %s to do, %d ms behind, %s",
        tree.path(),
        isComparing ? "comparing" : tree.state().word(),
        Amounts.count(tree.files()),
        isCopying && !isComparing ? ", " + bytes(tree) : "",
        Amounts.count(tree.dirty()),
        tree.lagMillis(),
        tree.rung());
  }

  /** More is found while it is copied: the total is what is known of. */
  private static String bytes(FollowStatus.Tree tree) {
    return "%s of %s%s"
        .formatted(
            Amounts.bytes(tree.bytes()),
            tree.isTotalKnown() ? "" : "at least ",
            Amounts.bytes(Math.max(tree.bytes(), tree.bytesTotal())));
  }

  private void mounts(String words, FollowStatus.Tree tree, boolean areMirrored) {
    List<String> mounts =
        tree.mounts().stream()
            .filter(mount -> mount.isMirrored() == areMirrored)
            .map(MirrorMount::toString)
            .toList();
    if (!mounts.isEmpty()) {
      line("    %s: %s", words, String.join(", ", mounts));
    }
  }

  private void gate(String name, @Nullable GateStatus gate) {
    if (gate == null) {
      return;
    }
    line("  %s: %s", name, gate.summary());
    for (GateStatus.Group group : gate.groups()) {
      if (group.total() + group.refused() > 0) {
        group(group);
      }
    }
    List<GateStatus.Visitor> visitors = gate.visitors();
    for (GateStatus.Visitor visitor :
        visitors.subList(0, Math.min(VISITORS_MAX, visitors.size()))) {
      line(
          "    %s came %s ago, %s connections",
          visitor.address(),
          Amounts.duration(Duration.ofMillis(visitor.sinceMillis())),
          Amounts.count(visitor.connections()));
    }
    if (visitors.size() > VISITORS_MAX) {
      line("    and %d more addresses; --json has them", visitors.size() - VISITORS_MAX);
    }
  }

  private void group(GateStatus.Group group) {
    String ports =
        Stream.concat(group.ports().stream().map(String::valueOf), group.sockets().stream())
            .collect(Collectors.joining(","));
    List<String> numbers = new ArrayList<>();
    numbers.add(group.open() + " open");
    numbers.add(group.held() + " held");
    numbers.add(Amounts.count(group.total()) + " in all");
    numbers.add(Amounts.count(group.refused()) + " refused");
    numbers.add(Amounts.bytes(group.bytes()));
    if (group.open() + group.held() > 0) {
      numbers.add("the oldest for " + Amounts.duration(Duration.ofMillis(group.oldestMillis())));
    }
    group.errors().forEach((cause, count) -> numbers.add(cause + ": " + Amounts.count(count)));
    line("    %s %s: %s", group.name(), ports, String.join(", ", numbers));
  }

  private String since(Instant past) {
    Duration length = Duration.between(past, status.at());
    return Amounts.duration(length.isNegative() ? Duration.ZERO : length);
  }

  private void line(String format, Object... values) {
    text.append(format.formatted(values)).append('\n');
  }
}
