package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Removals;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Mirrors that compare nothing at their start: {@code --changes-only}, lsyncd's init = false. */
@Timeout(600)
final class MirrorChangesOnlyTest {
  private static final String OLD = "older, and longer, on the target";

  private static final MirrorManner MANNER =
      new MirrorManner(
              SeriesRequest.exactRules().build(),
              Removals.WHEN_SEEN,
              100,
              Duration.ZERO,
              Duration.ZERO,
              false)
          .changesOnly(true);

  private static TestingMirror mirror(Rung rung) throws Exception {
    TestingMirror m = new TestingMirror(new TestingTree("/dev/shm"), rung, List.of(), MANNER);
    differ(m.tree, m.target);
    return m;
  }

  /** What no start may touch, on both sides. */
  private static void differ(TestingTree tree, Path target) throws Exception {
    tree.write("root/both", "source");
    tree.write("root/d/both", "source");
    tree.write("root/d/only-source", "source");
    tree.write("root/gone", "source");
    for (String name : new String[] {"both", "d/both", "d/only-target", "only-target", "gone"}) {
      Path file = target.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, OLD);
      Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
    }
    Thread.sleep(200); // what the kernel's clock and orders to a source side take
  }

  private static void assertUntouched(Path target) {
    for (String name : new String[] {"both", "d/both", "d/only-target", "only-target"}) {
      assertThat(target.resolve(name)).as("what differed at the start").hasContent(OLD);
    }
    assertThat(target.resolve("d/only-source")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEST", "INOTIFY", "SCAN"})
  void nothing_is_touched_at_the_start_and_what_changes_is_brought(Rung rung) throws Exception {
    try (TestingMirror m = mirror(rung)) {
      m.live();
      m.mirror.barrier(TestingMirror.LIMIT);
      assertUntouched(m.target);
      assertThat(m.target.resolve("gone")).hasContent(OLD);
      assertThat(m.mirror.status().message()).contains("only what changes is brought");
      m.tree.write("root/d/new", "new");
      m.tree.write("root/e/f/g", "new");
      if (rung != Rung.SCAN) {
        Files.delete(m.source.resolve("gone"));
      }
      m.mirror.barrier(TestingMirror.LIMIT);
      assertUntouched(m.target);
      assertThat(m.target.resolve("d/new")).hasContent("new");
      assertThat(m.target.resolve("e/f/g")).hasContent("new");
      if (rung != Rung.SCAN) {
        assertThat(m.target.resolve("gone")).doesNotExist();
      }
      m.tree.write("root/both", "written");
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("both")).hasContent("written");
    }
  }

  @ParameterizedTest
  @CsvSource({"FANOTIFY_SMALL_QUEUE", "INOTIFY"})
  void h16_what_changed_while_changes_were_lost_is_brought_and_nothing_else(Rung rung)
      throws Exception {
    try (TestingMirror m = mirror(rung)) {
      m.live();
      m.holdUp();
      for (int i = 0; i < 18_000; i++) {
        m.tree.write("root/d/n" + i % 10, "");
        Files.delete(m.source.resolve("d/n" + i % 10));
      }
      m.tree.write("root/d/kept", "1");
      m.tree.write("root/new/deep/kept", "1");
      m.blind(false);
      m.mirror.barrier(TestingMirror.LIMIT);
      TestingPatience.await(() -> m.mirror.status().rescans() > 0);
      m.mirror.barrier(TestingMirror.LIMIT);
      assertUntouched(m.target);
      assertThat(m.target.resolve("d/kept")).hasContent("1");
      assertThat(m.target.resolve("new/deep/kept")).hasContent("1");
    }
  }

  @Test
  void what_changed_while_a_connection_was_lost_is_brought_and_nothing_else() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      m.live();
      m.tree.write("root/before", "1");
      m.mirror.barrier(TestingMirror.LIMIT);
      m.unreachable(true);
      m.await(MirrorState.RECONNECTING);
      m.tree.write("root/d/meanwhile", "2");
      m.tree.write("root/new/deep/meanwhile", "2");
      m.unreachable(false);
      m.mirror.awaitLive(TestingMirror.LIMIT);
      m.mirror.barrier(TestingMirror.LIMIT);
      assertUntouched(m.target);
      assertThat(m.target.resolve("d/meanwhile")).hasContent("2");
      assertThat(m.target.resolve("new/deep/meanwhile")).hasContent("2");
      m.tree.write("root/d/after", "3");
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("d/after")).hasContent("3");
    }
  }

  /** What cannot be brought is tried again, and what lies beside it stays what it is. */
  @Test
  void h24_what_failed_is_brought_later_and_nothing_else() throws Exception {
    try (TestingMirror m = mirror(Rung.BEST)) {
      m.live();
      var unused = TestingOracle.run("chattr", "+i", m.target.resolve("d").toString());
      try {
        m.tree.write("root/d/new", "1");
        TestingPatience.await(() -> !m.mirror.status().problems().isEmpty());
      } finally {
        unused = TestingOracle.run("chattr", "-i", m.target.resolve("d").toString());
      }
      m.mirror.barrier(TestingMirror.LIMIT);
      assertThat(m.target.resolve("d/new")).hasContent("1");
      assertUntouched(m.target);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"default.rsync", "default.direct", "default.rsync, delete = 'startup'"})
  void a_target_is_what_lsyncd_leaves_there_with_init_false(String mode) throws Exception {
    TestingLsyncd.assumeThere();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path theirs = m.tree.top().resolve("theirs");
      differ(m.tree, m.target);
      differ(m.tree, theirs);
      Path file = m.tree.top().resolve("lsyncd.lua");
      Path theirFile = m.tree.top().resolve("theirs.lua");
      String text = "sync { %s, source = '%s', target = '%s', delay = 1, init = false }\n";
      Files.writeString(file, text.formatted(mode, m.source, m.target));
      Files.writeString(theirFile, text.formatted(mode, m.source, theirs));
      m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      try (TestingLsyncd lsyncd = new TestingLsyncd(m, theirFile, "Startup")) {
        // It says that before it has its watches.
        m.await(
            "lsyncd's watches",
            () -> {
              m.tree.write("root/probe", "" + System.nanoTime());
              Thread.sleep(100);
              return Files.exists(theirs.resolve("probe"));
            });
        same(m, theirs, "begun\n" + lsyncd.output());
        assertUntouched(m.target);
        m.tree.write("root/d/new", "2");
        m.tree.write("root/e/f", "2");
        // Before anything of it has come, both are the same too.
        m.await("lsyncd", () -> Files.exists(theirs.resolve("e/f")));
        same(m, theirs, "with new names\n" + lsyncd.output());
        m.tree.write("root/both", "written");
        Files.delete(m.source.resolve("gone"));
        Files.move(m.source.resolve("d"), m.source.resolve("moved"));
        m.tree.write("root/last", "3");
        m.await("lsyncd", () -> Files.exists(theirs.resolve("last")));
        if (mode.equals("default.direct")) {
          // It renames on the target what differed there, and leaves it so: here it is what moved.
          m.await("lsyncd's rename", () -> Files.exists(theirs.resolve("moved/new")));
          TestingTrees.run(theirs, "rm", "-r", "moved");
          TestingTrees.run(theirs, "cp", "-a", m.source.resolve("moved").toString(), ".");
        }
        same(m, theirs, "changed\n" + lsyncd.output());
      }
    }
  }

  private static void same(TestingMirrorCommand m, Path theirs, String as) throws Exception {
    try {
      m.await(as, () -> areSame(m.target, theirs));
    } catch (AssertionError late) {
      assertThat(names(m.target)).as(late.getMessage()).isEqualTo(names(theirs));
      throw late;
    }
  }

  private static boolean areSame(Path target, Path theirs) throws Exception {
    try {
      return names(target).equals(names(theirs));
    } catch (NoSuchFileException | UncheckedIOException e) {
      return false; // a name went while it was listed, such as a temporary one
    }
  }

  private static Map<String, String> names(Path top) throws Exception {
    Map<String, String> names = new TreeMap<>();
    TestingWalker.describe(top).keySet().stream()
        .filter(name -> Files.isRegularFile(top.resolve(name)))
        .forEach(name -> names.put(name, text(top.resolve(name))));
    names.computeIfPresent("probe", (name, text) -> "");
    return names;
  }

  private static String text(Path file) {
    try {
      return TestingMirrorCommand.text(file);
    } catch (IOException e) {
      return "gone";
    }
  }
}
