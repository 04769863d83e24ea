package dev.godwit.mirror.rules;

import dev.godwit.daemon.RulesException;
import dev.godwit.daemon.Words;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.MountChoice;
import dev.godwit.sync.Removals;
import dev.godwit.sync.attributes.Owners;
import dev.godwit.sync.copy.KeptFolders;
import dev.godwit.sync.filter.FilterException;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.OptionTable;
import dev.godwit.sync.rules.Surroundings;
import dev.godwit.sync.rules.SyncOption;
import dev.godwit.sync.rules.UsageException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A command line of {@code godwit mirror}: its own options taken out, the rest as {@code godwit
 * sync} reads it. Words are bytes, because names are.
 */
public final class MirrorArguments {
  private static final Duration AUDIT = Duration.ofDays(1);
  private static final double AUDIT_SHARE = 0.1;
  private static final Duration TRASH_KEPT = Duration.ofDays(7);

  /** Without options, what makes two trees equal. */
  private static final List<String> EQUAL = List.of("-aHAX", "--numeric-ids");

  /** The same where an owner map has names of the source's. */
  private static final List<String> EQUAL_BY_NAME = List.of("-aHAX");

  /** When one of these is given, the user has said what is kept. */
  private static final List<SyncOption> SAYS_WHAT =
      List.of(
          SyncOption.RECURSIVE,
          SyncOption.LINKS_AS_SUCH,
          SyncOption.PERMS,
          SyncOption.OWNER,
          SyncOption.GROUP,
          SyncOption.TIMES,
          SyncOption.ARCHIVE);

  /** Each of these makes a copy remove what only the target has. */
  private static final List<SyncOption> REMOVES =
      List.of(
          SyncOption.DELETE,
          SyncOption.DELETE_BEFORE,
          SyncOption.DELETE_DURING,
          SyncOption.DELETE_DELAY,
          SyncOption.DELETE_AFTER,
          SyncOption.DELETE_EXCLUDED);

  /** So much of the target may go within ten minutes, unless it was told otherwise (H27). */
  private static final String DELETE_LIMIT = "--delete-limit=50%";

  private final Map<MirrorOption, byte[]> own = new EnumMap<>(MirrorOption.class);
  private final List<byte[]> others = new ArrayList<>();
  private final List<String> problems = new ArrayList<>();

  private boolean isQuiet;

  private MirrorArguments() {}

  /**
   * Takes a command line apart.
   *
   * @throws RulesException for what lacks its value
   */
  public static MirrorArguments read(List<byte[]> words) throws RulesException {
    MirrorArguments arguments = new MirrorArguments();
    arguments.split(words);
    if (!arguments.problems.isEmpty()) {
      throw new RulesException(arguments.problems);
    }
    return arguments;
  }

  private void split(List<byte[]> words) {
    for (int i = 0; i < words.size(); i++) {
      String word = new String(words.get(i), StandardCharsets.ISO_8859_1);
      if (word.equals("--")) {
        others.addAll(words.subList(i, words.size()));
        return;
      }
      boolean isConfig = word.equals("-c");
      int equals = word.indexOf('=');
      String name =
          isConfig
              ? MirrorOption.CONFIG.word()
              : word.startsWith("--") ? word.substring(2, equals < 0 ? word.length() : equals) : "";
      MirrorOption option = MirrorOption.byWord(name);
      if (option == null) {
        others.add(words.get(i));
        if (takesNext(word) && i + 1 < words.size()) {
          others.add(words.get(++i));
        }
      } else if (!option.takesArgument()) {
        if (equals >= 0) {
          problems.add("--" + name + " takes no value");
        }
        own.put(option, new byte[0]);
      } else if (equals >= 0 && !isConfig) {
        put(option, Arrays.copyOfRange(words.get(i), equals + 1, words.get(i).length));
      } else if (i + 1 < words.size()) {
        put(option, words.get(++i));
      } else {
        problems.add((isConfig ? "-c" : "--" + name) + " needs a value: " + option.argument());
      }
    }
  }

  private void put(MirrorOption option, byte[] value) {
    own.merge(option, value, (one, more) -> option.isRepeatable() ? joined(one, more) : more);
  }

  /** Several values as one: no word has a NUL. */
  private static byte[] joined(byte[] one, byte[] more) {
    byte[] both = Arrays.copyOf(one, one.length + 1 + more.length);
    System.arraycopy(more, 0, both, one.length + 1, more.length);
    return both;
  }

  /** Whether the word after this one is the value of an option of sync, whatever it looks like. */
  private static boolean takesNext(String word) {
    if (word.startsWith("--")) {
      SyncOption option = OptionTable.byName(word.substring(2));
      return option != null && option.takesArgument();
    }
    if (word.length() < 2 || word.charAt(0) != '-') {
      return false;
    }
    for (int i = 1; i < word.length(); i++) {
      SyncOption option = OptionTable.byLetter(word.charAt(i));
      if (option != null && option.takesArgument()) {
        return i == word.length() - 1;
      }
    }
    return false;
  }

