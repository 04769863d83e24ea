package dev.godwit.sync.copy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.sync.attributes.Attributes;
import dev.godwit.sync.copy.SourceDirectory.Argument;
import dev.godwit.sync.copy.SourceDirectory.Content;
import dev.godwit.sync.copy.SourceDirectory.Part;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterScope;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.MissingArguments;
import dev.godwit.sync.rules.Rules;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the top of the transfer from what the user wrote: which names stand in the target, and
 * which real directories their content comes from (rsync(1): trailing '/', {@code -R}, {@code
 * --files-from}).
 */
final class SourceArguments implements AutoCloseable {
  private static final byte[] CURRENT = {'.'};
  private static final byte[] TOP = {'/'};

  private final Rules rules;
  private final Filters filters;
  private final Report report;

  /** What arguments hang on, by path: a thousand names in one directory take one handle of it. */
  private final Map<Look.Key, Opened> opened = new HashMap<>();

  /** Where the last argument led through (-R): the next one often begins the same way. */
  private final ArgumentWalk walk;

  private final List<Part> top = new ArrayList<>();
  private boolean isOneUnreached;

  /** The arguments in each list of parts, which may have as many as a user has files. */
  private final Map<List<Part>, Map<Look.Key, Argument>> byName = new IdentityHashMap<>();

  /** The status of the directory whose content goes into the target itself; null without one. */
  private @Nullable FileStatus self;

  private @Nullable SourceRoot selfRoot;

  /** How many directories besides that one have their content go into the target itself. */
  private int again;

  private final ToldRulings rulings;
  private boolean entersDirectories;

  /** Which one is read, counted from 0. */
  private int argument;

  /** Whether an argument began with "./" (-R). */
  private boolean leadsThroughHere;

  /** The names on the way to the last argument that had any of its own (-R). */
  private List<byte[]> way = List.of();

  private SourceArguments(Rules rules, Filters filters, Report report) {
    this.rules = rules;
    this.filters = filters;
    this.report = report;
    this.rulings = ToldRulings.ofSource(report, rules.tellsRulings);
    this.walk = new ArgumentWalk(filters, report);
    this.entersDirectories = rules.recursive;
  }

  static SourceArguments of(CopyRequest request, Filters filters, Report report)
      throws CopyException {
    SourceArguments arguments = new SourceArguments(request.rules(), filters, report);
    List<byte[]> files = request.files();
    if (files != null) {
      arguments.files(request.sources().getFirst(), files);
    } else {
      for (byte[] source : request.sources()) {
        arguments.add(source);
        arguments.argument++;
      }
    }
    if (arguments.isOneUnreached && !arguments.top.isEmpty()) {
      report.sourceError(); // of nothing at all, nothing would be removed: rsync says no word of it
    }
    return arguments;
  }

  /** The top of the transfer. */
  SourceDirectory top() {
    return new SourceDirectory(Paths.NONE, top, scope(rules, filters), entersDirectories);
  }

  /** Which names take part, and which are not left out with their directory (-m). */
  static FilterScope scope(Rules rules, Filters filters) {
    return rules.pruneEmptyDirectories ? filters.sourceThatPrunes() : filters.source();
  }

  @Nullable FileStatus self() {
    return self;
  }

  /** Which argument that directory is; -1 without one. */
  int selfArgument() {
    SourceRoot root = selfRoot;
    return root == null ? -1 : root.argument();
  }

  /**
   * What is kept of that directory.
   *
   * @param told when it cannot be read
   */
  Attributes selfAttributes(SourceAttributes attributes, Report told) {
    FileStatus status = java.util.Objects.requireNonNull(self);
    SourceRoot root = selfRoot;
    try {
      return root == null ? Attributes.of(status) : attributes.read(root.handle(), status);
    } catch (LinuxException e) {
      told.failure(CopyStatus.PARTIAL, Paths.HERE, "its attributes cannot be read: " + e.reason());
      return Attributes.of(status);
    }
  }

  /**
   * Whether all arguments are names, and one of them is this: where the others do not take part,
   * the target may be its new name. A name that is given twice counts as several, as with rsync,
   * and so does {@code ./name}, with which the directory that it is in takes part (-R).
   */
  boolean isOneName(byte[] name) {
    if (leadsThroughHere) {
      return false;
    }
    int same = 0;
    for (Part part : top) {
      if (!(part instanceof Argument argument) || argument.removed()) {
        return false;
      }
      same += Arrays.equals(argument.name(), name) ? 1 : 0;
    }
    return same == 1;
  }

