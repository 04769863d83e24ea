package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One of the processes of a copy is killed (kill -9) at a moment of chance. What stands under a
 * name is whole all the time; the next run brings the rest and leaves nothing over.
 */
@Tag("lab")
@Tag("proof")
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class KilledCopyTest {
  /** For each row of {@link #what_is_there_is_whole_and_the_next_run_completes}: 209 in all. */
  private static final int KILLS = Integer.getInteger("godwit.faults.kills", 19);

  private static final long SEED = Long.getLong("godwit.faults.seed", new Random().nextLong());

  /** How much there is to copy, so that a copy takes longer than a signal. */
  private static final int DIRECTORIES = 24;

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private enum Victim {
    COMMAND,
    AGENT
  }

  @ParameterizedTest(name = "{0} {1}, the {2}")
  @CsvSource({
    "LOCAL, -aX --delete, COMMAND",
    "LOCAL, -aHX --delete-delay --delay-updates, COMMAND",
    "LOCAL, -aHX, COMMAND",
    "LOCAL, -aX --delete --temp-dir=../temporary, COMMAND",
    "LOCAL, -aX --delete --inplace, COMMAND",
    "LOCAL, -aX --delete --partial, COMMAND",
    "AGENT_TARGET, -aX --delete --inplace, AGENT",
    "AGENT_TARGET, -aX --delete, COMMAND",
    "AGENT_TARGET, -aHX --delete-after, AGENT",
    "AGENT_SOURCE, -aX --delete -z, COMMAND",
    "AGENT_SOURCE, -aHX --delete-during, AGENT"
  })
  void what_is_there_is_whole_and_the_next_run_completes(
      TestingCopyProcess.Way way, String line, Victim victim) throws Exception {
    String[] options = line.split(" ");
    Random random = new Random(SEED);
    TestingFaultTree tree = TestingFaultTree.make(folder.resolve("x"), DIRECTORIES);
    Path temporary = TestingTrees.folder(folder, "x/temporary");
    TestingTrees.folder(folder, "next/temporary");
    int inTheMiddle = 0;
    try (TestingCopyProcess next = start(way, "next", options)) {
      long all = nanosOfCopy(next, tree, options);
      for (int i = 0; i < KILLS; i++) {
        tree.reset();
        long moment = (long) (all * random.nextDouble(1.1));
        String what = "seed " + SEED + ", kill " + i + " after " + moment / 1000 + " us";
        TestingTrees.folder(folder, "first/temporary");
        try (TestingCopyProcess process = start(way, "first", options)) {
          process.begin(tree.arguments(options));
          LockSupport.parkNanos(moment);
          kill(process, victim, what);
          tree.assertNothingIsHalf(what, options);
          inTheMiddle += isInTheMiddle(tree, options) ? 1 : 0;
        }
        tree.assertNothingIsHalf(what + ", the other side has ended too", options);
        assertThat(next.copy(tree.arguments(options)))
            .as(what)
            .isEqualTo(new TestingCopyProcess.Ending(0, ""));
        assertThat(tree.missing(options)).as(what).isEmpty();
        assertThat(temporary).as(what).isEmptyDirectory();
        TestingTrees.run(folder, "rm", "-rf", "first");
      }
    }
    assertThat(inTheMiddle).as("kills in the middle of a copy, of %d", KILLS).isPositive();
  }

  private static boolean isInTheMiddle(TestingFaultTree tree, String[] options) throws Exception {
    return !tree.isUntouched() && !tree.missing(options).isEmpty();
  }

  private TestingCopyProcess start(TestingCopyProcess.Way way, String name, String[] options)
      throws Exception {
    return TestingCopyProcess.start(way, folder.resolve(name), options);
  }

  private static long nanosOfCopy(
      TestingCopyProcess process, TestingFaultTree tree, String[] options) throws Exception {
    List<Long> nanos = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      tree.reset();
      long begin = System.nanoTime();
      assertThat(process.copy(tree.arguments(options)).exit()).isZero();
      nanos.add(System.nanoTime() - begin);
    }
    assertThat(tree.missing(options)).isEmpty();
    return nanos.stream().sorted().toList().get(1);
  }

  /** Kills it; the process that is left ends what it does, with the right words. */
  private static void kill(TestingCopyProcess process, Victim victim, String what)
      throws Exception {
    if (victim == Victim.COMMAND) {
      process.kill();
      process.awaitAgent(); // which has no work without its controller
      return;
    }
    ProcessHandle agent = ProcessHandle.of(process.agentPid).orElseThrow();
    agent.destroyForcibly();
    TestingCopyProcess.Ending ending = process.end();
    if (ending.exit() != 0) { // otherwise it had just ended
      assertThat(ending.exit()).as(what + ": " + ending).isEqualTo(12);
      assertThat(ending.told()).as(what).contains("far (an agent)");
    }
  }
}
