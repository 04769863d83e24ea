package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.Counters;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * H21: a directory that is renamed at the source is renamed on the target, and never wrongly.
 * {@code -Dgodwit.renames.files=N} has so many files in the directory.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorRenamesTest {
  private static final int FILES = Integer.getInteger("godwit.renames.files", 2000);

  private static TestingMirror mirror(Rung rung) {
    return new TestingMirror("/dev/shm", rung);
  }

  private static void fill(TestingMirror m, String directory, int files) throws IOException {
    for (int i = 0; i < files; i++) {
      m.tree.write("root/" + directory + "/" + i % 10 + "/" + i, directory + i);
    }
  }

  private static void assertNothingSent(Counters done) {
    assertNothingMade(done);
    assertThat(done.deleted()).as("removed, %s", done).isZero();
  }

  private static void assertNothingMade(Counters done) {
    assertThat(done.filesSent()).as("sent, %s", done).isZero();
    assertThat(done.filesApplied()).as("made, %s", done).isZero();
    assertThat(done.directoriesMade()).as("directories, %s", done).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h21_a_renamed_directory_is_renamed(Rung rung) throws Exception {
    try (TestingMirror m = mirror(rung)) {
      fill(m, "a", FILES);
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("a"));
      long[] took = new long[1];
      Counters done =
          m.during(
              () -> {
                long began = System.nanoTime();
                m.move("a", "b");
                while (!Files.exists(m.target.resolve("b"))) {
                  Thread.sleep(0, 100_000);
                }
                took[0] = System.nanoTime() - began;
              });
      System.out.printf("%d files renamed (%s): %.1f ms%n", FILES, rung, took[0] / 1e6);
      assertNothingSent(done);
      assertThat(done.directoriesRenamed()).isEqualTo(1);
      assertThat(done.filesRenamed()).isZero();
      assertThat(TestingMirror.inode(m.target.resolve("b"))).isEqualTo(was);
      if (rung == Rung.BEST) {
        assertThat(done.filesSeen()).as("files that were looked at").isZero();
      }
      // And what happens in it from now on arrives.
      m.tree.write("root/b/3/new", "new");
      m.tree.write("root/b/3/3", "another");
      m.assertEqual("what happens afterwards");
    }
  }

  @Test
  void h21_what_happened_in_it_before_and_after_is_not_lost() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      fill(m, "a", FILES);
      m.live();
      long was = TestingMirror.inode(m.target.resolve("a"));
      m.assertEqual("at first");
      Counters done =
          m.duringAtOnce(
              () -> {
                m.tree.write("root/a/3/13", "another before");
                m.tree.write("root/a/3/new", "new before");
                Files.delete(m.source.resolve("a/4/14"));
                m.move("a/5", "a/6/5");
                m.move("a", "b");
                m.tree.write("root/b/3/23", "another after");
                m.tree.write("root/b/6/5/x/y", "new after");
                Files.delete(m.source.resolve("b/4/24"));
                m.move("b/7", "c");
                m.move("b", "d");
                m.tree.write("root/d/1/11", "another at last");
                m.tree.write("root/a/3/13", "old name, another directory");
              });
      assertThat(TestingMirror.inode(m.target.resolve("d"))).isEqualTo(was);
      assertThat(done.filesSent()).as("%s", done).isLessThan(50);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"exchange", "circle", "chain", "over", "recreated", "into each other"})
  void h21_names_that_were_others(String how) throws Exception {
    Counters done = namesThatWereOthers(how);
    for (int more = 0; more < 2 && done.filesSent() >= 10; more++) {
      // What happened at one instant comes in several reads of the kernel's queue; a look that gets
      // between two of them, on a busy machine, finds names removed whose directory is to come yet.
      done = namesThatWereOthers(how);
    }
    assertThat(done.filesSent()).as("%s", done).isLessThan(10);
  }

  private Counters namesThatWereOthers(String how) throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      for (String one : new String[] {"a", "b", "c"}) {
        fill(m, one, 200);
      }
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("a"));
      Counters done = m.during(() -> m.atOnce(() -> happen(m, how)));
      String now =
          switch (how) {
            case "into each other" -> "b/a";
            default -> "b";
          };
      assertThat(TestingMirror.inode(m.target.resolve(now))).as(now).isEqualTo(was);
      return done;
    }
  }

  private static void happen(TestingMirror m, String how) throws IOException {
    switch (how) {
      case "exchange" -> {
        m.move("a", "t");
        m.move("b", "a");
        m.move("t", "b");
      }
      case "circle" -> {
        m.move("c", "t");
        m.move("b", "c");
        m.move("a", "b");
        m.move("t", "a");
      }
      case "chain" -> {
        m.move("b", "d");
        m.move("a", "b");
      }
      case "over" -> {
        TestingTree.deleteTree(m.source.resolve("b"));
        m.move("a", "b");
      }
      case "recreated" -> {
        TestingTree.deleteTree(m.source.resolve("b"));
        m.move("a", "b");
        m.tree.write("root/a/3/3", "another");
      }
      default -> m.move("a", "b/a");
    }
  }

  /**
   * As a script does it, command after command: each rename may be told, and its names looked at,
   * before the next one is made.
   */
  @Test
  void h21_names_that_are_exchanged_step_by_step() throws Exception {
    Counters done = exchangedStepByStep();
    for (int more = 0; more < 2 && done.filesSent() > 0; more++) {
      // A look that comes to a name in the moment in which the next directory does, before that is
      // told, sends that one.
      done = exchangedStepByStep();
    }
    assertNothingSent(done);
  }

  private static Counters exchangedStepByStep() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      for (String one : new String[] {"now", "next"}) {
        fill(m, one, 300);
      }
      m.live();
      m.assertEqual("at first");
      return m.during(
          () -> {
            for (int turn = 0; turn < 4; turn++) {
              for (String[] step : new String[][] {{"now", "t"}, {"next", "now"}, {"t", "next"}}) {
                m.move(step[0], step[1]);
                Thread.sleep(20); // a command's start
              }
              Thread.sleep(1200); // no name counts as one that goes on changing
            }
          });
    }
  }

  /** A name is looked at before it is told what has come there, or where what left it is. */
  @ParameterizedTest
  @CsvSource({"BEST,3", "BEST,1", "BEST,0", "INOTIFY,1"})
  void h21_h27_names_that_are_exchanged_in_a_burst_send_nothing(Rung rung, int pauseMillis)
      throws Exception {
    try (TestingMirror m = halting(rung)) {
      for (String one : new String[] {"a", "b"}) {
        fill(m, one, 300);
      }
      m.live();
      Counters done =
          m.during(
              () -> {
                for (int turn = 0; turn < 100; turn++) {
                  for (String[] step : new String[][] {{"a", "t"}, {"b", "a"}, {"t", "b"}}) {
                    m.move(step[0], step[1]);
                    Thread.sleep(pauseMillis);
                  }
                }
              });
      // What has to be there at the end was not made, so none of it was removed. Where only paths
      // are known, what is in a directory may follow before that does, into one that is made for
      // it, and of which nothing is left when all are in their places.
      assertNothingMade(done);
      if (rung == Rung.BEST) {
        assertThat(done.deleted()).as("removed, %s", done).isZero();
      }
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /** More than are followed at a time. */
  @Test
  void h21_h27_a_long_row_of_directories_moves_on_by_one() throws Exception {
    int row = 3000;
    try (TestingMirror m = halting(Rung.BEST)) {
      for (int i = 0; i < row; i++) {
        m.tree.write("root/d" + i + "/f", "" + i);
      }
      m.live();
      Counters done =
          m.duringAtOnce(
              () -> {
                for (int i = row; i > 0; i--) {
                  m.move("d" + (i - 1), "d" + i);
                }
              });
      assertNothingSent(done);
      assertThat(done.directoriesRenamed()).isGreaterThanOrEqualTo(row);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h21_into_a_directory_that_was_made_just_now(Rung rung) throws Exception {
    try (TestingMirror m = mirror(rung)) {
      fill(m, "a", 200);
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("a"));
      Counters done =
          m.duringAtOnce(
              () -> {
                Files.createDirectories(m.source.resolve("made/just/now"));
                Files.setAttribute(m.source.resolve("made/just"), "unix:mode", 0750);
                m.move("a", "made/just/now/a");
                m.tree.write("root/made/just/now/a/3/13", "another");
              });
      assertThat(TestingMirror.inode(m.target.resolve("made/just/now/a"))).isEqualTo(was);
      assertThat(done.filesSent()).as("%s", done).isEqualTo(1);
    }
  }

  private static TestingMirror halting(Rung rung) {
    return new TestingMirror(new TestingTree("/dev/shm"), rung, List.of(), TestingMirror.halting());
  }

  /** {@code mv a t; mkdir a; mv t a/old}: the directory makes way for another one that it is in. */
  @ParameterizedTest
  @CsvSource({"BEST,a/old", "BEST,a/x/y/old", "INOTIFY,a/old", "INOTIFY,a/x/y/old"})
  void h21_h27_into_a_directory_that_took_its_name(Rung rung, String to) throws Exception {
    try (TestingMirror m = halting(rung)) {
      fill(m, "a", 400);
      m.tree.write("root/a/old/z", "another of the name");
      m.tree.write("root/other", "1");
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve("a"));
      Counters done =
          m.duringAtOnce(
              () -> {
                m.tree.write("root/a/3/13", "another before");
                m.move("a", "t");
                Files.createDirectory(m.source.resolve("a"));
                Files.setAttribute(m.source.resolve("a"), "unix:mode", 0750);
                m.tree.write("root/a/new", "new");
                m.move("t", to);
                m.tree.write("root/" + to + "/4/14", "another after");
              });
      assertThat(TestingMirror.inode(m.target.resolve(to))).isEqualTo(was);
      assertThat(done.filesSent()).as("%s", done).isEqualTo(3);
      assertThat(done.deleted()).as("%s", done).isZero();
      assertThat(done.directoriesRenamed()).as("%s", done).isEqualTo(1);
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /** {@code mv a/in t; rm -r a; mv t a}: what is in a directory takes its place. */
  @ParameterizedTest
  @CsvSource({"BEST,a/in", "BEST,a/x/y/in", "INOTIFY,a/in", "INOTIFY,a/x/y/in"})
  void h21_h27_what_was_in_a_directory_takes_its_name(Rung rung, String from) throws Exception {
    try (TestingMirror m = halting(rung)) {
      fill(m, from, 400);
      m.tree.write("root/" + from + from.substring(1) + "/z", "of the same name in it");
      m.tree.write("root/a/goes", "1");
      m.tree.write("root/a/x/goes", "1");
      m.tree.write("root/other", "1");
      m.live();
      m.assertEqual("at first");
      long was = TestingMirror.inode(m.target.resolve(from));
      Counters done =
          m.duringAtOnce(
              () -> {
                m.tree.write("root/" + from + "/3/13", "another before");
                m.move(from, "t");
                TestingTree.deleteTree(m.source.resolve("a"));
                m.move("t", "a");
                m.tree.write("root/a/4/14", "another after");
              });
      assertThat(TestingMirror.inode(m.target.resolve("a"))).isEqualTo(was);
      assertThat(done.filesSent()).as("%s", done).isEqualTo(2);
      assertThat(done.deleted()).as("%s", done).isLessThan(10);
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /** Two directories, one of which is in the other, change their parts. */
  @ParameterizedTest
  @ValueSource(strings = {"a/in", "a/in/deep", "a/other/in"})
  void h21_h27_the_inner_directory_becomes_the_outer_one(String to) throws Exception {
    try (TestingMirror m = halting(Rung.BEST)) {
      fill(m, "a", 200);
      fill(m, "a/in", 200);
      m.live();
      m.assertEqual("at first");
      long outer = TestingMirror.inode(m.target.resolve("a"));
      long inner = TestingMirror.inode(m.target.resolve("a/in"));
      Counters done =
          m.duringAtOnce(
              () -> {
                m.move("a", "t");
                m.move("t/in", "a");
                m.move("t", to);
              });
      assertThat(TestingMirror.inode(m.target.resolve("a"))).isEqualTo(inner);
      assertThat(TestingMirror.inode(m.target.resolve(to))).isEqualTo(outer);
      assertThat(done.filesSent()).as("%s", done).isZero();
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /** A name is looked at before it is told what has come there, or where what left it is. */
  @ParameterizedTest
  @CsvSource({"BEST,3", "BEST,1", "BEST,0", "INOTIFY,1"})
  void h21_h27_directories_that_lie_in_each_other_by_turns(Rung rung, int pauseMillis)
      throws Exception {
    try (TestingMirror m = halting(rung)) {
      fill(m, "a", 300);
      m.live();
      var unused =
          m.during(
              () -> {
                for (int turn = 0; turn < 100; turn++) {
                  m.move("a", "t");
                  Thread.sleep(pauseMillis);
                  m.move("t", "a/old");
                  Thread.sleep(pauseMillis);
                  m.move("a/old", "t");
                  Thread.sleep(pauseMillis);
                  Files.delete(m.source.resolve("a"));
                  Thread.sleep(pauseMillis);
                  m.move("t", "a");
                  Thread.sleep(pauseMillis);
                }
              });
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /**
   * The copy is in one that goes, and nobody has told yet where its directory is. By inotify(7)
   * names are known of a new directory only once it is watched.
   */
  @ParameterizedTest
  @CsvSource({"BEST,100,0", "INOTIFY,100,0"})
  void h21_h27_what_has_left_a_directory_does_not_go_with_it(Rung rung, int turns, int pauseMillis)
      throws Exception {
    try (TestingMirror m = halting(rung)) {
      fill(m, "n/m/in", 300);
      m.tree.write("root/other", "1");
      m.live();
      var unused =
          m.during(
              () -> {
                for (int turn = 0; turn < turns; turn++) {
                  m.move("n/m/in", "t");
                  TestingTree.deleteTree(m.source.resolve("n"));
                  Thread.sleep(pauseMillis + turn % 3);
                  m.move("t", "u");
                  Thread.sleep(pauseMillis + turn % 2);
                  m.move("u", "n/m/in");
                  Thread.sleep(pauseMillis + turn % 5);
                }
              });
      assertThat(m.mirror.status().state()).isEqualTo(MirrorState.LIVE);
    }
  }

  /** What a process leaves that is killed between the steps of such a rename. */
  @ParameterizedTest
  @ValueSource(strings = {"", "/old"})
  void h14_h27_a_rename_that_was_cut_off_between_its_steps(String below) throws Exception {
    try (TestingMirror m = halting(Rung.BEST)) {
      fill(m, "a", 300);
      m.tree.write("root/other", "1");
      m.live();
      m.assertEqual("at first");
      m.mirror.close();
      m.move("a", "t");
      m.move("t", "a/old");
      String temporary = Names.display(new TemporaryNames().next());
      Path aside = m.target.resolve(temporary + below);
      Files.createDirectories(aside.getParent());
      var unused = Files.move(m.target.resolve("a"), aside, StandardCopyOption.ATOMIC_MOVE);
      try (Mirror next = m.again(RootMemory.NONE)) {
        next.start();
        next.awaitLive(TestingMirror.LIMIT);
        next.barrier(TestingMirror.LIMIT);
        assertThat(next.status().state()).isEqualTo(MirrorState.LIVE);
        assertThat(next.status().counters().deleted()).isZero();
      }
      assertThat(TestingWalker.describe(m.target)).isEqualTo(TestingWalker.describe(m.source));
    }
  }

  /** Renames whose places are looked at all the time hold up nothing else for long. */
  @Test
  void many_renames_that_have_to_wait_wait_together() throws Exception {
    Rules.Builder slow = SeriesRequest.exactRules();
    slow.bandwidth = 1_000_000;
    MirrorManner manner =
        new MirrorManner(slow.build(), Removals.ALL, 100, Duration.ZERO, Duration.ZERO, false);
    try (TestingMirror m =
        new TestingMirror(new TestingTree("/dev/shm"), Rung.BEST, List.of(), manner)) {
      for (int i = 0; i < 60; i++) {
        m.tree.write("root/in/d" + i + "/f", "1");
      }
      m.tree.write("root/other/f", "1");
      m.live().assertEqual("at first");
      Path large = m.source.resolve("in/large"); // 20 s, while its directory is looked at
      Files.write(m.tree.top().resolve("large"), new byte[20_000_000]);
      Files.move(m.tree.top().resolve("large"), large);
      TestingPatience.await("under way", () -> m.mirror.status().dirty() > 0);
      m.atOnce(
          () -> {
            for (int i = 0; i < 60; i++) {
              m.move("in/d" + i, "in/e" + i);
            }
          });
      Thread.sleep(3000); // half a second is what they wait, and for nothing else any more
      m.tree.write("root/other/new", "1");
      TestingPatience.await(() -> Files.exists(m.target.resolve("other/new")));
      assertThat(m.target.resolve("in/large")).as("which takes longer").doesNotExist();
      m.assertEqual("afterwards");
    }
  }

  /** A pattern that no path matches. */
  private static final String NOTHING = "(?!)";

  /** Rules as {@code --filter} takes them. */
  private static TestingMirror filtered(Rung rung, String... rules) {
    Rules.Builder how = SeriesRequest.exactRules();
    how.trash = Names.of(".trash");
    MirrorManner manner =
        new MirrorManner(how.build(), Removals.ALL, 100, Duration.ofDays(1), Duration.ZERO, false);
    List<byte[]> texts = new ArrayList<>(List.of(Names.of("-sr /.trash")));
    Stream.of(rules).map(Names::of).forEach(texts::add);
    return new TestingMirror(
        new TestingTree("/dev/shm"),
        rung,
        List.of(new FilterRule(FilterRule.Kind.RULE, texts)),
        manner);
  }

  /** The target is what a new copy of the source would be, and has what is kept there. */
  private static void assertAsNew(TestingMirror m, String hidden, String... kept) throws Exception {
    Map<String, String> wanted = TestingWalker.describe(m.source);
    wanted.keySet().removeIf(path -> path.matches(hidden));
    Map<String, String> found = TestingWalker.describe(m.target);
    found.keySet().removeIf(path -> path.matches("[.]trash(/.*)?"));
    for (String path : kept) {
      assertThat(found.remove(path)).as(path).isNotNull();
    }
    assertThat(found).isEqualTo(wanted);
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h29_with_filters_that_look_at_names_or_further_up_a_directory_is_renamed(Rung rung)
      throws Exception {
    String[] rules = {"+ keep.tmp", "- *.tmp", "- cache/", "- /top", "- /*.old/", "P *.mine"};
    try (TestingMirror m = filtered(rung, rules)) {
      fill(m, "a", 100);
      for (String name :
          new String[] {"top/x", "a/3/keep.tmp", "a/3/x.tmp", "a/cache/y", "a/top"}) {
        m.tree.write("root/" + name, name);
      }
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      long was = TestingMirror.inode(m.target.resolve("a"));
      for (String[] move : new String[][] {{"a", "b"}, {"b", "new/just/now/c"}}) {
        Counters before = m.mirror.status().counters();
        m.atOnce(() -> m.move(move[0], move[1]));
        m.mirror.barrier(TestingMirror.LIMIT);
        Counters done = m.mirror.status().counters().since(before);
        assertThat(done.filesSent()).as("sent, %s", done).isZero();
        assertThat(done.directoriesRenamed()).as("%s", done).isEqualTo(1);
        assertThat(TestingMirror.inode(m.target.resolve(move[1]))).isEqualTo(was);
        assertAsNew(m, "top(/.*)?|.*/x[.]tmp|(.*/)?cache(/.*)?");
      }
    }
  }

  /** Each rule makes of the directory another one at the new place, or hides it there. */
  @ParameterizedTest
  @CsvSource({
    "'- /b/3','b/3(/.*)?'",
    "'- /a/3','a/3(/.*)?'",
    "'- b/*/13','b/3/13'",
    "'- **/b/3/13','b/3/13'",
    "'- /**/13','.*/13'",
    "'- b','b(/.*)?'",
    "'- /b/','b(/.*)?'",
    "'-s b','b(/.*)?'"
  })
  void h29_with_filters_that_differ_at_the_new_place_it_is_sent(String rule, String hidden)
      throws Exception {
    try (TestingMirror m = filtered(Rung.BEST, rule)) {
      fill(m, "a", 100);
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      for (String[] move : new String[][] {{"a", "b"}, {"b", "a"}, {"a", "b"}, {"b", "c"}}) {
        m.move(move[0], move[1]);
        m.mirror.barrier(TestingMirror.LIMIT);
        assertAsNew(m, hidden);
        assertThat(m.mirror.status().counters().directoriesRenamed()).as(rule).isZero();
      }
    }
  }

  /** What is excluded stays where it is, and the directory is sent. */
  @Test
  void h29_h35_what_is_protected_in_a_renamed_directory_stays() throws Exception {
    try (TestingMirror m = filtered(Rung.BEST, "- *.mine", "-p *.o")) {
      fill(m, "a", 100);
      fill(m, "b", 100);
      fill(m, "c", 100);
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      Files.writeString(m.target.resolve("a/3/x.mine"), "mine");
      m.move("a", "d");
      m.mirror.barrier(TestingMirror.LIMIT); // it is as it was asked for
      assertThat(m.mirror.status().message()).contains("a/3 stays on the target");
      assertThat(m.target.resolve("a/3/x.mine")).hasContent("mine");
      assertAsNew(m, NOTHING, "a", "a/3", "a/3/x.mine");
      TestingTree.deleteTree(m.target.resolve("a"));
      // Nor does it go to another place because what stands there exchanges its name.
      Files.writeString(m.target.resolve("b/3/x.mine"), "mine");
      m.atOnce(
          () -> {
            TestingTree.deleteTree(m.source.resolve("b"));
            m.move("c", "b");
          });
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("b/3/x.mine")).hasContent("mine");
      assertAsNew(m, NOTHING, "b/3/x.mine");
      // What goes with a directory that is removed does not come along, either.
      Files.writeString(m.target.resolve("d/3/x.o"), "perishable");
      m.move("d", "e");
      m.mirror.barrier(TestingMirror.LIMIT);
      assertAsNew(m, NOTHING, "b/3/x.mine");
      assertThat(m.mirror.status().counters().directoriesRenamed()).isZero();
    }
  }

  /** A directory that is protected itself, or in one that is. */
  @Test
  void h29_h35_a_protected_directory_stays_and_what_is_in_it() throws Exception {
    try (TestingMirror m = filtered(Rung.BEST, "P kept/", "P /top")) {
      fill(m, "kept", 100);
      fill(m, "top/in", 100);
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      Map<String, String> before = TestingWalker.describe(m.target);
      m.move("kept", "a");
      m.move("top/in", "b");
      m.mirror.barrier(TestingMirror.LIMIT);
      Map<String, String> found = TestingWalker.describe(m.target);
      assertThat(found.get("kept/3/3")).isNotNull().isEqualTo(before.get("kept/3/3"));
      assertThat(found.get("a/3/3")).isEqualTo(before.get("kept/3/3"));
      assertThat(found.get("b/3/3")).isEqualTo(before.get("top/in/3/3"));
      assertThat(m.mirror.status().counters().directoriesRenamed()).isZero();
    }
  }

  /** What happens to a directory while it is outside is not told by a path. */
  @Test
  void h21_out_of_the_tree_and_back() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      fill(m, "a", 200);
      m.live();
      m.assertEqual("at first");
      Path outside = m.tree.top().resolve("outside");
      var unused =
          m.duringAtOnce(
              () -> {
                var away =
                    Files.move(m.source.resolve("a"), outside, StandardCopyOption.ATOMIC_MOVE);
                Files.writeString(away.resolve("3/13"), "another");
                Files.delete(away.resolve("4/14"));
                Files.move(outside, m.source.resolve("b"), StandardCopyOption.ATOMIC_MOVE);
              });
    }
  }

  /** The old name is looked at while another directory stands there, before the rename is seen. */
  @Test
  void h21_another_directory_was_looked_at_under_the_old_name() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      fill(m, "a", 200);
      m.live();
      for (int i = 0; i < 30; i++) {
        String from = i % 2 == 0 ? "a" : "b";
        String to = i % 2 == 0 ? "b" : "a";
        m.tree.write("root/" + from + "/3/13", "dirty " + i);
        m.move(from, to);
        m.tree.write("root/" + from + "/3/13", "another " + i);
        Thread.sleep(i % 4);
        TestingTree.deleteTree(m.source.resolve(from));
        m.assertEqual("round " + i);
      }
    }
  }

  /**
   * A directory is renamed while what has come to it is looked at, and somebody waits for that:
   * what could not be found any more under the old name is brought under the new one.
   */
  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h21_it_is_renamed_while_it_is_looked_at(Rung rung) throws Exception {
    try (TestingMirror m = mirror(rung);
        ExecutorService barriers = Executors.newSingleThreadExecutor()) {
      m.tree.write("root/a/1", "1");
      m.live();
      for (int round = 0; round < 20; round++) {
        String from = round % 2 == 0 ? "a" : "b";
        String to = round % 2 == 0 ? "b" : "a";
        String tree = "tree" + round;
        for (int i = 0; i < 300; i++) {
          m.tree.write("root/" + from + "/" + tree + "/" + i + "/1", "1");
        }
        Future<?> barrier = barriers.submit(() -> m.mirror.barrier(TestingMirror.LIMIT, false));
        Path begun = m.target.resolve(from).resolve(tree);
        TestingPatience.await("the first of it", () -> Files.exists(begun));
        m.move(from, to);
        var unused = barrier.get();
        m.assertEqual("round " + round);
      }
    }
  }

  @Test
  void h10_files_with_names_inside_and_outside() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      fill(m, "a", 100);
      m.tree.write("root/other/x", "1");
      Files.createLink(m.source.resolve("a/3/link"), m.source.resolve("other/x"));
      m.live();
      m.assertEqual("at first");
      assertNothingSent(m.during(() -> m.move("a", "b")));
      m.tree.write("root/other/x", "2, by the name that was not moved");
      m.assertEqual("written by the other name");
      assertThat(m.target.resolve("b/3/link")).hasContent("2, by the name that was not moved");
    }
  }

  /** What somebody else did to the target: the directory is not the one that is meant. */
  @Test
  void h23_a_directory_of_the_target_that_is_another() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      fill(m, "a", 100);
      m.live();
      m.assertEqual("at first");
      Consumer<Path> replaced =
          path -> {
            try {
              TestingTree.deleteTree(path);
              Files.createDirectories(path.resolve("3"));
              Files.writeString(path.resolve("3/foreign"), "foreign");
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          };
      replaced.accept(m.target.resolve("a"));
      m.move("a", "b");
      m.assertEqual("sent again");
    }
  }
}