  /** The value of an option, as text; null when it was not given. */
  public @Nullable String value(MirrorOption option) {
    byte[] value = own.get(option);
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }

  public boolean has(MirrorOption option) {
    return own.containsKey(option);
  }

  /** Whether only what is in the way is told ({@code -q}), once {@link #rule} was read. */
  public boolean isQuiet() {
    return isQuiet;
  }

  /**
   * What a file of mirrors says itself, so that it is not said beside it: as it was given, for
   * people.
   */
  public List<String> saidOfMirrors() {
    List<String> said = new ArrayList<>();
    own.keySet().stream()
        .filter(MirrorOption::isOfPair)
        .forEach(option -> said.add("--" + option.word()));
    others.stream().map(Names::display).filter(word -> !word.equals("--")).forEach(said::add);
    return said;
  }

  /** What sync reads: its options and the operands. */
  public List<byte[]> others() {
    return List.copyOf(others);
  }

  /** A value in its meaning; null when the option was not given. */
  public <T> @Nullable T parsed(MirrorOption option, Function<String, T> meaning)
      throws RulesException {
    String value = value(option);
    try {
      return value == null ? null : meaning.apply(value);
    } catch (IllegalArgumentException e) {
      throw new RulesException(List.of("--" + option.word() + ": " + e.getMessage()));
    }
  }

  /** The command line as that of a copy. */
  private List<byte[]> words(List<String> implied) {
    List<byte[]> words = new ArrayList<>();
    implied.forEach(word -> words.add(Names.of(word)));
    words.add(Names.of(DELETE_LIMIT));
    if (!has(MirrorOption.NO_DELETE)) {
      words.add(Names.of("--delete"));
    }
    words.addAll(others);
    return words;
  }

  private static Invocation read(List<byte[]> words, Surroundings surroundings)
      throws RulesException {
    try {
      return Invocation.read(words, surroundings);
    } catch (UsageException e) {
      throw new RulesException(e.problems().stream().map(MirrorArguments::ofMirror).toList());
    }
  }

  /**
   * What a source and a target, and the options for them, say together.
   *
   * @param name of the mirror; empty for that of the source's last component
   * @throws RulesException with everything that is wrong
   */
  public MirrorRule rule(String name, Surroundings surroundings) throws RulesException {
    List<SyncOption> given = Invocation.options(others);
    if (given.contains(SyncOption.FILES_FROM)) { // before the list is looked for
      SyncOption option = SyncOption.FILES_FROM;
      throw new RulesException(List.of(EngineLimits.refusal(option, option.shown())));
    }
    boolean isEqual = SAYS_WHAT.stream().noneMatch(given::contains);
    List<byte[]> words =
        words(isEqual ? EQUAL : given.contains(SyncOption.RECURSIVE) ? List.of() : List.of("-r"));
    Invocation invocation = read(words, surroundings);
    Optional<String> wrongMap = Owners.problem(invocation.rules(), invocation.targetHost() == null);
    if (wrongMap.isPresent()) {
      throw new RulesException(List.of(wrongMap.get()));
    }
    if (isEqual && Owners.areNamesMapped(invocation.rules())) {
      words = words(EQUAL_BY_NAME); // by number no name would match
      invocation = read(words, surroundings);
    }
    isQuiet = invocation.telling().quiet;
    List<String> wrong = new ArrayList<>(EngineLimits.problems(given, invocation));
    if (invocation.topic() != Invocation.Topic.COPY) {
      throw new RulesException(List.of("a source and a target are needed"));
    }
    if (invocation.sources().size() != 1 || invocation.target().length == 0) {
      wrong.add("a mirror has one source and one target: godwit mirror [OPTION...] SRC DST");
    }
    wrong.addAll(contradictions(given));
    boolean isChangesOnly = has(MirrorOption.CHANGES_ONLY);
    if (isChangesOnly && has(MirrorOption.ONCE)) {
      wrong.add("--changes-only and --once exclude each other: nothing would be done");
    }
    if (isChangesOnly && invocation.rules().followsLinks()) {
      wrong.add(
          "--changes-only brings what is told to change, and nobody tells what changes behind"
              + " links: without --copy-links, --copy-unsafe-links and --copy-dirlinks it can be had");
    }
    if (!wrong.isEmpty()) {
      throw new RulesException(wrong);
    }
    Duration delay = parsed(MirrorOption.DELAY, MirrorArguments::orNone);
    Removals removals = parsed(MirrorOption.DELETE_WHEN, MirrorArguments::removals);
    if (isChangesOnly && removals == Removals.IN_COMPARISONS) {
      throw new RulesException(
          List.of(
              "--changes-only and --delete-when=startup exclude each other: nothing is compared at"
                  + " the start"));
    }
    AuditChoice audit = audit(isChangesOnly ? Duration.ZERO : AUDIT);
    Duration kept = parsed(MirrorOption.TRASH_KEEP, Words::duration);
    MountChoice mounts = mounts();
    byte[] source = path(invocation.sourceHost(), invocation.sources().getFirst());
    byte[] target = path(invocation.targetHost(), invocation.target());
    byte[] last = lastComponent(invocation.sources().getFirst());
    if (last.length > 0) {
      target = join(target, last);
    }
    byte[] backups = invocation.rules().backupDirectory;
    if (backups != null && KeptFolders.isTarget(target, backups)) {
      throw new RulesException(List.of("--backup-dir is DST itself: " + EngineLimits.BESIDE));
    }
    byte[] trash = invocation.rules().trash;
    if (trash != null && KeptFolders.isTarget(target, trash)) {
      throw new RulesException(
          List.of(
              "--trash is DST itself, where what is kept would be taken for what SRC does not have:"
                  + " name a folder below it, or one that is elsewhere on its file system"));
    }
    return new MirrorRule(
        name.isEmpty() ? nameOf(source) : name,
        invocation.sourceHost(),
        source,
        invocation.targetHost(),
        target,
        invocation.rules(),
        invocation.filters(),
        invocation.line(),
        isChangesOnly ? Removals.WHEN_SEEN : removals == null ? Removals.ALL : removals,
        delay == null ? Duration.ZERO : delay,
        isChangesOnly,
        audit,
        kept == null ? TRASH_KEPT : kept,
        mounts,
        has(MirrorOption.NEW_ROOT),
        signature(words, invocation),
        remarks(given, invocation, audit),
        null);
  }

