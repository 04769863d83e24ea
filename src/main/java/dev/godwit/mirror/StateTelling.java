package dev.godwit.mirror;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells a log what has become of a pair since the last time. For one thread. */
final class StateTelling {
  /** What becomes of a pair that cannot go on. */
  enum Then {
    /** It waits, and is tried again or resumed. */
    STAYS,
    /** The same once it has begun; the process ends when it cannot begin. */
    STAYS_ONCE_BEGUN,
    /** The command was to make both equal once, and ends. */
    ONCE,
    /** The process ends because of it. */
    ENDS,
    /** Somebody has told the process to end. */
    IS_ENDING
  }

  private static final int TRIES_MAX = 20;

  private final String name;
  private final Consumer<String> log;
  private final Consumer<String> news;
  private @Nullable MirrorState told;
  private String toldMessage = "";
  private String toldProblem = "";

  /** What was told since it was live, or stood still, last. */
  private final Set<String> tries = new HashSet<>();

  private List<MirrorMount> toldMounts = List.of();

  /**
   * @param name of the pair
   * @param log told a line at a time of what is in the way
   * @param news told of all else
   */
  StateTelling(String name, Consumer<String> log, Consumer<String> news) {
    this.name = name;
    this.log = log;
    this.news = news;
  }

  void tell(MirrorStatus now, Then then) {
    if (now.state() != told || !now.message().equals(toldMessage)) {
      told = now.state();
      toldMessage = now.message();
      String why = now.message().isEmpty() ? "" : ": " + now.message();
      boolean isUnderWay =
          now.state() == MirrorState.COPYING || now.state() == MirrorState.RECONNECTING;
      if (!isUnderWay || tries.size() == TRIES_MAX) {
        tries.clear();
      }
      switch (now.state()) {
        case COPYING -> once("looks at everything" + why, this::tellNews);
        case LIVE -> tellNews("live by " + now.rung() + why);
        case RECONNECTING ->
            once(
                "cannot go on, and " + (isTriedAgain(now, then) ? "tries again" : "ends") + why,
                this::say);
        case PAUSED -> tellNews((then == Then.IS_ENDING ? "ended" : "paused") + why);
        case HALTED ->
            say("HALTED" + why + (why.endsWith(".") ? "" : ".") + advice(then, now.message()));
      }
    }
    tellMounts(now.mounts());
    String problem = now.problems().isEmpty() ? "" : now.problems().getFirst();
    // One that stands still has applied nothing, and does not know any more what it could not.
    if (!problem.equals(toldProblem) && !(problem.isEmpty() && now.state() != MirrorState.LIVE)) {
      toldProblem = problem;
      say(
          problem.isEmpty()
              ? "what could not be applied was applied now"
              : "tried again until it can be applied: "
                  + problem
                  + (now.problems().size() > 1 ? "; and more" : ""));
    }
  }

  private static boolean isTriedAgain(MirrorStatus now, Then then) {
    return then == Then.STAYS
        || then == Then.STAYS_ONCE_BEGUN && !now.lastContact().equals(Instant.EPOCH);
  }

  /** What holds for every halt; what its message says holds for this one. */
  private String advice(Then then, String why) {
    return switch (then) {
      case STAYS, STAYS_ONCE_BEGUN -> " " + MirrorProcess.toGoOn(name, why);
      case ONCE ->
          " With --once it ends here: run it again when that is put right (with a new root:"
              + " --new-root)";
      case ENDS, IS_ENDING -> "";
    };
  }

  private void tellMounts(List<MirrorMount> mounts) {
    for (MirrorMount one : mounts) {
      if (!toldMounts.contains(one)) {
        if (one.isMirrored()) {
          tellNews("mirrors the mount " + one + " by " + one.rung());
        } else {
          say(
              "not mirrored: "
                  + one
                  + " is mounted below the source; what stands there on the target is left alone."
                  + " With --mounts it would take part");
        }
      }
    }
    for (MirrorMount one : toldMounts) {
      if (mounts.stream().noneMatch(now -> now.path().equals(one.path()))) {
        say("no longer mounted below the source: " + one);
      }
    }
    toldMounts = mounts;
  }

  /** What is tried for days is told when it begins, and not each time. */
  private void once(String text, Consumer<String> told) {
    if (tries.add(text)) {
      told.accept(text);
    }
  }

  private void tellNews(String text) {
    news.accept(name + ": " + text);
  }

  private void say(String text) {
    log.accept(name + ": " + text);
  }
}
