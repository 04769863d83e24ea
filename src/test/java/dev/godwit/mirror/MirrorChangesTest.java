package dev.godwit.mirror;

import dev.godwit.TestingPatience;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** H21, H22: whatever happens to a few names in whatever order, the target is equal afterwards. */
final class MirrorChangesTest {
  @ParameterizedTest
  @CsvSource({"BEST,/tmp,40", "BEST,/dev/shm,40", "INOTIFY,/dev/shm,40"})
  void h21_random_changes_of_few_names(Rung rung, String parent, int rounds) throws Exception {
    changes(rung, parent, rounds, new Random().nextLong(), false);
  }

  @ParameterizedTest
  @CsvSource({"BEST,/dev/shm,200", "INOTIFY,/dev/shm,200"})
  void h10_random_changes_with_hard_links(Rung rung, String parent, int rounds) throws Exception {
    changes(rung, parent, rounds, new Random().nextLong(), true);
  }

  /** What was found of its names once is not true any more, though it has as many of them again. */
  @ParameterizedTest
  @EnumSource(Rung.class)
  void h10_a_file_that_is_linked_from_its_old_name_again(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      Files.createDirectory(m.source.resolve("b"));
      Path c = Files.writeString(m.source.resolve("c"), "1");
      m.live();
      Path d = Files.createLink(m.source.resolve("d"), c);
      m.assertEqual("two names");
      Path other = m.source.resolve("b/c");
      Files.delete(d);
      m.assertEqual("one name");
      Files.move(c, other);
      m.assertEqual("renamed");
      Files.createLink(c, other);
      m.assertEqual("the old name again");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/dev/shm"})
  void h10_a_file_that_is_written_by_a_name_that_goes_at_once(String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, Rung.BEST)) {
      Path file = Files.writeString(m.source.resolve("file"), "1");
      m.live();
      for (int round = 0; round < 20; round++) {
        Path further = Files.createLink(m.source.resolve("further" + round), file);
        Files.writeString(further, "by its further name, round " + round);
        Files.delete(further);
        m.assertEqual("round " + round);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/dev/shm"})
  void h10_a_file_that_is_written_by_a_name_outside_of_the_source(String parent) throws Exception {
    try (TestingMirror m = new TestingMirror(parent, Rung.BEST)) {
      Path folder = Files.createDirectories(m.source.resolve("a/b"));
      Path file = Files.writeString(folder.resolve("file"), "1");
      Files.createLink(m.source.resolve("further"), file);
      Path outside = Files.createLink(m.source.resolveSibling("outside"), file);
      m.live();
      for (int round = 0; round < 10; round++) {
        Files.writeString(outside, "by its name outside, round " + round);
        m.assertEqual("written, round " + round);
        Set<PosixFilePermission> mode =
            PosixFilePermissions.fromString(round % 2 == 0 ? "rw-------" : "rw-r-----");
        Files.setPosixFilePermissions(outside, mode);
        m.assertEqual("with another mode, round " + round);
      }
    }
  }

  @ParameterizedTest
  @Tag("lab")
  @CsvSource({"BEST,/tmp,300", "BEST,/dev/shm,300", "INOTIFY,/dev/shm,300", "INOTIFY,/tmp,200"})
  void h21_many_random_changes(Rung rung, String parent, int rounds) throws Exception {
    changes(rung, parent, rounds, new Random().nextLong(), false);
  }

  @Test
  @Tag("lab")
  void h21_random_changes_with_cut_connections() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      Path outside = prepare(m);
      for (int round = 0; round < 60; round++) {
        TestingChanges changes = new TestingChanges(random.nextLong(), m.source, outside, false);
        long before = m.mirror.status().reconnects();
        int cutAt = random.nextInt(60);
        for (int i = 0; i < 60; i++) {
          changes.change();
          if (i == cutAt) {
            m.cut();
          }
        }
        TestingPatience.await("another connection", () -> m.mirror.status().reconnects() > before);
        m.await(MirrorState.LIVE);
        m.assertEqual("seed " + seed + " round " + round);
      }
    }
  }

  private static void changes(Rung rung, String parent, int rounds, long seed, boolean links)
      throws Exception {
    Random random = new Random(seed);
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      Path outside = prepare(m);
      for (int round = 0; round < rounds; round++) {
        TestingChanges changes = new TestingChanges(random.nextLong(), m.source, outside, links);
        int count = links ? 1 : 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
          changes.change();
          if (random.nextInt(10) == 0) {
            Thread.sleep(random.nextInt(4));
          }
        }
        m.assertEqual("seed " + seed + " round " + round + " " + rung + " " + parent);
      }
    }
  }

  private static Path prepare(TestingMirror m) throws Exception {
    Path outside = Files.createDirectory(m.tree.top().resolve("outside"));
    Files.writeString(outside.resolve("precious"), "1");
    Files.writeString(m.source.resolve("stays"), "1");
    m.live();
    return outside;
  }
}
