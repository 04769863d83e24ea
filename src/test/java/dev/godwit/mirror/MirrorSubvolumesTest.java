package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * H25: subvolumes of btrfs below a mirror's source, and as the source. They have a device number of
 * their own and are no mounts: what is in them takes part, as with rsync.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorSubvolumesTest {
  private static void btrfs(String... words) throws Exception {
    String[] argv = new String[words.length + 2];
    argv[0] = "btrfs";
    argv[1] = "subvolume";
    System.arraycopy(words, 0, argv, 2, words.length);
    var unused = TestingOracle.run(argv);
  }

  private static TestingMirror mirror(TestingDisk disk, Rung rung) {
    return new TestingMirror(
        new TestingTree(disk.place().toString()), rung, List.of(), TestingMirror.mirroring(false));
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY", "SCAN"})
  void h25_a_subvolume_is_a_part_of_the_tree(Rung rung) throws Exception {
    try (TestingDisk disk = new TestingDisk("btrfs");
        TestingMirror m = mirror(disk, rung)) {
      m.tree.write("root/beside", "1");
      Path old = m.source.resolve("old");
      btrfs("create", old.toString());
      m.tree.write("root/old/in/file", "1".repeat(10_000));
      m.live();
      m.assertEqual("first copy");
      assertThat(m.target.resolve("old/in/file")).hasContent("1".repeat(10_000));

      m.tree.write("root/old/in/file", "changed");
      m.tree.write("root/old/deep/er/new", "2");
      m.assertEqual("changed in a subvolume");
      Path made = m.source.resolve("made");
      btrfs("create", made.toString());
      m.tree.write("root/made/x/y", "3");
      m.assertEqual("a subvolume that comes");
      m.tree.write("root/made/x/z", "4");
      m.move("made/x", "made/w");
      Files.delete(old.resolve("in/file"));
      m.assertEqual("changed in it");
      Path snapshot = m.source.resolve("snapshot");
      btrfs("snapshot", made.toString(), snapshot.toString());
      m.assertEqual("a snapshot, which has files at once");
      assertThat(m.target.resolve("snapshot/w/z")).hasContent("4");
      m.tree.write("root/snapshot/w/z", "5");
      m.assertEqual("changed in the snapshot");
      btrfs("delete", snapshot.toString());
      btrfs("delete", made.toString());
      m.assertEqual("subvolumes that go");
      assertThat(m.target.resolve("made")).doesNotExist();
      assertThat(m.target.resolve("snapshot")).doesNotExist();
    }
  }

  /** A mark of the whole file system is not to be had for one. */
  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h25_a_subvolume_as_the_source(Rung rung) throws Exception {
    try (TestingDisk disk = new TestingDisk("btrfs")) {
      Path of = disk.place().resolve("of");
      btrfs("create", of.toString());
      try (TestingMirror m =
          new TestingMirror(
              new TestingTree(of.toString()), rung, List.of(), TestingMirror.mirroring(false))) {
        m.tree.write("root/a/file", "1");
        m.live();
        m.tree.write("root/a/file", "2");
        m.tree.write("root/b/c/d", "3");
        m.move("a", "e");
        m.assertEqual("changed");
        btrfs("create", m.source.resolve("in").toString());
        m.tree.write("root/in/file", "4");
        m.assertEqual("a subvolume in it");
        m.tree.write("root/in/file", "5");
        m.assertEqual("changed in that");
      }
    }
  }
}
