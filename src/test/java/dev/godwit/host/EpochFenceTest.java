package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EpochFenceTest {
  @TempDir Path directory;

  @Test
  void h59_the_highest_epoch_is_remembered_on_disk() throws Exception {
    EpochFence fence = EpochFence.open(directory);
    fence.check(0);
    fence.check(5);
    fence.check(5);
    assertThatThrownBy(() -> fence.check(4)).isInstanceOf(FencedException.class);
    EpochFence again = EpochFence.open(directory);
    assertThat(again.highest()).isEqualTo(5);
    assertThatThrownBy(() -> again.check(4)).isInstanceOf(FencedException.class);
  }

  @Test
  void h59_a_file_that_cannot_be_read_is_not_taken_for_epoch_0() throws Exception {
    Files.writeString(directory.resolve("epoch"), "five\n");
    assertThatThrownBy(() -> EpochFence.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds no number");
  }
}
