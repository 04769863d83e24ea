package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** H10, H21: what is found of files with several names. */
class LinkFinderTest {
  @TempDir Path root;
  private LinkFinder links;
  private int opened;

  @BeforeEach
  void twoNames() throws IOException {
    Files.createDirectories(root.resolve("one"));
    Files.createDirectories(root.resolve("other"));
    Files.writeString(root.resolve("one/file"), "1");
    Files.createLink(root.resolve("other/file"), root.resolve("one/file"));
    links =
        new LinkFinder(
            path -> {
              opened++;
              try (DirectoryHandle top = DirectoryHandle.open(Names.of(root.toString()))) {
                return top.beneath(path.length == 0 ? Names.of(".") : path);
              }
            });
  }

  /** Looks at names that were written, and returns what else is to be looked at. */
  private LinkFinder.Others written(String... paths) {
    return links.others(
        Looks.of(
            Arrays.stream(paths).map(path -> new Looks.Path(path, Scope.CONTENT)).toList(), 0));
  }

  private void rename(String from, String to) throws IOException {
    Path unused = Files.move(root.resolve(from), root.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void the_other_name_is_searched_once() {
    assertThat(written("one/file").names()).isEmpty();
    assertThat(links.isSearchWanted()).isTrue();
    assertThat(links.search()).containsExactlyInAnyOrder("one/file", "other/file");
    assertThat(written("one/file").names()).containsExactlyInAnyOrder("one/file", "other/file");
    assertThat(links.isSearchWanted()).as("all is known").isFalse();
  }

  /**
   * A name goes with its directory, gets a name of its own, by which the file is written, and goes
   * before anybody has looked where it was.
   */
  @Test
  void h21_a_file_is_searched_when_one_of_its_names_has_gone_and_others_are_left()
      throws Exception {
    var unused = written("one/file");
    unused = written("other/file");
    assertThat(links.search()).hasSize(2);
    rename("other", "moved");
    assertThat(written("other").names()).contains("one/file");
    assertThat(links.isSearchWanted()).isTrue();
    rename("moved/file", "third");
    Files.writeString(root.resolve("third"), "22");
    Files.delete(root.resolve("third"));
    assertThat(links.search()).containsExactly("one/file");
  }

  @Test
  void nothing_is_searched_for_a_file_whose_last_other_name_has_gone() throws Exception {
    var unused = written("one/file");
    assertThat(links.search()).hasSize(2);
    Files.delete(root.resolve("other/file"));
    assertThat(written("other/file").names()).contains("one/file");
    assertThat(links.isSearchWanted()).isFalse();
  }

  /**
   * As in a tree of snapshots: it took a look at each name for each of them, and for each change.
   */
  @Test
  void h21_many_names_of_one_file_that_change_at_once_are_looked_at_once() throws Exception {
    int names = 300;
    for (int i = 2; i < names; i++) {
      Files.createLink(root.resolve("other/" + i), root.resolve("one/file"));
    }
    var unused = written("one/file");
    assertThat(links.search()).hasSize(names);
    List<String> changed = new ArrayList<>();
    for (int i = 2; i < names; i += 2) {
      rename("other/" + i, "one/" + i);
      changed.addAll(List.of("other/" + i, "one/" + i));
    }
    opened = 0;
    assertThat(written(changed.toArray(String[]::new)).names()).contains("other/3", "other/file");
    assertThat(links.isSearchWanted()).as("names that are not known").isTrue();
    assertThat(opened).isLessThan(4 * names);
    assertThat(links.search()).hasSize(names);
    opened = 0;
    assertThat(written("other/3", "one/2", "one/4").names()).hasSize(names);
    assertThat(opened).isLessThan(4 * names);
  }
}