  /** rsync's figures count what the target itself stands for as often as it was given. */
  void countAgain(Tally tally) {
    for (int i = 0; i < again; i++) {
      tally.seen.add(Item.Kind.DIRECTORY);
    }
  }

  private void add(byte[] source) throws CopyException {
    if (rules.relative) {
      int dot = afterDotDirectory(source);
      byte[] base =
          dot >= 0
              ? cut(Arrays.copyOf(source, Math.max(dot - 3, source[0] == '/' ? 1 : 0)))
              : source[0] == '/' ? TOP : CURRENT;
      byte[] path = dot >= 0 ? Arrays.copyOfRange(source, dot, source.length) : source;
      relative(base, path, source, false);
      return;
    }
    boolean isContent = endsAsDirectory(source);
    byte[] path = cut(source);
    if (isContent) {
      content(path, source);
      return;
    }
    named(Paths.parent(path), path[0] == '/', Paths.name(path), source);
  }

  /** The path without '/' at its end; "/" itself stays. */
  private static byte[] cut(byte[] path) {
    int end = path.length;
    while (end > 1 && path[end - 1] == '/') {
      end--;
    }
    return end == 0 ? CURRENT : Arrays.copyOf(path, end);
  }

  /** Whether the content is meant and not the directory: "a/", "a/.", ".", "..", "a/..". */
  private static boolean endsAsDirectory(byte[] path) {
    if (path.length == 0 || path[path.length - 1] == '/') {
      return true;
    }
    byte[] name = Paths.name(path);
    return Paths.isHere(name) || Paths.isAbove(name);
  }

  /** The position behind the first "/./" of a path; -1 when there is none. */
  private static int afterDotDirectory(byte[] path) {
    for (int i = 0; i + 2 < path.length; i++) {
      if (path[i] == '/' && path[i + 1] == '.' && path[i + 2] == '/') {
        return i + 3;
      }
    }
    return -1;
  }

  private void content(byte[] path, byte[] source) {
    try {
      SourceRoot root = open(path);
      FileStatus status = root.handle().status();
      requireWay(root.handle());
      if (!rules.recursive && !rules.directories) {
        report.leavesOut(CURRENT, rules);
        return;
      }
      if (self == null) {
        self = status;
        selfRoot = root;
      } else {
        again++;
      }
      top.add(new Content(Place.of(root)));
    } catch (LinuxException e) {
      unreachable(e, source);
    }
  }

  /** That this user may reach what is in a directory, whether he may list it or not. */
  private static void requireWay(DirectoryHandle directory) throws LinuxException {
    if (Identity.user() != 0) {
      directory.beneathForNames(Paths.NONE).close();
    }
  }

  private SourceRoot open(byte[] path) throws LinuxException {
    Look.Key key = new Look.Key(path);
    Opened known = opened.get(key);
    if (known == null) {
      DirectoryHandle handle = DirectoryHandle.openForNames(path.length == 0 ? CURRENT : path);
      try {
        known = new Opened(handle, handle.status().device());
      } catch (LinuxException e) {
        handle.close();
        throw e;
      }
      opened.put(key, known);
    }
    return new SourceRoot(known.handle, shown(path), argument, known.device);
  }

  private record Opened(DirectoryHandle handle, long device) {}

  private static String shown(byte[] path) {
    String text = Names.display(path);
    return text.isEmpty() || text.endsWith("/") ? text : text + "/";
  }

  private void named(byte[] parent, boolean isAbsolute, byte[] name, byte[] source) {
    SourceRoot root;
    try {
      root = open(parent.length == 0 && isAbsolute ? TOP : parent);
    } catch (LinuxException e) {
      unreachable(e, source);
      return;
    }
    try {
      Place in = Place.of(root);
      FileStatus status = root.handle().status(name);
      if (status == null) {
        throw new LinuxException("stat", "", Errno.ENOENT);
      }
      if (isMissingBehind(root.handle(), name, status)) {
        missing(Lister.LEADS_NOWHERE, source, name);
        return;
      }
      boolean isDirectory = isDirectory(root.handle(), name, name, status);
      in = in.onDevice(device(root.handle(), name, status, isDirectory));
      List<Part> below = new ArrayList<>();
      if (rules.recursive && isDirectory) {
        below.add(new Content(in.below(name, status.isSymbolicLink())));
      }
      add(top, new Argument(name, in, null, below, false, false, false));
    } catch (LinuxException e) {
      missing(e, source, name);
    }
  }

  /** What {@code -x} stays on below an argument, which a link may be that leads elsewhere. */
  private static long device(
      DirectoryHandle in, byte[] name, FileStatus status, boolean isDirectory)
      throws LinuxException {
    FileStatus behind =
        isDirectory && status.isSymbolicLink() ? in.statusThroughLink(name) : status;
    return (behind == null ? status : behind).device();
  }

