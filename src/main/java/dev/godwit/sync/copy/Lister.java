package dev.godwit.sync.copy;

import dev.godwit.linux.DeviceFile;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.copy.SourceDirectory.Argument;
import dev.godwit.sync.copy.SourceDirectory.Content;
import dev.godwit.sync.copy.SourceDirectory.Looked;
import dev.godwit.sync.copy.SourceDirectory.Part;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks at directories of the source: what of them takes part, and as what. Any thread. */
final class Lister {
  /** What is told of a link that is to be followed. */
  static final String LEADS_NOWHERE =
      "the symbolic link leads nowhere and cannot be followed; it was not copied";

  private static final int LINK_TEXT_MAX = 4095;

  /** The status of a file that was not looked at. */
  static final FileStatus ANY_FILE = FileStatus.NONE.as(0100000, 0, 0, 0);

  private static final Attributes OF_ANY_FILE = Attributes.of(ANY_FILE);

  /** How a directory that holds nothing comes to be left out (-m). */
  private enum Pruning {
    /** It is looked at whether there is something in it; if not, what it held is counted. */
    USUAL,
    /** It is looked at only. */
    LOOKS,
    /** It was seen already that nothing is below it. */
    ALL
  }

  /**
   * A directory with nothing in it but so many directories one below the other is not left out. So
   * deep goes the search before each of them is listed, by recursion.
   */
  private static final int PRUNED_DEPTH_MAX = 200;

  private final Rules rules;
  private final Report report;
  private final SourceAttributes attributes;
  private boolean isOfLinked;
  private Pruning pruning = Pruning.USUAL;
  private int depth;

  /**
   * For a series, which wants to know no more than whether there is something: what cannot be read
   * may hold something (H28).
   */
  private boolean isForSeries;

  /** Of which nothing but the names counts. */
  private final boolean knowsFilesByName;

  private volatile @Nullable FileStatus avoided;
  private volatile @Nullable Tally tally;
  private volatile @Nullable Overseer overseer;

  /** What a series of copies has to say while its source is listed. Any thread. */
  interface Overseer {
    /**
     * Whether another file system is mounted at a name; that is told then, and the name left out
     * (H25).
     *
     * @param here the status of the directory
     * @param directory its path
     */
    boolean isOtherMount(
        DirectoryHandle in, FileStatus here, byte[] directory, byte[] name, FileStatus status)
        throws LinuxException;

    /**
     * A directory is about to be listed.
     *
     * @param isWhole whether with all that is in it and below
     */
    void opened(byte[] directory, DirectoryHandle handle, boolean isWhole) throws LinuxException;

    /** A name that a look is at is no directory, or nothing. */
    void isNoDirectory(byte[] directory, byte[] name);

    /**
     * Whether {@link #listed} has to be told of each file of a directory, also of those that are
     * the same on the target.
     */
    boolean hasToKnowAll(byte[] directory);

    /** A name takes part. */
    void listed(byte[] directory, byte[] name, FileStatus status);

    /** A directory is on another file system by now. */
    void otherMount(byte[] directory);

    /** Whether names that are missing in a directory are missing, and not the whole tree (H27). */
    boolean mayBeMissing(byte[] directory) throws LinuxException;
  }

  Lister(Rules rules, SourceAttributes attributes, Report report) {
    this(rules, attributes, report, false);
  }

  private Lister(
      Rules rules, SourceAttributes attributes, Report report, boolean knowsFilesByName) {
    this.rules = rules;
    this.attributes = attributes;
    this.report = report;
    this.knowsFilesByName = knowsFilesByName;
  }

  /**
   * For the names alone: of a regular file nothing else is looked at where its directory tells the
   * type; its status then is {@link #ANY_FILE}.
   */
  static Lister ofNames(Rules rules, SourceAttributes attributes, Report report) {
    return new Lister(rules, attributes, report, !rules.fakeSuper);
  }

  /** For the names of inodes that have several, and the directories on the way to them. */
  static Lister ofLinked(Rules rules, SourceAttributes attributes, Report report) {
    Lister lister = new Lister(rules, attributes, report);
    lister.isOfLinked = true;
    return lister;
  }

  /** Names that several arguments have are counted here, too. */
  void counts(Tally seen) {
    tally = seen;
  }

