package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** H30: an older state of the source is not brought to the target. */
@Tag("lab")
@Timeout(600)
final class MirrorRolledBackTest {
  private static final int GENERATIONS = 5;

  /** What a session tells of the source when its changes have settled. */
  private static List<Witness> witnesses(Path source, String... names) throws Exception {
    try (DirectoryHandle root = DirectoryHandle.open(Names.of(source.toString()))) {
      Witnesses of = new Witnesses(root::beneath, List.of(), Duration.ZERO);
      for (String name : names) {
        of.note(PathText.of(Names.of(name)));
      }
      var unused = of.settled(); // they are young
      return of.settled();
    }
  }

  private static RootMemory with(RootMemory memory, List<Witness> witnesses) {
    return new RootMemory(
        memory.identity(),
        memory.wasFilled(),
        memory.wasLive(),
        memory.seenUntil(),
        memory.mounts(),
        memory.target(),
        witnesses);
  }

  /** The image of the source's disk as it was five generations before is put in its place. */
  @ParameterizedTest
  @ValueSource(strings = {"ext4", "xfs", "btrfs"})
  void h30_a_source_that_was_rolled_back_is_not_mirrored(String kind) throws Exception {
    try (TestingDisk disk = new TestingDisk(kind);
        TestingMirror m = new TestingMirror(new TestingTree("/dev/shm"), disk.place(), Rung.BEST)) {
      Path source = disk.place();
      Files.createDirectory(source.resolve("mail"));
      Files.writeString(source.resolve("mail/0"), "0");
      disk.keep();
      m.live();
      Thread.sleep(2500); // more than a clock is put right
      for (int i = 1; i <= GENERATIONS; i++) {
        Files.writeString(source.resolve("mail/" + i), "" + i);
        Files.delete(source.resolve("mail/" + (i - 1)));
      }
      m.assertEqual("before");
      RootMemory memory = with(m.mirror.memory(), witnesses(source, "mail/" + GENERATIONS));
      m.mirror.close();
      Map<String, String> before = TestingWalker.describe(m.target);

      try (Mirror same = m.again(memory)) {
        same.start();
        same.awaitLive(TestingMirror.LIMIT); // it has not become older
      }
      disk.rollBack();
      assertThat(source.resolve("mail/0")).exists();
      try (Mirror again = m.again(memory)) {
        again.start();
        assertThatThrownBy(() -> again.awaitLive(TestingMirror.LIMIT))
            .hasMessageContaining(
                "is an older state of what was mirrored before: mail had changed");
        assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
        again.resume();
        assertThatThrownBy(() -> again.awaitLive(TestingMirror.LIMIT))
            .hasMessageContaining("is an older state");
        assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
        again.resume(false, true);
        again.awaitLive(TestingMirror.LIMIT);
        var unused = again.barrier(TestingMirror.LIMIT);
        assertThat(m.target.resolve("mail/0")).hasContent("0");
      }
    }
  }

  @Test
  void h30_what_was_removed_or_made_anew_is_not_older() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/d/a", "1");
      tree.write("root/d/b", "1");
      tree.write("root/e/c", "1");
      List<Witness> known = witnesses(tree.root(), "d/a", "d/b", "e/c");
      assertThat(known.stream().map(Witness::path).toList())
          .containsExactlyInAnyOrder("", "d/a", "d/b", "e/c", "d", "e");
      Files.delete(tree.root().resolve("d/a"));
      Files.delete(tree.root().resolve("e/c"));
      Files.delete(tree.root().resolve("e"));
      tree.write("root/d/b", "2");
      tree.write("root/e", "a file by now");
      try (DirectoryHandle root = DirectoryHandle.open(Names.of(tree.root().toString()))) {
        assertThat(new Witnesses(root::beneath, known, Duration.ZERO).objection("it")).isNull();
      }
    }
  }

  @Test
  void h30_what_may_not_be_on_the_disk_yet_says_nothing() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        DirectoryHandle root = DirectoryHandle.open(Names.of(tree.root().toString()))) {
      Witnesses of = new Witnesses(root::beneath, List.of(), Duration.ofMillis(200));
      assertThat(of.settled()).isEmpty();
      Thread.sleep(250);
      assertThat(of.settled()).as("young").isEmpty();
      Thread.sleep(250);
      assertThat(of.settled()).hasSize(1);
    }
  }
}