  /**
   * Whether the name is a directory for this copy: a link may count as what it leads to.
   *
   * @param path its path in the transfer
   */
  private boolean isDirectory(DirectoryHandle in, byte[] name, byte[] path, FileStatus status)
      throws LinuxException {
    if (!status.isSymbolicLink()) {
      return status.isDirectory();
    }
    boolean isFollowed =
        rules.copyLinks
            || rules.copyUnsafeLinks
                && SymbolicLinks.isUnsafe(SymbolicLinks.textAtSource(rules, in, name), path);
    if (isFollowed) {
      return leadsToDirectory(in, name);
    }
    return rules.copyDirectoryLinks && SymbolicLinks.directoryBehind(in, name) != null;
  }

  /** Whether an argument is missing because what it leads to is, and all links are followed. */
  private boolean isMissingBehind(DirectoryHandle in, byte[] name, FileStatus status)
      throws LinuxException {
    return rules.copyLinks && status.isSymbolicLink() && in.statusThroughLink(name) == null;
  }

  /** Whether a link that leads out of the tree is to be followed and cannot be. */
  private boolean isUnsafeAndMissing(DirectoryHandle in, byte[] name, byte[] path)
      throws LinuxException {
    return rules.copyUnsafeLinks
        && SymbolicLinks.isUnsafe(SymbolicLinks.textAtSource(rules, in, name), path)
        && in.statusThroughLink(name) == null;
  }

  /**
   * The directory that an argument is in, or whose content it is, cannot be entered. Whatever is
   * said of missing arguments, that is an error, as with rsync.
   */
  private void unreachable(LinuxException e, byte[] source) {
    unreachable(e.reason(), source);
  }

  private void unreachable(String why, byte[] source) {
    isOneUnreached = true; // what is in the directory is not known: nothing is removed (H28)
    report.failure(CopyStatus.PARTIAL, source, because(why));
  }

  /** A name could not be looked at in its directory. */
  private void missing(LinuxException e, byte[] source, byte[] name) {
    if (e.errno() != Errno.ENOENT) {
      unreachable(e, source);
      return;
    }
    missing(because(e), source, name);
  }

  private void missing(String because, byte[] source, byte[] name) {
    if (rules.missingArguments == MissingArguments.IGNORE) {
      return;
    }
    if (rules.missingArguments == MissingArguments.DELETE && name.length > 0) {
      add(top, new Argument(name, NOWHERE, null, new ArrayList<>(), true, false, false));
      return;
    }
    report.failure(CopyStatus.PARTIAL, source, because);
  }

  /** The same at the end of a way that is made at the target when something goes from there. */
  private void missing(
      String because, List<ArgumentWalk.Step> way, Place in, byte[] name, byte[] source) {
    if (rules.missingArguments == MissingArguments.DELETE) {
      add(into(way, false), new Argument(name, in, null, new ArrayList<>(), true, false, false));
    } else {
      missing(because, source, Paths.NONE);
    }
  }

  private static String because(LinuxException e) {
    return because(e.reason());
  }

  private static String because(String why) {
    return "cannot be copied: " + why + ". Nothing of it was copied";
  }

  private static final Place NOWHERE = Place.of(new SourceRoot(DirectoryHandle.NONE, "", -1, 0));

  private void files(byte[] base, List<byte[]> names) throws CopyException {
    byte[] root = cut(base);
    try (DirectoryHandle there = DirectoryHandle.openForNames(root)) {
      requireWay(there);
    } catch (LinuxException e) {
      throw new CopyException(
          CopyStatus.FILE_SELECTION,
          Names.display(root)
              + ", which the names of --files-from are below, cannot be opened: "
              + e.reason());
    }
    for (byte[] name : names) {
      if (rules.relative) {
        int dot = afterDotDirectory(name);
        byte[] from = dot >= 0 ? Paths.join(root, confined(Arrays.copyOf(name, dot - 3))) : root;
        byte[] path = confined(dot >= 0 ? Arrays.copyOfRange(name, dot, name.length) : name);
        relative(from, path, name, true);
      } else {
        add(Paths.join(root, confined(name)));
      }
    }
  }