  /** For a look of a series. */
  void isOverseenBy(Overseer one) {
    overseer = one;
  }

  /** A directory that is never entered: the target, where it lies in the source (H26). */
  void avoid(FileStatus directory) {
    avoided = directory;
  }

  /** What the source has in a directory. The caller closes it. */
  Listing list(SourceDirectory directory) {
    return new Visit(directory).listing();
  }

  /** Whether files of a directory may be told by a sum of them. */
  boolean maySum(SourceDirectory directory) {
    Overseer told = overseer;
    return told == null || !told.hasToKnowAll(directory.path());
  }

  /** Opens a directory of which a listing with a sum is made. */
  DirectoryHandle open(SourceDirectory directory, Place place) throws LinuxException {
    DirectoryHandle handle = place.open();
    Overseer told = overseer;
    if (told != null) {
      try {
        told.opened(directory.path(), handle, true);
      } catch (LinuxException | RuntimeException e) {
        handle.close();
        throw e;
      }
    }
    return handle;
  }

  /**
   * Some names of a directory, of which it is known that the others are equal on the target ({@link
   * Listing#isRest}). There must be no filters.
   *
   * @param handle of the directory, which is that one place; closed with the listing
   * @param names in the directory
   */
  Listing rest(SourceDirectory directory, Place place, DirectoryHandle handle, List<byte[]> names)
      throws LinuxException {
    Visit visit = new Visit(directory);
    visit.handles.add(handle);
    visit.status.add(handle.status());
    Part part = directory.parts().getFirst();
    for (byte[] name : names) {
      var unused = visit.name(part, place, handle, 0, name);
    }
    return new Listing(
        directory,
        directory.scope(),
        visit.gathered.sorted(),
        true,
        visit.isComplete,
        visit.handles,
        visit.status,
        null,
        true);
  }

  /** What gives large extended attributes of names in a directory that is open. */
  PackedEntries.Large large(DirectoryHandle handle) {
    return (name, place) -> attributes.large(handle, name);
  }

  /** Tells that a directory cannot be opened or listed any more. */
  void unreadable(SourceDirectory directory, Place place, LinuxException e) {
    new Visit(directory).unreadable(directory.path(), place, e, "list the directory");
  }

  /** One directory. */
  private final class Visit {
    private final SourceDirectory directory;
    private final List<@Nullable DirectoryHandle> handles = new ArrayList<>();
    private final List<FileStatus> status = new ArrayList<>();
    private final EntryGatherer gathered = new EntryGatherer(this::large);

    /** Where names may come from several parts: which are there; null otherwise. */
    private final @Nullable Map<Name, Integer> known;

    /** What goes to {@link #gathered} once all parts were looked at; with {@link #known}. */
    private final List<SourceEntry> merged = new ArrayList<>(0);

    private final @Nullable Map<Where, DirectoryHandle> ofArguments;

    private FilterScope scope;
    private boolean isComplete = true;
    private boolean isUsable = true;

    Visit(SourceDirectory directory) {
      this.directory = directory;
      this.scope = directory.scope();
      boolean isOne = directory.parts().size() == 1; // as nearly all
      this.known = isOne ? null : new HashMap<>();
      this.ofArguments = isOne ? null : new HashMap<>();
    }

    Listing listing() {
      enter();
      for (int i = 0; i < directory.parts().size(); i++) {
        DirectoryHandle handle = handles.get(i);
        if (handle == null || !isUsable) {
          continue;
        }
        // No switch over types: linking one takes a millisecond at each start.
        Part part = directory.parts().get(i);
        if (part instanceof Content content) {
          content(content, content.place(), handle, i);
        } else if (part instanceof Looked looked) {
          looked(looked, handle, i);
        } else {
          argument((Argument) part, handle, i);
        }
      }
      merged.forEach(this::gather);
      if (rules.pruneEmptyDirectories) {
        prune();
      }
      return new Listing(
          directory,
          scope,
          gathered.sorted(),
          directory.hasContent(),
          isComplete,
          handles,
          status,
          null,
          false);
    }

    private @Nullable LargeValues large(byte[] name, int part) {
      DirectoryHandle handle = handles.get(part);
      return handle == null ? null : attributes.large(handle, name);
    }

