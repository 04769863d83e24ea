package dev.godwit.sync.copy;

import dev.godwit.linux.Names;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The places of a tree that one copy of a series is restricted to: directories with everything
 * below them, and single names. What a place holds is found out when the copy comes to it. To be
 * filled by one thread, and not to be changed once it was handed over.
 */
public final class Look {
  /** Suspect from the beginning of time. */
  static final long ALL = Long.MIN_VALUE;

  /** Suspect never. */
  static final long NONE = Long.MAX_VALUE;

  /** Of so many names at most it is told where they come from. */
  static final int CAME_FROM_MAX = 10_000;

  /** A file that changed so lately may have changed again within one stamp of its time (H19). */
  private static final Duration UNSEEN_AT_LEAST = Duration.ofSeconds(2);

  /** A place, or a directory on the way to one. */
  static final class Node {
    /** Whether the name itself is to be looked at, or is a directory of which names are. */
    boolean isAsked;

    /** Whether its content is compared although size and time are equal, if it is a file (H19). */
    boolean isSuspect;

    /** Whether everything below is looked at too, if it is a directory. */
    boolean isTree;

    /**
     * With {@link #isTree}: of the directories in it only those that the target lacks are entered.
     */
    boolean isAlone;

    /** With {@link #isAlone}: not even these, because they have looks of their own. */
    boolean leavesMissing;

    /** With {@link #isTree}: what below changed at this time or later is suspect; since 1970. */
    long suspectSince = NONE;

    /** With {@link #isTree}: what its files added up to; null when they were not added up. */
    @Nullable GatheredSum sum;

    /** The name that the target may have this file under, if it is one; null for none. */
    @Nullable OldName cameFrom;

    /** What is to be looked at in it. */
    final Map<Key, Node> below = new LinkedHashMap<>(4);

    @Nullable Node below(byte[] name) {
      return below.isEmpty() ? null : below.get(new Key(name));
    }

    private Node make(byte[] name) {
      return below.computeIfAbsent(new Key(name), key -> new Node());
    }

    /**
     * What is to be looked at in a directory of a tree.
     *
     * @param name in the directory of this node, which is a tree
     */
    Node inTree(byte[] name) {
      Node known = below(name);
      if (isAlone) {
        if (known == null) {
          known = new Node();
        }
        known.isAsked = true;
        return known;
      }
      if (known == null) {
        known = new Node();
      } else if (known.isTree) {
        known.isAlone = false;
        known.suspectSince = Math.min(known.suspectSince, suspectSince);
        return known;
      }
      known.isAsked = true;
      known.isTree = true;
      known.suspectSince = suspectSince;
      return known;
    }
  }

