package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the target like the source, directory by directory. What stands under a name is always
 * something whole, old or new: a file is written under a temporary name, and a directory that is
 * new is itself filled under a temporary name, so that its files need none of their own.
 *
 * <p>Threads: a directory is worked on by one thread, its files perhaps by several; what is shared
 * is safe for threads.
 */
final class TreeUpdate {
  /** Files that one task takes of a large directory. */
  private static final int CHUNK = 512;

  private static final int THREADS_MAX = 8;

  final Rules rules;
  final Report report;
  final Tally tally;
  final Inodes inodes;
  final TemporaryNames temporaries;
  final HardLinks links;
  private boolean prefersStandingLinks;
  final Remover remover;
  final Placement placement;
  final PartialFiles partials;
  final Selection selection;
  final Outcomes outcomes;
  final Basis basis;
  final FileUpdate files;
  final Filters filters;
  final Narrator narrator;
  final Folding folding;
  private final @Nullable DirectoryHandle root;
  private final Source source;
  private final EntryUpdate entries;
  private final DirectoryUpdate directories;
  private final Staging staging;

  /** What is known of the other side, and can be asked of it. */
  interface Source {
    /** Something to be done; by any thread, soon. */
    void later(List<? extends Runnable> tasks);

    /** Goes on with these directories, whose parent stands now; the first of them first. */
    void enter(List<TargetDirectory> directories);

    /** Brings the content of a file into {@code file}, then calls {@link FileWork#end}. */
    void fetch(FileWork file);

    /** Whether the source's content is that of a file that stands at the target (-c). */
    boolean hasSameContent(
        DirectoryHandle in, byte[] name, FileStatus standing, Listing listing, SourceEntry entry)
        throws LinuxException;

    /**
     * The checksum of a file's content that was read for --checksum; null when there is none, or it
     * cannot be read.
     */
    byte @Nullable [] sum(Listing listing, SourceEntry entry);

    /**
     * Asks whether the content is that of {@link FileWork#candidate}, to be told later: by {@link
     * FileUpdate#same}, {@link FileUpdate#different}, or as after {@link #fetch}.
     *
     * @param in the directory that the candidate is in
     * @return false when {@link #hasSameContent} can tell at once
     */
    default boolean ask(FileWork work, DirectoryHandle in) throws LinuxException {
      return false;
    }

    /** Whether a file's content is in doubt although size and time may be equal (H19). */
    default boolean isSuspect(Listing listing, SourceEntry entry) {
      return false;
    }

    /** Whether the directory took the place of another one, all of whose names were seen to go. */
    default boolean isReplaced(Listing listing) {
      return false;
    }

    /** Whether directories that are missing here are left out, because they come later. */
    default boolean leavesMissing(Listing listing) {
      return false;
    }

    /** The name that a file may have on the target, if it was renamed; null for none. */
    default @Nullable OldName cameFrom(Listing listing, SourceEntry entry) {
      return null;
    }

    /** A directory is not made, so nothing below it is done; it still counts (--stats). */
    default void passes(SourceEntry directory) {}

    /** The file is on the target: it may go from the source. */
    void remove(TargetDirectory directory, Listing listing, SourceEntry entry);

    /** A name of the listing waits for another one of the same inode, which may come late. */
    default void waits(Listing listing) {}

    /**
     * Keeps a removal until all is listed that is to be known before it (H28); it is done by any
     * thread then.
     *
     * @return false when all of that is listed
     */
    default boolean removesLater(byte[] directory, Runnable removal) {
      return false;
    }

    /** Whether nothing more shall be begun. */
    boolean isStopped();

    /** How many threads work on files. */
    int threads();

    /** Whether it is on another host. */
    default boolean isFar() {
      return false;
    }

    /**
     * Whether directories are entered before the one that they are in has its name. A source on
     * another host needs it, so that the time that an answer takes is not spent once for each
     * level; and so do names that wait for one that comes later.
     */
    boolean entersEarly();
  }

  /** Tells whether temporary names that are not this run's were left by one that was killed. */
  OtherRuns others = OtherRuns.UNKNOWN;

  /** The target's path where a dry run finds none; null where it stands. */
  byte @Nullable [] missingTarget;

  /** Where the target is, for messages; in a series of copies these tell the host besides. */
  String where = "here";

  /** What guards the target of a series of copies; null for a single one. */
  @Nullable Custody custody;

