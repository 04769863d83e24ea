package dev.godwit.sync;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.LookQueue.Look;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.List;

/** The source's thread that looks at directories and tells the target what is there. */
final class TreeLister {
  /** How often a look is followed by another one because something moved in between. */
  static final int DEPTH_MAX = 4;

  private final SourceSession session;
  private final TreeRoot root;
  private final Excludes excludes;
  private int nextListing;

  TreeLister(SourceSession session, TreeRoot root, Excludes excludes) {
    this.session = session;
    this.root = root;
    this.excludes = excludes;
  }

  /** Looks until the session ends. */
  void run() throws WireException, InterruptedException {
    for (Look look = session.looks().take(); look != null; look = session.looks().take()) {
      SourceBatch.Listing listing = new SourceBatch.Listing(look);
      if (!session.isHalted() && !excludes.hidesDirectory(look.directory())) {
        look(look, listing);
      }
      if (listing.allSent()) {
        session.looks().done(look);
      }
    }
  }

  private void look(Look look, SourceBatch.Listing listing)
      throws WireException, InterruptedException {
    if (look.directory().isRoot() && look.isTree() && !root.isInPlace()) {
      session.halt(rootReplaced());
      return;
    }
    try (DirectoryHandle directory = root.within(look.directory())) {
      List<byte[]> names = look.names();
      Batches batches = new Batches(listing, nextListing++, directory.status(), names == null);
      if (names == null) {
        session.tally().directoriesSeen.increment();
        lookAtAll(look, directory, batches);
      } else {
        lookAtNames(look, directory, names, batches);
      }
    } catch (LinuxException e) {
      if (isElsewhere(e)) {
        lookAtParent(look);
      } else {
        session.problem(Problem.of(Problem.Side.SOURCE, look.directory(), e));
      }
    }
  }

  /** Whether a path leads nowhere, to no directory, or into another file system. */
  static boolean isElsewhere(LinuxException e) {
    return e.errno() == Errno.ENOENT
        || e.errno() == Errno.ENOTDIR
        || e.errno() == Errno.ELOOP
        || e.errno() == Errno.EXDEV;
  }

  /** The directory is not there any more: its parent says what is in its place. */
  private void lookAtParent(Look look) {
    if (look.directory().isRoot()) {
      session.halt(rootReplaced());
    } else {
      session
          .looks()
          .follow(look, look.directory().parent(), List.of(look.directory().name()), false);
    }
  }

  private void lookAtAll(Look look, DirectoryHandle directory, Batches batches)
      throws WireException, InterruptedException {
    boolean complete = true;
    try {
      for (List<DirectoryEntry> some = directory.nextEntries();
          some != null;
          some = directory.nextEntries()) {
        for (DirectoryEntry entry : some) {
          complete &= lookAt(look, directory, entry.name(), batches);
        }
      }
    } catch (LinuxException e) {
      complete = false;
      session.problem(Problem.of(Problem.Side.SOURCE, look.directory(), e));
    }
    batches.end(complete ? ListingMessage.End.COMPLETE : ListingMessage.End.INCOMPLETE);
  }

  private void lookAtNames(
      Look look, DirectoryHandle directory, List<byte[]> names, Batches batches)
      throws WireException, InterruptedException, LinuxException {
    List<byte[]> missing = new ArrayList<>();
    for (byte[] name : names) {
      try {
        if (directory.status(name) == null) {
          missing.add(name);
        } else {
          lookAt(look, directory, name, batches);
        }
      } catch (LinuxException e) {
        session.problem(Problem.of(Problem.Side.SOURCE, look.directory().child(name), e));
      }
    }
    if (!missing.isEmpty()) {
      // H27: names that are missing because the whole tree is must not be missed.
      if (!root.isInPlace()) {
        session.halt(rootReplaced());
        return;
      }
      if (look.directory().isRoot() && root.isEmpty()) {
        session.halt(
            Problem.of(
                Problem.Side.SOURCE,
                TreePath.ROOT,
                "the tree has become empty; nothing is removed from the target. If that is right,"
                    + " empty the target by hand"));
        return;
      }
      for (byte[] name : missing) {
        if (!excludes.hides(look.directory(), name, false) && !TemporaryNames.isTemporary(name)) {
          batches.add(Entry.missing(name));
        }
      }
    }
    batches.end(ListingMessage.End.COMPLETE);
  }