    private static Place placeOf(Part part) {
      if (part instanceof Content content) {
        return content.place();
      }
      return part instanceof Looked looked ? looked.place() : ((Argument) part).in();
    }

    private void enter() {
      DirectoryHandle own = null;
      for (Part part : directory.parts()) {
        Place place = placeOf(part);
        DirectoryHandle handle = null;
        FileStatus here = FileStatus.NONE;
        try {
          if (!(part instanceof Argument argument && argument.removed())) {
            if (part instanceof Argument) {
              handle = opened(place);
            } else {
              boolean isForNames = part instanceof Looked looked && !looked.node().isTree;
              handle = isForNames ? place.openForNames() : place.open();
            }
            here = handle.status();
            Overseer told = overseer;
            if (told != null && part instanceof Looked looked) {
              told.opened(directory.path(), handle, looked.node().isTree);
            }
          }
          if (own == null) {
            own = handle;
          }
        } catch (LinuxException e) {
          isComplete = false;
          unreadable(place.path().length == 0 ? directory.path() : place.path(), place, e, "open");
        }
        handles.add(handle == null && part instanceof Argument ? DirectoryHandle.NONE : handle);
        status.add(here);
      }
      if (own == null) {
        return;
      }
      try {
        if (directory.path().length > 0) {
          scope = scope.enter(Paths.name(directory.path()), own);
        } else if (directory.hasContent()) {
          scope = scope.at(own);
        }
      } catch (LinuxException e) {
        withoutFilters(CopyStatus.PARTIAL, "its filter file cannot be read: " + e.reason());
      } catch (FilterException e) {
        boolean isWrong = e.exitValue() == FilterException.SYNTAX;
        withoutFilters(
            isWrong ? CopyStatus.USAGE : CopyStatus.PARTIAL, String.valueOf(e.getMessage()));
      }
    }

    /** Arguments that are in one directory share its handle, be they ever so many. */
    private DirectoryHandle opened(Place place) throws LinuxException {
      Map<Where, DirectoryHandle> opened = ofArguments;
      if (opened == null) {
        return place.openForNames();
      }
      SourceRoot root = place.root();
      Where where =
          new Where(root.handle(), root.tree(), new Name(place.path()), place.throughLinks());
      DirectoryHandle handle = opened.get(where);
      if (handle == null) {
        handle = place.openForNames();
        opened.put(where, handle);
      }
      return handle;
    }

    /** What is left out here is not known: so nothing of it takes part, and nothing is removed. */
    private void withoutFilters(CopyStatus status, String why) {
      report.sourceError();
      report.failure(status, directory.path(), why + ". Nothing in it is copied");
      isComplete = false;
      isUsable = false;
    }

    private void unreadable(byte[] path, Place place, LinuxException e, String wanted) {
      Overseer told = overseer;
      if (told != null && e.errno() == Errno.EXDEV) {
        told.otherMount(path);
      } else if (e.errno() == Errno.ENOENT
          || told != null
              && (Paths.isGone(e) || e.errno() == Errno.EINVAL)) { // a link that was replaced
        report.failure(CopyStatus.VANISHED, path, "it went while the tree was read");
      } else {
        report.sourceError();
        report.failure(
            CopyStatus.PARTIAL,
            path,
            "cannot " + wanted + " at the source (" + place.root().shown() + "): " + e.reason());
      }
    }

    private void looked(Looked part, DirectoryHandle handle, int at) {
      if (part.node().isTree) {
        content(part, part.place(), handle, at);
        return;
      }
      List<byte[]> missing = new ArrayList<>(0);
      for (Map.Entry<Look.Key, Look.Node> one : part.node().below.entrySet()) {
        byte[] name = one.getKey().name();
        if (!name(part, part.place(), handle, at, name)) {
          if (one.getValue().below.isEmpty()) {
            missing.add(name);
          } else {
            moved(name);
          }
        }
      }
      Overseer told = overseer;
      try {
        if (missing.isEmpty() || told == null || !told.mayBeMissing(directory.path())) {
          return;
        }
      } catch (LinuxException e) {
        unreadable(directory.path(), part.place(), e, "look");
        return;
      }
      for (byte[] name : missing) {
        told.isNoDirectory(directory.path(), name);
        if (!TemporaryNames.isTemporary(name)
            && !(scope.excludes(name, false) && scope.excludes(name, true))) {
          add(SourceEntry.removed(name, at)); // the target knows of which type its own is
        }
      }
    }