  /** A name as a key. */
  @SuppressWarnings("ArrayRecordComponent") // compared by its bytes
  record Key(byte[] name) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return java.util.Arrays.compareUnsigned(name, other.name);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key(byte[] others) && java.util.Arrays.equals(name, others);
    }

    @Override
    public int hashCode() {
      return java.util.Arrays.hashCode(name);
    }
  }

  private final Node root = new Node();
  private boolean isEmpty = true;
  private int places;
  private int cameFrom;

  /** The root of the tree. */
  Node root() {
    return root;
  }

  public boolean isEmpty() {
    return isEmpty;
  }

  /** How many places were added: what it takes of the memory. */
  int places() {
    return places;
  }

  /**
   * Adds a directory with everything below it.
   *
   * @param directory below the root; empty for the root
   * @param unseen for how long changes may have gone unseen: files that changed within this time,
   *     or later, are compared by content where size and time are equal (H19); 2 s at the least
   */
  public Look tree(byte[] directory, Duration unseen) {
    return tree(directory, since(unseen));
  }

  /**
   * From when on a file must have changed to be in doubt, by now.
   *
   * @param unseen as in {@link #tree(byte[], Duration)}
   * @return in nanoseconds since 1970
   */
  public static long since(Duration unseen) {
    Duration age = unseen.compareTo(UNSEEN_AT_LEAST) < 0 ? UNSEEN_AT_LEAST : unseen;
    Instant since = Instant.now().minus(age);
    return TimeUnit.SECONDS.toNanos(since.getEpochSecond()) + since.getNano();
  }

  /**
   * Adds all that is in a directory, but not what is in the directories in it: of those that the
   * target has too only their own attributes are compared.
   *
   * @param since what changed at this time or later is in doubt: {@link #since}
   * @param sum of its files, made with the same {@code since}; null when there is none
   */
  public Look directory(byte[] directory, long since, @Nullable GatheredSum sum) {
    Node node = node(directory);
    boolean isTree = node.isTree && !node.isAlone;
    var unused = tree(directory, since);
    node.isAlone = !isTree;
    node.sum = sum;
    return this;
  }

  /** The same, and directories that the target lacks are left to other looks. */
  public Look directoryAlone(byte[] directory, long since, @Nullable GatheredSum sum) {
    var unused = directory(directory, since, sum);
    Node node = node(directory);
    node.leavesMissing = node.isAlone;
    return this;
  }

  /** Adds a tree that has just come to this place: every file is compared by content. */
  public Look newTree(byte[] directory) {
    return tree(directory, ALL);
  }

  /** Adds a tree that the target does not have: nothing is compared. */
  Look missingTree(byte[] directory) {
    return tree(directory, NONE);
  }

  /**
   * The same.
   *
   * @param suspectSince what changed at this time or later is in doubt: {@link #since}
   */
  public Look tree(byte[] directory, long suspectSince) {
    Node node = node(directory);
    if (directory.length > 0) {
      node(Paths.parent(directory)).isAsked = true; // it changes when the tree comes or goes
    }
    node.isAsked = true;
    node.isTree = true;
    node.isAlone = false;
    node.suspectSince = Math.min(node.suspectSince, suspectSince);
    isEmpty = false;
    places++;
    return this;
  }

  /**
   * Adds names of a directory, and the directory's own attributes. A name that the source does not
   * have is removed from the target; a directory that the target does not have is copied with all
   * below it, of one that it has only its own attributes are compared.
   *
   * @param isSuspect whether files of equal size and time are compared by content too (H19): they
   *     were written, or another file was put in their place
   */
  public Look names(byte[] directory, Collection<byte[]> names, boolean isSuspect) {
    Node in = node(directory);
    in.isAsked = true;
    for (byte[] name : names) {
      if (!Names.isComponent(name)) {
        throw new IllegalArgumentException("not a name: " + Names.display(name));
      }
      Node node = in.make(name);
      node.isAsked = true;
      node.isSuspect |= isSuspect;
    }
    isEmpty = false;
    places += 1 + names.size();
    return this;
  }

  /**
   * Says that a file was renamed, so that the target may have its content under its old name, where
   * nothing else is to keep it: that name has to be looked at afterwards, in another look. The
   * target takes it only when the content is the same.
   *
   * @param to a name that is looked at, or in a tree that is
   * @param isExchanged whether what stands under the new name gets the old one then, and is not
   *     replaced
   */
  public Look cameFrom(byte[] to, byte[] from, boolean isExchanged) {
    if (!Names.isPathBelow(from)) {
      throw new IllegalArgumentException("not a path below a tree: " + Names.display(from));
    }
    if (cameFrom < CAME_FROM_MAX) {
      cameFrom++;
      node(to).cameFrom = new OldName(from, isExchanged);
    }
    return this;
  }

  /** Told of each place of a look. */
  interface Visitor {
    void visit(byte[] path, boolean isTree);
  }

  /** Visits what is asked for, directories before what is in them. */
  void visit(Visitor visitor) {
    visit(root, Paths.NONE, visitor);
  }

  private static void visit(Node node, byte[] path, Visitor visitor) {
    if (node.isAsked) {
      visitor.visit(path, node.isTree);
    }
    node.below.forEach((key, below) -> visit(below, Paths.join(path, key.name()), visitor));
  }

  private Node node(byte[] path) {
    Node at = root;
    for (byte[] name : Names.components(path)) {
      if (!Names.isComponent(name)) {
        throw new IllegalArgumentException("not a path below a tree: " + Names.display(path));
      }
      at = at.make(name);
    }
    return at;
  }
}
