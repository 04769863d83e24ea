package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.rules.InfoFlag;
import dev.godwit.sync.rules.Rules;
import org.jspecify.annotations.Nullable;

/**
 * Where the copy goes: the directory that everything hangs on, held open; null in a dry run that
 * would make it first.
 *
 * @param onlyName the new name of the only file, when the target is no directory
 * @param isNew whether this run made it
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TargetTree(@Nullable DirectoryHandle root, byte @Nullable [] onlyName, boolean isNew)
    implements AutoCloseable {

  /**
   * Opens the target; makes it where rsync(1) does.
   *
   * @throws CopyException when that is not possible; nothing was done then
   */
  static TargetTree open(byte[] path, TargetShape shape, Rules rules, Report report)
      throws CopyException {
    boolean endsWithSlash = Paths.endsWithSlash(path);
    byte[] cut = path;
    while (cut.length > 1 && cut[cut.length - 1] == '/') {
      cut = java.util.Arrays.copyOf(cut, cut.length - 1);
    }
    try {
      DirectoryHandle handle =
          OperatorPaths.openDirectoryForNames(cut.length == 0 ? Paths.HERE : cut);
      try {
        handle.beneathForNames(Paths.NONE).close(); // whether this user may reach what is in it
      } catch (LinuxException e) {
        handle.close();
        throw e;
      }
      return new TargetTree(handle, null, false);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOTDIR && exists(cut)) {
        if (shape == TargetShape.ONE_FILE && !endsWithSlash) {
          return file(cut, rules);
        }
        boolean isMade = rules.makePath && endsWithSlash; // or would be, for rsync's exit value
        throw new CopyException(
            isMade ? CopyStatus.FILE_IO : CopyStatus.FILE_SELECTION,
            Names.display(path)
                + " is not a directory, and several names cannot be put into a file. Name a"
                + " directory");
      }
      if (e.errno() != Errno.ENOENT && !(e.errno() == Errno.ELOOP && leadsNowhere(cut))) {
        boolean isMade = rules.makePath && e.errno() == Errno.ENOTDIR;
        throw new CopyException(
            isMade ? CopyStatus.FILE_IO : CopyStatus.FILE_SELECTION,
            Names.display(path) + " cannot be opened as the target: " + e.reason());
      }
    }
    if ((shape == TargetShape.ONE_FILE || shape == TargetShape.EMPTY_DIRECTORY) && !endsWithSlash) {
      if (rules.makePath) {
        makeParents(cut, Paths.parent(cut), rules, report);
      }
      return file(cut, rules);
    }
    if (shape == TargetShape.EMPTY_CONTENT && !endsWithSlash) {
      makeParents(cut, Paths.parent(cut), rules, report);
      return makeAsName(cut, rules);
    }
    return make(cut, rules, report);
  }

  /**
   * Begins to write here: a mirror does not begin meanwhile, if none has, and other runs know of
   * this one.
   */
  OtherRuns enter() {
    try {
      if (root != null) {
        var unused = root.tryLock(); // the one that the mirror takes
      }
    } catch (LinuxException e) {
      // A file system without locks.
    }
    return OtherRuns.seenFrom(root);
  }

  /**
   * Whether there is a target to work on, or to be made. Where nothing takes part and none is
   * there, only a path that ends with '/' is made; of another one {@linkplain #makeParents what is
   * above}.
   */
  static boolean isWanted(byte[] path, TargetShape shape) {
    return shape != TargetShape.NOTHING || Paths.endsWithSlash(path) || isDirectory(path);
  }

  /** Whether a directory stands there, or a link to one. */
  static boolean isDirectory(byte[] path) {
    FileStatus status = behind(path);
    return status != null && status.isDirectory();
  }

  private static boolean exists(byte[] path) {
    return behind(path) != null;
  }

  /**
   * Whether a link stands there that leads to nothing: as good as no name, whoever it belongs to,
   * because nothing that is made here is made behind a link.
   */
  private static boolean leadsNowhere(byte[] path) {
    try (DirectoryHandle in = OperatorPaths.openDirectoryForNames(above(path))) {
      byte[] name = Paths.name(path);
      FileStatus link = in.status(name);
      return link != null && link.isSymbolicLink() && in.statusThroughLink(name) == null;
    } catch (LinuxException e) {
      return false; // a loop of links, or one on the way that is not trusted
    }
  }

  /** The directory that the last name of a path is in. */
  private static byte[] above(byte[] path) {
    byte[] parent = Paths.parent(path);
    return parent.length == 0 ? path[0] == '/' ? new byte[] {'/'} : Paths.HERE : parent;
  }

  private static @Nullable FileStatus behind(byte[] given) {
    byte[] path = given;
    while (path.length > 1 && Paths.endsWithSlash(path)) {
      path = java.util.Arrays.copyOf(path, path.length - 1);
    }
    try (DirectoryHandle in = OperatorPaths.openDirectoryForNames(above(path))) {
      byte[] name = Paths.name(path);
      return name.length == 0 ? in.status() : in.statusThroughLink(name);
    } catch (LinuxException e) {
      return null;
    }
  }

  private static TargetTree file(byte[] path, Rules rules) throws CopyException {
    byte[] base = above(path);
    if (rules.makePath && !rules.dryRun) {
      makeAbove(Paths.join(base, Paths.HERE));
    }
    try {
      return new TargetTree(OperatorPaths.openDirectoryForNames(base), Paths.name(path), false);
    } catch (LinuxException e) {
      if (rules.dryRun && rules.makePath && e.errno() == Errno.ENOENT) {
        return new TargetTree(null, Paths.name(path), true);
      }
      throw withoutParent(base, e);
    }
  }

  private static CopyException withoutParent(byte[] parent, LinuxException e) {
    return new CopyException(
        CopyStatus.FILE_SELECTION,
        "the directory " + Names.display(parent) + " cannot be opened: " + e.reason());
  }

  /** The target is the new name of a directory with nothing in it. */
  private static TargetTree makeAsName(byte[] path, Rules rules) throws CopyException {
    if (rules.dryRun) {
      return new TargetTree(null, null, true);
    }
    try {
      boolean isMade = isMade(path);
      return new TargetTree(OperatorPaths.openDirectory(path), null, isMade);
    } catch (LinuxException e) {
      throw new CopyException(
          CopyStatus.FILE_IO,
          "the target " + Names.display(path) + " cannot be made: " + e.reason());
    }
  }

  /**
   * Of a path that does not stand, makes what is above it (--mkpath).
   *
   * @param shown what that is said to be for
   * @throws CopyException when it is missing and shall not be made
   */
  static void makeParents(byte[] path, byte[] shown, Rules rules, Report report)
      throws CopyException {
    int missing = missingAbove(path);
    if (missing == 0) {
      return;
    }
    if (!rules.makePath) {
      throw withoutParent(Paths.parent(path), new LinuxException("openat", "", Errno.ENOENT));
    }
    if (!rules.dryRun) {
      makeAbove(path);
      if (missingAbove(path) > 0) {
        return; // which is told by what needs them
      }
    }
    report.note(InfoFlag.NAME, 1, created(missing) + " for " + Names.display(shown));
  }

  private static String created(int directories) {
    return "created " + directories + (directories == 1 ? " directory" : " directories");
  }

  private static TargetTree make(byte[] path, Rules rules, Report report) throws CopyException {
    if (rules.verify) {
      return new TargetTree(null, null, true); // which tells what differs, and makes nothing
    }
    String made = "created directory " + Names.display(path);
    String madeAll =
        rules.makePath ? created(missingAbove(path) + 1) + " for " + Names.display(path) : "";
    if (rules.dryRun) {
      if (rules.makePath) {
        report.note(InfoFlag.NAME, 1, madeAll);
      }
      report.note(InfoFlag.NAME, 1, made);
      return new TargetTree(null, null, true);
    }
    if (rules.makePath) {
      makeAbove(path);
    }
    try {
      boolean isMade = isMade(path);
      if (isMade || rules.makePath) {
        report.note(InfoFlag.NAME, 1, rules.makePath ? madeAll : made);
      }
      return new TargetTree(OperatorPaths.openDirectory(path), null, isMade && !rules.makePath);
    } catch (LinuxException e) {
      throw new CopyException(
          CopyStatus.FILE_IO,
          "the target "
              + Names.display(path)
              + " cannot be made: "
              + e.reason()
              + (e.errno() == Errno.ENOENT ? ". --mkpath makes what is missing above it" : ""));
    }
  }

  /** Makes the target's own directory; false when somebody else has done so meanwhile. */
  private static boolean isMade(byte[] path) throws LinuxException {
    try {
      OperatorPaths.makeDirectory(null, path, 0777);
      return true;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EEXIST || !isDirectory(path)) {
        throw e;
      }
      return false;
    }
  }

  /** How many directories are missing above the path. */
  private static int missingAbove(byte[] path) {
    int missing = 0;
    for (int i = 1; i < path.length; i++) {
      if (path[i] == '/') {
        try (DirectoryHandle there =
            OperatorPaths.openDirectory(java.util.Arrays.copyOf(path, i))) {
          missing = 0;
        } catch (LinuxException e) {
          missing++;
        }
      }
    }
    return missing;
  }

  private static void makeAbove(byte[] path) throws CopyException {
    for (int i = 1; i < path.length; i++) {
      if (path[i] == '/') {
        try {
          OperatorPaths.makeDirectory(null, java.util.Arrays.copyOf(path, i), 0777);
        } catch (LinuxException e) {
          if (e.errno() != Errno.EEXIST && e.errno() != Errno.EISDIR) {
            throw new CopyException(
                CopyStatus.FILE_IO,
                Names.display(java.util.Arrays.copyOf(path, i)) + " cannot be made: " + e.reason());
          }
        }
      }
    }
  }

  @Override
  public void close() {
    if (root != null) {
      root.close();
    }
  }
}
