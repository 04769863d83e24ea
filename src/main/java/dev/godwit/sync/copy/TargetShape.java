package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.util.function.BooleanSupplier;

/** What a target has to be for what takes part, where none stands yet. */
enum TargetShape {
  /** Nothing takes part; only a target that ends with '/' is made. */
  NOTHING,
  /** One name that is no directory: the target may be its new name. */
  ONE_FILE,
  /** A directory of which nothing else takes part: a target that is missing is its new name. */
  EMPTY_DIRECTORY,
  /** The content of a directory of which nothing takes part: the same. */
  EMPTY_CONTENT,
  /** The content of a directory, or several names. */
  SEVERAL;

  /**
   * Looks at the source, at one directory besides the top at most. What is left out later (-m)
   * counts here.
   *
   * @param hasFilters whether names may be left out
   * @param stands whether the target is known to be a directory, in which case nothing else matters
   */
  static TargetShape of(
      SourceArguments arguments,
      SourceDirectory top,
      Rules rules,
      SourceAttributes attributes,
      boolean hasFilters,
      BooleanSupplier stands) {
    Report unheard = new Report(CopyListener.NONE);
    // A link that leads nowhere takes no part where it is to be followed.
    boolean isAnyNameOne = !hasFilters && !rules.copyLinks && !rules.copyUnsafeLinks;
    Lister anything = Lister.ofAnything(rules, attributes, unheard);
    if (top.hasContent()) {
      return top.parts().size() == 1
              && !stands.getAsBoolean()
              && isEmpty(anything, top, isAnyNameOne)
          ? EMPTY_CONTENT
          : SEVERAL;
    }
    try (Listing listing = Lister.ofTwo(rules, attributes, unheard).list(top)) {
      if (listing.entries().isEmpty()) {
        return NOTHING;
      }
      SourceEntry only = listing.entries().getFirst();
      if (listing.entries().size() > 1 || !arguments.isOneName(only.name())) {
        return SEVERAL;
      }
      SourceDirectory below = only.below();
      if (!only.isDirectory()) {
        return ONE_FILE;
      }
      if (stands.getAsBoolean() || below != null && !isEmpty(anything, below, isAnyNameOne)) {
        return SEVERAL;
      }
      return EMPTY_DIRECTORY;
    }
  }

  /**
   * @param isAnyNameOne whether whatever name there is takes part
   */
  private static boolean isEmpty(Lister anything, SourceDirectory directory, boolean isAnyNameOne) {
    if (isAnyNameOne
        && directory.parts().size() == 1
        && directory.parts().getFirst() instanceof SourceDirectory.Content(Place place, var unused)
        && hasSomeName(place)) {
      return false;
    }
    try (Listing listing = anything.list(directory)) {
      return listing.entries().isEmpty();
    }
  }

  /** A look at one name, where that is enough to know that something takes part. */
  private static boolean hasSomeName(Place place) {
    try (DirectoryHandle handle = place.open()) {
      return handle.nextEntries() != null;
    } catch (LinuxException e) {
      return false; // the listing says what is in the way
    }
  }
}
