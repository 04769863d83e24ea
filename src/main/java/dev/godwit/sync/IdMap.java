package dev.godwit.sync;

import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The numbers that users and groups of one host have on another one, one to one, so that nothing is
 * lost there and back (H11). Immutable; looks nothing up.
 *
 * <p>Invariant: every number has one on the other host and no two have the same. A number that
 * somebody else is given without being mapped itself gets the one that has become free: of {@code
 * 1001:2001} alone, who was 2001 becomes 1001. Otherwise the files of both could not be told apart
 * on the way back. 0 is 0.
 */
public final class IdMap {
  /** Everybody has the same number on both hosts. */
  public static final IdMap NONE = new IdMap(Map.of(), Map.of());

  /** chown(2) takes it for "leave it". */
  private static final long NOBODY = 0xffff_ffffL;

  private static final int TEXT_BYTES_MAX = 1 << 20;

  private static final String NUMBER = "0|[1-9][0-9]{0,9}";

  private final Map<Integer, Integer> users;
  private final Map<Integer, Integer> groups;

  private IdMap(Map<Integer, Integer> users, Map<Integer, Integer> groups) {
    this.users = users;
    this.groups = groups;
  }

  /**
   * @param users unsigned numbers on the one host, with those on the other
   * @param groups likewise
   * @throws IllegalArgumentException for people, when two become one, or for 0 and 4294967295
   */
  public static IdMap of(Map<Long, Long> users, Map<Long, Long> groups) {
    return new IdMap(closed("users", users), closed("groups", groups));
  }

  private static Map<Integer, Integer> closed(String kind, Map<Long, Long> pairs) {
    Map<Long, Long> back = new LinkedHashMap<>();
    pairs.forEach(
        (from, to) -> {
          refuseSpecial(from);
          refuseSpecial(to);
          Long other = back.putIfAbsent(to, from);
          if (other != null) {
            throw new IllegalArgumentException(
                "the %s %d and %d would both become %d, and nobody could tell them apart on the way back"
                    .formatted(kind, other, from, to));
          }
        });
    Map<Long, Long> all = new TreeMap<>(pairs);
    for (long to : pairs.values()) {
      if (!pairs.containsKey(to)) {
        long free = to;
        for (Long from = back.get(free); from != null; from = back.get(free)) {
          free = from;
        }
        all.put(to, free);
      }
    }
    Map<Integer, Integer> numbers = new LinkedHashMap<>();
    all.forEach(
        (from, to) -> {
          if (!from.equals(to)) {
            numbers.put((int) (long) from, (int) (long) to);
          }
        });
    return numbers;
  }

  private static void refuseSpecial(long number) {
    if (number == 0) {
      throw new IllegalArgumentException(
          "0 is root on every host: nobody's files become root's, and root's nobody's");
    }
    if (number < 0 || number >= NOBODY) {
      throw new IllegalArgumentException(
          Long.toUnsignedString(number) + " is no number that a file's owner can have");
    }
  }

  /**
   * Reads what {@link #userText} and {@link #groupText} wrote.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static IdMap parse(String userText, String groupText) {
    return of(pairs(userText), pairs(groupText));
  }

  /** Reads what {@link #writeTo} wrote; who wrote it is not trusted. */
  public static IdMap read(MessageReader in) throws WireException {
    try {
      return parse(in.text(TEXT_BYTES_MAX), in.text(TEXT_BYTES_MAX));
    } catch (IllegalArgumentException e) {
      throw new WireException("malformed message: " + e.getMessage(), e);
    }
  }

  public void writeTo(MessageWriter out) {
    out.text(userText()).text(groupText());
  }

  private static Map<Long, Long> pairs(String text) {
    Map<Long, Long> pairs = new LinkedHashMap<>();
    if (!text.isEmpty()) {
      for (String pair : text.split(",", -1)) {
        String[] both = pair.split(":", -1);
        if (both.length != 2 || !both[0].matches(NUMBER) || !both[1].matches(NUMBER)) {
          throw new IllegalArgumentException("\"" + pair + "\" is no pair of numbers");
        }
        if (pairs.put(Long.parseLong(both[0]), Long.parseLong(both[1])) != null) {
          throw new IllegalArgumentException(both[0] + " is mapped twice");
        }
      }
    }
    return pairs;
  }

  /** The way back. */
  public IdMap inverse() {
    return new IdMap(inverse(users), inverse(groups));
  }

  private static Map<Integer, Integer> inverse(Map<Integer, Integer> numbers) {
    Map<Integer, Integer> inverse = new LinkedHashMap<>();
    numbers.forEach((from, to) -> inverse.put(to, from));
    return inverse;
  }

  public boolean isEmpty() {
    return users.isEmpty() && groups.isEmpty();
  }

  /** The number of a user on the other host. */
  public int user(int uid) {
    return users.getOrDefault(uid, uid);
  }

  /** The number of a group on the other host. */
  public int group(int gid) {
    return groups.getOrDefault(gid, gid);
  }

  /** As {@code --usermap} takes it; empty when no user has another number. */
  public String userText() {
    return text(users);
  }

  /** As {@code --groupmap} takes it; empty when no group has another number. */
  public String groupText() {
    return text(groups);
  }

  private static String text(Map<Integer, Integer> numbers) {
    StringJoiner text = new StringJoiner(",");
    numbers.forEach(
        (from, to) ->
            text.add(Integer.toUnsignedString(from) + ":" + Integer.toUnsignedString(to)));
    return text.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof IdMap map && map.users.equals(users) && map.groups.equals(groups);
  }

  @Override
  public int hashCode() {
    return 31 * users.hashCode() + groups.hashCode();
  }

  @Override
  public String toString() {
    return "users " + userText() + ", groups " + groupText();
  }
}
