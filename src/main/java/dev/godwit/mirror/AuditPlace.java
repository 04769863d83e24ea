package dev.godwit.mirror;

import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far an audit has come. It takes the directories in one order, each before those in it and
 * these sorted by their names, so that a single path says which of them were looked at.
 *
 * @param upTo this directory and all before it were looked at; null: none
 * @param again directories that came to their places from where nobody had looked: each is looked
 *     at with all below it, in the end
 */
record AuditPlace(@Nullable String upTo, List<String> again) {
  static final AuditPlace START = new AuditPlace(null, List.of());

  /** So many, and so long together: what is more is looked at without delay. */
  static final int AGAIN_MAX = 100;

  static final int AGAIN_CHARS_MAX = 64 * 1024;

  /**
   * @throws IllegalArgumentException for what is no path below a root
   */
  AuditPlace {
    again = List.copyOf(again);
    boolean isUpTo = upTo == null || upTo.isEmpty() || isPath(upTo);
    if (!isUpTo || !again.stream().allMatch(AuditPlace::isPath)) {
      throw new IllegalArgumentException("a place of an audit that is not below the root");
    }
  }

  private static boolean isPath(String text) {
    return Names.isPathBelow(PathText.bytes(text));
  }

  /** Whether a directory and all below it were looked at. */
  boolean isPast(String directory) {
    return isPassed(directory, upTo)
        && upTo != null
        && !PathText.isAtOrBelow(upTo, directory)
        && again.stream().noneMatch(one -> isOneInOther(one, directory));
  }

  /** Whether a directory itself was looked at, when all up to another one were. */
  static boolean isPassed(String directory, @Nullable String upTo) {
    return upTo != null && inOrder(directory).compareTo(inOrder(upTo)) <= 0;
  }

  /** Sorts before everything that no name begins with: a directory comes before its neighbours. */
  private static String inOrder(String path) {
    return path.replace('/', '\0');
  }

  /** Whether one of two directories is the other one, or in it. */
  static boolean isOneInOther(String one, String other) {
    return PathText.isAtOrBelow(one, other) || PathText.isAtOrBelow(other, one);
  }

  /** The directories in a directory, the first one first. */
  static List<String> sorted(Collection<String> directories) {
    return directories.stream().sorted().toList();
  }

  /** Whether there is room for one more that is looked at again. */
  boolean hasRoomFor(String directory) {
    int chars = again.stream().mapToInt(String::length).sum();
    return again.size() < AGAIN_MAX && chars + directory.length() <= AGAIN_CHARS_MAX;
  }

  /** The same, and a directory is looked at again; its room was asked for before. */
  AuditPlace and(String directory) {
    List<String> more = new ArrayList<>(again);
    more.add(directory);
    return new AuditPlace(upTo, more);
  }

  void write(MessageWriter message) {
    message.bool(upTo != null).bytes(PathText.bytes(upTo == null ? "" : upTo));
    message.list(again, (m, one) -> m.bytes(PathText.bytes(one)));
  }

  static AuditPlace read(MessageReader message) throws WireException {
    boolean hasBegun = message.bool();
    String upTo = PathText.of(message.bytes(Report.PATH_BYTES_MAX));
    List<String> again = message.list(AGAIN_MAX, r -> PathText.of(r.bytes(Report.PATH_BYTES_MAX)));
    try {
      return new AuditPlace(hasBegun ? upTo : null, again);
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }
}
