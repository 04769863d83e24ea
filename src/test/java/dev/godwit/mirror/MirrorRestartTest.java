package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.Watch.Rung;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happened while no mirror ran. */
@Tag("lab")
@Timeout(300)
final class MirrorRestartTest {
  /** Longer than anything is in doubt that nobody has seen. */
  private static final Duration DOWN = Duration.ofHours(2);

  /**
   * A file that was changed an hour ago, and whose size and time are those from before. That its
   * inode changed an hour ago can only be said while its file system is not mounted.
   */
  @Test
  void h19_a_change_of_equal_size_with_its_time_set_back() throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      m.tree.write("root/stays", "1");
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
      Files.setLastModifiedTime(file, time);
      m.live();
      m.assertEqual("at first");
      RootMemory memory = m.mirror.memory();
      assertThat(memory.seenUntil()).isBetween(Instant.now().minusSeconds(60), Instant.now());
      m.mirror.close();
      changeUnseen(disk, file, time);
      assertThat((FileTime) Files.getAttribute(file, "unix:ctime"))
          .isLessThan(FileTime.from(Instant.now().minus(50, ChronoUnit.MINUTES)));
      assertThat(Files.getLastModifiedTime(file)).isEqualTo(time);

      RootMemory then =
          new RootMemory(
              memory.identity(),
              memory.wasFilled(),
              memory.wasLive(),
              Instant.now().minus(DOWN),
              List.of(),
              memory.target(),
              List.of());
      try (Mirror again = m.again(then)) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        var unused = again.barrier(TestingMirror.LIMIT);
        assertThat(m.target.resolve("in/a")).hasContent("two content");
      }
    }
  }

  /** What takes no part for a while is watched by nobody, as if nothing ran. */
  @ParameterizedTest
  @ValueSource(strings = {"exclude", "max-size", "changes-only"})
  void h19_what_changed_while_it_took_no_part_is_compared_when_it_does_again(String how)
      throws Exception {
    try (TestingDisk disk = new TestingDisk("ext4");
        TestingMirror m = new TestingMirror(disk.place().toString(), Rung.BEST)) {
      m.tree.write("root/stays", "1");
      Path file = m.tree.write("root/in/a", "one content");
      FileTime time = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
      Files.setLastModifiedTime(file, time);
      m.live();
      m.assertEqual("at first");
      m.mirror.close();
      RootMemory memory = seenUntil(m.mirror.memory(), Instant.now().minus(2, ChronoUnit.HOURS));
      Rules.Builder small = SeriesRequest.exactRules();
      if (how.equals("max-size")) {
        small.sizeMax = 3;
      }
      MirrorManner manner =
          new MirrorManner(small.build(), Removals.ALL, 100, Duration.ZERO, Duration.ZERO, false)
              .changesOnly(how.equals("changes-only"));
      List<FilterRule> filters =
          how.equals("exclude")
              ? List.of(FilterRule.of(FilterRule.Kind.EXCLUDE, Names.of("/in/a")))
              : List.of();
      changeUnseen(disk, file, time);
      for (int run = 0; run < 2; run++) { // the second one knows of the choice, too
        try (Mirror without = m.again(memory, filters, manner)) {
          without.start();
          without.awaitLive(TestingMirror.LIMIT);
          var unused = without.barrier(TestingMirror.LIMIT);
          memory = without.memory();
        }
        assertThat(m.target.resolve("in/a")).hasContent("one content");
      }
      assertThat(memory.seenUntil()).isAfter(Instant.now().minusSeconds(60));
      try (Mirror again = m.again(memory)) {
        again.start();
        again.awaitLive(TestingMirror.LIMIT);
        var unused = again.barrier(TestingMirror.LIMIT);
        assertThat(m.target.resolve("in/a")).hasContent("two content");
        assertThat(again.memory().othersSeenUntil()).isNull();
      }
    }
  }

  private static RootMemory seenUntil(RootMemory memory, Instant then) {
    return new RootMemory(
        memory.identity(),
        memory.wasFilled(),
        memory.wasLive(),
        then,
        List.of(),
        memory.target(),
        List.of(),
        memory.choice(),
        memory.othersSeenUntil(),
        List.of());
  }

  /** Other content of the same size and time, an hour ago. */
  private static void changeUnseen(TestingDisk disk, Path file, FileTime time) throws Exception {
    Files.writeString(file, "two content");
    Files.setLastModifiedTime(file, time);
    disk.setChanged(file, Instant.now().minus(1, ChronoUnit.HOURS));
  }
}
