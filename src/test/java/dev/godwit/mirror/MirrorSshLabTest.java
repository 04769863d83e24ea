package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import dev.godwit.watch.TestingTree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands through a real ssh and the agent behind it. Needs the packaged jar. */
@Tag("lab")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorSshLabTest {
  @TempDir private Path folder;

  private TestingSshd sshd() throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    return new TestingSshd(folder, TestingAgentFolder.filled(folder.resolve("far/agent")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void either_side_may_be_the_far_one(boolean isTargetFar) throws Exception {
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a/b", "1");
      String far = sshd.destination().text() + ":";
      m.start(
          "mirror",
          "--control=" + m.control,
          "-z",
          "--bwlimit=100m",
          "-e",
          "ssh " + String.join(" ", sshd.clientArguments()),
          (isTargetFar ? "" : far) + m.source + "/",
          (isTargetFar ? far : "") + m.target);
      m.awaitState("live");
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
          m.tree.write("root/d" + i % 7 + "/f" + i, round + " " + i);
        }
        m.ask("barrier");
        m.assertEqual("round " + round);
      }
      // The line is cut: it is made anew, and nothing is lost.
      for (ProcessHandle child : m.children().filter(c -> isSsh(c)).toList()) {
        child.destroyForcibly();
      }
      m.tree.write("root/after", "the cut");
      m.await("reconnected", () -> m.status().get("reconnects").asLong() > 0);
      m.awaitState("live");
      m.ask("barrier");
      m.assertEqual("after the cut");
    }
  }

  /** {@code mv a t; mkdir a; mv t a/old}, and back: most of the names would go. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h21_h27_directories_that_lie_in_each_other_are_renamed(boolean isTargetFar)
      throws Exception {
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 300; i++) {
        m.tree.write("root/a/" + i % 7 + "/" + i, "" + i);
      }
      Process unused = m.live(sshd, isTargetFar);
      long was = TestingMirror.inode(m.target.resolve("a"));
      for (String old : new String[] {"a/old", "a/x/y/old"}) {
        Path aside = m.source.resolve("t");
        Path inner = m.source.resolve(old);
        Files.move(m.source.resolve("a"), aside);
        Files.createDirectories(inner.getParent());
        Files.move(aside, inner);
        m.ask("barrier");
        m.assertEqual(old);
        assertThat(TestingMirror.inode(m.target.resolve(old))).isEqualTo(was);
        Files.move(inner, aside);
        TestingTree.deleteTree(m.source.resolve("a"));
        Files.move(aside, m.source.resolve("a"));
        m.ask("barrier");
        m.assertEqual(old + " again");
        assertThat(TestingMirror.inode(m.target.resolve("a"))).isEqualTo(was);
      }
      assertThat(m.status().get("state").asText()).isEqualTo("live");
    }
  }

  @Test
  void h26_a_far_host_that_is_this_one() throws Exception {
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/d/a", "1");
      String[] options = {
        "mirror", "--once", "-e", "ssh " + String.join(" ", sshd.clientArguments()), "", ""
      };
      String far = sshd.destination().text() + ":";
      options[4] = m.source + "/";
      options[5] = far + m.source + "/d/new";
      assertThat(m.run(options)).as(m.output()).isIn(1, 3);
      assertThat(m.output()).contains("lie in each other");
      assertThat(m.source.resolve("d/new")).doesNotExist();
      Path shown = Files.createDirectories(m.tree.top().resolve("beside/shown"));
      TestingOracle.run("mount", "--bind", m.source.toString(), shown.toString());
      try {
        options[5] = far + shown.getParent();
        assertThat(m.run(options)).as(m.output()).isIn(1, 3);
        assertThat(m.output()).contains("at shown, the source");
      } finally {
        TestingOracle.run("umount", shown.toString());
      }
      assertThat(m.source.resolve("d/a")).hasContent("1");
      // Two in a circle, one of which goes over the line.
      m.live();
      options[4] = far + m.target + "/";
      options[5] = m.source.toString();
      assertThat(m.run(options)).as(m.output()).isIn(1, 3);
      assertThat(m.output()).contains("they go in a circle");
      m.assertEqual("untouched");
    }
  }

  private static boolean isSsh(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/ssh");
  }

  @Test
  void lsyncds_configuration_over_ssh_as_users_have_it() throws Exception {
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/html/index", "1");
      List<String> extra = new ArrayList<>();
      sshd.clientArguments().forEach(word -> extra.add("\"" + word + "\""));
      Path file = m.tree.top().resolve("lsyncd.lua");
      Files.writeString(
          file,
          """
          settings { logfile = "%1$s/log", statusFile = "%1$s/status", nodaemon = true }
          sync { default.rsyncssh, source="%1$s/root", host="root@127.0.0.1", targetdir="%1$s/target",
            rsync = { archive=true, compress=true, temp_dir="/var/www/temp", update=true, links=true, times=true, protect_args=true },
            delay=3, ssh = { port = %2$d, _extra = { %3$s } } }
          """
              .formatted(m.tree.top(), sshd.port, String.join(", ", extra)));
      m.start("lsyncd", file.toString());
      m.awaitOutput("Sync1: live");
      m.assertEqual("at the start");
      m.tree.write("root/html/new", "2");
      m.await("new", () -> Files.exists(m.target.resolve("html/new")));
      Path status = m.tree.top().resolve("status");
      m.await("the status file", () -> Files.exists(status));
      assertThat(status).content().contains("Sync1 source=" + m.source);
    }
  }

  @Test
  void a_host_that_cannot_be_reached_is_told() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      assertThat(
              m.run(
                  "mirror",
                  "--once",
                  "-e",
                  "ssh -F /dev/null -p 1",
                  m.source + "/",
                  "127.0.0.1:" + m.target))
          .as(m.output())
          .isEqualTo(3);
      assertThat(m.output()).contains("target (127.0.0.1)").contains("Connection refused");
    }
  }
}
