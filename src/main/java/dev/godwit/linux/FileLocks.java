package dev.godwit.linux;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Who holds the lock on a file (proc(5), /proc/locks). The kernel is not asked by fcntl(2): to
 * close the file again would end a lock that this process has on it.
 */
public final class FileLocks {
  /** Of fcntl(2), which are those of Java's channels. */
  private static final String POSIX = "POSIX";

  /** Of flock(2). */
  private static final String FLOCK = "FLOCK";

  private static final Path PROC = Path.of("/proc");

  /** A list below this fits into a page with the line that would come next. */
  private static final int AT_ONCE = 3800;

  /** One of a thousand is in vain where locks come and go all the time. */
  private static final int LOOKS = 4;

  private static final int KIND = 1;
  private static final int PID = 4;
  private static final int FILE = 5;

  private FileLocks() {}

  /**
   * The process that has a POSIX lock on a file, in this process's own numbers.
   *
   * @return empty when there is none, or when it is not to be seen from here
   */
  public static Optional<Integer> holder(Path file) throws IOException {
    Map<String, Object> status = Files.readAttributes(file, "unix:dev,ino");
    long device = number(status.get("dev"));
    String number =
        String.format(
            Locale.ROOT,
            "%02x:%02x",
            (device >> 8) & 0xfff,
            (device & 0xff) | ((device >> 12) & 0xfff00));
    Object key = key(file);
    return holder(POSIX, number, number(status.get("ino")), pid -> hasOpen(pid, key));
  }

  /** The process that has the lock of {@link Handle#tryLock}; as {@link #holder}. */
  public static Optional<Integer> holder(Handle handle) throws IOException {
    Object key = key(PROC.resolve("self/fd/" + handle.descriptor()));
    return holder(FLOCK, "", handle.status().inode(), pid -> hasOpen(pid, key));
  }

  /**
   * The kernel gives the list a page at a time and counts on by lines: when a lock on a page that
   * was read ends meanwhile, one that stands on the next page is left out. Where a host has many,
   * as with a mail server, what was not found is looked for again.
   */
  private static Optional<Integer> holder(
      String kind, String device, long inode, IntPredicate hasOpen) throws IOException {
    for (int look = 1; ; look++) {
      String locks = Files.readString(PROC.resolve("locks"), StandardCharsets.ISO_8859_1);
      Optional<Integer> holder = holder(locks, kind, device, inode, hasOpen);
      if (holder.isPresent() || look == LOOKS || locks.length() < AT_ONCE) {
        return holder;
      }
    }
  }

  private static long number(@Nullable Object attribute) {
    return ((Number) Objects.requireNonNull(attribute, "every Unix file has it")).longValue();
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Lines of those who wait for it have an arrow in the place of the kind. The device is that of
   * the whole file system, which stat(2) does not tell of files in a subvolume of btrfs or on
   * overlayfs: where it differs, whoever has a lock on a file of that number is asked for the file.
   *
   * @param kind of lock
   * @param device of the file by stat(2), as the lines have it; empty to ask in any case
   * @param hasOpen whether a process has the file open
   */
  static Optional<Integer> holder(
      String locks, String kind, String device, long inode, IntPredicate hasOpen) {
    String wanted = ":" + inode;
    for (String line : locks.lines().toList()) {
      String[] words = line.strip().split(" +");
      if (words.length > FILE && words[KIND].equals(kind) && words[FILE].endsWith(wanted)) {
        int pid = Integer.parseInt(words[PID]);
        if (words[FILE].equals(device + wanted)) {
          return pid > 0 ? Optional.of(pid) : Optional.empty();
        }
        if (pid > 0 && hasOpen.test(pid)) {
          return Optional.of(pid);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean hasOpen(int pid, Object key) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
      for (Path file : files) {
        if (isFile(file, key)) {
          return true;
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      return false; // it has ended, or is somebody else's
    }
    return false;
  }

  private static boolean isFile(Path descriptor, Object key) {
    try {
      return key.equals(key(descriptor));
    } catch (IOException e) {
      return false; // closed meanwhile, or no file
    }
  }
}
