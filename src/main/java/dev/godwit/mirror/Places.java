package dev.godwit.mirror;

import dev.godwit.daemon.RulesException;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.rules.MirrorRule;
import dev.godwit.sync.copy.TrashPlace;
import dev.godwit.watch.Root;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether the places of mirrors go together, where both sides are on this host: a target in its own
 * source would be copied into itself for ever, a source in its target would be removed. Told by
 * inodes, whatever the paths look like.
 */
final class Places {
  private static final byte[] UP = Names.of("/..");
  private static final int DEPTH_MAX = 1000;

  private Places() {}

  /**
   * @param areSourcesThere whether sources have to be there by now; those of commands have to
   * @throws RulesException for people, with everything that is wrong
   */
  static void check(List<MirrorRule> rules, boolean areSourcesThere) throws RulesException {
    List<String> problems = new ArrayList<>();
    List<MirrorRule> there = new ArrayList<>();
    for (MirrorRule rule : rules) {
      String absence = rule.sourceHost() == null ? absence(rule) : null;
      if (absence == null) {
        there.add(rule);
      } else if (areSourcesThere || rule.actions() != null) {
        problems.add(absence);
      }
    }
    // Where the others lie is seen when their sources are there, by the claims of mirrors.
    for (MirrorRule rule : there) {
      if (rule.sourceHost() == null) {
        checkMounts(rule, problems);
      }
      checkTrash(rule, problems);
      for (MirrorRule other : there) {
        check(rule, other, problems);
        checkTargets(rule, other, problems);
      }
    }
    if (!problems.isEmpty()) {
      // A place that cannot be looked at is in the way of each comparison with another one.
      throw new RulesException(problems.stream().distinct().toList());
    }
  }

  /** Why a source of this host cannot be mirrored by now; null when it can. */
  private static @Nullable String absence(MirrorRule rule) {
    try (DirectoryHandle source = DirectoryHandle.open(rule.source())) {
      FileStatus unused = source.status();
      return null;
    } catch (LinuxException e) {
      return rule.name() + ": the source " + rule.from() + " cannot be opened: " + e.reason();
    }
  }

  /** A bind mount that takes part may show the target, which would be copied into itself too. */
  private static void checkMounts(MirrorRule rule, List<String> problems) {
    if (rule.targetHost() != null) {
      return;
    }
    try {
      for (String mount : mounts(rule)) {
        byte[] path = PathText.bytes(PathText.of(rule.source()) + "/" + mount);
        if (isIn(rule.target(), path)) {
          problems.add(
              rule.name()
                  + ": the target "
                  + rule.to()
                  + " is in "
                  + Names.display(path)
                  + ", a mount that takes part: it would be copied into itself. Leave that one out,"
                  + " or name a target elsewhere");
        }
      }
    } catch (IOException e) {
      problems.add(rule.name() + ": " + e.getMessage());
    }
  }

  /** Of a target on another host its side says what is on which file system. */
  private static void checkTrash(MirrorRule rule, List<String> problems) {
    byte[] trash = rule.rules().trash;
    if (trash == null || rule.targetHost() != null || rule.actions() != null) {
      return;
    }
    try {
      String misplaced = TrashPlace.objection(rule.target(), trash);
      if (misplaced != null) {
        problems.add(rule.name() + ": " + misplaced);
      }
      if (rule.sourceHost() == null && isIn(TrashPlace.of(rule.target(), trash), rule.source())) {
        problems.add(
            rule.name()
                + ": --trash="
                + Names.display(trash)
                + " is in the source "
                + rule.from()
                + ": what is kept there would be mirrored. Name a folder below DST, or elsewhere on"
                + " its file system");
      }
    } catch (IOException e) {
      problems.add(rule.name() + ": " + e.getMessage());
    }
  }

  private static Set<String> mounts(MirrorRule rule) throws IOException {
    Set<String> mounts = new TreeSet<>(rule.mounts().paths());
    if (rule.mounts().isAll()) {
      try (Root root = Root.open(rule.source())) {
        mounts.addAll(root.mounts().keySet());
      }
    }
    return mounts;
  }

