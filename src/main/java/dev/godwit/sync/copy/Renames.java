package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.OwnerException;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What stands on the target under names that the source does not have, while the source has others:
 * some of it may have been renamed there. Found by a pass over both trees before the copy.
 *
 * <p>A file of the target is taken for one of the source by size and time of modification, the time
 * to the nanosecond, as every copy without --checksum takes a file for another by size and time.
 * Under another name that says less, so more is asked for: on either side no other file without a
 * counterpart has the same two, type, permissions and owners are the same, and the time is one that
 * a clock has given, no full second. Then the file is renamed and nothing of it is read. Whatever
 * is less certain is a candidate only, and its content is compared first.
 *
 * <p>A directory is renamed as a whole when its time and the names in it are those of one that the
 * source has and the target has not. That decides nothing about what is in it: the copy then
 * compares that, name by name, as it would have.
 *
 * <p>Any thread.
 */
final class Renames {
  /** Of so many files at most is remembered that the source has them; certainty ends there. */
  private static final int WANTED_MAX = 1 << 18;

  /** Of so many new directories. */
  private static final int DIRECTORIES_MAX = 1 << 14;

  private record Key(long size, long mtimeSeconds, int mtimeNanos) {
    static Key of(FileStatus status) {
      return new Key(status.size(), status.mtimeSeconds(), status.mtimeNanos());
    }
  }

  /**
   * A file that is removed from the target unless it is found to be another one renamed.
   *
   * @param isCertain whether it is, so that its content need not be looked at
   * @param isExchanged whether what stands under its new name gets this one
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Candidate(
      byte[] directory, byte[] name, FileStatus status, boolean isCertain, boolean isExchanged) {
    Candidate(byte[] directory, byte[] name, FileStatus status) {
      this(directory, name, status, false, false);
    }

    byte[] path() {
      return Paths.join(directory, name);
    }

    private Candidate certain() {
      return new Candidate(directory, name, status, true, isExchanged);
    }
  }

  /** A file of the source that the target does not have, or not under this name. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Wanted(byte[] name, FileStatus status, Attributes attributes) {}

  private static final class Bucket {
    private final Deque<Candidate> left = new ArrayDeque<>(1);
    private int all;
  }

  /** A directory of the target that the source does not have, or the other way round. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Whole(
      byte[] parent,
      byte[] name,
      FileStatus status,
      @Nullable FilterScope scope,
      @Nullable SourceDirectory source) {
    byte[] path() {
      return Paths.join(parent, name);
    }
  }

  private final TreeUpdate update;
  private final Rules rules;

  /** Whether size and time can be enough. */
  private final boolean isTrusting;

  private final Map<Key, Bucket> candidates = new HashMap<>();
  private final Map<Key, Integer> wanted = new HashMap<>();
  private boolean isAllWantedKnown = true;
  private final List<Whole> gone = new ArrayList<>();
  private final List<Whole> added = new ArrayList<>();

  /** What was found within one directory, by the paths of the new names. */
  private final Map<java.nio.ByteBuffer, Candidate> pairs = new HashMap<>();

  Renames(TreeUpdate update) {
    this.update = update;
    this.rules = update.rules;
    this.isTrusting = rules.times && !rules.checksum && !rules.ignoreTimes && !rules.sizeOnly;
  }

  /** Whether size and time can be enough. */
  boolean isTrusting() {
    return isTrusting;
  }

  // While the trees are listed.

  /**
   * Takes what one directory has on one side only.
   *
   * @param found of the target's directory
   * @param absent what the source has in it and the target has not
   * @param renames whether what is certain within it shall be renamed at once
   */
  void note(Remover.Found found, DirectoryHandle handle, Listing absent, boolean renames)
      throws LinuxException {
    List<Candidate> left = gone(found, handle);
    added(found, absent);
    List<Wanted> files = wanted(absent);
    if (isTrusting && !left.isEmpty() && !files.isEmpty()) {
      pair(found.directory(), handle, left, files, renames);
    }
    remember(left, files);
  }

  /** The same, where it was seen already that nothing of it was renamed within the directory. */
  void noteUnpaired(Remover.Found found, DirectoryHandle handle, Listing absent)
      throws LinuxException {
    List<Candidate> left = gone(found, handle);
    added(found, absent);
    List<Wanted> files = wanted(absent);
    remember(left, files);
  }

