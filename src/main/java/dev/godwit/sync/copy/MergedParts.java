package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.copy.SourceDirectory.Content;
import dev.godwit.sync.copy.SourceDirectory.Part;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The names of a directory in which several parts take part, because arguments overlap or lie in
 * it. Of a name that several of them have the first counts, but a directory before what is none;
 * what is in directories is merged in turn. One thread.
 */
final class MergedParts {
  /** A directory that arguments are in. */
  private record Where(
      DirectoryHandle root,
      FilteredPaths.@Nullable Tree tree,
      Look.Key path,
      boolean throughLinks) {}

  private final Rules rules;
  private final @Nullable Tally tally;
  private final List<SourceEntry> entries = new ArrayList<>();

  /** Where each name is among the entries. */
  private final Map<Look.Key, Integer> known = new HashMap<>();

  private final Map<Where, DirectoryHandle> opened = new HashMap<>();

  /**
   * @param tally counts a name for each further part that has it; null when nobody counts
   */
  MergedParts(Rules rules, @Nullable Tally tally) {
    this.rules = rules;
    this.tally = tally;
  }

  /**
   * Opens the directory that an argument is in. Arguments that are in one share its handle, be they
   * ever so many.
   */
  DirectoryHandle openForNames(Place place) throws LinuxException {
    SourceRoot root = place.root();
    Where where =
        new Where(root.handle(), root.tree(), new Look.Key(place.path()), place.throughLinks());
    DirectoryHandle handle = opened.get(where);
    if (handle == null) {
      handle = place.openForNames();
      opened.put(where, handle);
    }
    return handle;
  }

  void add(SourceEntry entry) {
    Integer at = known.putIfAbsent(new Look.Key(entry.name()), entries.size());
    if (at == null) {
      entries.add(entry);
      return;
    }
    SourceEntry first = entries.get(at);
    if (tally != null) {
      // rsync's figures count a name as often as it was given, each as what it is there.
      tally.seen(entry.isDirectory() ? first : entry);
    }
    if (entry.isDirectory() && first.isDirectory()) {
      SourceEntry kept = first.implied() && !entry.implied() ? entry : first;
      entries.set(at, kept.with(both(first.below(), entry.below())));
    } else if (entry.isDirectory()) {
      entries.set(at, entry);
    }
  }

  /** Each name once, in the order in which they came. */
  List<SourceEntry> entries() {
    return entries;
  }

  private @Nullable SourceDirectory both(
      @Nullable SourceDirectory one, @Nullable SourceDirectory other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    List<Part> parts = new ArrayList<>(one.parts());
    for (Part part : other.parts()) {
      if (!(rules.incremental && isAmong(parts, part))) {
        parts.add(withFilters(part, one.scope(), other.scope()));
      }
    }
    return new SourceDirectory(
        one.path(), parts, one.scope(), one.isEntered() || other.isEntered());
  }

  /** What the files of one argument's directories leave out is said of that argument's names. */
  private static Part withFilters(Part part, FilterScope first, FilterScope here) {
    return part instanceof Content content && content.own() == null && here != first
        ? new Content(content.place(), here)
        : part;
  }

  /** Whether the same directory takes part already. */
  private static boolean isAmong(List<Part> parts, Part part) {
    if (!(part instanceof Content one)) {
      return false;
    }
    for (Part there : parts) {
      if (there instanceof Content other && one.place().isSame(other.place())) {
        return true;
      }
    }
    return false;
  }
}
