package dev.godwit.sync.copy;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One name that was looked at, and what became of it: what {@code -v}, {@code -i}, {@code
 * --out-format} and {@code --json} print a line for.
 *
 * @param change what differs or was done
 * @param path below the target; a directory's ends without '/'; "." for the target itself
 * @param kind what the source has there; of a removed name what the target had
 * @param mode type and permissions, as st_mode, of the source
 * @param size in bytes, of the source
 * @param mtimeSeconds of the source
 * @param link text of a symbolic link, or the path of the name that this one is a hard link of, or
 *     was renamed from; null otherwise
 * @param bytesMoved that the content took on the way: what of it was sent
 * @param matched bytes of the content that the target had already
 * @param atimeSeconds of the source
 * @param source which SRC argument it is from, counted from 0; -1 where that is not known
 * @param sum of the whole content, as --checksum-choice names it; null unless asked for
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Item(
    Change change,
    byte[] path,
    Kind kind,
    int mode,
    int uid,
    int gid,
    long size,
    long mtimeSeconds,
    int mtimeNanos,
    long device,
    byte @Nullable [] link,
    long bytesMoved,
    long matched,
    long atimeSeconds,
    int source,
    byte @Nullable [] sum) {

  /** The same with a path that does not begin with a '/', and so the name that it is a link of. */
  Item withoutRoot() {
    byte[] below = withoutRoot(path);
    if (below == path) {
      return this;
    }
    boolean isText = kind == Kind.SYMLINK && !change.has(Change.HARD_LINK);
    return new Item(
        change,
        below,
        kind,
        mode,
        uid,
        gid,
        size,
        mtimeSeconds,
        mtimeNanos,
        device,
        link == null || isText ? link : withoutRoot(link),
        bytesMoved,
        matched,
        atimeSeconds,
        source,
        sum);
  }

  private static byte[] withoutRoot(byte[] path) {
    return path.length > 1 && path[0] == '/' ? Arrays.copyOfRange(path, 1, path.length) : path;
  }

  /** What stands at a name. */
  public enum Kind {
    FILE('f'),
    DIRECTORY('d'),
    SYMLINK('L'),
    DEVICE('D'),
    SPECIAL('S');

    private final char letter;

    Kind(char letter) {
      this.letter = letter;
    }

    /** The second letter of rsync's itemized output. */
    public char letter() {
      return letter;
    }
  }
}
