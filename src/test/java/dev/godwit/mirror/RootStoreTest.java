package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.CoarseClock;
import dev.godwit.linux.Names;
import dev.godwit.sync.copy.KnownTarget;
import dev.godwit.sync.copy.RemovalWindow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RootStoreTest {
  private static final RootKey KEY =
      new RootKey("null", Names.of("/a"), "null", Names.of("/b"), "/a -> /b");

  private static final KnownTarget TARGET = new KnownTarget("58465342-0a-h81-0b", 7);

  private static final List<Witness> SEEN =
      List.of(new Witness("", 2, 3), new Witness("a b\n/c \u00ff", 4, 5));

  @TempDir private Path folder;

  private void assertKept(@Nullable Instant seenUntil, List<KnownMount> mounts) throws IOException {
    RootStore store = new RootStore(folder.resolve("state"));
    RootMemory memory = new RootMemory("ef53-1-h1-02", true, true, seenUntil, mounts, TARGET, SEEN);
    store.write(KEY, memory);
    assertThat(store.read(KEY)).isEqualTo(memory);
    RootMemory begun = new RootMemory("ef53-1-h1-02", true, false, seenUntil, mounts, TARGET, SEEN);
    store.write(KEY, begun);
    assertThat(store.read(KEY)).isEqualTo(begun);
  }

  @Test
  void h27_what_was_written_is_read_again() throws Exception {
    assertThat(new RootStore(folder).read(KEY)).isEqualTo(RootMemory.NONE);
    List<KnownMount> mounts =
        List.of(
            new KnownMount("d/data", "1021994-5-h1-aa"),
            new KnownMount("line\nbreak \u00ff mount", ""));
    assertKept(null, List.of());
    assertKept(null, mounts);
    assertKept(Instant.parse("2026-01-02T03:04:05.006Z"), mounts);
  }

  /** As where somebody else has once begun a mirror with this user's folders. */
  @Test
  void h27_what_cannot_be_read_is_told_with_the_reason() throws Exception {
    Files.createSymbolicLink(folder.resolve(KEY.fileName()), Path.of(KEY.fileName()));
    assertThatThrownBy(() -> new RootStore(folder).read(KEY))
        .hasMessageStartingWith("unable to read which directories were mirrored before: " + folder)
        .hasMessageContaining("Too many levels of symbolic links");
  }

  /** Of which nothing says that the target was equal once, as it was, mostly. */
  @Test
  void what_an_older_version_has_written_is_read() throws Exception {
    Files.writeString(
        folder.resolve(KEY.fileName()), "ef53-1-h1-02\nfilled\nwords\n2026-01-02T03:04:05Z\n");
    assertThat(new RootStore(folder).read(KEY))
        .isEqualTo(
            new RootMemory(
                "ef53-1-h1-02",
                true,
                true,
                Instant.parse("2026-01-02T03:04:05Z"),
                List.of(),
                KnownTarget.NONE,
                List.of()));
  }

  @Test
  void h23_an_audit_that_has_not_come_to_its_end_is_read_again() throws Exception {
    Instant began = Instant.parse("2026-01-02T03:04:05.006Z");
    AuditState fresh =
        new AuditState(false, false, 0.1, began, began, 0, AuditPlace.START, Drift.NONE);
    AuditState atRoot =
        new AuditState(
            true,
            true,
            1,
            began,
            began.plusSeconds(1),
            2,
            new AuditPlace("", List.of("a b", "line\nbreak \u00ff,")),
            new Drift(5, 3, List.of("*deleting   a, b", "\u20ac")));
    AuditState further = atRoot.at(new AuditPlace("a b/c", List.of()), Drift.NONE);
    RootStore store = new RootStore(folder.resolve("state"));
    RootMemory memory =
        new RootMemory(
            "ef53-1-h1-02",
            true,
            true,
            began,
            List.of(),
            TARGET,
            SEEN,
            "0a1b",
            Instant.parse("2026-01-02T03:04:05Z"),
            List.of(atRoot, further, fresh));
    store.write(KEY, memory);
    assertThat(store.read(KEY)).isEqualTo(memory);
  }

  /** What counts of removals is told by ages; in between it is the clock on the wall. */
  @Test
  void h27_what_was_removed_is_read_again_for_as_long_as_it_counts() throws Exception {
    RootStore store = new RootStore(folder);
    RemovalWindow.Step old = new RemovalWindow.Step(Duration.ofMinutes(5), 400);
    RemovalWindow.Step last = new RemovalWindow.Step(Duration.ofSeconds(3), 2);
    RootMemory memory =
        new RootMemory(
            "ef53-1-h1-02", true, true, null, List.of(), TARGET.with(List.of(old, last)), SEEN);
    store.write(KEY, memory);
    List<RemovalWindow.Step> read = store.read(KEY).target().removed();
    assertThat(read).extracting(RemovalWindow.Step::names).containsExactly(400L, 2L);
    assertThat(read.getFirst().age()).isBetween(old.age(), old.age().plusSeconds(60));
    assertThat(store.read(KEY).hasSameRemovals(memory)).isTrue();
    assertThat(store.read(KEY).target().identity()).isEqualTo(TARGET.identity());
    Path file = folder.resolve(KEY.fileName());
    // The clock was set forward meanwhile, by two hours.
    String clocks =
        "clocks %s %d %s"
            .formatted(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
                CoarseClock.sinceBootNanos(),
                Instant.now().minusSeconds(7200));
    String minute = "removed " + Instant.now().minusSeconds(7260) + " 7\n";
    Files.writeString(file, "id\nfilled\nw\n" + clocks + "\n" + minute);
    assertThat(store.read(KEY).target().removed())
        .extracting(RemovalWindow.Step::names)
        .containsExactly(7L);
    // The host was booted, and nobody knows how long ago it was: the clock on the wall counts.
    Files.writeString(
        file, "id\nfilled\nw\n" + clocks.replace("clocks ", "clocks x") + "\n" + minute);
    assertThat(store.read(KEY).target().removed()).isEmpty();
    // The clock was set back meanwhile, or much time has passed.
    String before = "id\nfilled\nw\nremoved " + Instant.now().plusSeconds(7200) + " 5\n";
    Files.writeString(file, before + "removed " + Instant.now().minusSeconds(700) + " 6\n");
    assertThat(store.read(KEY).target().removed())
        .containsExactly(new RemovalWindow.Step(Duration.ZERO, 5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one line",
        "id\nhalf",
        "id\nfilled\nwords\nmount x",
        "id\nfilled\nw\nmount - zz",
        "id\nfilled\nw\naudit x",
        "id\nfilled\nw\nremoved 2026-01-02T03:04:05Z",
        "id\nfilled\nw\nclocks x 1",
        "id\nfilled\nw\nremoved 2026-01-02T03:04:05Z 0",
        "id\nfilled\nw\nremoved 2026-01-02T03:04:05Z 9000000000000000000",
        "id\nfilled\nw\naudit true true 1 2026-01-02T03:04:05Z 2026-01-02T03:04:05Z 1 - 0 0 2e2e "
      })
  void h27_what_was_not_written_by_us_is_not_read(String text) throws Exception {
    Files.writeString(folder.resolve(KEY.fileName()), text);
    assertThatThrownBy(() -> new RootStore(folder).read(KEY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not what Godwit has written");
  }

  @Test
  @Tag("lab")
  void h31_what_was_written_survives_a_power_cut() throws Exception {
    // The least that a file system promises.
    try (TestingDisk disk = new TestingDisk("ext4", "-E", "lazy_itable_init=0")) {
      var unused =
          TestingOracle.run("mount", "-o", "remount,noauto_da_alloc", disk.place().toString());
      RootStore store = new RootStore(disk.place().resolve("var/lib/state"));
      for (int i = 0; i < 3; i++) {
        RootMemory memory =
            new RootMemory("ef53-1-h1-0" + i, true, true, Instant.EPOCH, List.of(), TARGET, SEEN);
        store.write(KEY, memory);
        disk.powerOff();
        disk.powerOn();
        assertThat(store.read(KEY)).isEqualTo(memory);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"})
  void h31_what_a_power_cut_has_left_is_known_to_be_lost(String text) throws Exception {
    Files.writeString(folder.resolve(KEY.fileName()), text);
    assertThatThrownBy(() -> new RootStore(folder).read(KEY))
        .isInstanceOf(RootStore.LostException.class)
        .hasMessageContaining("what was remembered of the source is lost");
  }
}
