package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.bench.LargeFile.Change;
import dev.godwit.bench.TreeCheck.Exactness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class DataSetsTest {
  private static final Scale TINY = new Scale(500);
  private static final long MIB = 1 << 20;

  @TempDir private Path folder;

  static Stream<DataSet> sets() {
    return Stream.of(
        new Mails(false),
        new Mails(true),
        new WebFiles(),
        new LargeFile(1L << 30, Change.NONE),
        new LargeFile(1L << 30, Change.ONE_PERCENT_OF_BLOCKS),
        new LargeFile(1L << 30, Change.INSERTIONS),
        new SmallFiles(20_000, 2000, 10));
  }

  @ParameterizedTest
  @MethodSource("sets")
  void a_set_is_the_same_each_time_and_fits_the_space_that_it_names(DataSet set) throws Exception {
    Path first = write(set, TINY);
    Path second = write(set, TINY);
    assertThat(TreeCheck.differences(first, second, Exactness.SECONDS, true)).isEmpty();

    try (Stream<Path> files = Files.walk(first)) {
      List<Path> all = files.toList();
      assertThat((long) all.size()).isLessThanOrEqualTo(set.inodes(TINY) + 16);
      long blocks = 0;
      for (Path file : all) {
        blocks += (Files.size(file) + 4095) / 4096;
      }
      assertThat(blocks * 4096).isLessThanOrEqualTo(set.space(TINY) + 4 * MIB);
    }
  }

  @Test
  void names_of_sets_differ() {
    assertThat(sets().map(DataSet::name)).doesNotHaveDuplicates();
  }

  @Test
  void half_of_the_mails_are_renamed_and_nothing_else_differs() throws Exception {
    Path before = write(new Mails(false), TINY);
    Path after = write(new Mails(true), TINY);
    Set<String> old = names(before);
    Set<String> all = names(after);
    long renamed = all.stream().filter(name -> !old.contains(name)).count();
    assertThat(renamed).isEqualTo(TINY.count(Mails.COUNT) / 2);

    try (Stream<Path> files = Files.walk(after)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path was = before.resolve(after.relativize(file).toString().replace(":2,S", ""));
        assertThat(Files.mismatch(file, was)).isEqualTo(-1);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(Files.getLastModifiedTime(was));
      }
    }
  }

  @Test
  void one_block_in_a_hundred_is_changed() throws Exception {
    Scale scale = new Scale(20);
    byte[] before = content(new LargeFile(1L << 30, Change.NONE), scale);
    byte[] after = content(new LargeFile(1L << 30, Change.ONE_PERCENT_OF_BLOCKS), scale);
    assertThat(after).hasSameSizeAs(before);
    int changed = 0;
    for (int at = 0; at < before.length; at += 4096) {
      int end = Math.min(before.length, at + 4096);
      changed += Arrays.equals(before, at, end, after, at, end) ? 0 : 1;
    }
    assertThat(changed / (before.length / 4096.0)).isBetween(0.007, 0.013);
  }

  @Test
  void insertions_shift_what_follows() throws Exception {
    byte[] before = content(new LargeFile(1L << 30, Change.NONE), TINY);
    byte[] after = content(new LargeFile(1L << 30, Change.INSERTIONS), TINY);
    assertThat(after.length).isEqualTo(before.length + 100_000);
    assertThat(Arrays.copyOfRange(after, after.length - 100, after.length))
        .isEqualTo(Arrays.copyOfRange(before, before.length - 100, before.length));
  }

  private byte[] content(LargeFile set, Scale scale) throws Exception {
    return Files.readAllBytes(write(set, scale).resolve(LargeFile.FILE));
  }

  private Path write(DataSet set, Scale scale) throws Exception {
    Path root = Files.createTempDirectory(folder, set.name());
    set.write(root, scale);
    return root;
  }

  private static Set<String> names(Path root) throws Exception {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(root)) {
      files.filter(Files::isRegularFile).forEach(f -> names.add(root.relativize(f).toString()));
    }
    return names;
  }
}
