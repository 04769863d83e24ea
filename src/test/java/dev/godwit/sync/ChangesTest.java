package dev.godwit.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.LocalHost;
import dev.godwit.host.Processes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was changed since a time is found, whatever kind of change it was, and nothing else. */
class ChangesTest {
  @TempDir Path root;

  private List<String> mounts = List.of();

  /** What the clock was ahead of the one by which the changes are looked for, in nanoseconds. */
  private long ahead;

  private interface Act {
    void on(Path directory) throws Exception;
  }

  private Changes after(Act act) throws Exception {
    Files.createDirectories(root.resolve("a/b"));
    Files.writeString(root.resolve("a/b/file"), "as it was");
    Files.writeString(root.resolve("a/gone"), "");
    Files.createDirectories(root.resolve("cache"));
    try (LocalHost host = new LocalHost("old", List.of(new ChangesAbility()))) {
      Changes.Time since = Changes.now(host);
      since = new Changes.Time(since.nanos() + ahead, since.bootedNanos() + ahead);
      act.on(root);
      return Changes.since(
          host,
          root.toString().getBytes(StandardCharsets.UTF_8),
          List.of("cache"),
          mounts.stream().map(mount -> mount.getBytes(StandardCharsets.UTF_8)).toList(),
          since);
    }
  }

  @Test
  void nothing_was_changed() throws Exception {
    Changes changes =
        after(
            directory -> {
              assertThat(Files.readString(directory.resolve("a/b/file"))).isNotEmpty();
              Files.writeString(directory.resolve("cache/excluded"), "new");
            });
    assertThat(changes).isEqualTo(new Changes(0, List.of(), 0));
  }

  @Test
  void a_file_that_was_written() throws Exception {
    assertThat(after(directory -> Files.writeString(directory.resolve("a/b/file"), "other")))
        .isEqualTo(new Changes(1, List.of("a/b/file"), 0));
  }

  @Test
  void h19_a_file_whose_time_was_set_back() throws Exception {
    Changes changes =
        after(
            directory -> {
              Path file = directory.resolve("a/b/file");
              FileTime before = Files.getLastModifiedTime(file);
              Files.writeString(file, "as it is!");
              Files.setLastModifiedTime(file, before);
            });
    assertThat(changes).isEqualTo(new Changes(1, List.of("a/b/file"), 0));
  }

  @Test
  void a_name_that_has_come_and_one_that_has_gone() throws Exception {
    assertThat(after(directory -> Files.writeString(directory.resolve("a/b/new"), "")).first())
        .containsExactlyInAnyOrder("a/b", "a/b/new");
    assertThat(after(directory -> Files.delete(directory.resolve("a/gone"))).first())
        .containsExactly("a");
  }

  @Test
  void h84_what_was_written_after_the_clock_was_set_back() throws Exception {
    ahead = Duration.ofHours(2).toNanos();
    Changes changes = after(directory -> Files.writeString(directory.resolve("a/b/file"), "other"));
    assertThat(changes.first()).contains("a/b/file");
    assertThat(Duration.ofNanos(changes.setBackNanos()))
        .isBetween(Duration.ofMinutes(119), Duration.ofMinutes(121));
  }

  @Test
  void a_time_far_ahead_is_no_change() throws Exception {
    Files.createDirectories(root.resolve("a"));
    Files.setLastModifiedTime(
        root.resolve("a"), FileTime.from(Instant.parse("2120-01-01T00:00:00Z")));
    assertThat(after(directory -> {}).count()).isZero();
  }

  @Test
  void all_are_counted_and_the_first_are_named() throws Exception {
    Changes changes =
        after(
            directory -> {
              for (int i = 0; i < 100; i++) {
                Files.writeString(directory.resolve("a/b/" + i), "");
              }
            });
    assertThat(changes.count()).isEqualTo(101);
    assertThat(changes.first()).hasSize(ChangesAbility.NAMED_MAX);
  }

  /** A mount that belongs to the tree is a part of it; any other one cannot be told to be still. */
  @Test
  @Tag("lab")
  void h25_what_is_mounted_in_the_tree() throws Exception {
    Path place = Files.createDirectories(root.resolve("a/data"));
    mounts = List.of("a/data");
    assertThat(after(directory -> {}).count()).as("nothing is mounted there").isZero();
    run("mount", "-t", "tmpfs", "none", place.toString());
    try {
      Files.createDirectories(place.resolve("in"));
      assertThat(after(directory -> {}).count()).isZero();
      assertThat(after(directory -> Files.writeString(place.resolve("in/new"), "1")).first())
          .containsExactlyInAnyOrder("a/data/in", "a/data/in/new");
      mounts = List.of();
      assertThat(after(directory -> {}).first()).singleElement().asString().contains("a/data: ");
    } finally {
      run("umount", place.toString());
    }
  }

  private static void run(String... argv) throws Exception {
    Processes.Outcome outcome = Processes.run(List.of(argv), Duration.ofSeconds(20));
    assertThat(outcome.isSuccess()).as(outcome.err()).isTrue();
  }
}