  private synchronized void remember(List<Candidate> left, List<Wanted> files) {
    left.forEach(this::add);
    files.forEach(this::want);
  }

  /** Notes the directories among names that the source does not have; returns the files. */
  private List<Candidate> gone(Remover.Found found, DirectoryHandle handle) throws LinuxException {
    List<Candidate> left = new ArrayList<>();
    for (byte[] name : found.names()) {
      FileStatus status = handle.status(name);
      if (status != null && status.isDirectory()) {
        synchronized (this) {
          gone.add(new Whole(found.directory(), name, status, found.scope(), null));
        }
      } else if (status != null && isCandidate(status)) {
        left.add(new Candidate(found.directory(), name, status));
      }
    }
    return left;
  }

  /** Notes the directories that the target does not have. */
  private void added(Remover.Found found, Listing absent) {
    for (Whole directory : directories(found.directory(), absent)) {
      noteNew(directory);
    }
  }

  /** Not everything could be looked at: that a file is the only one of its kind is not known. */
  synchronized void doubt() {
    isAllWantedKnown = false;
  }

  /** A directory that the target does not have: everything in it is new. */
  void noteAbsent(Listing listing) throws LinuxException {
    List<Wanted> files = wanted(listing);
    synchronized (this) {
      files.forEach(this::want);
    }
  }

  private static boolean isCandidate(FileStatus status) {
    return status.isRegular() && status.links() == 1 && status.size() > 0;
  }

  private synchronized void noteNew(Whole directory) {
    if (added.size() < DIRECTORIES_MAX) {
      added.add(directory);
    } else {
      isAllWantedKnown = false; // what is in it is not looked at
    }
  }

  private static List<Whole> directories(byte[] directory, Listing listing) {
    List<Whole> directories = new ArrayList<>();
    for (SourceEntry entry : listing.entries()) {
      if (entry.isDirectory()) {
        directories.add(new Whole(directory, entry.name(), entry.status(), null, entry.below()));
      }
    }
    return directories;
  }

  /** The files among names that the target does not have. */
  private static List<Wanted> wanted(Listing absent) throws LinuxException {
    List<Wanted> files = new ArrayList<>();
    for (SourceEntry entry : absent.entries()) {
      if (entry.isFile() && !entry.removed()) {
        FileStatus status = status(absent, entry);
        if (status != null && status.size() > 0) {
          Attributes attributes =
              status == entry.status() ? entry.attributes() : Attributes.of(status);
          files.add(new Wanted(entry.name(), status, attributes));
        }
      }
    }
    return files;
  }

  private static @Nullable FileStatus status(Listing listing, SourceEntry entry)
      throws LinuxException {
    if (!entry.status().equals(Lister.ANY_FILE)) { // of a packed listing it is another object
      return entry.status();
    }
    DirectoryHandle handle = Objects.requireNonNull(listing.handles().get(entry.place()));
    return handle.status(entry.name());
  }

  private void add(Candidate candidate) {
    Bucket bucket = candidates.computeIfAbsent(Key.of(candidate.status()), key -> new Bucket());
    bucket.left.add(candidate);
    bucket.all++;
  }

  private void want(Wanted file) {
    if (wanted.size() < WANTED_MAX) {
      wanted.merge(Key.of(file.status()), 1, Integer::sum);
    } else {
      isAllWantedKnown = false;
    }
  }

  /**
   * Finds what was renamed within a directory: the one file that is gone and the one that is new
   * with the same status. Takes these out of both lists.
   */
  private void pair(
      byte[] directory,
      DirectoryHandle handle,
      List<Candidate> left,
      List<Wanted> files,
      boolean renames)
      throws LinuxException {
    Map<Key, Candidate> old = new HashMap<>();
    List<Key> ambiguous = new ArrayList<>();
    for (Candidate one : left) {
      if (old.put(Key.of(one.status()), one) != null) {
        ambiguous.add(Key.of(one.status()));
      }
    }
    Map<Key, Wanted> young = new HashMap<>();
    for (Wanted one : files) {
      if (young.put(Key.of(one.status()), one) != null) {
        ambiguous.add(Key.of(one.status()));
      }
    }
    ambiguous.forEach(old::remove);
    FileStatus before = null;
    for (Map.Entry<Key, Wanted> one : young.entrySet()) {
      Wanted file = one.getValue();
      Candidate candidate = old.get(one.getKey());
      if (candidate == null || !isSame(file.attributes(), candidate.status())) {
        continue;
      }
      if (renames) {
        before = before == null ? handle.status() : before;
        handle.renameWithoutReplacing(candidate.name(), handle, file.name());
        update.tally.made.add(Item.Kind.FILE);
      } else {
        synchronized (this) {
          pairs.put(key(Paths.join(directory, file.name())), candidate.certain());
        }
      }
      left.remove(candidate);
      files.remove(file);
    }
    if (before != null) {
      update.inodes.restoreTime(handle, before); // the copy sets it if the source has another
    }
  }

