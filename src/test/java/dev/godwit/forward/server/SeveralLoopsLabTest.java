package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingCrowd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code godwit forward} as on a machine of eight processors, however many this one has. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class SeveralLoopsLabTest extends TestingForwardHold {
  private static final int LOOPS = 4;

  private TestingCrowd.Service service;
  private TestingForward forward;

  @BeforeEach
  void start() throws Exception {
    service = service();
    forward =
        TestingForward.startWith(
            namespace,
            List.of("-XX:ActiveProcessorCount=8"),
            "9700",
            "127.0.0.1:9701",
            "--max",
            "600",
            "--control",
            control());
    opened.add(forward);
  }

  private long loops() throws Exception {
    long loops = 0;
    try (var tasks = Files.list(Path.of("/proc/" + forward.pid() + "/task"))) {
      for (Path task : tasks.toList()) {
        loops += Files.readString(task.resolve("comm")).startsWith("forward loop") ? 1 : 0;
      }
    }
    return loops;
  }

  /**
   * How many queues at least, each in order, these have gone through: as many as the longest
   * sequence among them that descends has members (Dilworth).
   */
  private static int queues(List<Integer> numbers) {
    TreeSet<Integer> lasts = new TreeSet<>(); // of queues, where each number takes the best one
    for (int number : numbers) {
      Integer last = lasts.lower(number);
      if (last != null) {
        lasts.remove(last);
      }
      lasts.add(number);
    }
    return lasts.size();
  }

  @Test
  void h50_h55_a_hold_a_rate_the_order_and_the_limit_are_those_of_all_loops_together()
      throws Exception {
    assertThat(loops()).isEqualTo(LOOPS);
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd held = crowd(600);
    awaitHeld(600);
    TestingCrowd beyond = crowd(20);
    beyond.await();
    assertThat(beyond.failures).as("beyond the limit of all loops together").hasSize(20);
    assertThat(held.failures).isEmpty();
    assertThat(service.numbers()).as("nobody gets through a hold").isEmpty();
    long start = System.nanoTime();
    command("release", "-p", control(), "--rate", "300");
    held.await();
    assertThat(System.nanoTime() - start).as("600 at 300 a second").isGreaterThan(1_500_000_000L);
    assertThat(held.failures.size()).as(held.toString()).isZero();
    assertThat(service.numbers()).hasSize(600);
    assertThat(queues(service.numbers())).as("each loop keeps its order").isBetween(2, LOOPS);
  }

  @Test
  void h50_a_lease_that_ends_and_a_close_are_those_of_all_loops() throws Exception {
    command("hold", "-p", control(), "--limit", "2s");
    TestingCrowd held = crowd(400);
    held.await();
    forward.await("the hold has ended by its limit");
    assertThat(held.failures.size()).as(held.toString()).isZero();
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd closed = crowd(200);
    awaitHeld(200);
    command("close", "-p", control());
    closed.await();
    assertThat(closed.failures).hasSize(200);
    command("release", "-p", control());
    TestingCrowd later = crowd(200);
    later.await();
    assertThat(later.failures.size()).as(later.toString()).isZero();
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }
}
