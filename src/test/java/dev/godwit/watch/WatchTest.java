package dev.godwit.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.Inotify;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every watch must do, against the real kernel, on a disk filesystem and on tmpfs. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class WatchTest {
  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/tmp", "INOTIFY,/dev/shm"})
  void every_kind_of_change_names_what_to_look_at(Rung rung, String parent) throws IOException {
    try (TestingTree tree = new TestingTree(parent)) {
      tree.write("root/a/file", "1");
      tree.write("root/a/gone", "1");
      tree.write("root/a/old", "1");
      tree.write("outside/dir/deep/file", "1");
      tree.write("root/a/moved/below", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), rung)) {
        assertThat(watch.state().rung()).isEqualTo(rung == Rung.INOTIFY ? "inotify" : "fanotify");
        assertThat(TestingLooks.flush(watch)).isEmpty();
        Path root = tree.root();

        Files.writeString(root.resolve("a/file"), "2");
        assertThat(TestingLooks.flush(watch)).containsOnly("a/file");
        Files.delete(root.resolve("a/gone"));
        assertThat(TestingLooks.flush(watch)).containsOnly("a/gone");
        Files.move(root.resolve("a/old"), root.resolve("new"));
        assertThat(TestingLooks.flush(watch)).containsOnly("a/old", "new");
        Files.setPosixFilePermissions(
            root.resolve("new"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(TestingLooks.flush(watch)).containsOnly("new");
        Files.createLink(root.resolve("link"), root.resolve("new"));
        assertThat(TestingLooks.flush(watch)).contains("link");
        Files.createSymbolicLink(root.resolve("symlink"), Path.of("nowhere"));
        assertThat(TestingLooks.flush(watch)).containsOnly("symlink");
        Files.createDirectory(root.resolve("made"));
        assertThat(TestingLooks.flush(watch)).contains("made", "made/**");
        Files.setPosixFilePermissions(
            root.resolve("made"), PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(TestingLooks.flush(watch)).containsOnly("made");
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(TestingLooks.flush(watch)).containsOnly(".");
        Files.delete(root.resolve("made"));
        assertThat(TestingLooks.flush(watch)).containsOnly("made");

        Files.move(root.resolve("a/moved"), root.resolve("there"));
        assertThat(TestingLooks.flush(watch)).contains("a/moved", "there", "there/**");
        Files.writeString(root.resolve("there/below"), "2");
        assertThat(TestingLooks.flush(watch)).containsOnly("there/below");

        // Known as outside before it moves in.
        tree.write("outside/dir/deep/file", "2");
        assertThat(TestingLooks.flush(watch)).isEmpty();
        Files.move(tree.top().resolve("outside/dir"), root.resolve("a/dir"));
        assertThat(TestingLooks.flush(watch)).contains("a/dir", "a/dir/**");
        Files.writeString(root.resolve("a/dir/deep/file"), "3");
        assertThat(TestingLooks.flush(watch)).containsOnly("a/dir/deep/file");
        Files.move(root.resolve("a/dir"), tree.top().resolve("outside/dir"));
        assertThat(TestingLooks.flush(watch)).containsOnly("a/dir");
        tree.write("outside/dir/deep/file", "4");
        assertThat(TestingLooks.flush(watch)).isEmpty();

        String own = PathText.of(new TemporaryNames().next());
        tree.write("root/" + own, "temporary");
        assertThat(TestingLooks.flush(watch)).isEmpty();
        Files.delete(root.resolve("link"));
        assertThat(TestingLooks.flush(watch)).containsOnly("link");
        Files.move(root.resolve(own), root.resolve("new"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(TestingLooks.flush(watch)).containsOnly("new");
      }
    }
  }

  /** All at once, and each change told before the next. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ln a/file x; echo 2 >>x; rm x | a/file",
        "ln a/file x; chmod 600 x; rm x | a/file",
        "ln a/file x; echo 2 >>x; mv x y; rm y | a/file",
        "ln a/file x; echo 2 >>x; mv a/other x | a/file",
        "ln a/file d/x; echo 2 >>d/x; mv d e; rm e/x | a/file",
        "ln a/file d/x; echo 2 >>d/x; rm -r d | a/file",
        "ln a/file x; echo 2 >>x; rm x; echo 3 >x; rm x | a/file",
        "ln a/file x; echo 2 >>x; rm x; mv a/file there | there",
        "ln a/file x; echo 2 >>x; rm x; mv a there | there/file",
        "ln ../outside/file x; ln x ../outside/more; echo 2 >>x; rm x | elsewhere, was below",
        "ln a/file x; echo 2 >>x; rm x a/file | none",
        "ln ../outside/file x; echo 2 >>x; rm x | none",
        "echo 2 >x; rm x | none",
        "echo 2 >x; mv x ../outside/x | none",
      })
  void h10_a_file_that_was_written_by_a_name_that_is_gone(String changes, String wanted)
      throws Exception {
    for (String parent : List.of("/tmp", "/dev/shm")) {
      for (boolean isAtOnce : new boolean[] {true, false}) {
        try (TestingTree tree = new TestingTree(parent)) {
          tree.write("root/a/file", "1");
          tree.write("root/a/other", "1");
          tree.write("root/d/else", "1");
          tree.write("outside/file", "1");
          try (Watch watch = Watch.open(tree.rootBytes(), Rung.BEST)) {
            assertThat(TestingLooks.contents(watch)).isEmpty();
            List<String> told = new ArrayList<>();
            for (String change : isAtOnce ? new String[] {changes} : changes.split("; ")) {
              TestingTrees.run(tree.root(), "sh", "-ec", change);
              told.addAll(TestingLooks.contents(watch));
            }
            String as = parent + (isAtOnce ? ", at once" : ", one by one");
            if (wanted.equals("none")) {
              assertThat(told).as(as).doesNotContain("a/file", "**");
            } else {
              assertThat(TestingLooks.cover(told, wanted)).as("%s: %s", as, told).isTrue();
              assertThat(told).as(as).doesNotContain("**");
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/tmp", "/dev/shm"})
  void h10_a_file_that_is_written_by_a_name_outside_is_told(String parent) throws Exception {
    try (TestingTree tree = new TestingTree(parent)) {
      Path inside = tree.write("root/file", "1");
      Path outside = tree.write("outside/file", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), Rung.BEST)) {
        for (int i = 0; i < 3; i++) {
          Files.writeString(outside, "2");
          assertThat(TestingLooks.contents(watch)).as("it has no other name").isEmpty();
        }
        Files.createLink(tree.root().resolve("further"), outside);
        assertThat(TestingLooks.contents(watch)).contains("further");
        Files.writeString(outside, "3");
        assertThat(TestingLooks.contents(watch)).containsExactly("elsewhere");
        Path other = Files.createLink(outside.resolveSibling("other"), inside);
        assertThat(TestingLooks.contents(watch)).doesNotContain("**");
        Files.writeString(other, "4");
        assertThat(TestingLooks.contents(watch)).containsExactly("elsewhere");
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-------"));
        assertThat(TestingLooks.contents(watch)).containsExactly("elsewhere");
        Files.delete(other);
        Files.writeString(inside, "5");
        assertThat(TestingLooks.contents(watch)).containsOnly("file");
      }
    }
  }

  /** A name of the user's that only begins so is looked at at the start, so it is followed. */
  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void only_names_of_files_that_are_being_written_are_left_out(Rung rung, String parent)
      throws Exception {
    String own = PathText.of(new TemporaryNames().next());
    String similar = ".godwit-0123456789abcdef0123456789abcdef";
    try (TestingTree tree = new TestingTree(parent)) {
      tree.write("root/.godwit-notes/below", "1");
      tree.write("root/" + own + "/below", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), rung)) {
        tree.write("root/.godwit-notes/below", "2");
        tree.write("root/" + own + "/below", "2");
        assertThat(TestingLooks.flush(watch)).containsOnly(".godwit-notes/below");
        tree.write("root/" + similar, "1");
        assertThat(TestingLooks.flush(watch)).containsOnly(similar);
        Files.move(tree.root().resolve(similar), tree.root().resolve(".godwit-"));
        assertThat(TestingLooks.flush(watch)).contains(similar, ".godwit-");
        tree.write("root/.godwit-new/deep/file", "1");
        assertThat(TestingLooks.flush(watch)).contains(".godwit-new");
        tree.write("root/.godwit-new/deep/file", "2");
        assertThat(TestingLooks.flush(watch)).containsOnly(".godwit-new/deep/file");
        Files.move(tree.root().resolve(own), tree.root().resolve("whole"));
        tree.write("root/whole/below", "3");
        assertThat(TestingLooks.flush(watch)).contains("whole", "whole/**");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void h19_a_change_says_whether_the_content_may_be_another(Rung rung, String parent)
      throws Exception {
    try (TestingTree tree = new TestingTree(parent)) {
      tree.write("root/file", "1");
      tree.write("root/other", "1");
      tree.write("root/d/below", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), rung)) {
        Path file = tree.root().resolve("file");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThat(TestingLooks.contents(watch)).isEmpty();
        Files.writeString(file, "2");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        assertThat(TestingLooks.contents(watch)).containsExactly("file");
        Files.move(tree.root().resolve("other"), file, StandardCopyOption.ATOMIC_MOVE);
        assertThat(TestingLooks.contents(watch)).contains("file");
        Files.move(tree.root().resolve("d"), tree.root().resolve("e"));
        assertThat(TestingLooks.contents(watch)).contains("e/**");
        Files.delete(file);
        assertThat(TestingLooks.contents(watch)).isEmpty();
      }
    }
  }

  /** So that it need not be waited for longer. */
  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/dev/shm"})
  void a_file_that_was_closed_after_writing_is_told_as_saved(Rung rung, String parent)
      throws Exception {
    try (TestingTree tree = new TestingTree(parent);
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      Path file = tree.root().resolve("file");
      try (FileChannel open =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        open.write(ByteBuffer.wrap(new byte[] {1}));
        assertThat(TestingLooks.saved(watch)).isEmpty();
      }
      assertThat(TestingLooks.saved(watch)).containsOnly("file");
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      assertThat(TestingLooks.saved(watch)).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h4_names_are_bytes(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      // Java cannot make such a name; printf can.
      String script = "mkdir \"$(printf 'd\\377')\"; : > \"$(printf 'd\\377/f\\001\\376')\"";
      assertThat(
              new ProcessBuilder("sh", "-c", script)
                  .directory(tree.root().toFile())
                  .start()
                  .waitFor())
          .isZero();
      List<String> looks = TestingLooks.flush(watch);
      assertThat(TestingLooks.cover(looks, "d\u00ff/f\u0001\u00fe")).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h21_directories_that_exchange_their_names_are_watched_on(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/one/a", "1");
      tree.write("root/d/two/b", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), rung);
          DirectoryHandle root = DirectoryHandle.open(tree.rootBytes());
          DirectoryHandle below = root.beneath(Names.of("d"))) {
        root.exchangeWith(Names.of("one"), below, Names.of("two"));
        var unused = TestingLooks.flush(watch);
        tree.write("root/one/new", "1");
        tree.write("root/d/two/new", "1");
        List<String> looks = TestingLooks.flush(watch);
        assertThat(TestingLooks.cover(looks, "one/new")).as("%s", looks).isTrue();
        assertThat(TestingLooks.cover(looks, "d/two/new")).as("%s", looks).isTrue();
      }
    }
  }

  /** What was told before is found below another directory's name, where it lies in itself then. */
  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void h21_a_directory_that_went_into_one_with_its_name_is_watched_on(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/a/x/f", "1");
      try (Watch watch = Watch.open(tree.rootBytes(), rung)) {
        Path root = tree.root();
        Files.createDirectory(root.resolve("a/x/c"));
        Files.move(root.resolve("a"), root.resolve("aside"));
        Files.createDirectories(root.resolve("a/x"));
        Files.move(root.resolve("aside"), root.resolve("a/x/c"));
        List<String> looks = TestingLooks.flush(watch);
        assertThat(TestingLooks.cover(looks, "a/x/c/x/f")).as("%s", looks).isTrue();
        for (String directory : List.of("a", "a/x", "a/x/c", "a/x/c/x", "a/x/c/x/c")) {
          tree.write("root/" + directory + "/new", "1");
          assertThat(TestingLooks.flush(watch)).containsOnly(directory + "/new");
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,/tmp", "BEST,/dev/shm", "INOTIFY,/tmp", "INOTIFY,/dev/shm"})
  void h15_files_in_new_directories_are_never_missed(Rung rung, String parent) throws Exception {
    try (TestingTree tree = new TestingTree(parent);
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      List<String> looks = new ArrayList<>();
      AtomicBoolean done = new AtomicBoolean();
      List<String> wanted = new ArrayList<>();
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 200; i++) {
                        String directory = "d" + i % 20 + "/e" + i % 7 + "/f" + i;
                        Files.createDirectories(tree.root().resolve(directory));
                        for (int k = 0; k < 10; k++) {
                          String file = directory + "/" + k;
                          Files.writeString(tree.root().resolve(file), "x");
                          wanted.add(file);
                        }
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    } finally {
                      done.set(true);
                    }
                  });
      while (!done.get()) {
        looks.addAll(TestingLooks.flush(watch));
      }
      writer.join();
      looks.addAll(TestingLooks.flush(watch));
      // Whether the looks came late enough to see the files is proved with the mirror on top.
      Set<String> seen = new HashSet<>(looks);
      assertThat(wanted).hasSize(2000);
      assertThat(wanted.stream().filter(f -> !seen.contains(f) && !TestingLooks.cover(looks, f)))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"FANOTIFY_SMALL_QUEUE", "INOTIFY"})
  void h16_an_overflow_says_look_at_everything(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      Files.createDirectory(tree.root().resolve("a"));
      Files.createDirectory(tree.root().resolve("b"));
      TestingLooks.flush(watch);
      overflow(tree, "a");
      assertThat(TestingLooks.flush(watch)).contains("**");
      assertThat(watch.state().overflows()).isEqualTo(1);
      assertThat(watch.state().unverified()).isFalse();
      // However soon the next one comes: who asks for all that happened gets it.
      overflow(tree, "b");
      assertThat(TestingLooks.flush(watch)).contains("**");
      assertThat(watch.state().unverified()).isFalse();
      tree.write("root/a/0", "y");
      assertThat(TestingLooks.flush(watch)).containsOnly("a/0");
    }
  }

  /** Until the look at everything is told, the state says since when it is wanted. */
  @ParameterizedTest
  @CsvSource({"FANOTIFY_SMALL_QUEUE", "INOTIFY"})
  void h16_lost_changes_count_from_when_they_were_lost(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      Files.createDirectory(tree.root().resolve("a"));
      TestingLooks.flush(watch);
      assertThat(watch.state().untoldNanos(System.nanoTime())).isZero();
      long before = System.nanoTime();
      for (int i = 0; i < 6 && !watch.state().unverified(); i++) { // pauses of 1 s to 32 s
        before = System.nanoTime();
        overflow(tree, "a");
        Duration some = Duration.ofMillis(10);
        while (!watch.take(some).changes().isEmpty() && !watch.state().unverified()) {}
      }
      assertThat(watch.state().unverified()).isTrue();
      long least = System.nanoTime() - before;
      assertThat(watch.state().untoldNanos(System.nanoTime())).isGreaterThanOrEqualTo(least);
      TestingLooks.flush(watch);
      assertThat(watch.state().untoldNanos(System.nanoTime())).isZero();
    }
  }

  /** Where nobody reports what others do, what they did since the last look is not told. */
  @Test
  void h25_a_scan_knows_what_was_until_the_last_look() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        Watch watch = Watch.open(tree.rootBytes(), Rung.SCAN)) {
      var unused = watch.take(Duration.ofMillis(10));
      assertThat(watch.state().untoldNanos(System.nanoTime())).isPositive();
    }
  }

  private static void overflow(TestingTree tree, String directory) throws IOException {
    for (int i = 0; i < 17_000; i++) {
      tree.write("root/" + directory + "/" + i, "");
    }
  }

  @Test
  void h17_directories_beyond_the_limit_are_reported_again_and_again() throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/a/b/file", "1");
      tree.write("root/c/d/file", "1");
      try (Watch watch = InotifyWatch.open(Root.open(tree.rootBytes()), "", 3)) {
        assertThat(watch.state().unwatched()).isEqualTo(1);
        assertThat(watch.state().degraded()).isTrue();
        tree.write("root/a/b/file", "2");
        tree.write("root/c/d/file", "2");
        List<String> looks = TestingLooks.flush(watch);
        assertThat(TestingLooks.cover(looks, "a/b/file")).isTrue();
        assertThat(TestingLooks.cover(looks, "c/d/file")).isTrue();
        tree.write("root/a/b/file", "3");
        tree.write("root/c/d/file", "3");
        long ticket = watch.drain();
        List<Change> told = new ArrayList<>();
        Batch batch;
        do {
          batch = watch.take(Duration.ofSeconds(10));
          told.addAll(batch.changes());
        } while (batch.flushed() < ticket);
        assertThat(told)
            .as("only what was seen")
            .hasSize(1)
            .noneMatch(Change.Tree.class::isInstance);
        TestingTree.deleteTree(tree.root().resolve("c"));
        TestingTree.deleteTree(tree.root().resolve("a/b"));
        TestingLooks.flush(watch);
        TestingLooks.flush(watch);
        assertThat(watch.state().unwatched()).isZero();
      }
    }
  }

  /**
   * As when other programs have all queues that a user may have (fs.inotify.max_user_instances).
   */
  @Test
  void h17_without_a_queue_everything_is_looked_at_in_intervals_until_there_is_one()
      throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      tree.write("root/a/file", "1");
      AtomicBoolean isThere = new AtomicBoolean();
      InotifyWatch.Opener opener =
          () -> {
            if (!isThere.get()) {
              throw new LinuxException("inotify_init1", "", Errno.EMFILE);
            }
            return Inotify.open();
          };
      try (Watch watch =
          InotifyWatch.open(Root.open(tree.rootBytes()), "chosen", Integer.MAX_VALUE, opener)) {
        assertThat(watch.state().rung()).isEqualTo("scan");
        assertThat(watch.state().reason()).contains("raise fs.inotify.max_user_instances");
        tree.write("root/a/file", "2");
        assertThat(TestingLooks.flush(watch)).containsOnly("**");
        assertThat(watch.take(TestingPatience.LIMIT).changes()).as("by itself").hasSize(1);
        isThere.set(true);
        assertThat(TestingLooks.flush(watch)).containsOnly("**");
        assertThat(watch.state().rung()).isEqualTo("inotify");
        assertThat(watch.state().reason()).isEqualTo("chosen");
        tree.write("root/a/file", "3");
        assertThat(TestingLooks.flush(watch)).containsOnly("a/file");
        isThere.set(false);
        overflow(tree, "a");
        assertThat(TestingLooks.flush(watch)).contains("**");
        assertThat(watch.state().rung()).isEqualTo("scan");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void a_flush_ends_while_others_write_without_end(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm");
        Watch watch = Watch.open(tree.rootBytes(), rung)) {
      Files.createDirectories(tree.top().resolve("outside"));
      Files.writeString(tree.root().resolve("busy"), "");
      AtomicBoolean stop = new AtomicBoolean();
      Thread storm =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (FileChannel busy =
                        FileChannel.open(tree.root().resolve("busy"), StandardOpenOption.WRITE)) {
                      for (int i = 0; !stop.get(); i++) {
                        Files.writeString(tree.top().resolve("outside/" + i % 100), "x");
                        busy.write(ByteBuffer.allocate(1), 0);
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      try {
        for (int i = 0; i < 100; i++) {
          Files.writeString(tree.root().resolve("f" + i), "x");
          assertThat(TestingLooks.flush(watch)).contains("f" + i);
        }
      } finally {
        stop.set(true);
        storm.join();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST", "INOTIFY"})
  void close_ends_a_take_that_waits(Rung rung) throws Exception {
    try (TestingTree tree = new TestingTree("/dev/shm")) {
      Watch watch = Watch.open(tree.rootBytes(), rung);
      Thread closer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      Thread.sleep(50);
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                    watch.close();
                  });
      assertThatThrownBy(() -> watch.take(Duration.ofSeconds(30)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("closed");
      closer.join();
    }
  }
}