  /** Returns false when the name could not be looked at. */
  private boolean lookAt(Look look, DirectoryHandle directory, byte[] name, Batches batches)
      throws WireException, InterruptedException {
    TreePath path = look.directory().child(name);
    try {
      FileStatus status = directory.status(name);
      if (status == null // gone since it was listed: missing is what it is
          || TemporaryNames.isTemporary(name)
          || excludes.hides(look.directory(), name, status.isDirectory())) {
        return true;
      }
      if (isOtherMount(directory, batches.here, name, status)) {
        session.otherMount(path);
        batches.add(Entry.skipped(name));
      } else {
        batches.add(entry(look, directory, path, name, status));
      }
      return true;
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.EINVAL) {
        return true; // a symbolic link that was replaced meanwhile; an event or the next pass tells
      }
      session.problem(Problem.of(Problem.Side.SOURCE, path, e));
      return false;
    }
  }

  /**
   * Whether something is mounted at this name. A btrfs subvolume has a device of its own and is
   * part of the same mount.
   */
  private static boolean isOtherMount(
      DirectoryHandle directory, FileStatus here, byte[] name, FileStatus status)
      throws LinuxException {
    if (here.mount() != 0 && status.mount() != 0) {
      return here.mount() != status.mount();
    }
    if (here.device() == status.device()) {
      return false; // a bind mount of the same device is not seen before kernel 5.8
    }
    if (!status.isDirectory()) {
      return true;
    }
    try (DirectoryHandle below = directory.beneathOnSameMount(name)) {
      return false;
    } catch (LinuxException e) {
      if (e.errno() == Errno.EXDEV) {
        return true;
      }
      throw e;
    }
  }

  /** Whether the content is in doubt although size and time may be equal (H19). */
  private static boolean isSuspect(Look look, FileStatus status) {
    return status.ctimeTotalNanos() >= look.suspectSince()
        || status.mtimeTotalNanos() >= look.suspectSince();
  }

  private Entry entry(
      Look look, DirectoryHandle directory, TreePath path, byte[] name, FileStatus status)
      throws LinuxException {
    Entry.Kind kind = Entry.kindOf(status);
    SourceTally tally = session.tally();
    if (kind != Entry.Kind.DIRECTORY) {
      tally.filesSeen.increment();
    }
    switch (kind) {
      case FILE -> tally.bytesSeen.add(status.size());
      case SKIPPED -> {
        tally.skipped.increment();
        if (status.isDevice()) {
          session.problem(
              Problem.of(Problem.Side.SOURCE, path, "a device; devices are not copied"));
        }
      }
      case DIRECTORY, SYMLINK, FIFO, MISSING -> {}
    }
    return new Entry(
        name,
        kind,
        Metadata.of(status),
        kind == Entry.Kind.FILE && status.links() > 1 ? session.links().groupOf(status, path) : 0,
        kind == Entry.Kind.SYMLINK ? directory.readLink(name) : Entry.NO_TEXT,
        kind == Entry.Kind.FILE && isSuspect(look, status));
  }

  private Problem rootReplaced() {
    return Problem.of(
        Problem.Side.SOURCE,
        TreePath.ROOT,
        "the tree is not the one that was opened: it was removed, replaced or covered by a mount;"
            + " nothing is removed from the target. Put it back and start again");
  }

  /** Collects the entries of one look and sends them in batches. */
  private final class Batches {
    private final SourceBatch.Listing listing;
    private final int number;
    private final FileStatus here;
    private final boolean wholeDirectory;
    private List<Entry> entries = new ArrayList<>();
    private int bytes;

    /**
     * @param here the status of the directory
     */
    Batches(SourceBatch.Listing listing, int number, FileStatus here, boolean wholeDirectory) {
      this.listing = listing;
      this.number = number;
      this.here = here;
      this.wholeDirectory = wholeDirectory;
    }

    void add(Entry entry) throws WireException, InterruptedException {
      if (entries.size() == Protocol.BATCH_ENTRIES_MAX || bytes > Protocol.BATCH_BYTES_MAX) {
        send(ListingMessage.End.MORE);
      }
      entries.add(entry);
      bytes += 64 + entry.name().length + entry.linkText().length;
    }

    void end(ListingMessage.End end) throws WireException, InterruptedException {
      send(end);
    }

    private void send(ListingMessage.End end) throws WireException, InterruptedException {
      List<Entry> sending = entries;
      entries = new ArrayList<>();
      bytes = 0;
      session.sendBatch(listing, number, wholeDirectory, end, Metadata.of(here), sending);
      if (wholeDirectory) {
        // After the batch: the target makes a directory before it is told what is in it.
        for (int i = sending.size() - 1; i >= 0; i--) {
          if (sending.get(i).kind() == Entry.Kind.DIRECTORY) {
            Look look = listing.look;
            session
                .looks()
                .follow(look, look.directory().child(sending.get(i).name()), null, false);
          }
        }
      }
    }
  }
}