    /**
     * A name of a look is left out as what it is. What the target has may be of the other type and
     * take part, as rsync has it: that goes then (H29).
     */
    private void leftOut(Looked part, int at, byte[] name, boolean isDirectory)
        throws LinuxException {
      Overseer told = overseer;
      Look.Node node = part.node().isTree ? null : part.node().below(name);
      if (node == null || !node.isAsked || told == null || scope.excludes(name, !isDirectory)) {
        return; // of a tree, all names that the target has are compared
      }
      if (!isDirectory) {
        told.isNoDirectory(directory.path(), name);
      }
      if (told.mayBeMissing(directory.path())) {
        add(SourceEntry.removed(name, at));
      }
    }

    /** What was a directory is none any more: then its name is looked at, with what it is in. */
    private void moved(byte[] name) {
      report.failure(
          CopyStatus.VANISHED,
          Paths.join(directory.path(), name),
          "it went while the tree was read");
    }

    private void content(Part part, Place place, DirectoryHandle handle, int at) {
      try {
        for (List<DirectoryEntry> some = handle.nextEntries();
            some != null;
            some = handle.nextEntries()) {
          for (DirectoryEntry entry : some) {
            if (knowsFilesByName && entry.type() == DirectoryEntry.REGULAR) {
              file(at, entry.name());
            } else {
              var unused = name(part, place, handle, at, entry.name());
            }
            if (isForSeries && gathered.hasOthers()) {
              return; // there is something
            }
          }
        }
      } catch (LinuxException e) {
        isComplete = false;
        unreadable(directory.path(), place, e, "list the directory");
      }
    }

    private void file(int part, byte[] name) {
      if (!scope.excludes(name, false)) {
        add(SourceEntry.file(name, ANY_FILE, OF_ANY_FILE, part));
      }
    }

    /** Returns false when there is no such name. */
    private boolean name(Part from, Place place, DirectoryHandle handle, int part, byte[] name) {
      try {
        FileStatus status = handle.status(name);
        if (status == null) {
          return false; // gone since it was listed: as if it had never been
        }
        Seen seen = see(handle, name, status, false);
        if (seen == null) {
          return true;
        }
        if (scope.excludes(name, seen.status.isDirectory())) {
          if (from instanceof Looked looked) {
            leftOut(looked, part, name, seen.status.isDirectory());
          }
          return true;
        }
        if (from instanceof Looked looked) {
          place(looked, handle, part, name, seen);
          return true;
        }
        if (isOfLinked && !seen.status.isDirectory() && seen.status.links() == 1) {
          return true; // nothing else is read of it
        }
        SourceDirectory below = null;
        if (seen.status.isDirectory()) {
          if (!isDirectoryCopied(name, false) || isTarget(name, seen.status)) {
            return true;
          }
          boolean isOther = rules.oneFileSystem && seen.status.device() != place.root().device();
          if (directory.isEntered()) {
            if (isOther && rules.skipMountPoints) {
              return true;
            }
            below =
                new SourceDirectory(
                    Paths.join(directory.path(), name),
                    isOther ? List.of() : List.of(new Content(place.below(name, seen.followed))),
                    scope,
                    true);
          }
        }
        add(entry(handle, part, name, seen, below, false, false));
      } catch (LinuxException e) {
        isComplete = false;
        unreadable(Paths.join(directory.path(), name), place, e, "look");
      }
      return true;
    }

