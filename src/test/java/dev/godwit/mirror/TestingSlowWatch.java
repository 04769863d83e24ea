package dev.godwit.mirror;

import dev.godwit.linux.InodeHandle;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** A watch whose reader can be held up, so that the kernel's queue becomes full. */
record TestingSlowWatch(Watch watch, AtomicBoolean blind) implements Watch {
  @Override
  public Batch take(Duration max) throws IOException {
    while (blind.get()) {
      LockSupport.parkNanos(1_000_000);
    }
    return watch.take(Duration.ofMillis(20));
  }

  @Override
  public long flush() {
    return watch.flush();
  }

  @Override
  public boolean follow(Predicate<InodeHandle> directories) {
    return watch.follow(directories);
  }

  @Override
  public WatchState state() {
    return watch.state();
  }

  @Override
  public Root root() {
    return watch.root();
  }

  @Override
  public void close() {
    watch.close();
  }
}
