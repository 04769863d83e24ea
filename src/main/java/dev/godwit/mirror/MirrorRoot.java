package dev.godwit.mirror;

import dev.godwit.linux.Mounts.Mount;
import dev.godwit.linux.Names;
import dev.godwit.watch.Root;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The root of a mirror's source: a mirror goes on only while it is the directory it was and holds
 * something, unless what it holds comes and goes (H27). Any thread.
 */
final class MirrorRoot {
  private final Root root;
  private final MirrorSourceOptions options;
  private final SourceState state;
  private final MirrorMounts parts;

  // Guarded by the state's lock.
  private Map<String, Mount> mounts = Map.of();
  private boolean wasFilled;
  private boolean isEmpty;

  /**
   * @param parts the mounts below it
   */
  MirrorRoot(Root root, MirrorSourceOptions options, SourceState state, MirrorMounts parts) {
    this.root = root;
    this.options = options;
    this.state = state;
    this.parts = parts;
    this.wasFilled = !options.wasEmpty();
  }

  /** See {@code watch.Root}. */
  String identity() {
    return root.identity();
  }

  /** Whether it held nothing when it was checked last. With the state's lock held. */
  boolean isEmpty() {
    return isEmpty;
  }

  /**
   * Whether the root is what it was, and each mount that takes part; if not, the mirror halts with
   * nothing looked at (H27).
   */
  boolean check() throws IOException {
    Root.Fate fate = root.fate();
    String part = parts.objection();
    state.lock.lock();
    try {
      isEmpty = fate == Root.Fate.EMPTY;
      String why =
          RootGuard.objection(
              Names.display(options.root()),
              fate,
              options.identity(),
              root.identity(),
              wasFilled && !options.mayEmpty());
      wasFilled |= fate == Root.Fate.SAME;
      if (why != null) {
        state.halt(why, false);
      } else if (part != null) {
        state.halt(part, true);
      }
      return state.halted == null;
    } finally {
      state.lock.unlock();
    }
  }

  /**
   * Looks at the places where another file system was mounted or unmounted since the last time: no
   * event tells (H25).
   *
   * @return what is mounted now
   */
  Map<String, Mount> lookForMounts() throws IOException {
    Map<String, Mount> now = root.mounts();
    state.lock.lock();
    try {
      Set<String> appeared = new HashSet<>(now.keySet());
      appeared.removeAll(mounts.keySet());
      Set<String> gone = new HashSet<>(mounts.keySet());
      gone.removeAll(now.keySet());
      mounts = now;
      for (String path : appeared) {
        state.pending.changed(path, Scope.NAME, System.nanoTime());
      }
      for (String path : gone) {
        state.pending.changed(path, Scope.TREE, System.nanoTime());
      }
      state.due.signalAll();
      return now;
    } finally {
      state.lock.unlock();
    }
  }
}