  /** Where a single copy keeps what it replaces or removes; null when nothing is kept so. */
  @Nullable RunTrash runTrash;

  /** Whether the listener is told of each name at which something is done, in whatever order. */
  boolean tells;

  /** Told which names a series has to look at once more, because the target lacks a directory. */
  Consumer<byte[]> lacking = path -> {};

  /** Whether the texts of links are told as they are on the target: the side of the user. */
  boolean tellsMunged;

  /** Which SRC argument the target's own directory is from; -1 where that is not known. */
  int selfArgument = -1;

  /** What may have been renamed at the source; null when that is not looked for. */
  @Nullable Renames renames;

  /** What was compared when that was looked for; null when nothing was. */
  @Nullable EarlyGlance early;

  /** Directories whose extraneous names are removed at the end, with these names. */
  private final ConcurrentLinkedQueue<Remover.Found> found = new ConcurrentLinkedQueue<>();

  TreeUpdate(
      Rules rules,
      Report report,
      Tally tally,
      Filters filters,
      Inodes inodes,
      @Nullable DirectoryHandle root,
      Source source,
      TemporaryNames temporaries) {
    this.rules = rules;
    this.report = report;
    this.tally = tally;
    this.filters = filters;
    this.root = root;
    this.source = source;
    this.inodes = inodes;
    this.temporaries = temporaries;
    this.links = new HardLinks();
    this.folding = new Folding(this);
    this.narrator = new Narrator(report, rules.wantsItems);
    this.remover = new Remover(this);
    this.placement = new Placement(this);
    this.partials = new PartialFiles(this);
    this.selection = new Selection(this);
    this.outcomes = new Outcomes(this);
    this.basis = new Basis(this);
    this.files = new FileUpdate(this);
    this.entries = new EntryUpdate(this);
    this.directories = new DirectoryUpdate(this);
    this.staging = new Staging(this);
  }

  /** Whether what is done at a name is told. */
  boolean isTold() {
    return rules.wantsItems || tells;
  }

  /** The text of a link for people, who know it from their side. */
  byte[] toldText(SourceEntry entry) {
    byte[] text = entry.linkText();
    return rules.mungeLinks && !tellsMunged ? SymbolicLinks.unmunged(text) : text;
  }

  /** How many threads may work on a copy by these rules. */
  static int threads(Rules rules) {
    if (rules.deleteMax >= 0) {
      return 1; // what a limit of removals leaves depends on the order of work
    }
    return Math.clamp(Runtime.getRuntime().availableProcessors(), 2, THREADS_MAX);
  }

  /** The same, and how many there are to be when they wait for the file system. */
  static Depth depth(Rules rules) {
    int threads = threads(rules);
    return threads == 1
        ? Depth.fixed(1)
        : Depth.from(threads, Runtime.getRuntime().availableProcessors());
  }

  /**
   * The target itself, to be updated first.
   *
   * @param self of the directory whose content goes into it; null without one
   * @throws CopyException when a directory that the user named cannot be used
   */
  TargetDirectory begin(@Nullable SourceEntry self, TargetTree target) throws CopyException {
    TargetDirectory directory = new TargetDirectory(Paths.NONE, null, self, null, narrator.root());
    directory.onlyName = target.onlyName();
    if (root == null) {
      directory.state = TargetDirectory.State.ABSENT;
    }
    if (rules.removesDirectories()) {
      directory.scope = filters.target();
    }
    placement.open(); // what is missing for the whole copy is told first
    basis.open();
    directories.root(directory, target.isNew());
    return directory;
  }

  /** All directories are done: what waited for that. */
  void end() {
    placement.placeDelayed();
    // Noted by several threads, as each came to it.
    found.stream()
        .sorted((one, other) -> Paths.compareInTree(one.directory(), other.directory()))
        .forEach(remover::removeFound);
    found.clear();
  }

  Source source() {
    return source;
  }

  /**
   * Whether what is on the way to an argument stays as it is, also a link to a directory
   * (--no-implied-dirs).
   */
  boolean keepsWay() {
    return rules.relative && !rules.impliedDirectories && custody == null;
  }

  /** Whether directories of the target may be links to others in it. */
  boolean leadsThroughLinks() {
    return rules.keepDirectoryLinks || keepsWay();
  }

