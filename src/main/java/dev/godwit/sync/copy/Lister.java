package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.attributes.LargeValues;
import dev.godwit.sync.copy.SourceDirectory.Argument;
import dev.godwit.sync.copy.SourceDirectory.Content;
import dev.godwit.sync.copy.SourceDirectory.Looked;
import dev.godwit.sync.copy.SourceDirectory.Part;
import dev.godwit.sync.copy.SourceNames.Seen;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.UnreadRules;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Looks at directories of the source: what of them takes part, and as what. Any thread. */
final class Lister {
  /** What is told of a link that is to be followed. */
  static final String LEADS_NOWHERE =
      "the symbolic link leads nowhere and cannot be followed; it was not copied";

  /** Whoever may do this to a directory may look at its names. */
  private static final int PASSAGE = 0111;

  /** The status of a file that was not looked at. */
  static final FileStatus ANY_FILE = FileStatus.NONE.as(0100000, 0, 0, 0);

  private static final Attributes OF_ANY_FILE = Attributes.of(ANY_FILE);

  /** How much of a directory is listed. */
  private enum Extent {
    /** What takes part. */
    ALL(true),
    /** The same, also directories that would be left out because they hold nothing (-m). */
    UNPRUNED(false),
    /** Whether anything takes part: it ends with the first name that is no directory. */
    ANYTHING(false),
    /** Whether several arguments do: it ends with the second name. */
    TWO(false),
    /** What takes part; regular files by their names alone. */
    NAMES(true),
    /** Names of inodes that have several, and the directories on the way to them. */
    LINKED(true);

    /** Whether -m counts. */
    final boolean prunes;

    Extent(boolean prunes) {
      this.prunes = prunes;
    }
  }

  private final Rules rules;
  private final Report report;
  private final SourceAttributes attributes;
  private final Extent extent;
  private final SourceNames sourceNames;

  /** Null when nobody counts. */
  private final @Nullable Tally tally;

  /** Null when it is not for a series of copies. */
  private final @Nullable Overseer overseer;

  /** Null when all directories stay. */
  private final @Nullable Pruning pruning;

  private final boolean mayPassEverywhere = Identity.user() == 0;

  private volatile @Nullable FileStatus avoided;

  private final ToldRulings rulings;

  Lister(Rules rules, SourceAttributes attributes, Report report) {
    this(rules, attributes, report, Extent.ALL, null, null, false);
  }

  private Lister(
      Rules rules,
      SourceAttributes attributes,
      Report report,
      Extent extent,
      @Nullable Tally tally,
      @Nullable Overseer overseer,
      boolean munges) {
    boolean isOfSeries = overseer != null;
    this.rules = rules;
    this.attributes = attributes;
    this.report = report;
    this.extent = extent;
    this.tally = tally;
    this.overseer = overseer;
    this.rulings =
        ToldRulings.ofSource(
            report, rules.tellsRulings && (extent == Extent.ALL || extent == Extent.UNPRUNED));
    this.sourceNames = new SourceNames(rules, attributes, report, isOfSeries, munges);
    this.pruning =
        rules.pruneEmptyDirectories && extent.prunes
            ? new Pruning(rules, attributes, report, tally, isOfSeries)
            : null;
  }

  /**
   * For a copy.
   *
   * @param tally counts also what is left out, and names that several arguments have
   */
  static Lister counting(Rules rules, SourceAttributes attributes, Report report, Tally tally) {
    return within(rules, attributes, report, tally, false);
  }

  /**
   * For a copy within one host, whose target sees what is listed without anything in between.
   *
   * @param munges whether the target munges links
   */
  static Lister within(
      Rules rules, SourceAttributes attributes, Report report, Tally tally, boolean munges) {
    return new Lister(rules, attributes, report, Extent.ALL, tally, null, munges);
  }

  /** For a look of a series. */
  static Lister ofSeries(
      Rules rules, SourceAttributes attributes, Report report, Overseer overseer) {
    return new Lister(rules, attributes, report, Extent.ALL, null, overseer, false);
  }

