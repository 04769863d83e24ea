package dev.godwit.sync.copy;

import dev.godwit.host.Host;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Invocation;
import dev.godwit.sync.rules.Rules;
import dev.godwit.sync.rules.TestingSurroundings;
import dev.godwit.sync.rules.UsageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs one copy, within a host or as if between two, and keeps what it told. */
final class TestingRun implements CopyListener {
  /** Where the sides are. */
  enum Way {
    LOCAL,
    FAR_SOURCE,
    FAR_TARGET,
    /** The same with a source that was looked at before, to the end. */
    FAR_TARGET_EARLY,
    BOTH_FAR;

    boolean hasFarTarget() {
      return this == FAR_TARGET || this == FAR_TARGET_EARLY || this == BOTH_FAR;
    }
  }

  final List<Item> items = new ArrayList<>();
  final List<String> notes = new ArrayList<>();
  final List<String> failures = new ArrayList<>();

  /** Of each failure. */
  final List<String> hosts = new ArrayList<>();

  @Nullable CopyResult result;
  @Nullable CopyException ended;
  private Runnable onFileProgress = () -> {};

  static Rules rules(Consumer<Rules.Builder> options) {
    Rules.Builder builder = new Rules.Builder().archive();
    builder.wantsItems = true;
    options.accept(builder);
    return builder.build();
  }

  static CopyRequest request(Rules rules, String target, String... sources) {
    List<byte[]> paths = new ArrayList<>();
    for (String source : sources) {
      paths.add(Names.of(source));
    }
    return new CopyRequest(rules, paths, Names.of(target), null, List.<FilterRule>of());
  }

  static TestingRun of(Way way, CopyRequest request) throws Exception {
    return of(way, request, () -> {});
  }

  /**
   * @param onFileProgress called when something of a large file has arrived
   */
  static TestingRun of(Way way, CopyRequest request, Runnable onFileProgress) throws Exception {
    TestingRun run = new TestingRun();
    run.onFileProgress = onFileProgress;
    try (Host here = new LocalHost("here", List.of());
        Host far = new TestingFarHost("source host");
        Host other = new TestingFarHost("target host");
        EarlyLook early = way == Way.FAR_TARGET_EARLY ? early(request) : null) {
      Host source = way == Way.FAR_SOURCE || way == Way.BOTH_FAR ? far : here;
      Host target = way.hasFarTarget() ? other : here;
      run.result = Copy.run(source, target, request, early, run);
    } catch (CopyException e) {
      run.ended = e;
    }
    return run;
  }

  private static @Nullable EarlyLook early(CopyRequest request) throws Exception {
    EarlyLook early = EarlyLook.begin(request, Identity.isRoot());
    if (early != null) {
      early.awaitAll();
    }
    return early;
  }

  /** As a command line asks for it; no files are read for that. */
  static CopyRequest request(List<byte[]> arguments) throws UsageException {
    Invocation asked = Invocation.read(arguments, new TestingSurroundings());
    return new CopyRequest(
        asked.rules(),
        asked.sources(),
        asked.target(),
        asked.files(),
        asked.filters(),
        asked.line().remoteOptions);
  }

  static TestingRun of(Way way, Path target, String source, Consumer<Rules.Builder> options)
      throws Exception {
    return of(way, request(rules(options), target.toString(), source));
  }

  /** The items as {@code -i} prints them. */
  List<String> itemized() {
    List<String> lines = new ArrayList<>();
    for (Item item : items) {
      lines.add(
          item.change().letters(item.kind(), false)
              + " "
              + Names.display(item.path())
              + " "
              + item.size()
              + (item.link() == null ? "" : " -> " + Names.display(item.link())));
    }
    return lines;
  }

  @Override
  public void item(Item item) {
    items.add(item);
  }

  @Override
  public void fileProgress(byte[] path, long bytesDone, long bytesAll) {
    if (bytesDone > 0) {
      onFileProgress.run();
    }
  }

  @Override
  public void note(int level, String text) {
    notes.add(level + " " + text);
  }

  @Override
  public void failure(Failure failure) {
    failures.add(failure.status() + " " + Names.display(failure.path()) + ": " + failure.what());
    hosts.add(failure.host());
  }

  /** What differs between two trees, apart from their own times; a line each. */
  static List<String> differences(Path expected, Path found) throws Exception {
    SortedMap<String, String> one = TestingTrees.listing(expected);
    SortedMap<String, String> other = TestingTrees.listing(found);
    SortedSet<String> names = new TreeSet<>(one.keySet());
    names.addAll(other.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String expectedFacts = timeless(one.get(name));
      String foundFacts = timeless(other.get(name));
      if (!Objects.equals(expectedFacts, foundFacts) && !isTouched(expectedFacts, foundFacts)) {
        differences.add(
            Names.display(name.getBytes(StandardCharsets.ISO_8859_1))
                + ": expected "
                + shown(one.get(name))
                + ", found "
                + shown(other.get(name)));
      }
    }
    return differences;
  }

  /** What was made during the test has a time of its own. */
  private static @Nullable String timeless(@Nullable String facts) {
    return facts == null ? null : facts.replaceFirst(" (179|1[89]\\d)\\d{7}\\.\\d+ ", " now ");
  }

  /**
   * Whether two are one directory in which something was renamed, in the one before it was done.
   */
  private static boolean isTouched(@Nullable String one, @Nullable String other) {
    return one != null
        && other != null
        && one.startsWith("d ")
        && (one.contains(" now ") || other.contains(" now "))
        && withoutTime(one).equals(withoutTime(other));
  }

  private static String withoutTime(String facts) {
    return facts.replaceFirst(" (now|\\d+\\.\\d+) ", " ");
  }

  private static String shown(@Nullable String facts) {
    return facts == null ? "nothing" : Names.display(facts.getBytes(StandardCharsets.ISO_8859_1));
  }
}
