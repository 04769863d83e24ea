package dev.godwit.sync;

import dev.godwit.linux.Names;
import java.util.List;

/**
 * Names that are not managed: neither sent nor removed (H29). The patterns are the simple ones of
 * rsync: {@code *.tmp} matches a name anywhere, {@code /a/b} only that path below the root, {@code
 * a/b} the end of a path; a final '/' restricts a pattern to directories. {@code *} and {@code ?}
 * match no '/', {@code **} does. What is below an excluded directory is excluded.
 */
public final class Excludes {
  private record Pattern(byte[] glob, boolean wholePath, boolean directoriesOnly) {}

  private final List<Pattern> patterns;

  public Excludes(List<String> patterns) {
    this.patterns = patterns.stream().map(Excludes::pattern).toList();
  }

  private static Pattern pattern(String text) {
    String glob = text;
    boolean directoriesOnly = glob.endsWith("/") && glob.length() > 1;
    if (directoriesOnly) {
      glob = glob.substring(0, glob.length() - 1);
    }
    if (glob.startsWith("/")) {
      return new Pattern(Names.of(glob.substring(1)), true, directoriesOnly);
    }
    if (glob.contains("/")) {
      return new Pattern(Names.of("**/" + glob), true, directoriesOnly);
    }
    return new Pattern(Names.of(glob), false, directoriesOnly);
  }

  /** Whether this name of a directory that is itself not excluded is left alone. */
  boolean matches(TreePath directory, byte[] name, boolean isDirectory) {
    if (patterns.isEmpty()) {
      return false;
    }
    byte[] path = directory.child(name).bytes();
    for (Pattern pattern : patterns) {
      if (pattern.directoriesOnly && !isDirectory) {
        continue;
      }
      if (matches(pattern, path, name)) {
        return true;
      }
    }
    return false;
  }

  private static boolean matches(Pattern pattern, byte[] path, byte[] name) {
    if (!pattern.wholePath) {
      return Glob.matches(pattern.glob, name);
    }
    byte[] glob = pattern.glob;
    boolean anyDepth = glob.length > 3 && glob[0] == '*' && glob[1] == '*' && glob[2] == '/';
    return Glob.matches(glob, path)
        || anyDepth && Glob.matches(java.util.Arrays.copyOfRange(glob, 3, glob.length), path);
  }

  /** Whether a directory or one above it is left alone. */
  boolean matchesDirectory(TreePath directory) {
    if (patterns.isEmpty()) {
      return false;
    }
    for (TreePath at = directory; !at.isRoot(); at = at.parent()) {
      if (matches(at.parent(), at.name(), true)) {
        return true;
      }
    }
    return false;
  }
}
