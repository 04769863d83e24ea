package dev.godwit.sync.filter;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the merge files of one directory, through its handle. */
final class DirectoryRules {
  private static final int LAYERS_MAX = 1000;

  private final FilterScope scope;
  private final FilterSettings settings;
  private final Place place;
  private final DirectoryHandle directory;
  private final @Nullable UnreadRules unread;
  private final Budget budget = Budget.forDirectory();

  /** Grows while files are read that name further per-directory files. */
  private final List<DirMerge> dirMerges;

  private final List<Layer[]> layers = new ArrayList<>();

  private DirectoryRules(
      FilterScope scope, DirectoryHandle directory, @Nullable UnreadRules unread) {
    this.scope = scope;
    this.directory = directory;
    this.unread = unread;
    settings = scope.settings();
    place = scope.place();
    dirMerges = new ArrayList<>(scope.dirMerges());
  }

  /**
   * Adds what the files of a directory say to what is inherited.
   *
   * @param scope of the directory, without these files
   * @param unread hears of those that this user may not read; null: that is a failure
   */
  static FilterScope read(
      FilterScope scope, DirectoryHandle directory, @Nullable UnreadRules unread)
      throws LinuxException, FilterException {
    return new DirectoryRules(scope, directory, unread).read();
  }

  private FilterScope read() throws LinuxException, FilterException {
    for (int slot = 0; slot < dirMerges.size(); slot++) {
      layers.add(read(dirMerges.get(slot), slot));
    }
    boolean isSame = dirMerges.size() == scope.dirMerges().size();
    return scope.with(
        isSame ? scope.dirMerges() : List.copyOf(dirMerges), layers.toArray(Layer[][]::new));
  }

  private Layer[] read(DirMerge merge, int slot) throws LinuxException, FilterException {
    if (!merge.isFor(scope.side())) {
      return Layer.NONE;
    }
    Layer[] inherited = Layer.NONE;
    if (merge.isInherited()) {
      inherited =
          scope.isFirstFor(slot) && merge.start() != null
              ? above(merge, merge.start())
              : scope.layers(slot);
    }
    MergeFile file = find(merge.name());
    return file == null
        ? inherited
        : add(merge, file, new Anchor(Place.NO_PATH, place.path().length), here(), inherited);
  }

  /** What the same file says in directories above this one, from {@code start} on. */
  private Layer[] above(DirMerge merge, byte[] start) throws FilterException {
    byte[] here = here();
    byte[] from = Place.normal(start[0] == '/' ? start : Place.concat(Place.absolute(here), start));
    Layer[] said = Layer.NONE;
    if (from.length >= here.length || !Arrays.equals(from, Arrays.copyOf(here, from.length))) {
      return said;
    }
    int rootLength = place.root().length;
    for (int i = from.length; i < here.length; i = end(here, i)) {
      byte[] path = Arrays.copyOf(here, i);
      MergeFile file = findAt(path, merge.name());
      if (file != null) {
        Anchor anchor =
            i < rootLength
                ? new Anchor(Arrays.copyOfRange(place.root(), i, rootLength), 0)
                : new Anchor(Place.NO_PATH, i - rootLength);
        said = add(merge, file, anchor, path, said);
      }
    }
    return said;
  }

  /** Behind the '/' that ends the component at {@code from}. */
  private static int end(byte[] path, int from) {
    int at = from;
    while (path[at] != '/') {
      at++;
    }
    return at + 1;
  }

  /** The absolute path of this directory, in the form of {@link Place}. */
  private byte[] here() {
    return Place.concat(place.root(), place.path());
  }

  private Layer[] add(DirMerge merge, MergeFile file, Anchor anchor, byte[] path, Layer[] inherited)
      throws FilterException {
    RuleReader reader =
        new RuleReader(
            settings, (named, bytesMax) -> findNamed(path, named), budget, dirMerges, false);
    reader.file(file, merge.flags());
    Layer[] behind = reader.wasCleared() ? Layer.NONE : inherited;
    RuleList rules = new RuleList(reader.nodes(), scope.side());
    if (rules.isEmpty()) {
      return behind;
    }
    if (behind.length >= LAYERS_MAX || Layer.memory(behind) + rules.memory() > Budget.MEMORY_MAX) {
      throw new FilterException(
          FilterException.SYNTAX,
          "with "
              + file.shown()
              + ", more than "
              + LAYERS_MAX
              + " files or "
              + Budget.MEMORY_MAX
              + " bytes of filter rules are in effect in one directory; begin it with a line"
              + " \"!\" to leave out those of the directories above");
    }
    Layer[] all = new Layer[behind.length + 1];
    all[0] = new Layer(rules, anchor, place);
    System.arraycopy(behind, 0, all, 1, behind.length);
    return all;
  }

  /** A file in this directory; what is neither a regular file nor a link is none (H5). */
  private @Nullable MergeFile find(byte[] name) throws LinuxException, FilterException {
    FileStatus status = directory.status(name);
    if (status == null) {
      return null;
    }
    String shown = Names.display(Place.concat(Place.absolute(here()), name));
    if (status.isSymbolicLink()) {
      if (!OperatorPaths.isTrusted(status)) {
        throw RuleFiles.problem(shown, "the link " + OperatorPaths.distrust(status));
      }
      return findAt(here(), name);
    }
    byte[] content = status.isRegular() ? content(name, shown) : null;
    return content == null ? null : new MergeFile(content, shown);
  }

  private byte @Nullable [] content(byte[] name, String shown)
      throws LinuxException, FilterException {
    try {
      return RuleFiles.read(directory, name, budget.bytesLeft(), shown);
    } catch (LinuxException e) {
      UnreadRules told = unread;
      if (told == null || e.errno() != Errno.EACCES) {
        throw e;
      }
      told.passedOver(shown, e);
      return null;
    }
  }

  /** A file in another directory, by its path. */
  private @Nullable MergeFile findAt(byte[] path, byte[] name) throws FilterException {
    return RuleFiles.find(
        Place.concat(Place.absolute(path), name), budget.bytesLeft(), settings.confineRoot());
  }

  /** A file that a rule in a file of the directory {@code path} names. */
  private @Nullable MergeFile findNamed(byte[] path, byte[] named) throws FilterException {
    return named[0] == '/'
        ? RuleFiles.find(named, budget.bytesLeft(), settings.confineRoot())
        : findAt(path, named);
  }
}
