package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Excludes;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** H21: a file that is renamed at the source is not sent again, and the result is the same. */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorFileRenamesTest {
  private static final int LARGE = 10_000_000;
  private static final int MAILS = 500;

  private static TestingMirror mirror() {
    return new TestingMirror("/dev/shm", Rung.BEST);
  }

  private static TestingMirror mirror(Rules.Builder rules, Removals removals, String... excludes) {
    MirrorManner manner =
        new MirrorManner(rules.build(), removals, 100, Duration.ZERO, Duration.ZERO, false);
    return new TestingMirror(
        new TestingTree("/dev/shm"), Rung.BEST, Excludes.patterns(List.of(excludes)), manner);
  }

  private static Path large(TestingMirror m, String name, long seed) throws IOException {
    byte[] content = new byte[LARGE];
    new Random(seed).nextBytes(content);
    Path file = m.source.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  /** What was sent while this happened; all of it is seen at once. */
  private static Counters during(TestingMirror m, TestingMirror.Happens what) throws Exception {
    return m.during(() -> m.atOnce(what));
  }

  private static void assertNothingSent(Counters done) {
    assertThat(done.filesSent()).as("sent, %s", done).isZero();
    assertThat(done.bytesSent()).as("bytes sent, %s", done).isZero();
    assertThat(done.deleted()).as("removed, %s", done).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h21_a_renamed_file_is_renamed(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      Path file = large(m, "in/a", 1);
      Files.createDirectories(m.source.resolve("other"));
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("in/a"));
      Counters done = during(m, () -> m.move("in/a", "in/b"));
      assertNothingSent(done);
      assertThat(done.filesRenamed()).isEqualTo(1);
      assertThat(done.directoriesRenamed()).isZero();
      assertNothingSent(during(m, () -> m.move("in/b", "other/c")));
      assertThat(TestingMirror.inode(m.target.resolve("other/c"))).isEqualTo(was);
      assertThat(file).doesNotExist();
    }
  }

  /**
   * As /var/log/lastlog where a user's number is high; who reads all of it on both sides is not
   * done within a test's time. For the same reason the trees are not compared here.
   */
  @Test
  void h21_a_terabyte_of_holes_is_renamed_without_being_read() throws Exception {
    try (TestingMirror m = mirror()) {
      Path file = m.tree.write("root/log", "begin");
      long size = 1L << 40;
      write(file, size / 3, "middle");
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT, false);
      long was = TestingMirror.inode(m.target.resolve("log"));
      m.move("log", "log.1");
      m.mirror.barrier(TestingMirror.LIMIT, false);
      assertThat(TestingMirror.inode(m.target.resolve("log.1"))).isEqualTo(was);
      assertThat(m.target.resolve("log")).doesNotExist();
      m.atOnce(
          () -> {
            write(file.resolveSibling("log.1"), size, "end");
            m.move("log.1", "log.2");
          });
      m.mirror.barrier(TestingMirror.LIMIT, false);
      assertThat(read(m.target.resolve("log.2"), 0, 5)).isEqualTo("begin");
      assertThat(read(m.target.resolve("log.2"), size / 3, 6)).isEqualTo("middle");
      assertThat(read(m.target.resolve("log.2"), size, 3)).isEqualTo("end");
      assertThat(m.target.resolve("log.2")).hasSize(size + 3);
    }
  }

  private static void write(Path file, long position, String content) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(position);
      open.write(content.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String read(Path file, long position, int length) throws IOException {
    byte[] content = new byte[length];
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
      open.seek(position);
      open.readFully(content);
    }
    return new String(content, StandardCharsets.UTF_8);
  }

  /** A mail that is read gets another directory and a flag; ten years of mail are. */
  @ParameterizedTest
  @ValueSource(ints = {0, 600})
  void h21_mails_that_are_read_and_flagged(int toldAtMost) throws Exception {
    try (TestingMirror m = mirror()) {
      m.tellsAtMost(toldAtMost);
      for (int i = 0; i < MAILS; i++) {
        m.tree.write("root/user/new/" + i + ".host", "mail " + i);
      }
      Files.createDirectories(m.source.resolve("user/cur"));
      m.live();
      m.assertEqual("at first");
      Counters read =
          during(
              m,
              () -> {
                for (int i = 0; i < MAILS; i++) {
                  m.move("user/new/" + i + ".host", "user/cur/" + i + ".host:2,S");
                }
              });
      assertNothingSent(read);
      assertThat(read.filesRenamed()).isEqualTo(MAILS);
      Counters flagged =
          during(
              m,
              () -> {
                for (int i = 0; i < MAILS; i++) {
                  m.move("user/cur/" + i + ".host:2,S", "user/cur/" + i + ".host:2,RS");
                }
                for (int i = 0; i < MAILS; i += 2) { // and again, before anybody has looked
                  m.move("user/cur/" + i + ".host:2,RS", "user/cur/" + i + ".host:2,RST");
                }
              });
      assertNothingSent(flagged);
    }
  }

  @Test
  void h21_a_file_that_is_renamed_over_another_one() throws Exception {
    try (TestingMirror m = mirror()) {
      large(m, "data", 1);
      large(m, "data.new", 2);
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("data.new"));
      assertNothingSent(during(m, () -> m.move("data.new", "data")));
      assertThat(TestingMirror.inode(m.target.resolve("data"))).isEqualTo(was);
    }
  }

  @Test
  void h21_logs_that_are_rotated() throws Exception {
    try (TestingMirror m = mirror()) {
      large(m, "log", 1);
      large(m, "log.1", 2);
      large(m, "log.2", 3);
      m.live();
      m.assertEqual("at first");
      Counters done =
          during(
              m,
              () -> {
                m.move("log.2", "log.3");
                m.move("log.1", "log.2");
                m.move("log", "log.1");
                m.tree.write("root/log", "begun anew");
              });
      assertThat(done.filesSent()).as("%s", done).isEqualTo(1);
      assertThat(done.bytesSent()).as("%s", done).isLessThan(100);
    }
  }

  /** In one step of the kernel, for which nothing else is to be had. */
  private static void exchange(TestingMirror m, String one, String other) throws Exception {
    try (DirectoryHandle root = DirectoryHandle.open(Names.of(m.source.toString()))) {
      root.exchangeWith(Names.of(one), root, Names.of(other));
    }
  }

  @ParameterizedTest
  @CsvSource({"BEST,true", "BEST,false", "INOTIFY,true", "INOTIFY,false"})
  void h21_files_that_exchange_their_names(Rung rung, boolean isInOneStep) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      Files.setAttribute(large(m, "a", 1), "unix:mode", 0600);
      Files.setAttribute(large(m, "in/b", 2), "unix:uid", 7);
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("a"));
      long other = TestingMirror.inode(m.target.resolve("in/b"));
      Counters done =
          during(
              m,
              () -> {
                if (isInOneStep) {
                  exchange(m, "a", "in/b");
                } else {
                  m.move("a", "t");
                  m.move("in/b", "a");
                  m.move("t", "in/b");
                }
              });
      assertNothingSent(done);
      assertThat(done.filesApplied()).as("%s", done).isZero();
      assertThat(done.filesRenamed()).as("%s", done).isEqualTo(1);
      assertThat(TestingMirror.inode(m.target.resolve("in/b"))).isEqualTo(was);
      assertThat(TestingMirror.inode(m.target.resolve("a"))).isEqualTo(other);
    }
  }

  @Test
  void h21_files_that_change_their_names_in_a_circle() throws Exception {
    try (TestingMirror m = mirror()) {
      for (int i = 0; i < 5; i++) {
        large(m, "" + i, i);
      }
      m.live();
      m.assertEqual("at first");
      Counters done =
          during(
              m,
              () -> {
                m.move("4", "t");
                for (int i = 4; i > 0; i--) {
                  m.move("" + (i - 1), "" + i);
                }
                m.move("t", "0");
              });
      assertNothingSent(done);
      assertThat(done.filesRenamed()).as("%s", done).isEqualTo(4);
    }
  }

  /** What the target has under one of the names is another file, which only its content says. */
  @Test
  void h19_h23_an_exchange_with_a_file_that_is_another_on_the_target() throws Exception {
    try (TestingMirror m = mirror()) {
      m.tree.write("root/a", "one content");
      Path file = m.tree.write("root/b", "two content");
      m.live();
      m.assertEqual("at first");
      FileTime time = Files.getLastModifiedTime(file);
      Path drift = m.target.resolve("b");
      Files.writeString(drift, "and another");
      Files.setLastModifiedTime(drift, time);
      exchange(m, "a", "b");
      m.assertEqual("sent, as it is another one");
      assertThat(m.target.resolve("a")).hasContent("two content");
      time = Files.getLastModifiedTime(m.target.resolve("a"));
      Files.writeString(m.target.resolve("a"), "drift again");
      Files.setLastModifiedTime(m.target.resolve("a"), time);
      exchange(m, "a", "b");
      m.assertEqual("the one that gets the old name is another");
      assertThat(m.target.resolve("b")).hasContent("two content");
    }
  }

  /** Some of these are told as exchanges are, and all of it is seen at once or while it happens. */
  @Test
  void h21_random_renames_and_exchanges_of_few_files() throws Exception {
    long seed = Long.getLong("godwit.model.seed", 1);
    Random random = new Random(seed);
    try (TestingMirror m = mirror()) {
      List<String> names = List.of("a", "b", "c", "in/d", "in/e");
      Files.createDirectories(m.source.resolve("in"));
      m.tree.write("root/a", "0");
      m.live();
      for (int round = 0; round < 60; round++) {
        TestingMirror.Happens what =
            () -> {
              for (int i = 0; i < 12; i++) {
                happen(m, random, names);
              }
            };
        if (round % 2 == 0) {
          m.atOnce(what);
        } else {
          what.happen();
        }
        m.assertEqual("-Dgodwit.model.seed=" + seed + " round " + round);
      }
      System.out.println("-Dgodwit.model.seed=" + seed + " " + m.mirror.status().counters());
    }
  }

  private static void happen(TestingMirror m, Random random, List<String> names) throws Exception {
    String one = names.get(random.nextInt(names.size()));
    String other = names.get(random.nextInt(names.size()));
    boolean isThere = Files.exists(m.source.resolve(one));
    int what = random.nextInt(6);
    if (!isThere || what == 0) {
      m.tree.write("root/" + one, "" + random.nextInt(4));
    } else if (what == 1) {
      Files.delete(m.source.resolve(one));
    } else if (what < 4) {
      m.move(one, other);
    } else if (!one.equals(other) && Files.exists(m.source.resolve(other))) {
      exchange(m, one, other);
    }
  }

  @Test
  void h21_files_that_are_moved_into_a_directory_made_just_now() throws Exception {
    try (TestingMirror m = mirror()) {
      large(m, "a", 1);
      large(m, "b", 2);
      m.live();
      m.assertEqual("at first");
      assertNothingSent(
          during(
              m,
              () -> {
                m.move("a", "made/just/now/a");
                m.move("b", "made/b");
              }));
    }
  }

  @Test
  void h21_what_was_written_or_changed_before_and_after() throws Exception {
    try (TestingMirror m = mirror()) {
      large(m, "a", 1);
      large(m, "b", 2);
      large(m, "c", 3);
      m.live();
      m.assertEqual("at first");
      var unused =
          during(
              m,
              () -> {
                Files.writeString(m.source.resolve("a"), "another before");
                m.move("a", "x");
                m.move("b", "y");
                Files.writeString(m.source.resolve("y"), "another after");
                m.move("c", "z");
                Files.setAttribute(m.source.resolve("z"), "unix:mode", 0600);
                Files.setAttribute(m.source.resolve("z"), "unix:uid", 7);
              });
    }
  }

  /** Size and time say nothing: only the content proves that it is the same file. */
  @Test
  void h19_h23_what_stands_under_the_old_name_is_another_file() throws Exception {
    try (TestingMirror m = mirror()) {
      Path file = m.tree.write("root/a", "one content");
      m.live();
      m.assertEqual("at first");
      FileTime time = Files.getLastModifiedTime(file);
      Path drift = m.target.resolve("a");
      Files.writeString(drift, "two content");
      Files.setLastModifiedTime(drift, time);
      m.move("a", "b");
      m.assertEqual("sent, as it is another one");
      assertThat(m.target.resolve("b")).hasContent("one content");
    }
  }

  /** The old name is another file's, of the same size and time, before anybody has looked. */
  @Test
  void h21_an_old_name_that_is_another_file_by_now() throws Exception {
    try (TestingMirror m = mirror()) {
      Path file = m.tree.write("root/a", "one content");
      FileTime time = Files.getLastModifiedTime(file);
      m.live();
      m.assertEqual("at first");
      var unused =
          during(
              m,
              () -> {
                m.move("a", "b");
                Files.writeString(m.source.resolve("a"), "two content");
                Files.setLastModifiedTime(m.source.resolve("a"), time);
                m.move("a", "c");
                Files.writeString(m.source.resolve("a"), "one content");
                Files.setLastModifiedTime(m.source.resolve("a"), time);
              });
      assertThat(m.target.resolve("b")).hasContent("one content");
      assertThat(m.target.resolve("c")).hasContent("two content");
    }
  }

  @Test
  void h10_files_with_several_names() throws Exception {
    try (TestingMirror m = mirror()) {
      m.tree.write("root/a", "linked");
      Files.createLink(m.source.resolve("b"), m.source.resolve("a"));
      m.tree.write("root/c", "not yet");
      m.tree.write("root/e", "no more");
      Files.createLink(m.source.resolve("f"), m.source.resolve("e"));
      m.live();
      m.assertEqual("at first");
      var unused =
          during(
              m,
              () -> {
                m.move("a", "d/a");
                m.move("c", "d/c");
                Files.createLink(m.source.resolve("d/linked"), m.source.resolve("d/c"));
                Files.delete(m.source.resolve("f"));
                m.move("e", "d/e");
              });
    }
  }

  @Test
  void h29_what_a_filter_protects_is_not_taken() throws Exception {
    try (TestingMirror m = mirror(SeriesRequest.exactRules(), Removals.ALL, "*.tmp", "/kept/")) {
      for (String name : new String[] {"a.tmp", "kept/b", "c", "d", "in/e"}) {
        m.tree.write("root/" + name, "content of " + name.length());
      }
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      // As it would be from before the rules were so.
      Files.createDirectories(m.target.resolve("kept"));
      for (String name : new String[] {"a.tmp", "kept/b"}) {
        Files.copy(
            m.source.resolve(name), m.target.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
      }
      long was = TestingMirror.inode(m.target.resolve("in/e"));
      m.move("a.tmp", "a");
      m.move("kept/b", "b");
      m.move("c", "c.tmp");
      m.move("d", "kept/d");
      m.move("in/e", "in/f");
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("a.tmp")).hasContent("content of 5");
      assertThat(m.target.resolve("kept/b")).hasContent("content of 6");
      assertThat(m.target.resolve("a")).hasContent("content of 5");
      assertThat(m.target.resolve("b")).hasContent("content of 6");
      assertThat(m.target.resolve("c")).doesNotExist();
      assertThat(m.target.resolve("c.tmp")).doesNotExist();
      assertThat(m.target.resolve("d")).doesNotExist();
      assertThat(m.target.resolve("kept/d")).doesNotExist();
      assertThat(m.target.resolve("in/f")).hasContent("content of 4");
      assertThat(TestingMirror.inode(m.target.resolve("in/f")))
          .as("renamed, not sent")
          .isEqualTo(was);
    }
  }

  @Test
  void names_that_stay_where_nothing_is_removed() throws Exception {
    try (TestingMirror m = mirror(SeriesRequest.exactRules(), Removals.IN_COMPARISONS)) {
      m.tree.write("root/a", "stays");
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      m.move("a", "b");
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("a")).hasContent("stays");
      assertThat(m.target.resolve("b")).hasContent("stays");
    }
  }
}