  private static java.nio.ByteBuffer key(byte[] path) {
    return java.nio.ByteBuffer.wrap(path);
  }

  /** Whether, beside size and time, all is the same that the rules keep of a file's status. */
  private boolean isSame(Attributes source, FileStatus target) {
    if (source.mtimeNanos() == 0) {
      return false; // restored from an archive, or by a tool that sets times: many may have it
    }
    try {
      Attributes here = update.inodes.keeper().mapped(source);
      return (!rules.permissions || (here.mode() & 07777) == target.permissions())
          && (!rules.owner || !update.inodes.isRoot() || here.uid() == target.uid())
          && (!rules.group || here.gid() == target.gid());
    } catch (OwnerException e) {
      return false; // told where it is to be copied
    }
  }

  // When both trees are listed.

  /** Gives the names in a directory of the source. */
  interface Names {
    /** Null when it cannot be listed to its end. */
    @Nullable Listing list(SourceDirectory directory);
  }

  /**
   * Renames whole directories, if that may be done now, and notes the files that are left.
   *
   * @param source lists a directory of the source; null where its listings come by themselves
   */
  void end(boolean renames, @Nullable Names source) {
    if (renames && source != null && isTrusting && !rules.backup) {
      renameWhole(source);
    }
    for (Whole directory : gone) {
      try {
        noteGone(directory);
      } catch (LinuxException | FilterException e) {
        // What of it cannot be seen is no candidate; removing it tells what is in the way.
      }
    }
    if (source != null && !candidates.isEmpty()) {
      for (Whole directory : added) {
        wantAll(directory, source);
      }
    }
    gone.clear();
    added.clear();
  }

  /** Not by recursion, as nothing here: a tree may be deeper than the stack of a thread. */
  private void wantAll(Whole top, Names source) {
    Deque<Whole> open = new ArrayDeque<>();
    open.push(top);
    while (!open.isEmpty() && isAllWantedKnown) {
      Whole here = open.pop();
      SourceDirectory directory = here.source;
      if (directory == null) {
        continue;
      }
      try (Listing listing = source.list(directory)) {
        if (listing == null) {
          isAllWantedKnown = false;
          return;
        }
        wanted(listing).forEach(this::want);
        directories(here.path(), listing).forEach(open::push);
      } catch (LinuxException e) {
        isAllWantedKnown = false;
      }
    }
  }

  /** Notes the files among what the source does not have, and below. */
  private void noteGone(Whole top) throws LinuxException, FilterException {
    Deque<Whole> open = new ArrayDeque<>();
    open.push(top);
    while (!open.isEmpty()) {
      Whole here = open.pop();
      byte[] path = here.path();
      try (DirectoryHandle below = update.open(path)) {
        FilterScope inside = Objects.requireNonNull(here.scope).enter(here.name, below).removed();
        for (DirectoryEntry entry : below.entries()) {
          boolean isDirectory = below.isDirectory(entry);
          if (inside.excludes(entry.name(), isDirectory)) {
            continue;
          }
          FileStatus status = below.status(entry.name());
          if (status != null && isCandidate(status)) {
            add(new Candidate(path, entry.name(), status));
          } else if (status != null && status.isDirectory()) {
            open.push(new Whole(path, entry.name(), status, inside, null));
          }
        }
      }
    }
  }

  private void renameWhole(Names source) {
    Map<Key, List<Whole>> young = new HashMap<>();
    for (Whole one : added) {
      young.computeIfAbsent(timeOf(one.status), key -> new ArrayList<>(1)).add(one);
    }
    gone.removeIf(
        old -> {
          List<Whole> same = young.getOrDefault(timeOf(old.status), List.of());
          for (Whole one : same) {
            if (isWhole(old, one, source) && rename(old, one)) {
              same.remove(one);
              added.remove(one);
              return true;
            }
          }
          return false;
        });
  }

