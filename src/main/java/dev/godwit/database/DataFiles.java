package dev.godwit.database;

import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looks at directories of this host. Reads names and times only, never a file. */
final class DataFiles {
  /** A data directory lies at the root of a tree or a little below: {@code 15/main}. */
  private static final int SEARCH_DEPTH_MAX = 4;

  private static final int DEPTH_MAX = 64;

  /** A tree with more directories than this is not searched to its end. */
  private static final int SEARCHED_MAX = 20_000;

  private DataFiles() {}

  /**
   * The data directories at or below a path, none within another.
   *
   * @return empty also when there is no such directory
   */
  static List<Found> search(String path) throws IOException {
    List<Found> found = new ArrayList<>();
    int[] searched = new int[1];
    try (DirectoryHandle root = DirectoryHandle.open(path.getBytes(StandardCharsets.UTF_8))) {
      search(root, path, 0, searched, found);
    } catch (LinuxException e) {
      ignoreMissing(e);
    }
    return found;
  }

  private static void search(
      DirectoryHandle directory, String path, int depth, int[] searched, List<Found> found)
      throws IOException {
    Optional<Engine> engine = engine(directory);
    if (engine.isPresent()) {
      found.add(new Found(path, engine.get()));
      return;
    }
    if (depth == SEARCH_DEPTH_MAX || searched[0]++ > SEARCHED_MAX) {
      return;
    }
    for (DirectoryEntry entry : directory.entries()) {
      if (directory.isDirectory(entry)) {
        try (DirectoryHandle below = directory.beneath(entry.name())) {
          search(below, path + "/" + Names.display(entry.name()), depth + 1, searched, found);
        } catch (LinuxException e) {
          ignoreMissing(e);
        }
      }
    }
  }

  private static Optional<Engine> engine(DirectoryHandle directory) throws IOException {
    for (Engine engine : Engine.values()) {
      String[] marker = engine.marker().split("/", 2);
      if (marker.length == 1) {
        if (directory.status(bytes(marker[0])) != null) {
          return Optional.of(engine);
        }
      } else if (directory.status(bytes(marker[0])) != null) {
        try (DirectoryHandle below = directory.beneath(bytes(marker[0]))) {
          if (below.status(bytes(marker[1])) != null) {
            return Optional.of(engine);
          }
        } catch (LinuxException e) {
          ignoreMissing(e);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * How much lies below a path, and how much of it has changed lately.
   *
   * @param lately up to now
   */
  static Amount measure(String path, Duration lately) throws IOException {
    long[] sums = new long[4];
    long since = Instant.now().minus(lately).getEpochSecond();
    try (DirectoryHandle root = DirectoryHandle.open(path.getBytes(StandardCharsets.UTF_8))) {
      measure(root, since, sums, 0);
    } catch (LinuxException e) {
      ignoreMissing(e);
    }
    return new Amount(sums[0], sums[1], sums[2], sums[3]);
  }

  private static void measure(DirectoryHandle directory, long since, long[] sums, int depth)
      throws IOException {
    for (DirectoryEntry entry : directory.entries()) {
      FileStatus status = directory.status(entry.name());
      if (status == null) {
        continue;
      }
      if (status.isRegular()) {
        sums[0]++;
        sums[1] += status.size();
        if (status.mtimeSeconds() >= since) {
          sums[2]++;
          sums[3] += status.size();
        }
      } else if (status.isDirectory() && depth < DEPTH_MAX) {
        try (DirectoryHandle below = directory.beneath(entry.name())) {
          measure(below, since, sums, depth + 1);
        } catch (LinuxException e) {
          ignoreMissing(e);
        }
      }
    }
  }

  /** A directory that went while we looked, or that is none. */
  private static void ignoreMissing(LinuxException e) throws LinuxException {
    if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENOTDIR) {
      throw e;
    }
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }
}