  /**
   * A directory of the target, by its path; where this user may make names in it and not list them,
   * a handle for that.
   */
  DirectoryHandle open(byte[] path) throws LinuxException {
    return leadsThroughLinks() ? root().beneathThroughLinks(path) : root().beneathForNames(path);
  }

  private DirectoryHandle openToList(byte[] path) throws LinuxException {
    return leadsThroughLinks() ? open(path) : root().beneath(path);
  }

  /**
   * Whether what stands has more names here than at the source, so that others would change with
   * it: in a series of copies it is made anew (H10). Where links are followed, one with several
   * names may have more of them in the transfer than it counts.
   */
  boolean isSharedHereOnly(SourceEntry entry, FileStatus standing) {
    long names = entry.status().links();
    return custody != null
        && rules.hardLinks
        && standing.links() > names
        && (names == 1 || !rules.followsLinks());
  }

  /** Whether the content of what stands may have been lost in a power cut (H31). */
  boolean isDoubtedHere(FileStatus standing) {
    return custody != null && standing.ctimeTotalNanos() >= custody.doubtSince();
  }

  boolean hasRoot() {
    return root != null;
  }

  /**
   * Of a file with several names that one leads which stands on the target, unless nothing does:
   * then none needs to wait for another.
   */
  void preferStandingLinks() {
    if (rules.hardLinks && hasRoot() && !isEmpty()) {
      prefersStandingLinks = true;
      links.preferStanding();
    }
  }

  boolean prefersStandingLinks() {
    return prefersStandingLinks;
  }

  private boolean isEmpty() {
    try (DirectoryHandle listed = openToList(Paths.NONE)) {
      return listed.nextEntries() == null;
    } catch (LinuxException e) {
      return false; // it is told where it is needed
    }
  }

