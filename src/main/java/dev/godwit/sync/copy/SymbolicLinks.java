package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.rules.Rules;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the texts of symbolic links mean. */
final class SymbolicLinks {
  /** Bytes that the text of a link has at most: PATH_MAX without its NUL. */
  static final int TEXT_MAX = 4095;

  private static final byte[] MUNGED = "/rsyncd-munged/".getBytes(StandardCharsets.US_ASCII);

  private SymbolicLinks() {}

  /**
   * The text of a symbolic link for which a file stands (--fake-super): its content.
   *
   * @param path of the file, opened for its path alone
   */
  static byte[] fakeText(FileHandle path) throws LinuxException {
    try (FileHandle file = path.reopenForReading()) {
      byte[] text = new byte[TEXT_MAX];
      return Arrays.copyOf(text, file.read(text, 0, text.length, 0));
    }
  }

  /**
   * Whether a link may lead out of the transfer: an absolute text, an empty one, or more ".." than
   * there are directories (rsync(1), --safe-links). ".." anywhere but at the beginning is unsafe.
   *
   * @param path of the link below the target
   */
  static boolean isUnsafe(byte[] text, byte[] path) {
    if (text.length == 0 || text[0] == '/') {
      return true;
    }
    int depth = 0;
    for (int i = 0; i < path.length; i++) {
      if (path[i] == '/') {
        depth++;
      }
    }
    boolean leading = true;
    int from = 0;
    for (int i = 0; i <= text.length; i++) {
      if (i == text.length || text[i] == '/') {
        int length = i - from;
        if (length == 2 && text[from] == '.' && text[from + 1] == '.') {
          if (!leading) {
            return true;
          }
          depth--;
          if (depth < 0) {
            return true;
          }
        } else if (length > 0 && !(length == 1 && text[from] == '.')) {
          leading = false;
          depth++;
        }
        from = i + 1;
      }
    }
    // "../.." is refused wherever that leads, "../../" is not, as with rsync.
    return endsAbove(text);
  }

  private static boolean endsAbove(byte[] text) {
    int end = text.length;
    return end > 2 && text[end - 3] == '/' && text[end - 2] == '.' && text[end - 1] == '.';
  }

  /** The text of a link of the source, as it was before it was munged, where that is asked for. */
  static byte[] textAtSource(Rules rules, DirectoryHandle in, byte[] name) throws LinuxException {
    byte[] text = in.readLink(name);
    return rules.mungeLinks ? unmunged(text) : text;
  }

  /** A text that cannot be followed by accident, and from which the old one can be had again. */
  static byte[] munged(byte[] text) {
    return Paths.concat(MUNGED, text);
  }

  static byte[] unmunged(byte[] text) {
    boolean isMunged =
        text.length > MUNGED.length
            && Arrays.equals(text, 0, MUNGED.length, MUNGED, 0, MUNGED.length);
    return isMunged ? Arrays.copyOfRange(text, MUNGED.length, text.length) : text;
  }

  /**
   * The status of the directory that a link leads to.
   *
   * @return null for anything else, also when it cannot be followed, for whatever reason: the link
   *     counts as itself then, as with rsync
   */
  static @Nullable FileStatus directoryBehind(DirectoryHandle in, byte[] name) {
    try {
      FileStatus behind = in.statusThroughLink(name);
      return behind != null && behind.isDirectory() ? behind : null;
    } catch (LinuxException e) {
      return null;
    }
  }
}