  /** Of two options that say opposite things neither is taken for the one that is meant. */
  private List<String> contradictions(List<SyncOption> given) {
    List<String> wrong = new ArrayList<>();
    if (has(MirrorOption.NO_DELETE)) {
      REMOVES.stream()
          .filter(given::contains)
          .forEach(option -> wrong.add(option.shown() + " and --no-delete exclude each other"));
      if (has(MirrorOption.DELETE_WHEN)) {
        wrong.add("--delete-when and --no-delete exclude each other");
      }
    }
    if (has(MirrorOption.TRASH_KEEP) && !given.contains(SyncOption.TRASH)) {
      wrong.add(
          "--trash-keep without --trash: nothing would be kept; name the folder, --trash=DIR");
    }
    if (has(MirrorOption.MOUNTS) && given.contains(SyncOption.ONE_FILE_SYSTEM)) {
      wrong.add("--mounts and -x exclude each other: without --mounts no mount takes part");
    }
    return wrong;
  }

  /** What was said that changes nothing, for people. */
  private List<String> remarks(List<SyncOption> given, Invocation invocation, AuditChoice audit) {
    List<String> remarks = new ArrayList<>(invocation.withoutEffect());
    if (given.contains(SyncOption.VERBOSE)) {
      remarks.add("-v has no effect: `godwit mirror status` tells how a mirror is doing");
    }
    if (given.contains(SyncOption.MKPATH)) {
      remarks.add("--mkpath has no effect: a mirror makes the directories that lead to DST anyway");
    }
    if (given.contains(SyncOption.SUFFIX) && invocation.rules().backupDirectory == null) {
      remarks.add("--suffix has no effect without --backup-dir");
    }
    boolean isOnce = has(MirrorOption.ONCE);
    for (MirrorOption option :
        List.of(MirrorOption.AUDIT, MirrorOption.AUDIT_SHARE, MirrorOption.AUDIT_CONTENT)) {
      if (has(option) && isOnce) {
        remarks.add("--" + option.word() + " has no effect with --once");
      } else if (has(option) && option != MirrorOption.AUDIT && audit.every().isZero()) {
        remarks.add("--" + option.word() + " has no effect without audits in turn (--audit)");
      }
    }
    if (has(MirrorOption.DELAY) && isOnce) {
      remarks.add("--delay has no effect with --once");
    }
    return remarks;
  }

  /**
   * @param otherwise how often where nothing is said
   */
  private AuditChoice audit(Duration otherwise) throws RulesException {
    Duration every = parsed(MirrorOption.AUDIT, MirrorArguments::orNone);
    Double share = parsed(MirrorOption.AUDIT_SHARE, AuditChoice::share);
    return new AuditChoice(
        every == null ? otherwise : every,
        has(MirrorOption.AUDIT_CONTENT),
        share == null ? AUDIT_SHARE : share);
  }