  /**
   * Works on one directory. What is below it follows through {@link Source#enter}.
   *
   * @param listing closed by this method, or when its last file is done
   */
  void update(TargetDirectory directory, Listing listing) {
    directory.listing = listing;
    if (waits(directory, listing)) {
      return;
    }
    if (!open(directory, listing)) {
      for (SourceEntry entry : listing.entries()) {
        tally.seen(entry); // it takes part, though nothing can be done about it
        source.passes(entry);
      }
      listing.close();
      fail(directory);
      return;
    }
    try {
      if (rules.fuzzy
          && rules.hardLinks
          && !directory.isNew
          && directory.state != TargetDirectory.State.ABSENT
          && hasLinked(listing)) {
        var unused = directory.similarFiles(); // before anything comes to it
      }
      if (beforeFiles(directory, listing)) {
        return;
      }
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "cannot list the directory " + where + ": " + e.reason());
    }
    updateEntries(directory, listing);
  }

  private void updateEntries(TargetDirectory directory, Listing listing) {
    List<SourceEntry> all = folding.allowed(directory, listing);
    if (runTrash != null) {
      all = runTrash.besides(directory, all, this);
    }
    int firstDirectory = 0;
    while (firstDirectory < all.size() && !all.get(firstDirectory).isDirectory()) {
      firstDirectory++;
    }
    for (SourceEntry entry : all) {
      if (isDoneFirst(entry)) {
        entries.update(directory, listing, entry);
      }
    }
    if (firstDirectory > 2 * CHUNK && source.threads() > 1) {
      List<Runnable> chunks = new ArrayList<>();
      for (int from = 0; from < firstDirectory; from += CHUNK) {
        List<SourceEntry> some = all.subList(from, Math.min(firstDirectory, from + CHUNK));
        chunks.add(chunk(directory, listing, some));
      }
      directory.filesLeft.addAndGet(chunks.size());
      updateDirectories(directory, all.subList(firstDirectory, all.size()));
      source.later(chunks);
    } else {
      for (int i = 0; i < firstDirectory && !source.isStopped(); i++) {
        if (!isDoneFirst(all.get(i))) {
          entries.update(directory, listing, all.get(i));
        }
      }
      updateDirectories(directory, all.subList(firstDirectory, all.size()));
    }
    directory.node.close();
    if (source.entersEarly()) {
      source.enter(directory.children);
    }
    fileDone(directory, listing);
  }

  private static boolean hasLinked(Listing listing) {
    return listing.entries().stream()
        .anyMatch(entry -> entry.isFile() && entry.status().links() > 1);
  }

  /** Names that go: what is left of a file's names may be as at the source then (H10). */
  private boolean isDoneFirst(SourceEntry entry) {
    return custody != null && entry.removed();
  }

  /** Whether a new directory can only be made when the one that it is in has its name. */
  private boolean waits(TargetDirectory directory, Listing listing) {
    TargetDirectory parent = directory.parent;
    return parent != null
        && directory.isNew
        && parent.state == TargetDirectory.State.FRESH
        && !staging.isFor(listing)
        && parent.whenNamed(() -> update(directory, listing));
  }

  private Runnable chunk(TargetDirectory directory, Listing listing, List<SourceEntry> some) {
    // Places are reserved now, in order; the work comes when it comes.
    List<Narrator.Slot> slots = new ArrayList<>();
    for (int i = 0; i < some.size(); i++) {
      slots.add(directory.node.reserve());
    }
    return () -> {
      for (int i = 0; i < some.size() && !source.isStopped(); i++) {
        SourceEntry entry = some.get(i);
        if (isDoneFirst(entry)) {
          directory.node.fill(slots.get(i), null);
        } else {
          entries.update(directory, listing, entry, slots.get(i));
        }
      }
      fileDone(directory, listing);
    };
  }

  private void updateDirectories(TargetDirectory directory, List<SourceEntry> some) {
    for (SourceEntry entry : some) {
      directories.update(directory, entry);
    }
  }

  /** As the user wrote it: the names of messages are below it. */
  void isAt(byte[] target) {
    where = "at the target (" + Names.display(target) + ")";
  }

  /** Opens a directory that stands; a user who is not root may have to let himself in first. */
  private DirectoryHandle openExisting(TargetDirectory directory) throws LinuxException {
    try {
      return openToList(directory.path);
    } catch (LinuxException e) {
      FileStatus before = directory.before;
      if (e.errno() != Errno.EACCES
          || before == null
          || before.uid() != Identity.user()
          || rules.dryRun
          || directory.path.length == 0) {
        return open(directory.path);
      }
      byte[] name = Paths.name(directory.path);
      try (DirectoryHandle in = open(Paths.parent(directory.path));
          FileHandle inode = in.openPath(name, before)) {
        directory.lent = Admission.lend(inode, Admission.DIRECTORY);
        return directory.lent == 0 ? open(directory.path) : in.beneath(name);
      }
    }
  }

  /** Whether the directory can be worked on. */
  private boolean open(TargetDirectory directory, Listing listing) {
    if (directory.state == TargetDirectory.State.ABSENT) {
      return true;
    }
    TargetDirectory parent = directory.parent;
    if (parent != null && parent.state == TargetDirectory.State.FAILED) {
      return false; // that was told
    }
    try {
      if (directory.isNew && parent != null) {
        staging.make(directory, listing);
      } else {
        if (directory.handle == null) {
          directory.handle = openExisting(directory);
        }
      }
      opened(directory);
      return true;
    } catch (LinuxException e) {
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          (directory.isNew ? "the directory cannot be made " : "cannot be opened ")
              + where
              + ": "
              + e.reason()
              + ". Nothing below it was copied",
          e.errno());
      return false;
    }
  }

  /** What has to be known of a directory that stands before something is done in it. */
  void opened(TargetDirectory directory) throws LinuxException {
    DirectoryHandle handle = directory.opened();
    FileStatus before = directory.before;
    if (before == null) {
      before = handle.status();
      directory.before = before;
    }
    Custody guarded = custody;
    if (guarded != null) {
      guarded.disks().touched(before.device(), handle);
    }
    directory.inherited = inodes.keeper().inherited(handle);
    directory.group = inodes.groupOfNew(directory);
    directories.makeAccessible(directory); // its filter files are in it
    enterScope(directory);
  }

  /** Which names of the directory are protected; its own merge files count (rsync(1)). */
  void enterScope(TargetDirectory directory) {
    TargetDirectory parent = directory.parent;
    if (!rules.removesDirectories() || directory.isNew) {
      return;
    }
    try {
      FilterScope above = parent == null ? directory.scope : parent.scope;
      if (above != null) {
        directory.scope =
            parent == null
                ? above.at(directory.opened())
                : above.enter(Paths.name(directory.path), directory.opened());
      }
    } catch (FilterException e) {
      directory.scope = null; // what is protected is not known: nothing is removed
      CopyStatus status =
          e.exitValue() == FilterException.SYNTAX ? CopyStatus.USAGE : CopyStatus.PARTIAL;
      report.failure(status, directory.path, String.valueOf(e.getMessage()));
    } catch (LinuxException e) {
      directory.scope = null;
      report.failure(
          CopyStatus.PARTIAL,
          directory.path,
          "its filter file "
              + where
              + " cannot be read: "
              + e.reason()
              + ". Nothing in it is removed");
    }
  }

  /** Returns whether the files wait for removals, and come after them. */
  private boolean beforeFiles(TargetDirectory directory, Listing listing) throws LinuxException {
    if (listing.isRest()) {
      if (rules.deletes()) {
        var unused = remover.isStopped(directory.path, listing);
      }
      return false;
    }
    if (custody != null && !listing.isContent()) {
      return false; // what is to go is named, and all of a directory is not read for some names
    }
    if (directory.isNew || directory.state == TargetDirectory.State.ABSENT) {
      if ((rules.deletion == Deletion.DURING || rules.deletion == Deletion.DELAY)
          && listing.isContent()
          && report.hasErrorInTheEnd()) {
        var unused = remover.isStopped(directory.path, listing);
      }
      return false;
    }
    boolean isKnownInTheEnd = source.isFar() && custody == null && !rules.incremental;
    if (rules.deletion == Deletion.DURING && renames == null && !isKnownInTheEnd) {
      return remover.removeExtraneous(directory, listing, () -> updateEntries(directory, listing));
    }
    if (rules.deletion == Deletion.DELAY
        || rules.deletion == Deletion.DURING
        || rules.deletion == Deletion.AFTER && !rules.deletesAfterwards()) {
      found.add(remover.find(directory, listing));
    } else if (!rules.dryRun) {
      remover.removeTemporaries(directory.path, directory.opened());
    }
    return false;
  }

  /** The directory could not be opened, made or named: nothing more is done in it. */
  private void fail(TargetDirectory directory) {
    staging.discard(directory);
    directory.node.close();
    if (!source.entersEarly()) {
      directory.children.forEach(child -> child.node.close());
    }
    directory.closeHandle();
    List<Runnable> waiting = directory.isSettled(TargetDirectory.State.FAILED);
    made(directory);
    source.later(waiting);
  }

  /** One of the things is done that the directory's name waits for. */
  void fileDone(TargetDirectory directory, Listing listing) {
    if (directory.filesLeft.decrementAndGet() > 0) {
      return;
    }
    listing.close();
    // The directory stays for as long as something is above it; what was in it need not.
    directory.listing = listing.only(List.of());
    filesDone(directory);
  }

  private void filesDone(TargetDirectory directory) {
    if (directory.state == TargetDirectory.State.FRESH) {
      TargetDirectory parent = java.util.Objects.requireNonNull(directory.parent);
      if (parent.whenNamed(() -> filesDone(directory))) {
        directory.closeHandle();
        return;
      }
      if (!staging.name(directory)) {
        fail(directory);
        return;
      }
      source.later(directory.isSettled(TargetDirectory.State.STANDS));
    }
    if (directory.directoriesLeft.get() > 1) {
      directory.closeHandle(); // many may wait; it is opened again at the end
    }
    made(directory);
    if (!source.entersEarly()) {
      source.enter(directory.children);
    }
    directoryDone(directory);
  }

  /** Tells the parent that no more is made in it because of this directory. */
  private void made(TargetDirectory directory) {
    TargetDirectory parent = directory.parent;
    if (parent != null && directory.isNew) {
      directoryDone(parent);
    }
    TargetDirectory madeIn = directory.madeIn;
    if (madeIn != null && madeIn != parent) {
      directoryDone(madeIn);
    }
  }

  /** One of the directories in it is made, or its own files are done. */
  void directoryDone(TargetDirectory directory) {
    if (directory.directoriesLeft.decrementAndGet() > 0) {
      return;
    }
    directories.finish(directory);
    directory.closeHandle();
  }

  /** The target. */
  DirectoryHandle root() throws LinuxException {
    DirectoryHandle known = root;
    if (known == null) {
      throw new LinuxException("openat2", "", Errno.ENOENT);
    }
    return known;
  }

  void close() {
    staging.close();
    directories.end();
    basis.close();
    placement.close();
    if (root != null) {
      root.close();
    }
  }
}
