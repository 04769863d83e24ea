package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPorts;
import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code godwit mirror} as users start it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorCommandTest {
  /** A program that permissions count for. */
  private static final List<String> OF_ORDINARY_RIGHTS =
      System.getProperty("user.name").equals("root")
          ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search")
          : List.of("env");

  @Test
  void once_makes_equal_and_ends() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a/b", "1");
      m.tree.write("target/extra/x", "2");
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString()))
          .as(m.output())
          .isZero();
      m.assertEqual("once");
      // Without a '/' at the end, the directory itself.
      assertThat(m.run("mirror", "--once", m.source.toString(), m.tree.top() + "/other")).isZero();
      TestingMirrorCommand.assertEqual("itself", m.source, m.tree.top().resolve("other/root"));
    }
  }

  /** Port 0 is any free one: which one it is nobody could guess. */
  @Test
  void where_metrics_are_served_is_told_at_the_start_and_in_the_status() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process unused = m.live("--metrics=0");
      String url = JsonMapper.shared().readTree(m.ask("status")).get("metrics").asString();
      assertThat(url).matches("http://127\\.0\\.0\\.1:[1-9][0-9]*/metrics");
      assertThat(m.output()).contains("serves metrics at " + url);
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(url)).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(page.body()).contains("godwit_mirror_dirty{mirror=\"root\"} 0");
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isZero();
      assertThat(m.output()).contains("metrics at " + url + "\n");
    }
  }

  /** It had been done, and was told as one that does not start. */
  @Test
  void once_is_not_for_the_background() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String to = m.tree.top() + "/new";
      for (String option : List.of("background", "pid-file=p", "control=c", "metrics=0")) {
        assertThat(m.run("mirror", "--once", "--" + option, m.source + "/", to)).isEqualTo(2);
        assertThat(m.output())
            .contains("--once and --" + option.replaceAll("=.*", "") + " exclude each other");
      }
      assertThat(m.tree.top().resolve("new")).doesNotExist();
    }
  }

  /** As {@code /home} is where users are not to see each other's names. */
  @Test
  void directories_above_that_may_only_be_passed_through_are_in_nobodys_way() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("home/user/s/a", "1");
      Path home = m.tree.top().resolve("home");
      Path user = home.resolve("user");
      Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("--x--x--x"));
      Process process =
          m.startUnder(OF_ORDINARY_RIGHTS, "mirror", "--once", user + "/s/", user + "/t");
      assertThat(m.await(process)).as(m.output()).isZero();
      assertThat(user.resolve("t/a")).hasContent("1");
      Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
    }
  }

  /** The target tells it, because it waits for the content. */
  @Test
  void what_cannot_be_read_is_told_of_the_source() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path secret = m.tree.write("root/in/secret", "1");
      Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
      Process once =
          m.startUnder(OF_ORDINARY_RIGHTS, "mirror", "--once", m.source + "/", m.target.toString());
      assertThat(m.await(once)).as(m.output()).isEqualTo(1);
      String why = ": cannot be read at the source: Permission denied";
      assertThat(m.output())
          .contains("source: in/secret" + why, "on source (this host): " + secret + why)
          .doesNotContain("target: ", "on target");
    }
  }

  /** The host of such a target was reached, so it is not 3. */
  @Test
  void once_to_a_target_that_cannot_be_made_ends_as_one_that_could_not_be_applied()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      assertThat(m.run("mirror", "--once", m.source + "/", "/proc/none/target")).isEqualTo(1);
      assertThat(m.output())
          .contains("cannot go on, and ends: ", "unable to open the target /proc/none/target");
    }
  }

  @Test
  void a_quiet_one_says_what_is_in_the_way_and_nothing_else() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path log = m.tree.top().resolve("log");
      String from = m.source + "/";
      assertThat(m.run("mirror", "--once", "-q", "--log-file=" + log, from, m.target.toString()))
          .isZero();
      assertThat(m.output()).isEmpty();
      assertThat(log).content().contains("root: equal; 1 file looked at");
      TestingTree.deleteTree(m.target);
      Files.createDirectory(m.target);
      assertThat(m.run("mirror", "--once", "-q", from, m.target.toString())).isEqualTo(1);
      assertThat(m.output()).startsWith("godwit: root: HALTED: ").hasLineCount(1);
    }
  }

  /** SIGHUP would end a program that knows nothing of it. */
  @Test
  void sighup_without_a_file_is_told_and_ends_nothing() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Process process = m.live();
      new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
      m.awaitOutput("there is nothing to be read again: no configuration file was named");
      m.tree.write("root/second", "2");
      m.ask("barrier");
      m.assertEqual("after SIGHUP");
    }
  }

  @Test
  void sigterm_finishes_what_is_in_flight_and_ends_with_0() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Process process = m.live();
      for (int i = 0; i < 3000; i++) {
        m.tree.write("root/d" + i % 50 + "/f" + i, "content " + i);
      }
      process.destroy(); // SIGTERM
      assertThat(m.await(process)).as(m.output()).isZero();
      assertThat(m.output()).contains("root: ended").doesNotContain("paused");
      m.assertEqual("after SIGTERM");
    }
  }

  @Test
  void what_is_not_brought_when_the_time_to_end_is_over_comes_with_the_next_start()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Process process = m.live("--bwlimit=100", "--stop-limit=10s");
      Files.write(m.source.resolve("large"), new byte[10_000_000]);
      m.await(
          "the rate of what is under way", () -> m.status().get("bytes_per_second").asLong() > 0);
      assertThat(m.target.resolve("large")).doesNotExist();
      process.destroy(); // SIGTERM
      assertThat(m.await(process)).as(m.output()).isZero();
      assertThat(m.output())
          .contains("ends before everything was brought")
          .doesNotContain("paused", "on this side");
      assertThat(m.target.resolve("large")).doesNotExist();
      assertThat(m.run("mirror", "--once", m.source + "/", m.target.toString())).isZero();
      m.assertEqual("after the next start");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--stop-limit=1h", "--once"})
  void a_signal_ends_one_that_is_still_connecting_and_what_it_connects_by(String option)
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      Path shell = m.tree.top().resolve("shell");
      Path began = m.tree.top().resolve("began");
      Files.writeString(
          shell,
          "#!/bin/sh\nsleep 3000 &\necho $$ $! > %1$s.new; mv %1$s.new %1$s; wait\n"
              .formatted(began));
      Files.setPosixFilePermissions(shell, PosixFilePermissions.fromString("rwx------"));
      String far = "far.example.org:" + m.target;
      String limit = "--contimeout=3000";
      Process process = m.start("mirror", option, limit, "-e", "" + shell, m.source + "/", far);
      m.await("the shell runs", () -> Files.exists(began));
      process.destroy(); // SIGTERM
      int exit = m.await(process);
      for (String child : Files.readString(began).strip().split(" ", -1)) {
        m.await(
            child + " is gone",
            () -> ProcessHandle.of(Long.parseLong(child)).filter(ProcessHandle::isAlive).isEmpty());
      }
      assertThat(exit).as(m.output()).isEqualTo(option.equals("--once") ? 1 : 0);
      if (!option.equals("--once")) {
        assertThat(m.output()).contains("ended").doesNotContain("cannot go on");
      }
    }
  }

  @Test
  void the_status_says_how_it_is() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/first", "1");
      int port = TestingPorts.free();
      Path pid = m.tree.top().resolve("pid");
      Process process = m.live("--metrics", "" + port, "--pid-file", pid.toString());
      assertThat(pid).hasContent("" + process.pid());
      m.tree.write("root/second", "2");
      assertThat(m.ask("barrier")).contains("root: everything is on the target");
      m.assertEqual("after the barrier");
      Files.move(m.source.resolve("second"), m.source.resolve("renamed"));
      Files.createDirectory(m.source.resolve("in"));
      m.tree.write("root/in/a", "in a directory");
      m.ask("barrier");
      Files.move(m.source.resolve("in"), m.source.resolve("out"));
      m.ask("barrier");
      m.assertEqual("renamed");
      Files.delete(m.target.resolve("first"));
      assertThat(m.ask("audit root"))
          .contains("1 name put right")
          .contains("1 of them differed, and no change was told:\n  <f+++++++++ first");
      m.assertEqual("h23: after the audit");
      JsonNode status = m.status();
      assertThat(status.get("last_audit").get("outcome").asString()).isEqualTo("equal");
      assertThat(status.get("last_audit").get("drifted").asLong()).isEqualTo(1);
      assertThat(status.get("last_audit").get("drift").get(0).asString()).endsWith(" first");
      assertThat(status.get("audit").isNull()).isTrue();
      assertThat(status.get("dirty").asLong()).isZero();
      assertThat(status.get("lag_ms").asLong()).isZero();
      assertThat(status.get("files_renamed").asLong()).isEqualTo(1);
      assertThat(status.get("directories_renamed").asLong()).isEqualTo(1);
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(page.body())
          .contains("godwit_mirror_state{mirror=\"root\",state=\"live\"} 1")
          .contains("godwit_mirror_lag_seconds{mirror=\"root\"} 0.000")
          .contains("godwit_mirror_dirty{mirror=\"root\"} 0")
          .containsPattern("godwit_mirror_rung\\{mirror=\"root\",rung=\"(fanotify|inotify)\"} 1")
          .contains("godwit_mirror_last_audit_equal{mirror=\"root\"} 1")
          .contains("godwit_mirror_files_renamed{mirror=\"root\"} 1")
          .contains("godwit_mirror_auditing{mirror=\"root\"} 0")
          .contains("godwit_mirror_audit_faults_total{mirror=\"root\"} 0")
          .contains("godwit_mirror_last_audit_drifted{mirror=\"root\"} 1")
          .contains("godwit_mirror_directories_renamed{mirror=\"root\"} 1");
      assertThat(m.run("mirror", "status", "nobody", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output()).contains("there is no mirror nobody");
      Process full =
          m.startUnder(
              List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh"),
              "mirror",
              "status",
              "--json",
              "-p",
              m.control.toString());
      assertThat(m.await(full)).as(m.output()).isEqualTo(1);
      assertThat(m.output()).contains("the result could not be written");
      assertThat(m.run("mirror", "status", "root", "-p", m.control.toString())).isZero();
      assertThat(m.output())
          .contains("live by ")
          .contains("1 file and 1 directory renamed")
          .contains("1 of them differed, and no change was told:")
          .contains("<f+++++++++ first");
      // Of the same size and time.
      Path same = m.target.resolve("second-but-same");
      m.tree.write("root/second-but-same", "right");
      m.ask("barrier");
      FileTime time = Files.getLastModifiedTime(same);
      Files.writeString(same, "wrong");
      Files.setLastModifiedTime(same, time);
      assertThat(m.run("mirror", "verify", "root", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output())
          .contains("root: equal, contents too, 1 name put right, ")
          .containsPattern("no change was told:\n {4}\\S+ second-but-same\n");
      m.awaitOutput("root: audit: ");
      m.assertEqual("verified");
      assertThat(m.run("mirror", "verify", "--json", "-p", m.control.toString())).isZero();
      assertThat(m.output()).contains("\"equal\" : true", "\"drifted\" : 0");
      assertThatThrownBy(() -> m.ask("pause nobody")).hasMessageContaining("there is no mirror");
      assertThat(m.ask("pause")).isEqualTo("root: paused");
      assertThat(m.run("mirror", "verify", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output()).contains("is not live but paused");
      m.tree.write("root/third", "3");
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.target.resolve("third")).doesNotExist();
      m.ask("resume");
      m.awaitState("live");
      m.ask("barrier");
      m.assertEqual("resumed");
      process.destroy();
      assertThat(m.await(process)).isZero();
      assertThat(pid).doesNotExist();
    }
  }

  /**
   * One in turn whose pauses are so long that each part has one piece of some directories: it is
   * interrupted in each way that there is.
   */
  @Test
  void h23_an_audit_that_is_interrupted_is_gone_on_with() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 200; i++) {
        m.tree.write("root/d" + i + "/f", "1");
      }
      Process process = m.live("--audit=1s", "--audit-share=0.001%");
      m.await("the root was looked at", () -> upTo(m).equals("."));
      assertThat(m.ask("audit")).as("one that is asked for goes before").contains("root: equal");
      m.await("the other one goes on", () -> parts(m) == 2 && !upTo(m).equals("."));
      String second = upTo(m);
      m.ask("pause");
      assertThatThrownBy(() -> m.ask("audit")).hasMessageContaining("is not live but paused");
      assertThat(parts(m)).isEqualTo(2);
      m.ask("resume");
      m.awaitState("live");
      m.await("it goes on", () -> parts(m) == 3);
      assertThat(m.ask("audit --share=100%")).contains("root: equal");
      assertThatThrownBy(() -> m.ask("audit --share=200%"))
          .hasMessageContaining("expected a share");
      m.await("it goes on", () -> parts(m) == 4);
      m.await("each part has looked at some", () -> upTo(m).compareTo(second) > 0);
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isZero();
      assertThat(m.output())
          .containsPattern("an audit began .* ago, is at d.*, in 4 parts, 0 names");
      process.destroy();
      assertThat(m.await(process)).isZero();

      m.live("--audit=1h", "--audit-share=100%");
      m.await("it comes to its end", () -> !m.status().get("last_audit").isNull());
      JsonNode last = m.status().get("last_audit");
      assertThat(last.get("parts").asLong()).isEqualTo(5);
      assertThat(last.get("outcome").asString()).isEqualTo("equal");
      assertThat(m.status().get("audit").isNull()).isTrue();
      m.awaitOutput("audit: equal, 0 names put right"); // said after it is in the status
      assertThat(m.output()).contains(", in 5 parts");
    }
  }

  @Test
  void h23_an_audit_in_which_the_mirror_was_killed_is_gone_on_with() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      // Many small pieces, also that of the root: it has to last for longer than until it is
      // remembered, and a piece that a busy machine makes slow may not bring a pause that nobody
      // waits for.
      for (int i = 0; i < 6000; i++) {
        m.tree.write("root/d%d/e%d/f".formatted(i / 100, i % 100), "1");
      }
      Process process = m.live("--audit=1s", "--audit-share=2%");
      m.await("some directories were looked at", () -> upTo(m).startsWith("d"));
      m.await("it is remembered", () -> isRemembered(m));
      process.destroyForcibly().waitFor();
      Files.delete(m.target.resolve("d0/e0/f"));

      m.live("--audit=1h", "--audit-share=100%");
      m.await("it comes to its end", () -> !m.status().get("last_audit").isNull());
      JsonNode last = m.status().get("last_audit");
      assertThat(last.get("outcome").asString()).isEqualTo("equal");
      assertThat(last.get("parts").asLong()).isEqualTo(2);
      m.assertEqual("what differed came with the new start");
    }
  }

  private static boolean isRemembered(TestingMirrorCommand m) throws IOException {
    try (Stream<Path> files = Files.list(m.tree.top().resolve("state/mirror"))) {
      for (Path file : files.toList()) {
        if (Files.readString(file).contains("\naudit ")) {
          return true;
        }
      }
    }
    return false;
  }

  private static String upTo(TestingMirrorCommand m) throws IOException {
    JsonNode audit = m.status().get("audit");
    return audit.isNull() || audit.get("up_to").isNull() ? "" : audit.get("up_to").asString();
  }

  private static long parts(TestingMirrorCommand m) throws IOException {
    JsonNode audit = m.status().get("audit");
    return audit.isNull() ? 0 : audit.get("parts").asLong();
  }

  @Test
  void sighup_reads_the_file_again_and_says_what_changed() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/one/a", "1");
      m.tree.write("root/two/b", "2");
      Path file = m.tree.top().resolve("mirror.yaml");
      String one =
          "control: %s\nmirrors:\n  one: { from: %s/one/, to: %s/one }\n"
              .formatted(m.control, m.source, m.target);
      Files.writeString(file, one);
      Process process = m.start("mirror", "-c", file.toString());
      m.awaitState("live");
      Files.writeString(
          file, one + "  two: { from: %s/two/, to: %s/two }\n".formatted(m.source, m.target));
      new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
      m.awaitOutput("two: live");
      TestingMirrorCommand.assertEqual("two", m.source.resolve("two"), m.target.resolve("two"));
      assertThat(m.output()).contains("two: " + m.source + "/two -> " + m.target + "/two");
      Files.writeString(file, one + "  two: { fron: x }\n");
      new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
      m.awaitOutput("the mirrors stay as they were");
      assertThat(m.output()).contains("mirror.yaml:4:10: found the key fron");
      Files.writeString(
          file,
          one.replace(m.control.toString(), "/run/other.sock")
              + "pid-file: /run/p\nlog-file: /var/log/l\nmetrics: 127.0.0.1:9101\nstop-limit: 7s\n");
      new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
      m.awaitOutput("two: ends");
      m.awaitOutput(
          "the log file stays as it is without a setting until a restart, and is /var/log/l");
      assertThat(m.output())
          .contains("the stop limit is 7000 ms now")
          .contains(
              "the control socket stays " + m.control + " until a restart, and is /run/other.sock")
          .contains("the pid file stays as it is without a setting until a restart, and is /run/p")
          .contains(
              "the address of the metrics stays as it is without a setting until a restart, and is"
                  + " 127.0.0.1:9101 then");
      String[] said = m.output().split("until a restart", -1);
      Files.writeString(file, one);
      new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
      m.awaitOutput("the stop limit is 30000 ms now");
      assertThat(m.output().split("until a restart", -1)).as("as at the start").hasSameSizeAs(said);
      m.tree.write("root/one/c", "3");
      m.ask("barrier");
      TestingMirrorCommand.assertEqual("one", m.source.resolve("one"), m.target.resolve("one"));
    }
  }

  @Test
  void a_barrier_of_a_process_that_is_stopped_says_so_and_ends() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process process = m.live();
      String[] barrier = {"mirror", "barrier", "--limit=1s", "--process=" + m.control};
      TestingOracle.run("kill", "-STOP", "" + process.pid());
      try {
        assertThat(m.await(m.start(barrier))).isEqualTo(3);
      } finally {
        TestingOracle.run("kill", "-CONT", "" + process.pid());
      }
      assertThat(m.log)
          .content()
          .contains("the mirror at " + m.control + " says nothing for ")
          .contains("process " + process.pid() + " was stopped by a signal; `kill -CONT ");
      assertThat(m.await(m.start("mirror", "barrier", "--process=" + m.control))).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--exclude=*.tmp",
        "--include=*/ --include=*.txt --exclude=*",
        "--filter=-_/a/b --filter=P_keep*",
        "--exclude=/a/ --delete-excluded",
        "--no-delete",
        "-rlt",
        "--no-perms",
        "--no-owner --no-group",
        "-u",
        "--existing",
        "--delete --exclude=**/x/y"
      })
  void options_do_what_they_do_in_rsync(String options) throws Exception {
    long later = System.currentTimeMillis() + 3_600_000; // the same in all three trees
    String[] words = options.split(" ");
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i].replace('_', ' ');
    }
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (String name :
          new String[] {
            "a/b/c.txt", "a/x/y/z", "a/new.tmp", "b.txt", "c.tmp", "a/b.txt", "newer", "same"
          }) {
        m.tree.write("root/" + name, "source " + name);
      }
      Files.setAttribute(m.source.resolve("b.txt"), "unix:uid", 7);
      Files.setAttribute(m.source.resolve("b.txt"), "unix:mode", 0100751);
      Path expected = m.tree.top().resolve("expected");
      for (Path side : new Path[] {m.target, expected}) {
        for (String name :
            new String[] {"a/keep1", "a/gone", "keep2", "d.tmp", "a/b/old.txt", "newer", "b.txt"}) {
          Path file = side.resolve(name);
          Files.createDirectories(file.getParent());
          Files.writeString(file, "target");
          Files.setLastModifiedTime(
              file, FileTime.fromMillis(name.equals("newer") ? later : 1_000_000_000));
        }
      }
      // rsync takes times of directories within one second for equal.
      for (Path side : new Path[] {m.source, m.target, expected}) {
        try (var all = Files.walk(side)) {
          for (Path one : all.filter(Files::isDirectory).toList()) {
            Files.setLastModifiedTime(
                one, FileTime.fromMillis(side == m.source ? 1_234_567_890_123L : 0));
          }
        }
      }
      List<String> mirror = new ArrayList<>(List.of("mirror", "--once"));
      mirror.addAll(List.of(words));
      mirror.add("--delete-limit=100%");
      mirror.add(m.source + "/");
      mirror.add(m.target.toString());
      assertThat(m.run(mirror.toArray(String[]::new))).as(m.output()).isZero();
      List<String> rsync = new ArrayList<>(List.of("rsync"));
      if (!options.startsWith("-rlt")) {
        rsync.add("-aH");
        rsync.add("--numeric-ids");
      }
      if (!options.contains("--no-delete")) {
        rsync.add("--delete");
      }
      for (String word : words) {
        if (!word.equals("--no-delete")) {
          rsync.add(word);
        }
      }
      rsync.add(m.source + "/");
      rsync.add(expected.toString());
      TestingOracle.run(rsync.toArray(String[]::new));
      TestingMirrorCommand.assertEqual(options, expected, m.target);
    }
  }

  @Test
  void a_new_target_without_permissions_of_the_source_is_as_rsync_makes_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a/b", "1");
      Files.setAttribute(m.source, "unix:mode", 040700);
      Files.setAttribute(m.source.resolve("a"), "unix:mode", 041777);
      Files.setAttribute(m.source.resolve("a/b"), "unix:mode", 0104777);
      assertThat(m.run("mirror", "--once", "-rlt", m.source + "/", m.target.toString())).isZero();
      Path expected = m.tree.top().resolve("expected");
      TestingOracle.run("rsync", "-rlt", m.source + "/", expected.toString());
      for (String name : new String[] {"a", "a/b"}) {
        assertThat(Files.getAttribute(m.target.resolve(name), "unix:mode"))
            .as(name)
            .isEqualTo(Files.getAttribute(expected.resolve(name), "unix:mode"));
      }
      assertThat(Files.getAttribute(m.target, "unix:mode")).isEqualTo(040755);
    }
  }

  @Test
  void what_cannot_be_obeyed_is_refused_and_nothing_is_made() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String to = m.target.toString();
      assertThat(m.run("mirror", "--backup", "--once", m.source + "/", to)).isEqualTo(2);
      assertThat(m.output()).contains("--backup: a backup beside what it was");
      assertThat(m.run("mirror", "--once", m.source + "/", m.source + "/a/b")).isEqualTo(2);
      Path file = Files.writeString(m.tree.top().resolve("file"), "precious");
      assertThat(m.run("mirror", "--once", m.source + "/", file.toString())).isEqualTo(2);
      assertThat(m.output())
          .contains(file + " is no directory, or leads through something")
          .doesNotContain("ENOTDIR");
      assertThat(file).hasContent("precious");
      assertThat(m.run("mirror", "--once", m.source + "/", m.source + "/new")).isEqualTo(2);
      assertThat(m.output()).contains("it would be copied into itself");
      assertThat(m.run("mirror", "--once", m.source + "/", m.tree.top().toString())).isEqualTo(2);
      assertThat(m.output()).contains("it would be removed");
      assertThat(m.run("mirror", "--once", m.source + "/", m.source.toString())).isEqualTo(2);
      assertThat(m.output()).contains("are the same");
      assertThat(m.run("mirror", m.source + "/missing/", to)).isEqualTo(2);
      assertThat(m.run("mirror", "-c", m.tree.top() + "/none.yaml")).isEqualTo(2);
      assertThat(m.run("mirror", "--background", "-c", m.tree.top() + "/none.yaml")).isEqualTo(2);
      assertThat(m.target).doesNotExist();
      assertThat(m.tree.top().resolve("state")).doesNotExist();
    }
  }

  /** An option that was typed and does not count would be worse than none: H27. */
  @ParameterizedTest
  @ValueSource(
      strings = {"--no-delete", "--delay=5s", "--mounts=all", "--exclude=*.tmp", "-n", "/srv/"})
  void h27_what_concerns_the_mirrors_of_a_file_is_refused_beside_it(String word) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("target/extra", "stays");
      Path file = fileOfOne(m);
      for (String how : new String[] {"--once", "--test"}) {
        assertThat(m.run("mirror", "-c", file.toString(), how, word)).isEqualTo(2);
        assertThat(m.output()).contains("written there: " + word.replaceFirst("=(5s|all)", ""));
      }
      assertThat(m.run("mirror", "--once", "-c", file.toString(), "--new-root")).isEqualTo(2);
      assertThat(m.output()).contains("resume NAME --new-root");
      assertThat(m.target.resolve("a")).doesNotExist();
      assertThat(m.target.resolve("extra")).hasContent("stays");
    }
  }

  @Test
  void what_concerns_the_process_goes_before_what_its_file_says() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = fileOfOne(m);
      Path said = m.tree.top().resolve("said.log");
      Path log = m.tree.top().resolve("typed.log");
      Files.writeString(file, "log-file: " + said + "\n", StandardOpenOption.APPEND);
      assertThat(m.run("mirror", "--once", "-c", file.toString(), "--log-file=" + log)).isZero();
      assertThat(log).content().contains("" + m.source);
      assertThat(said).doesNotExist();
      assertThat(m.run("mirror", "--once", "-c", file.toString())).isZero();
      assertThat(said).content().contains("" + m.source);
      assertThat(m.target.resolve("a")).hasContent("1");
    }
  }

  private static Path fileOfOne(TestingMirrorCommand m) throws IOException {
    String one = "mirrors:\n  one: { from: \"%s/\", to: \"%s\" }\n";
    return Files.writeString(m.tree.top().resolve("one.yaml"), one.formatted(m.source, m.target));
  }

  /** By number no name would match, and nothing would be said. */
  @Test
  void h11_a_map_of_names_counts_without_other_options_and_one_to_nobody_is_refused()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      m.tree.write("root/b", "2");
      Files.setAttribute(m.source.resolve("a"), "unix:uid", 1); // daemon
      Files.setAttribute(m.source.resolve("a"), "unix:gid", 1);
      Files.setAttribute(m.source.resolve("b"), "unix:uid", 4242);
      String from = m.source + "/";
      String to = m.target.toString();
      for (String wrong : new String[] {"--chown=nosuchuser", "--groupmap=1:nosuchgroup"}) {
        assertThat(m.run("mirror", wrong, from, to)).as(wrong).isEqualTo(2);
        assertThat(m.output()).contains("nobody is called \"nosuch");
      }
      assertThat(m.run("mirror", "--usermap=1-x:y", from, to)).isEqualTo(2);
      assertThat(m.run("mirror", "--usermap=bob", from, "far:" + to)).isEqualTo(2);
      assertThat(m.output()).contains("\"bob\" is no pair");
      assertThat(m.target).doesNotExist();
      String users = "--usermap=daemon:nobody";
      assertThat(m.run("mirror", "--once", users, "--groupmap=dae*:games", from, to))
          .as(m.output())
          .isZero();
      assertThat(Files.getAttribute(m.target.resolve("a"), "unix:uid")).isEqualTo(65534);
      assertThat(Files.getAttribute(m.target.resolve("a"), "unix:gid")).isEqualTo(60);
      assertThat(Files.getAttribute(m.target.resolve("b"), "unix:uid")).isEqualTo(4242);
    }
  }

  /** Where a directory is and nothing can be made in it, the kernel says that it is not there. */
  @Test
  void a_target_that_cannot_be_made_is_told() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path dangling = m.tree.top().resolve("dangling");
      Files.createSymbolicLink(dangling, Path.of("none"));
      for (String to : List.of("/proc/none", "/proc/none/below", dangling + "/target")) {
        Files.deleteIfExists(m.log);
        assertThat(m.run("mirror", "--once", m.source + "/", to)).as(m.output()).isNotZero();
        assertThat(m.output())
            .contains("unable to open the target " + to + ": No such file or directory")
            .doesNotContain("fault");
      }
    }
  }

  /** As where a service is started without a locale. */
  @Test
  void h4_a_path_that_the_locale_cannot_name_is_told() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String name = "name=$(printf '\\303\\274'); ";
      Path config = m.tree.top().resolve("lsyncd.lua");
      Files.writeString(
          config,
          "settings { logfile = '%s/\u00fc' }\nsync { default.rsync, source='%s', target='%s' }\n"
              .formatted(m.tree.top(), m.source, m.target));
      for (String[] one :
          new String[][] {
            {"exec \"$@\"", "lsyncd", "-nodaemon", config.toString()},
            {"exec \"$@\" -logfile \"$name\" -rsync a b", "lsyncd", "-nodaemon"},
            {"exec \"$@\" \"$name\"", "lsyncd", "-nodaemon"},
            {"exec \"$@\" --control=\"$name\"", "mirror", m.source + "/", m.target.toString()},
            {"exec \"$@\" --test -c \"$name\"", "mirror"},
          }) {
        Files.deleteIfExists(m.log);
        Process process =
            m.startUnder(
                List.of("env", "LC_ALL=C", "sh", "-c", name + one[0], "sh"),
                Arrays.copyOfRange(one, 1, one.length));
        assertThat(m.await(process)).as(m.output()).isEqualTo(2);
        assertThat(m.output())
            .contains("such as LC_ALL=C.UTF-8")
            .doesNotContain("Exception", "\tat ");
      }
      assertThat(m.target).doesNotExist();
    }
  }

  @Test
  void a_place_that_is_wrong_is_told_once_however_many_mirrors_there_are() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = m.tree.write("file", "no directory");
      Path rules = m.tree.top().resolve("mirror.yaml");
      Files.writeString(
          rules,
          """
          mirrors:
            one: { from: %1$s/, to: %2$s-1 }
            two: { from: %1$s/, to: %3$s/target }
            three: { from: %1$s/, to: %2$s-3 }
          """
              .formatted(m.source, m.target, file));
      assertThat(m.run("mirror", "--test", "-c", rules.toString())).isEqualTo(2);
      assertThat(m.output().lines()).singleElement().asString().contains("two: ", "no directory");
    }
  }

  /** More with -Dgodwit.mirror.sequences=N; a failure names its seed. */
  @Test
  void h21_random_changes_of_a_live_mirror_end_in_equal_trees() throws Exception {
    long first = Long.getLong("godwit.mirror.seed", System.nanoTime() & 0xffffff);
    int sequences = Integer.getInteger("godwit.mirror.sequences", 8);
    for (String parent : new String[] {"/tmp", "/dev/shm"}) {
      try (TestingMirrorCommand m = new TestingMirrorCommand(parent)) {
        m.tree.write("outside/keep", "not to be touched");
        m.live("--delete-limit=100%");
        for (long seed = first; seed < first + sequences; seed++) {
          m.tree.write("root/anchor", "" + seed);
          TestingChanges changes =
              new TestingChanges(seed, m.source, m.tree.top().resolve("outside"), false);
          for (int i = 0; i < 200; i++) {
            changes.change();
          }
          String as = "-Dgodwit.mirror.seed=" + seed + " on " + parent + "\n" + m.output();
          try {
            m.ask("barrier");
          } catch (IOException e) {
            throw new AssertionError(as, e);
          }
          m.assertEqual(as);
          assertThat(m.tree.top().resolve("outside/keep")).hasContent("not to be touched");
        }
      }
    }
  }
}
