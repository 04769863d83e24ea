package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The source is changed all the time while it is copied. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ChangingSourceTest {
  private static final int COPIES = Integer.getInteger("godwit.faults.copies", 25);
  private static final long SEED = Long.getLong("godwit.faults.seed", new Random().nextLong());

  private static final int LARGE = 20 << 20;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private static void assertWhole(TestingChanges changes, Path target, String what)
      throws Exception {
    List<String> mixed = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(target)) {
      for (Path path : walk.toList()) {
        if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
            && !changes.wasOnce(Files.readAllBytes(path))) {
          mixed.add(target.relativize(path).toString());
        }
      }
    }
    assertThat(mixed).as("a mixture of two states, or half of one; %s", what).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  @Tag("lab")
  @Tag("proof")
  void h13_what_arrives_is_one_state_of_the_file(TestingRun.Way way) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path target = TestingTrees.folder(folder, "target");
    List<Consumer<Rules.Builder>> options =
        List.of(
            rules -> {},
            rules -> rules.wholeFile = true,
            rules -> rules.compress = true,
            rules -> rules.delayUpdates = true,
            rules -> rules.hardLinks = true,
            rules -> rules.sparse = true);
    TestingChanges changes = new TestingChanges(source, SEED);
    try (changes) {
      for (int i = 0; i < COPIES; i++) {
        Consumer<Rules.Builder> more = options.get(i % options.size());
        String what = "seed " + SEED + ", copy " + i;
        if (i % 5 == 4) {
          TestingTrees.run(folder, "rm", "-rf", "target");
        }
        TestingRun run = copy(way, source, target, more);
        assertThat(run.ended).as(what).isNull();
        CopyResult result = Objects.requireNonNull(run.result);
        assertThat(result.status())
            .as(what + run.failures)
            .isIn(CopyStatus.DONE, CopyStatus.PARTIAL, CopyStatus.VANISHED);
        assertThat(result.status() == CopyStatus.DONE).isEqualTo(run.failures.isEmpty());
        assertWhole(changes, target, what);
      }
      assertThat(changes.changes()).isGreaterThan(COPIES);
    }
    TestingRun last = copy(way, source, target, rules -> {});
    assertThat(last.failures).as("seed %d", SEED).isEmpty();
    assertWhole(changes, target, "seed " + SEED);
    assertThat(withoutCoarseTimes(target))
        .containsExactlyInAnyOrderElementsOf(withoutCoarseTimes(source));
  }

  /**
   * A log that is written to all day is never still while it is read, and is copied all the same.
   */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void h13_a_file_that_only_grows_comes_as_it_was_at_one_moment(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path target = TestingTrees.folder(folder, "target");
    Path log = source.resolve("log");
    byte[] some = new byte[LARGE];
    new Random(SEED).nextBytes(some);
    Files.write(log, some);
    AtomicBoolean isOver = new AtomicBoolean();
    FutureTask<Void> writer =
        new FutureTask<>(
            () -> {
              for (int i = 0; !isOver.get(); i++) {
                Files.writeString(log, "line " + i + "\n", StandardOpenOption.APPEND);
                Thread.sleep(20);
              }
              return null;
            });
    Thread.ofPlatform().daemon().start(writer);
    List<Consumer<Rules.Builder>> options =
        List.of(
            rules -> {}, // to an empty target
            rules -> {}, // over an old one: by its parts, where that is quicker
            rules -> rules.wholeFile = true,
            rules -> rules.inPlace = true);
    try {
      for (Consumer<Rules.Builder> more : options) {
        TestingRun run =
            copy(
                way,
                source,
                target,
                rules -> {
                  rules.bandwidth = 2 * LARGE; // so long that it grows meanwhile
                  more.accept(rules);
                });
        assertThat(run.ended).isNull();
        assertThat(run.failures).isEmpty();
        byte[] came = Files.readAllBytes(target.resolve("log"));
        byte[] now = Files.readAllBytes(log);
        assertThat(came.length).isGreaterThanOrEqualTo(LARGE);
        assertThat(Arrays.mismatch(came, now))
            .as("it begins as the log does")
            .isIn(-1, came.length);
      }
    } finally {
      isOver.set(true);
      TestingPatience.get(writer);
    }
  }

  /** As with rsync, a directory or a link keeps a time of the same second. */
  private static List<String> withoutCoarseTimes(Path root) throws Exception {
    return TestingTrees.listing(root).entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .map(line -> line.replaceFirst("^(\\S* [dl] \\d+ \\d+ \\d+ )\\S+", "$1"))
        .toList();
  }

  private static TestingRun copy(
      TestingRun.Way way, Path source, Path target, Consumer<Rules.Builder> more) throws Exception {
    return TestingRun.of(
        way,
        target,
        source + "/",
        rules -> {
          rules.deletion = Deletion.DURING;
          rules.force = true;
          more.accept(rules);
        });
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void what_goes_before_it_could_be_copied_is_told_and_ends_with_24(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path last = source.resolve("last");
    // So much that the last one is not read before something of it is told.
    Files.write(source.resolve("large"), new byte[LARGE]);
    Files.writeString(last, "goes");
    Rules rules =
        TestingRun.rules(
            some -> {
              some.deleteMax = 1000; // one thread
              some.bandwidth = LARGE;
            });
    CopyRequest request =
        TestingRun.request(rules, folder.resolve("target").toString(), source + "/");
    TestingRun told =
        TestingRun.of(
            way,
            request,
            () -> {
              try {
                Files.deleteIfExists(last);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(Objects.requireNonNull(told.result).status()).isEqualTo(CopyStatus.VANISHED);
    assertThat(told.failures).containsExactly("VANISHED last: it went before it could be copied");
    assertThat(folder.resolve("target/last")).doesNotExist();
    assertThat(folder.resolve("target/large")).hasSize(LARGE);
  }

  /** It is written over, as by rsync, and cut when all has come. */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void h9_h13_what_is_written_to_in_place_is_not_emptied_when_it_comes_again(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source").resolve("f");
    Path target = TestingTrees.folder(folder, "target").resolve("f");
    Files.write(source, TestingChanges.content(1, LARGE));
    Files.write(target, TestingChanges.content(2, 2 * LARGE));
    Rules rules =
        TestingRun.rules(
            some -> {
              some.inPlace = true;
              some.wholeFile = true;
              some.bandwidth = LARGE;
            });
    AtomicLong smallest = new AtomicLong(Long.MAX_VALUE);
    AtomicInteger looks = new AtomicInteger();
    TestingRun run =
        TestingRun.of(
            way,
            TestingRun.request(rules, folder.resolve("target").toString(), folder + "/source/"),
            () -> {
              try {
                smallest.accumulateAndGet(Files.size(target), Math::min);
                if (looks.getAndIncrement() == 0) {
                  Files.write(source, new byte[] {1}, StandardOpenOption.APPEND);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(run.failures).isEmpty();
    assertThat(looks.get()).isGreaterThan(3);
    assertThat(smallest.get()).isGreaterThan(LARGE);
    assertThat(target).hasSameBinaryContentAs(source).hasSize(LARGE + 1);
  }

  @ParameterizedTest
  @EnumSource(
      value = TestingRun.Way.class,
      names = {"FAR_SOURCE", "FAR_TARGET"})
  @Tag("lab")
  @Tag("proof")
  void h48_a_file_that_is_written_while_it_is_a_basis_spoils_nothing(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path target = TestingTrees.folder(folder, "target");
    byte[] wanted = TestingChanges.content(1, 3_000_000);
    Files.write(source.resolve("f"), wanted);
    byte[] older = wanted.clone();
    older[1_500_000] ^= 1;
    for (int i = 0; i < COPIES; i++) {
      Path basis = target.resolve("f");
      Files.deleteIfExists(basis);
      Files.write(basis, older);
      Files.setLastModifiedTime(basis, FileTime.fromMillis(1_000_000_000_000L + i));
      AtomicBoolean stop = new AtomicBoolean();
      Thread writer = writer(basis, i, stop);
      TestingRun run = TestingRun.of(way, target, source + "/", rules -> rules.ignoreTimes = true);
      stop.set(true);
      writer.join();
      assertThat(run.failures).isEmpty();
      assertThat(basis).as("copy %d", i).hasBinaryContent(wanted);
    }
  }

  /** Writes to what stands at a name now, whatever comes to the name. */
  private static Thread writer(Path file, int seed, AtomicBoolean stop) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    Random random = new Random(seed);
    return Thread.ofPlatform()
        .start(
            () -> {
              try (channel) {
                LockSupport.parkNanos(random.nextInt(20_000_000));
                while (!stop.get()) {
                  channel.write(ByteBuffer.wrap(new byte[] {1}), random.nextInt(3_000_000));
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }

  @Test
  void h13_states_are_told_from_mixtures() {
    byte[] one = TestingChanges.content(1, 5000);
    byte[] other = TestingChanges.content(2, 5000);
    assertThat(TestingChanges.isBeginning(one)).isTrue();
    assertThat(TestingChanges.isBeginning(Arrays.copyOf(one, 3))).isTrue();
    assertThat(TestingChanges.isBeginning(new byte[5000])).isFalse();
    for (int cut : new int[] {16, 100, 4999}) {
      byte[] mixed = one.clone();
      System.arraycopy(other, cut, mixed, cut, 5000 - cut);
      assertThat(TestingChanges.isBeginning(mixed)).isFalse();
    }
  }

  @Test
  void h13_states_are_told_from_halves() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    TestingChanges changes = new TestingChanges(source, SEED);
    changes.close();
    int halves = 0;
    try (Stream<Path> walk = Files.walk(source)) {
      for (Path path : walk.filter(p -> Files.isRegularFile(p)).toList()) {
        byte[] content = Files.readAllBytes(path);
        assertThat(changes.wasOnce(content)).as("%s, seed %d", path, SEED).isTrue();
        for (int cut = 1; cut < Math.min(content.length, 100); cut++) {
          halves += changes.wasOnce(Arrays.copyOf(content, content.length - cut)) ? 0 : 1;
        }
      }
    }
    assertThat(halves).as("seed %d", SEED).isGreaterThan(500);
  }
}
