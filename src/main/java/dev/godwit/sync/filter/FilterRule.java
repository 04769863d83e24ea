package dev.godwit.sync.filter;

import dev.godwit.linux.Names;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One filter option as the user gave it: the text of a rule as {@code --filter} takes it, or the
 * lines of a file that {@code --exclude-from} and its like named, already read.
 *
 * @param kind which option it was
 * @param texts one rule or pattern each; bytes, because names are
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record FilterRule(Kind kind, List<byte[]> texts) {
  /** The longest text that is taken from a peer, in bytes: a pattern and what may be before it. */
  public static final int TEXT_BYTES_MAX = RuleText.ARGUMENT_BYTES_MAX + 100;

  /** How many texts of one option are taken from a peer. */
  public static final int TEXTS_MAX = 100_000;

  private static final int HEAD_BYTES = 8;
  private static final Kind[] KINDS = Kind.values();

  /** How the texts are to be read. */
  public enum Kind {
    /** {@code -f}: a whole rule, with its prefix. */
    RULE,
    /** {@code --exclude}, {@code --exclude-from}: a pattern, or a rule that says that it is one. */
    EXCLUDE,
    /** {@code --include}, {@code --include-from}. */
    INCLUDE,
    /** {@code -C}: what CVS leaves out; no text. */
    CVS
  }

  public FilterRule {
    texts = List.copyOf(texts);
  }

  /** An option with one text. */
  public static FilterRule of(Kind kind, byte[] text) {
    return new FilterRule(kind, List.of(text));
  }

  /**
   * A rule for one path from the root on, whatever signs are in it.
   *
   * @param prefix as {@code --filter} takes it
   * @param path the names that lead there
   */
  public static FilterRule anchored(String prefix, List<byte[]> path) {
    boolean isPattern = path.stream().anyMatch(FilterRule::hasWildcard);
    ByteArrayOutputStream rule = new ByteArrayOutputStream();
    rule.writeBytes(Names.of(prefix + " "));
    for (byte[] name : path) {
      rule.write('/');
      for (byte b : name) {
        // A backslash means nothing where no other sign does (rsync(1)).
        if (isPattern && (isWildcard(b) || b == '\\')) {
          rule.write('\\');
        }
        rule.write(b);
      }
    }
    return of(Kind.RULE, rule.toByteArray());
  }

  private static boolean hasWildcard(byte[] name) {
    for (byte b : name) {
      if (isWildcard(b)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isWildcard(byte b) {
    return b == '*' || b == '?' || b == '[';
  }

  /**
   * The rules of a file that {@code --exclude-from} or {@code --include-from} names: its lines
   * without empty ones and those that begin with '#' or ';'.
   *
   * @param zeroTerminated whether lines end with a NUL (--from0)
   */
  public static FilterRule ofFile(Kind kind, byte[] content, boolean zeroTerminated) {
    List<byte[]> texts = new ArrayList<>();
    RuleLines lines = new RuleLines(content, 0, zeroTerminated);
    for (byte[] text = lines.next(); text != null; text = lines.next()) {
      texts.add(text);
    }
    return new FilterRule(kind, texts);
  }

  /**
   * The same rules in options of which each takes, written, at most {@code bytesMax} bytes; so that
   * a message can hold it.
   *
   * @param bytesMax at least {@link #TEXT_BYTES_MAX} and a little more
   */
  public static List<FilterRule> inParts(List<FilterRule> rules, int bytesMax) {
    List<FilterRule> parts = new ArrayList<>();
    for (FilterRule rule : rules) {
      List<byte[]> texts = new ArrayList<>();
      int bytes = HEAD_BYTES;
      for (byte[] text : rule.texts) {
        if (!texts.isEmpty() && bytes + 4 + text.length > bytesMax) {
          parts.add(new FilterRule(rule.kind, texts));
          texts.clear();
          bytes = HEAD_BYTES;
        }
        texts.add(text);
        bytes += 4 + text.length;
      }
      parts.add(new FilterRule(rule.kind, texts));
    }
    return parts;
  }

  public void write(MessageWriter writer) {
    writer.u8(kind.ordinal()).list(texts, MessageWriter::bytes);
  }

  /**
   * The counterpart of {@link #write}, for what a peer sent.
   *
   * @throws WireException an unknown kind, too many texts, or one that is too long
   */
  public static FilterRule read(MessageReader reader) throws WireException {
    int kind = reader.u8();
    if (kind >= KINDS.length) {
      throw new WireException("malformed message: " + kind + " is no kind of filter option");
    }
    return new FilterRule(KINDS[kind], reader.list(TEXTS_MAX, r -> r.bytes(TEXT_BYTES_MAX)));
  }
}
