package dev.godwit.sync.differential;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Makes a failing case smaller while it still fails in the same way, for a bounded time. */
final class Shrinker {
  private final Arena arena;
  private final Settings settings;
  private final String signature;
  private final Instant end;
  private Case smallest;

  private Shrinker(Arena arena, Settings settings, Case what, String signature, Duration time) {
    this.arena = arena;
    this.settings = settings;
    this.smallest = what;
    this.signature = signature;
    this.end = Instant.now().plus(time);
  }

  /** The smallest found; {@code what} itself when nothing smaller fails. */
  static Case shrink(Arena arena, Settings settings, Case what, Difference failure, Duration time)
      throws InterruptedException {
    Shrinker shrinker = new Shrinker(arena, settings, what, failure.signature(), time);
    shrinker.shrink();
    return shrinker.smallest;
  }

  private void shrink() throws InterruptedException {
    keepIfFails(smallest.plain());
    boolean smaller = true;
    while (smaller && Instant.now().isBefore(end)) {
      smaller = paths();
      smaller |= options();
      smaller |= sources();
      smaller |= nodes();
    }
  }

  private boolean keepIfFails(Case smaller) throws InterruptedException {
    if (!Instant.now().isBefore(end)) {
      return false;
    }
    boolean fails =
        settings
            .unexplained(smaller, arena.compare(smaller, Settings.RSYNC, settings.candidate()))
            .stream()
            .anyMatch(difference -> difference.signature().equals(signature));
    if (fails) {
      smallest = smaller;
    }
    return fails;
  }

  private boolean options() throws InterruptedException {
    boolean smaller = false;
    for (int i = smallest.options().size() - 1; i >= 0; i--) {
      List<List<String>> fewer = new ArrayList<>(smallest.options());
      List<String> removed = fewer.remove(i);
      if (keepIfFails(smallest.withOptions(fewer))) {
        smaller = true;
      } else if (removed.size() == 1 && removed.getFirst().matches("-[a-zA-Z]{2,}")) {
        smaller |= letters(i, removed.getFirst());
      }
    }
    return smaller;
  }

  private boolean letters(int at, String letters) throws InterruptedException {
    boolean smaller = false;
    String left = letters.equals("-a") ? "-rlptgoD" : letters.replace("a", "rlptgoD");
    for (int i = left.length() - 1; i > 0; i--) {
      String fewer = left.substring(0, i) + left.substring(i + 1);
      if (fewer.length() > 1) {
        List<List<String>> options = new ArrayList<>(smallest.options());
        options.set(at, List.of(fewer));
        if (keepIfFails(smallest.withOptions(options))) {
          left = fewer;
          smaller = true;
        }
      }
    }
    return smaller;
  }

  private boolean sources() throws InterruptedException {
    boolean smaller = false;
    for (int i = smallest.sources().size() - 1; i >= 0 && smallest.sources().size() > 1; i--) {
      List<String> fewer = new ArrayList<>(smallest.sources());
      fewer.remove(i);
      smaller |= keepIfFails(smallest.withSources(fewer));
    }
    return smaller;
  }

  /** Leaves out paths: many at first, then single ones. */
  private boolean paths() throws InterruptedException {
    boolean smaller = false;
    for (int size = Math.max(1, smallest.tree().nodes().size() / 2); size >= 1; size /= 2) {
      List<String> paths = smallest.tree().paths();
      for (int to = paths.size(); to > 0; to -= size) {
        Tree tree = smallest.tree().copy();
        paths.subList(Math.max(0, to - size), to).reversed().forEach(tree::remove);
        if (tree.nodes().size() < smallest.tree().nodes().size()) {
          smaller |= keepIfFails(smallest.withTree(tree));
        }
      }
    }
    return smaller;
  }

  private boolean nodes() throws InterruptedException {
    boolean smaller = false;
    for (Simpler simpler : Simpler.values()) {
      Tree all = smallest.tree().copy();
      boolean any = false;
      for (Node node : all.nodes().values()) {
        any |= simpler.apply(node);
      }
      if (!any || keepIfFails(smallest.withTree(all))) {
        continue;
      }
      for (String path : smallest.tree().paths()) {
        Tree tree = smallest.tree().copy();
        Node node = tree.get(path);
        if (node != null && simpler.apply(node)) {
          smaller |= keepIfFails(smallest.withTree(tree));
        }
      }
    }
    return smaller;
  }

  /** What one node can do without; each says whether it changed anything. */
  private enum Simpler {
    ATTRIBUTES {
      @Override
      boolean apply(Node node) {
        boolean had = !node.attributes.isEmpty();
        node.attributes = new TreeMap<>();
        return had;
      }
    },
    OWNER {
      @Override
      boolean apply(Node node) {
        boolean had = node.uid != 0 || node.gid != 0;
        node.uid = 0;
        node.gid = 0;
        return had;
      }
    },
    MODE {
      @Override
      boolean apply(Node node) {
        int plain = node.isDirectory() ? 0755 : 0644;
        boolean had = node.type != Node.Type.LINK && node.mode != plain;
        node.mode = had ? plain : node.mode;
        return had;
      }
    },
    TIME {
      @Override
      boolean apply(Node node) {
        boolean had = !node.mtime.equals(Node.ANY_TIME) || !node.atime.equals(Node.ANY_TIME);
        node.mtime = Node.ANY_TIME;
        node.atime = Node.ANY_TIME;
        return had;
      }
    },
    ACCESS_TIME {
      @Override
      boolean apply(Node node) {
        boolean had = !node.mtime.equals(node.atime);
        node.atime = node.mtime;
        return had;
      }
    },
    NANOSECONDS {
      @Override
      boolean apply(Node node) {
        boolean had = node.mtime.nanos() != 0;
        node.mtime = new Time(node.mtime.seconds(), 0);
        return had;
      }
    },
    EMPTY_CONTENT {
      @Override
      boolean apply(Node node) {
        boolean had = node.content.size() > 0;
        node.content = Content.EMPTY;
        return had;
      }
    },
    SHORT_CONTENT {
      @Override
      boolean apply(Node node) {
        boolean had = node.content.size() > 2;
        node.content = Content.text("ab");
        return had;
      }
    },
    NOT_MOUNTED {
      @Override
      boolean apply(Node node) {
        boolean had = node.mounted;
        node.mounted = false;
        return had;
      }
    };

    abstract boolean apply(Node node);
  }
}
