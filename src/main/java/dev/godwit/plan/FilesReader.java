package dev.godwit.plan;

import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.MountChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Reads {@code files}: the trees that are moved. */
final class FilesReader {
  private static final String EXPECTED =
      "a list of absolute paths, or of { path, exclude, to, mounts }";
  private static final Section.Shape SHAPE =
      new Section.Shape("a file tree", List.of("path", "exclude", "to", "mounts"));

  /** Views of the kernel, and what a host writes for itself while it runs: never a service's. */
  private static final Set<String> NOT_FILES = Set.of("/", "/proc", "/sys", "/dev", "/run");

  /** A tree and where it was written. */
  private record Placed(Node node, FileTree tree) {}

  private final Problems problems;
  private final Values values;
  private final List<Placed> all = new ArrayList<>();

  FilesReader(Problems problems) {
    this.problems = problems;
    this.values = new Values(problems);
  }

  /** Reads the key's value. */
  void read(Node node) {
    all.addAll(values.list(node, "files", EXPECTED, this::tree));
  }

  /** A tree that moves because another part of the plan says so. */
  void add(Node node, FileTree tree) {
    all.add(new Placed(node, tree));
  }

  /**
   * All of them, looked at together.
   *
   * @param isWithinHost whether they stay on their host
   */
  List<FileTree> trees(boolean isWithinHost) {
    checkOverlaps(all);
    if (isWithinHost) {
      all.forEach(this::checkApart);
    }
    return all.stream().map(Placed::tree).toList();
  }

  private @Nullable Placed tree(Node node) {
    if (!(node instanceof MappingNode)) {
      String path = root(node, "files");
      return path == null ? null : new Placed(node, new FileTree(path, path, List.of()));
    }
    Section section = Section.open(node, SHAPE, problems);
    if (section == null) {
      return null;
    }
    Node pathNode = section.require("path", "the absolute path of a directory on old");
    Node toNode = section.get("to");
    Node excludeNode = section.get("exclude");
    Node mountsNode = section.get("mounts");
    String path = pathNode == null ? null : root(pathNode, "path");
    String to = toNode == null ? path : root(toNode, "to");
    List<String> exclude = excludeNode == null ? List.of() : exclude(excludeNode);
    MountChoice mounts = mountsNode == null ? MountChoice.NONE : mounts(mountsNode);
    return path == null || to == null
        ? null
        : new Placed(node, new FileTree(path, to, exclude, mounts));
  }

  /** As a mirror's file has it: one value, or a list. */
  private MountChoice mounts(Node node) {
    String expected = "a list of directories below the path, or all";
    List<String> words = new ArrayList<>();
    if (node instanceof ScalarNode) {
      String word = values.text(node, "mounts", expected);
      words.addAll(word == null ? List.of() : List.of(word));
    } else {
      words.addAll(values.list(node, "mounts", expected, n -> values.text(n, "mounts", expected)));
    }
    return MountChoice.of(
        words.stream().map(Names::of).map(PathText::of).toList(),
        word ->
            problems.add(
                node,
                "mounts: found %s, expected a path below this one, without / at its start, or all"
                    .formatted(Problems.quote(PathText.display(word)))));
  }

  private List<String> exclude(Node node) {
    String expected = "a list of patterns such as [\"*.tmp\"]";
    return values.list(node, "exclude", expected, n -> values.text(n, "exclude", "a pattern"));
  }

  private @Nullable String root(Node node, String key) {
    String path = values.path(node, key);
    if (path != null && NOT_FILES.contains(path)) {
      return values.wrong(node, key, "a directory of the service; this one belongs to the host");
    }
    return path;
  }

  /** What lies in two trees would be written by two mirrors, and deleted by one of them. */
  private void checkOverlaps(List<Placed> all) {
    List<Placed> before = new ArrayList<>();
    for (Placed placed : all) {
      if (!overlaps(placed, before, FileTree::path, "on old")) {
        overlaps(placed, before, FileTree::to, "on new");
      }
      before.add(placed);
    }
  }

  /** On one host a tree may not go into any tree that is copied: it would be copied again. */
  private void checkApart(Placed placed) {
    String to = placed.tree().to();
    for (Placed other : all) {
      String path = other.tree().path();
      String relation = relation(to, path);
      if (relation != null) {
        problems.add(
            placed.node(),
            "files: %s, where it goes, %s %s of line %d, and old and new are one host; expected a `to` apart from every tree"
                .formatted(
                    Problems.quote(to),
                    relation,
                    Problems.quote(path),
                    Problems.line(other.node())));
        return;
      }
    }
  }

  private static @Nullable String relation(String path, String other) {
    return path.equals(other)
        ? "is the same directory as"
        : path.startsWith(other + "/")
            ? "lies inside"
            : other.startsWith(path + "/") ? "contains" : null;
  }

  private boolean overlaps(
      Placed placed, List<Placed> before, Function<FileTree, String> side, String where) {
    String path = side.apply(placed.tree());
    for (Placed other : before) {
      String otherPath = side.apply(other.tree());
      String relation = relation(path, otherPath);
      if (relation != null) {
        problems.add(
            placed.node(),
            "files: %s %s %s of line %d %s, expected trees that do not overlap"
                .formatted(
                    Problems.quote(path),
                    relation,
                    Problems.quote(otherPath),
                    Problems.line(other.node()),
                    where));
        return true;
      }
    }
    return false;
  }
}
