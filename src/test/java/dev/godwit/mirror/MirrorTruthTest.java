package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a mirror may not believe: size and time, the target's rest, a barrier of a moment ago. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorTruthTest {
  private static final FileTime NORMALISED = FileTime.fromMillis(1_000_000_000_000L);

  private static void write(TestingMirror m, String name, String text) throws IOException {
    Path file = m.tree.write("root/" + name, text);
    Files.setLastModifiedTime(file, NORMALISED);
  }

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void h19_a_file_of_the_same_size_with_its_time_restored(Rung rung, String parent)
      throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      write(m, "d/rewritten", "one");
      write(m, "d/replaced", "one");
      write(m, "app/lib/f", "one");
      write(m, "app.new/lib/f", "two");
      m.live();
      m.assertEqual("first copy");
      for (int i = 0; i < 10; i++) {
        write(m, "d/rewritten", "tw" + i);
        write(m, "d/new", "tw" + i);
        Files.move(
            m.source.resolve("d/new"),
            m.source.resolve("d/replaced"),
            StandardCopyOption.ATOMIC_MOVE);
        m.assertEqual("with a barrier at once " + i);
      }
      Files.move(m.source.resolve("app"), m.source.resolve("app.old"));
      Files.move(m.source.resolve("app.new"), m.source.resolve("app"));
      m.assertEqual("a directory in the place of another");
    }
  }

  /**
   * Written by a name whose directory was renamed before anybody looked, and which is gone by then:
   * no event and no listing says any more which file that was.
   */
  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h10_a_file_is_written_by_a_name_that_goes_with_its_directory(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      for (String name : List.of("renamed", "removed", "in/removed", "exchanged", "gone")) {
        m.tree.write("root/" + name + "/a", "1");
        Files.createLink(
            m.source.resolve("of." + name.replace('/', '.')), m.source.resolve(name + "/a"));
      }
      m.tree.write("root/other/x", "1");
      m.live();
      m.assertEqual("at first");
      for (int i = 0; i < 2; i++) {
        String text = "written " + i;
        m.atOnce(
            () -> {
              rewrite(m, "renamed/a", text);
              m.move("renamed", "elsewhere");
              Files.delete(m.source.resolve("elsewhere/a"));

              rewrite(m, "removed/a", text);
              Files.delete(m.source.resolve("removed/a"));
              Files.delete(m.source.resolve("removed"));

              rewrite(m, "in/removed/a", text);
              TestingTree.deleteTree(m.source.resolve("in"));

              rewrite(m, "exchanged/a", text);
              m.move("exchanged", "aside");
              m.move("other", "exchanged");
              m.move("aside", "other");
              Files.delete(m.source.resolve("other/a"));

              rewrite(m, "gone/a", text);
              m.move("gone", "renamed");
              TestingTree.deleteTree(m.source.resolve("renamed"));
            });
        m.assertEqual("with a barrier at once, " + i);
        for (String name : List.of("renamed", "removed", "in/removed", "exchanged", "gone")) {
          Path other = m.source.resolve("of." + name.replace('/', '.'));
          Files.createDirectories(m.source.resolve(name));
          Files.createLink(m.source.resolve(name + "/a"), other);
        }
        TestingTree.deleteTree(m.source.resolve("elsewhere"));
        m.assertEqual("as it was, " + i);
      }
    }
  }

  /** In place: by whatever other names it has, it is the same file. */
  private static void rewrite(TestingMirror m, String name, String text) throws IOException {
    Files.writeString(m.source.resolve(name), text);
  }

  /** New directories at once with files in them are what a watch comes too late for. */
  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm", "SCAN,/dev/shm"})
  void h18_nothing_is_lost_between_the_first_look_and_the_first_event(Rung rung, String parent)
      throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      for (int i = 0; i < 500; i++) {
        m.tree.write("root/old" + i + "/f", "1");
      }
      AtomicBoolean ending = new AtomicBoolean();
      AtomicInteger made = new AtomicInteger();
      FutureTask<Void> changing =
          new FutureTask<>(
              () -> {
                while (!ending.get()) {
                  int i = made.getAndIncrement();
                  m.tree.write("root/new" + i % 700 + "/in/f", "" + i);
                  m.tree.write("root/old" + i % 500 + "/f", "" + i);
                  Files.deleteIfExists(m.source.resolve("old" + (i + 100) % 500 + "/f"));
                  if (i % 10 == 0) {
                    Thread.sleep(1);
                  }
                }
                return null;
              });
      Thread.ofPlatform().daemon().start(changing);
      try {
        m.live();
        for (int i = 0; i < 3; i++) {
          m.cut(); // and once more between a look and the watch of a new connection
          Thread.sleep(50);
          m.await(MirrorState.LIVE);
        }
      } finally {
        ending.set(true);
        TestingPatience.get(changing);
      }
      assertThat(made.get()).isGreaterThan(500);
      m.assertEqual("after " + made + " changes");
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void h19_a_store_through_a_mapping_into_a_page_that_is_dirty_already(Rung rung, String parent)
      throws Exception {
    try (TestingMirror m = new TestingMirror(parent, rung)) {
      Path file = m.tree.write("root/mapped", "0".repeat(8192));
      m.live();
      Process writer =
          new ProcessBuilder(
                  "python3",
                  "-c",
                  "import mmap,sys,os\n"
                      + "f=os.open(sys.argv[1],os.O_RDWR)\n"
                      + "m=mmap.mmap(f,8192)\n"
                      + "m[0]=49\n"
                      + "print('dirty',flush=True)\n"
                      + "sys.stdin.readline()\n"
                      + "m[1]=50\n"
                      + "print('again',flush=True)\n"
                      + "sys.stdin.readline()\n",
                  file.toString())
              .start();
      try (var out = writer.getOutputStream();
          var in = writer.inputReader()) {
        assertThat(in.readLine()).isEqualTo("dirty");
        // The page was made dirty; the time has changed, and this much is known.
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        m.assertEqual("the first store");
        out.write('\n');
        out.flush();
        assertThat(in.readLine()).isEqualTo("again");
      }
      assertThat(writer.waitFor()).isZero();
      assertThat(Files.readString(file)).startsWith("120");
      m.assertEqual("the second store, after the writer's end");
    }
  }

  @Test
  void h19_what_changed_while_the_connection_was_lost() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      write(m, "d/f", "one");
      m.live();
      m.assertEqual("first copy");
      m.unreachable(true);
      m.await(MirrorState.RECONNECTING);
      write(m, "d/f", "two");
      Thread.sleep(2500);
      m.unreachable(false);
      m.await(MirrorState.LIVE);
      m.assertEqual("connected again");
    }
  }

  @Test
  void h10_the_owner_of_a_symbolic_link_with_two_names() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      Files.createSymbolicLink(m.source.resolve("one"), Path.of("nowhere"));
      Files.createLink(m.source.resolve("two"), m.source.resolve("one"));
      m.live();
      m.assertEqual("first copy");
      Files.setAttribute(m.source.resolve("two"), "unix:uid", 7, LinkOption.NOFOLLOW_LINKS);
      m.assertEqual("owner by the second name");
      Files.setAttribute(m.source.resolve("one"), "unix:uid", 8, LinkOption.NOFOLLOW_LINKS);
      m.assertEqual("owner by the first name");
    }
  }

  @Test
  void h23_an_audit_finds_what_was_changed_on_the_target() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      for (String name : new String[] {"deleted", "edited", "mode", "renamed", "owner", "linked"}) {
        m.tree.write("root/d/" + name, "1");
        m.tree.write("root/e/" + name + "/below", "1");
      }
      m.live();
      m.assertEqual("first copy");
      Path d = m.target.resolve("d");
      Path e = m.target.resolve("e");
      Files.delete(d.resolve("deleted"));
      TestingTree.deleteTree(e.resolve("deleted"));
      Files.writeString(d.resolve("edited"), "2");
      Files.writeString(e.resolve("edited/more"), "2");
      Files.setPosixFilePermissions(
          d.resolve("mode"), PosixFilePermissions.fromString("rwxrwxrwx"));
      Files.setPosixFilePermissions(
          e.resolve("mode"), PosixFilePermissions.fromString("rwxrwxrwx"));
      Files.move(d.resolve("renamed"), d.resolve("other"));
      Files.move(e.resolve("renamed"), e.resolve("other"));
      Files.setAttribute(d.resolve("owner"), "unix:uid", 7);
      Files.setAttribute(e.resolve("owner"), "unix:uid", 7);
      Files.delete(d.resolve("linked"));
      Files.createSymbolicLink(d.resolve("linked"), Path.of("edited"));
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(d.resolve("deleted")).doesNotExist(); // the plain barrier stays cheap
      assertThat(m.mirror.audit(TestingMirror.LIMIT).isComplete()).isTrue();
      assertThat(TestingWalker.describe(m.target)).isEqualTo(TestingWalker.describe(m.source));
    }
  }

  @Test
  void h64_what_was_written_after_the_last_barrier_is_not_dropped_by_a_pause() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      for (int i = 0; i < 20; i++) {
        m.mirror.barrier(TestingMirror.LIMIT);
        Files.writeString(m.source.resolve("a/new" + i), "" + i);
        m.mirror.pause(Duration.ofSeconds(10));
        assertThat(m.target.resolve("a/new" + i)).hasContent("" + i);
        m.mirror.resume();
        m.await(MirrorState.LIVE);
      }
    }
  }

  @Test
  void h64_a_pause_that_cannot_bring_everything_says_so() throws Exception {
    TestingTree tree = new TestingTree("/dev/shm");
    Path target = Files.createDirectory(tree.top().resolve("target"));
    TestingOracle.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", target.toString());
    try (TestingMirror m = new TestingMirror(tree, Rung.BEST)) {
      m.tree.write("root/small", "1");
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      m.tree.write("root/d/large", "x".repeat(2_000_000));
      assertThatThrownBy(() -> m.mirror.pause(TestingMirror.LIMIT))
          .isInstanceOf(MirrorException.class)
          .hasMessageContaining("target/d/large")
          .hasMessageContaining("No space left on device");
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.PAUSED);
      m.mirror.pause(TestingMirror.LIMIT);
      m.mirror.close();
      TestingOracle.run("umount", "-l", target.toString());
    }
  }

  @Test
  void h64_a_pause_that_ends_a_session_by_force_says_so() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/a/file", "1");
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      m.blind(true); // the events are there, and nobody reads them
      Thread.sleep(50);
      m.tree.write("root/a/new", "1");
      try {
        assertThatThrownBy(() -> m.mirror.pause(Duration.ofSeconds(2)))
            .isInstanceOf(MirrorException.class);
      } finally {
        m.blind(false);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h25_a_mount_that_appears_and_goes_deletes_nothing(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      m.tree.write("root/d/data/deep/precious", "1");
      m.tree.write("root/d/other", "1");
      m.live();
      m.assertEqual("first copy");
      Map<String, String> before = TestingWalker.describe(m.target);
      Path data = m.source.resolve("d/data");
      TestingOracle.run("mount", "-t", "tmpfs", "none", data.toString());
      try {
        // No event tells of it.
        assertRefused(m);
        Files.writeString(data.resolve("inside"), "1");
        Files.writeString(m.source.resolve("d/other"), "2");
        assertRefused(m);
        reconnect(m);
        assertThatThrownBy(() -> m.mirror.audit(TestingMirror.LIMIT))
            .hasMessageContaining("another file system is mounted there");
        assertThat(m.target.resolve("d/other")).hasContent("2");
        assertThat(m.target.resolve("d/data/inside")).doesNotExist();
        assertThat(TestingWalker.describe(m.target).get("d/data/deep/precious"))
            .isEqualTo(before.get("d/data/deep/precious"));
      } finally {
        TestingOracle.run("umount", "-l", data.toString());
      }
      m.assertEqual("unmounted, what was below it is there again");
    }
  }

  @Test
  void h25_a_mount_that_was_there_at_the_start_and_goes_deletes_nothing() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      m.tree.write("root/d/other", "1");
      m.tree.write("target/d/data/deep/precious", "1");
      Path data = Files.createDirectories(m.source.resolve("d/data"));
      TestingOracle.run("mount", "-t", "tmpfs", "none", data.toString());
      try {
        m.live();
        assertRefused(m);
      } finally {
        TestingOracle.run("umount", "-l", data.toString());
      }
      reconnect(m); // a new session knows it too
      assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
          .hasMessageContaining("not removed");
      Files.delete(data);
      assertThatThrownBy(() -> m.mirror.audit(TestingMirror.LIMIT))
          .hasMessageContaining("not removed");
      assertThat(m.target.resolve("d/data/deep/precious")).hasContent("1");
      // Who resumes after a pause takes the tree as it is.
      try {
        m.mirror.pause(TestingMirror.LIMIT);
      } catch (MirrorException e) {
        assertThat(e).hasMessageContaining("not removed");
      }
      m.mirror.resume();
      m.await(MirrorState.LIVE);
      m.assertEqual("resumed");
    }
  }

  private static void reconnect(TestingMirror m) throws Exception {
    m.unreachable(true);
    m.await(MirrorState.RECONNECTING);
    m.unreachable(false);
    m.await(MirrorState.LIVE);
  }

  private static void assertRefused(TestingMirror m) {
    assertThatThrownBy(() -> m.mirror.barrier(TestingMirror.LIMIT))
        .isInstanceOf(MirrorException.class)
        .hasMessageContaining("1 could not be applied")
        .hasMessageContaining("root/d/data: another file system is mounted there")
        .hasMessageContaining(
            "list it as a tree of its own (a mirror: name it with --mounts), leave it out by a filter");
  }

  /** What has the same size and time is believed, unless contents are compared. */
  @Test
  void h19_with_checksum_a_look_at_everything_compares_contents() throws Exception {
    Rules.Builder rules = SeriesRequest.exactRules();
    rules.checksum = true;
    MirrorManner manner =
        new MirrorManner(rules.build(), Removals.ALL, 100, Duration.ZERO, Duration.ZERO, false);
    TestingTree tree = new TestingTree("/dev/shm");
    try (TestingMirror m = new TestingMirror(tree, Rung.BEST, List.of(), manner)) {
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.fromMillis(1_000_000);
      Files.setLastModifiedTime(file, time);
      m.live();
      m.assertEqual("at first");
      Path drift = m.target.resolve("in/a");
      Files.writeString(drift, "two content");
      Files.setLastModifiedTime(drift, time);
      var unused = m.mirror.audit(TestingMirror.LIMIT);
      assertThat(drift).hasContent("one content");
      m.tree.write("root/in/b", "and changes");
      m.assertEqual("at last");
    }
  }
}
