package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.attributes.Acl;
import dev.godwit.sync.filter.FilterScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A directory of the target while it is worked on. It goes through three moments: its own files are
 * done ({@link #filesLeft}), then it has its name and what is below it may begin; all directories
 * in it are made ({@link #directoriesLeft}), then it gets its attributes, because making something
 * in it would change its time again.
 */
final class TargetDirectory {
  /** What stands at the target. */
  enum State {
    /** It stood there before, or was made under its own name. */
    STANDS,
    /** It is made under a temporary name and gets its own when all files in it are whole. */
    FRESH,
    /** It does not stand there and is not made: a dry run. */
    ABSENT,
    /** It could not be made or opened, or not be given its name. */
    FAILED
  }

  private static final byte[] SLASH = {'/'};

  final byte[] path;
  final @Nullable TargetDirectory parent;

  /** What the source has; null where nothing of the directory itself is copied. */
  @Nullable SourceEntry self;

  final Narrator.Node node;

  /** What the source has below; null when it is not entered. */
  final @Nullable SourceDirectory source;

  /** What the source has in it; null until it is worked on. */
  @Nullable Listing listing;

  final List<TargetDirectory> children = new ArrayList<>();
  final AtomicInteger filesLeft = new AtomicInteger(1);
  final AtomicInteger directoriesLeft = new AtomicInteger(1);

  /** Whether paths below are shown with a '/' before them (-R). */
  boolean isAbsolute;

  volatile State state = State.STANDS;

  /** Whether it gets its attributes as a new one although it stands already. */
  boolean isFirstDressed;

  /** Whether this run made it: nothing was in it before. */
  boolean isNew;

  /** Whether something of its files may be left of earlier runs (--partial-dir). */
  volatile boolean mayHavePartials = true;

  /** The name that it is made under. */
  byte[] temporary = Paths.NONE;

  /** The directory that it is made in, which stands: its parent or one above that. */
  @Nullable TargetDirectory madeIn;

  /** What waits until it has its name. */
  private List<Runnable> waiting = new ArrayList<>();

  @Nullable DirectoryHandle handle;

  /** The permissions that its owner was given to open it ({@link Admission}). */
  int lent;

  /** What stands at its name until it is made, and is no directory; null for nothing. */
  @Nullable FileStatus displaced;

  /** What it was before; null when it is new. */
  @Nullable FileStatus before;

  /** Which names here are protected; null where nothing is removed. */
  @Nullable FilterScope scope;

  /** The list that what is made here begins with; null for none. */
  @Nullable Acl inherited;

  /** That the kernel gives what is made here the group that it will have. */
  static final int AS_MADE = -1;

  /** The group that what is made here gets unless the source says which. */
  int group = AS_MADE;

  /** Whether it is known what a file is like that was made here; asked of the kernel once. */
  private @Nullable Boolean isPlain;

  private @Nullable SimilarFiles similarFiles;

  /** Another name for the only entry, when the target is no directory. */
  byte @Nullable [] onlyName;

  TargetDirectory(
      byte[] path,
      @Nullable TargetDirectory parent,
      @Nullable SourceEntry self,
      @Nullable SourceDirectory source,
      Narrator.Node node) {
    this.path = path;
    this.parent = parent;
    this.self = self;
    this.source = source;
    this.node = node;
  }

  /** The handle of a directory that stands. */
  DirectoryHandle opened() {
    DirectoryHandle open = handle;
    if (open == null) {
      throw new IllegalStateException("not open: " + Report.shown(path));
    }
    return open;
  }

  /** What stands at a name of it; null when nothing does. */
  @Nullable FileStatus status(byte[] name) throws LinuxException {
    return state == State.ABSENT || isNew && state == State.FRESH ? null : opened().status(name);
  }

  /** Whether the kernel gives nothing of its own to files that are made here. */
  boolean isPlain() throws LinuxException {
    Boolean known = isPlain;
    if (known == null) {
      known = Inodes.ofNew(opened()) != null;
      isPlain = known;
    }
    return known;
  }

  byte[] targetName(SourceEntry entry) {
    byte[] only = onlyName;
    return only == null ? entry.name() : only;
  }

  /** The path of a name as people see it. */
  byte[] shown(SourceEntry entry) {
    byte[] shown = Paths.join(path, entry.name());
    return isAbsolute || entry.absolute() ? Paths.concat(SLASH, shown) : shown;
  }

  /**
   * Where a new directory in it can be made now: a directory that stands. It gets its attributes
   * only when the new one is no longer in it.
   */
  synchronized TargetDirectory base() {
    TargetDirectory base = madeIn;
    if (state != State.FRESH || base == null) {
      return this;
    }
    base.directoriesLeft.incrementAndGet(); // still above 0, because this one is in it
    return base;
  }

  synchronized void isMade(byte[] under, TargetDirectory in) {
    temporary = under;
    madeIn = in;
    state = State.FRESH;
  }

  /**
   * Keeps a task for later if the directory has no name yet.
   *
   * @return false when it has one, or never gets one
   */
  synchronized boolean whenNamed(Runnable task) {
    if (state != State.FRESH) {
      return false;
    }
    waiting.add(task);
    return true;
  }

  /** It has its name now, or has failed; returns what waited for that. */
  synchronized List<Runnable> isSettled(State settled) {
    state = settled;
    List<Runnable> tasks = waiting;
    waiting = List.of();
    return tasks;
  }

  /** What stood here when that was first asked (--fuzzy). */
  synchronized SimilarFiles similarFiles() throws LinuxException {
    SimilarFiles known = similarFiles;
    if (known == null) {
      known = SimilarFiles.in(opened());
      similarFiles = known;
    }
    return known;
  }

  void closeHandle() {
    similarFiles = null;
    DirectoryHandle open = handle;
    handle = null;
    if (open != null) {
      open.close();
    }
  }
}
