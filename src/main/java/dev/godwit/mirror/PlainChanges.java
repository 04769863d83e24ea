package dev.godwit.mirror;

import dev.godwit.watch.Change;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tells whether what a watch has told of at once can be looked at as it is. Pure. */
final class PlainChanges {
  private PlainChanges() {}

  /**
   * Whether nothing but names changed, each where the target has it too. Else something was
   * renamed, perhaps a directory above a file that was written before.
   *
   * @param pathOf the path of a name in the whole tree
   * @param placeOf the path that the target has of what happened in a directory; null where it has
   *     no copy of that
   */
  static boolean are(
      Collection<Change> changes,
      Function<Change.Names, String> pathOf,
      Function<Change.In, @Nullable String> placeOf) {
    Set<String> paths = new HashSet<>();
    Set<String> places = new HashSet<>();
    for (Change change : changes) {
      switch (change) {
        case Change.Names one -> paths.add(pathOf.apply(one));
        case Change.In one -> {
          String place = placeOf.apply(one);
          if (place != null) {
            places.add(place);
          }
        }
        default -> {
          return false;
        }
      }
    }
    return paths.containsAll(places);
  }
}