    /** Adds a name of a look, with what the look is at in it. */
    private void place(Looked looked, DirectoryHandle handle, int at, byte[] name, Seen seen)
        throws LinuxException {
      Overseer told = overseer;
      if (TemporaryNames.isTemporary(name)
          || told != null
              && !seen.followed // what a link leads to is wanted, wherever it is
              && told.isOtherMount(handle, status.get(at), directory.path(), name, seen.status)) {
        return;
      }
      if (seen.status.isDirectory() && isTarget(name, seen.status)) {
        report.failure(
            CopyStatus.PARTIAL,
            Paths.join(directory.path(), name),
            "a symbolic link leads to the target, which is not copied into itself: leave the name"
                + " out with --exclude");
        return;
      }
      if (told != null) {
        told.listed(directory.path(), name, seen.status);
      }
      SourceDirectory below = null;
      boolean isOnTheWay = false;
      Look.Node in = looked.node();
      if (!seen.status.isDirectory()) {
        if (told != null && !in.isTree) {
          told.isNoDirectory(directory.path(), name);
        }
        Look.Node node = in.isTree ? null : in.below(name);
        if (node != null && !node.below.isEmpty()) {
          moved(name);
          return;
        }
      } else {
        Look.Node node = in.isTree ? in.inTree(name) : in.below(name);
        if (node != null) {
          // One that comes or goes with what is in it (-m) changes the time of those above.
          isOnTheWay = !node.isAsked && !rules.pruneEmptyDirectories;
          if (node.isTree || !node.below.isEmpty()) {
            Place within = looked.place().below(name, seen.followed);
            below =
                new SourceDirectory(
                    Paths.join(directory.path(), name),
                    List.of(new Looked(within, node)),
                    scope,
                    true);
          }
        }
      }
      add(entry(handle, at, name, seen, below, isOnTheWay, false));
    }

    private void prune() {
      if (!isForSeries) {
        List<SourceEntry> pruned = new ArrayList<>(0);
        gathered.removeDirectories(entry -> isPruned(entry) && pruned.add(entry));
        goAtTarget(pruned);
      } else if (!gathered.hasOthers()) {
        gathered.removeDirectoriesIfAll(this::isPruned);
      }
    }

    /** Where only some names are listed, what is left out is gone when it is named. */
    private void goAtTarget(List<SourceEntry> pruned) {
      Overseer told = overseer;
      boolean isPartial = directory.isPartial();
      try {
        if (told != null && isPartial && !pruned.isEmpty() && told.mayBeMissing(directory.path())) {
          pruned.forEach(entry -> gathered.add(SourceEntry.removed(entry.name(), entry.place())));
        }
      } catch (LinuxException e) {
        unreadable(directory.path(), placeOf(directory.parts().getFirst()), e, "look");
      }
    }

    /**
     * Whether nothing that is no directory takes part in it or below, so that it is left out (-m);
     * not when it is protected from removal.
     */
    private boolean isPruned(SourceEntry pruned) {
      if (scope.protects(pruned.name())) {
        return false;
      }
      SourceDirectory below = whole(pruned);
      if (below != null && pruning != Pruning.ALL && hasEntries(below)) {
        return false; // what there is to tell of it is told when it is listed for the copy
      }
      if (isForSeries || overseer != null) {
        return true; // nobody counts
      }
      Tally counted = tally;
      if (counted != null) {
        counted.seen(pruned); // rsync's figures are from before
      }
      if (below != null && pruning != Pruning.LOOKS) {
        Lister last = new Lister(rules, attributes, report);
        last.tally = counted;
        last.pruning = Pruning.ALL;
        last.depth = depth + 1;
        last.list(below).close();
      }
      return true;
    }

    /** All that is in a directory, of which a look may be at nothing, or at some names. */
    private @Nullable SourceDirectory whole(SourceEntry entry) {
      return entry.place() < directory.parts().size()
              && directory.parts().get(entry.place()) instanceof Looked looked
          ? new SourceDirectory(
              Paths.join(directory.path(), entry.name()),
              List.of(new Content(looked.place().below(entry.name(), entry.followed()))),
              scope,
              true)
          : entry.below();
    }

    private boolean hasEntries(SourceDirectory directory) {
      if (depth == PRUNED_DEPTH_MAX) {
        return true;
      }
      boolean isOfSeries = isForSeries || overseer != null;
      // A look tells of what it cannot read by itself.
      Report quiet = isOfSeries ? new Report(CopyListener.NONE) : report.quiet();
      Lister looks = new Lister(rules, attributes, quiet);
      looks.pruning = Pruning.LOOKS;
      looks.depth = depth + 1;
      looks.isForSeries = isOfSeries;
      try (Listing listing = looks.list(directory)) {
        // An empty directory in it was left out already.
        return !listing.entries().isEmpty() || isOfSeries && !listing.isComplete();
      }
    }

