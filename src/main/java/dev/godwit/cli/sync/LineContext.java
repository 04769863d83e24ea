package dev.godwit.cli.sync;

import dev.godwit.sync.content.ChecksumChoice;
import dev.godwit.sync.copy.Item;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.Rules;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What lines of one run need to know. */
final class LineContext {
  private final Rules rules;
  private final Direction direction;
  private final List<byte[]> sources;
  private final boolean hasList;
  private final Escaper escaper;
  private @Nullable Clock clock;

  LineContext(Invocation invocation, Direction direction, Escaper escaper) {
    this.rules = invocation.rules();
    this.direction = direction;
    this.sources = invocation.sources();
    this.hasList = invocation.files() != null || invocation.filesOnOtherHost() != null;
    this.escaper = escaper;
  }

  boolean sends() {
    return direction == Direction.PUSH;
  }

  String operation() {
    return direction.operation();
  }

  /** Whether the owner is on the line at all, as rsync has it. */
  boolean keepsOwner() {
    return rules.owner;
  }

  boolean keepsGroup() {
    return rules.group;
  }

  Escaper escaper() {
    return escaper;
  }

  /** Time zones are loaded for those who print times only. */
  Clock clock() {
    Clock made = clock;
    if (made == null) {
      made = new Clock();
      clock = made;
    }
    return made;
  }

  /** How many hexadecimal digits a checksum has. */
  int sumDigits() {
    ChecksumChoice choice = ChecksumChoice.parse(rules.checksumChoice);
    return 2 * (rules.checksum ? choice.compare() : choice.transfer()).bytes();
  }

  /**
   * The path of a name at the source, as the sender sees it: below the argument's directory, or
   * with a list below the argument, without '/' in front.
   */
  byte[] sourcePath(Item item) {
    byte[] name = item.path();
    boolean isRelative = direction == Direction.PULL || rules.relative;
    byte[] prefix = direction == Direction.PULL || hasList ? new byte[0] : prefix(item);
    if (prefix.length == 0) {
      boolean isAbsolute = name.length > 1 && name[0] == '/';
      return isRelative && isAbsolute ? Arrays.copyOfRange(name, 1, name.length) : name;
    }
    return new ByteText().add(prefix).add((byte) '/').add(name).toBytes();
  }

  private byte[] prefix(Item item) {
    byte @Nullable [] source = item.source() >= 0 ? sources.get(item.source()) : null;
    if (rules.relative) {
      return source == null ? new byte[0] : leftOut(source);
    }
    return source == null ? prefixOf(item.path()) : prefix(source);
  }

  private byte[] prefixOf(byte[] name) {
    byte[] prefix = prefix(sources.getFirst());
    for (byte[] source : sources) {
      // Of several sources, the one that the name begins with.
      if (sources.size() > 1 && isBelow(name, source)) {
        prefix = prefix(source);
        break;
      }
    }
    return prefix;
  }

  private static boolean isBelow(byte[] name, byte[] source) {
    int from = lastSlash(source) + 1;
    int length = source.length - from;
    return length > 0
        && name.length >= length
        && Arrays.equals(name, 0, length, source, from, source.length)
        && (name.length == length || name[length] == '/');
  }

  /** The directory that names of this source stand in, cleaned. */
  private static byte[] prefix(byte[] source) {
    int slash = lastSlash(source);
    boolean isHere = source.length - slash == 2 && source[source.length - 1] == '.';
    int to = slash < 0 ? 0 : slash;
    if (slash < 0 && !isHere) {
      return new byte[0];
    }
    return clean(source, to);
  }

  /** What {@code --relative} leaves out of a source's names: all before {@code /./}. */
  private static byte[] leftOut(byte[] source) {
    for (int i = 0; i + 2 < source.length; i++) {
      if (source[i] == '/' && source[i + 1] == '.' && source[i + 2] == '/') {
        return clean(source, i);
      }
    }
    return new byte[0];
  }

  /** So much of a path, without {@code .} and without needless slashes. */
  private static byte[] clean(byte[] source, int to) {
    ByteText clean = new ByteText();
    int from = 0;
    for (int i = 0; i <= to; i++) {
      if (i == to || source[i] == '/') {
        boolean isDot = i - from == 1 && source[from] == '.';
        if (i > from && !isDot) {
          if (clean.length() > 0) {
            clean.add((byte) '/');
          }
          clean.add(source, from, i - from);
        }
        from = i + 1;
      }
    }
    return clean.toBytes();
  }

  private static int lastSlash(byte[] path) {
    int at = path.length - 1;
    while (at >= 0 && path[at] != '/') {
      at--;
    }
    return at;
  }
}
