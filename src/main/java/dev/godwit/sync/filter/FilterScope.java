package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules that are in effect for the names of one directory, on one side. Immutable; may be used
 * by any number of threads.
 *
 * <p>Without per-directory rules and without patterns that have a '/', all directories share one
 * scope and {@link #enter} does nothing.
 */
public final class FilterScope {
  private final FilterSettings settings;
  private final int side;
  private final boolean knowsRoot;
  private final Place place;

  /** The rules of the options; among them the per-directory files, whose rules are apart. */
  private final Layer options;

  /** The rules of the options for the other side, where what that protects matters (-m). */
  private final @Nullable Layer protections;

  private final List<DirMerge> dirMerges;

  /** By the slots of {@link #dirMerges}: what the files said, the nearest directory first. */
  private final Layer[][] layers;

  /** Whether no directory was entered yet: then those above it may have to be looked at. */
  private final boolean isFresh;

  private final boolean isRemoved;

  private FilterScope(
      FilterSettings settings,
      int side,
      boolean knowsRoot,
      Place place,
      Layer options,
      @Nullable Layer protections,
      List<DirMerge> dirMerges,
      Layer[][] layers,
      boolean isFresh,
      boolean isRemoved) {
    this.settings = settings;
    this.side = side;
    this.knowsRoot = knowsRoot;
    this.place = place;
    this.options = options;
    this.protections = protections;
    this.dirMerges = dirMerges;
    this.layers = layers;
    this.isFresh = isFresh;
    this.isRemoved = isRemoved;
  }

  /**
   * The scope of a transfer's root.
   *
   * @param root its absolute path; null: unknown
   * @param protections the rules of the other side; null: nobody asks {@link #protects}
   */
  static FilterScope root(
      FilterSettings settings,
      RuleList rules,
      @Nullable RuleList protections,
      List<DirMerge> dirMerges,
      int side,
      byte @Nullable [] root) {
    Place place = root == null ? Place.ROOT : new Place(Place.normal(root), Place.NO_PATH);
    Layer[][] layers = new Layer[dirMerges.size()][];
    Arrays.fill(layers, Layer.NONE);
    return new FilterScope(
        settings,
        side,
        root != null,
        place,
        new Layer(rules, Anchor.ROOT, place),
        protections == null ? null : new Layer(protections, Anchor.ROOT, place),
        dirMerges,
        layers,
        true,
        false);
  }

  FilterSettings settings() {
    return settings;
  }

  int side() {
    return side;
  }

  Place place() {
    return place;
  }

  List<DirMerge> dirMerges() {
    return dirMerges;
  }

  /** What the per-directory files with this slot have said so far. */
  Layer[] layers(int slot) {
    return slot < layers.length ? layers[slot] : Layer.NONE;
  }

  /** Whether a per-directory file is looked for in the first directory of all. */
  boolean isFirstFor(int slot) {
    return isFresh || slot >= layers.length;
  }

  /** The same place with what the files of its directory say. */
  FilterScope with(List<DirMerge> read, Layer[][] said) {
    return new FilterScope(
        settings, side, knowsRoot, place, options, protections, read, said, false, isRemoved);
  }

  /**
   * The scope of the names in a directory below, with the directory's own merge files.
   *
   * @param name of the directory, in the directory of this scope
   * @param directory the same, open; used during this call only
   * @throws LinuxException a merge file is there and cannot be read: what is left out in this
   *     directory is then not known, so nothing in it should be sent or removed
   * @throws FilterException a rule in a merge file is wrong; the same holds
   */
  public FilterScope enter(byte[] name, DirectoryHandle directory)
      throws LinuxException, FilterException {
    return enter(name, directory, null);
  }

  /**
   * The same, where a merge file that this user may not read counts as none; {@code unread} hears.
   */
  public FilterScope enter(byte[] name, DirectoryHandle directory, @Nullable UnreadRules unread)
      throws LinuxException, FilterException {
    if (dirMerges.isEmpty()
        && !options.rules.needsPath()
        && (protections == null || !protections.rules.needsPath())) {
      return this;
    }
    FilterScope below = withRoot(directory, place.depth() + 1).below(name);
    return dirMerges.isEmpty() ? below : DirectoryRules.read(below, directory, unread);
  }

  /**
   * The same without a look at the directory: for rules without per-directory files, in a scope
   * that was made with the root's path.
   */
  public FilterScope enterByName(byte[] name) {
    if (!dirMerges.isEmpty() || !knowsRoot) {
      throw new IllegalStateException("the directory itself is needed");
    }
    return options.rules.needsPath() ? below(name) : this;
  }

  /**
   * Whether a directory is excluded, or one of those that it is in: for such rules and such a scope
   * as {@link #enterByName} needs.
   *
   * @param names that lead to it from here
   */
  public boolean excludesAt(List<byte[]> names) {
    FilterScope scope = this;
    for (byte[] name : names) {
      if (scope.excludes(name, true)) {
        return true;
      }
      scope = scope.enterByName(name);
    }
    return false;
  }

  /**
   * The same for the root of the transfer itself, when the names in it are transferred: a source
   * argument with a '/' at its end, or the target.
   */
  public FilterScope at(DirectoryHandle directory) throws LinuxException, FilterException {
    return at(directory, null);
  }

  /**
   * The same, where a merge file that this user may not read counts as none; {@code unread} hears.
   */
  public FilterScope at(DirectoryHandle directory, @Nullable UnreadRules unread)
      throws LinuxException, FilterException {
    FilterScope here = withRoot(directory, 0);
    return dirMerges.isEmpty() ? here : DirectoryRules.read(here, directory, unread);
  }

  /**
   * The same for one source argument without a '/' at its end, whose name hangs on the root of the
   * transfer as those of other directories do.
   *
   * @param directory that the argument is in
   */
  public FilterScope of(DirectoryHandle directory) throws LinuxException {
    return needsRoot() ? in(directory, 0) : this;
  }

  /**
   * The same rules for a directory of another argument whose names hang on the same root: those of
   * a file that are anchored are anchored where the file is.
   */
  public FilterScope beside(DirectoryHandle directory) throws LinuxException {
    if (dirMerges.isEmpty() && !needsRoot()) {
      return this;
    }
    FilterScope there = in(directory, 0);
    Layer[][] said = new Layer[layers.length][];
    for (int i = 0; i < layers.length; i++) {
      said[i] = new Layer[layers[i].length];
      for (int j = 0; j < said[i].length; j++) {
        said[i][j] = new Layer(layers[i][j].rules, Anchor.NOWHERE, there.place);
      }
    }
    return there.with(dirMerges, said);
  }

  private boolean needsRoot() {
    return options.rules.needsRoot() || protections != null && protections.rules.needsRoot();
  }

  private FilterScope withRoot(DirectoryHandle directory, int depth) throws LinuxException {
    return knowsRoot || dirMerges.isEmpty() && !needsRoot() ? this : in(directory, depth);
  }

  private FilterScope in(DirectoryHandle directory, int depth) throws LinuxException {
    byte[] path = Place.normal(RuleFiles.pathOf(directory));
    Place known = new Place(Place.ancestor(path, depth), place.path());
    return new FilterScope(
        settings,
        side,
        true,
        known,
        new Layer(options.rules, Anchor.ROOT, known),
        protections == null ? null : new Layer(protections.rules, Anchor.ROOT, known),
        dirMerges,
        layers,
        isFresh,
        isRemoved);
  }

  private FilterScope below(byte[] name) {
    Layer[][] inherited = new Layer[layers.length][];
    for (int i = 0; i < layers.length; i++) {
      inherited[i] = Layer.enter(layers[i], name);
    }
    return new FilterScope(
        settings,
        side,
        knowsRoot,
        place.enter(name),
        options.enter(name),
        protections == null ? null : protections.enter(name),
        dirMerges,
        inherited,
        isFresh,
        isRemoved);
  }

  /**
   * The scope of the same directory when all of it is to be removed, because the source has no such
   * directory: perishable rules (modifier p) protect nothing in it and below.
   */
  public FilterScope removed() {
    return new FilterScope(
        settings, side, knowsRoot, place, options, protections, dirMerges, layers, isFresh, true);
  }

  /** Whether a name is hidden from the transfer, or protected from removal. */
  public boolean excludes(byte[] name, boolean isDirectory) {
    return isExclude(decide(options, name, isDirectory, false));
  }

  /** Which rule decides over a name; null: none, and the name takes part. */
  public @Nullable Ruling ruling(byte[] name, boolean isDirectory) {
    Rule rule = decide(options, name, isDirectory, false);
    return rule == null
        ? null
        : new Ruling(isExclude(rule), rule.pattern(), fileOf(rule, options.rules.nodes));
  }

  private byte @Nullable [] fileOf(Rule rule, Node[] nodes) {
    for (Node node : nodes) {
      if (node instanceof DirMerge file) {
        for (Layer layer : layers(file.slot())) {
          if (Arrays.asList(layer.rules.nodes).contains(rule)) {
            return file.name();
          }
          byte[] inner = fileOf(rule, layer.rules.nodes);
          if (inner != null) {
            return inner;
          }
        }
      }
    }
    return null;
  }

  private static boolean isExclude(@Nullable Rule rule) {
    return rule != null && !rule.has(RuleFlags.INCLUDE);
  }

  /**
   * Whether a rule of the options keeps a directory of the target from being removed; false unless
   * the scope began with {@link Filters#sourceThatPrunes}.
   */
  public boolean protects(byte[] directory) {
    return protections != null && isExclude(decide(protections, directory, true, false));
  }

  /**
   * Whether an extended attribute is left out: neither read on the source, nor set or removed on
   * the target. Only to be asked with {@link Filters#hasXattrRules}.
   */
  public boolean excludesXattr(byte[] name) {
    return isExclude(decide(options, name, false, true));
  }

  /** The first rule that matches; null when none does. */
  private @Nullable Rule decide(Layer layer, byte[] name, boolean isDirectory, boolean isXattr) {
    Node[] nodes = layer.rules.nodes;
    for (int i = 0; i < nodes.length; i++) {
      if (nodes[i] instanceof Rule rule) {
        if (rule.isForXattrs() != isXattr || isRemoved && rule.has(RuleFlags.PERISHABLE)) {
          continue;
        }
        boolean matches =
            isXattr
                ? rule.matchesXattr(name)
                : rule.matches(
                    name, isDirectory, place, layer.anchor, layer.states, layer.rules.stateAt(i));
        if (matches) {
          return rule;
        }
      } else {
        for (Layer inner : layers(((DirMerge) nodes[i]).slot())) {
          Rule decided = decide(inner, name, isDirectory, isXattr);
          if (decided != null) {
            return decided;
          }
        }
      }
    }
    return null;
  }
}