  /**
   * All names of a list are below its directory: "/a" as "a" is, and ".." leads up to it at most.
   */
  private static byte[] confined(byte[] path) {
    int from = 0;
    while (from < path.length && path[from] == '/') {
      from++;
    }
    List<byte[]> names = new ArrayList<>();
    boolean leadsUp = false;
    for (int end = from; end <= path.length; end++) {
      if (end == path.length || path[end] == '/') {
        byte[] name = Arrays.copyOfRange(path, from, end);
        from = end + 1;
        if (!Paths.isAbove(name)) {
          names.add(name);
          continue;
        }
        leadsUp = true;
        while (!names.isEmpty() && (names.getLast().length == 0 || Paths.isHere(names.getLast()))) {
          names.removeLast();
        }
        if (!names.isEmpty()) {
          names.removeLast();
        }
      }
    }
    ByteArrayOutputStream confined = new ByteArrayOutputStream();
    for (byte[] name : names) {
      confined.writeBytes(name);
      confined.write('/');
    }
    int cut = leadsUp && endsAsDirectory(path) ? 0 : 1; // "a/.." is a directory, as "a/" is
    return names.isEmpty() ? CURRENT : Arrays.copyOf(confined.toByteArray(), confined.size() - cut);
  }

  /**
   * A path that is kept below the target.
   *
   * @param isListed whether it is of a list (--files-from): whose links lead out of the source's
   *     directory is then not for others to say (H3), as with rsync
   */
  private void relative(byte[] base, byte[] path, byte[] source, boolean isListed)
      throws CopyException {
    boolean listsContent = endsAsDirectory(path);
    List<byte[]> names = components(path);
    SourceRoot root;
    try {
      root = open(base);
    } catch (LinuxException e) {
      unreachable(e, source);
      return;
    }
    if (names.isEmpty()) {
      if (rules.recursive || rules.directories) {
        self(root, source);
        top.add(new Content(Place.of(root)));
      } else {
        report.leavesOut(path.length == 0 ? CURRENT : path, rules);
      }
      return;
    }
    if (path.length > 1
        && Paths.isHere(Arrays.copyOf(path, 1))
        && path[1] == '/'
        && !leadsThroughHere
        && !excludesSelf(root, source)) {
      leadsThroughHere = true; // "./a" leads through the directory itself
      if (rules.impliedDirectories) {
        self(root, source);
      }
    }
    List<ArgumentWalk.Step> steps = walk.follow(root, names);
    Place in = steps.isEmpty() ? Place.of(root) : steps.getLast().inside();
    for (byte[] name : names.subList(steps.size(), names.size())) {
      boolean isLast = steps.size() == names.size() - 1;
      try {
        DirectoryHandle here = walk.enter(in, steps);
        FilterScope scope = walk.scope();
        FileStatus status = here.status(name);
        if (status == null) {
          throw new LinuxException("stat", "", Errno.ENOENT);
        }
        boolean isLink = status.isSymbolicLink();
        if (isLink && isListed && !(isLast && !listsContent) && !OperatorPaths.isTrusted(status)) {
          String link = "the link " + Names.display(joined(names(steps, name))) + " ";
          unreachable(link + OperatorPaths.distrust(status), source);
          return;
        }
        if (isLast && isMissingBehind(here, name, status)) {
          // Nor are the directories on the way made, as with rsync.
          missing(Lister.LEADS_NOWHERE, steps, in, name, joined(names));
          return;
        }
        boolean isDirectory =
            isLast && !listsContent
                ? isDirectory(here, name, joined(names), status)
                : status.isDirectory() || isLink && leadsToDirectory(here, name);
        if (isLast) {
          byte[] above =
              rules.tellsRulings ? joined(names.subList(0, names.size() - 1)) : Paths.NONE;
          if (listsContent // rsync asks about its content only
              ? scope.excludes(name, isDirectory)
              : rulings.excludes(scope, above, name, isDirectory)) {
            return;
          }
          if (isLink && !listsContent && isUnsafeAndMissing(here, name, joined(names))) {
            report.sourceError();
            report.failure(CopyStatus.PARTIAL, joined(names), Lister.LEADS_NOWHERE);
            return; // nor are the directories on the way made, as with rsync
          }
          // Not that of what it hangs on; of "link/" rsync takes the link's.
          in = in.onDevice(device(here, name, status, isDirectory && !listsContent));
        }
        steps.add(new ArgumentWalk.Step(name, in, status, isDirectory));
        in = steps.getLast().inside();
      } catch (LinuxException e) {
        if (isLast && e.errno() == Errno.ENOENT) {
          missing(because(e), steps, in, name, source);
        } else {
          missing(e, source, Paths.NONE);
        }
        return;
      } catch (FilterException e) {
        boolean isWrong = e.exitValue() == FilterException.SYNTAX;
        report.failure(
            isWrong ? CopyStatus.USAGE : CopyStatus.PARTIAL,
            source,
            String.valueOf(e.getMessage()));
        return;
      }
    }
    ArgumentWalk.Step last = steps.removeLast();
    boolean isAbsolute = path.length > 0 && path[0] == '/';
    if (last.isDirectory() && !rules.recursive && !rules.directories) {
      byte[] shown = joined(names);
      report.leavesOut(isAbsolute ? Paths.concat(TOP, shown) : shown, rules);
      return;
    }
    List<Part> into = into(steps, isAbsolute);
    List<Part> below = new ArrayList<>();
    if (last.isDirectory() && (rules.recursive || listsContent)) {
      below.add(new Content(in));
    }
    // Given again it is one name still: the listing puts together what any of them says, or names
    // that only one of them has would be removed.
    add(into, new Argument(last.name(), last.in(), null, below, false, false, isAbsolute));
  }

