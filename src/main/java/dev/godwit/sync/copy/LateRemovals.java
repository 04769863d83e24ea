package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Names that go from the source when the copy is over (--remove-source-files). While symbolic links
 * are followed, or one argument lies in another, what is on the target under one name may be still
 * to be read by another that leads to it. When the copy is cut off, all of them stay. Any thread.
 */
final class LateRemovals {
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record One(Listing listing, SourceEntry entry, byte[] shown) {
    boolean isThroughLink() {
      return listing.isThroughLink(entry.place());
    }
  }

  private final SourceFiles files;
  private final boolean areAll;
  private final List<One> names = new ArrayList<>();

  /**
   * @param isReadTwice whether a file may have several names in the transfer without a link
   */
  LateRemovals(Rules rules, SourceFiles files, boolean isReadTwice) {
    this.files = files;
    this.areAll = rules.followsLinks() || isReadTwice;
  }

  /**
   * Keeps a name for the end if it has to wait for it.
   *
   * @return false when it can go at once
   */
  synchronized boolean keep(Listing listing, SourceEntry entry, byte[] shown) {
    if (areAll) {
      names.add(new One(listing.only(List.of()), entry, shown));
    }
    return areAll;
  }

  /** The copy is over. */
  synchronized void run(Report report) {
    // What a link led to is not removed by its name; it may have gone by its own then.
    names.sort(Comparator.comparing(One::isThroughLink));
    for (One one : names) {
      try (DirectoryHandle in = one.listing.open(one.entry.place())) {
        files.remove(in, one.listing, one.entry, one.shown, report);
      } catch (LinuxException e) {
        SourceFiles.notRemoved(one.shown, e, report);
      }
    }
    names.clear();
  }
}
