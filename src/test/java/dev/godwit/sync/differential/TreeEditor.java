package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;

/** Makes a target from a source: the same, but for what has happened since. */
final class TreeEditor {
  private final Dice dice;
  private final Traits traits;
  private final TreeGenerator generator;

  TreeEditor(Dice dice, Traits traits) {
    this.dice = dice;
    this.traits = traits;
    this.generator = new TreeGenerator(dice, traits);
  }

  /** Edits what is at and below {@code top}, a directory. */
  void edit(Tree tree, String top) {
    int percent = dice.pick(5, 20, 40, 80);
    for (String path : new ArrayList<>(tree.below(top).keySet())) {
      Node node = tree.get(path);
      if (node != null && dice.chance(percent)) {
        change(tree, path, node);
      }
    }
    Node root = tree.get(top);
    if (root != null && dice.chance(percent)) {
      attributes(root);
    }
    for (int i = dice.pick(0, 0, 1, 2, 5); i > 0; i--) {
      extra(tree, top);
    }
  }

  private void change(Tree tree, String path, Node node) {
    switch (dice.weighted(20, 30, 25, 10, 15)) {
      case 0 -> tree.remove(path);
      case 1 -> content(node);
      case 2 -> attributes(node);
      case 3 -> {
        // A file of its own where there was a link, or another link.
        if (!node.isDirectory()) {
          tree.put(path, dice.chance(70) ? node.copy() : otherFile(tree, path));
        }
      }
      default -> otherType(tree, path);
    }
  }

  private static Node otherFile(Tree tree, String path) {
    Node own = tree.get(path);
    return tree.nodes().headMap(path).values().stream()
        .filter(node -> own != null && node.type == own.type && !node.isDirectory())
        .reduce((first, second) -> second)
        .orElseGet(() -> own == null ? Node.file(Content.EMPTY) : own);
  }

  /** Other content, of the same size or not, with the same time or not. */
  private void content(Node node) {
    switch (node.type) {
      case FILE -> {
        Content content = node.content;
        int size = content.size();
        node.content =
            switch (dice.below(5)) {
              case 0 -> size == 0 ? Content.text("x") : content.withPatch(dice.below(size), "CHG");
              case 1 -> size == 0 ? Content.text("xy") : content.withPatch(size - 1, "!");
              case 2 -> content.withSize(size / 2);
              case 3 -> content.withSize(size + dice.pick(1, 10, 4096));
              default -> generator.content();
            };
      }
      case LINK -> node.text = dice.pick("other", "../out/o", "a", node.text + "x");
      case CHARACTER, BLOCK -> node.minor++;
      case FIFO, SOCKET, DIRECTORY -> {}
    }
    if (dice.chance(60)) {
      time(node);
    }
  }

  private void time(Node node) {
    Time time = node.mtime;
    node.mtime =
        switch (dice.below(6)) {
          case 0 -> time.plusSeconds(1);
          case 1 -> time.plusSeconds(-1);
          case 2 -> time.plusSeconds(-1000);
          case 3 -> time.plusSeconds(1000);
          case 4 -> new Time(time.seconds(), dice.pick(0, 1, 999_999_999));
          default -> generator.time();
        };
  }

  private void attributes(Node node) {
    switch (dice.below(6)) {
      case 0 -> {
        if (node.type != Node.Type.LINK) {
          node.mode = dice.chance(50) ? generator.mode(node.isDirectory()) : node.mode ^ 1;
        }
      }
      case 1 -> node.uid = generator.id();
      case 2 -> node.gid = generator.id();
      case 3 -> time(node);
      case 4 -> node.atime = generator.time();
      default -> {
        if (traits.xattrs()) {
          if (dice.chance(30)) {
            node.attributes.clear();
          } else {
            generator.attribute(node, node.type == Node.Type.FILE || node.isDirectory());
          }
        }
        if (traits.acls() && node.type != Node.Type.LINK) {
          node.attributes.put(Acl.ACCESS, Acl.random(dice));
          if (node.isDirectory()) {
            node.attributes.put(Acl.DEFAULT, Acl.random(dice));
          }
        }
      }
    }
  }

  private void otherType(Tree tree, String path) {
    boolean wasDirectory = tree.get(path) instanceof Node node && node.isDirectory();
    tree.remove(path);
    Node node =
        switch (dice.below(wasDirectory ? 3 : 6)) {
          case 0 -> Node.file(Content.text("in the way"));
          case 1 -> Node.link(dice.pick("nowhere", "../out", ".", "a"));
          case 2 -> traits.specials() ? generator.special() : Node.link("x");
          default -> Node.directory();
        };
    tree.put(path, generator.dressed(node));
    if (node.isDirectory() && dice.chance(60)) {
      tree.put(path + "/in", generator.dressed(Node.file(Content.text("content"))));
      if (dice.chance(30)) {
        tree.put(path + "/deeper/in", generator.dressed(Node.file(Content.text("content"))));
      }
    }
  }

  private void extra(Tree tree, String top) {
    List<String> directories = new ArrayList<>();
    directories.add(top);
    tree.below(top)
        .forEach(
            (path, node) -> {
              if (node.isDirectory()) {
                directories.add(path);
              }
            });
    String name =
        dice.chance(70) ? generator.name() : dice.pick("extra", "f~", "gone", ".f.Ab3x9z");
    String path = dice.pick(directories) + "/" + name;
    if (tree.has(path)) {
      return;
    }
    Node node = generator.node(tree, top);
    tree.put(path, node);
    if (node.isDirectory()) {
      for (int i = dice.below(4); i > 0; i--) {
        String below = path + "/" + generator.name();
        if (!tree.has(below)) {
          tree.put(below, generator.node(tree, top));
        }
      }
    }
  }
}