  /** Whether the source of one is in the target of the other, and the reverse. */
  private static void check(MirrorRule rule, MirrorRule other, List<String> problems) {
    if (rule.targetHost() != null || other.sourceHost() != null || rule.actions() != null) {
      return;
    }
    boolean isOne = rule == other;
    try {
      boolean targetIsIn = isIn(rule.target(), other.source());
      boolean sourceIsIn = isIn(other.source(), rule.target());
      Location source = Location.of(other.source());
      List<String> shown =
          source == null || sourceIsIn
              ? List.of()
              : Location.mountsOf(List.of(source), rule.target());
      if (!shown.isEmpty()) {
        problems.add(
            rule.name()
                + ": "
                + RootGuard.shownObjection(rule.to(), shown.getFirst(), other.from()));
      }
      if (isOne && targetIsIn && sourceIsIn) {
        problems.add(rule.name() + ": the source and the target are the same: " + rule.from());
      } else if (isOne && targetIsIn) {
        problems.add(
            rule.name()
                + ": the target "
                + rule.to()
                + " is in its source "
                + rule.from()
                + ": it would be copied into itself. Name a target elsewhere");
      } else if (isOne && sourceIsIn) {
        problems.add(
            rule.name()
                + ": the source "
                + rule.from()
                + " is in its target "
                + rule.to()
                + ": it would be removed. Name a target elsewhere");
      } else if (!isOne && loops(rule, other)) {
        problems.add(
            rule.name()
                + " and "
                + other.name()
                + " go in a circle: each would overwrite what the other has brought. Keep one of"
                + " them");
      }
    } catch (IOException e) {
      problems.add(rule.name() + ": " + e.getMessage());
    }
  }

  private static void checkTargets(MirrorRule rule, MirrorRule other, List<String> problems) {
    if (rule != other && rule.removesTargetOf(other)) {
      problems.add(
          rule.name()
              + ": in its target "
              + rule.to()
              + " is "
              + other.to()
              + ", the target of "
              + other.name()
              + ": it would be removed there. Leave it out, with an exclude that begins with '/', or"
              + " name a target elsewhere");
    }
  }

  private static boolean loops(MirrorRule one, MirrorRule other) throws IOException {
    return one.name().compareTo(other.name()) < 0
        && other.actions() == null
        && one.sourceHost() == null
        && other.targetHost() == null
        && overlap(one.target(), other.source())
        && overlap(other.target(), one.source());
  }

  private static boolean overlap(byte[] a, byte[] b) throws IOException {
    return isIn(a, b) || isIn(b, a);
  }

  /** Whether a path, as far as it exists, leads to a directory or to one below it. */
  private static boolean isIn(byte[] inner, byte[] outer) throws IOException {
    FileStatus wanted = status(outer);
    if (wanted == null) {
      return false;
    }
    Location in = Location.of(inner);
    Location out = Location.of(outer);
    if (in != null && out != null && in.isIn(out)) {
      return true; // through a bind mount the way up is another one
    }
    byte[] at = inner;
    FileStatus here = status(at);
    while (here == null) {
      at = parent(at);
      here = status(at);
    }
    for (int i = 0; i < DEPTH_MAX; i++) {
      if (here.isSameInode(wanted)) {
        return true;
      }
      byte[] next = Arrays.copyOf(at, at.length + UP.length);
      System.arraycopy(UP, 0, next, at.length, UP.length);
      FileStatus above = status(next);
      if (above == null || above.isSameInode(here)) {
        return false;
      }
      at = next;
      here = above;
    }
    return false;
  }

  private static byte[] parent(byte[] path) {
    int end = path.length - 1;
    while (end > 0 && path[end] != '/') {
      end--;
    }
    return end <= 0 ? new byte[] {'/'} : Arrays.copyOf(path, end);
  }

  private static @Nullable FileStatus status(byte[] path) throws LinuxException {
    // Above a home there may be directories that nobody may list.
    try (DirectoryHandle directory = DirectoryHandle.openForNames(path)) {
      return directory.status();
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw e;
    }
  }
}