  /**
   * For the names alone: of a regular file nothing else is looked at where its directory tells the
   * type; its status then is {@link #ANY_FILE}. But for one of each directory, which shows whether
   * names in it can be looked at.
   */
  static Lister ofNames(Rules rules, SourceAttributes attributes, Report report) {
    Extent extent = rules.fakeSuper ? Extent.ALL : Extent.NAMES;
    return new Lister(rules, attributes, report, extent, null, null, false);
  }

  /** For the names of inodes that have several, and the directories on the way to them. */
  static Lister ofLinked(Rules rules, SourceAttributes attributes, Report report) {
    return new Lister(rules, attributes, report, Extent.LINKED, null, null, false);
  }

  /** For all that there is, also directories that are left out because they hold nothing (-m). */
  static Lister unpruned(
      Rules rules, SourceAttributes attributes, Report report, @Nullable Tally tally) {
    return new Lister(rules, attributes, report, Extent.UNPRUNED, tally, null, false);
  }

  /**
   * For whether a directory holds anything: a listing ends with the first name that is no
   * directory, and has all directories that came before it.
   */
  static Lister ofAnything(Rules rules, SourceAttributes attributes, Report report) {
    return new Lister(rules, attributes, report, Extent.ANYTHING, null, null, false);
  }

  /**
   * For whether arguments lead to one name or to several: a listing ends with the argument that has
   * the second one.
   */
  static Lister ofTwo(Rules rules, SourceAttributes attributes, Report report) {
    return new Lister(rules, attributes, report, Extent.TWO, null, null, false);
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

  /**
   * Opens a directory of which a listing with a sum is made.
   *
   * @return null when nothing is to be listed
   */
  @Nullable DirectoryHandle open(SourceDirectory directory, Place place) throws LinuxException {
    DirectoryHandle handle = place.open();
    Overseer told = overseer;
    if (told != null) {
      try {
        if (!told.opened(directory.path(), handle, true)) {
          handle.close();
          return null;
        }
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
    visit.keepCopies(part, handle, 0);
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

    /** Null where the names come from one part, as nearly always. */
    private final @Nullable MergedParts merged;

    /** See {@link #copies}; null until somebody asks. */
    private @Nullable Set<Look.Key> copies;

    /** Those of them at which something is. */
    private final Set<Look.Key> stand = new HashSet<>(0);

    /** Of the part that is listed; before and after that of the first. */
    private FilterScope scope;

    /** Of each part; empty where all have {@link #scope}. */
    private final List<FilterScope> scopes = new ArrayList<>(0);

    private boolean isComplete = true;
    private boolean isUsable = true;

    /** Whether one of those was looked at of which only the names are wanted. */
    private boolean isLookedAt;

    Visit(SourceDirectory directory) {
      this.directory = directory;
      this.scope = directory.scope();
      this.merged = directory.parts().size() == 1 ? null : new MergedParts(rules, tally);
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
        scope = scopes.isEmpty() ? scope : scopes.get(i);
        if (part instanceof Content content) {
          content(content, content.place(), handle, i);
        } else if (part instanceof Looked looked) {
          looked(looked, handle, i);
        } else {
          argument((Argument) part, handle, i);
        }
        if (extent == Extent.TWO && merged != null && merged.entries().size() > 1) {
          break;
        }
      }
      scope = scopes.isEmpty() ? scope : scopes.getFirst();
      if (merged != null) {
        merged.entries().forEach(this::gather);
      }
      if (pruning != null) {
        prune(pruning);
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
      DirectoryHandle last = null;
      FileStatus here = FileStatus.NONE;
      for (Part part : directory.parts()) {
        Place place = placeOf(part);
        DirectoryHandle handle = null;
        try {
          if (!(part instanceof Argument argument && argument.removed())) {
            if (part instanceof Argument) {
              handle = merged == null ? place.openForNames() : merged.openForNames(place);
            } else {
              boolean isForNames = part instanceof Looked looked && !looked.node().isTree;
              handle = isForNames ? place.openForNames() : place.open();
            }
            here = handle == last ? here : handle.status();
            last = handle;
            if (!(part instanceof Argument)) {
              requirePassage(handle, here);
            }
            Overseer told = overseer;
            if (told != null
                && part instanceof Looked looked
                && !told.opened(directory.path(), handle, looked.node().isTree)) {
              handle.close();
              handle = null;
              isComplete = false;
            }
          }
          if (own == null) {
            own = handle;
          }
        } catch (LinuxException e) {
          if (handle != null && !(part instanceof Argument)) {
            handle.close();
            handle = null;
          }
          isComplete = false;
          unreadable(place.path().length == 0 ? directory.path() : place.path(), place, e, "open");
        }
        handles.add(handle == null && part instanceof Argument ? DirectoryHandle.NONE : handle);
        status.add(handle != null && handle == last ? here : FileStatus.NONE);
      }
      if (own == null) {
        return;
      }
      try {
        if (directory.path().length > 0) {
          scope = scope.enter(Paths.name(directory.path()), own, this::passedOver);
        } else if (directory.hasContent()) {
          scope = scope.at(own, this::passedOver);
        }
        if (merged != null) {
          findScopes(own);
        }
      } catch (LinuxException e) {
        withoutFilters(CopyStatus.PARTIAL, "its filter file cannot be read: " + e.reason());
      } catch (FilterException e) {
        boolean isWrong = e.exitValue() == FilterException.SYNTAX;
        withoutFilters(
            isWrong ? CopyStatus.USAGE : CopyStatus.PARTIAL, String.valueOf(e.getMessage()));
      }
    }

    /**
     * Where arguments overlap, the filters of each one's directory are for what is in that. In the
     * target itself those of the first argument are for all, unless the list is made at once, as
     * with rsync.
     */
    private void findScopes(DirectoryHandle first) throws LinuxException, FilterException {
      for (int i = 0; i < handles.size(); i++) {
        DirectoryHandle handle = handles.get(i);
        FilterScope here = scope;
        if (directory.parts().get(i) instanceof Content content
            && handle != null
            && handle != first) {
          FilterScope above = content.own() == null ? directory.scope() : content.own();
          if (directory.path().length > 0) {
            here = above.enter(Paths.name(directory.path()), handle, this::passedOver);
          } else {
            here = rules.incremental ? scope.beside(handle) : above.at(handle, this::passedOver);
          }
        }
        scopes.add(here);
      }
    }

    /** A directory whose names may be listed and not looked at counts as one that may not be. */
    private void requirePassage(DirectoryHandle handle, FileStatus status) throws LinuxException {
      if (!mayPassEverywhere && (status.mode() & PASSAGE) != PASSAGE) {
        handle.beneathForNames(Paths.NONE).close();
      }
    }

    private void passedOver(String rules, LinuxException why) {
      report.failure(CopyStatus.PARTIAL, directory.path(), UnreadRules.text(rules, why));
    }

    /** What is left out here is not known: so nothing of it takes part, and nothing is removed. */
    private void withoutFilters(CopyStatus status, String why) {
      sourceError();
      report.failure(status, directory.path(), why + ". Nothing in it is copied");
      isComplete = false;
      isUsable = false;
    }

    private void sourceError() {
      report.sourceError(RemovalOrder.stoppedFrom(rules, directory));
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
        sourceError();
        report.failure(
            CopyStatus.PARTIAL,
            path,
            "cannot " + wanted + " at the source" + inBrackets(place.root()) + ": " + e.reason());
      }
    }

    /** Where an argument is below; nothing of one that is a name of the present directory. */
    private static String inBrackets(SourceRoot root) {
      return root.shown().isEmpty() ? "" : " (" + root.shown() + ")";
    }

    private void looked(Looked part, DirectoryHandle handle, int at) {
      if (part.node().isTree) {
        content(part, part.place(), handle, at);
        return;
      }
      List<byte[]> missing = new ArrayList<>(0);
      for (Map.Entry<Look.Key, Look.Node> one : part.node().below.entrySet()) {
        byte[] name = one.getKey().name();
        if (!name(part, part.place(), handle, at, name) && !isElsewhere(handle, name)) {
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

    /** Whether what the target has at a name that is missing is to be renamed first. */
    private boolean isElsewhere(DirectoryHandle handle, byte[] name) {
      try {
        Overseer told = overseer;
        return told != null && told.isElsewhere(handle, directory.path(), name, false);
      } catch (LinuxException e) {
        return false;
      }
    }

    /**
     * Directories that the target has here and whose own have gone elsewhere stay until they are
     * renamed: to the target they look like such as are only on the way to something.
     */
    void keepCopies(Part part, DirectoryHandle handle, int at) {
      Overseer told = overseer;
      if (told == null || !(part instanceof Looked)) {
        return;
      }
      for (Look.Key copy : copies()) {
        byte[] name = copy.name();
        try {
          if (!stand.contains(copy) && handle.status(name) == null) {
            if (isElsewhere(handle, name)) {
              add(standing(name, at));
            } else {
              told.isNoDirectory(directory.path(), name); // it goes
            }
          }
        } catch (LinuxException e) {
          isComplete = false;
          unreadable(Paths.join(directory.path(), name), placeOf(part), e, "look");
        }
      }
    }

    /** The names at which the target has copies of directories. */
    private Set<Look.Key> copies() {
      Set<Look.Key> known = copies;
      if (known == null) {
        known = new HashSet<>();
        Overseer told = overseer;
        if (told != null) {
          for (byte[] name : told.copiesIn(directory.path())) {
            known.add(new Look.Key(name));
          }
        }
        copies = known;
      }
      return known;
    }

    private SourceEntry standing(byte[] name, int at) {
      return SourceEntry.standing(name, status.get(at), at);
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
            if (extent == Extent.NAMES && entry.type() == DirectoryEntry.REGULAR) {
              file(place, handle, at, entry.name());
            } else {
              var unused = name(part, place, handle, at, entry.name());
            }
            if (extent == Extent.ANYTHING && gathered.hasOthers()) {
              return; // there is something
            }
          }
        }
        keepCopies(part, handle, at);
      } catch (LinuxException e) {
        isComplete = false;
        unreadable(directory.path(), place, e, "list the directory");
      }
    }

    /** By its name; the first shows whether this user may look at what is in the directory. */
    private void file(Place place, DirectoryHandle handle, int part, byte[] name) {
      if (!isLookedAt) {
        isLookedAt = true;
        try {
          var unused = handle.status(name);
        } catch (LinuxException e) {
          isComplete = false;
          unreadable(Paths.join(directory.path(), name), place, e, "look");
        }
      }
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
        if (rulings.excludes(scope, directory.path(), name, seen.status().isDirectory())) {
          if (from instanceof Looked looked) {
            leftOut(looked, part, name, seen.status().isDirectory());
          }
          return true;
        }
        if (from instanceof Looked looked) {
          place(looked, handle, part, name, seen);
          return true;
        }
        if (extent == Extent.LINKED && !seen.status().isDirectory() && seen.status().links() == 1) {
          return true; // nothing else is read of it
        }
        SourceDirectory below = null;
        if (seen.status().isDirectory()) {
          if (!isDirectoryCopied(name, false) || isTarget(name, seen.status())) {
            return true;
          }
          boolean isOther = rules.oneFileSystem && seen.status().device() != place.root().device();
          if (directory.isEntered()) {
            if (isOther && rules.skipMountPoints) {
              return true;
            }
            below =
                new SourceDirectory(
                    Paths.join(directory.path(), name),
                    isOther ? List.of() : List.of(new Content(place.below(name, seen.followed()))),
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
              && !seen.followed() // what a link leads to is wanted, wherever it is
              && told.isOtherMount(handle, status.get(at), directory.path(), name, seen.status())) {
        return;
      }
      if (seen.status().isDirectory() && isTarget(name, seen.status())) {
        report.failure(
            CopyStatus.PARTIAL,
            Paths.join(directory.path(), name),
            "a symbolic link leads to the target, which is not copied into itself: leave the name"
                + " out with --exclude");
        return;
      }
      Look.Node in = looked.node();
      if (told != null && isElsewhere(told, in, handle, name, seen)) {
        if (in.isTree) {
          add(standing(name, at));
        }
        return;
      }
      if (told != null) {
        told.listed(directory.path(), name, seen.status());
      }
      SourceDirectory below = null;
      boolean isOnTheWay = false;
      if (!seen.status().isDirectory()) {
        if (told != null && (!in.isTree || stand.contains(new Look.Key(name)))) {
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
            Place within = looked.place().below(name, seen.followed());
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

    private boolean isElsewhere(
        Overseer told, Look.Node in, DirectoryHandle handle, byte[] name, Seen seen)
        throws LinuxException {
      if (seen.followed()) {
        return false;
      }
      boolean isDirectory = seen.status().isDirectory();
      if (in.isTree) {
        // What the target has not yet is found when it is opened.
        Look.Key key = new Look.Key(name);
        if (copies().isEmpty() || !copies().contains(key)) {
          return false;
        }
        stand.add(key);
      } else {
        Look.Node node = in.below(name);
        if (isDirectory ? node == null || !node.isAsked : !told.hasCopy(directory.path(), name)) {
          return false;
        }
      }
      return told.isElsewhere(handle, directory.path(), name, isDirectory);
    }

    /**
     * Leaves out directories that hold nothing. Where only some names are listed, they go from the
     * target by their names.
     */
    private void prune(Pruning by) {
      List<SourceEntry> pruned =
          gathered.removeDirectories(one -> by.leavesOut(one, directory, scope));
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

    private boolean isDirectoryCopied(byte[] name, boolean isWay) {
      if (directory.isEntered() || rules.directories || rules.recursive || isWay) {
        return true;
      }
      report.leavesOut(Paths.join(directory.path(), name), rules);
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
      if (extent != Extent.LINKED || entry.isDirectory() || entry.status().links() != 1) {
        gathered.add(entry);
      }
    }

    private void add(SourceEntry entry) {
      if (merged == null) {
        gather(entry);
      } else {
        merged.add(entry);
      }
    }

    /** Null when it takes no part. */
    private @Nullable Seen see(DirectoryHandle handle, byte[] name, FileStatus real, boolean isWay)
        throws LinuxException {
      Seen seen = sourceNames.see(directory.path(), scope, handle, name, real, isWay);
      if (seen != Seen.NOWHERE) {
        return seen;
      }
      sourceError();
      isComplete &= overseer == null; // in a series only this directory counts (H28)
      report.failure(CopyStatus.PARTIAL, Paths.join(directory.path(), name), LEADS_NOWHERE);
      return null;
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
          SourceEntry.kindOf(seen.status()),
          seen.status(),
          attributes.read(handle, name, seen.status(), seen.followed()),
          attributes.large(handle, name),
          seen.text(),
          seen.followed(),
          below,
          false,
          isImplied,
          isAbsolute,
          part);
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
            || !argument.implied()
                && rulings.excludes(here, directory.path(), name, meant.status().isDirectory())
            || meant.status().isDirectory() && !isDirectoryCopied(name, isWay)) {
          return;
        }
        SourceDirectory below =
            meant.status().isDirectory() && !argument.below().isEmpty()
                ? new SourceDirectory(path, argument.below(), scope, rules.recursive)
                : null;
        add(entry(handle, part, name, meant, below, argument.implied(), argument.absolute()));
      } catch (LinuxException e) {
        isComplete = false;
        unreadable(path, argument.in(), e, "look");
      }
    }
  }
}
