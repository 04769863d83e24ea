package dev.godwit.mirror;

import dev.godwit.linux.Names;
import dev.godwit.watch.Root;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * The root of a mirror's source: a mirror goes on only while it is the directory it was and holds
 * something (H27). Any thread.
 */
final class MirrorRoot {
  private final Root root;
  private final MirrorSourceOptions options;
  private final SourceState state;

  // Guarded by the state's lock.
  private Set<String> mounts = Set.of();
  private boolean wasFilled;
  private boolean isEmpty;

  MirrorRoot(Root root, MirrorSourceOptions options, SourceState state) {
    this.root = root;
    this.options = options;
    this.state = state;
    this.wasFilled = !options.mayBeEmpty();
  }

  /** See {@code watch.Root}. */
  String identity() {
    return root.identity();
  }

  /** Whether it held nothing when it was checked last. With the state's lock held. */
  boolean isEmpty() {
    return isEmpty;
  }

  /** Whether the root is what it was; if not, the mirror halts with nothing looked at (H27). */
  boolean check() throws IOException {
    Root.Fate fate = root.fate();
    state.lock.lock();
    try {
      isEmpty = fate == Root.Fate.EMPTY;
      String why =
          RootGuard.objection(
              Names.display(options.root()), fate, options.identity(), root.identity(), wasFilled);
      wasFilled |= fate == Root.Fate.SAME;
      if (why != null && state.halted == null) {
        state.halted = why;
        state.signalAll();
      }
      return state.halted == null;
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Looks at the places where another file system was mounted or unmounted since the last time: no
   * event tells (H25).
   */
  void lookForMounts() throws IOException {
    Set<String> now = root.mounts();
    state.lock.lock();
    try {
      Set<String> appeared = new HashSet<>(now);
      appeared.removeAll(mounts);
      Set<String> gone = new HashSet<>(mounts);
      gone.removeAll(now);
      mounts = now;
      for (String path : appeared) {
        state.pending.changed(path, Scope.NAME, System.nanoTime());
      }
      for (String path : gone) {
        state.pending.changed(path, Scope.TREE, System.nanoTime());
      }
      state.due.signalAll();
    } finally {
      state.lock.unlock();
    }
  }
}
