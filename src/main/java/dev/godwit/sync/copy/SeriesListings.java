package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.sync.Problem;
import dev.godwit.sync.Removals;
import dev.godwit.sync.TreeRoot;
import dev.godwit.sync.filter.FilterException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the looks of a series meet at the source while they list it: mounts, what moved meanwhile,
 * directories whose copies are elsewhere, files with several names, and a root that is another one.
 * For any thread.
 */
final class SeriesListings {
  /** How often a look is followed by another one because something moved in between. */
  private static final int DEPTH_MAX = 4;

  private final TreeRoot root;
  private final SourceTree tree;
  private final SeriesRenames renames;
  private final Origins origins;
  private final LinkGroups links;
  private final SeriesTrouble trouble;
  private final boolean followsLinks;
  private final List<byte[]> takenByTarget;
  private final Removals removals;
  private final Consumer<byte[]> keeper;
  private final AtomicLong listed = new AtomicLong();

  /** Null: nothing is left out. */
  private volatile SeriesSource.@Nullable LeftOut whenLeftOut;

  private volatile boolean mayEmpty;

  /**
   * @param followsLinks whether links of the source may count as what they lead to
   * @param keeper is told of each path where another file system was found to be mounted
   * @throws FilterException as {@link SeriesRequest#takenByTarget}
   */
  SeriesListings(
      TreeRoot root,
      SourceTree tree,
      SeriesRenames renames,
      Origins origins,
      LinkGroups links,
      SeriesTrouble trouble,
      boolean followsLinks,
      SeriesRequest request,
      Consumer<byte[]> keeper)
      throws FilterException {
    this.root = root;
    this.tree = tree;
    this.renames = renames;
    this.origins = origins;
    this.links = links;
    this.trouble = trouble;
    this.followsLinks = followsLinks;
    this.takenByTarget = request.takenByTarget();
    this.removals = request.removals();
    this.keeper = keeper;
  }

  /** As {@link SeriesSource#mayBecomeEmpty}. */
  void mayBecomeEmpty() {
    mayEmpty = true;
  }

  /** As {@link SeriesSource#whenLeftOut}. */
  void whenLeftOut(SeriesSource.LeftOut told) {
    whenLeftOut = told;
  }

  /** Directories that were listed with all names, once for each look. */
  long count() {
    return listed.get();
  }

  /** Watches over the listings of one look. */
  Overseer overseer(SeriesQueue.Entry entry) {
    return new Watchful(entry);
  }

  /** What the copy of one look tells of this side. */
  CopyListener listener(SeriesQueue.Entry entry) {
    return new Told(entry);
  }

  /**
   * What is to be looked at because it moved while it was looked at. A file is looked at by all its
   * names, as far as they are known: by one alone it would become a file of its own on the target.
   */
  @Nullable Look next(SeriesQueue.Entry entry) {
    Look next = entry.next();
    if (next != null) {
      List<byte[]> names = new ArrayList<>();
      List<byte[]> trees = new ArrayList<>();
      next.visit((path, isTree) -> (isTree ? trees : names).add(path));
      for (byte[] name : links.together(names, trees)) {
        if (isThere(name)) {
          var unused = next.names(Paths.parent(name), List.of(Paths.name(name)), true);
        }
      }
    }
    return next;
  }

  /** What was listed once may have gone with its directory, of which nobody asks. */
  private boolean isThere(byte[] path) {
    try (DirectoryHandle in = tree.open(Paths.parent(path))) {
      return in.status(Paths.name(path)) != null;
    } catch (LinuxException e) {
      return false; // gone, or unreadable, which its own look reports
    }
  }

  /** A name of the source that takes no part and that no filter of the user's leaves out (H24). */
  private void tellTaken(byte[] directory, DirectoryHandle handle) throws LinuxException {
    for (byte[] path : takenByTarget) {
      if (Arrays.equals(Paths.parent(path), directory) && handle.status(Paths.name(path)) != null) {
        trouble.problem(
            new Problem(
                Problem.Side.SOURCE,
                path,
                "takes no part: under this name the target keeps what is removed or replaced; name"
                    + " another folder with --trash or --backup-dir, or give this one another name",
                0));
      }
    }
  }

  private final class Told implements CopyListener {
    private final SeriesQueue.Entry entry;

    Told(SeriesQueue.Entry entry) {
      this.entry = entry;
    }

    @Override
    public void failure(Failure failure) {
      byte[] path = Paths.below(failure.path());
      if (failure.status() == CopyStatus.VANISHED) {
        if (isLeftOut(entry, path, null)) {
          return;
        }
        // The target may have got the directory and nothing of what is in it; and one that was not
        // there when names in it were looked at may be back before it is looked at again.
        origins.gone(path);
        again(entry, path, Look.ALL);
      } else {
        trouble.problem(new Problem(Problem.Side.SOURCE, path, failure.what(), failure.errno()));
      }
    }
  }

  /**
   * Whether nothing is to be done at the place of a directory, because a rename has to come before;
   * that is told then, with what of it the look is at.
   *
   * @param here the directory that is there; null when there is none
   */
  private boolean isLeftOut(SeriesQueue.Entry entry, byte[] path, @Nullable InodeHandle here) {
    SeriesSource.LeftOut told = whenLeftOut;
    if (told == null || !renames.isElsewhere(path, here)) {
      return false;
    }
    Look.Node node = entry.look.root();
    boolean isTree = false;
    for (byte[] name : Names.components(path)) {
      if (node != null && node.isTree && !node.isAlone) {
        isTree = true;
      }
      node = node == null ? null : node.below(name);
    }
    told.leftOut(path, true, isTree || node != null && node.isTree, true);
    if (node != null) {
      tellBelow(node, path, told);
    }
    return true;
  }

