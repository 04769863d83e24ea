package dev.godwit.sync.differential;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a case from a seed, always the same one. */
final class CaseGenerator {
  private static final int USER = 1000;

  /** Begins the chances of what is added to a case, so that all else of it stays as it was. */
  private static final long LATER = 0x5DEECE66DL;

  private static final long CLOSED = 0x2545F4914FL;

  private final long seed;
  private final Dice dice;
  private final Traits traits;
  private final Tree tree = new Tree();
  private final List<String> sources = new ArrayList<>();
  private final List<List<String>> options = new ArrayList<>();
  private String target = "";

  private CaseGenerator(long seed) {
    this.seed = seed;
    this.dice = new Dice(seed);
    this.traits = Traits.of(dice);
  }

  static Case of(long seed) {
    return new CaseGenerator(seed).make();
  }

  private Case make() {
    TreeGenerator generator = new TreeGenerator(dice, traits);
    generator.fill(tree, "s");
    tree.put("out", Node.directory());
    tree.put("out/o", Node.file(Content.text("outside")));
    tame("s");
    shape(generator);
    options.addAll(new OptionGenerator(dice, traits, tree, "s").options());
    avoidRaces();
    Dice later = new Dice(seed ^ LATER);
    if (later.chance(6)) {
      options.add(List.of(OptionGenerator.info(later)));
    }
    boolean asUser = dice.chance(8);
    if (asUser || Settings.AS_USER) {
      giveAway();
    }
    if (Settings.AS_USER) {
      close(new Dice(seed ^ CLOSED));
    }
    return new Case(
        seed,
        tree,
        options,
        sources,
        target,
        dice.chance(50),
        dice.chance(15) ? "C.UTF-8" : "C",
        dice.pick(022, 022, 022, 077, 002, 0),
        asUser || Settings.AS_USER ? USER : 0);
  }

  /** What ends differently with rsync from run to run. */
  private void avoidRaces() {
    Case what = new Case(seed, tree, options, sources, target, true, "C", 022, 0);
    if (what.hasOption("--inplace") || what.hasOption("--append")) {
      // One name is compared while another of the same inode is written to; but for -H and names
      // that are linked at the source too.
      Map<String, Node> target = tree.below("d");
      for (String path : List.copyOf(target.keySet())) {
        Node node = tree.get(path);
        boolean isSafe =
            what.hasOption("-H")
                && target.entrySet().stream()
                    .filter(entry -> entry.getValue() == node)
                    .allMatch(entry -> atSource(entry.getKey()) == atSource(path));
        if (node != null && !node.isDirectory() && !isSafe) {
          tree.put(path, node.copy());
        }
      }
    }
    if (what.hasOption("--files-from") && what.hasOption("--no-R")) {
      // A file is in the list twice, and was removed when its turn comes again.
      options.remove(List.of("--remove-source-files"));
    }
  }

  private @Nullable Node atSource(String path) {
    Node node = tree.get("s" + path.substring(1));
    return node == null && path.startsWith("d/s/") ? tree.get(path.substring(2)) : node;
  }

  /** What is typed as source and target, and what the target has before. */
  private void shape(TreeGenerator generator) {
    String slash = dice.chance(50) ? "/" : "";
    target = Case.ROOT + "d" + slash;
    switch (dice.weighted(50, 10, 10, 6, 5, 8, 8, 3)) {
      case 0 -> {
        sources.add(Case.ROOT + dice.pick("s/", "s/", "s/", "s/."));
        derive("s", "d");
      }
      case 1 -> {
        sources.add(Case.ROOT + "s");
        derive("s", "d/s");
      }
      case 2 -> several();
      case 3 -> single();
      case 4 -> {
        generator.fill(tree, "s2");
        tame("s2");
        sources.add(Case.ROOT + "s" + dice.pick("/", "/", ""));
        sources.add(Case.ROOT + "s2" + dice.pick("/", "/", ""));
        derive("s", "d");
      }
      case 5 -> relative();
      case 6 -> filesFrom();
      default -> {
        sources.add(Case.ROOT + "s" + slash);
        target = "";
      }
    }
    if (!target.isEmpty() && dice.chance(3)) {
      target = Case.ROOT + "d/new/deep" + slash;
      if (dice.chance(60)) {
        options.add(List.of("--mkpath"));
      }
    }
  }

  private void derive(String from, String to) {
    switch (dice.weighted(15, 10, 75)) {
      case 0 -> {}
      case 1 -> tree.put(to, Node.directory());
      default -> {
        int slash = to.indexOf('/');
        if (slash > 0) {
          tree.put(to.substring(0, slash), Node.directory());
        }
        tree.addAll(tree.moved(from, to));
        new TreeEditor(dice, traits).edit(tree, to);
      }
    }
  }

