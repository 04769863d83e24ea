package dev.godwit.forward;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which processes count as living. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ProcessIdentityTest {
  @Test
  void this_process_lives_and_nonsense_does_not() {
    assertThat(ProcessIdentity.isLiving(ProcessIdentity.own())).isTrue();
    assertThat(ProcessIdentity.isLiving(ProcessHandle.current().pid() + " 12345")).isFalse();
    assertThat(ProcessIdentity.isLiving("no number")).isFalse();
  }

  /** After a kill of both, nobody may wait for the gate for long: a container's first process. */
  @Test
  void a_process_that_has_ended_and_that_nobody_has_waited_for_does_not_live() throws Exception {
    Process parent = new ProcessBuilder("sh", "-c", "sleep 1 & echo $!; exec sleep 60 >&-").start();
    try {
      long child = Long.parseLong(parent.inputReader().readLine());
      long started =
          ProcessHandle.of(child).orElseThrow().info().startInstant().orElseThrow().toEpochMilli();
      String identity = child + " " + started;
      assertThat(ProcessIdentity.isLiving(identity)).isTrue();
      while (!Files.readString(Path.of("/proc/" + child + "/stat")).contains(") Z ")) {
        Thread.sleep(10);
      }
      assertThat(ProcessIdentity.isLiving(identity)).isFalse();
    } finally {
      parent.destroyForcibly().waitFor();
    }
  }
}
