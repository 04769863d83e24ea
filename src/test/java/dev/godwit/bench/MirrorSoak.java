package dev.godwit.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The life of a mirror in small: bursts of changes and rests by turns. Says how far behind it was
 * after each burst, and what its processes on both ends took early and at the end.
 */
final class MirrorSoak {
  private static final int CHANGES_PER_SECOND = 1000;
  private static final int BURST_SECONDS = 5;
  private static final int REST_SECONDS = 10;

  /** In a directory that comes with a burst and goes with the next one. */
  private static final int NEW_FILES = 1000;

  private static final int EARLY_SECONDS = 120;
  private static final int SECONDS = 600;

  /** When sizes are taken: after the first bursts, when all code has run, and after the last. */
  enum Moment {
    EARLY("after two minutes"),
    END("at the end");

    private final String what;

    Moment(String what) {
      this.what = what;
    }

    String what() {
      return what;
    }
  }

  /** What must not grow. */
  enum Size {
    HEAP("heap of both ends after a collection, MB"),
    MEMORY("memory of both ends, MB"),
    HANDLES("open files of both ends"),
    THREADS("threads of both ends");

    private final String what;

    Size(String what) {
      this.what = what;
    }

    String what() {
      return what;
    }

    /** The name of its figure at a moment. */
    String figure(Moment moment) {
      return (name() + "-" + moment.name()).toLowerCase(Locale.ROOT);
    }
  }

  private final MirrorTrial trial;
  private final Scale scale;

  MirrorSoak(MirrorTrial trial, Scale scale) {
    this.trial = trial;
    this.scale = scale;
  }

  /** Takes ten minutes, or as much of them as the scale has. */
  void run(Map<String, Double> found) throws IOException, InterruptedException {
    long began = System.nanoTime();
    List<Double> lags = new ArrayList<>();
    double zeroMost = 0;
    boolean isEarlyKnown = false;
    while (seconds(began) < scale.count(SECONDS)) {
      trial.replaceDirectory(scale.count(NEW_FILES));
      MirrorTrial.Burst burst = trial.burst(CHANGES_PER_SECOND, scale.count(BURST_SECONDS));
      lags.add(burst.lagMillis());
      zeroMost = Math.max(zeroMost, burst.lagMillis() + trial.awaitNoLag());
      Thread.sleep(scale.count(REST_SECONDS) * 1000L);
      if (!isEarlyKnown && seconds(began) >= scale.count(EARLY_SECONDS)) {
        sizes(Moment.EARLY, found);
        isEarlyKnown = true;
      }
    }
    sizes(Moment.END, found);
    double[] all = lags.stream().mapToDouble(Double::doubleValue).toArray();
    found.put("bursts", (double) all.length);
    found.put("lag-p50", Spread.of(all).median());
    found.put("lag-most", Spread.of(all).highest());
    found.put("zero-most", zeroMost);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private void sizes(Moment moment, Map<String, Double> found) throws IOException {
    for (Size size : Size.values()) {
      double figure =
          switch (size) {
            case HEAP -> trial.heapMegabytes();
            case MEMORY -> trial.residentMegabytes();
            case HANDLES -> trial.handles();
            case THREADS -> trial.threads();
          };
      found.put(size.figure(moment), figure);
    }
  }
}