  private static void tellBelow(Look.Node node, byte[] path, SeriesSource.LeftOut told) {
    node.below.forEach(
        (key, below) -> {
          byte[] one = Paths.join(path, key.name());
          if (below.isAsked) {
            told.leftOut(one, false, below.isTree, below.isSuspect);
          }
          tellBelow(below, one, told);
        });
  }

  /**
   * @param suspectSince as in {@link Look#tree(byte[], long)}, if all below is to be looked at too;
   *     else null
   */
  void again(SeriesQueue.Entry entry, byte[] path, @Nullable Long suspectSince) {
    if (path.length == 0) {
      trouble.rootReplaced();
    } else if (entry.depth == DEPTH_MAX) {
      trouble.problem(
          new Problem(Problem.Side.SOURCE, path, "it changes faster than it can be read", 0));
    } else if (suspectSince == null) {
      entry.again(path);
    } else {
      entry.againWithAll(path, suspectSince);
    }
  }

  private final class Watchful implements Overseer {
    private final SeriesQueue.Entry entry;

    Watchful(SeriesQueue.Entry entry) {
      this.entry = entry;
    }

    @Override
    public boolean isOtherMount(
        DirectoryHandle in, FileStatus here, byte[] directory, byte[] name, FileStatus status)
        throws LinuxException {
      FileStatus joined = tree.isOne() ? null : tree.joined(Paths.join(directory, name));
      if (joined != null && joined.isSameInode(status)) {
        return false;
      }
      if (joined != null) {
        trouble.mountReplaced(Paths.join(directory, name));
        return true; // the target holds it
      }
      boolean isOther = isOther(in, here, name, status);
      if (isOther) {
        otherMount(Paths.join(directory, name));
      }
      return isOther;
    }

    /** A btrfs subvolume has a device of its own and is part of the same mount. */
    private static boolean isOther(
        DirectoryHandle in, FileStatus here, byte[] name, FileStatus status) throws LinuxException {
      if (here.mount() != 0 && status.mount() != 0) {
        return here.mount() != status.mount();
      }
      if (here.device() == status.device()) {
        return false; // a bind mount of the same device is not seen before kernel 5.8
      }
      if (!status.isDirectory()) {
        return true;
      }
      try (DirectoryHandle below = in.beneathOnSameMount(name)) {
        return false;
      } catch (LinuxException e) {
        if (e.errno() == Errno.EXDEV) {
          return true;
        }
        throw e;
      }
    }

    @Override
    public boolean opened(byte[] directory, DirectoryHandle handle, boolean isWhole)
        throws LinuxException {
      if (!followsLinks) { // no copy is renamed there
        InodeHandle here = tree.handleOf(directory, handle);
        if (isLeftOut(entry, directory, here)) {
          origins.mark(directory); // what it is in was listed already, with its attributes
          return false;
        }
        origins.listed(directory, here, isWhole);
      }
      if (!takenByTarget.isEmpty()) {
        tellTaken(directory, handle);
      }
      if (isWhole) {
        listed.incrementAndGet();
      }
      return true;
    }

    @Override
    public boolean isReplaced(byte[] directory) {
      return removals == Removals.WHEN_SEEN && origins.isReplaced(directory);
    }

    @Override
    public boolean isElsewhere(
        DirectoryHandle in, byte[] directory, byte[] name, boolean isDirectory)
        throws LinuxException {
      byte[] path = Paths.join(directory, name);
      return renames.areAllowed()
          && isLeftOut(entry, path, isDirectory ? tree.handleOf(path, in, name) : null);
    }

    @Override
    public boolean hasCopy(byte[] directory, byte[] name) {
      return origins.originAt(Paths.join(directory, name)) != null;
    }

    @Override
    public List<byte[]> copiesIn(byte[] directory) {
      return origins.namesIn(directory);
    }

    @Override
    public void isNoDirectory(byte[] directory, byte[] name) {
      origins.gone(Paths.join(directory, name));
    }

    /** A file that has lost its other names is one of those that are in sums. */
    @Override
    public boolean hasToKnowAll(byte[] directory) {
      return links.hasBelow(directory);
    }

    @Override
    public void listed(byte[] directory, byte[] name, FileStatus status) {
      links.listed(Paths.join(directory, name), status);
    }

    @Override
    public void otherMount(byte[] directory) {
      trouble.problem(
          new Problem(
              Problem.Side.SOURCE,
              directory,
              "another file system is mounted there, and takes no part; list it as a tree of its own"
                  + " (a mirror: name it with --mounts), leave it out by a filter, or unmount it",
              0));
      keeper.accept(directory); // before the listing that it is left out of
    }

    @Override
    public boolean mayBeMissing(byte[] directory) throws LinuxException {
      if (!root.isInPlace()) {
        trouble.rootReplaced();
        return false;
      }
      if (directory.length == 0 && !mayEmpty && root.isEmpty()) {
        trouble.rootEmptied();
        return false;
      }
      return true;
    }
  }
}