  private boolean excludesSelf(SourceRoot root, byte[] source) {
    try {
      return filters.source().of(root.handle()).excludes(Paths.HERE, true);
    } catch (LinuxException e) {
      missing(e, source, Paths.NONE);
      return true;
    }
  }

  private static List<byte[]> names(List<ArgumentWalk.Step> steps, byte[] last) {
    List<byte[]> names = new ArrayList<>(steps.stream().map(ArgumentWalk.Step::name).toList());
    names.add(last);
    return names;
  }

  private static byte[] joined(List<byte[]> names) {
    byte[] path = Paths.NONE;
    for (byte[] name : names) {
      path = Paths.join(path, name);
    }
    return path;
  }

  /** The target itself stands for this directory, unless it does for another one already. */
  private void self(SourceRoot root, byte[] source) {
    if (self == null) {
      self = statusOf(root, source);
      selfRoot = root;
    } else {
      again++;
    }
  }

  /** What takes part below these directories, which are there because they lead to it. */
  private List<Part> into(List<ArgumentWalk.Step> steps, boolean isAbsolute) {
    List<Part> into = top;
    int shared = 0;
    while (shared < Math.min(way.size(), steps.size())
        && Arrays.equals(way.get(shared), steps.get(shared).name())) {
      shared++;
    }
    // Where rsync lists all before it copies, it takes the end of the way before for another name
    // when this one goes on from there: "s/f" and "s/g/z" count s twice.
    boolean goesOn = shared == way.size() && shared < steps.size() && !rules.incremental;
    int known = goesOn ? shared - 1 : shared;
    for (int i = 0; i < steps.size(); i++) {
      ArgumentWalk.Step step = steps.get(i);
      Argument argument = find(into, step.name());
      if (argument == null || i >= known) {
        // One that is there already is counted again, unless the argument before led through it.
        Argument another =
            new Argument(
                step.name(), step.in(), step.status(), new ArrayList<>(), false, true, isAbsolute);
        add(into, another);
        argument = argument == null ? another : argument;
      }
      into = argument.below();
    }
    if (shared < steps.size()) {
      way = steps.stream().map(step -> step.name()).toList();
    }
    return into;
  }

  private static boolean leadsToDirectory(DirectoryHandle in, byte[] name) throws LinuxException {
    FileStatus behind = in.statusThroughLink(name);
    return behind != null && behind.isDirectory();
  }

  private @Nullable FileStatus statusOf(SourceRoot root, byte[] source) {
    try {
      return root.handle().status();
    } catch (LinuxException e) {
      missing(e, source, Paths.NONE);
      return null;
    }
  }

  private void add(List<Part> parts, Argument argument) {
    parts.add(argument);
    byName
        .computeIfAbsent(parts, key -> new HashMap<>())
        .putIfAbsent(new Look.Key(argument.name()), argument);
  }

  /** The first argument with a name. */
  private @Nullable Argument find(List<Part> parts, byte[] name) {
    Map<Look.Key, Argument> known = byName.get(parts);
    return known == null ? null : known.get(new Look.Key(name));
  }

  /**
   * The names of a path without empty ones and ".".
   *
   * @throws CopyException when there is a ".." in it: what it is at the target cannot be said
   */
  private static List<byte[]> components(byte[] path) throws CopyException {
    List<byte[]> names = new ArrayList<>();
    for (byte[] name : Names.components(path)) {
      if (Paths.isAbove(name)) {
        throw new CopyException(
            CopyStatus.USAGE,
            "-R takes no .. in what is kept of a path below the target, and \""
                + Names.display(path)
                + "\" has one; what stands before a /./ is not kept");
      }
      if (name.length > 0 && !Paths.isHere(name)) {
        names.add(name);
      }
    }
    return names;
  }

  @Override
  public void close() {
    walk.close();
    opened.values().forEach(one -> one.handle.close());
  }
}
