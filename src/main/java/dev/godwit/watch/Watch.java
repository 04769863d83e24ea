package dev.godwit.watch;

import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * Reports what changed below one directory, from the moment it is opened: open first, then look at
 * the tree (H18). Names of files that Godwit is writing ({@code TemporaryNames}) are left out.
 *
 * <p>Threads: one thread takes; all else may be called by any thread.
 */
public interface Watch extends AutoCloseable {
  /** How often subtrees without a watch are looked at again. */
  Duration RESCAN = Duration.ofSeconds(10);

  /**
   * Opens the best watch that this kernel and this filesystem allow: fanotify on the filesystem,
   * else inotify on every directory.
   *
   * @throws IOException when the root is no directory or neither works
   */
  static Watch open(byte[] root) throws IOException {
    return open(root, Rung.BEST);
  }

  /** Opens the watch of one rung; for tests. */
  static Watch open(byte[] root, Rung rung) throws IOException {
    return open(Root.open(root), rung);
  }

  /**
   * As {@link #open(byte[])}, of a directory that was opened. It belongs to the watch from now on,
   * also when there is none.
   */
  static Watch open(Root root) throws IOException {
    return open(root, Rung.BEST);
  }

  /** As {@link #open(Root)}, of one rung; for tests. */
  static Watch open(Root opened, Rung rung) throws IOException {
    try {
      if (rung == Rung.SCAN) {
        return InotifyWatch.scanning(opened);
      }
      String reason = "chosen";
      if (rung != Rung.INOTIFY) {
        try {
          return FanotifyWatch.open(opened, rung != Rung.FANOTIFY_SMALL_QUEUE);
        } catch (LinuxException e) {
          reason = FanotifyWatch.reason(e);
        }
      }
      return InotifyWatch.open(opened, reason);
    } catch (Throwable t) {
      opened.close();
      throw t;
    }
  }

  /** Which kernel interface to use. */
  enum Rung {
    BEST,
    INOTIFY,
    /** As on a file system that does not report every change. */
    SCAN,
    /** With the kernel's default limit of events, so that it can overflow. */
    FANOTIFY_SMALL_QUEUE
  }

  /**
   * Waits for changes.
   *
   * @param max how long at most
   * @return changes; none when the time is over or only a flush came through
   * @throws IOException when the watch is closed or the kernel refuses
   */
  Batch take(Duration max) throws IOException;

  /**
   * Asks for everything that happened until now: the kernel queues events before the call that
   * caused them returns, so what a writer finished before this call is in the queue already. Does
   * not wait, and is not held up by what happens after it.
   *
   * @return a ticket; {@link Batch#flushed} reaches it when all was delivered
   */
  long flush();

  /**
   * The same without the parts that nobody watches, which are told in their intervals: for who
   * looks at everything anyway, and would have to begin anew each time.
   */
  long drain();

  /**
   * Tells from now on, with {@link Change.In}, what happens in these directories, also when it
   * cannot be said where they are. Called once, before the first {@link #take}.
   *
   * @param directories asked by the thread that takes
   * @return false where directories are known by their paths only: nothing is told then
   */
  default boolean follow(Predicate<InodeHandle> directories) {
    return false;
  }

  /**
   * Besides what the kernel tells, everything is told in intervals and by each flush from now on,
   * because there is more than this watch can see. Before the first {@link #take}.
   *
   * @param why for people
   */
  void scans(String why);

  WatchState state();

  /** The root as opened, with which to tell whether it is still the same directory. */
  Root root();

  /** Ends the watch, and a take that waits with an IOException. Idempotent. */
  @Override
  void close();
}
