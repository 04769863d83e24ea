package dev.godwit.forward.daemons;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.forward.gate.Destination;
import dev.godwit.forward.gate.HoldRecord;
import dev.godwit.forward.gate.ReleaseRecord;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which record lies on disk when the disk fails between two of them. */
final class KeptDecisionsTest {
  @TempDir Path directory;

  private KeptDecisions decisions() {
    return new KeptDecisions(directory, () -> new HoldRecord(1, List.of(), 0, new byte[0], null));
  }

  private static Destination elsewhere() throws IOException {
    return Destination.direct(InetAddress.getByName("10.9.0.2"));
  }

  /** Something that no file can be removed by, as on a disk that has become read-only. */
  private static void cannotBeRemoved(Path file) throws IOException {
    Files.delete(file);
    Files.createDirectories(file.resolve("in the way"));
  }

  @Test
  void each_decision_has_its_record_until_all_are_taken_back() throws Exception {
    KeptDecisions decisions = decisions();
    decisions.held(2);
    assertThat(HoldRecord.read(directory)).get().extracting(HoldRecord::epoch).isEqualTo(2L);
    decisions.released(2, elsewhere());
    assertThat(ReleaseRecord.read(directory).orElseThrow().destination()).isEqualTo(elsewhere());
    assertThat(HoldRecord.isIn(directory)).isFalse();
    decisions.returned();
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void h56_a_release_does_not_fail_when_it_is_on_disk() throws Exception {
    KeptDecisions decisions = decisions();
    decisions.held(2);
    cannotBeRemoved(HoldRecord.file(directory));
    decisions.released(2, elsewhere());
    assertThat(ReleaseRecord.isIn(directory)).isTrue();
  }

  @Test
  void h56_a_way_back_takes_the_release_away_whatever_becomes_of_the_hold() throws Exception {
    KeptDecisions decisions = decisions();
    decisions.held(2);
    decisions.released(2, elsewhere());
    decisions.held(3);
    cannotBeRemoved(HoldRecord.file(directory));
    assertThatThrownBy(decisions::returned).isInstanceOf(IOException.class);
    assertThat(ReleaseRecord.isIn(directory)).as("what a boot would go on with").isFalse();
  }

  @Test
  void h56_a_release_that_cannot_be_recorded_leaves_none() throws Exception {
    KeptDecisions decisions = decisions();
    decisions.held(2);
    Files.createDirectories(ReleaseRecord.file(directory).resolveSibling("released.next/x"));
    assertThatThrownBy(() -> decisions.released(2, elsewhere())).isInstanceOf(IOException.class);
    assertThat(ReleaseRecord.isIn(directory)).isFalse();
    assertThat(HoldRecord.isIn(directory)).as("it is still held").isTrue();
  }
}
