package dev.godwit.mirror;

import dev.godwit.linux.PathText;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which files were renamed since they were looked at last, as far as the watch has told: hints
 * where the target may have their content. Bounded: what is more is sent. Pure; not safe for
 * threads.
 */
final class RenamedFiles {
  static final int FILES_MAX = 10_000;

  /** The names that the target may have files under, by the names that they have now. */
  private final Map<String, String> fromByTo = new LinkedHashMap<>();

  private final Map<String, String> toByFrom = new HashMap<>();

  /** New names of those that were put back, and until which ticket of the watch they wait. */
  private final Map<String, Long> waiting = new HashMap<>();

  /**
   * A file got another name.
   *
   * @return the name that the target may have it under
   */
  String renamed(String from, String to) {
    waiting.remove(from);
    String earlier = remove(from);
    String origin = earlier == null ? from : earlier;
    remove(to); // what was there is no more
    if (fromByTo.size() >= FILES_MAX) {
      return origin;
    }
    if (!origin.equals(to)) {
      put(to, origin);
    } else {
      put(to, from); // it went there and back, or two exchanged their names in one
      put(from, to);
    }
    return origin;
  }

  private void put(String to, String from) {
    fromByTo.put(to, from);
    toByFrom.put(from, to);
  }

  private @Nullable String remove(String to) {
    String from = fromByTo.remove(to);
    if (from != null) {
      toByFrom.remove(from, to);
    }
    return from;
  }

  /**
   * The new name is nothing any more: perhaps it was renamed again, which is told soon.
   *
   * @param ticket of the watch, for all that has happened by now
   * @param told the newest ticket of which all was told
   * @return false when all was told that happened before the first call
   */
  boolean putBack(String from, String to, long ticket, long told) {
    Long until = waiting.get(to);
    if (until != null && told >= until || waiting.size() >= FILES_MAX) {
      waiting.remove(to);
      return false;
    }
    String further = toByFrom.get(to);
    if (further != null) {
      waiting.remove(to);
      var unused = remove(further);
      if (!further.equals(from)) {
        put(further, from); // that was told meanwhile
      }
      return true;
    }
    waiting.putIfAbsent(to, ticket);
    if (!fromByTo.containsKey(to)) {
      put(to, from);
    }
    return true;
  }

  /** A directory was renamed on the target, with all that is in it. */
  void moved(String from, String to, boolean isExchanged) {
    if (fromByTo.isEmpty()) {
      return;
    }
    Map<String, String> all = new LinkedHashMap<>(fromByTo);
    fromByTo.clear();
    toByFrom.clear();
    all.forEach(
        (young, old) ->
            put(moved(young, from, to, isExchanged), moved(old, from, to, isExchanged)));
  }

  private static String moved(String path, String from, String to, boolean isExchanged) {
    if (path.length() > from.length() && PathText.isAtOrBelow(path, from)) {
      return to + path.substring(from.length());
    }
    boolean isOther = path.length() > to.length() && PathText.isAtOrBelow(path, to);
    return isExchanged && isOther ? from + path.substring(to.length()) : path;
  }

  /** Those that these looks look at, each told once. */
  Map<String, String> take(Looks looks) {
    Map<String, String> taken = new LinkedHashMap<>();
    if (looks.trees().contains("")) {
      toByFrom.clear();
      fromByTo.clear(); // everything is looked at in one: there is no before
      waiting.clear();
      return taken;
    }
    Set<String> trees = Set.copyOf(looks.trees());
    fromByTo
        .entrySet()
        .removeIf(
            one -> {
              String to = one.getKey();
              List<String> in = looks.names().get(PathText.parent(to));
              boolean isLookedAt =
                  in != null && in.contains(PathText.name(to)) || treeOf(to, trees) != null;
              if (isLookedAt) {
                taken.put(to, one.getValue());
                toByFrom.remove(one.getValue(), to);
              }
              return isLookedAt;
            });
    return taken;
  }

  /** Which of these trees a path is in; null for none. */
  static @Nullable String treeOf(String path, Set<String> trees) {
    if (trees.isEmpty()) {
      return null;
    }
    for (String up = path; !up.isEmpty(); ) {
      up = PathText.parent(up);
      if (trees.contains(up)) {
        return up;
      }
    }
    return null;
  }
}
