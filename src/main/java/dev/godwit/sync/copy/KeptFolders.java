package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The folders in which a target keeps what is removed or replaced. Where one is in the target
 * itself, by its path, it takes no part in the mirror: what is in it is not the source's.
 */
public final class KeptFolders {
  private static final byte[] UP = {'.', '.'};

  private KeptFolders() {}

  /** The rules that keep them out, on both sides. */
  public static List<FilterRule> excluded(Rules rules, byte[] target) {
    List<FilterRule> all = new ArrayList<>();
    names(rules, target).forEach(below -> all.add(FilterRule.anchored("-sr", below)));
    return all;
  }

  /** The names that lead to each of them, from the target on. */
  static List<List<byte[]>> names(Rules rules, byte[] target) {
    List<List<byte[]>> all = new ArrayList<>();
    for (byte @Nullable [] folder : Arrays.asList(rules.trash, rules.backupDirectory)) {
      List<byte[]> below = folder == null ? null : below(target, folder);
      if (below != null) {
        all.add(below);
      }
    }
    return all;
  }

  /** Whether what these names lead to, from the target on, is in one of them. */
  public static boolean hold(Rules rules, byte[] target, List<byte[]> names) {
    return names(rules, target).stream().anyMatch(folder -> between(folder, names) != null);
  }

  /** Whether a folder is the target itself, where its content would be taken for the source's. */
  public static boolean isTarget(byte[] target, byte[] folder) {
    List<byte[]> below = below(target, folder);
    return below != null && below.isEmpty();
  }

  /** Whether two paths lead to the same directory, as far as their names tell. */
  public static boolean isSame(byte[] one, byte[] other) {
    boolean isOfRoot = one[0] == '/';
    List<byte[]> a = walked(List.of(), one, isOfRoot);
    List<byte[]> b = walked(List.of(), other, isOfRoot);
    return isOfRoot == (other[0] == '/')
        && a.size() == b.size()
        && IntStream.range(0, a.size()).allMatch(i -> Arrays.equals(a.get(i), b.get(i)));
  }

  /** The names that lead from a target to another one; null when that is elsewhere. */
  public static @Nullable List<byte[]> targetBelow(byte[] target, byte[] other) {
    return (target[0] == '/') == (other[0] == '/')
        ? between(
            walked(List.of(), target, target[0] == '/'), walked(List.of(), other, other[0] == '/'))
        : null;
  }

  /** The names that lead from the target to a folder; null when it is elsewhere. */
  private static @Nullable List<byte[]> below(byte[] target, byte[] folder) {
    boolean isAbsolute = folder.length > 0 && folder[0] == '/';
    boolean isOfRoot = target[0] == '/';
    if (isAbsolute && !isOfRoot) {
      return null; // the target is in a home that is not known here
    }
    List<byte[]> root = walked(List.of(), target, isOfRoot);
    return between(root, walked(isAbsolute ? List.of() : root, folder, isOfRoot));
  }

  private static @Nullable List<byte[]> between(List<byte[]> root, List<byte[]> at) {
    if (at.size() < root.size()) {
      return null;
    }
    for (int i = 0; i < root.size(); i++) {
      if (!Arrays.equals(root.get(i), at.get(i))) {
        return null;
      }
    }
    return at.subList(root.size(), at.size());
  }

  /** Where a path leads, from where some names lead to; nothing is above the file system's root. */
  private static List<byte[]> walked(List<byte[]> from, byte[] path, boolean isOfRoot) {
    List<byte[]> at = new ArrayList<>(from);
    for (byte[] name : Names.components(path)) {
      if (Names.isComponent(name)) {
        at.add(name);
      } else if (Arrays.equals(name, UP)) {
        if (!at.isEmpty() && Names.isComponent(at.getLast())) {
          at.removeLast();
        } else if (!isOfRoot) {
          at.add(name);
        }
      }
    }
    return at;
  }
}
