package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A name that stands for a directory comes to stand for something else, and the other way. */
@Tag("lab")
@Timeout(value = 7200, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TypeChangeTest {
  /** For each way of a copy. */
  private static final int CHANGES = Integer.getInteger("godwit.types.changes", 60);

  private static final long SEED = Long.getLong("godwit.types.seed", new Random().nextLong());

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void folders() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
  }

  /** Looks at a name all the time; each of them is one moment in which it was not there. */
  private static final class Observer implements AutoCloseable {
    private final AtomicLong looks = new AtomicLong();
    private final AtomicLong absences = new AtomicLong();
    private final Thread thread;
    private volatile boolean isOver;

    Observer(Path name) {
      thread = Thread.ofPlatform().start(() -> look(name));
    }

    private void look(Path name) {
      while (!isOver) {
        looks.incrementAndGet();
        try {
          var unused =
              Files.readAttributes(name, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
          absences.incrementAndGet();
        }
      }
    }

    @Override
    public void close() throws Exception {
      isOver = true;
      thread.join();
    }
  }

  /** How the names that a directory holds may go; each is another way through the program. */
  private static final List<Consumer<Rules.Builder>> OPTIONS =
      List.of(
          rules -> rules.deletion = Deletion.DURING,
          rules -> rules.deletion = Deletion.DELAY,
          rules -> {
            rules.deletion = Deletion.DURING;
            rules.inPlace = true;
          },
          rules -> {
            rules.deletion = Deletion.DURING;
            rules.delayUpdates = true;
          },
          rules -> {
            rules.deletion = Deletion.DURING;
            rules.deleteMax = 1000;
          },
          rules -> {
            rules.deletion = Deletion.DURING;
            rules.backup = true;
            rules.backupSuffix = Names.of("");
            rules.backupDirectory = Names.of("../backup" + System.nanoTime()); // nothing is in it
          });

  private void change(Path name, int round, Random random) throws Exception {
    TestingTrees.run(folder, "rm", "-rf", name.toString());
    int kind = random.nextInt(4);
    if (round % 2 == 0) {
      Files.createDirectories(name.resolve("sub/below"));
      int files = random.nextInt(20);
      for (int i = 0; i < files; i++) {
        Files.writeString(name.resolve(i % 3 == 0 ? "sub/f" + i : "f" + i), round + " " + i);
      }
    } else if (kind == 0) {
      Files.writeString(name, "a file " + round);
    } else if (kind == 1) {
      Files.createLink(name, name.resolveSibling("leader"));
    } else if (kind == 2) {
      TestingTrees.run(folder, "mkfifo", name.toString());
    } else {
      Files.createSymbolicLink(name, Path.of("other"));
    }
  }

  /** More with -Dgodwit.types.changes=N; a failure names its seed. */
  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void h22_a_name_stands_for_the_old_or_the_new_at_every_moment(TestingRun.Way way)
      throws Exception {
    Random random = new Random(SEED);
    Path name = prepared();
    try (Observer observer = new Observer(target.resolve("d"))) {
      for (int round = 1; round <= CHANGES; round++) {
        String what = "seed " + SEED + ", round " + round;
        change(name, round, random);
        Consumer<Rules.Builder> options = OPTIONS.get(random.nextInt(OPTIONS.size()));
        Thread.sleep(random.nextInt(4));
        TestingRun run =
            TestingRun.of(
                way,
                target,
                source + "/",
                rules -> {
                  rules.hardLinks = true;
                  options.accept(rules);
                });
        assertThat(run.failures).as(what).isEmpty();
        assertSame(what);
        assertThat(observer.absences).as(what).hasValue(0);
      }
      assertThat(observer.looks.get()).isGreaterThan(CHANGES);
    }
  }

  /** As a mirror does it. */
  @Test
  void h22_a_series_leaves_no_moment_without_the_name_either() throws Exception {
    Random random = new Random(SEED);
    Path name = prepared();
    try (Observer observer = new Observer(target.resolve("d"));
        TestingSeries series = new TestingSeries(source, target)) {
      for (int round = 1; round <= CHANGES; round++) {
        String what = "seed " + SEED + ", round " + round;
        change(name, round, random);
        Thread.sleep(random.nextInt(4));
        series.lookAll();
        assertThat(series.source.barrier(true).first()).as(what).isEmpty();
        assertSame(what);
        assertThat(observer.absences).as(what).hasValue(0);
      }
      series.source.finish();
    }
  }

  /** On both sides a directory, and one that a link leads to, which nothing may be taken from. */
  private Path prepared() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.writeString(TestingTrees.folder(source, "other").resolve("f" + i), "precious " + i);
    }
    Files.writeString(source.resolve("leader"), "a file with two names");
    Path name = Files.createDirectory(source.resolve("d"));
    TestingTrees.run(folder, "cp", "-a", source + "/.", target.toString());
    return name;
  }

  private void assertSame(String what) throws Exception {
    var found = TestingTrees.listing(target);
    // Another name of it may lie among the backups.
    found.computeIfPresent("leader", (name, facts) -> facts.replace(" is leader", ""));
    assertThat(found).as(what).isEqualTo(TestingTrees.listing(source));
  }

  private List<Path> temporaries() throws IOException {
    try (Stream<Path> names = Files.list(target)) {
      return names.filter(name -> name.getFileName().toString().startsWith(".godwit-")).toList();
    }
  }

  private static void fill(Path directory) throws IOException {
    for (int i = 0; i < 6; i++) {
      Files.createDirectories(directory.resolve("sub" + i + "/below"));
      Files.writeString(directory.resolve("sub" + i + "/f"), "old");
      Files.writeString(directory.resolve("sub" + i + "/below/f"), "old");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void h22_a_directory_that_gave_way_and_was_left_is_removed_by_the_next_run(TestingRun.Way way)
      throws Exception {
    Files.writeString(source.resolve("d"), "new");
    for (int i = 0; i < 2; i++) {
      fill(target.resolve(Names.display(new TemporaryNames().next())));
    }
    TestingRun run = TestingRun.of(way, target, source + "/", rules -> {}); // without --delete
    assertThat(run.failures).isEmpty();
    assertSame("left");
  }

  /** Killed at one of the removals: the new one stands, and the next run removes what is left. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 9})
  void h22_a_run_that_is_killed_while_it_removes_leaves_nothing_to_the_next(int removal)
      throws Exception {
    Files.writeString(source.resolve("d"), "new");
    fill(target.resolve("d"));
    List<String> arguments = List.of("-a", "--delete", source + "/", target.toString());
    try (TestingCopyProcess process = start("first");
        TestingTracer tracer =
            new TestingTracer(process.pid(), folder, "unlinkat:signal=SIGKILL:when=" + removal)) {
      process.begin(arguments);
      while (process.isAlive()) {
        Thread.sleep(5);
      }
      var unused = tracer.end();
    }
    assertThat(target.resolve("d")).hasContent("new");
    assertThat(temporaries()).hasSize(1);
    assertThat(temporaries().getFirst()).isNotEmptyDirectory();
    try (TestingCopyProcess next = start("next")) {
      assertThat(next.copy(arguments)).isEqualTo(new TestingCopyProcess.Ending(0, ""));
    }
    assertSame("removal " + removal);
  }

  private TestingCopyProcess start(String name) throws Exception {
    return TestingCopyProcess.start(
        TestingCopyProcess.Way.LOCAL, folder.resolve(name), "-a", "--delete");
  }

  @Test
  void h22_what_cannot_be_removed_of_a_directory_is_told_and_left() throws Exception {
    Files.createSymbolicLink(source.resolve("d"), Path.of("elsewhere"));
    fill(target.resolve("d"));
    Path kept = target.resolve("d/sub3/below/f");
    assumeThat(isSet("+i", kept)).as("the file system knows files that are immutable").isTrue();
    List<Path> left;
    try {
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.LOCAL,
              target,
              source + "/",
              rules -> rules.deletion = Deletion.DURING);
      assertThat(run.failures.getFirst())
          .contains(
              "d/sub3/below/f: cannot be removed at the target ("
                  + target
                  + "): Operation not permitted");
      left = temporaries();
      assertThat(left).hasSize(1);
      assertThat(run.failures.getLast())
          .contains("d: the directory", "" + left.getFirst().getFileName());
      assertThat(Objects.requireNonNull(run.result).status()).isEqualTo(CopyStatus.PARTIAL);
      assertThat(target.resolve("d")).isSymbolicLink();
      kept = left.getFirst().resolve("sub3/below/f");
      assertThat(kept).hasContent("old");
      assertThat(left.getFirst().resolve("sub2")).doesNotExist();
      // The next one tells it again, and does what it has to do.
      Files.writeString(source.resolve("another"), "another");
      TestingRun next = TestingRun.of(TestingRun.Way.LOCAL, target, source + "/", rules -> {});
      assertThat(next.failures).hasSize(1);
      assertThat(next.failures.getFirst()).contains("Operation not permitted");
      assertThat(target.resolve("another")).hasContent("another");
    } finally {
      TestingTrees.run(target, "find", ".", "-type", "f", "-exec", "chattr", "-i", "{}", "+");
    }
    TestingRun last = TestingRun.of(TestingRun.Way.LOCAL, target, source + "/", rules -> {});
    assertThat(last.failures).isEmpty();
    assertSame("no more immutable");
  }

  private static boolean isSet(String flag, Path file) throws Exception {
    Process chattr = new ProcessBuilder("chattr", flag, file.toString()).inheritIO().start();
    return chattr.waitFor(60, TimeUnit.SECONDS) && chattr.exitValue() == 0;
  }

  /** As with rsync what may go of it goes, and it keeps its name. */
  @Test
  void h22_a_directory_that_holds_what_is_protected_does_not_give_way() throws Exception {
    Files.writeString(source.resolve("d"), "new");
    fill(target.resolve("d"));
    CopyRequest request =
        TestingRun.request(
            Stream.of("-a", "--delete", "--filter=P below", source + "/", target.toString())
                .map(Names::of)
                .toList());
    TestingRun run = TestingRun.of(TestingRun.Way.LOCAL, request);
    assertThat(run.failures).hasSize(1);
    assertThat(target.resolve("d/sub1/below")).isDirectory();
    assertThat(target.resolve("d/sub1/f")).doesNotExist();
    assertThat(temporaries()).isEmpty();
  }
}
