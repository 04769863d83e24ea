package dev.godwit.sync.rules;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Files with a name or a pattern on each line (--exclude-from, --files-from). */
final class NameLists {
  private NameLists() {}

  /**
   * The lines, without empty ones and those that start with '#' or ';'. A line ends at LF, CR or
   * both, or at NUL only; a NUL inside a line ends what counts of it, as in rsync.
   *
   * @param from0 whether NUL ends lines, and nothing else does
   */
  static List<byte[]> read(byte[] content, boolean from0) {
    return lines(content, from0).stream().filter(line -> line[0] != '#' && line[0] != ';').toList();
  }

  /**
   * The names of --files-from. One that starts with '#' or ';' is a name where the list is not on
   * the source's host, as with rsync, which sends the lines there as they are.
   */
  static List<byte[]> names(byte[] content, boolean from0, boolean isOnSource) {
    return isOnSource ? read(content, from0) : lines(content, from0);
  }

  private static List<byte[]> lines(byte[] content, boolean from0) {
    List<byte[]> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= content.length; i++) {
      if (i < content.length && !isEnd(content[i], from0)) {
        continue;
      }
      int to = from;
      while (to < i && content[to] != 0) {
        to++;
      }
      if (to > from) {
        lines.add(Arrays.copyOfRange(content, from, to));
      }
      from = i + 1;
    }
    return lines;
  }

  private static boolean isEnd(byte c, boolean from0) {
    return from0 ? c == 0 : c == '\n' || c == '\r';
  }
}