  private MountChoice mounts() throws RulesException {
    byte[] value = own.get(MirrorOption.MOUNTS);
    if (value == null) {
      return MountChoice.NONE;
    }
    List<String> wrong = new ArrayList<>();
    MountChoice choice =
        MountChoice.of(
            List.of(PathText.of(value).split("\0", -1)),
            word ->
                wrong.add(
                    "--mounts: found "
                        + PathText.display(word)
                        + ", expected a path below SRC, without / at its start, or all"));
    if (!wrong.isEmpty()) {
      throw new RulesException(wrong);
    }
    return choice;
  }

  private List<String> signature(List<byte[]> words, Invocation invocation) throws RulesException {
    List<String> all = new ArrayList<>();
    words.forEach(word -> all.add(new String(word, StandardCharsets.ISO_8859_1)));
    // A file that a word names may have other rules than before (H29).
    for (FilterRule filter : read(invocation)) {
      filter.texts().forEach(text -> all.add(new String(text, StandardCharsets.ISO_8859_1)));
    }
    own.forEach(
        (option, value) -> {
          if (option.isOfPair() && option != MirrorOption.NEW_ROOT) {
            all.add(option + "=" + new String(value, StandardCharsets.ISO_8859_1));
          }
        });
    return all;
  }

  private static List<FilterRule> read(Invocation invocation) throws RulesException {
    try {
      return Filters.of(invocation.filters(), invocation.rules().filterSettings()).resolved();
    } catch (FilterException e) {
      throw new RulesException(List.of(String.valueOf(e.getMessage())));
    }
  }

  private static String ofMirror(String problem) {
    return problem.replace(
        "godwit sync [OPTION...] SRC... DST", "godwit mirror [OPTION...] SRC DST");
  }

  private static Removals removals(String value) {
    return switch (value) {
      case "startup" -> Removals.IN_COMPARISONS;
      case "running" -> Removals.WHEN_SEEN;
      default ->
          throw new IllegalArgumentException("found " + value + ", expected startup or running");
    };
  }

  private static Duration orNone(String value) {
    return value.equals("off") ? Duration.ZERO : Words.duration(value);
  }

  /** Absolute on this host; "~/" means what every path means that does not begin with '/'. */
  private static byte[] path(@Nullable String host, byte[] path) {
    byte[] clean = path;
    if (host == null) {
      clean =
          path[0] == '/' ? path : join(Names.of(System.getProperty("user.dir")), withoutHere(path));
    } else if (path.length >= 2 && path[0] == '~' && path[1] == '/') {
      clean = Arrays.copyOfRange(path, 2, path.length);
    } else if (path.length == 1 && path[0] == '~') {
      clean = new byte[] {'.'};
    }
    int end = clean.length;
    while (end > 1 && clean[end - 1] == '/') {
      end--;
    }
    return end == 0 ? new byte[] {'.'} : Arrays.copyOf(clean, end);
  }

  /** {@code ./a} is {@code a}: what is remembered of a root is found by its path. */
  private static byte[] withoutHere(byte[] path) {
    int start = 0;
    while (start + 1 < path.length && path[start] == '.' && path[start + 1] == '/') {
      start += 2;
      while (start < path.length && path[start] == '/') {
        start++;
      }
    }
    return start == path.length ? new byte[] {'.'} : Arrays.copyOfRange(path, start, path.length);
  }

  /** What a source adds to the target's path: nothing when it ends with '/' or a dot. */
  private static byte[] lastComponent(byte[] path) {
    int slash = path.length - 1;
    while (slash >= 0 && path[slash] != '/') {
      slash--;
    }
    byte[] last = Arrays.copyOfRange(path, slash + 1, path.length);
    boolean isDots =
        Arrays.equals(last, new byte[] {'.'})
            || Arrays.equals(last, new byte[] {'.', '.'})
            || Arrays.equals(last, new byte[] {'~'});
    return isDots ? new byte[0] : last;
  }

  private static byte[] join(byte[] directory, byte[] name) {
    int length = directory.length;
    boolean isRoot = length > 0 && directory[length - 1] == '/';
    byte[] joined = Arrays.copyOf(directory, length + (isRoot ? 0 : 1) + name.length);
    if (!isRoot) {
      joined[length] = '/';
    }
    System.arraycopy(name, 0, joined, joined.length - name.length, name.length);
    return joined;
  }

  private static String nameOf(byte[] source) {
    String last = new String(lastComponent(source), StandardCharsets.ISO_8859_1);
    String plain = last.replaceAll("[^A-Za-z0-9_.-]", "_");
    return plain.isEmpty() || plain.startsWith(".") || plain.startsWith("-")
        ? "mirror"
        : plain.substring(0, Math.min(64, plain.length()));
  }
}
