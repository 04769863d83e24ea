package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RootStoreTest {
  private static final RootKey KEY =
      new RootKey("null", Names.of("/a"), "null", Names.of("/b"), "/a -> /b");

  @TempDir private Path folder;

  private void assertKept(@Nullable Instant seenUntil, List<KnownMount> mounts) throws IOException {
    RootStore store = new RootStore(folder.resolve("state"));
    RootMemory memory = new RootMemory("ef53-1-h1-02", true, seenUntil, mounts);
    store.write(KEY, memory);
    assertThat(store.read(KEY)).isEqualTo(memory);
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

  @ParameterizedTest
  @ValueSource(
      strings = {"one line", "id\nhalf", "id\nfilled\nwords\nmount x", "id\nfilled\nw\nmount - zz"})
  void h27_what_was_not_written_by_us_is_not_read(String text) throws Exception {
    Files.writeString(folder.resolve(KEY.fileName()), text);
    assertThatThrownBy(() -> new RootStore(folder).read(KEY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not what Godwit has written");
  }
}
