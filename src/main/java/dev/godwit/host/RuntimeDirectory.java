package dev.godwit.host;

import dev.godwit.wire.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where the processes of a move keep their sockets and locks on a host: {@code /run/godwit/NAME}
 * for root, below {@code $XDG_RUNTIME_DIR} or the temporary folder for others. A socket's path may
 * have at most 107 bytes (unix(7)), which a folder beside the plan could exceed.
 */
public final class RuntimeDirectory {
  /** In production. A reboot empties it. */
  public static final Path OF_ROOT = Path.of("/run/godwit");

  /**
   * The property that names another place for all of it, so that who only tries something leaves
   * nothing in the one of the host, and meets nobody there.
   */
  public static final String PROPERTY = "godwit.run";

  /** What the process with the mirrors of a move locks in its folder as long as it runs. */
  public static final String MIRRORS_LOCK = "background.lock";

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
    checkName(move);
    return privateFolder(privateFolder(base()).resolve(move));
  }

  /**
   * The folder of one move, when there is one: for who only looks.
   *
   * @throws IOException as {@link #of}
   */
  public static Optional<Path> find(String move) throws IOException {
    checkName(move);
    Path base = base();
    return Files.exists(base.resolve(move), LinkOption.NOFOLLOW_LINKS)
        ? Optional.of(privateFolder(privateFolder(base).resolve(move)))
        : Optional.empty();
  }

  /** Where the folder of one move is, or would be; it is neither made nor looked at. */
  static Path named(String move) throws IOException {
    checkName(move);
    return base().resolve(move);
  }

  /**
   * The folder of the lines to agents that are kept for the next run; made when it is missing. No
   * move can have its name.
   *
   * @throws IOException also when it is not private
   */
  static Path agents() throws IOException {
    return agents(base());
  }

  /**
   * The folder of the notes on stops of this host's services, whichever move they are of; made when
   * it is missing. No move can have its name.
   *
   * @throws IOException also when it is not private
   */
  public static Path stops() throws IOException {
    return privateFolder(privateFolder(base()).resolve(".stops"));
  }

  /** The same below another folder than the user's. */
  static Path agents(Path base) throws IOException {
    return privateFolder(privateFolder(base).resolve(".agents"));
  }

  /**
   * Removes the folder of a move that has ended on this host, with the locks and logs in it, and
   * what is kept beside it for a reboot; what was shared by moves goes with the last one. That the
   * epochs of the move are over stays.
   *
   * @param limit how long a process of the move may still be ending
   * @throws IOException when one still serves then; nothing was removed
   */
  public static void remove(String move, Duration limit) throws IOException, InterruptedException {
    checkName(move);
    Path base = base();
    Path folder = base.resolve(move);
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      awaitNobody(privateFolder(folder), limit);
    }
    EpochFence.endAll(folder);
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      removeTree(folder);
    }
    Path kept = KeptDirectory.of(folder);
    if (Files.isDirectory(kept, LinkOption.NOFOLLOW_LINKS)) {
      removeTree(kept);
      KeptDirectory.removeIfEmpty(kept);
    }
    if (Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS) && holdsNothingButEmptyFolders(base)) {
      removeTree(base);
    }
  }

  /**
   * The process numbers of the daemons of all moves on this host: what {@code *.pid} in their
   * folders says. One that was killed may be among them.
   */
  public static Set<Long> daemons() throws IOException {
    Set<Long> found = new HashSet<>();
    Path base = base();
    if (!Files.isDirectory(base, LinkOption.NOFOLLOW_LINKS)) {
      return found;
    }
    try (DirectoryStream<Path> moves = Files.newDirectoryStream(base, Files::isDirectory)) {
      for (Path move : moves) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(move, "*.pid")) {
          for (Path file : files) {
            String text = Files.readString(file).strip();
            if (text.matches("[0-9]{1,9}")) {
              found.add(Long.parseLong(text));
            }
          }
        } catch (NoSuchFileException e) {
          continue; // it ended meanwhile
        }
      }
    }
    return found;
  }

  /** Returns when no process serves a socket of a folder any more. */
  static void awaitNobody(Path folder, Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder, "*.sock")) {
      for (Path socket : sockets) {
        while (isServed(socket)) {
          if (System.nanoTime() - end >= 0) {
            throw new IOException(socket + " still answers: its process has not ended");
          }
          Thread.sleep(10); // processes of their own: nobody tells when they have ended
        }
      }
    }
  }

  /**
   * A socket that a killed process has left behind is there, but nobody answers. One that hangs
   * takes nobody from its queue: when that is full, a connection would wait for as long as it does.
   */
  private static boolean isServed(Path socket) {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      boolean unused = channel.connect(UnixDomainSocketAddress.of(socket));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      return Files.exists(socket, LinkOption.NOFOLLOW_LINKS); // its queue is full
    }
  }

  /**
   * Only folders and locks are left, such as those of a set-up which moves have shared. What is
   * used has a file: a move its locks, a mirror its claim, who shares something a note below {@code
   * users}.
   */
  static boolean holdsNothingButEmptyFolders(Path base) throws IOException {
    try (Stream<Path> all = Files.walk(base)) {
      return all.skip(1)
          .allMatch(
              path ->
                  Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                      || path.getFileName().toString().equals("lock")
                          && base.relativize(path).toString().startsWith("."));
    }
  }

  private static void removeTree(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static void checkName(String move) throws IOException {
    if (!MOVE.matcher(move).matches()) {
      throw new IOException("not a move's name: " + Printable.line(move, 100));
    }
  }

  private static Path base() {
    String instead = System.getProperty(PROPERTY);
    if (instead != null) {
      return Path.of(instead);
    }
    String runtime = System.getenv("XDG_RUNTIME_DIR");
    if ("root".equals(System.getProperty("user.name"))) {
      return OF_ROOT;
    }
    return runtime != null
        ? Path.of(runtime, "godwit")
        : Path.of(
            System.getProperty("java.io.tmpdir"), "godwit-" + System.getProperty("user.name"));
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
