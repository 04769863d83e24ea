package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A source that is not there when its mirror begins. */
@Timeout(300)
final class MirrorAbsentSourceTest {
  private static final String YAML =
      """
      mirrors:
        absent: { from: %1$s/absent/, to: %1$s/absent-copy }
        there: { from: %1$s/root/, to: %1$s/target }
      control: %1$s/control.sock
      """;

  private static final String LUA =
      """
      settings { nodaemon = true, insist = true }
      sync { default.rsync, source = "%1$s/absent", target = "%1$s/absent-copy", delay = 1 }
      sync { default.rsync, source = "%1$s/root", target = "%1$s/target", delay = 1 }
      """;

  private static Path configured(TestingMirrorCommand m, String text) throws Exception {
    m.tree.write("root/a", "1");
    Path file = m.tree.top().resolve("mirrors");
    return Files.writeString(file, text.formatted(m.tree.top()));
  }

  private static JsonNode mirror(TestingMirrorCommand m, int number) throws Exception {
    return JsonMapper.shared().readTree(m.ask("status")).get("mirrors").get(number);
  }

  @ParameterizedTest
  @ValueSource(strings = {YAML, LUA})
  void h27_it_halts_its_own_mirror_until_it_is_there(String text) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path file = configured(m, text);
      Process process = m.start("mirror", "--control=" + m.control, "-c", file.toString());
      m.await(
          "the other one is live",
          () -> Files.exists(m.control) && mirror(m, 1).get("state").asString().equals("live"));
      m.await("halted", () -> mirror(m, 0).get("state").asString().equals("halted"));
      assertThat(mirror(m, 0).get("message").asString())
          .contains(m.tree.top() + "/absent is not there", "goes on by itself");
      assertThat(m.tree.top().resolve("absent-copy")).doesNotExist();
      m.tree.write("root/b", "2");
      m.await("the other one goes on", () -> Files.exists(m.target.resolve("b")));
      m.tree.write("absent/c", "3");
      m.await("it begins", () -> mirror(m, 0).get("state").asString().equals("live"));
      m.await("copied", () -> Files.exists(m.tree.top().resolve("absent-copy/c")));
      process.destroy();
      assertThat(m.await(process)).as(m.output()).isZero();
    }
  }

  @Test
  void h27_one_that_was_mirrored_before_and_is_back_goes_on_and_another_one_does_not()
      throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path file = configured(m, YAML);
      m.tree.write("absent/c", "3");
      Process process = m.start("mirror", "-c", file.toString());
      m.await(
          "live",
          () -> Files.exists(m.control) && mirror(m, 0).get("state").asString().equals("live"));
      process.destroy();
      m.await(process);
      Path away = m.tree.top().resolve("away");
      Files.move(m.tree.top().resolve("absent"), away);
      m.start("mirror", "-c", file.toString());
      m.await(
          "halted",
          () -> Files.exists(m.control) && mirror(m, 0).get("state").asString().equals("halted"));
      assertThat(mirror(m, 0).get("message").asString()).contains("absent is gone");
      m.tree.write("absent/other", "4");
      m.await(
          "another one",
          () -> mirror(m, 0).get("message").asString().contains("is not the directory that was"));
      assertThat(m.tree.top().resolve("absent-copy/c")).hasContent("3");
      assertThat(m.tree.top().resolve("absent-copy/other")).doesNotExist();
    }
  }

  @Test
  void once_it_is_missing_in_what_is_done_and_test_tells_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path file = configured(m, YAML);
      assertThat(m.run("mirror", "--test", "-c", file.toString())).isEqualTo(2);
      assertThat(m.output()).contains("absent cannot be opened: No such file or directory");
      assertThat(m.target).doesNotExist();
      assertThat(m.run("mirror", "--once", "-c", file.toString())).isEqualTo(1);
      assertThat(m.target.resolve("a")).hasContent("1");
      assertThat(m.tree.top().resolve("absent-copy")).doesNotExist();
    }
  }
}
