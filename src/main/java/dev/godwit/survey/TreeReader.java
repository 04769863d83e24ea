package dev.godwit.survey;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.host.MountBelow;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Fanotify;
import dev.godwit.linux.FileSystemFeatures;
import dev.godwit.linux.FileSystemStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.NameFolding;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.survey.SurveyClient.TreeQuestion;
import dev.godwit.sync.Excludes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads a {@link Tree} of this host. */
final class TreeReader {
  /** File systems without owners and modes of their own (mount(8)): all files get the mount's. */
  private static final Set<String> NO_OWNERS =
      Set.of("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "cifs", "smb3", "smbfs");

  /** Where one file cannot have two names. */
  private static final Set<String> NO_HARD_LINKS =
      Set.of("vfat", "msdos", "exfat", "fuse.s3fs", "fuse.sshfs", "fuse.rclone", "fuse.gcsfuse");

  private static final Set<String> FOLDS_CASE =
      Set.of("vfat", "msdos", "exfat", "ntfs", "ntfs3", "cifs", "smb3", "smbfs", "hfsplus", "apfs");

  private static final Set<String> FOLDS_FORM = Set.of("hfsplus", "apfs");

  private TreeReader() {}

  /** A line of mountinfo (proc_pid_mountinfo(5)). */
  record Mount(String point, String type, String source, boolean isReadOnly) {}

  /**
   * @param limit for the measurement
   */
  static Tree read(TreeQuestion question, Duration limit) throws IOException {
    String path = question.whole();
    Path asked = Path.of(path);
    Path existing = asked;
    while (!Files.isDirectory(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    boolean exists = Files.exists(asked, LinkOption.NOFOLLOW_LINKS);
    boolean isDirectory = Files.isDirectory(asked, LinkOption.NOFOLLOW_LINKS);
    String real = existing.toRealPath().toString();
    List<Mount> mounts = mounts(Files.readString(Path.of("/proc/self/mountinfo"), ISO_8859_1));
    Mount mount = holding(real, mounts);
    FileSystemStatus room = FileSystemStatus.of(real);
    try (DirectoryHandle folder = DirectoryHandle.open(Names.of(real))) {
      String shared = SharedMount.of(mount.type(), mount.source());
      Keeping keeping =
          question.isTarget() && !shared.isEmpty() && !mount.isReadOnly()
              ? Keeping.of(folder)
              : untried(mount.type(), folder);
      return new Tree(
          path,
          exists,
          isDirectory,
          exists && !isDirectory,
          leadsTo(asked, real),
          mount.type(),
          shared,
          keeping.canWrite(),
          keeping.refused(),
          folder.status().device(),
          mount.isReadOnly(),
          room.freeBytes(),
          room.inodes(),
          room.freeInodes(),
          keeping.userXattrs(),
          keeping.acls(),
          keeping.owners(),
          keeping.hardLinks(),
          keeping.foldsCase(),
          FOLDS_FORM.contains(mount.type()),
          watch(real),
          exists ? below(real, question) : List.of(),
          isDirectory ? TreeMeasure.of(folder, question, limit) : Tree.Measured.NOTHING);
    }
  }

  /**
   * @param real the directory at the path or above it, without links
   */
  private static String leadsTo(Path asked, String real) throws IOException {
    return !Files.isSymbolicLink(asked)
        ? ""
        : Files.isDirectory(asked) ? real : Files.readSymbolicLink(asked).toString();
  }

  /** By its type and by questions that change nothing. */
  private static Keeping untried(String type, DirectoryHandle folder) throws LinuxException {
    FileSystemFeatures features = FileSystemFeatures.of(folder);
    return new Keeping(
        true,
        !NO_OWNERS.contains(type),
        !NO_HARD_LINKS.contains(type),
        features.userXattrs(),
        features.acls(),
        features.foldsCase()
            || FOLDS_CASE.contains(type)
            || Boolean.TRUE.equals(NameFolding.takesEitherCase(folder)),
        List.of());
  }

  static List<Mount> mounts(String mountinfo) {
    List<Mount> mounts = new ArrayList<>();
    for (String line : mountinfo.split("\n", -1)) {
      String[] halves = line.split(" - ", 2);
      String[] fields = halves[0].split(" ");
      if (halves.length == 2 && fields.length >= 6) {
        String[] source = halves[1].split(" ");
        boolean readOnly =
            ("," + fields[5] + ",").contains(",ro,")
                || (source.length > 2 && ("," + source[2] + ",").contains(",ro,"));
        mounts.add(
            new Mount(
                unescaped(fields[4]),
                source[0],
                source.length > 1 ? unescaped(source[1]) : "",
                readOnly));
      }
    }
    return mounts;
  }

  /** The kernel writes space, tab, newline and backslash as three octal digits. */
  private static String unescaped(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }

  /** The last one mounted at the longest prefix of the path. */
  static Mount holding(String path, List<Mount> mounts) {
    Mount found = new Mount("/", "unknown", "", false);
    int longest = -1;
    for (Mount mount : mounts) {
      String point = mount.point();
      boolean holds = point.equals("/") || path.equals(point) || path.startsWith(point + "/");
      if (holds && point.length() >= longest) {
        found = mount;
        longest = point.length();
      }
    }
    return found;
  }

  private static List<MountBelow> below(String real, TreeQuestion asked) throws IOException {
    List<MountBelow> below = new ArrayList<>();
    byte[] root = Names.of(asked.path());
    for (MountBelow mount : MountBelow.of(Names.of(real))) {
      String path = PathText.join(asked.below(), mount.path());
      if (!Excludes.leaveOut(asked.exclude(), root, PathText.bytes(path))) {
        below.add(mount);
      }
    }
    return below;
  }

  /** Tries the mark that the mirror would set, and lets it go at once. */
  private static String watch(String path) {
    try (Fanotify fanotify = Fanotify.open(true)) {
      fanotify.markFilesystem(Names.of(path), Fanotify.CREATE | Fanotify.ONDIR);
      return "fanotify";
    } catch (LinuxException e) {
      return "inotify (fanotify: " + Errno.name(e.errno()) + ")";
    }
  }
}
