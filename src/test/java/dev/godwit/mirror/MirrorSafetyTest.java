package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.watch.TestingTree;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What halts a mirror or is refused before it begins, so that nothing is lost by it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorSafetyTest {
  @Test
  void h27_a_root_that_is_gone_empty_or_another_one_halts_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 20; i++) {
        m.tree.write("root/f" + i, "" + i);
      }
      m.live();
      Map<String, String> before = TestingWalker.describe(m.target);
      Path aside = m.tree.top().resolve("aside");
      Path beside = m.tree.top().resolve("beside");
      Files.move(m.source, aside);
      m.awaitState("halted");
      m.awaitOutput("HALTED");
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output())
          .as("where the command is alone, its status")
          .containsPattern(
              "To\\s+go\\s+on:\\s+`godwit\\s+mirror\\s+resume\\s+root`\\s+\\(with\\s+a\\s+new\\s+root:\\s+--new-root\\)");
      assertThat(TestingWalker.describe(m.target)).as("moved away").isEqualTo(before);
      Files.createDirectory(m.source);
      m.resumeInVain();
      assertThat(m.awaitState("halted").get("message").asString())
          .as("it is another one before it is empty")
          .contains("is not the directory that was mirrored before")
          .doesNotContain("empty the target by hand");
      assertThat(TestingWalker.describe(m.target)).as("another one").isEqualTo(before);
      Files.delete(m.source);
      Files.move(aside, m.source);
      m.ask("resume");
      m.awaitState("live");
      Files.move(m.source, aside);
      Files.writeString(m.source, "no directory any more");
      // What is mounted is looked at, too.
      TestingOracle.run("mount", "-t", "tmpfs", "none", Files.createDirectory(beside).toString());
      m.awaitState("halted");
      TestingOracle.run("umount", beside.toString());
      assertThat(TestingWalker.describe(m.target)).as("a file").isEqualTo(before);
      Files.delete(m.source);
      Files.move(aside, m.source);
      m.ask("resume");
      m.awaitState("live");
      assertThat(m.output()).contains("HALTED").contains("godwit mirror resume root");
      TestingTree.deleteTree(m.source.resolve("f0"));
      m.ask("barrier");
      for (int i = 1; i < 20; i++) {
        Files.move(m.source.resolve("f" + i), m.tree.top().resolve("moved" + i));
      }
      // In the root one name after the other goes; what is left when it is empty stays.
      JsonNode halted = m.awaitState("halted");
      assertThat(TestingWalker.describe(m.target)).isNotEmpty();
      // As it says.
      assertThat(halted.get("message").asString())
          .contains("empty the target by hand, then resume the mirror with a new root");
      TestingTree.deleteTree(m.target);
      Files.createDirectory(m.target);
      m.ask("resume --new-root");
      m.awaitState("live");
    }
  }

  @Test
  void h27_an_unmounted_source_halts_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      TestingOracle.run("mount", "-t", "tmpfs", "tmpfs", m.source.toString());
      boolean isMounted = true;
      try {
        for (int i = 0; i < 20; i++) {
          m.tree.write("root/f" + i, "" + i);
        }
        m.live();
        Map<String, String> before = TestingWalker.describe(m.target);
        TestingOracle.run("umount", "--lazy", m.source.toString()); // the watch holds it
        isMounted = false;
        m.awaitState("halted");
        m.tree.write("root/below", "what the mount had covered");
        m.resumeInVain();
        assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
      } finally {
        m.end();
        if (isMounted) {
          TestingOracle.run("umount", m.source.toString());
        }
      }
    }
  }

  @Test
  void h26_mirrors_that_go_in_a_circle_are_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("target/b", "2");
      Path file = m.tree.top().resolve("mirror.yaml");
      Files.writeString(
          file,
          "mirrors:\n  one: { from: %1$s/, to: %2$s }\n  two: { from: %2$s/, to: %1$s }\n"
              .formatted(m.source, m.target));
      assertThat(m.run("mirror", "-c", file.toString())).isEqualTo(2);
      assertThat(m.output()).contains("one and two go in a circle");
      assertThat(m.source.resolve("a")).hasContent("1");
      // One after the other is not a circle.
      Files.writeString(
          file,
          "mirrors:\n  one: { from: %1$s/, to: %2$s }\n  two: { from: %2$s/, to: %2$s-2 }\n"
              .formatted(m.source, m.target));
      assertThat(m.run("mirror", "--test", "-c", file.toString())).as(m.output()).isZero();
    }
  }

  /** A target in another one's would be removed there, as something that the source lacks. */
  @Test
  void h27_a_target_in_the_target_of_another_mirror_is_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("other/b", "2");
      Path file = m.tree.top().resolve("mirror.yaml");
      String text =
          "mirrors:\n  outer: { from: %1$s/, to: %2$s/./%4$s }\n"
              + "  inner: { from: %3$s/, to: %2$s/x/y }\n";
      Path other = m.tree.top().resolve("other");
      Files.writeString(file, text.formatted(m.source, m.target, other, ""));
      assertThat(m.run("mirror", "--test", "-c", file.toString())).isEqualTo(2);
      assertThat(m.output()).contains("outer: in its target ", "the target of inner");
      assertThat(m.run("mirror", "-c", file.toString())).isEqualTo(2);
      assertThat(m.target).doesNotExist();
      for (String leftOut :
          new String[] {
            ", exclude: [/x]",
            ", exclude: [/x/y/]",
            ", exclude: [y]",
            ", delete-when: running",
            ", no-delete: true",
            ", changes-only: true"
          }) {
        Files.writeString(file, text.formatted(m.source, m.target, other, leftOut));
        assertThat(m.run("mirror", "--test", "-c", file.toString()))
            .as(leftOut + m.output())
            .isZero();
      }
      for (String kept : new String[] {", exclude: [/y]", ", exclude: ['*.tmp']"}) {
        Files.writeString(file, text.formatted(m.source, m.target, other, kept));
        assertThat(m.run("mirror", "--test", "-c", file.toString())).as(kept).isEqualTo(2);
      }
    }
  }

  @Test
  void h26_processes_whose_mirrors_go_in_a_circle_are_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/d/a", "1");
      Process first = m.live();
      String from = m.target + "/";
      String[] back = {"mirror", "--once", from, m.source.toString()};
      assertThat(m.run(back)).as(m.output()).isEqualTo(1);
      assertThat(m.output()).contains("they go in a circle");
      // A part of the one and a part of the other are a circle too.
      assertThat(m.run("mirror", "--once", from + "d/", m.source + "/e")).isEqualTo(1);
      assertThat(m.source.resolve("e")).doesNotExist();
      m.assertEqual("untouched");
      // One after the other is none.
      String third = m.tree.top().resolve("third").toString();
      assertThat(m.run("mirror", "--once", from, third)).as(m.output()).isZero();
      // What a killed process claimed says nothing.
      first.destroyForcibly().waitFor();
      assertThat(m.run(back)).as(m.output()).isZero();
    }
  }

  @Test
  void h26_of_two_that_begin_at_once_one_sees_the_other() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("target/a", "1");
      Path other = m.tree.top().resolve("other.sock");
      m.start("mirror", "--control=" + m.control, m.source + "/", m.target.toString());
      m.start("mirror", "--control=" + other, m.target + "/", m.source.toString());
      m.awaitOutput("they go in a circle");
      Thread.sleep(1500); // they try again
      int live = 0;
      for (Path control : new Path[] {m.control, other}) {
        String status = MirrorProcess.SOCKETS.ask(control, "status");
        live += status.contains("\"state\":\"live\"") ? 1 : 0;
      }
      assertThat(live).as(m.output()).isLessThan(2);
    }
  }

  @Test
  void h26_a_target_in_its_source_by_way_of_a_bind_mount_is_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/tmp")) {
      m.tree.write("root/d/a", "1");
      Path bound = Files.createDirectory(m.tree.top().resolve("bound"));
      TestingOracle.run("mount", "--bind", m.source.resolve("d").toString(), bound.toString());
      try {
        String from = m.source + "/";
        assertThat(m.run("mirror", "--once", from, bound + "/new")).isEqualTo(2);
        assertThat(m.output()).contains("it would be copied into itself");
        assertThat(m.run("mirror", "--once", bound + "/", m.source.toString())).isEqualTo(2);
        assertThat(m.output()).contains("it would be removed");
        assertThat(m.source.resolve("d/new")).doesNotExist();
      } finally {
        TestingOracle.run("umount", bound.toString());
      }
    }
  }

  /** Whatever is removed there would be removed from the source. */
  @Test
  void h26_a_source_that_is_mounted_below_its_target_is_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path precious = m.tree.write("root/in/precious", "1");
      Path shown = Files.createDirectories(m.target.resolve("in/shown"));
      for (Path part : List.of(m.source, m.source.resolve("in"), m.source.getParent())) {
        TestingOracle.run("mount", "--bind", part.toString(), shown.toString());
        try {
          String[] words = {"mirror", "--once", m.source + "/", m.target.toString()};
          assertThat(m.run(words)).as(m.output()).isEqualTo(2);
          assertThat(m.output()).contains("at in/shown, the source").contains("Unmount that");
        } finally {
          TestingOracle.run("umount", shown.toString());
        }
      }
      assertThat(precious).hasContent("1");
      m.live("--delete-limit=100%");
      Path in = m.target.resolve("in");
      TestingOracle.run("mount", "--bind", m.source.toString(), in.toString());
      try {
        assertThat(m.awaitState("halted").get("message").asString())
            .contains("at in, the source")
            .contains("goes on by itself");
        assertThat(precious).hasContent("1");
      } finally {
        TestingOracle.run("umount", in.toString());
      }
      m.awaitState("live");
      m.assertEqual("the mount is gone");
    }
  }

  @Test
  void h25_mounts_below_the_source_take_part_or_are_told() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path listed = Files.createDirectories(m.source.resolve("d/listed"));
      Path other = Files.createDirectories(m.source.resolve("other"));
      TestingOracle.run("mount", "-t", "tmpfs", "none", listed.toString());
      TestingOracle.run("mount", "-t", "tmpfs", "none", other.toString());
      try {
        m.tree.write("root/d/listed/file", "1");
        m.tree.write("target/other/kept", "1");
        Process process = m.live("--mounts=d/listed");
        m.awaitOutput("mirrors the mount d/listed (tmpfs) by fanotify");
        m.awaitOutput("not mirrored: other (tmpfs) is mounted below the source");
        JsonNode mounts = m.status().get("mounts");
        assertThat(mounts.size()).isEqualTo(2);
        assertThat(mounts.get(0).get("path").asString()).isEqualTo("d/listed");
        assertThat(mounts.get(0).get("mirrored").asBoolean()).isTrue();
        assertThat(mounts.get(1).get("mirrored").asBoolean()).isFalse();
        assertThat(m.target.resolve("d/listed/file")).hasContent("1");
        assertThat(m.target.resolve("other/kept")).hasContent("1");
        assertThat(m.run("mirror", "status", "-p", m.control.toString())).isEqualTo(1);
        assertThat(m.output())
            .contains("mount d/listed (tmpfs) by fanotify")
            .contains("not mirrored, because mounted below the source: other (tmpfs)");
        TestingOracle.run("umount", "-l", listed.toString());
        m.awaitState("halted");
        process.destroy();
        assertThat(m.await(process)).isZero();

        // The next process knows what was there.
        TestingOracle.run("mount", "-t", "tmpfs", "none", listed.toString());
        process =
            m.start(
                "mirror",
                "--control",
                m.control.toString(),
                "--mounts=d/listed",
                m.source + "/",
                m.target.toString());
        m.awaitState("halted");
        assertThat(m.target.resolve("d/listed/file")).hasContent("1");
        assertThat(m.ask("resume --new-root")).isEqualTo("root: goes on");
        m.awaitState("live");
        assertThat(m.target.resolve("d/listed")).isEmptyDirectory();
        process.destroy();
        assertThat(m.await(process)).isZero();
      } finally {
        TestingOracle.run("umount", "-l", listed.toString());
        TestingOracle.run("umount", "-l", other.toString());
      }
    }
  }

  @Test
  void h25_a_mount_that_shows_the_target_is_refused() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path shows = Files.createDirectories(m.source.resolve("shows"));
      Path beside = Files.createDirectories(m.tree.top().resolve("beside"));
      TestingOracle.run("mount", "--bind", beside.toString(), shows.toString());
      try {
        for (String mounts : List.of("shows", "all")) {
          String[] words = {
            "mirror", "--once", "--mounts=" + mounts, m.source + "/", beside + "/target"
          };
          assertThat(m.run(words)).isEqualTo(2);
          assertThat(m.output())
              .contains("a mount that takes part: it would be copied into itself");
        }
        assertThat(beside).isEmptyDirectory();
      } finally {
        TestingOracle.run("umount", shows.toString());
      }
    }
  }

  /** By strace(1): for a while the kernel cannot say where something changed. */
  @Test
  @Tag("lab")
  void h16_a_change_whose_place_the_kernel_cannot_tell_is_looked_for() throws Exception {
    long seed = 17;
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/stays", "1");
      Process mirror = m.live("--delete-limit=100%");
      Process tracer =
          new ProcessBuilder(
                  "strace",
                  "-f",
                  "-o",
                  "/dev/null",
                  "-e",
                  "trace=open_by_handle_at",
                  "-e",
                  "inject=open_by_handle_at:error=ENOMEM:when=1..60",
                  "-p",
                  "" + mirror.pid())
              .redirectErrorStream(true)
              .start();
      try (var said = tracer.inputReader();
          TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        assertThat(said.readLine()).contains("attached");
        writer.change(100);
        m.ask("barrier");
        TestingOracle.assertEqual("seed " + seed + "\n" + writer.log(), m.source, m.target);
        assertThat(m.status().get("rescans").asLong()).as("rescans").isPositive();
        assertThat(m.status().get("reconnects").asLong()).as(m.output()).isZero();
      } finally {
        tracer.destroy();
        tracer.waitFor();
      }
    }
  }

  @Test
  void one_target_has_one_mirror() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("other/b", "2");
      m.live();
      assertThat(m.run("mirror", "--once", m.tree.top() + "/other/", m.target.toString()))
          .as(m.output())
          .isIn(1, 3); // by whether it had heard of the target before
      assertThat(m.output()).contains("another copy writes to this tree");
      m.assertEqual("untouched");
    }
  }

  @Test
  void h27_the_root_is_known_again_after_a_restart() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process process = m.live();
      m.await("remembered", () -> Files.exists(m.tree.top().resolve("state/mirror")));
      process.destroy();
      assertThat(m.await(process)).isZero();
      Files.move(m.source, m.tree.top().resolve("aside"));
      m.tree.write("root/b", "2");
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString())).isEqualTo(1);
      assertThat(m.output()).contains("is not the directory that was mirrored before");
      assertThat(m.target.resolve("a")).hasContent("1");
      assertThat(m.run("mirror", "--once", "--new-root", m.source + "/", m.target.toString()))
          .as(m.output())
          .isZero();
      m.assertEqual("as the new root");
    }
  }

  /** A power cut has left an empty file where the root was remembered. */
  @Test
  void h27_h31_a_root_that_is_not_remembered_any_more_halts_what_removes() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("other/b", "2");
      Path rules = m.tree.top().resolve("mirror.yaml");
      Files.writeString(
          rules,
          """
          control: %1$s/control.sock
          mirrors:
            one: { from: %1$s/root/, to: %1$s/target, delete: true }
            two: { from: %1$s/other/, to: %1$s/second, delete: false }
          """
              .formatted(m.tree.top()));
      assertThat(m.run("mirror", "--once", "-c", rules.toString())).as(m.output()).isZero();
      try (Stream<Path> files = Files.list(m.tree.top().resolve("state/mirror"))) {
        for (Path file : files.toList()) {
          Files.write(file, new byte[0]);
        }
      }
      // What only the content tells.
      FileTime time = Files.getLastModifiedTime(m.source.resolve("a"));
      Files.writeString(m.target.resolve("a"), "0");
      Files.setLastModifiedTime(m.target.resolve("a"), time);
      Files.writeString(m.target.resolve("kept"), "3");
      Files.delete(m.log);
      m.start("mirror", "-c", rules.toString());
      m.awaitOutput("one: HALTED: what was remembered of the source is lost");
      m.awaitOutput("two: live");
      assertThat(m.output())
          .contains("is empty; every file is compared by its content"); // of the second one
      assertThat(m.target.resolve("kept")).exists();
      m.ask("resume one");
      m.awaitOutput("one: live");
      m.ask("barrier");
      m.assertEqual("when a person has looked");
    }
  }

  @Test
  void h27_more_removals_than_a_share_halt_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 400; i++) {
        m.tree.write("root/d" + i % 4 + "/f" + i, "" + i);
      }
      Process process = m.live();
      TestingTree.deleteTree(m.source.resolve("d1"));
      m.ask("barrier");
      m.assertEqual("a quarter may go");
      process.destroy();
      assertThat(m.await(process)).isZero();
      // While nobody looks, two thirds of the rest go.
      TestingTree.deleteTree(m.source.resolve("d2"));
      TestingTree.deleteTree(m.source.resolve("d3"));
      m.start(
          "mirror",
          "--control",
          m.control.toString(),
          "--delete-limit=60%",
          m.source + "/",
          m.target.toString());
      JsonNode halted = m.awaitState("halted");
      assertThat(halted.get("message").asString()).contains("more than 60 percent");
      assertThat(m.target.resolve("d3"))
          .as("one of both is there whole")
          .satisfiesAnyOf(
              d3 -> assertThat(count(d3)).isEqualTo(100),
              d3 -> assertThat(count(m.target.resolve("d2"))).isEqualTo(100));
      m.ask("resume --any-removals");
      m.awaitState("live");
      m.ask("barrier");
      m.assertEqual("allowed");
    }
  }

  /** A timer starts it again, or a service manager after it was killed. */
  @Test
  void h27_a_process_that_begins_again_and_again_takes_no_more_than_one() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 600; i++) {
        m.tree.write("root/d/f" + i, "" + i);
      }
      String[] once = {
        "mirror", "--once", "--delete-limit=20%", m.source + "/", m.target.toString()
      };
      assertThat(m.run(once)).as(m.output()).isZero();
      for (int i = 0; i < 550; i++) {
        Files.delete(m.source.resolve("d/f" + i));
      }
      for (int run = 0; run < 3; run++) {
        assertThat(m.run(once)).as(m.output()).isEqualTo(1);
        // What was being removed when it halted is told, but for some at most.
        assertThat(count(m.target.resolve("d"))).as("run %d", run).isBetween(480, 490);
        assertThat(m.output())
            .contains("allow it: with a larger --delete-limit", "With --once it ends here")
            .doesNotContain("To go on", "tries again");
      }
      Process process =
          m.start("mirror", "--control=" + m.control, m.source + "/", m.target.toString()); // half
      JsonNode halted = m.awaitState("halted");
      assertThat(count(m.target.resolve("d"))).isBetween(300, 310);
      assertThat(halted.get("message").asString()).contains("godwit mirror resume --any-removals");
      assertThat(halted.get("deleted").asLong() + count(m.target.resolve("d")))
          .as("with what ran before")
          .isBetween(480L, 490L);
      m.await("remembered", () -> remembered(m) >= 290);
      process.destroyForcibly().waitFor();
      m.start("mirror", "--control=" + m.control, m.source + "/", m.target.toString());
      m.awaitState("halted");
      assertThat(count(m.target.resolve("d"))).as("killed").isBetween(300, 310);
    }
  }

  /** How many removals the mirror of these folders has written down. */
  private static long remembered(TestingMirrorCommand m) throws Exception {
    try (Stream<Path> files = Files.list(m.tree.top().resolve("state/mirror"))) {
      long removed = 0;
      // What is being written bears another name until it takes its place.
      for (Path file : files.filter(path -> path.toString().endsWith(".root")).toList()) {
        for (String line : Files.readAllLines(file)) {
          removed += line.startsWith("removed ") ? Long.parseLong(line.split(" ")[2]) : 0;
        }
      }
      return removed;
    }
  }

  /** As a mail goes through the directories of a queue. */
  @Test
  void h27_a_queue_in_which_all_names_come_and_go_does_not_halt_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 200; i++) {
        m.tree.write("root/stays/f" + i, "" + i);
      }
      Files.createDirectory(m.source.resolve("incoming"));
      Files.createDirectory(m.source.resolve("active"));
      m.live();
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
          m.tree.write("root/incoming/" + round + "-" + i, "mail " + round + "-" + i);
        }
        m.ask("barrier");
        for (int i = 0; i < 200; i++) {
          String name = round + "-" + i;
          Files.move(m.source.resolve("incoming/" + name), m.source.resolve("active/" + name));
        }
        m.ask("barrier");
        assertThat(count(m.target.resolve("active"))).isEqualTo(200);
        for (int i = 0; i < 200; i++) {
          Files.delete(m.source.resolve("active/" + round + "-" + i));
        }
        m.ask("barrier");
        m.assertEqual("round " + round);
      }
      TestingTree.deleteTree(m.source.resolve("stays"));
      JsonNode halted = m.awaitState("halted");
      assertThat(halted.get("message").asString()).contains("more than 50 percent");
      assertThat(count(m.target.resolve("stays"))).isGreaterThanOrEqualTo(80);
    }
  }

  private static int count(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? 0 : names.length;
  }

  @Test
  void h37_the_trash_keeps_what_is_removed_or_replaced() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a/removed", "old");
      m.tree.write("root/replaced", "old");
      m.tree.write("root/typed", "old");
      m.tree.write("root/stays", "old");
      Path old = m.target.resolve(".trash/2001-01-01T00h");
      Files.createDirectories(old.resolve("of long ago"));
      m.live("--trash=.trash");
      m.await("what is too old goes without anything that comes", () -> !Files.exists(old));
      Files.delete(m.source.resolve("a/removed"));
      Files.writeString(m.source.resolve("replaced"), "new content");
      Files.delete(m.source.resolve("typed"));
      Files.createDirectory(m.source.resolve("typed"));
      m.ask("barrier");
      m.ask("audit"); // what is in the trash is not removed by it
      Path[] hours = new Path[] {};
      try (var all = Files.list(m.target.resolve(".trash"))) {
        hours = all.toArray(Path[]::new);
      }
      String found = "";
      for (Path hour : hours) {
        for (String name : new String[] {"a/removed", "replaced", "typed"}) {
          Path kept = hour.resolve(name);
          found += Files.isRegularFile(kept) ? name + "=" + Files.readString(kept) + " " : "";
        }
      }
      assertThat(found).isEqualTo("a/removed=old replaced=old typed=old ");
      TestingTree.deleteTree(m.target.resolve(".trash"));
      m.ask("audit"); // puts the time of the root right
      m.assertEqual("beside the trash");
    }
  }

  /** It cleared the rule that keeps the trash out, which then went into itself. */
  @Test
  void h37_a_filter_that_clears_the_list_does_not_take_the_trash_in() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/removed", "old");
      m.tree.write("root/stays", "old");
      m.live("--trash=.trash", "--exclude=stays", "--filter=!", "--delete-limit=100%");
      Files.delete(m.source.resolve("removed"));
      m.ask("barrier");
      for (int i = 0; i < 2; i++) {
        m.ask("audit");
      }
      List<Path> kept;
      try (var all = Files.walk(m.target.resolve(".trash"))) {
        kept = all.filter(Files::isRegularFile).toList();
      }
      assertThat(kept).singleElement().asString().matches(".*/\\.trash/[^/]+h/removed");
      assertThat(m.target.resolve("stays")).hasContent("old");
    }
  }

  /** Nothing said that what SRC has under the name of the trash was not there on DST. */
  @Test
  void h24_what_has_the_name_of_the_trash_is_told_until_it_is_gone() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("root/d/kept/mail", "1");
      Process process = m.live("--trash=d/kept");
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> m.ask("barrier"))
            .hasMessageContaining("d/kept: takes no part: under this name the target keeps");
      }
      Files.move(m.source.resolve("d/kept"), m.source.resolve("d/other"));
      m.ask("barrier");
      assertThat(m.target.resolve("d/other/mail")).hasContent("1");
      Files.createDirectory(m.source.resolve("d/kept")); // while it is live
      assertThatThrownBy(() -> m.ask("barrier")).hasMessageContaining("d/kept: takes no part");
      process.destroy();
      assertThat(m.await(process)).isZero();
      m.live("--trash=d/kept", "--exclude=/d/kept"); // asked for, so that it is in nobody's way
      m.ask("barrier");
    }
  }

  @Test
  void h37_a_trash_that_cannot_be_one_is_refused_before_anything_is_made() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/d/a", "1");
      String to = m.target.toString();
      for (String[] one :
          new String[][] {
            {"", "the name of the folder is empty"},
            {"/", "is the top of all directories"},
            {to, "--trash is DST itself"},
            {m.source + "/kept", "is in the source " + m.source},
            {m.source + "/d", "is in the source " + m.source},
            {"/proc/kept", "is on another file system or mount than " + to},
          }) {
        assertThat(m.run("mirror", "--once", "--trash=" + one[0], m.source + "/", to))
            .as(m.output())
            .isEqualTo(2);
        assertThat(m.output()).contains(one[1]);
      }
      assertThat(m.target).doesNotExist();
    }
  }

  @Test
  void h24_a_full_target_is_filled_when_there_is_room() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Files.createDirectory(m.target);
      TestingOracle.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", m.target.toString());
      try {
        m.tree.write("root/first", "1");
        m.live();
        Path name = m.target.resolve("filler");
        try (FileChannel filler =
            FileChannel.open(name, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          filler.write(ByteBuffer.allocate(1_500_000));
          Files.delete(name); // it takes its room until it is closed, and no look removes it
          long began = System.nanoTime();
          for (int i = 0; i < 100; i++) {
            Files.write(m.source.resolve("f" + i), new byte[10_000]);
          }
          m.await("told", () -> m.status().get("problems").size() > 0);
          Thread.sleep(2000);
          JsonNode full = m.status();
          assertThat(full.get("dirty").asLong()).isPositive();
          assertThat(full.get("lag_ms").asLong())
              .as("the age of what waits, which is told once a second")
              .isBetween(500L, (System.nanoTime() - began) / 1_000_000);
          assertThat(m.status().get("problems").toString()).contains("No space left");
          assertThatThrownBy(() -> m.ask("barrier")).hasMessageContaining("could not be applied");
        }
        m.await("applied", () -> m.status().get("problems").size() == 0);
        m.ask("barrier");
        m.assertEqual("there is room");
        m.await("nothing is behind", () -> m.status().get("lag_ms").asLong() == 0);
        assertThat(m.status().get("dirty").asLong()).isZero();
      } finally {
        m.end();
        TestingOracle.run("umount", m.target.toString());
      }
    }
  }
}
