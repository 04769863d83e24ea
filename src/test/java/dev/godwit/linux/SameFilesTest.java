package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Two directories of 300 files: what is the same is passed over and added up, what is not is told.
 */
final class SameFilesTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);
  private static final byte[] UNWANTED = Names.of(".godwit-");
  private static final int FILES = 300;

  @TempDir Path folder;

  @BeforeEach
  void grow() throws Exception {
    for (String side : List.of("one", "other")) {
      Files.createDirectory(folder.resolve(side));
      for (int i = 0; i < FILES; i++) {
        file(folder.resolve(side).resolve("file" + i), 7 + i);
      }
    }
  }

  private static Path file(Path path, int length) throws Exception {
    Files.write(path, new byte[length]);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(TIME));
    return path;
  }

  private Path one(String name) {
    return folder.resolve("one").resolve(name);
  }

  private Path other(String name) {
    return folder.resolve("other").resolve(name);
  }

  private static SameFiles.Conditions conditions(long window) {
    return new SameFiles.Conditions(true, true, window, true, true);
  }

  private SameFiles.Found find(SameFiles.Conditions conditions) throws Exception {
    try (DirectoryHandle one = DirectoryHandle.open(Names.of(one("").toString()));
        DirectoryHandle other = DirectoryHandle.open(Names.of(other("").toString()))) {
      return Objects.requireNonNull(SameFiles.find(one, other, conditions, UNWANTED, true));
    }
  }

  private static FileSum.Sum sum(Path path, SameFiles.Conditions conditions) throws Exception {
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(path.toString()))) {
      return Objects.requireNonNull(FileSum.of(handle, conditions, 1, 2, null));
    }
  }

  private static List<String> names(List<byte[]> names) {
    return names.stream().map(Names::display).toList();
  }

  private boolean hasSameSum(SameFiles.Conditions conditions) throws Exception {
    FileSum.Sum one = sum(one(""), conditions);
    FileSum.Sum other = sum(other(""), conditions);
    return one.low() == other.low() && one.high() == other.high() && one.files() == other.files();
  }

  @Test
  void equal_files_are_counted_and_nothing_else_is_told() throws Exception {
    SameFiles.Found found = find(conditions(-1));
    assertThat(found.files()).isEqualTo(FILES);
    assertThat(found.bytes()).isEqualTo(7 * FILES + FILES * (FILES - 1) / 2);
    assertThat(found.rest()).isEmpty();
    assertThat(found.hasNoOthers()).isTrue();
    assertThat(hasSameSum(conditions(-1))).isTrue();
    FileSum.Sum sum = sum(one(""), conditions(-1));
    assertThat(sum.files()).isEqualTo(FILES);
    assertThat(sum.bytes()).isEqualTo(found.bytes());
    assertThat(sum.rest()).isEmpty();
  }

  private enum Difference {
    SIZE,
    TIME_SECONDS,
    TIME_NANOS,
    PERMISSIONS,
    OWNER,
    GROUP,
    LINKS,
    XATTR,
    TYPE
  }

  private void make(Difference difference) throws Exception {
    Path file = other("file5");
    switch (difference) {
      case SIZE -> file(file, 1000);
      case TIME_SECONDS -> Files.setLastModifiedTime(file, FileTime.from(TIME.plusSeconds(1)));
      case TIME_NANOS -> Files.setLastModifiedTime(file, FileTime.from(TIME.plusNanos(1)));
      case PERMISSIONS ->
          Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr--r--"));
      case OWNER -> Files.setAttribute(file, "unix:uid", 12345);
      case GROUP -> Files.setAttribute(file, "unix:gid", 12345);
      case LINKS -> Files.createLink(folder.resolve("link"), file);
      case XATTR -> Files.setAttribute(file, "user:key", new byte[] {1});
      case TYPE -> {
        Files.delete(file);
        Files.createSymbolicLink(file, Path.of("file6"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_differs_is_told_by_name_and_changes_the_sum(Difference difference) throws Exception {
    make(difference);
    SameFiles.Found found = find(conditions(-1));
    assertThat(names(found.rest())).containsExactly("file5");
    assertThat(found.files()).isEqualTo(FILES - 1);
    assertThat(found.hasNoOthers()).as("it stands there as something").isTrue();
    assertThat(hasSameSum(conditions(-1))).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"OWNER", "GROUP", "LINKS", "XATTR", "TIME_NANOS"})
  void what_does_not_count_is_not_looked_at(Difference difference) throws Exception {
    make(difference);
    SameFiles.Conditions loose = new SameFiles.Conditions(false, false, 0, false, false);
    assertThat(find(loose).rest()).isEmpty();
    assertThat(hasSameSum(loose)).isTrue();
  }

  @Test
  void a_window_lets_times_be_apart() throws Exception {
    make(Difference.TIME_SECONDS);
    assertThat(find(conditions(1)).rest()).isEmpty();
    assertThat(find(conditions(0)).rest()).hasSize(1);
  }

  @Test
  void other_names_are_told_and_missing_or_further_ones_noticed() throws Exception {
    for (String side : List.of("one", "other")) {
      Files.createDirectory(folder.resolve(side).resolve("directory"));
    }
    assertThat(names(find(conditions(-1)).rest())).containsExactly("directory");
    assertThat(find(conditions(-1)).hasNoOthers()).isTrue();
    assertThat(names(sum(one(""), conditions(-1)).rest())).containsExactly("directory");

    Files.createDirectory(other("another"));
    assertThat(find(conditions(-1)).hasNoOthers()).isFalse();
    Files.delete(other("another"));
    Files.delete(other("file9"));
    assertThat(names(find(conditions(-1)).rest())).contains("file9");
    assertThat(find(conditions(-1)).hasNoOthers()).as("what is missing is no other").isTrue();
    file(other("instead"), 7);
    assertThat(find(conditions(-1)).hasNoOthers()).as("as many names, not the same").isFalse();
  }

  @Test
  void where_most_differ_or_something_unwanted_stands_it_is_given_up() throws Exception {
    try (DirectoryHandle one = DirectoryHandle.open(Names.of(one("").toString()));
        DirectoryHandle other = DirectoryHandle.open(Names.of(folder.toString()))) {
      assertThat(SameFiles.find(one, other, conditions(-1), UNWANTED, true)).isNull();
    }
    file(other(".godwit-x"), 1);
    try (DirectoryHandle one = DirectoryHandle.open(Names.of(one("").toString()));
        DirectoryHandle other = DirectoryHandle.open(Names.of(other("").toString()))) {
      assertThat(SameFiles.find(one, other, conditions(-1), UNWANTED, true)).isNull();
    }
  }

  /** Kernels before 6.13 know one call less, and there is one more way without it. */
  @ParameterizedTest
  @EnumSource
  void attributes_are_asked_for_in_each_way_that_kernels_have(XattrCalls.Way way) throws Exception {
    Files.setAttribute(one("file5"), "user:key", new byte[] {1});
    Files.setAttribute(other("file6"), "user:key", new byte[] {1});
    Files.createDirectory(one("directory"));
    Files.createDirectory(other("directory"));
    XattrTest.inThread(
        way,
        () -> {
          try (DirectoryHandle decoy = DirectoryHandle.open(Names.of(other("").toString()))) {
            assertThat(decoy.xattrs(Names.of("file6"))).hasSize(1); // the thread may stay there
            assertThat(names(find(conditions(-1)).rest()))
                .containsExactlyInAnyOrder("file5", "file6", "directory");
            assertThat(names(sum(one(""), conditions(-1)).rest()))
                .containsExactlyInAnyOrder("file5", "directory");
            assertThat(names(sum(other(""), conditions(-1)).rest()))
                .containsExactlyInAnyOrder("file6", "directory");
            assertThat(sum(one(""), conditions(-1)).files()).isEqualTo(FILES - 1);
          }
        });
  }

  @AfterEach
  void every_way_is_open_again() {
    XattrCalls.forced = null;
  }

  @Test
  void a_sum_depends_on_the_key_and_on_which_name_has_which_status() throws Exception {
    Path directory = one("");
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(directory.toString()));
        DirectoryHandle again = DirectoryHandle.open(Names.of(directory.toString()))) {
      FileSum.Sum sum = Objects.requireNonNull(FileSum.of(handle, conditions(-1), 1, 2, null));
      FileSum.Sum other = Objects.requireNonNull(FileSum.of(again, conditions(-1), 1, 3, null));
      assertThat(sum.low()).isNotEqualTo(other.low());
      assertThat(sum.high()).isNotEqualTo(other.high());
      assertThat(sum.low()).isNotEqualTo(sum.high());
    }
    Files.move(other("file5"), other("x"));
    Files.move(other("file6"), other("file5"));
    Files.move(other("x"), other("file6"));
    assertThat(hasSameSum(conditions(-1))).isFalse();
  }
}
