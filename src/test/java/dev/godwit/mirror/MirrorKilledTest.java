package dev.godwit.mirror;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * H14, H47: a mirror, or the agent on a far host, is killed at any moment while a program writes;
 * afterwards the trees are equal and nothing is left of what was under way.
 *
 * <p>A failure prints its seed for {@code -Dgodwit.killed.seed}; {@code -Dgodwit.killed.rounds=N}
 * kills more often.
 */
@Tag("lab")
@Tag("proof")
@Timeout(3600)
final class MirrorKilledTest {
  private static final int CHANGES = 60;
  private static final int KILL_WITHIN_MILLIS = 150;

  @TempDir private Path folder;

  private final long seed = Long.getLong("godwit.killed.seed", 815);
  private final Random random = new Random(seed);

  private static int rounds(int usual) {
    return Integer.getInteger("godwit.killed.rounds", usual);
  }

  @Test
  void h14_a_mirror_that_is_killed_leaves_nothing_behind_and_goes_on() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/tmp")) {
      m.tree.write("root/stays", "1");
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        writer.change(CHANGES);
        for (int round = 0; round < rounds(5); round++) {
          boolean isLive = random.nextBoolean();
          Process mirror = isLive ? m.live("--delete-limit=100%") : start(m);
          writer.begin(CHANGES);
          Thread.sleep(random.nextInt(isLive ? KILL_WITHIN_MILLIS : 1000));
          mirror.destroyForcibly().waitFor();
          writer.await();
          Process next = m.live("--delete-limit=100%");
          m.assertWhole(writer, "seed " + seed + " round " + round);
          next.destroyForcibly().waitFor();
        }
      }
    }
  }

  private static Process start(TestingMirrorCommand m) throws IOException {
    return m.start(
        "mirror", "--delete-limit=100%", "--control=" + m.control, m.source + "/", "" + m.target);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h14_an_agent_that_is_killed_leaves_nothing_behind(boolean isTargetFar) throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    Map<String, String> environment = TestingAgentFolder.filled(folder.resolve("far/agent"));
    try (TestingSshd sshd = new TestingSshd(folder, environment);
        TestingMirrorCommand m = new TestingMirrorCommand("/tmp")) {
      m.tree.write("root/stays", "1");
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, seed)) {
        writer.change(CHANGES);
        var unused = m.live(sshd, isTargetFar, "--delete-limit=100%");
        for (int round = 0; round < rounds(4); round++) {
          writer.begin(CHANGES);
          Thread.sleep(random.nextInt(KILL_WITHIN_MILLIS));
          m.killAgents(sshd);
          writer.await();
          m.assertWhole(writer, "seed " + seed + " round " + round);
        }
      }
    }
  }
}
