package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;

/** Makes a source tree from chance. */
final class TreeGenerator {
  private static final String[] PLAIN = {
    "a",
    "b",
    "c",
    "f",
    "g",
    "x",
    "y",
    "z",
    "dir",
    "sub",
    "lib",
    "data.txt",
    "main.c",
    "main.o",
    "core",
    "README",
    "a.b",
    "a-b",
    "b.x",
    "B",
    "Z",
    "x1",
    "x10",
    "x2",
    "tags",
    "f~",
    ".hidden",
    "f.orig",
    "log",
    "log.1",
    "tmp",
    "two words",
  };
  private static final String[] ODD = {
    "new\nline",
    " lead",
    "trail ",
    "-dash",
    "--delete",
    "*",
    "st*r",
    "q?",
    "[ab]",
    "a]b",
    "a[",
    "back\\slash",
    "quo'te",
    "d\"q",
    "\303\251",
    "\303\244\303\266.txt",
    "\377\376",
    "\200bad",
    "tab\tx",
    "\001ctl",
    "#hash",
    "#123",
    ";semi",
    "!bang",
    ":colon",
    "a:b",
    "~",
    "CVS",
    ".git",
    "n".repeat(255),
    "%n",
    "\\#101",
    "\177del",
    "a\\*b",
    "+ plus",
    "- minus",
    ".~tmp~",
    ".rsync-partial",
    "...",
    "..a",
    "e\303",
    "\u00a0",
    "l\\",
  };
  static final String[] ATTRIBUTES = {
    "user.a", "user.b", "user.rsync.x", "user.with space", "trusted.t", "trusted.u",
  };

  private final Dice dice;
  private final Traits traits;

  TreeGenerator(Dice dice, Traits traits) {
    this.dice = dice;
    this.traits = traits;
  }

  /** Puts a directory at {@code top} and things below it. */
  void fill(Tree tree, String top) {
    int count = dice.pick(1, 3, 5, 8, 12, 20, 35);
    List<String> directories = new ArrayList<>();
    tree.put(top, dressed(Node.directory()));
    directories.add(top);
    for (int i = 0; i < count; i++) {
      String parent = dice.pick(directories);
      String path = parent + "/" + name();
      if (tree.has(path) || path.length() > 900) {
        continue;
      }
      Node node = node(tree, top);
      tree.put(path, node);
      if (node.isDirectory() && depth(path) < 6) {
        directories.add(path);
      }
    }
    if (traits.links()) {
      linkDirectories(tree, top);
    }
    if (traits.filterFiles()) {
      for (int i = dice.below(3); i > 0; i--) {
        String name = dice.pick(".rsync-filter", ".rsync-filter", ".cvsignore", ".ignore");
        tree.put(
            dice.pick(directories) + "/" + name,
            Node.file(Content.text(new Patterns(dice, tree, top).filterFile(name))));
      }
    }
  }

  private static int depth(String path) {
    return (int) path.chars().filter(c -> c == '/').count();
  }

  String name() {
    return traits.oddNames() && dice.chance(35) ? dice.pick(ODD) : dice.pick(PLAIN);
  }

  /** A new node, or one that is there already, for a further name. */
  Node node(Tree tree, String top) {
    int kind =
        dice.weighted(
            58,
            18,
            traits.links() ? 14 : 0,
            traits.hardLinks() ? 14 : 0,
            traits.specials() ? 10 : 0);
    return switch (kind) {
      case 0 -> dressed(Node.file(content()));
      case 1 -> dressed(Node.directory());
      case 2 -> dressed(Node.link(linkText(tree, top)));
      case 3 -> another(tree, top);
      default -> dressed(special());
    };
  }

  private Node another(Tree tree, String top) {
    List<Node> candidates = new ArrayList<>();
    tree.below(top)
        .forEach(
            (path, node) -> {
              if (!node.isDirectory()) {
                candidates.add(node);
              }
            });
    return candidates.isEmpty() ? dressed(Node.file(content())) : dice.pick(candidates);
  }

  Node special() {
    Node.Type type =
        dice.pick(Node.Type.FIFO, Node.Type.SOCKET, Node.Type.CHARACTER, Node.Type.BLOCK);
    Node node = new Node(type, 0644);
    if (type.isDevice()) {
      // Numbers for local use, without a driver; the file system does not open devices anyway.
      node.major = dice.between(240, 241);
      node.minor = dice.pick(0, 1, 255, 256, 70000);
    }
    return node;
  }

  Content content() {
    int size =
        switch (dice.weighted(15, 45, 20, 8, traits.largeFiles() ? 14 : 0)) {
          case 0 -> 0;
          case 1 -> dice.between(1, 12);
          case 2 -> dice.between(13, 3000);
          case 3 -> dice.pick(4095, 4096, 4097, 8192, 20000);
          default -> dice.pick(32768, 65535, 65536, 65537, 131071, 131072, 131073, 200000, 262145);
        };
    if (traits.holes() && dice.chance(40)) {
      return holes(Math.max(size, dice.pick(1, 4096, 8192, 70000, 150000)));
    }
    String word = dice.pick("a", "1", "ab", "hello ", "line of text\n", "x9Z", "\000", "\377\000");
    return new Content(word, size, List.of(), false);
  }

