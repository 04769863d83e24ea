package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.RuntimeDirectory;
import java.io.BufferedReader;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code godwit mirror} that runs on by itself: its pid file, its log, and who answers for it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorBackgroundTest {
  /** No file or directory is taken for a control socket or a pid file that is left over. */
  @ParameterizedTest
  @ValueSource(strings = {"--control", "--pid-file"})
  void what_stands_where_a_file_of_its_own_shall_be_is_left_alone(String option) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = Files.writeString(m.tree.top().resolve("file"), "precious\n");
      Path folder = Files.createDirectory(m.tree.top().resolve("folder"));
      Path log = m.tree.top().resolve("log");
      String to = m.target.toString();
      for (Path there : List.of(file, folder)) {
        for (String way : List.of("--log-file=" + log, "--background")) {
          assertThat(m.run("mirror", way, option + "=" + there, m.source + "/", to))
              .as(m.output())
              .isEqualTo(2);
        }
        assertThat(m.output()).contains(there + ": there is ");
      }
      assertThat(file).hasContent("precious\n");
      assertThat(folder).isEmptyDirectory();
      assertThat(m.target).doesNotExist();
      assertThat(log).doesNotExist();
    }
  }

  @Test
  void a_pid_file_of_another_process_that_runs_stays_and_a_stale_one_does_not() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path pid = m.tree.top().resolve("pid");
      Process first = m.live("--pid-file=" + pid);
      String to = m.tree.top() + "/other";
      assertThat(m.run("mirror", "--pid-file=" + pid, m.source + "/", to)).isEqualTo(2);
      assertThat(m.output()).contains("is of the process " + first.pid() + ", which runs");
      assertThat(pid).hasContent("" + first.pid());
      first.destroyForcibly().waitFor();
      assertThat(pid).as("of one that was killed").hasContent("" + first.pid());
      Process second = m.live("--pid-file=" + pid);
      assertThat(pid).hasContent("" + second.pid());
      Files.writeString(pid, "1\n");
      second.destroy();
      assertThat(m.await(second)).isZero();
      assertThat(pid).as("what another one has written meanwhile").hasContent("1");
    }
  }

  /**
   * It stays in the kernel's table until its parent takes note, which one in a container may never.
   */
  @Test
  void a_pid_file_is_stale_when_its_process_has_ended_and_nobody_has_waited_for_it()
      throws Exception {
    Process parent = new ProcessBuilder("sh", "-c", "sleep 0.5 & echo $!; exec sleep 1000").start();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        BufferedReader said = parent.inputReader()) {
      String ended = said.readLine();
      Path stat = Path.of("/proc/" + ended + "/stat");
      m.await("a zombie", () -> Files.readString(stat).contains(") Z "));
      m.tree.write("root/a", "1");
      Path pid = Files.writeString(m.tree.top().resolve("pid"), ended);
      Process process = m.live("--pid-file=" + pid);
      assertThat(pid).hasContent("" + process.pid());
    } finally {
      parent.destroyForcibly();
    }
  }

  /** As after a boot: the number is another process's by now. */
  @Test
  void a_pid_file_is_stale_when_its_process_began_later() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path pid = Files.writeString(m.tree.top().resolve("pid"), ProcessHandle.current().pid() + "");
      Files.setLastModifiedTime(pid, FileTime.fromMillis(0));
      Process process = m.live("--pid-file=" + pid);
      assertThat(pid).hasContent("" + process.pid());
    }
  }

  @Test
  void why_one_in_the_background_does_not_start_is_told() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
        ServerSocket used = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      m.tree.write("root/a", "1");
      String port = "--metrics=" + used.getLocalPort();
      String to = m.target.toString();
      Path log = m.tree.top().resolve("log");
      for (String where : List.of("--log-file=" + log, "--stop-limit=30s")) {
        Files.deleteIfExists(m.log);
        assertThat(m.run("mirror", "--background", port, where, m.source + "/", to)).isEqualTo(1);
        assertThat(m.output())
            .contains("does not start; its log is ", "metrics at 127.0.0.1:", "already in use");
      }
      Files.delete(m.log);
      Path none = m.tree.top().resolve("none/log");
      assertThat(m.run("mirror", "--background", "--log-file=" + none, m.source + "/", to))
          .isEqualTo(1);
      assertThat(m.output())
          .contains("does not start:\n", "unable to write the log " + none + ": No such file")
          .doesNotContain("its log is");
    }
  }

  /** At a path of the user's own another process may answer, or be stopped. */
  @ParameterizedTest
  @ValueSource(strings = {"CONT", "STOP"})
  void nobody_else_answers_for_one_in_the_background(String signal) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process first = m.live();
      TestingOracle.run("kill", "-" + signal, "" + first.pid());
      String to = m.tree.top().resolve("other").toString();
      assertThat(m.run("mirror", "--background", "--control=" + m.control, m.source + "/", to))
          .as(m.output())
          .isEqualTo(2);
      assertThat(m.output())
          .contains("another process answers at " + m.control + ": end that one, or name another")
          .doesNotContain("mirrors in the background");
      TestingOracle.run("kill", "-CONT", "" + first.pid());
    }
  }

  @Test
  void it_goes_on_in_the_background() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path pid = m.tree.top().resolve("pid");
      int status =
          m.run(
              "mirror",
              "--background",
              "--control=" + m.control,
              "--pid-file=" + pid,
              "--log-file=" + m.tree.top().resolve("log"),
              m.source + "/",
              m.target.toString());
      assertThat(status).as(m.output()).isZero();
      ProcessHandle process =
          ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
      try {
        m.await("live", () -> m.status().get("state").asString().equals("live"));
        m.tree.write("root/b", "2");
        m.ask("barrier");
        m.assertEqual("in the background");
        assertThat(
                List.of(
                    Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).split("\0")))
            .as("the flags of the one that was typed have the last word")
            .filteredOn(word -> word.startsWith("-Xmx"))
            .last()
            .isEqualTo("-Xmx256m");
      } finally {
        process.destroy();
      }
      TestingPatience.get(process.onExit());
      assertThat(m.tree.top().resolve("log"))
          .content()
          .contains("finishes what is in flight")
          .contains("" + m.source);
      assertThat(TestingMirrorCommand.text(RuntimeDirectory.of("_mirror").resolve("start.log")))
          .as("what is in the log goes nowhere else")
          .doesNotContain("" + m.source);
      assertThat(pid).doesNotExist();
    }
  }

  @Test
  void what_one_without_a_log_has_said_goes_when_it_has_ended_and_another_one_begins()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path first = inBackground(m);
      Path second = inBackground(m);
      assertThat(first).doesNotExist();
      Files.deleteIfExists(second);
    }
  }

  /**
   * Returns when it has ended; where it has written to. What it has said is read through a handle
   * that was open before: the mirrors of other tests, beside this one, clear away what has ended.
   */
  private static Path inBackground(TestingMirrorCommand m) throws Exception {
    int before = m.output().length();
    assertThat(
            m.run(
                "mirror",
                "--background",
                "--control=" + m.control,
                m.source + "/",
                m.target.toString()))
        .as(m.output())
        .isZero();
    Matcher said =
        Pattern.compile("process ([0-9]+), log (\\S+/mirror-\\1\\.log)\n")
            .matcher(m.output().substring(before));
    assertThat(said.find()).as(m.output()).isTrue();
    ProcessHandle process = ProcessHandle.of(Long.parseLong(said.group(1))).orElseThrow();
    Path log = Path.of(said.group(2));
    try (InputStream opened = Files.newInputStream(log)) {
      process.destroy();
      TestingPatience.get(process.onExit());
      assertThat(new String(opened.readAllBytes(), StandardCharsets.UTF_8))
          .contains("finishes what is in flight");
    }
    return log;
  }

  /** As by logrotate, which tells nobody. */
  @Test
  void a_log_that_was_moved_away_is_written_anew() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path log = m.tree.top().resolve("log");
      Path moved = m.tree.top().resolve("log.1");
      Process process = m.live("--log-file=" + log);
      Files.setPosixFilePermissions(log, PosixFilePermissions.fromString("rw-rw----"));
      m.ask("pause");
      m.await("told", () -> Files.readString(log).contains("paused"));
      Files.move(log, moved);
      m.ask("resume");
      m.await("told", () -> TestingMirrorCommand.text(log).contains("live by"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
          .isEqualTo("rw-rw----");
      process.destroy();
      assertThat(m.await(process)).isZero();
      assertThat(log).content().contains("finishes what is in flight");
      assertThat(moved).content().contains("paused").doesNotContain("finishes");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--log-file", "--pid-file"})
  void h3_no_file_is_written_through_the_link_of_another_user(String option) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path other = Files.writeString(m.tree.top().resolve("other"), "precious");
      Path link = Files.createSymbolicLink(m.tree.top().resolve("link"), other);
      Files.setAttribute(link, "unix:uid", 1234, LinkOption.NOFOLLOW_LINKS);
      String to = m.target.toString();
      assertThat(m.run("mirror", option + "=" + link, m.source + "/", to)).isEqualTo(1);
      assertThat(m.output()).contains("the symbolic link link on its path belongs to user 1234");
      assertThat(other).hasContent("precious");
      assertThat(m.target).doesNotExist();
    }
  }
}