    private boolean isDirectoryCopied(byte[] name, boolean isWay) {
      if (directory.isEntered() || rules.directories || rules.recursive || isWay) {
        return true;
      }
      report.note(0, "skipping directory " + Names.display(Paths.join(directory.path(), name)));
      return false;
    }

    private boolean isTarget(byte[] name, FileStatus status) {
      FileStatus target = avoided;
      if (target == null || !status.isSameInode(target)) {
        return false;
      }
      report.note(
          0,
          "not copied into itself: the target \""
              + Names.display(Paths.join(directory.path(), name))
              + "\"");
      return true;
    }

    private void gather(SourceEntry entry) {
      if (!isOfLinked || entry.isDirectory() || entry.status().links() != 1) {
        gathered.add(entry);
      }
    }

    private void add(SourceEntry entry) {
      if (known == null) {
        gather(entry);
        return;
      }
      Integer at = known.putIfAbsent(new Name(entry.name()), merged.size());
      if (at == null) {
        merged.add(entry);
        return;
      }
      SourceEntry first = merged.get(at);
      Tally counted = tally;
      if (counted != null) {
        // rsync's figures count a name as often as it was given, each as what it is there.
        counted.seen(entry.isDirectory() ? first : entry);
      }
      if (entry.isDirectory() && first.isDirectory()) {
        SourceEntry kept = first.implied() && !entry.implied() ? entry : first;
        merged.set(at, kept.with(both(first.below(), entry.below())));
      } else if (entry.isDirectory()) {
        merged.set(at, entry);
      }
    }

    private @Nullable SourceDirectory both(
        @Nullable SourceDirectory one, @Nullable SourceDirectory other) {
      if (one == null || other == null) {
        return one == null ? other : one;
      }
      List<Part> parts = new ArrayList<>(one.parts());
      for (Part part : other.parts()) {
        if (!(rules.incremental && isAmong(parts, part))) {
          parts.add(part);
        }
      }
      return new SourceDirectory(
          one.path(), parts, one.scope(), one.isEntered() || other.isEntered());
    }

    /** Whether the same directory takes part already. */
    private static boolean isAmong(List<Part> parts, Part part) {
      if (!(part instanceof Content(Place one))) {
        return false;
      }
      for (Part known : parts) {
        if (known instanceof Content(Place other) && one.isSame(other)) {
          return true;
        }
      }
      return false;
    }

    /**
     * What a name is for this copy.
     *
     * @param text of a symbolic link that is copied as one
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Seen(FileStatus status, byte[] text, boolean followed) {}

    /**
     * Null when it takes no part.
     *
     * @param isWay whether it leads to an argument, and a link to a directory is one
     */
    private @Nullable Seen see(DirectoryHandle handle, byte[] name, FileStatus real, boolean isWay)
        throws LinuxException {
      if (real.isSymbolicLink()) {
        byte[] text = handle.readLink(name);
        FileStatus behind;
        try {
          behind = isWay ? handle.statusThroughLink(name) : follows(handle, name, text);
        } catch (LinuxException e) {
          if (scope.excludes(name, false) && scope.excludes(name, true)) {
            return null; // a loop of links that is left out
          }
          if (overseer == null || !Paths.isGone(e)) {
            throw e;
          }
          behind = null; // nothing has moved: it leads to itself, or through a file
        }
        if (behind != null) {
          return new Seen(taken(handle, name, behind, behind, true), Paths.NONE, true);
        }
        if (rules.copyLinks
            || rules.copyUnsafeLinks
                && SymbolicLinks.isUnsafe(text, Paths.join(directory.path(), name))) {
          if (scope.excludes(name, false) || scope.excludes(name, true)) {
            return null;
          }
          report.sourceError();
          isComplete &= overseer == null && !isForSeries; // there only this directory counts (H28)
          report.failure(CopyStatus.PARTIAL, Paths.join(directory.path(), name), LEADS_NOWHERE);
          return null;
        }
        return new Seen(real, text, false);
      }
      FileStatus kept = attributes.meant(handle, name, real);
      FileStatus meant = taken(handle, name, real, kept, false);
      boolean isFakeLink = meant.isSymbolicLink();
      return new Seen(meant, isFakeLink ? fakeText(handle, name) : Paths.NONE, false);
    }

