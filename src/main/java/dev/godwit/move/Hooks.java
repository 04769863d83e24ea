package dev.godwit.move;

import dev.godwit.plan.Hook;
import dev.godwit.plan.Plan;
import dev.godwit.service.CommandAbility;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Runs the plan's hooks of one attempt, in the plan's order, with the move's facts in their
 * environment.
 */
final class Hooks {
  /** How much time a step still has. */
  @FunctionalInterface
  interface Left {
    Duration get() throws MoveException;
  }

  private final Plan plan;
  private final Direction direction;
  private final long epoch;
  private final Side serving;
  private final Side next;

  Hooks(Plan plan, Direction direction, long epoch, Side serving, Side next) {
    this.plan = plan;
    this.direction = direction;
    this.epoch = epoch;
    this.serving = serving;
    this.next = next;
  }

  /**
   * @param left of the hold, for a hook that runs in it
   * @throws IOException the first failure; the hooks after it are not run
   */
  void run(boolean before, CutoverStep step, Left left) throws IOException, InterruptedException {
    for (Hook hook : plan.hooks()) {
      if (hook.before() == before && hook.step().equals(step.word())) {
        run(hook, isInHold(hook, step) ? shorter(hook.limit(), left.get()) : hook.limit());
      }
    }
  }

  /**
   * Runs those for an attempt that was taken back, each whether the one before it has failed or
   * not: nothing depends on them any more.
   *
   * @return what went wrong
   */
  List<String> takenBack() throws InterruptedException {
    List<String> failures = new ArrayList<>();
    for (Hook hook : plan.hooks()) {
      if (hook.step().equals(Hook.TAKE_BACK)) {
        try {
          run(hook, hook.limit());
        } catch (IOException e) {
          failures.add(String.valueOf(e.getMessage()));
        }
      }
    }
    return List.copyOf(failures);
  }

  /** Whether clients wait while it runs. */
  static boolean isInHold(Hook hook, CutoverStep step) {
    return hook.before()
        ? step.inHold()
        : (step == CutoverStep.HOLD || step.inHold()) && step != CutoverStep.RELEASE;
  }

  /** Whether one runs after the end of a step and before the begin of the next. */
  static boolean areBetween(Plan plan, CutoverStep step, CutoverStep next) {
    return plan.hooks().stream()
        .anyMatch(hook -> hook.step().equals((hook.before() ? next : step).word()));
  }

  private void run(Hook hook, Duration limit) throws IOException, InterruptedException {
    Map<String, String> facts = facts(hook);
    String unused =
        switch (hook.on()) {
          case HERE -> CommandAbility.run(hook.display(), hook.command(), facts, limit);
          case OLD, NEW ->
              (serving.word().equals(where(hook)) ? serving : next)
                  .services()
                  .command(hook.display(), hook.command(), facts, epoch, limit);
        };
  }

  private Map<String, String> facts(Hook hook) {
    Map<String, String> facts = new TreeMap<>();
    facts.put("GODWIT_MOVE", plan.move());
    facts.put("GODWIT_PLAN", plan.file().toString());
    facts.put("GODWIT_COMMAND", direction.command());
    facts.put("GODWIT_STEP", hook.step());
    facts.put("GODWIT_WHEN", hook.before() ? "before" : "after");
    facts.put("GODWIT_HOST", where(hook));
    facts.put("GODWIT_FROM", serving.word());
    facts.put("GODWIT_TO", next.word());
    facts.put("GODWIT_OLD", plan.oldHost().display());
    facts.put("GODWIT_NEW", plan.newHost().display());
    facts.put("GODWIT_EPOCH", Long.toString(epoch));
    return facts;
  }

  private static String where(Hook hook) {
    return hook.on().name().toLowerCase(Locale.ROOT);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
