package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gate leaves for the one that takes its place. */
class ReleaseRecordTest {
  @TempDir Path directory;

  /** Those whom it had released would be led to services that were stopped since. */
  @Test
  void h58_a_way_back_whose_records_cannot_all_go_leaves_no_release() throws Exception {
    HoldRecord held = new HoldRecord(1, List.of(), 0, new byte[0], null);
    new ReleaseRecord(held, Destination.HERE).write(directory);
    Path cannotGo = Files.createDirectories(HoldRecord.file(directory).resolve("a-file-in-it"));
    assertThatThrownBy(() -> ReleaseRecord.deleteBoth(directory)).isInstanceOf(IOException.class);
    assertThat(ReleaseRecord.isIn(directory)).isFalse();
    Files.delete(cannotGo);
    ReleaseRecord.deleteBoth(directory);
    assertThat(HoldRecord.isIn(directory)).isFalse();
  }
}
