package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Excludes;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * H25, H27: file systems that are mounted below a mirror's source, those that take part and those
 * that do not.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorMountsTest {
  private static final String PLACE = "d/data";

  /** A busy machine is no failure. */
  private static TestingMirror mirror(String parent, Rung rung, MirrorManner manner) {
    return new TestingMirror(new TestingTree(parent), rung, List.of(), manner);
  }

  private static TestingMirror mirrorOf(Rung rung, String... mounts) {
    return mirror("/dev/shm", rung, TestingMirror.mirroring(false, mounts));
  }

  /** Mounts something of a kind, with a file in it. */
  private static void mount(TestingMirror m, String kind, Path at) throws Exception {
    Path beside = Files.createDirectories(m.tree.top().resolve("beside"));
    switch (kind) {
      case "tmpfs" -> m.mount(at, "-t", "tmpfs", "none");
      case "bind" -> {
        Path bound = Files.createDirectories(beside.resolve("bound"));
        m.mount(at, "--bind", bound.toString());
      }
      case "ext4" -> {
        Path image = beside.resolve(at.getFileName().toString());
        if (Files.notExists(image)) {
          var unused = TestingOracle.run("truncate", "-s", "20M", image.toString());
          unused = TestingOracle.run("mkfs.ext4", "-q", image.toString());
        }
        m.mount(at, "-o", "loop", image.toString());
      }
      case "overlay" -> {
        for (String layer : List.of("lower", "upper", "work")) {
          Files.createDirectories(beside.resolve(layer));
        }
        m.mount(
            at,
            "-t",
            "overlay",
            "-o",
            "lowerdir=%1$s/lower,upperdir=%1$s/upper,workdir=%1$s/work".formatted(beside),
            "none");
      }
      default -> throw new IllegalArgumentException(kind);
    }
  }

  private static void await(TestingMirror m, String what, Callable<Boolean> isSo) throws Exception {
    TestingPatience.await(() -> what + ": " + m.mirror.status(), isSo);
  }

  private static List<String> mounts(Mirror mirror) {
    return mirror.status().mounts().stream()
        .map(one -> one + (one.isMirrored() ? " by " + one.rung().split(" ")[0] : ""))
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "BEST,tmpfs,fanotify",
    "BEST,ext4,fanotify",
    "BEST,bind,fanotify",
    "BEST,overlay,inotify",
    "INOTIFY,tmpfs,inotify",
    "INOTIFY,bind,inotify",
    "INOTIFY,overlay,inotify",
    "SCAN,tmpfs,scan"
  })
  void h25_a_listed_mount_is_a_part_of_the_tree(Rung rung, String kind, String seenBy)
      throws Exception {
    try (TestingMirror m = mirrorOf(rung, PLACE)) {
      Path data = m.source.resolve(PLACE);
      m.tree.write("root/d/other", "1");
      mount(m, kind, data);
      m.tree.write("root/d/data/in/file", "1".repeat(10_000));
      m.tree.write("root/d/data/in/deep/er/file", "2");
      m.live();
      m.assertEqual("first copy");
      m.mirror.awaitLive(TestingMirror.LIMIT);
      await(m, "told", () -> !m.mirror.status().mounts().isEmpty());
      assertThat(mounts(m.mirror)).hasSize(1);
      assertThat(mounts(m.mirror).getFirst()).startsWith(PLACE).endsWith(" by " + seenBy);

      Counters done =
          m.during(
              () -> {
                m.move("d/data/in", "d/data/out");
                m.tree.write("root/d/data/out/deep/er/file", "3");
              });
      // An overlay has no handles to know directories by, and a barrier compares what is scanned.
      boolean isScanned = seenBy.equals("scan");
      assertThat(done.directoriesRenamed())
          .as("directories renamed")
          .isBetween(isScanned || kind.equals("overlay") ? 0L : 1L, 1L);
      done = m.during(() -> m.move("d/data/out/file", "d/data/moved"));
      assertThat(done.filesRenamed()).as("files renamed").isBetween(isScanned ? 0L : 1L, 1L);
      m.tree.write("root/d/data/x/y/z/new", "1");
      m.assertEqual("new directories");
      TestingTree.deleteTree(data.resolve("x"));
      Files.delete(data.resolve("moved"));
      m.tree.write("root/d/other", "2");
      m.assertEqual("removed");
      assertThat(m.target.resolve("d/data/x")).doesNotExist();

      Files.writeString(m.target.resolve("d/data/drift"), "1");
      Files.delete(m.target.resolve("d/data/out/deep/er/file"));
      var unused = m.mirror.audit(TestingMirror.LIMIT);
      m.assertEqual("audited");
    }
  }

  /** The kernel has a queue for each watch. */
  @Test
  void h16_changes_that_were_lost_of_a_mount_are_looked_for_there_alone() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.INOTIFY, PLACE)) {
      for (int i = 0; i < 200; i++) {
        m.tree.write("root/e/" + i + "/file", "1");
      }
      mount(m, "tmpfs", m.source.resolve(PLACE));
      m.tree.write("root/d/data/many/file", "1");
      m.live().assertEqual("at first");
      Counters done =
          m.during(
              () -> {
                m.holdUp();
                for (int i = 0; i < 10_000; i++) { // 16,384 events are kept
                  Files.delete(m.tree.write("root/d/data/many/" + i, ""));
                }
                m.tree.write("root/d/data/many/file", "2");
                m.blind(false);
                await(m, "lost", () -> m.mirror.status().rescans() > 0);
              });
      assertThat(m.mirror.status().rescansBy()).containsEntry(Rescan.LOST_EVENTS, 1L);
      assertThat(done.directoriesSeen()).as("directories looked at").isLessThan(50);
    }
  }

  /** Without a barrier, which asks for all of them. */
  @ParameterizedTest
  @CsvSource({"BEST,tmpfs", "INOTIFY,tmpfs", "BEST,ext4"})
  void h25_a_change_in_a_listed_mount_is_followed_by_itself(Rung rung, String kind)
      throws Exception {
    try (TestingMirror m = mirrorOf(rung, PLACE)) {
      mount(m, kind, m.source.resolve(PLACE));
      m.tree.write("root/d/data/in/a", "1");
      m.live();
      m.assertEqual("first copy");
      m.tree.write("root/d/data/in/b", "2");
      await(m, "a new file", () -> Files.exists(m.target.resolve("d/data/in/b")));
      Files.delete(m.source.resolve("d/data/in/a"));
      await(m, "a removal", () -> Files.notExists(m.target.resolve("d/data/in/a")));
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,ext4", "INOTIFY,ext4", "BEST,bind"})
  void h27_a_listed_mount_that_is_unmounted_halts_until_it_is_back(Rung rung, String kind)
      throws Exception {
    try (TestingMirror m = mirrorOf(rung, PLACE)) {
      Path data = m.source.resolve(PLACE);
      m.tree.write("root/d/other", "1");
      mount(m, kind, data);
      m.tree.write("root/d/data/in/precious", "1");
      m.live();
      m.assertEqual("first copy");
      m.unmount(data);
      m.tree.write("root/d/other", "2");
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message())
          .contains("root/d/data is gone")
          .contains("deletes nothing on the target");
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .hasMessageContaining("not live but HALTED");
      m.tree.write("root/d/data/bare", "what is not mounted");
      Files.delete(m.source.resolve("d/data/bare"));
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.HALTED);

      mount(m, kind, data);
      m.tree.write("root/d/data/in/later", "1");
      m.await(MirrorState.LIVE);
      m.assertEqual("it is back");
      assertThat(m.mirror.status().rescansBy()).containsOnlyKeys(Rescan.RETURN);
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
    }
  }

  @Test
  void h27_something_mounted_over_a_listed_mount_halts() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, PLACE)) {
      Path data = mountedAndCopied(m);
      mount(m, "tmpfs", data);
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message())
          .contains("root/d/data is not what was mirrored before");
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      m.unmount(data);
      m.await(MirrorState.LIVE);
      m.assertEqual("uncovered");

      // Another one for good: a person has to say so.
      m.unmount(data);
      mount(m, "tmpfs", data);
      m.tree.write("root/d/data/other", "1");
      m.await(MirrorState.HALTED);
      Thread.sleep(1500); // it is tried again in between
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.HALTED);
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      m.mirror.resume(false, true);
      m.await(MirrorState.LIVE);
      m.assertEqual("a new one");
      assertThat(m.target.resolve("d/data/in")).doesNotExist();
    }
  }

  /** What is mounted at {@link #PLACE}, with a file that the target has. */
  private static Path mountedAndCopied(TestingMirror m) throws Exception {
    Path data = m.source.resolve(PLACE);
    mount(m, "tmpfs", data);
    m.tree.write("root/d/data/in/precious", "1");
    m.live();
    m.assertEqual("first copy");
    return data;
  }

  /** The connection asks for the mount that was there before, and would wait for it for ever. */
  @Test
  void h27_a_new_root_that_is_said_while_it_connects_is_the_new_one() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, PLACE)) {
      Path data = mountedAndCopied(m);
      Semaphore doors = new Semaphore(0);
      m.connectsBy(doors);
      m.unmount(data);
      mount(m, "tmpfs", data);
      m.tree.write("root/d/data/other", "1");
      m.await(MirrorState.HALTED);
      await(m, "it connects", doors::hasQueuedThreads);
      m.mirror.resume(false, true);
      doors.release(1000);
      m.await(MirrorState.LIVE);
      m.assertEqual("a new one");
    }
  }

  @Test
  void h27_a_listed_mount_that_is_not_there_at_the_start_is_waited_for() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, PLACE)) {
      Path data = Files.createDirectories(m.source.resolve(PLACE));
      m.tree.write("root/d/other", "1");
      m.tree.write("target/d/data/in/precious", "1");
      m.mirror.start();
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message())
          .contains("nothing is mounted at ", "root/d/data, which is to take part");
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      // An end is an end although it waits.
      m.mirror.pause(Duration.ofSeconds(10));
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.PAUSED);
      m.mirror.resume();
      m.await(MirrorState.HALTED);
      mount(m, "tmpfs", data);
      m.tree.write("root/d/data/in/precious", "2");
      m.await(MirrorState.LIVE);
      m.assertEqual("it has come");
    }
  }

  @Test
  void h27_another_mount_after_a_restart_halts() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, PLACE)) {
      Path data = m.source.resolve(PLACE);
      mount(m, "tmpfs", data);
      m.tree.write("root/d/data/precious", "1");
      m.live();
      m.assertEqual("first copy");
      assertThat(m.mirror.memory().mounts()).hasSize(1);
      m.mirror.close();
      m.unmount(data);
      mount(m, "tmpfs", data);
      assertHaltsAgain(m, "is not what was mirrored before");
      assertThat(m.target.resolve("d/data/precious")).hasContent("1");
    }
  }

  /** Whatever is seen of it, and when: the target never removes the place of a listed mount. */
  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h27_a_directory_with_a_listed_mount_that_is_renamed_removes_nothing(Rung rung)
      throws Exception {
    try (TestingMirror m = mirrorOf(rung, PLACE)) {
      Path data = m.source.resolve(PLACE);
      mount(m, "tmpfs", data);
      m.tree.write("root/d/data/precious", "1");
      m.tree.write("root/stays", "1");
      m.live();
      m.assertEqual("first copy");
      m.move("d", "e");
      m.await(MirrorState.HALTED);
      assertThat(m.target.resolve("d/data/precious")).hasContent("1");
      m.move("e", "d");
      m.await(MirrorState.LIVE);
      m.assertEqual("renamed back");
    }
  }

  @Test
  void h25_all_that_are_there_at_the_start_take_part_and_no_later_one() throws Exception {
    try (TestingMirror m = mirror("/dev/shm", Rung.BEST, TestingMirror.mirroring(true))) {
      mount(m, "tmpfs", m.source.resolve("one"));
      mount(m, "tmpfs", m.source.resolve("one/two"));
      m.tree.write("root/one/two/file", "1");
      m.live();
      m.assertEqual("first copy");
      await(m, "told", () -> mounts(m.mirror).size() == 2);
      mount(m, "tmpfs", m.source.resolve("later"));
      m.tree.write("root/later/file", "1");
      await(m, "told", () -> mounts(m.mirror).contains("later (tmpfs)"));
      assertThat(mounts(m.mirror))
          .containsExactlyInAnyOrder(
              "later (tmpfs)", "one (tmpfs) by fanotify", "one/two (tmpfs) by fanotify");
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .hasMessageContaining("another file system is mounted there");
      assertThat(m.target.resolve("later/file")).doesNotExist();
      m.cut();
      m.await(MirrorState.LIVE);
      assertThat(m.target.resolve("later/file")).as("not after a new connection").doesNotExist();

      // After a restart those that took part are wanted, also when they are not there.
      m.mirror.close();
      m.unmount(m.source.resolve("one/two"));
      assertHaltsAgain(m, "root/one/two is gone");
      assertThat(m.target.resolve("one/two/file")).hasContent("1");
    }
  }

  /** A mirror that knows what the last one knew at its end. */
  private static void assertHaltsAgain(TestingMirror m, String message) throws Exception {
    try (Mirror again = m.again(m.mirror.memory())) {
      again.start();
      assertThatThrownBy(() -> again.awaitLive(TestingMirror.LIMIT)).hasMessageContaining(message);
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,tmpfs", "BEST,ext4", "BEST,bind", "BEST,overlay", "INOTIFY,tmpfs"})
  void h25_a_mount_that_is_not_listed_is_told_and_its_place_kept(Rung rung, String kind)
      throws Exception {
    try (TestingMirror m = mirrorOf(rung)) {
      Path data = m.source.resolve(PLACE);
      m.tree.write("root/d/data/in/precious", "1");
      m.tree.write("root/d/other", "1");
      m.live();
      m.assertEqual("first copy");
      assertThat(m.mirror.status().mounts()).isEmpty();
      mount(m, kind, data);
      m.tree.write("root/d/data/foreign", "1");
      m.tree.write("root/d/other", "2");
      await(m, "told", () -> !m.mirror.status().mounts().isEmpty());
      assertThat(m.mirror.status().mounts().getFirst().path()).isEqualTo(PLACE);
      assertThat(m.mirror.status().mounts().getFirst().isMirrored()).isFalse();
      await(m, "others", () -> content(m.target.resolve("d/other")).equals("2"));
      assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      assertThat(m.target.resolve("d/data/foreign")).doesNotExist();
      m.unreachable(true);
      m.await(MirrorState.RECONNECTING);
      m.unmount(data);
      m.unreachable(false);
      await(m, "told", () -> m.mirror.status().mounts().isEmpty());
      m.await(MirrorState.LIVE);
      m.assertEqual("unmounted");
    }
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "";
    }
  }

  /** It is remembered, as what takes part is. */
  @Test
  void h25_the_place_of_a_mount_is_kept_after_a_restart_too() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST)) {
      m.tree.write("root/stays", "1");
      Path data = m.source.resolve(PLACE);
      mount(m, "tmpfs", data);
      m.tree.write("target/d/data/in/precious", "1");
      m.live();
      await(m, "remembered", () -> !m.mirror.memory().mounts().isEmpty());
      RootMemory memory = m.mirror.memory();
      m.mirror.close();
      m.unmount(data);
      try (Mirror again = m.again(memory)) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        assertThatThrownBy(() -> again.barrier(TestingMirror.LIMIT))
            .hasMessageContaining("not removed");
        assertThat(m.target.resolve("d/data/in/precious")).hasContent("1");
      }
    }
  }

  @Test
  void h25_an_excluded_mount_is_nobodys_business() throws Exception {
    TestingTree tree = new TestingTree("/dev/shm");
    try (TestingMirror m =
        new TestingMirror(
            tree,
            Rung.BEST,
            Excludes.patterns(List.of("/" + PLACE)),
            TestingMirror.mirroring(true))) {
      m.tree.write("root/d/other", "1");
      mount(m, "tmpfs", m.source.resolve(PLACE));
      m.live();
      var unused = m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.mirror.status().mounts()).isEmpty();
      assertThat(m.mirror.memory().mounts()).isEmpty();
      m.unmount(m.source.resolve(PLACE));
      unused = m.mirror.barrier(TestingMirror.LIMIT);
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h25_a_bind_mount_shows_what_is_changed_elsewhere(Rung rung) throws Exception {
    try (TestingMirror m = mirrorOf(rung, "outer", "inner")) {
      Path beside = Files.createDirectories(m.tree.top().resolve("beside"));
      m.mount(m.source.resolve("outer"), "--bind", beside.toString());
      m.tree.write("root/a/file", "1");
      m.mount(m.source.resolve("inner"), "--bind", m.source.resolve("a").toString());
      m.live();
      m.assertEqual("first copy");
      m.tree.write("beside/in/file", "1");
      await(m, "outer", () -> Files.exists(m.target.resolve("outer/in/file")));
      m.tree.write("root/a/in/file", "1");
      await(m, "inner", () -> Files.exists(m.target.resolve("inner/in/file")));
      m.assertEqual("made");
      m.move("a/in", "a/out");
      Files.move(beside.resolve("in"), beside.resolve("out"));
      m.tree.write("root/a/out/file", "2");
      m.tree.write("beside/out/file", "2");
      m.assertEqual("renamed");
    }
  }

  /** The first directories of two such file systems have the same handles. */
  @Test
  void h25_directories_of_two_file_systems_are_not_taken_for_each_other() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, "one", "two")) {
      for (String each : List.of("one", "two")) {
        mount(m, "ext4", m.source.resolve(each));
        m.tree.write("root/" + each + "/lost+found/of", each);
      }
      m.live();
      for (String each : List.of("one", "two")) {
        Counters done = m.during(() -> m.move(each + "/lost+found", each + "/moved"));
        assertThat(done.directoriesRenamed()).as(each).isEqualTo(1);
        assertThat(done.filesApplied()).as(each).isZero();
      }
    }
  }

  @Test
  void h25_a_bind_mount_of_what_the_source_is_in_is_no_endless_tree() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.mount(m.source.resolve("loop"), "--bind", m.tree.top().toString());
      m.live();
      await(m, "told", () -> mounts(m.mirror).equals(List.of("loop (tmpfs)")));
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .hasMessageContaining("root/loop: another file system is mounted there");
      assertThat(m.target.resolve("a/file")).hasContent("1");
      assertThat(m.target.resolve("loop")).doesNotExist();
    }
    try (TestingMirror m = mirrorOf(Rung.BEST, "loop")) {
      m.tree.write("root/a/file", "1");
      m.mount(m.source.resolve("loop"), "--bind", m.tree.top().toString());
      m.mirror.start();
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message())
          .contains(
              "root/loop cannot take part: it is a bind mount of a directory that the source");
      assertThat(m.target.resolve("loop")).doesNotExist();
    }
  }

  @Test
  void h25_a_mount_in_one_that_takes_no_part_cannot_take_part() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.BEST, "one/two")) {
      mount(m, "tmpfs", m.source.resolve("one"));
      mount(m, "tmpfs", m.source.resolve("one/two"));
      m.mirror.start();
      m.await(MirrorState.HALTED);
      assertThat(m.mirror.status().message()).contains("root/one, which is mounted too");
    }
  }

  /** What is written into a layer makes no event in the overlay. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void h25_what_reports_no_changes_is_looked_at_in_intervals(boolean isRoot) throws Exception {
    try (TestingMirror m = isRoot ? mirrorOf(Rung.SCAN) : mirrorOf(Rung.SCAN, PLACE)) {
      Path at = isRoot ? m.source : m.source.resolve(PLACE);
      mount(m, "overlay", at);
      Path lower = m.tree.top().resolve("beside/lower");
      Files.writeString(at.resolve("first"), "1");
      m.live();
      m.assertEqual("first copy");
      await(m, "told", () -> isRoot || !m.mirror.status().mounts().isEmpty());
      assertThat(isRoot ? m.mirror.status().rung() : m.mirror.status().mounts().getFirst().rung())
          .isEqualTo(
              "scan (this one does not report every change; everything is looked at every 10"
                  + " seconds)");
      Path there = isRoot ? m.target : m.target.resolve(PLACE);
      Files.createDirectories(lower.resolve("below"));
      Files.writeString(lower.resolve("below/unseen"), "1");
      await(m, "unseen", () -> Files.exists(there.resolve("below/unseen")));
      Files.writeString(lower.resolve("below/asked"), "1");
      m.assertEqual("asked");
    }
  }

  /** With inotify what was mounted over has no watches, and gets them when it shows again. */
  @Test
  void h25_what_was_mounted_over_at_the_start_is_watched_afterwards() throws Exception {
    try (TestingMirror m = mirrorOf(Rung.INOTIFY)) {
      Path data = m.source.resolve(PLACE);
      m.tree.write("root/d/data/in/file", "1");
      mount(m, "tmpfs", data);
      m.live();
      m.unmount(data);
      await(m, "shown again", () -> Files.exists(m.target.resolve("d/data/in/file")));
      m.assertEqual("watched again"); // which asks for what has no watch
      m.tree.write("root/d/data/in/new", "1");
      await(m, "seen", () -> Files.exists(m.target.resolve("d/data/in/new")));
    }
  }
}
