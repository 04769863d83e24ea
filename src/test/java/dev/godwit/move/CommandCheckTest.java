package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A check that is a command, which cannot come past a gate, in a first cut-over. */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CommandCheckTest {
  private static final String PAGE = "{ http: \"http://127.0.0.1/\" }";

  private static final UnaryOperator<String> WITH_COMMAND =
      plan -> plan.replace("check: " + PAGE, "check: [" + PAGE + ", { command: [/bin/true] }]");

  @Test
  void it_is_made_on_new_before_the_release() throws Exception {
    try (TestingMove move = TestingMove.up(100)) {
      move.changePlan(WITH_COMMAND);
      move.godwit(0, "start");
      move.startClient();
      assertThat(move.godwit(0, "cutover", "--yes"))
          .contains("3 checks passed", "; then, without the gate: 1 checks passed");
      move.proveMoved();
    }
  }

  /** The gate that holds is that of the host that is to serve. */
  @Test
  void on_one_host_it_is_left_out_and_the_hold_goes_on() throws Exception {
    try (TestingMove move = TestingMove.up(100)) {
      LabHost host = move.old();
      move.services().stop(host);
      TestingPlaces.install(host);
      move.services().start(host);
      move.controlFrom(host, TestingPlaces.plan(WITH_COMMAND.apply(move.plannedServices())));
      move.startClient();
      move.godwit(0, "start");
      assertThat(move.godwit(0, "cutover", "--yes"))
          .contains("3 checks passed", "not made past the gate: command /bin/true");
      move.awaitRequests(20);
      move.assertNoneFailed();
      assertThat(TestingPlaces.now(host)).isEqualTo("local");
    }
  }
}
