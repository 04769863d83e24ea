package dev.godwit.sync.differential;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Many cases on several threads. */
final class Campaign {
  private static final long FIRST_SEED = 1;
  private static final Duration SHRINKING_MAX = Duration.ofSeconds(20);
  private static final int AGAIN = 4;
  private static final int SHOWN_MAX = 12;

  private final Settings settings;
  private final AtomicInteger taken = new AtomicInteger();

  // Under the lock of this object.
  private final Map<Integer, Integer> exits = new TreeMap<>();
  private final Map<String, Failure> failures = new LinkedHashMap<>();
  private int done;
  private int leftOut;
  private int failed;
  private int explained;
  private int undecided;
  private int breakdowns;
  private long timeMs;

  /** What failed in one way, shown by one case made small. */
  private static final class Failure {
    private String report = "";
    private int count;
  }

  Campaign(Settings settings) {
    this.settings = settings;
  }

  /**
   * Runs the cases, or as many as there are until enough have failed in different ways.
   *
   * @return a report of each way to fail
   */
  List<String> run() throws InterruptedException {
    Instant begin = Instant.now();
    List<Throwable> broken = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < settings.threads(); i++) {
      threads.add(Arena.start(this::work, broken));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (!broken.isEmpty()) {
      throw new IllegalStateException("the test itself failed", broken.getFirst());
    }
    synchronized (this) {
      timeMs = Duration.between(begin, Instant.now()).toMillis();
      return failures.values().stream()
          .filter(failure -> !failure.report.isEmpty())
          .sorted((a, b) -> b.count - a.count)
          .map(failure -> "(in " + failure.count + " cases) " + failure.report)
          .toList();
    }
  }

  /** A line of figures. */
  synchronized String summary() {
    return String.format(
        "%d cases in %.1f s against %s, seeds %s; exit values of rsync %s; %d with explained"
            + " differences, %d in which rsync differs from itself, %d in which it breaks down;"
            + " %d left out; %d failed",
        done,
        timeMs / 1000.0,
        settings.candidate().name(),
        settings.fixedSeed()
            ? "from " + settings.seed()
            : "from " + FIRST_SEED + " and from " + settings.seed(),
        exits,
        explained,
        undecided,
        breakdowns,
        leftOut,
        failed);
  }

  private long seed(int index) {
    if (settings.fixedSeed()) {
      return settings.seed() + index;
    }
    return index % 2 == 0 ? FIRST_SEED + index / 2 : settings.seed() + index / 2;
  }

  private void work(Arena arena) throws InterruptedException {
    while (true) {
      int index = taken.getAndIncrement();
      if (index >= settings.cases() || enough()) {
        return;
      }
      Case what = CaseGenerator.of(seed(index));
      if (settings.wants(what)) {
        List<Difference> found = compare(arena, what);
        report(arena, what, found);
      } else {
        synchronized (this) {
          leftOut++;
        }
      }
    }
  }

  private List<Difference> compare(Arena arena, Case what) throws InterruptedException {
    Arena.Run reference = arena.run(what, Settings.RSYNC);
    Arena.Run candidate = arena.run(what, settings.candidate());
    if (settings.show()) {
      show(what, reference.outcome());
    }
    boolean isBreakdown = Explained.isBreakdown(reference.outcome());
    List<Difference> all = Comparison.of(what, reference, candidate);
    List<Difference> found = settings.unexplained(what, all);
    boolean isUndecided = false;
    for (int i = 0; i < AGAIN && !found.isEmpty(); i++) {
      // rsync has races of its own: what it does in one of a few runs is right.
      Arena.Run another = arena.run(what, Settings.RSYNC);
      if (settings.candidate() == Settings.RSYNC) {
        candidate = arena.run(what, Settings.RSYNC);
      }
      if (settings.unexplained(what, Comparison.of(what, another, candidate)).isEmpty()) {
        isUndecided = true;
        found = List.of();
      }
    }
    if (isBreakdown
        && candidate.outcome().exit() == Program.NO_END
        && settings.candidate() != Settings.RSYNC) {
      found = List.of(new Difference("exit", "", "breaks down", "does not end"));
    }
    synchronized (this) {
      done++;
      exits.merge(reference.outcome().exit(), 1, Integer::sum);
      explained += found.size() < all.size() && !isUndecided ? 1 : 0;
      undecided += isUndecided ? 1 : 0;
      breakdowns += isBreakdown ? 1 : 0;
      failed += found.isEmpty() ? 0 : 1;
    }
    return found;
  }

  private synchronized boolean enough() {
    return failures.values().stream().filter(failure -> !failure.report.isEmpty()).count()
        >= settings.failures();
  }

  /** Counts each way in which the case fails; a way that is new is shown by a small case. */
  private void report(Arena arena, Case what, List<Difference> found) throws InterruptedException {
    for (Difference difference : found) {
      if (!enough() && isNew(difference)) {
        Case small =
            settings.shrink()
                ? Shrinker.shrink(arena, settings, what, difference, SHRINKING_MAX)
                : what;
        List<Difference> left =
            settings.unexplained(small, arena.compare(small, Settings.RSYNC, settings.candidate()));
        // What comes with it has the same cause, most likely.
        left.forEach(this::isNew);
        String text = text(what, found, small, left);
        synchronized (this) {
          failure(difference).report = text;
        }
      }
    }
    synchronized (this) {
      found.stream()
          .map(Difference::signature)
          .distinct()
          .forEach(signature -> failures.computeIfAbsent(signature, s -> new Failure()).count++);
    }
  }

  private synchronized boolean isNew(Difference difference) {
    return failures.putIfAbsent(difference.signature(), new Failure()) == null;
  }

  private synchronized Failure failure(Difference difference) {
    return failures.computeIfAbsent(difference.signature(), signature -> new Failure());
  }

  private static void show(Case what, Program.Outcome outcome) {
    System.out.println(
        "seed "
            + what.seed()
            + ":\n  "
            + String.join("\n  ", what.commands("rsync"))
            + "\n  exit "
            + outcome.exit()
            + "\n    "
            + (outcome.output() + outcome.errors()).strip().replace("\n", "\n    "));
  }

  private static String text(Case what, List<Difference> found, Case small, List<Difference> left) {
    StringBuilder text = new StringBuilder();
    text.append("Seed ").append(what.seed());
    text.append(": rsync ").append(Shell.words(what.arguments("/mnt/t"))).append('\n');
    differences(text, found);
    text.append("Smaller (-Dgodwit.differential.seed=")
        .append(what.seed())
        .append(" -Dgodwit.differential.cases=1 runs the whole case):\n");
    for (String command : small.commands("rsync")) {
      text.append("  ").append(command).append('\n');
    }
    differences(text, left);
    if (left.isEmpty()) {
      text.append("    which does not happen each time\n");
    }
    return text.toString();
  }

  private static void differences(StringBuilder text, List<Difference> found) {
    for (Difference difference : found.subList(0, Math.min(SHOWN_MAX, found.size()))) {
      text.append("    ").append(difference).append('\n');
    }
    if (found.size() > SHOWN_MAX) {
      text.append("    and ").append(found.size() - SHOWN_MAX).append(" more\n");
    }
  }
}