  private Content holes(int size) {
    Content content = new Content("", size, List.of(), dice.chance(80));
    for (int i = dice.below(4); i > 0; i--) {
      content = content.withPatch(dice.below(size), dice.pick("p", "patch", "q".repeat(5000)));
    }
    return content;
  }

  private String linkText(Tree tree, String top) {
    return switch (dice.below(10)) {
      case 0 -> "nowhere";
      case 1 -> "../out/o";
      case 2 -> "../../out/o";
      case 3 -> "/nowhere/at/all";
      case 4 -> "loop";
      case 5 -> "../" + last(dice.pick(new ArrayList<>(tree.paths())));
      case 6 -> dice.pick("x/../../y", "a/../b", "./a", "a//b", "../s/a", "t".repeat(300), "/a");
      default -> {
        // A file that is there, from the same directory or from that above.
        List<String> files = new ArrayList<>();
        tree.below(top)
            .forEach(
                (path, node) -> {
                  if (node.type == Node.Type.FILE) {
                    files.add(path);
                  }
                });
        yield files.isEmpty()
            ? "a"
            : dice.chance(50)
                ? last(dice.pick(files))
                : dice.pick(files).substring(top.length() + 1);
      }
    };
  }

  /**
   * Links to directories lead to such without links below them, so that a program that follows them
   * comes to an end.
   */
  private void linkDirectories(Tree tree, String top) {
    List<String> quiet = new ArrayList<>();
    for (String path : tree.paths()) {
      Node node = tree.get(path);
      if (node != null
          && node.isDirectory()
          && path.startsWith(top + "/")
          && tree.below(path).values().stream().noneMatch(n -> n.type == Node.Type.LINK)) {
        quiet.add(path);
      }
    }
    if (dice.chance(30)) {
      tree.put(top + "/lo", dressed(Node.link("../out")));
    }
    if (!quiet.isEmpty() && dice.chance(60)) {
      String to = dice.pick(quiet);
      tree.put(top + "/ld", dressed(Node.link(to.substring(top.length() + 1))));
    }
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** The same node, with attributes. */
  Node dressed(Node node) {
    node.mtime = time();
    node.atime = traits.times() && dice.chance(50) ? time() : node.mtime;
    if (traits.modes() && dice.chance(60) && node.type != Node.Type.LINK) {
      node.mode = mode(node.isDirectory());
    }
    if (traits.owners() && dice.chance(50)) {
      node.uid = id();
      node.gid = id();
    }
    boolean canHaveUser = node.type == Node.Type.FILE || node.isDirectory();
    if (traits.xattrs() && dice.chance(45)) {
      for (int i = dice.between(1, 3); i > 0; i--) {
        attribute(node, canHaveUser);
      }
    }
    if (traits.acls() && dice.chance(45) && node.type != Node.Type.LINK) {
      node.attributes.put(Acl.ACCESS, Acl.random(dice));
      if (node.isDirectory() && dice.chance(60)) {
        node.attributes.put(Acl.DEFAULT, Acl.random(dice));
      }
    }
    return node;
  }

  void attribute(Node node, boolean canHaveUser) {
    String name = dice.pick(ATTRIBUTES);
    if (node.type == Node.Type.FILE && dice.chance(15)) {
      name = "security.capability";
      node.attributes.put(
          name,
          new byte[] {
            1, 0, 0, 2, 0, (byte) (1 << dice.below(6)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
          });
      return;
    }
    if (!canHaveUser && name.startsWith("user.")) {
      name = "trusted.t";
    }
    String value =
        dice.pick(
            "",
            "1",
            "2",
            "value",
            "\000\001\377",
            "v".repeat(31),
            "v".repeat(33) + "w",
            "w".repeat(1000));
    node.attributes.put(name, Posix.bytes(value));
  }

  int id() {
    return dice.pick(0, 1, 2, 5, 1000, 1001, 65534, 12345);
  }

  int mode(boolean directory) {
    return directory
        ? dice.pick(0755, 0755, 0700, 0777, 01777, 02755, 02775, 0, 0555, 0311, 0711)
        : dice.pick(
            0644, 0644, 0600, 0755, 0, 0444, 04755, 02755, 06711, 01644, 0666, 0777, 0111, 0604,
            0654);
  }

  Time time() {
    if (!traits.times()) {
      return dice.chance(80) ? Node.ANY_TIME : Node.ANY_TIME.plusSeconds(dice.below(3));
    }
    long seconds =
        dice.pick(
            1_600_000_000L,
            1_600_000_000L,
            1_600_000_001L,
            1_600_000_002L,
            1_500_000_000L,
            0L,
            1L,
            -1L,
            -100_000L,
            2_147_483_647L,
            2_147_483_648L,
            4_294_967_296L,
            4_102_444_800L);
    return new Time(seconds, dice.pick(0, 0, 1, 500_000_000, 999_999_999, 123_456_789));
  }
}
