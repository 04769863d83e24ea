package dev.godwit.forward;

import dev.godwit.host.DurableFile;
import dev.godwit.host.FileMutex;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A change of this host that several processes may need at a time: the first makes it, the last
 * takes it back. How it was before is on disk before the change. A user that was killed counts as
 * ended as soon as somebody looks: at the next start. Its directory is there as long as there are
 * users; one lock beside it is for all such directories, and stays.
 *
 * <p>Threads: any.
 */
public final class SharedChange implements AutoCloseable {
  /** What is changed. Never called by two at a time on a host. */
  public interface Change {
    /**
     * How it is before the change, as lines for {@link #undo}.
     *
     * @throws GateException when it must not be changed
     */
    List<String> before() throws IOException;

    /** Makes the change. */
    void make() throws IOException;

    /** Takes it back, also when it was made in part. */
    void undo(List<String> before) throws IOException;

    /**
     * Makes again what of it somebody else has taken back.
     *
     * @return what that was, for people
     */
    default List<String> mend() throws IOException {
      return List.of();
    }
  }

  private final Path directory;
  private final Path user;
  private final Change change;
  private boolean closed;

  private SharedChange(Path directory, Path user, Change change) {
    this.directory = directory;
    this.user = user;
    this.change = change;
  }

  /**
   * Makes the change, unless another user has.
   *
   * @param directory shared by all users on the host
   * @param name of this user, unique among those that live
   */
  public static SharedChange acquire(Path directory, String name, Change change)
      throws IOException {
    Path lock = lock(directory);
    Files.createDirectories(directory.toAbsolutePath().getParent());
    SharedChange shared = new SharedChange(directory, users(directory).resolve(name), change);
    return FileMutex.hold(lock, shared::join);
  }

  private SharedChange join() throws IOException {
    Files.createDirectories(users(directory));
    try {
      if (hasLivingUsers(directory)) {
        Files.writeString(user, ProcessIdentity.own());
      } else {
        make();
      }
      return this;
    } finally {
      removeUnused(directory); // where it could not be made
    }
  }

  private void make() throws IOException {
    undo(directory, change);
    DurableFile.write(
        previous(directory),
        PosixFilePermissions.fromString("rw-r--r--"),
        change.before().stream()
            .map(line -> line + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8));
    Files.writeString(user, ProcessIdentity.own());
    try {
      change.make();
    } catch (IOException e) {
      Files.delete(user);
      undo(directory, change);
      throw e;
    }
  }

  /** Takes back what users that were killed have left. Does nothing while one lives. */
  public static void cleanUp(Path directory, Change change) throws IOException {
    if (Files.exists(directory)) {
      boolean unused =
          FileMutex.hold(
              lock(directory),
              () -> {
                if (hasLivingUsers(directory)) {
                  return false;
                }
                undo(directory, change);
                removeUnused(directory);
                return true;
              });
    }
  }

  /** By whoever has the lock. */
  private static void removeUnused(Path directory) throws IOException {
    try {
      Files.deleteIfExists(users(directory));
      Files.deleteIfExists(directory);
    } catch (DirectoryNotEmptyException e) {
      return; // there are users, or what cannot be undone now is to be undone later
    }
  }

  /** As {@link Change#mend}, while this user has not ended. */
  public synchronized List<String> mend() throws IOException {
    return closed ? List.of() : FileMutex.hold(lock(directory), change::mend);
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    Files.deleteIfExists(user);
    cleanUp(directory, change);
  }

  private static Path lock(Path directory) {
    return directory.toAbsolutePath().resolveSibling("lock");
  }

  private static Path users(Path directory) {
    return directory.resolve("users");
  }

  private static Path previous(Path directory) {
    return directory.resolve("previous");
  }

  private static boolean hasLivingUsers(Path directory) throws IOException {
    if (Files.notExists(users(directory))) {
      return false;
    }
    boolean living = false;
    try (Stream<Path> users = Files.list(users(directory))) {
      for (Path user : users.toList()) {
        if (ProcessIdentity.isLiving(Files.readString(user))) {
          living = true;
        } else {
          Files.deleteIfExists(user);
        }
      }
    }
    return living;
  }

  private static void undo(Path directory, Change change) throws IOException {
    Path file = previous(directory);
    if (Files.exists(file)) {
      change.undo(Files.readAllLines(file));
      Files.delete(file);
    }
  }
}
