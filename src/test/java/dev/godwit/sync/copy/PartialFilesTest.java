package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a run that is cut off keeps of a file, and what the next one makes of that. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class PartialFilesTest {
  private static final int SIZE = 24 << 20;
  private static final FileTime OLD = FileTime.fromMillis(1_234_567_890_123L);

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private final byte[] content = new byte[SIZE];
  private Path source;
  private Path target;

  @BeforeEach
  void grow() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
    new Random(5).nextBytes(content);
    Files.write(source.resolve("f"), content);
    Files.setLastModifiedTime(source.resolve("f"), OLD);
    Files.setLastModifiedTime(source, OLD);
  }

  private TestingRun run(TestingRun.Way way, Consumer<Rules> options) throws Exception {
    return TestingRun.of(way, target, source + "/", rules -> options.accept(new Rules(rules)));
  }

  /** What a test says of a run. */
  private record Rules(dev.godwit.sync.rules.Rules.Builder builder) {
    Rules partial(String directory) {
      builder.partial = true;
      builder.partialDirectory = directory.isEmpty() ? null : Names.of(directory);
      return this;
    }
  }

  /** A run that is cut off when some of the file has arrived. */
  private void cut(TestingRun.Way way, String directory) {
    Thread runner = Thread.currentThread();
    CopyRequest request =
        TestingRun.request(
            TestingRun.rules(
                rules -> {
                  new Rules(rules).partial(directory);
                  rules.bandwidth = 12 << 20;
                }),
            target.toString(),
            source + "/");
    assertThatThrownBy(() -> TestingRun.of(way, request, runner::interrupt))
        .isInstanceOf(InterruptedException.class);
    var unused = Thread.interrupted(); // it may have come twice
  }

  @ParameterizedTest
  @CsvSource({
    "LOCAL, .pp",
    "FAR_SOURCE, .pp",
    "FAR_TARGET, .pp",
    "FAR_SOURCE, ''",
    "LOCAL, ''",
    "FAR_SOURCE, /"
  })
  void what_a_run_that_is_cut_off_keeps_the_next_one_uses_up(TestingRun.Way way, String name)
      throws Exception {
    Path elsewhere = TestingTrees.folder(folder, "elsewhere");
    String directory = name.equals("/") ? elsewhere.toString() : name;
    cut(way, directory);
    Path kept = name.isEmpty() ? target.resolve("f") : target.resolve(directory).resolve("f");
    awaitKept(kept, name.equals("/") ? 0 : 1);
    long size = Files.size(kept);
    assertThat(size).isBetween(1L << 20, SIZE - 1L);
    assertThat(Files.readAllBytes(kept)).isEqualTo(Arrays.copyOf(content, (int) size));
    assertThat(names(target)).as("no temporary file").hasSize(name.equals("/") ? 0 : 1);
    if (name.isEmpty()) {
      assertThat(Files.getLastModifiedTime(kept).toMillis()).isZero();
    }
    TestingRun second = run(way, rules -> rules.partial(directory).builder.update = true);
    assertThat(second.ended).isNull();
    assertThat(second.failures).isEmpty();
    long literal = Objects.requireNonNull(second.result).statistics().literal();
    if (way != TestingRun.Way.LOCAL) {
      assertThat(literal).isBetween(1L, SIZE - size + (1 << 16));
    }
    assertThat(TestingRun.differences(source, target)).isEmpty();
    assertThat(Files.getLastModifiedTime(target)).isEqualTo(OLD);
    assertThat(elsewhere).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({"LOCAL, ''", "FAR_SOURCE, ''", "LOCAL, .pp"})
  void what_fits_on_a_full_disk_is_kept(TestingRun.Way way, String directory) throws Exception {
    TestingTrees.run(folder, "mount", "-t", "tmpfs", "-o", "size=3m", "none", target.toString());
    try {
      TestingRun full = run(way, rules -> rules.partial(directory));
      assertThat(Objects.requireNonNull(full.result).status()).isEqualTo(CopyStatus.PARTIAL);
      assertThat(full.failures).hasSize(1);
      Path kept = target.resolve(directory).resolve("f");
      int size = (int) Files.size(kept);
      assertThat(size).isBetween(1 << 20, 3 << 20);
      assertThat(Files.readAllBytes(kept)).isEqualTo(Arrays.copyOf(content, size));
      assertThat(names(target)).as("no temporary file").hasSize(1);
    } finally {
      TestingTrees.run(folder, "umount", target.toString());
    }
  }

  /** The far side of a run that is cut off ends a moment after the near one. */
  private void awaitKept(Path kept, int namesInTarget) throws Exception {
    TestingPatience.await(
        () -> "%s, and %d of %s".formatted(kept, namesInTarget, names(target)),
        () -> Files.isRegularFile(kept) && names(target).size() == namesInTarget);
  }

  private static List<Path> names(Path directory) throws Exception {
    try (Stream<Path> names = Files.list(directory)) {
      return names.toList();
    }
  }

  /** rsync 3.5 prefers it to what stands at the name. */
  @Test
  void what_was_kept_is_preferred_to_what_stands() throws Exception {
    Path partial = TestingTrees.folder(target, ".pp");
    Files.write(partial.resolve("f"), Arrays.copyOf(content, SIZE / 2));
    Files.write(partial.resolve("other"), content);
    byte[] standing = new byte[SIZE];
    new Random(6).nextBytes(standing);
    Files.write(target.resolve("f"), standing);
    TestingRun run = run(TestingRun.Way.FAR_SOURCE, rules -> rules.partial(".pp"));
    assertThat(run.failures).isEmpty();
    assertThat(target.resolve("f")).hasBinaryContent(content);
    assertThat(Objects.requireNonNull(run.result).statistics().matched())
        .isGreaterThan(SIZE / 2 - (1 << 16));
    assertThat(names(partial)).as("what is left of others stays").hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void what_was_kept_of_a_file_that_is_equal_by_now_is_removed(TestingRun.Way way)
      throws Exception {
    assertThat(run(way, rules -> {}).failures).isEmpty();
    Files.write(TestingTrees.folder(target, ".pp").resolve("f"), new byte[100]);
    Files.setLastModifiedTime(target, OLD);
    assertThat(line(way, "-an", "--partial-dir=.pp").failures).isEmpty();
    assertThat(target.resolve(".pp/f")).exists();
    assertThat(line(way, "-a", "--delete", "--partial-dir=.pp").failures).isEmpty();
    assertThat(target.resolve(".pp")).doesNotExist();
    assertThat(TestingRun.differences(source, target)).isEmpty();
  }

  /** As rsync has it: the directory is no part of the copy, neither here nor there. */
  @ParameterizedTest
  @EnumSource(names = {"LOCAL", "FAR_TARGET"})
  void the_directory_is_neither_copied_nor_removed(TestingRun.Way way) throws Exception {
    Files.write(TestingTrees.folder(source, ".pp").resolve("theirs"), new byte[100]);
    Files.write(TestingTrees.folder(target, ".pp").resolve("other"), new byte[100]);
    assertThat(line(way, "-a", "--delete", "--partial-dir=.pp").failures).isEmpty();
    assertThat(names(target.resolve(".pp"))).containsExactly(target.resolve(".pp/other"));
    assertThat(line(way, "-a", "--delete").failures).isEmpty();
    assertThat(TestingRun.differences(source, target)).isEmpty();
  }

  private TestingRun line(TestingRun.Way way, String... options) throws Exception {
    String at = way == TestingRun.Way.FAR_TARGET ? "far:" + target : target.toString();
    return TestingRun.of(
        way,
        TestingRun.request(
            Stream.concat(Stream.of(options), Stream.of(source + "/", at))
                .map(Names::of)
                .toList()));
  }

  /** What stands in the way of it is no basis and nothing that is removed. */
  @Test
  void h3_what_is_no_file_of_ours_is_not_taken_for_one() throws Exception {
    Path outside = TestingTrees.folder(folder, "outside");
    Files.write(outside.resolve("f"), content);
    Files.createSymbolicLink(target.resolve(".pp"), outside);
    assertThat(run(TestingRun.Way.FAR_SOURCE, rules -> rules.partial(".pp")).failures).isEmpty();
    assertThat(outside.resolve("f")).hasBinaryContent(content);
    Files.delete(target.resolve(".pp"));
    Files.delete(target.resolve("f"));
    Files.createSymbolicLink(TestingTrees.folder(target, ".pp").resolve("f"), outside.resolve("f"));
    TestingRun run = run(TestingRun.Way.FAR_SOURCE, rules -> rules.partial(".pp"));
    assertThat(Objects.requireNonNull(run.result).statistics().literal()).isEqualTo(SIZE);
    assertThat(target.resolve(".pp/f")).isSymbolicLink();
    assertThat(target.resolve("f")).hasBinaryContent(content);
  }
}
