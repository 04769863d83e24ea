package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** H25: another file system is mounted below the source's root. */
@Timeout(TestingPatience.TEST_SECONDS)
class OtherMountTest extends TestingTwoTrees {
  @BeforeEach
  void files() throws Exception {
    Files.createDirectories(source.resolve("d/data"));
    Files.writeString(source.resolve("d/other"), "1");
    Files.createDirectories(target.resolve("d/data/deep"));
    Files.writeString(target.resolve("d/data/deep/precious"), "1");
  }

  @AfterEach
  void unmount() throws Exception {
    if (source.resolve("d/data").toFile().isDirectory()) {
      new ProcessBuilder("umount", "-lq", source.resolve("d/data").toString()).start().waitFor();
    }
  }

  private void mount(String... options) throws Exception {
    List<String> command = new java.util.ArrayList<>(List.of("mount"));
    command.addAll(List.of(options));
    command.add(source.resolve("d/data").toString());
    TestingTrees.run(folder, command.toArray(String[]::new));
  }

  private void assertKept() {
    assertThat(target.resolve("d/data/deep/precious")).hasContent("1");
  }

  private static void assertRefused(BarrierResult result) {
    assertThat(result.failures()).isPositive();
    assertThat(result.first().toString())
        .contains("d/data: another file system is mounted there")
        .contains(
            "list it as a tree of its own (a mirror: name it with --mounts), leave it out by a filter");
  }

  @Test
  void h25_a_mount_is_not_crossed_and_nothing_is_removed_there() throws Exception {
    mount("-t", "tmpfs", "none");
    Files.writeString(source.resolve("d/data/inside"), "1");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertRefused(session.barrier());
      assertThat(target.resolve("d/other")).hasContent("1");
      assertKept();
      session.lookNames("d/data", "inside", "deep");
      assertRefused(session.barrier());
      session.lookNames("d", "data");
      assertRefused(session.barrier());
      session.lookTree("d/data");
      assertRefused(session.barrier());
      assertThat(target.resolve("d/data/inside")).doesNotExist();
      assertKept();
    }
  }

  @Test
  void h25_a_directory_of_the_same_device_that_is_mounted_counts_too() throws Exception {
    Path bound = TestingTrees.folder(folder, "bound");
    Files.writeString(bound.resolve("inside"), "1");
    mount("--bind", bound.toString());
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertRefused(session.barrier());
      assertThat(target.resolve("d/data/inside")).doesNotExist();
      assertKept();
    }
  }

  @Test
  void h25_a_mount_that_goes_leaves_the_target_alone() throws Exception {
    mount("-t", "tmpfs", "none");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertRefused(session.barrier());
      TestingTrees.run(folder, "umount", source.resolve("d/data").toString());
      session.lookAll();
      assertThat(session.barrier().first().toString()).contains("d/data/deep: not removed");
      assertKept();
      // Nor when the place itself goes, or what it was in.
      Files.delete(source.resolve("d/data"));
      session.lookNames("d", "data");
      assertThat(session.barrier().first().toString()).contains("d/data: not removed");
      assertKept();
      TestingTrees.run(source, "rm", "-r", "d");
      Files.writeString(source.resolve("stays"), "1");
      session.lookNames("", "d", "stays");
      assertThat(session.barrier().failures()).isPositive();
      assertThat(target.resolve("stays")).exists();
      assertKept();
      // By hand it may go.
      TestingTrees.run(target, "rm", "-r", "d/data");
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      assertThat(target.resolve("d")).doesNotExist();
    }
  }

  @Test
  void h25_a_mount_that_takes_part_is_read_where_it_is_mounted() throws Exception {
    mount("-t", "tmpfs", "none");
    Files.writeString(source.resolve("d/data/inside"), "1");
    Files.createDirectories(source.resolve("d/data/another"));
    TestingTrees.run(
        folder, "mount", "-t", "tmpfs", "none", source.resolve("d/data/another").toString());
    Files.writeString(source.resolve("d/data/another/foreign"), "1");
    try (TestingSeries session = new TestingSeries(source, target)) {
      assertThat(session.source.join(Names.of("d/data"))).isPositive();
      session.lookAll();
      BarrierResult result = session.barrier();
      assertThat(result.first()).hasSize(1);
      assertThat(result.first().toString())
          .contains("d/data/another: another file system is mounted there");
      assertThat(target.resolve("d/data/inside")).hasContent("1");
      assertThat(target.resolve("d/data/deep")).doesNotExist();
      assertThat(target.resolve("d/data/another/foreign")).doesNotExist();
    }
  }

  /** What is under it must not be taken for what it held. */
  @Test
  void h27_a_mount_that_takes_part_and_goes_removes_nothing() throws Exception {
    mount("-t", "tmpfs", "none");
    Files.createDirectories(source.resolve("d/data/deep"));
    Files.writeString(source.resolve("d/data/deep/precious"), "1");
    try (TestingSeries session = new TestingSeries(source, target)) {
      var unused = session.source.join(Names.of("d/data"));
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      TestingTrees.run(folder, "umount", "-l", source.resolve("d/data").toString());
      session.lookNames("d/data", "deep");
      assertThat(session.barrier().first().toString())
          .contains("d/data: what was mounted there is gone, or something else is there");
      assertThat(session.source.halted()).isNotNull();
      session.lookAll();
      assertKept();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void h35_what_is_mounted_below_the_target_is_not_emptied(boolean isBound) throws Exception {
    Path mounted = TestingTrees.folder(target.resolve("d/data"), "mounted");
    if (isBound) { // of the same file system
      Path elsewhere = TestingTrees.folder(folder, "elsewhere");
      TestingTrees.run(folder, "mount", "--bind", elsewhere.toString(), mounted.toString());
    } else {
      TestingTrees.run(folder, "mount", "-t", "tmpfs", "none", mounted.toString());
    }
    try (TestingSeries session = new TestingSeries(source, target)) {
      Files.writeString(mounted.resolve("precious"), "1");
      session.lookAll();
      assertThat(session.barrier().first().toString())
          .contains("d/data/mounted: not removed: another file system is mounted there");
      assertThat(mounted.resolve("precious")).hasContent("1");
      TestingTrees.run(source, "rm", "-r", "d");
      Files.writeString(source.resolve("stays"), "1");
      session.lookNames("", "d", "stays");
      assertThat(session.barrier().failures()).isPositive();
      assertThat(mounted.resolve("precious")).hasContent("1");
    } finally {
      TestingTrees.run(folder, "umount", mounted.toString());
    }
  }

  @Test
  void h25_an_excluded_mount_is_nobodys_business() throws Exception {
    mount("-t", "tmpfs", "none");
    try (TestingSeries session = new TestingSeries(source, target, "/d/data")) {
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      assertKept();
    }
  }
}
