package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrashTest {
  private static final DateTimeFormatter HOUR =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH'h'").withZone(ZoneOffset.UTC);

  private static final int FILES = 3000;
  private static final long SECONDS_KEPT = Duration.ofHours(5).toSeconds();

  @TempDir private Path root;

  private Path write(String path) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, path);
  }

  private static String hoursAgo(int hours) {
    return HOUR.format(Instant.now().minus(Duration.ofHours(hours)));
  }

  private static Trash trash(DirectoryHandle root) {
    return Objects.requireNonNull(Trash.of(root, Names.of("trash"), SECONDS_KEPT));
  }

  @Test
  void h37_what_was_kept_long_enough_goes_when_nothing_comes_too() throws Exception {
    String youngRun = "trash/" + hoursAgo(2);
    String oldRun = "trash/" + hoursAgo(8);
    String laterRun = "trash/" + hoursAgo(9);
    Path young = write(youngRun + "/a/young");
    Path unused = write(oldRun + "/a/old");
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(root.toString()));
        Trash trash = trash(handle)) {
      trash.tidy(Duration.ofMillis(10));
      awaitGone(root.resolve(oldRun));
      unused = write(laterRun + "/a/later");
      awaitGone(root.resolve(laterRun));
    }
    assertThat(young).exists();
    Files.delete(young);
    Files.delete(root.resolve(youngRun + "/a"));
    Files.delete(root.resolve(youngRun));
    Files.delete(root.resolve("trash"));
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(root.toString()));
        Trash trash = trash(handle)) {
      trash.tidy(Duration.ofMillis(10));
      Thread.sleep(100); // several looks
    }
    assertThat(root.resolve("trash")).as("made for nothing").doesNotExist();
  }

  private static void awaitGone(Path path) throws Exception {
    TestingPatience.await("the end of " + path, () -> Files.notExists(path));
  }

  /** As what is kept by sync, and by rsync's --backup-dir. */
  @Test
  void h37_a_trash_beside_the_target_is_made_with_what_is_missing_above_it() throws Exception {
    Path target = Files.createDirectory(root.resolve("target"));
    Path unused = write("target/sub/file");
    Path kept = root.resolve("not/there/yet");
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(target.toString()));
        DirectoryHandle sub = DirectoryHandle.open(Names.of(target.resolve("sub").toString()));
        Trash trash =
            Objects.requireNonNull(Trash.of(handle, Names.of(kept.toString()), SECONDS_KEPT))) {
      trash.take(sub, Names.of("sub"), Names.of("file"));
    }
    try (var all = Files.walk(kept)) {
      assertThat(all.filter(Files::isRegularFile).map(one -> kept.relativize(one).subpath(1, 3)))
          .containsExactly(Path.of("sub/file"));
    }
  }

  @Test
  void h37_what_was_kept_long_enough_goes_and_nothing_else() throws Exception {
    Path outside = write("outside/precious");
    Path old = write("trash/" + hoursAgo(8) + "/a/b/old");
    Files.createSymbolicLink(old.resolveSibling("link"), outside.getParent());
    Path unused = write("trash/1999-12-31T23h/x");
    Path young = write("trash/" + hoursAgo(2) + "/a/young");
    Path notes = write("trash/2000-01-01/notes");
    Path suffixed = write("trash/2000-01-01T00h.kept/notes");
    Path first = write("first");
    Path second = write("second");
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(root.toString()));
        Trash trash = trash(handle)) {
      trash.take(handle, Paths.NONE, Names.of("first"));
      assertThat(old).as("it is not looked for with each file").exists();
      trash.tidy(Duration.ofMillis(10));
      awaitGone(root.resolve("trash/" + hoursAgo(8)));
      awaitGone(root.resolve("trash/1999-12-31T23h"));
      unused = write("trash/" + hoursAgo(9) + "/late");
      awaitGone(root.resolve("trash/" + hoursAgo(9))); // so a whole look was made
      for (Path stays : new Path[] {outside, young, notes, suffixed}) {
        assertThat(stays).isRegularFile();
      }
      trash.take(handle, Paths.NONE, Names.of("second"));
    }
    assertThat(first).doesNotExist();
    assertThat(second).doesNotExist();
    try (var all = Files.walk(root.resolve("trash"))) {
      assertThat(all.map(one -> one.getFileName().toString())).contains("first", "second");
    }
  }

  /** However much it is; a look that is over before anybody comes proves nothing. */
  @Test
  void h37_what_comes_does_not_wait_until_what_is_too_old_has_gone() throws Exception {
    Path old = root.resolve("trash/" + hoursAgo(8));
    try (DirectoryHandle handle = DirectoryHandle.open(Names.of(root.toString()));
        Trash trash = trash(handle)) {
      trash.tidy(Duration.ofMillis(1));
      boolean hasWaited = true;
      for (int round = 0; hasWaited && round < 20; round++) {
        Path aside = Files.createDirectories(root.resolve("aside/much"));
        for (int i = 0; i < FILES; i++) {
          Files.createFile(aside.resolve("" + i));
        }
        write("comes");
        Files.createDirectories(root.resolve("trash"));
        Files.move(aside.getParent(), old);
        TestingPatience.await(() -> left(old.resolve("much")) < FILES);
        trash.take(handle, Paths.NONE, Names.of("comes"));
        hasWaited = Files.notExists(old);
        awaitGone(old);
      }
      assertThat(hasWaited).isFalse();
    }
  }

  private static int left(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? 0 : names.length;
  }
}
