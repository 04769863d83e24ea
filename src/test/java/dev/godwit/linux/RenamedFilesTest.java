package dev.godwit.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two directories of 300 files, of which the other one has a third under other names. */
final class RenamedFilesTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);
  private static final int FILES = 300;
  private static final int RENAMED = 100;

  @TempDir Path folder;

  @BeforeEach
  void grow() throws Exception {
    for (String side : List.of("one", "other")) {
      Files.createDirectory(folder.resolve(side));
      for (int i = 0; i < FILES; i++) {
        boolean isRenamed = i % 3 == 0 && side.equals("one");
        file(folder.resolve(side).resolve("file" + i + (isRenamed ? "-read" : "")), 7, i);
      }
    }
  }

  private static Path file(Path path, int length, int age) throws Exception {
    Files.write(path, new byte[length]);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(TIME.plusSeconds(age)));
    return path;
  }

  private Path one(String name) {
    return folder.resolve("one").resolve(name);
  }

  private Path other(String name) {
    return folder.resolve("other").resolve(name);
  }

  private RenamedFiles.@Nullable Found find(boolean hasChanged) throws Exception {
    SameFiles.Conditions same = new SameFiles.Conditions(true, true, -1, true, true);
    try (DirectoryHandle one = DirectoryHandle.open(Names.of(one("").toString()));
        DirectoryHandle other = DirectoryHandle.open(Names.of(other("").toString()))) {
      FileStatus before = hasChanged ? FileStatus.NONE : other.status();
      return RenamedFiles.find(
          one, other, before, new RenamedFiles.Conditions(same, true, Names.of(".godwit-")), true);
    }
  }

  private RenamedFiles.Found find() throws Exception {
    return Objects.requireNonNull(find(false));
  }

  private static List<String> names(List<byte[]> names) {
    return names.stream().map(Names::display).toList();
  }

  private static List<String> gone(RenamedFiles.Found found) {
    return found.gone().stream().map(entry -> Names.display(entry.name())).toList();
  }

  @Test
  void what_has_other_names_gets_them_and_all_is_the_same() throws Exception {
    RenamedFiles.Found found = find();
    assertThat(found.renamed()).isEqualTo(RENAMED);
    assertThat(found.isBroken()).isFalse();
    assertThat(found.isCompared()).isTrue();
    assertThat(found.files()).isEqualTo(FILES);
    assertThat(found.bytes()).isEqualTo(7 * FILES);
    assertThat(found.rest()).isEmpty();
    assertThat(found.missing()).isEmpty();
    assertThat(found.gone()).isEmpty();
    assertThat(found.present()).isEqualTo(FILES);
    for (int i = 0; i < FILES; i++) {
      Path name = other("file" + i + (i % 3 == 0 ? "-read" : ""));
      assertThat(Files.getLastModifiedTime(name).toInstant()).isEqualTo(TIME.plusSeconds(i));
    }
    assertThat(find().renamed()).isZero();
    assertThat(find().files()).isEqualTo(FILES);
  }

  private enum Doubt {
    TWO_OLD,
    TWO_YOUNG,
    FULL_SECOND,
    NANOS,
    SIZE,
    EMPTY,
    PERMISSIONS,
    LINKS,
    NO_FILE
  }

  private void make(Doubt doubt) throws Exception {
    Path young = one("file0-read");
    Path old = other("file0");
    switch (doubt) {
      case TWO_OLD -> file(other("second"), 7, 0);
      case TWO_YOUNG -> file(one("second"), 7, 0);
      case FULL_SECOND -> {
        for (Path side : List.of(young, old)) {
          Files.setLastModifiedTime(side, FileTime.from(Instant.ofEpochSecond(1_750_000_000L)));
        }
      }
      case NANOS -> Files.setLastModifiedTime(old, FileTime.from(TIME.plusNanos(1)));
      case SIZE -> file(old, 8, 0);
      case EMPTY -> {
        file(young, 0, 0);
        file(old, 0, 0);
      }
      case PERMISSIONS ->
          Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-------"));
      case LINKS -> Files.createLink(folder.resolve("link"), old);
      case NO_FILE -> {
        Files.delete(old);
        Files.createSymbolicLink(old, Path.of("to"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_is_not_certain_is_left_and_told(Doubt doubt) throws Exception {
    make(doubt);
    RenamedFiles.Found found = find();
    assertThat(found.renamed()).isEqualTo(RENAMED - 1);
    assertThat(found.isCompared()).isFalse();
    assertThat(gone(found)).contains("file0");
    assertThat(names(found.missing())).contains("file0-read");
    assertThat(names(found.rest())).contains("file0-read");
    assertThat(Files.exists(other("file0"), LinkOption.NOFOLLOW_LINKS)).isTrue();
    assertThat(other("file0-read")).doesNotExist();
  }

  @Test
  void what_differs_is_missing_or_is_no_file_is_told() throws Exception {
    file(other("file1"), 9, 1);
    file(one("new"), 3, 1);
    Files.createLink(one("file2-link"), one("file2"));
    for (String side : List.of("one", "other")) {
      Files.createDirectory(folder.resolve(side).resolve("sub"));
    }
    RenamedFiles.Found found = find();
    assertThat(found.isCompared()).isTrue();
    assertThat(found.files()).isEqualTo(FILES - 2);
    assertThat(names(found.rest()))
        .containsExactlyInAnyOrder("file1", "file2", "file2-link", "new", "sub");
    assertThat(names(found.missing())).containsExactlyInAnyOrder("file2-link", "new");
    assertThat(found.gone()).isEmpty();
  }

  @Test
  void nothing_is_done_where_others_have_to_look() throws Exception {
    assertThat(find(true)).as("changed since").isNull();
    file(other(".godwit-x"), 1, 1);
    assertThat(find(false)).as("something unwanted").isNull();
    Files.delete(other(".godwit-x"));
    for (int i = 0; i < 600; i++) {
      file(one("many" + i), 1, i);
    }
    assertThat(find(false)).as("too many without a counterpart").isNull();
    for (int i = 0; i < 600; i++) {
      file(other("many" + i), 1, i);
    }
    for (int i = 0; i < 1000; i++) {
      String name = "m".repeat(150) + i;
      file(one(name), 1, i);
      file(other(name), 1, i);
    }
    assertThat(find(false)).as("too many names").isNull();
    assertThat(other("file0")).exists();
  }
}
