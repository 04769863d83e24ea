package dev.godwit.sync;

/** Hears how far a copy is. Called a few times a second, on a thread of the copy. */
@FunctionalInterface
public interface ProgressListener {
  ProgressListener NONE = counters -> {};

  void progress(Counters counters);
}
