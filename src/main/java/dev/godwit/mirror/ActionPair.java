package dev.godwit.mirror;

import dev.godwit.mirror.actions.ActionRun;
import dev.godwit.mirror.actions.ActionState;
import dev.godwit.mirror.actions.Actions;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Extent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A directory whose changes go to commands. */
final class ActionPair implements Pair {
  private final MirrorRule rule;
  private final ActionRun run;
  private final Consumer<String> log;
  private final StateTelling telling;

  ActionPair(MirrorRule rule, Actions actions, Consumer<String> log, Consumer<String> news) {
    this.rule = rule;
    this.log = log;
    this.telling = new StateTelling(rule.name(), log, news);
    this.run =
        new ActionRun(
            new ActionRun.Job(rule.source(), rule.filters(), rule.delay(), actions), this::say);
  }

  private void say(String text) {
    log.accept(rule.name() + ": " + text);
  }

  @Override
  public MirrorRule rule() {
    return rule;
  }

  @Override
  public void start() {
    rule.remarks().forEach(this::say);
    run.start();
  }

  @Override
  public void tick() {
    StateTelling.Then then = end().isEmpty() ? StateTelling.Then.STAYS : StateTelling.Then.ENDS;
    telling.tell(status().mirror(), then);
  }

  @Override
  public PairStatus status() {
    ActionState now = run.state();
    return new PairStatus(
        rule.name(),
        rule.from(),
        rule.to(),
        status(now),
        0,
        0,
        null,
        null,
        null,
        0,
        new PairStatus.Commands(now.waiting(), now.running(), now.ended(), now.failed()));
  }

  private static MirrorStatus status(ActionState now) {
    MirrorState state =
        switch (now.phase()) {
          case STARTING -> MirrorState.COPYING;
          case FOLLOWING -> MirrorState.LIVE;
          case TRYING -> MirrorState.RECONNECTING;
          case PAUSED -> MirrorState.PAUSED;
          case HALTED, DEAD -> MirrorState.HALTED;
        };
    return new MirrorStatus(
        state,
        now.message(),
        now.dirty() + now.waiting() + now.running(),
        now.lagMillis(),
        new MirrorStatus.Sight(0, now.seen().unverified(), now.seen().unwatched()),
        now.seen().rung(),
        0,
        Extent.NONE,
        true,
        Counters.NONE,
        Counters.NONE,
        now.problems(),
        now.first(),
        List.of(),
        Map.of(Rescan.LOST_EVENTS, now.seen().overflows()),
        0,
        now.lastContact());
  }

  @Override
  public void pause(Duration limit) {
    run.pause();
  }

  @Override
  public void resume(boolean anyRemovals, boolean newRoot) {
    run.resume(anyRemovals, newRoot);
  }

  @Override
  public void barrier(Duration limit) throws IOException, InterruptedException {
    try {
      run.barrier(limit);
    } catch (TimeoutException e) {
      throw new MirrorException(
          rule.name()
              + ": not all commands for what has changed had ended within "
              + limit.toMillis()
              + " ms",
          e);
    }
  }

  @Override
  public PairStatus.@Nullable Audit audit(boolean content, double share) {
    return null;
  }

  @Override
  public boolean isUnreachable() {
    return false; // it follows a source of this host
  }

  @Override
  public String end() {
    ActionState now = run.state();
    return now.phase() == ActionState.Phase.DEAD ? now.message() : "";
  }

  @Override
  public void finish(Duration limit) throws InterruptedException {
    ActionState.Phase now = run.state().phase();
    if (now == ActionState.Phase.STARTING || now == ActionState.Phase.FOLLOWING) {
      try {
        barrier(limit);
      } catch (IOException e) {
        say(String.valueOf(e.getMessage()));
      }
    }
    run.close();
  }

  @Override
  public void close() {
    run.close();
  }
}
