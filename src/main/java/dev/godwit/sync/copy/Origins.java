package dev.godwit.sync.copy;

import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.Names;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Of which directory of the source each directory of the target is the copy, in a series of copies.
 * The directory is known by its handle, which it keeps when it is renamed and which no other one
 * gets, so it can be told whether a directory that is found under a new name is on the target
 * already, and where.
 *
 * <p>Invariant: a place has an origin only when it was listed as a whole, and when whatever was
 * listed there since was listed in the same directory. Nothing is said about what changed since:
 * who relies on a place has to know that.
 *
 * <p>About 200 bytes for each directory. Any thread.
 */
final class Origins {
  static final int PLACES_MAX = 200_000;

  private static final class Place {
    @Nullable Place in;
    byte[] name;
    @Nullable InodeHandle origin;

    /** Whether it may have got attributes of another directory. */
    boolean isMarked;

    /** Whether another directory has come here since the last one was listed. */
    boolean isReplaced;

    private @Nullable Map<Look.Key, Place> below;

    Place(@Nullable Place in, byte[] name) {
      this.in = in;
      this.name = name;
    }

    @Nullable Place below(byte[] one) {
      return below == null ? null : below.get(new Look.Key(one));
    }

    void put(Place one) {
      if (below == null) {
        below = new HashMap<>(4);
      }
      below.put(new Look.Key(one.name), one);
      one.in = this;
    }

    void remove(byte[] one) {
      if (below != null) {
        below.remove(new Look.Key(one));
      }
    }

    byte[] path() {
      Place up = in;
      if (up == null) {
        return Paths.NONE;
      }
      return Paths.join(up.path(), name);
    }
  }

  private final Place root = new Place(null, Paths.NONE);
  private final Map<InodeHandle, Place> byOrigin = new HashMap<>();
  private int places = 1;
  private boolean isFull;

  /**
   * A directory is about to be listed.
   *
   * @param directory null where its file system has no handles
   * @param isWhole whether all that is in it is looked at, with everything below
   */
  synchronized void listed(byte[] path, @Nullable InodeHandle directory, boolean isWhole) {
    if (isWhole && directory != null) {
      leaveElsewhere(path, directory);
    }
    Place place = isWhole && directory != null ? make(path) : find(path);
    if (place == null) {
      return;
    }
    if (directory != null && directory.equals(place.origin)) {
      place.isReplaced = false;
      return;
    }
    place.isMarked = false;
    place.isReplaced |= directory != null && place.origin != null;
    forget(place.origin);
    place.origin = null;
    if (isWhole && directory != null) {
      // What is below stays: of each it is told by itself when it goes, or another one is listed.
      byOrigin.put(directory, place);
      place.origin = directory;
    }
  }

  /** It comes to this path as another one, with all that is in it. */
  private void leaveElsewhere(byte[] path, InodeHandle directory) {
    Place before = byOrigin.get(directory);
    if (before != null && before != find(path)) {
      letGo(before);
      before.isReplaced = true;
    }
  }

  /**
   * Whether another directory has come to this path, or one above it, in the place of one that was
   * listed there: until it is listed once more.
   */
  synchronized boolean isReplaced(byte[] path) {
    Place place = root;
    for (byte[] name : Names.components(path)) {
      place = place.below(name);
      if (place == null) {
        return false;
      }
      if (place.isReplaced) {
        return true;
      }
    }
    return false;
  }

  /** At a path is no directory, or nothing. */
  synchronized void gone(byte[] path) {
    Place place = find(path);
    if (place != null && place.in != null) {
      place.in.remove(place.name);
      drop(place);
    }
  }

  /** The place of this path may have got attributes that its copy is not to have. */
  synchronized void mark(byte[] path) {
    Place place = find(path);
    if (place != null) {
      place.isMarked = true;
    }
  }

  synchronized boolean isMarked(byte[] path) {
    Place place = find(path);
    return place != null && place.isMarked;
  }

  /** The copy of a directory is not to be relied on any more, nor those that are in it. */
  synchronized void letGo(byte[] path) {
    Place place = find(path);
    if (place != null) {
      letGo(place);
    }
  }

  private void letGo(Place place) {
    forget(place.origin);
    place.origin = null;
    dropBelow(place);
  }

  /** The names at which a directory has copies of others. */
  synchronized List<byte[]> namesIn(byte[] path) {
    Place place = find(path);
    if (place == null || place.below == null) {
      return List.of();
    }
    List<byte[]> names = new ArrayList<>();
    for (Place one : place.below.values()) {
      if (one.origin != null) {
        names.add(one.name);
      }
    }
    return names;
  }

