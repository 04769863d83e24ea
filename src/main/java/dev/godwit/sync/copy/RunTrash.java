package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a single copy keeps what it replaces or removes (--trash, H37): a folder of its own for
 * each run, below the directory that was named. Nothing in that directory is ever replaced or
 * removed: where it is in the target, it takes no part in the copy. A series of copies has {@link
 * Trash}.
 */
final class RunTrash {
  private static final DateTimeFormatter SECOND =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH'h'mm'm'ss's'").withZone(ZoneOffset.UTC);

  private static final byte[] UP = {'.', '.'};
  private static final byte[] SLASH = {'/'};

  /** Below the target; null when it is elsewhere. */
  private final byte @Nullable [] path;

  private RunTrash(byte @Nullable [] path) {
    this.path = path;
  }

  /**
   * Finds out where it is, whether it stands already or not.
   *
   * @param root of the target
   * @return null when none was asked for, or when there is no target yet in which it could be
   * @throws CopyException when it is the target itself
   */
  static @Nullable RunTrash of(Rules rules, @Nullable DirectoryHandle root) throws CopyException {
    byte[] given = rules.trash;
    if (given == null || root == null) {
      return null;
    }
    byte[] below;
    try {
      below = below(root, given, rules);
    } catch (LinuxException e) {
      return new RunTrash(null); // who puts something into it tells what is in the way
    }
    if (below != null && below.length == 0) {
      throw new CopyException(
          CopyStatus.USAGE,
          "--trash="
              + Names.display(given)
              + " is the target itself, where what is kept would be taken for what the source"
              + " does not have. Name a folder in it, or one that is elsewhere");
    }
    return new RunTrash(below);
  }

  /**
   * Whether it is in none of the directories that are copied, where this run or the next one would
   * copy what is kept.
   *
   * @param root of the target
   * @param sources as they were named, on this host
   * @throws CopyException when it is
   */
  static void checkBeside(Rules rules, @Nullable DirectoryHandle root, List<byte[]> sources)
      throws CopyException {
    byte[] given = rules.trash;
    if (given == null || root == null) {
      return;
    }
    for (byte[] source : sources) {
      try (DirectoryHandle directory = OperatorPaths.openDirectory(source)) {
        // The target may be in the source, which is copied without it.
        if (below(root, given, rules) != null
            || below(directory.realPath(), place(root, given, rules)) == null) {
          continue;
        }
      } catch (LinuxException e) {
        continue; // a file; or who copies it tells what is in the way
      }
      throw new CopyException(
          CopyStatus.USAGE,
          "--trash="
              + Names.display(given)
              + " is in the source "
              + Names.display(source)
              + ", so that what is kept would be copied. Name a folder that is elsewhere");
    }
  }

  private static byte @Nullable [] below(DirectoryHandle root, byte[] given, Rules rules)
      throws LinuxException {
    return below(root.realPath(), place(root, given, rules));
  }

  private static byte @Nullable [] below(byte[] target, byte[] place) {
    int length = target.length == 1 ? 0 : target.length; // "/" has nothing after it
    if (place.length < length || !Arrays.equals(target, 0, length, place, 0, length)) {
      return null;
    }
    if (place.length == length) {
      return Paths.NONE;
    }
    return place[length] == '/' ? Arrays.copyOfRange(place, length + 1, place.length) : null;
  }

  /** Where a directory is, by the kernel's words as far as it stands. */
  private static byte[] place(DirectoryHandle root, byte[] given, Rules rules)
      throws LinuxException {
    boolean isAbsolute = given.length > 0 && given[0] == '/';
    int standing = given.length;
    while (true) {
      byte[] path = Arrays.copyOf(given, standing);
      try (DirectoryHandle there =
          OperatorPaths.openDirectory(
              isAbsolute ? null : root,
              path.length > 0 ? path : isAbsolute ? SLASH : Paths.HERE,
              rules.confineRoot)) {
        byte[] missing = Arrays.copyOfRange(given, standing, given.length);
        return joined(there.realPath(), Names.components(missing));
      } catch (LinuxException e) {
        if (e.errno() != Errno.ENOENT || standing == 0) {
          throw e;
        }
      }
      standing = Paths.parent(path).length;
    }
  }

  private static byte[] joined(byte[] directory, List<byte[]> missing) {
    byte[] path = directory.length == 1 ? Paths.NONE : directory; // "/" ends with its slash
    for (byte[] name : missing) {
      if (Names.isComponent(name)) {
        path = Paths.concat(path, Paths.concat(SLASH, name));
      } else if (Arrays.equals(name, UP)) {
        path = Paths.parent(path);
      }
    }
    return path;
  }

  /** The filters of the target, by which what is kept stays. */
  Filters guard(Filters filters) {
    return path == null ? filters : filters.protecting(path);
  }

  /** What of a directory's names is copied: all but the folder itself. */
  List<SourceEntry> besides(TargetDirectory directory, List<SourceEntry> all, TreeUpdate update) {
    if (path == null || !Arrays.equals(directory.path, Paths.parent(path))) {
      return all;
    }
    byte[] own = Paths.name(path);
    List<SourceEntry> others = new ArrayList<>();
    for (SourceEntry entry : all) {
      if (!Arrays.equals(directory.targetName(entry), own)) {
        others.add(entry);
        continue;
      }
      update.report.note(
          0,
          "not copied: "
              + Names.display(path)
              + ", because what is removed or replaced is kept there (--trash)");
      update.tally.seen(entry); // it takes part, though nothing is done about it
      update.source().passes(entry);
      update.outcomes.linkFailed(entry);
    }
    return others;
  }

  /** A folder that nobody else has, for what this run keeps. */
  static DirectoryHandle newFolder(DirectoryHandle in) throws LinuxException {
    byte[] second = Names.of(SECOND.format(Instant.now()));
    for (int i = 0; ; i++) {
      byte[] name = Trash.numbered(second, i);
      try {
        in.makeDirectory(name, 0700);
        return in.beneath(name);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EEXIST || i >= Trash.SAME_NAMES_MAX) {
          throw e;
        }
      }
    }
  }
}
