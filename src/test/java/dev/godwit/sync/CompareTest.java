package dev.godwit.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(TestingPatience.TEST_SECONDS)
class CompareTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path one;
  private Path other;

  @BeforeEach
  void folders() throws Exception {
    one = TestingTrees.folder(folder, "one");
    other = folder.resolve("other");
  }

  private CompareResult compare(boolean content) throws Exception {
    try (LocalHost a = new LocalHost("old", List.of(new DigestAbility()));
        LocalHost b = new LocalHost("new", List.of(new DigestAbility()))) {
      return Compare.run(tree(a, one), tree(b, other), List.of(), content, (files, bytes) -> {});
    }
  }

  private static Compare.Tree tree(LocalHost host, Path root) {
    return new Compare.Tree(host, Names.of(root.toString()));
  }

  @Test
  void equal_trees_are_equal() throws Exception {
    TestingTrees.grow(one, new Random(4), 400);
    TestingTrees.run(folder, "cp", "-a", "one", "other");
    CompareResult result = compare(true);
    assertThat(result.first()).isEmpty();
    assertThat(result.names()).isEqualTo(401);
    assertThat(result.files()).isPositive().isLessThan(result.names());
    assertThat(result.bytes()).isPositive();
  }

  @Test
  void other_numbers_of_the_other_host_are_no_difference() throws Exception {
    for (Path root : List.of(one, other)) {
      Files.createDirectories(root);
      Files.writeString(root.resolve("a"), "content");
      Files.writeString(root.resolve("b"), "content");
    }
    // A list is kept in the order of its numbers, which is another one there.
    TestingTrees.run(one, "setfacl", "-m", "u:7:r,u:9:rw,g:3:x,d:u:7:r", ".");
    TestingTrees.run(one, "chown", "7:3", "a");
    TestingTrees.run(one, "chown", "5:5", "b");
    TestingTrees.run(other, "setfacl", "-m", "u:20:r,u:9:rw,g:4:x,d:u:20:r", ".");
    TestingTrees.run(other, "chown", "20:4", "a");
    TestingTrees.run(other, "chown", "6:5", "b");
    for (String name : List.of("a", "b", ".")) {
      TestingTrees.run(folder, "touch", "-d", "2026-01-01", "one/" + name, "other/" + name);
    }
    IdMap map = IdMap.of(Map.of(7L, 20L), Map.of(3L, 4L));
    assertThat(compare(IdMap.NONE, map.inverse()).first())
        .extracting(Difference::toString)
        .containsExactly("b: owner 5:5 and 6:5");
    TestingTrees.run(other, "chown", "7:4", "b");
    TestingTrees.run(one, "chown", "7:3", "b");
    assertThat(compare(IdMap.NONE, map.inverse()).first())
        .extracting(Difference::toString)
        .containsExactly("b: owner 7:3 and 7:4 in place of 20:4");
    TestingTrees.run(other, "chown", "20:4", "b");
    CompareResult result = compare(IdMap.NONE, map.inverse());
    assertThat(result.first()).isEmpty();
    assertThat(compare(map, IdMap.NONE).first()).isEmpty();
    assertThat(compare(IdMap.NONE, IdMap.NONE).differences()).isEqualTo(3);
    try (LocalHost a = new LocalHost("old", List.of(new DigestAbility()));
        LocalHost b = new LocalHost("new", List.of(new DigestAbility()))) {
      assertThat(
              Compare.run(
                      new Compare.Tree(b, Names.of(other.toString()), map.inverse()),
                      tree(a, one),
                      List.of(),
                      true,
                      (files, bytes) -> {})
                  .digest())
          .as("whichever host serves")
          .isEqualTo(result.digest());
    }
  }

  private CompareResult compare(IdMap ofOne, IdMap ofOther) throws Exception {
    try (LocalHost a = new LocalHost("old", List.of(new DigestAbility()));
        LocalHost b = new LocalHost("new", List.of(new DigestAbility()))) {
      return Compare.run(
          new Compare.Tree(a, Names.of(one.toString()), ofOne),
          new Compare.Tree(b, Names.of(other.toString()), ofOther),
          List.of(),
          true,
          (files, bytes) -> {});
    }
  }

  @Test
  void every_kind_of_difference_is_found() throws Exception {
    for (String name : List.of("a", "b", "c", "d", "e", "f", "g")) {
      Files.writeString(one.resolve(name), "content");
    }
    Files.writeString(one.resolve("h"), "content");
    TestingTrees.run(one, "setfacl", "-m", "u:7:r", "h");
    TestingTrees.run(one, "mknod", "n", "c", "1", "3");
    TestingTrees.run(one, "touch", "-d", "2020-01-01", "n");
    Files.createDirectories(one.resolve("x/y"));
    Files.writeString(one.resolve("x.y"), ""); // sorts between x and x/y as text
    Files.createSymbolicLink(one.resolve("l"), Path.of("here"));
    TestingTrees.run(folder, "cp", "-a", "one", "other");

    FileTime time = Files.getLastModifiedTime(other.resolve("a"));
    Files.writeString(other.resolve("a"), "CONTENT");
    Files.setLastModifiedTime(other.resolve("a"), time);
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(other.toString()))) {
      handle.setOwner(Names.of("b"), 33, 34);
      handle.setModified(Names.of("c"), 5, 6);
    }
    TestingTrees.run(other, "chmod", "600", "d");
    TestingTrees.run(other, "setfattr", "-n", "user.a", "-v", "x", "g");
    TestingTrees.run(other, "setfacl", "-m", "u:8:r", "x.y");
    TestingTrees.run(other, "sh", "-c", "rm n && mknod n c 1 5");
    TestingTrees.run(other, "touch", "-d", "2020-01-01", "n");
    Files.delete(other.resolve("e"));
    Files.delete(other.resolve("f"));
    Files.createDirectory(other.resolve("f"));
    Files.writeString(other.resolve("f/new"), "");
    Files.writeString(other.resolve("x/y/new"), "");

    assertThat(compare(true).first().toString())
        .contains("a: content")
        .contains("b: owner 0:0 and 33:34")
        .containsPattern("c: time [0-9.]+ and 5\\.000000006")
        .contains("d: mode 0644 and 0600")
        .contains("e: only on old (this host)")
        .contains("f: type file and directory")
        .contains("f/new: only on new (this host)")
        .contains("x/y/new: only on new (this host)")
        .contains("g: extended attributes")
        .contains("n: device 1,3 and 1,5")
        .contains("x.y: access control lists")
        .doesNotContain("h:");
    assertThat(compare(false).first().toString()).doesNotContain("a: content");
  }

  @Test
  void h10_names_that_are_one_file_on_one_side_only_are_found() throws Exception {
    Files.writeString(one.resolve("a"), "content");
    Files.createLink(one.resolve("b"), one.resolve("a"));
    Files.createDirectory(one.resolve("d"));
    Files.createLink(one.resolve("d/c"), one.resolve("a"));
    Files.writeString(one.resolve("e"), "content");
    TestingTrees.run(one, "touch", "-d", "2020-01-01", "a", "e");
    TestingTrees.run(folder, "cp", "-a", "one", "other");
    assertThat(compare(true).first()).isEmpty();

    TestingTrees.run(other, "sh", "-c", "cp -p b x && mv x b && ln -f a e");
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(one));
    CompareResult result = compare(true);
    assertThat(result.first())
        .extracting(Difference::toString)
        .containsExactlyInAnyOrder("b: hard link to a and none", "e: hard link to none and a");
    assertThat(again(result)).extracting(Difference::shownPath).containsExactly("b", "e");
    Files.delete(other.resolve("b"));
    Files.createLink(other.resolve("b"), other.resolve("a"));
    assertThat(again(result)).extracting(Difference::shownPath).containsExactly("e");
  }

  private List<Difference> again(CompareResult before) throws Exception {
    try (LocalHost a = new LocalHost("old", List.of(new DigestAbility()));
        LocalHost b = new LocalHost("new", List.of(new DigestAbility()))) {
      return Compare.again(tree(a, one), tree(b, other), List.of(), before.first());
    }
  }

  @Test
  void another_look_is_at_what_differed_and_nothing_else() throws Exception {
    Files.createDirectories(one.resolve("x/y"));
    for (String name : List.of("a", "b", "x/y/c", "x/y/d")) {
      Files.writeString(one.resolve(name), "content");
    }
    TestingTrees.run(folder, "cp", "-a", "one", "other");
    Files.writeString(other.resolve("a"), "other");
    Files.writeString(other.resolve("x/y/c"), "other");
    TestingTrees.run(other, "rm", "x/y/d");
    CompareResult first = compare(true);
    assertThat(first.first())
        .extracting(Difference::shownPath)
        .containsExactly("a", "x/y", "x/y/c", "x/y/d");

    List<Difference> same = again(first);
    for (int i = 0; i < same.size(); i++) {
      assertThat(same.get(i).seen()).isEqualTo(first.first().get(i).seen());
      assertThat(same.get(i).what()).isEqualTo(first.first().get(i).what());
    }
    Files.writeString(other.resolve("b"), "not looked at");
    Files.writeString(other.resolve("a"), "another state");
    TestingTrees.run(folder, "rm", "-r", "one/x/y", "other/x/y");
    List<Difference> now = again(first);
    assertThat(now).extracting(Difference::shownPath).containsExactly("a");
    assertThat(now.getFirst().seen()).isNotEqualTo(first.first().getFirst().seen());
    Files.createSymbolicLink(one.resolve("x/y"), Path.of(".."));
    assertThat(again(first)).extracting(Difference::shownPath).containsExactly("a", "x/y");
  }

  @Test
  void the_digest_says_whether_it_is_the_same_tree_as_before() throws Exception {
    TestingTrees.grow(one, new Random(5), 100);
    TestingTrees.run(folder, "cp", "-a", "one", "other");
    CompareResult before = compare(true);
    assertThat(before.digest()).hasSize(64).isEqualTo(compare(true).digest());
    Files.writeString(one.resolve("more"), "");
    assertThat(compare(true).digest()).isEmpty();
    TestingTrees.run(folder, "rm", "-r", "other");
    TestingTrees.run(folder, "cp", "-a", "one", "other");
    assertThat(compare(true).digest()).hasSize(64).isNotEqualTo(before.digest());
  }

  @Test
  void a_tree_that_cannot_be_read_is_told() {
    assertThatThrownBy(() -> compare(true))
        .hasMessageContaining("other: No such file or directory");
  }
}
