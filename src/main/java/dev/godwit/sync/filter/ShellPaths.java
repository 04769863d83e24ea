package dev.godwit.sync.filter;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.godwit.linux.Accounts;
import dev.godwit.linux.DirectoryEntry;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a path on another host stands for there. With rsync(1) the login shell of that host sees the
 * paths, and people count on it: {@code host:*.log}, {@code host:~/mail}. Here no shell sees them;
 * this makes of them what one would: {@code ~} or {@code ~USER} at the beginning is a home
 * directory, {@code *}, {@code ?} and {@code [...]} stand for the names that are there (glob(7)),
 * and a backslash before one of these makes it mean itself. Nothing else means anything. A path
 * that matches nothing stays as it is.
 */
public final class ShellPaths {
  /** More than any kernel takes as arguments of a program (execve(2)). */
  private static final int MATCHES_MAX = 1 << 20;

  private static final String WILDCARDS = "*?[]";

  private static final byte[] HERE = {'.'};
  private static final byte[] ROOT = {'/'};

  private ShellPaths() {}

  /**
   * The paths, in the order of their bytes; at least one.
   *
   * @throws LinuxException E2BIG with more matches than an argument list could ever hold
   */
  public static List<byte[]> expanded(byte[] given) throws LinuxException {
    byte[] path = quoted(given);
    int endOfHome = endOfHome(path);
    byte[] home = endOfHome > 0 ? home(Arrays.copyOfRange(path, 1, endOfHome)) : null;
    byte[] rest = home == null ? path : Arrays.copyOfRange(path, endOfHome, path.length);
    byte[] start = home == null ? new byte[0] : home;
    byte[] plain = joined(start, literal(rest));
    if (!hasWildcard(rest)) {
      return List.of(plain);
    }
    List<byte[]> found = List.of(start);
    int at = 0;
    while (at < rest.length && !found.isEmpty()) {
      int slash = at;
      while (slash < rest.length && rest[slash] != '/') {
        slash++;
      }
      int next = slash;
      while (next < rest.length && rest[next] == '/') {
        next++;
      }
      byte[] name = Arrays.copyOfRange(rest, at, slash);
      byte[] slashes = Arrays.copyOfRange(rest, slash, next);
      found =
          hasWildcard(name) ? matches(found, name, slashes) : below(found, literal(name), slashes);
      at = next;
    }
    List<byte[]> there = new ArrayList<>();
    for (byte[] one : found) {
      if (isThere(one)) {
        there.add(one);
      }
    }
    there.sort(Arrays::compareUnsigned);
    return there.isEmpty() ? List.of(plain) : there;
  }

  /** A path in which only wildcards mean anything to {@link #expanded} (rsync's -s). */
  public static byte[] withoutHome(byte[] path) {
    return endOfHome(path) > 0 ? joined(new byte[] {'.', '/'}, path) : path;
  }

  /** As a shell would have to be told: other backslashes mean themselves. */
  private static byte[] quoted(byte[] path) {
    ByteArrayOutputStream quoted = new ByteArrayOutputStream(path.length + 8);
    for (int i = 0; i < path.length; i++) {
      boolean isBackslash = path[i] == '\\';
      if (isBackslash && (i + 1 == path.length || WILDCARDS.indexOf(path[i + 1]) < 0)) {
        quoted.write('\\');
      }
      quoted.write(path[i]);
      if (isBackslash && i + 1 < path.length && WILDCARDS.indexOf(path[i + 1]) >= 0) {
        quoted.write(path[++i]);
      }
    }
    return quoted.toByteArray();
  }

  /**
   * Where a {@code ~} or {@code ~USER} at the beginning ends; 0 where none is. Users that a shell
   * would have to be told of in quotes are not meant.
   */
  private static int endOfHome(byte[] path) {
    if (path.length == 0 || path[0] != '~') {
      return 0;
    }
    int end = 1;
    while (end < path.length && path[end] != '/') {
      if (!Character.isLetterOrDigit(path[end]) && "._-".indexOf(path[end]) < 0) {
        return 0;
      }
      end++;
    }
    return end;
  }

  /**
   * @param user empty for the one who is here
   * @return null where nobody knows it
   */
  private static byte @Nullable [] home(byte[] user) throws LinuxException {
    byte[] home;
    if (user.length > 0) {
      Accounts.User known = Accounts.user(Names.display(user));
      home = known == null ? null : Names.of(known.home());
    } else {
      try {
        home = ProcessEnvironment.INSTANCE.value("HOME");
      } catch (FilterException e) {
        return null;
      }
    }
    return home == null || home.length == 0 || home[0] != '/' ? null : home;
  }

  private static boolean hasWildcard(byte[] text) {
    for (int i = 0; i < text.length; i++) {
      switch (text[i]) {
        case '\\' -> i++;
        case '*', '?', '[' -> {
          return true;
        }
        default -> {}
      }
    }
    return false;
  }

  /** Without the backslashes that take the next byte as it is. */
  private static byte[] literal(byte[] text) {
    ByteArrayOutputStream plain = new ByteArrayOutputStream(text.length);
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\\' && i + 1 < text.length) {
        i++;
      }
      plain.write(text[i]);
    }
    return plain.toByteArray();
  }

  private static List<byte[]> below(List<byte[]> directories, byte[] name, byte[] slashes) {
    return directories.stream().map(directory -> joined(directory, name, slashes)).toList();
  }

  private static List<byte[]> matches(List<byte[]> directories, byte[] pattern, byte[] slashes)
      throws LinuxException {
    Glob glob = Glob.ofShell(pattern);
    long[] states = new long[glob.words];
    glob.start(states, 0);
    boolean matchesHidden = pattern[0] == '.' || new String(pattern, ISO_8859_1).startsWith("\\.");
    List<byte[]> found = new ArrayList<>();
    for (byte[] path : directories) {
      try (DirectoryHandle directory = DirectoryHandle.open(path.length == 0 ? HERE : path)) {
        for (DirectoryEntry entry : directory.entries()) {
          byte[] name = entry.name();
          if ((matchesHidden || name[0] != '.')
              && glob.acceptsAfter(states, 0, name, false, false)) {
            found.add(joined(path, name, slashes));
          }
        }
      } catch (LinuxException e) {
        continue; // as with a shell: what cannot be listed has no names
      }
      if (found.size() > MATCHES_MAX) {
        throw new LinuxException("glob", Names.display(pattern), Errno.E2BIG);
      }
    }
    return found;
  }

  private static boolean isThere(byte[] path) {
    int end = path.length;
    while (end > 1 && path[end - 1] == '/') {
      end--;
    }
    int name = end;
    while (name > 0 && path[name - 1] != '/') {
      name--;
    }
    boolean isDirectory = end < path.length || name == end;
    byte[] parent = name == 0 ? HERE : name == 1 ? ROOT : Arrays.copyOf(path, name - 1);
    try {
      if (isDirectory) {
        DirectoryHandle.openForNames(path).close();
        return true;
      }
      try (DirectoryHandle in = DirectoryHandle.openForNames(parent)) {
        return in.status(Arrays.copyOfRange(path, name, end)) != null;
      }
    } catch (LinuxException e) {
      return false;
    }
  }

  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
