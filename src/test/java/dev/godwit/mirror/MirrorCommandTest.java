package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
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
      assertThat(m.run("mirror", "--once", "--background", m.source + "/", m.tree.top() + "/new"))
          .isEqualTo(2);
      assertThat(m.output()).contains("--once and --background exclude each other");
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
      m.awaitOutput("there is nothing to be read again: no file was named with -c");
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
      m.assertEqual("verified");
      assertThat(m.run("mirror", "verify", "--json", "-p", m.control.toString())).isZero();
      assertThat(m.output()).contains("\"equal\" : true", "\"drifted\" : 0");
      assertThatThrownBy(() -> m.ask("pause nobody")).hasMessageContaining("there is no mirror");
      assertThat(m.ask("pause")).isEqualTo("root: paused");
      assertThat(m.run("mirror", "verify", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output()).contains("is not live but PAUSED");
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
      assertThatThrownBy(() -> m.ask("audit")).hasMessageContaining("is not live but PAUSED");
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
      // Many small pieces: it has to last for longer than until it is remembered, and a piece that
      // a busy machine makes slow may not bring a pause that nobody waits for.
      for (int i = 0; i < 2000; i++) {
        m.tree.write("root/d" + i + "/f", "1");
      }
      Process process = m.live("--audit=1s", "--audit-share=0.5%");
      m.await("some directories were looked at", () -> upTo(m).startsWith("d"));
      m.await("it is remembered", () -> isRemembered(m));
      process.destroyForcibly().waitFor();
      Files.delete(m.target.resolve("d0/f"));

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
  void h27_a_root_that_is_gone_empty_or_another_one_halts_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 20; i++) {
        m.tree.write("root/f" + i, "" + i);
      }
      m.live();
      Map<String, String> before = TestingWalker.describe(m.target);
      Path aside = m.tree.top().resolve("aside");
      Files.move(m.source, aside);
      m.awaitState("halted");
      m.awaitOutput("HALTED");
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isEqualTo(1);
      assertThat(m.output())
          .as("where the command is alone, its status")
          .containsPattern("To\\s+go\\s+on:\\s+`godwit\\s+mirror\\s+resume\\s+root`\\n");
      assertThat(TestingWalker.describe(m.target)).as("moved away").isEqualTo(before);
      Files.createDirectory(m.source);
      m.ask("resume");
      m.awaitState("halted");
      assertThat(TestingWalker.describe(m.target)).as("another one").isEqualTo(before);
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
      command("mount", "-t", "tmpfs", "tmpfs", m.source.toString());
      boolean isMounted = true;
      try {
        for (int i = 0; i < 20; i++) {
          m.tree.write("root/f" + i, "" + i);
        }
        m.live();
        Map<String, String> before = TestingWalker.describe(m.target);
        command("umount", "--lazy", m.source.toString()); // the watch holds it
        isMounted = false;
        m.awaitState("halted");
        m.tree.write("root/below", "what the mount had covered");
        m.ask("resume");
        m.awaitState("halted");
        assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
      } finally {
        m.end();
        if (isMounted) {
          command("umount", m.source.toString());
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
  void a_barrier_of_a_process_that_is_stopped_says_so_and_ends() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process process = m.live();
      String[] barrier = {"mirror", "barrier", "--limit=1s", "--process=" + m.control};
      command("kill", "-STOP", "" + process.pid());
      try {
        assertThat(m.await(m.start(barrier))).isEqualTo(3);
      } finally {
        command("kill", "-CONT", "" + process.pid());
      }
      assertThat(m.log)
          .content()
          .contains("the mirror at " + m.control + " says nothing for ")
          .contains("process " + process.pid() + " was stopped by a signal; `kill -CONT ");
      assertThat(m.await(m.start("mirror", "barrier", "--process=" + m.control))).isZero();
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

  @Test
  void h24_a_full_target_is_filled_when_there_is_room() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Files.createDirectory(m.target);
      command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", m.target.toString());
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
        command("umount", m.target.toString());
      }
    }
  }

  private static void command(String... words) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(words).inheritIO().start();
    assertThat(process.waitFor()).as(String.join(" ", words)).isZero();
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
      command(rsync.toArray(String[]::new));
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
      command("rsync", "-rlt", m.source + "/", expected.toString());
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
      command("kill", "-" + signal, "" + first.pid());
      String to = m.tree.top().resolve("other").toString();
      assertThat(m.run("mirror", "--background", "--control=" + m.control, m.source + "/", to))
          .as(m.output())
          .isEqualTo(1);
      assertThat(m.output())
          .contains("does not start", "another process answers at " + m.control)
          .doesNotContain("mirrors in the background");
      command("kill", "-CONT", "" + first.pid());
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
      assertThat(first).content().contains("finishes what is in flight");
      Path second = inBackground(m);
      assertThat(first).doesNotExist();
      Files.delete(second);
    }
  }

  /** Returns when it has ended; where it has written to. */
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
    process.destroy();
    TestingPatience.get(process.onExit());
    return Path.of(said.group(2));
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