  private static Key timeOf(FileStatus directory) {
    return new Key(0, directory.mtimeSeconds(), directory.mtimeNanos());
  }

  /** Whether both have the same names, and all of the target's may go. */
  private boolean isWhole(Whole old, Whole young, Names source) {
    SourceDirectory below = young.source;
    if (below == null || old.status.permissions() != young.status.permissions()) {
      return false;
    }
    List<byte[]> there = new ArrayList<>();
    try (Listing listing = source.list(below)) {
      if (listing == null) {
        return false;
      }
      listing.entries().forEach(entry -> there.add(entry.name()));
    }
    List<byte[]> here = new ArrayList<>();
    try (DirectoryHandle handle = update.open(old.path())) {
      if (!handle.status().isSameInode(old.status) || keepsSome(old)) {
        return false;
      }
      for (DirectoryEntry entry : handle.entries()) {
        here.add(entry.name());
      }
    } catch (LinuxException | FilterException e) {
      return false;
    }
    here.sort(Arrays::compareUnsigned);
    there.sort(Arrays::compareUnsigned);
    if (here.isEmpty() || here.size() != there.size()) {
      return false;
    }
    for (int i = 0; i < here.size(); i++) {
      if (!Arrays.equals(here.get(i), there.get(i))) {
        return false;
      }
    }
    try (DirectoryHandle handle = update.open(old.path())) {
      return tellsContentsApart(handle); // else size and time are not enough under another name
    } catch (LinuxException e) {
      return false;
    }
  }

  /** Whether no file in it, or below, has a full second as its time (H19). */
  private static boolean tellsContentsApart(DirectoryHandle top) throws LinuxException {
    Deque<byte[]> open = new ArrayDeque<>();
    open.push(Paths.NONE);
    while (!open.isEmpty()) {
      byte[] path = open.pop();
      try (DirectoryHandle directory = top.beneath(path)) {
        for (DirectoryEntry entry : directory.entries()) {
          FileStatus status = directory.status(entry.name());
          if (status == null || status.isRegular() && status.mtimeNanos() == 0) {
            return false;
          }
          if (status.isDirectory()) {
            open.push(Paths.join(path, entry.name()));
          }
        }
      }
    }
    return true;
  }

  /** Whether something in it, or below, would stay where it is when the directory is removed. */
  private boolean keepsSome(Whole old) throws LinuxException, FilterException {
    FilterScope beside = Objects.requireNonNull(old.scope);
    return !update.filters.isEmpty()
        && FilteredPaths.excludesAnyIn(beside.removed(), update::open, old.path());
  }

  /** Gives a whole directory its new name, when the directory that this is in stands. */
  private boolean rename(Whole old, Whole young) {
    try (DirectoryHandle from = update.open(old.parent);
        DirectoryHandle to = update.open(young.parent)) {
      FileStatus fromBefore = from.status();
      FileStatus toBefore = to.status();
      from.renameWithoutReplacing(old.name, to, young.name);
      update.inodes.restoreTime(from, fromBefore);
      update.inodes.restoreTime(to, toBefore);
      update.tally.made.add(Item.Kind.DIRECTORY);
      return true;
    } catch (LinuxException e) {
      return false; // a mount, another file system: its files are looked at one by one
    }
  }

  // During the copy.

  /**
   * A file of the target that may be this one, for this caller only; null without one.
   *
   * @param path of the new name
   * @param entry as it is to be here
   */
  synchronized @Nullable Candidate take(SourceEntry entry, byte[] path) {
    Candidate paired = pairs.remove(key(path));
    if (paired != null && Key.of(paired.status()).equals(Key.of(entry.status()))) {
      return paired;
    }
    Bucket bucket = candidates.get(Key.of(entry.status()));
    Candidate some = bucket == null ? null : bucket.left.poll();
    if (some == null || bucket == null || some.isCertain()) {
      return some;
    }
    boolean isOnlyOne =
        isTrusting
            && isAllWantedKnown
            && bucket.all == 1
            && wanted.getOrDefault(Key.of(entry.status()), 0) == 1;
    return isOnlyOne && isSame(entry.attributes(), some.status()) ? some.certain() : some;
  }

  /** It was another file. */
  synchronized void giveBack(Candidate candidate) {
    Bucket bucket = candidates.computeIfAbsent(Key.of(candidate.status()), key -> new Bucket());
    bucket.left.addLast(candidate);
  }
}