    /**
     * A device is taken for a file, if that is asked for. Its content is as of now: its inode's
     * time says nothing of it.
     */
    private FileStatus taken(
        DirectoryHandle handle, byte[] name, FileStatus real, FileStatus meant, boolean isFollowed)
        throws LinuxException {
      if (!rules.copyDevices || !real.isDevice()) {
        return meant;
      }
      try (FileHandle path =
          isFollowed ? handle.openPathThroughLink(name) : handle.openPath(name)) {
        long size = DeviceFile.seen(path, real).size();
        return real.asFile(size, System.currentTimeMillis() / 1000, 0);
      }
    }

    /** With --fake-super a symbolic link is a file that holds its text. */
    private static byte[] fakeText(DirectoryHandle handle, byte[] name) throws LinuxException {
      try (FileHandle path = handle.openPath(name);
          FileHandle file = path.reopenForReading()) {
        byte[] text = new byte[LINK_TEXT_MAX];
        return Arrays.copyOf(text, file.read(text, 0, text.length, 0));
      }
    }

    private SourceEntry entry(
        DirectoryHandle handle,
        int part,
        byte[] name,
        Seen seen,
        @Nullable SourceDirectory below,
        boolean isImplied,
        boolean isAbsolute)
        throws LinuxException {
      return new SourceEntry(
          name,
          SourceEntry.kindOf(seen.status),
          seen.status,
          attributes.read(handle, name, seen.status, seen.followed),
          attributes.large(handle, name),
          seen.text,
          seen.followed,
          below,
          false,
          isImplied,
          isAbsolute,
          part);
    }

    /** The status behind a link that is followed; null when it is copied as a link. */
    private @Nullable FileStatus follows(DirectoryHandle handle, byte[] name, byte[] text)
        throws LinuxException {
      byte[] path = Paths.join(directory.path(), name);
      boolean isUnsafe = rules.copyUnsafeLinks && SymbolicLinks.isUnsafe(text, path);
      if (isUnsafe && !rules.copyLinks) {
        report.note(
            InfoFlag.SYMSAFE,
            1,
            "copying unsafe symlink \""
                + Names.display(path)
                + "\" -> \""
                + Names.display(text)
                + "\"");
      }
      if (rules.copyLinks || isUnsafe) {
        return handle.statusThroughLink(name);
      }
      return rules.copyDirectoryLinks ? SymbolicLinks.directoryBehind(handle, name) : null;
    }

    private void argument(Argument argument, DirectoryHandle handle, int part) {
      byte[] name = argument.name();
      if (argument.removed()) {
        add(SourceEntry.removed(name, part));
        return;
      }
      byte[] path = Paths.join(directory.path(), name);
      try {
        FileStatus seen = argument.seen();
        FileStatus status = seen == null ? handle.status(name) : seen;
        if (status == null) {
          report.failure(CopyStatus.VANISHED, path, "it went while the tree was read");
          return;
        }
        boolean isWay = argument.implied() || !argument.below().isEmpty();
        Seen meant = see(handle, name, status, isWay);
        FilterScope here = directory.path().length == 0 ? scope.of(handle) : scope;
        if (meant == null
            || here.excludes(name, meant.status.isDirectory()) && !argument.implied()
            || meant.status.isDirectory() && !isDirectoryCopied(name, isWay)) {
          return;
        }
        SourceDirectory below =
            meant.status.isDirectory() && !argument.below().isEmpty()
                ? new SourceDirectory(path, argument.below(), scope, rules.recursive)
                : null;
        add(entry(handle, part, name, meant, below, argument.implied(), argument.absolute()));
      } catch (LinuxException e) {
        isComplete = false;
        unreadable(path, argument.in(), e, "look");
      }
    }
  }

  /** A directory that arguments are in, as a key. */
  private record Where(
      DirectoryHandle root, FilteredPaths.@Nullable Tree tree, Name path, boolean throughLinks) {}

  /** A name as a key. */
  private static final class Name {
    private final byte[] bytes;
    private final int hash;

    Name(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Name name && Arrays.equals(bytes, name.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }
}
