package dev.godwit.move;

import dev.godwit.host.MountBelow;
import dev.godwit.host.PathFacts;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.sync.Excludes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is mounted below the trees of a move and takes part in it (H25). Each host has its own: a
 * file system of old may be an ordinary directory on new, and the other way round. On old those
 * take part that the plan names; on new those that are there while it follows old, for they are
 * given what old has at their places.
 *
 * <p>Invariant: what has taken part on a host has to be mounted there whenever mirrors begin and
 * before each hold. As a source an empty place would have the other host's files removed, as a
 * target it would be given files that the mount hides when it is back (H27).
 */
final class TreeMounts {
  private final Move move;
  private final Plan plan;

  TreeMounts(Move move) {
    this.move = move;
    this.plan = move.plan();
  }

  private static String fact(Role role) {
    return "mounts-" + role.word();
  }

  /**
   * What takes part in the mirrors that are to follow the serving host; remembers it.
   *
   * @param isNewRoot whether what is mounted on either host is right, whatever it was before
   * @return one for each tree of the plan, in its order
   * @throws MoveException when something that has taken part is missing on the host that follows
   */
  List<MountChoice> follow(Direction direction, boolean isNewRoot) throws IOException {
    Role source = direction.serving();
    Role target = direction.next();
    if (isNewRoot) {
      remember(source, Map.of());
      remember(target, Map.of());
    }
    refuseMissing(target);
    add(target);
    if (source == Role.OLD || isNewRoot) {
      add(source);
    }
    List<MountChoice> choices = new ArrayList<>();
    for (FileTree tree : plan.files()) {
      Set<String> paths = new TreeSet<>(of(source, tree));
      if (source == Role.OLD) {
        paths.addAll(tree.mounts().paths());
      }
      choices.add(new MountChoice(List.copyOf(paths), false));
    }
    return choices;
  }

  /**
   * What may have come up or gone since the mirrors began; remembers what has come up where they
   * write to.
   *
   * @throws MoveException when a mount that takes part is missing, or there is one that does not
   */
  void audit(Direction direction) throws IOException {
    refuseMissing(direction.next());
    add(direction.next());
    refuseOthers(direction.serving());
  }

  /**
   * What is mounted below the trees takes part, or is left out by the plan: nothing else is
   * compared. Remembers nothing.
   *
   * @throws MoveException when a mount that takes part is missing, or there is one that does not
   */
  void refuseUnequal(Direction direction) throws IOException {
    refuseMissing(direction.next());
    refuseOthers(direction.serving());
    Role next = direction.next();
    for (FileTree tree : plan.files()) {
      for (MountBelow mount : now(next, tree)) {
        if (!mount.mayTakePart()) {
          throw notFollowed(next, tree, mount);
        }
      }
    }
  }

  /** Those on the host that is followed which take no part. */
  private void refuseOthers(Role serving) throws IOException {
    for (FileTree tree : plan.files()) {
      List<String> known = of(serving, tree);
      for (MountBelow mount : now(serving, tree)) {
        if (!known.contains(mount.path())) {
          throw notFollowed(serving, tree, mount);
        }
      }
    }
  }

  private MoveException notFollowed(Role role, FileTree tree, MountBelow mount) throws IOException {
    return new MoveException(
        MoveException.Kind.FAILED,
        "%s: another file system is mounted below %s: %s. What lies there is not followed. %s"
            .formatted(
                move.hosts().of(role).name(), role.path(tree), mount, wayOut(role, tree, mount)));
  }

  private String wayOut(Role serving, FileTree tree, MountBelow mount) {
    if (!mount.mayTakePart()) {
      return "Unmount it, or `exclude` it in the plan";
    }
    return serving == Role.NEW
        ? "To take it along: godwit start --new-root " + plan.typed()
        : tree.mounts().has(mount.path())
            ? "To take it along: godwit start " + plan.typed()
            : "Name it under `mounts` in the plan, `exclude` it there, or unmount it";
  }

  /** What has taken part below a tree on this host and still does by the plan. */
  List<String> of(Role role, FileTree tree) throws IOException {
    return remembered(role).getOrDefault(tree.path(), Set.of()).stream()
        .filter(path -> role == Role.NEW || tree.mounts().has(path))
        .toList();
  }

  /** Nothing of it is to be known to a later move. */
  void forget() throws IOException {
    remember(Role.OLD, Map.of());
    remember(Role.NEW, Map.of());
  }

  /** What is mounted below a tree now and is not left out by the plan. */
  private List<MountBelow> now(Role role, FileTree tree) throws IOException {
    List<MountBelow> now = new ArrayList<>();
    for (MountBelow one : PathFacts.of(move.hosts().of(role), role.path(tree)).mountsBelow()) {
      byte[] path = PathText.bytes(one.path());
      if (!Excludes.leaveOut(tree.exclude(), role.root(tree), path)) {
        now.add(one);
      }
    }
    return now;
  }

  private void refuseMissing(Role role) throws IOException {
    for (FileTree tree : plan.files()) {
      Set<String> missing = new TreeSet<>(of(role, tree));
      if (!missing.isEmpty()) {
        now(role, tree).forEach(mount -> missing.remove(mount.path()));
      }
      if (!missing.isEmpty()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s: what was mounted at %s/%s is gone. What is copied there now would be hidden when it is back, so mount it first; or, if none is meant any more: godwit start --new-root %s"
                .formatted(
                    move.hosts().of(role).name(),
                    role.path(tree),
                    PathText.display(missing.iterator().next()),
                    plan.typed()));
      }
    }
  }

  private void add(Role role) throws IOException {
    Map<String, Set<String>> all = remembered(role);
    for (FileTree tree : plan.files()) {
      for (MountBelow one : now(role, tree)) {
        if (one.mayTakePart() && (role == Role.NEW || tree.mounts().has(one.path()))) {
          all.computeIfAbsent(tree.path(), path -> new TreeSet<>()).add(one.path());
        }
      }
    }
    remember(role, all);
  }

  /** By the tree's path on old. A line for each mount: tree and path in hexadecimal digits. */
  private Map<String, Set<String>> remembered(Role role) throws IOException {
    Map<String, Set<String>> all = new LinkedHashMap<>();
    for (String line : move.journal().fact(fact(role)).orElse("").lines().toList()) {
      String[] both = line.split(" ", 2);
      all.computeIfAbsent(text(both[0]), path -> new TreeSet<>()).add(text(both[1]));
    }
    return all;
  }

  private void remember(Role role, Map<String, Set<String>> all) throws IOException {
    StringBuilder lines = new StringBuilder();
    all.forEach(
        (tree, paths) ->
            paths.forEach(
                path -> lines.append(hex(tree)).append(' ').append(hex(path)).append('\n')));
    move.journal().setFact(fact(role), lines.toString());
  }

  private static String hex(String path) {
    return HexFormat.of().formatHex(path.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
  }
}