  synchronized boolean has(InodeHandle origin) {
    return byOrigin.containsKey(origin);
  }

  /** Of which directory a place has the copy; null when that is not known. */
  synchronized @Nullable InodeHandle originAt(byte[] path) {
    Place place = find(path);
    return place == null ? null : place.origin;
  }

  /**
   * Of which directories the places below a path have the copies, those above others first.
   *
   * @param max how many places are looked at
   */
  synchronized List<InodeHandle> originsBelow(byte[] path, int max) {
    Place top = find(path);
    if (top == null || top.below == null) {
      return List.of();
    }
    List<InodeHandle> origins = new ArrayList<>();
    Deque<Place> open = new ArrayDeque<>(top.below.values());
    for (int looked = 0; looked < max && !open.isEmpty(); looked++) {
      Place place = open.remove();
      if (place.origin != null) {
        origins.add(place.origin);
      }
      if (place.below != null) {
        open.addAll(place.below.values());
      }
    }
    return origins;
  }

  /** Where the copy of a directory is; null when there is none. */
  synchronized byte @Nullable [] placeOf(InodeHandle origin) {
    Place place = byOrigin.get(origin);
    return place == null ? null : place.path();
  }

  /**
   * The places at and below a path of which it is not known what they are copies of.
   *
   * @return null when there may be more of them
   */
  synchronized @Nullable List<byte[]> unknown(byte[] path) {
    Place top = find(path);
    if (isFull || top == null) {
      return null;
    }
    List<byte[]> unknown = new ArrayList<>(0);
    Deque<Place> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      Place place = open.remove();
      if (place.origin == null) {
        unknown.add(place.path());
      }
      if (place.below != null) {
        open.addAll(place.below.values());
      }
    }
    return unknown;
  }

  /**
   * A directory of the target was renamed.
   *
   * @param isExchanged whether what stood at {@code to} stands at {@code from} now
   */
  synchronized void renamed(byte[] from, byte[] to, boolean isExchanged) {
    Place moved = take(from);
    boolean isRising = isExchanged && Paths.isAtOrBelow(from, to);
    // What had in the one the name that the one had in the other.
    Place inner = isRising && moved != null ? below(moved, from, to.length) : null;
    Place other = take(to);
    if (moved != null) {
      put(moved, to);
    }
    if (other != null && isExchanged) {
      put(other, from);
    } else if (other != null) {
      drop(other);
    }
    if (inner != null) {
      put(inner, Paths.concat(from, Arrays.copyOfRange(from, to.length, from.length)));
    }
  }

  /** Takes what a place has at the end of a path, from some byte on. */
  private static @Nullable Place below(Place place, byte[] path, int after) {
    Place at = place;
    for (byte[] name : Names.components(Arrays.copyOfRange(path, after + 1, path.length))) {
      Place next = at.below(name);
      if (next == null) {
        return null;
      }
      at = next;
    }
    Place in = at.in;
    if (in != null) {
      in.remove(at.name);
    }
    return at;
  }

  private @Nullable Place take(byte[] path) {
    Place place = find(path);
    if (place != null && place.in != null) {
      place.in.remove(place.name);
    }
    return place;
  }

  private void put(Place place, byte[] path) {
    Place in = make(Paths.parent(path));
    if (in == null) {
      drop(place);
      return;
    }
    byte[] name = Paths.name(path);
    Place stale = in.below(name); // gone from the target, by somebody else
    if (stale != null) {
      drop(stale);
    }
    place.name = name;
    in.put(place);
  }

  private @Nullable Place find(byte[] path) {
    return walk(path, false);
  }

  /** Null when there are too many. */
  private @Nullable Place make(byte[] path) {
    return walk(path, true);
  }

  private @Nullable Place walk(byte[] path, boolean makes) {
    Place at = root;
    for (byte[] name : Names.components(path)) {
      Place below = at.below(name);
      if (below == null) {
        if (!makes || places >= PLACES_MAX) {
          isFull |= makes;
          return null;
        }
        below = new Place(at, name);
        at.put(below);
        places++;
      }
      at = below;
    }
    return at;
  }

  private void forget(@Nullable InodeHandle origin) {
    if (origin != null) {
      byOrigin.remove(origin);
    }
  }

  private void dropBelow(Place place) {
    if (place.below != null) {
      place.below.values().forEach(this::drop);
      place.below = null;
    }
  }

  private void drop(Place top) {
    Deque<Place> open = new ArrayDeque<>();
    open.add(top);
    while (!open.isEmpty()) {
      Place place = open.remove();
      places--;
      forget(place.origin);
      place.origin = null;
      if (place.below != null) {
        open.addAll(place.below.values());
      }
    }
  }
}