  private void several() {
    Patterns patterns = new Patterns(dice, tree, "s");
    for (int i = dice.between(1, 4); i > 0; i--) {
      sources.add(Case.ROOT + "s/" + patterns.argument());
    }
    if (dice.chance(15)) {
      sources.add(Case.ROOT + "s/missing");
    }
    derive("s", "d");
  }

  private void single() {
    List<String> files = new ArrayList<>();
    tree.below("s")
        .forEach(
            (path, node) -> {
              if (!node.isDirectory() && Patterns.isPlain(path)) {
                files.add(path);
              }
            });
    if (files.isEmpty()) {
      tree.put("s/one", Node.file(Content.text("one")));
      files.add("s/one");
    }
    String from = dice.pick(files);
    sources.add(Case.ROOT + from);
    switch (dice.below(4)) {
      case 0 -> {
        Node node = tree.get(from);
        if (node != null) {
          tree.put("d", node.copy());
        }
        target = Case.ROOT + "d";
      }
      case 1 -> {
        derive("s", "d");
        target = Case.ROOT + "d/newname";
      }
      case 2 -> target = Case.ROOT + "d";
      default -> derive("s", "d");
    }
  }

  private void relative() {
    Patterns patterns = new Patterns(dice, tree, "s");
    options.add(List.of("-R"));
    boolean dot = dice.chance(60);
    for (int i = dice.between(1, 3); i > 0; i--) {
      sources.add(Case.ROOT + (dot ? "s/./" : "s/") + patterns.argument());
    }
    if (dice.chance(20)) {
      options.add(List.of("--no-implied-dirs"));
    }
    derive("s", dot ? "d" : "d/s");
  }

  private void filesFrom() {
    Patterns patterns = new Patterns(dice, tree, "s");
    boolean zeros = dice.chance(30);
    StringBuilder list = new StringBuilder();
    for (int i = dice.between(1, 6); i > 0; i--) {
      String path =
          dice.chance(8)
              ? dice.pick("missing", "", ".", "./", "# comment", ";x", "/a", "../out/o", "a/../b")
              : dice.pick("", "", "./", "/") + patterns.path() + dice.pick("", "", "", "/");
      list.append(path).append(zeros ? '\000' : '\n');
    }
    tree.put("f/list", Node.file(Content.text(list.toString())));
    options.add(List.of("--files-from=" + Case.ROOT + "f/list"));
    if (zeros) {
      options.add(List.of("-0"));
    }
    if (dice.chance(20)) {
      options.add(List.of("--no-R"));
    }
    sources.add(Case.ROOT + dice.pick("s/", "s"));
    derive("s", "d");
  }

  /**
   * Links lead to nothing with links below it, so that a program that follows them comes to an end
   * soon.
   */
  private void tame(String top) {
    tree.below(top)
        .forEach(
            (path, node) -> {
              if (node.type != Node.Type.LINK) {
                return;
              }
              String to = resolve(path, node.text);
              boolean isQuiet =
                  to != null
                      && !to.isEmpty()
                      && tree.below(to).values().stream()
                          .noneMatch(below -> below.type == Node.Type.LINK);
              if (!isQuiet) {
                node.text = "nowhere";
              }
            });
  }

  /** By text alone; null when it leaves the tree of the case or goes through a link. */
  private @Nullable String resolve(String path, String text) {
    if (text.startsWith("/")) {
      return "nowhere";
    }
    List<String> names = new ArrayList<>(List.of(path.split("/", -1)));
    names.removeLast();
    for (String name : text.split("/", -1)) {
      if (name.equals("..")) {
        if (names.isEmpty()) {
          return null;
        }
        names.removeLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
        Node node = tree.get(String.join("/", names));
        String at = String.join("/", names);
        if (node != null && node.type == Node.Type.LINK && !at.equals(path)) {
          return null;
        }
      }
    }
    return String.join("/", names);
  }

  /** Most of the tree belongs to the user that runs the programs. */
  private void giveAway() {
    tree.nodes()
        .forEach(
            (path, node) -> {
              if (path.indexOf('/') < 0 || dice.chance(85)) {
                node.uid = USER;
                node.gid = USER;
              }
              if (path.indexOf('/') < 0 && node.isDirectory()) {
                node.mode |= 0700;
              }
            });
  }

  /** Some of what is in the trees cannot be read, written or passed through by that user. */
  private void close(Dice later) {
    tree.nodes()
        .forEach(
            (path, node) -> {
              if (path.indexOf('/') >= 0 && node.type != Node.Type.LINK && later.chance(8)) {
                node.uid = later.chance(60) ? 0 : USER;
                node.mode &= ~later.pick(0777, 0444, 0222, 0111);
              }
            });
  }
}
