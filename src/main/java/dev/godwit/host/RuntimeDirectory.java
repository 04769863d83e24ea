package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where the processes of a move keep their sockets and locks on a host: {@code /run/godwit/NAME}
 * for root, below {@code $XDG_RUNTIME_DIR} or the temporary folder for others. A socket's path may
 * have at most 107 bytes (unix(7)), which a folder beside the plan could exceed.
 */
public final class RuntimeDirectory {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** No separator and no leading dot: a peer cannot name another place. */
  private static final Pattern MOVE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

  private RuntimeDirectory() {}

  /**
   * The folder of one move; made when it is missing.
   *
   * @throws IOException also when the name could lead elsewhere, or the folder is not private
   */
  public static Path of(String move) throws IOException {
    if (!MOVE.matcher(move).matches()) {
      throw new IOException("not a move's name: " + Printable.line(move, 100));
    }
    return privateFolder(privateFolder(base()).resolve(move));
  }

  private static Path base() {
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    if ("root".equals(System.getProperty("user.name"))) {
      return Path.of("/run/godwit");
    }
    return runtime != null
        ? Path.of(runtime, "godwit")
        : Path.of(
            System.getProperty("java.io.tmpdir"), "godwit-" + System.getProperty("user.name"));
  }

  /** Removes the folder of a move when nothing is left in it. */
  public static void forget(String move) throws IOException {
    removeIfEmpty(base().resolve(move));
    removeIfEmpty(base());
  }

  private static void removeIfEmpty(Path folder) throws IOException {
    try {
      Files.deleteIfExists(folder);
    } catch (DirectoryNotEmptyException e) {
      return; // somebody else's
    }
  }

  /** A folder that somebody else owns or may write to could hold a planted socket (H3). */
  private static Path privateFolder(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(folder.getParent());
      try {
        return Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
      } catch (java.nio.file.FileAlreadyExistsException e) {
        // Another process of this move was faster; it is looked at like any other.
      }
    }
    PosixFileAttributes attributes =
        Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    boolean writable =
        attributes.permissions().contains(PosixFilePermission.GROUP_WRITE)
            || attributes.permissions().contains(PosixFilePermission.OTHERS_WRITE);
    if (!attributes.isDirectory()
        || writable
        || !attributes.owner().getName().equals(System.getProperty("user.name"))) {
      throw new IOException(
          folder
              + " is not a private folder of "
              + System.getProperty("user.name")
              + ": remove it, then try again");
    }
    return folder;
  }
}
