package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.InodeHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.watch.Change;
import dev.godwit.watch.Watch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(TestingPatience.TEST_SECONDS)
class PlainChangesTest {
  private static final InodeHandle DIRECTORY = new InodeHandle(1, new byte[] {1});

  private static Change name(String directory, String name) {
    return new Change.Names(Names.of(directory), Names.of(name), true, true);
  }

  private static Change in(String name) {
    return new Change.In(DIRECTORY, Names.of(name), true, false);
  }

  private static @Nullable InodeHandle handleOf(Path directory) throws LinuxException {
    try (DirectoryHandle opened = DirectoryHandle.open(Names.of(directory.toString()))) {
      return opened.inodeHandle();
    }
  }

  private static String path(Change.Names change) {
    return PathText.join(change.directory(), change.name());
  }

  private static boolean are(String copy, Change... changes) {
    return PlainChanges.are(
        List.of(changes),
        name -> PathText.join("mount", path(name)),
        change -> PathText.join(copy, PathText.of(change.name())));
  }

  @Test
  void what_is_told_by_its_name_and_by_its_directory_is_plain_where_both_are_one() {
    assertThat(are("mount/d", name("d", "f"), name("d", "g"))).isTrue();
    assertThat(are("mount/d", in("f"), name("d", "f"))).isTrue();
    assertThat(are("mount/d", in("f"), name("d", "g"))).isFalse();
    assertThat(are("mount/old", in("f"), name("d", "f"))).as("renamed above").isFalse();
    assertThat(are("mount/d", in("f"))).as("out of the tree").isFalse();
    assertThat(PlainChanges.are(List.of(in("f")), PlainChangesTest::path, change -> null)).isTrue();
  }

  @Test
  void what_was_renamed_or_lost_is_not_plain() {
    byte[] path = Names.of("d/f");
    assertThat(are("mount/d", name("d", "f"), new Change.Tree(path, true, true))).isFalse();
    assertThat(are("mount/d", name("d", "f"), new Change.Renamed(path, path))).isFalse();
    assertThat(are("mount/d", new Change.Everything())).isFalse();
  }

  /** Otherwise each save would wait for the rest of it as long as one that has not come to it. */
  @Test
  void a_save_is_plain_as_the_watch_tells_it(
      @TempDir(factory = TestingMemoryFolder.class) Path folder) throws Exception {
    Path directory = Files.createDirectory(folder.resolve("d"));
    Files.writeString(directory.resolve("f"), "content");
    try (Watch watch = Watch.open(Names.of(folder.toString()))) {
      boolean isFollowing = watch.follow(one -> true);
      // The watch tells of the whole file system, in which others may write meanwhile.
      InodeHandle handle = handleOf(directory);
      Function<Change.In, @Nullable String> place =
          change ->
              change.directory().equals(handle)
                  ? PathText.join("d", PathText.of(change.name()))
                  : null;
      Files.writeString(directory.resolve("f"), "other");
      List<Change> all = new ArrayList<>();
      while (all.stream().noneMatch(one -> one instanceof Change.Names n && n.isSaved())) {
        List<Change> some = List.copyOf(watch.take(Duration.ofSeconds(1)).changes());
        assertThat(PlainChanges.are(some, PlainChangesTest::path, place)).as("%s", some).isTrue();
        all.addAll(some);
      }
      assertThat(
              all.stream().anyMatch(one -> one instanceof Change.In in && place.apply(in) != null))
          .isEqualTo(isFollowing);
      Files.move(directory, folder.resolve("e"));
      List<Change> moved = List.copyOf(watch.take(Duration.ofSeconds(10)).changes());
      assertThat(PlainChanges.are(moved, PlainChangesTest::path, place)).as("%s", moved).isFalse();
    }
  }
}
