package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** H30: the target is the directory that it was, or nothing is written. */
@Tag("lab")
@Timeout(600)
final class MirrorTargetRootTest {
  @TempDir private Path folder;

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> names = Files.list(directory)) {
      return names.map(name -> name.getFileName().toString()).toList();
    }
  }

  private TestingSshd sshd() throws Exception {
    return new TestingSshd(folder, TestingAgentFolder.filled(folder.resolve("far/agent")));
  }

  private static String[] words(TestingMirrorCommand m, TestingSshd far, String target) {
    List<String> words = new ArrayList<>(List.of("mirror", "--control=" + m.control));
    words.addAll(List.of("-e", "ssh " + String.join(" ", far.clientArguments())));
    words.addAll(List.of(m.source + "/", target));
    return words.toArray(String[]::new);
  }

  @ParameterizedTest
  @CsvSource({"ext4,false,''", "xfs,false,/vmail", "ext4,true,/vmail"})
  void h30_a_target_that_is_not_mounted_at_the_start_is_not_filled(
      String kind, boolean isFar, String below) throws Exception {
    assumeThat(!isFar || Files.isRegularFile(TestingMirrorCommand.jar()))
        .as("packaged before")
        .isTrue();
    try (TestingDisk disk = new TestingDisk(kind);
        TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path target = Path.of(disk.place() + below);
      String to = (isFar ? sshd.destination().text() + ":" : "") + target;
      m.tree.write("root/d/a", "1");
      Process first = m.start(words(m, sshd, to));
      m.awaitState("live");
      first.destroy();
      assertThat(m.await(first)).as(m.output()).isZero();

      disk.unmounted();
      m.tree.write("root/d/b", "2");
      var unused = m.start(words(m, sshd, to));
      String why = m.awaitState("halted").get("message").asString();
      assertThat(why)
          .contains(
              "the target " + target,
              below.isEmpty() ? "is not the directory that was mirrored to" : "is gone",
              "Nothing is written");
      assertThat(names(disk.place())).isEmpty();

      disk.mount();
      m.awaitState("live");
      m.ask("barrier");
      assertThat(target.resolve("d/b")).hasContent("2");
    }
  }

  @Test
  void h30_a_target_that_is_unmounted_while_it_is_live() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      var unused = m.start("mirror", "--control=" + m.control, m.source + "/", "" + disk.place());
      m.awaitState("live");
      m.ask("barrier");
      disk.detached();
      m.tree.write("root/b", "2");
      m.awaitState("halted");
      assertThat(names(disk.place())).isEmpty();
      disk.mount();
      m.awaitState("live");
      m.ask("barrier");
      assertThat(disk.place().resolve("b")).hasContent("2");
    }
  }

  @Test
  void h30_a_barrier_does_not_speak_of_a_disk_that_is_not_there() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      var unused = m.start("mirror", "--control=" + m.control, m.source + "/", "" + disk.place());
      m.awaitState("live");
      disk.detached();
      String answer;
      try {
        answer = m.ask("barrier");
      } catch (IOException e) {
        answer = String.valueOf(e.getMessage());
      }
      assertThat(answer).contains("leads to another directory");
    }
  }

  @Test
  void h30_another_disk_is_filled_when_somebody_has_said_so() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingDisk other = new TestingDisk("ext4");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path link = Files.createSymbolicLink(m.tree.top().resolve("link"), disk.place());
      m.tree.write("root/a", "1");
      String[] once = {"mirror", "--once", m.source + "/", link.toString()};
      assertThat(m.run(once)).as(m.output()).isZero();
      Files.delete(link);
      Files.createSymbolicLink(link, other.place());
      assertThat(m.run(once)).as(m.output()).isEqualTo(1);
      assertThat(m.output()).contains("it is another one, on ext4 as that one");
      assertThat(names(other.place())).containsExactly("lost+found");
      assertThat(m.run("mirror", "--once", "--new-root", m.source + "/", link.toString()))
          .as(m.output())
          .isZero();
      assertThat(other.place().resolve("a")).hasContent("1");
      assertThat(m.run(once)).as(m.output()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"default.rsync", "default.direct"})
  void h30_a_configuration_of_lsyncd_whose_target_is_not_mounted(String layer) throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file =
          Files.writeString(
              m.tree.top().resolve("lsyncd.conf.lua"),
              "settings { nodaemon = true }\nsync { %s, source = \"%s\", target = \"%s\", delay = 0 }\n"
                  .formatted(layer, m.source, disk.place()));
      Process first = m.start("lsyncd", file.toString());
      m.awaitOutput("Sync1: live");
      first.destroy();
      assertThat(m.await(first)).as(m.output()).isZero();
      disk.unmounted();
      var unused = m.start("lsyncd", file.toString());
      m.awaitOutput("Sync1: HALTED: the target " + disk.place() + " is not the directory");
      assertThat(names(disk.place())).isEmpty();
      disk.mount();
      m.tree.write("root/b", "2");
      m.await("mounted again", () -> Files.exists(disk.place().resolve("b")));
    }
  }

  @Test
  void h30_a_directory_of_memory_is_filled_again_after_a_reboot() throws Exception {
    try (TestingDisk memory = new TestingDisk("tmpfs");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String[] once = {"mirror", "--once", m.source + "/", memory.place().toString()};
      assertThat(m.run(once)).as(m.output()).isZero();
      var unused = TestingOracle.run("umount", memory.place().toString());
      unused = TestingOracle.run("mount", "-t", "tmpfs", "none", memory.place().toString());
      assertThat(m.run(once)).as(m.output()).isZero();
      assertThat(memory.place().resolve("a")).hasContent("1");
    }
  }
}
