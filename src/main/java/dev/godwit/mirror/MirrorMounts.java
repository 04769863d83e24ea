package dev.godwit.mirror;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Mounts.Mount;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.copy.SeriesSource;
import dev.godwit.watch.Root;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What is mounted below the root of a mirror's source. Those mounts take part that were named; a
 * mirror goes on only while each of them is where it was and what it was (H27). All others are left
 * alone, and told (H25). Any thread, but {@link #open} is one's.
 */
final class MirrorMounts {
  /** A mount that takes part. */
  private record Joined(String path, Root root) {}

  private final MirrorSourceOptions options;
  private final SourceWatches watches;
  private final SeriesSource session;
  private final List<Joined> joined = new CopyOnWriteArrayList<>();

  /** Why the target must not be touched; null when it may. */
  private volatile @Nullable String shownInTarget;

  MirrorMounts(MirrorSourceOptions options, SourceWatches watches, SeriesSource session) {
    this.options = options;
    this.watches = watches;
    this.session = session;
  }

  /**
   * Lets those that are wanted take part, if all of them are there.
   *
   * @return what is in the way, for people; null when they take part now
   */
  @Nullable String open() throws IOException {
    Map<String, Root> opened = new TreeMap<>(); // one before those below it
    try {
      Map<String, String> wanted = wanted();
      Map<String, Mount> mounts = watches.root().mounts();
      for (Map.Entry<String, String> one : wanted.entrySet()) {
        String above = leftOutAbove(one.getKey(), mounts, wanted.keySet());
        String why =
            above == null
                ? open(one.getKey(), one.getValue(), opened)
                : RootGuard.leftOutObjection(shown(one.getKey()), shown(above));
        if (why != null) {
          return why;
        }
      }
      for (Map.Entry<String, Root> one : new LinkedHashMap<>(opened).entrySet()) {
        String path = one.getKey();
        int number = session.join(PathText.bytes(path));
        opened.remove(path);
        joined.add(new Joined(path, one.getValue()));
        watches.join(path, number, one.getValue());
      }
      return null;
    } finally {
      opened.values().forEach(Root::close);
    }
  }

  /** The paths of those that are to take part, each with what it was before; empty: not known. */
  private Map<String, String> wanted() throws IOException {
    Map<String, String> wanted = new LinkedHashMap<>();
    options.joined().forEach(one -> wanted.put(one.path(), one.identity()));
    if (options.joinsAll()) {
      Map<String, Mount> mounts = watches.root().mounts();
      for (Map.Entry<String, Mount> one : mounts.entrySet()) {
        String path = one.getKey();
        if (leftOutAbove(path, mounts, wanted.keySet()) == null && mayJoin(path, one.getValue())) {
          wanted.putIfAbsent(path, "");
        }
      }
    }
    return wanted;
  }

  /** The nearest mount that a path is in and that takes no part; null when there is none. */
  private static @Nullable String leftOutAbove(
      String path, Map<String, Mount> mounts, Set<String> wanted) {
    for (String up = PathText.parent(path); !up.isEmpty(); up = PathText.parent(up)) {
      if (mounts.containsKey(up) && !wanted.contains(up)) {
        return up;
      }
    }
    return null;
  }

  /** Whether a mount takes part that nobody has named. */
  private boolean mayJoin(String path, Mount mount) throws IOException {
    if (mount.isOfKernel() || !session.includes(PathText.bytes(path))) {
      return false;
    }
    try (Root root = watches.root().below(PathText.bytes(path))) {
      return !showsSource(path);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOTDIR || e.errno() == Errno.ENOENT) {
        return false; // a file, or gone by now
      }
      throw e;
    }
  }

  private @Nullable String open(String path, String identity, Map<String, Root> opened)
      throws IOException {
    Root root;
    try {
      root = watches.root().below(PathText.bytes(path));
    } catch (LinuxException e) {
      return absence(path, identity, e.reason());
    }
    opened.put(path, root);
    if (!root.isMountPoint()) {
      return absence(path, identity, identity.isEmpty() ? "" : "nothing is mounted there");
    }
    if (!identity.isEmpty() && !identity.equals(root.identity())) {
      return RootGuard.mountObjection(shown(path), Root.Fate.REPLACED, "");
    }
    return showsSource(path) ? RootGuard.loopObjection(shown(path)) : null;
  }

  private String absence(String path, String identity, String detail) {
    return identity.isEmpty()
        ? RootGuard.mountAbsence(shown(path), detail)
        : RootGuard.mountObjection(shown(path), Root.Fate.VANISHED, detail);
  }

  /** Whether a bind mount shows the source's root itself, or a directory that it is in. */
  private boolean showsSource(String path) throws IOException {
    Location source = Location.of(options.root());
    Location mounted = Location.of(PathText.bytes(whole(path)));
    return source != null && mounted != null && source.isIn(mounted);
  }

  private String whole(String path) {
    String root = PathText.of(options.root());
    return root.endsWith("/") ? root + path : root + "/" + path;
  }

  private String shown(String path) {
    return PathText.display(whole(path));
  }

  /**
   * Looks whether something of the source has been mounted below a target on this host, where it
   * would be changed: from then on {@link #objection} says so.
   *
   * @throws IOException when what is mounted cannot be read
   */
  void lookBelowTarget() throws IOException {
    byte[] target = options.targetHere();
    Location source = target.length == 0 ? null : Location.of(options.root());
    if (source == null) {
      return;
    }
    List<String> shown = Location.mountsOf(List.of(source), target);
    shownInTarget =
        shown.isEmpty()
            ? null
            : RootGuard.shownObjection(
                    Names.display(target), shown.getFirst(), Names.display(options.root()))
                + ". The mirror has stopped and changes nothing there; it goes on by itself when"
                + " that is done.";
  }

  /** Why the mirror must not go on, for people; null while all that take part are in place. */
  @Nullable String objection() throws IOException {
    if (shownInTarget != null) {
      return shownInTarget;
    }
    for (Joined one : joined) {
      Root.Fate fate = one.root.fate();
      if (fate == Root.Fate.VANISHED || fate == Root.Fate.REPLACED) {
        return isAnother(one.path)
            ? RootGuard.mountObjection(shown(one.path), Root.Fate.REPLACED, "")
            : RootGuard.mountObjection(shown(one.path), Root.Fate.VANISHED, "");
      }
    }
    return null;
  }

  /** Whether something is mounted there now, for people. */
  private boolean isAnother(String path) throws IOException {
    try (Root now = watches.root().below(PathText.bytes(path))) {
      return now.isMountPoint();
    } catch (LinuxException e) {
      return false;
    }
  }

  /** Those that take part. */
  List<KnownMount> known() {
    return joined.stream().map(one -> new KnownMount(one.path, one.root.identity())).toList();
  }

  boolean hasJoined(String path) {
    return joined.stream().anyMatch(one -> one.path.equals(path));
  }

  /**
   * What is mounted below the root, for people: what takes part, and of the rest what is in nothing
   * else of it, and in what the filters let take part.
   *
   * @param mounts as {@link Root#mounts} has them
   */
  List<MirrorMount> shown(Map<String, Mount> mounts) {
    List<MirrorMount> shown = new ArrayList<>();
    List<String> left = new ArrayList<>();
    for (Map.Entry<String, Mount> one : mounts.entrySet()) {
      String path = one.getKey();
      String type = one.getValue().type();
      if (hasJoined(path)) {
        shown.add(new MirrorMount(path, type, rung(path)));
      } else if (left.stream().noneMatch(above -> PathText.isAtOrBelow(path, above))
          && session.includes(PathText.bytes(path))) {
        left.add(path);
        shown.add(new MirrorMount(path, type, ""));
      }
    }
    return shown;
  }

  private String rung(String path) {
    for (SourceWatches.Part part : watches.parts()) {
      if (part.path.equals(path)) {
        return SourceWatches.rung(part.watch.state());
      }
    }
    return "";
  }
}
