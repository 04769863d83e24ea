package dev.godwit.sync.copy;

import dev.godwit.linux.CallThread;
import dev.godwit.sync.rules.InfoFlag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the source has, looked at while the target's host is being connected, which takes half a
 * second and leaves this one with nothing to do. Kept are listings with sums of the files ({@link
 * FileSums}): where the target has the same, they are all that it is told.
 *
 * <p>It is as if the copy had looked a moment before. Whatever would have to be told of it is left
 * to the copy's own look.
 *
 * <p>Threads: one looks, from {@link #begin} on; any may take.
 */
public final class EarlyLook implements AutoCloseable {
  /** Whoever has to be asked for a password is not to find a copy of what was before it. */
  private static final Duration AGE_MAX = Duration.ofSeconds(10);

  /** How long is waited for a directory that is being listed. */
  private static final Duration END_MAX = Duration.ofSeconds(1);

  private final SourceArguments arguments;
  private final SourceDirectory top;
  private final FileSums sums;
  private final Lister lister;
  private final SourceFiles files;
  private final Ear ear;
  private final long begun = System.nanoTime();
  private final Thread thread = new CallThread("copy-look", this::look);

  /** By the directories themselves, which the listings of those above have. */
  private final Map<SourceDirectory, PreparedListing> found = new IdentityHashMap<>();

  private volatile boolean isStopped;

  /** Hears whether anything is told. */
  private static final class Ear implements CopyListener {
    private volatile boolean heard;

    @Override
    public void note(int level, String text) {
      heard = true;
    }

    @Override
    public void note(InfoFlag about, int level, String text) {
      heard = true;
    }

    @Override
    public void failure(Failure failure) {
      heard = true;
    }
  }

  private EarlyLook(
      SourceArguments arguments, FileSums sums, Lister lister, SourceFiles files, Ear ear) {
    this.arguments = arguments;
    this.top = arguments.top();
    this.sums = sums;
    this.lister = lister;
    this.files = files;
    this.ear = ear;
  }

  /**
   * Begins to look, where sums of files are possible and the source is one argument.
   *
   * @param request of which the target is not asked yet
   * @param isRoot whether the target will most likely be root's: if that is wrong, nothing of this
   *     is of use
   * @return null where it is not worth it, or not possible, for whatever reason: the copy tells it
   */
  public static @Nullable EarlyLook begin(CopyRequest request, boolean isRoot) {
    // Files that filters name may be pipes, and give what is in them once.
    if (request.files() != null || request.sources().size() != 1 || !request.filters().isEmpty()) {
      return null;
    }
    Ear ear = new Ear();
    Report report = new Report(ear);
    SourceArguments arguments = null;
    try {
      Parts parts = Parts.of(request);
      FileSums sums = FileSums.of(parts.rules, parts.filters, isRoot, FileSums.Key.random());
      if (sums == null) {
        return null;
      }
      arguments = SourceArguments.of(request, parts.filters, report);
      if (ear.heard || report.hasSourceError()) {
        arguments.close();
        return null;
      }
      Lister lister = new Lister(parts.rules, parts.attributes(), report);
      EarlyLook look = new EarlyLook(arguments, sums, lister, new SourceFiles(parts.rules), ear);
      look.thread.start();
      return look;
    } catch (CopyException e) {
      if (arguments != null) {
        arguments.close();
      }
      return null;
    }
  }

  private void look() {
    try {
      lookAtAll();
    } catch (RuntimeException e) {
      // The copy's own look meets it too, and somebody is told then.
    }
  }

  private void lookAtAll() {
    List<SourceDirectory> left = new ArrayList<>(); // the next one is the last, as with SourceWalk
    left.add(top);
    long cost = 0;
    while (!left.isEmpty() && !isStopped && cost < ListingWindow.COST_MAX) {
      SourceDirectory directory = left.removeLast();
      if (directory.parts().size() != 1) {
        continue;
      }
      PreparedListing prepared = PreparedListing.summed(lister, directory, sums);
      if (prepared == null) {
        prepared = PreparedListing.of(lister, directory, files, null);
      }
      if (ear.heard) {
        return;
      }
      Listing listing = prepared.listing();
      cost += ListingWindow.cost(listing);
      synchronized (found) {
        found.put(directory, prepared);
      }
      for (int i = listing.entries().size() - 1; i >= 0; i--) {
        SourceDirectory below = listing.entries().get(i).below();
        if (below != null) {
          left.add(below);
        }
      }
    }
  }

  /** Whether it was not long ago. */
  boolean isFresh() {
    return System.nanoTime() - begun < AGE_MAX.toNanos();
  }

  /** What the user named. Closed with this. */
  SourceArguments arguments() {
    return arguments;
  }

  /** The top of the transfer, for {@link #take}. */
  SourceDirectory top() {
    return top;
  }

  /** With which it was looked. */
  FileSums sums() {
    return sums;
  }

  /** No more is looked at; what was stays. */
  void stop() {
    isStopped = true;
  }

  /**
   * A listing, once.
   *
   * @param wanted by the target
   * @return null where there is none that is of use
   */
  @Nullable PreparedListing take(SourceDirectory directory, FileSums wanted) {
    if (!wanted.equals(sums)) {
      return null;
    }
    synchronized (found) {
      return found.remove(directory);
    }
  }

  /** Waits until nothing is left to look at. */
  void awaitAll() throws InterruptedException {
    thread.join();
  }

  @Override
  public void close() {
    isStopped = true;
    boolean wasInterrupted = Thread.interrupted();
    try {
      if (thread.join(END_MAX)) {
        arguments.close();
      } // otherwise a file system does not answer, and the process ends without it
    } catch (InterruptedException e) {
      wasInterrupted = true;
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
