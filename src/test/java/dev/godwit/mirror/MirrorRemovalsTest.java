package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes where names are not removed on every occasion, or are kept. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorRemovalsTest {
  private static TestingMirror mirror(Rules.Builder rules, Removals removals) {
    MirrorManner manner =
        new MirrorManner(rules.build(), removals, 100, Duration.ZERO, Duration.ZERO, false);
    return new TestingMirror(
        new TestingTree("/dev/shm"), Rung.BEST, Excludes.patterns(List.of()), manner);
  }

  private static Rules.Builder rules() {
    return SeriesRequest.exactRules();
  }

  private static void removeTree(Path directory) throws Exception {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path one : all.toList().reversed()) {
        Files.delete(one);
      }
    }
  }

  /** With {@code --delete-when=running} all that a directory had went with it. */
  @ParameterizedTest
  @ValueSource(strings = {"removed", "exchanged", "moved", "moved and made anew"})
  void h21_what_a_directory_had_goes_when_another_one_takes_its_place(String how) throws Exception {
    try (TestingMirror m = mirror(rules(), Removals.WHEN_SEEN)) {
      m.tree.write("root/a/a1", "1");
      m.tree.write("root/a/in/a2", "2");
      m.tree.write("root/b/b1", "1");
      m.tree.write("root/b/in/b2", "2");
      m.tree.write("root/c/c1", "1");
      m.live();
      m.assertEqual("at first");
      m.atOnce(
          () -> {
            switch (how) {
              case "removed" -> {
                removeTree(m.source.resolve("a"));
                m.move("b", "a");
              }
              case "exchanged" -> {
                m.move("a", "t");
                m.move("b", "a");
                m.move("t", "b");
              }
              case "moved" -> {
                m.move("a", "z");
                m.move("b", "a");
              }
              default -> {
                m.move("a", "z");
                m.tree.write("root/a/n", "new");
                m.tree.write("root/a/in/n", "new");
              }
            }
          });
      m.assertEqual("another directory");
      // What was not seen to go stays as ever.
      Path own = Files.writeString(m.target.resolve("c/own"), "the target's own");
      m.tree.write("root/c/c2", "2");
      m.mirror.barrier(TestingMirror.LIMIT, false);
      m.mirror.audit(TestingMirror.LIMIT);
      assertThat(m.target.resolve("c/c2")).hasContent("2");
      assertThat(own).exists();
    }
  }

  /** Nothing comes to a name that the target does not have, whatever happens to directories. */
  @Test
  void h21_h27_with_existing_what_is_lacking_is_not_asked_for_again() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Rules.Builder rules = rules();
    rules.existingOnly = true;
    try (TestingMirror m = mirror(rules, Removals.ALL)) {
      m.tree.write("root/d0/1/0", "0");
      for (int i = 0; i < 50 * 50; i++) {
        Files.createDirectories(m.source.resolve("new/" + i / 50 + "/" + i % 50));
      }
      Files.createDirectories(m.target.resolve("d0/1"));
      m.live();
      for (int i = 0; i < 2000; i++) {
        String one = "d" + random.nextInt(5);
        Path other = m.source.resolve("d" + random.nextInt(5));
        m.tree.write("root/" + one + "/" + random.nextInt(5) + "/" + random.nextInt(9), "" + i);
        Path moved = random.nextBoolean() ? other.resolve(one) : other;
        if (!Files.exists(moved) && !other.endsWith(one) && Files.exists(moved.getParent())) {
          var unused = Files.move(m.source.resolve(one), moved);
        }
      }
      m.mirror.barrier(TestingMirror.LIMIT, false);
      assertThat(TestingWalker.describe(m.target).keySet())
          .allMatch(name -> name.matches("(d0(/1)?)?/?"));
    }
  }

  /** As with rsync: the backup of a file takes the place of that of a whole directory. */
  @Test
  void h37_a_backup_takes_the_place_of_a_directory_of_backups() throws Exception {
    Rules.Builder rules = rules();
    rules.backup = true;
    rules.backupDirectory = Names.of(".bak");
    try (TestingMirror m = mirror(rules, Removals.ALL)) {
      m.tree.write("root/d/in/f", "1");
      m.tree.write("root/k", "k");
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT, false);
      removeTree(m.source.resolve("d"));
      m.mirror.barrier(TestingMirror.LIMIT, false);
      Path kept = m.target.resolve(".bak/d");
      assertThat(kept.resolve("in/f")).hasContent("1");
      m.tree.write("root/d", "a file");
      m.mirror.barrier(TestingMirror.LIMIT, false);
      m.tree.write("root/d", "another content");
      m.mirror.barrier(TestingMirror.LIMIT, false);
      assertThat(kept).hasContent("a file");
      assertThat(m.target.resolve("d")).hasContent("another content");
    }
  }
}
