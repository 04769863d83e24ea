package dev.godwit.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.daemon.RequestException;
import dev.godwit.host.HostException;
import dev.godwit.plan.PlanException;
import dev.godwit.plan.PlanProblem;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FailuresTest {
  private final PlanException plan =
      new PlanException(
          Path.of("move.yaml"),
          List.of(new PlanProblem(3, 5, "unknown key"), new PlanProblem(7, 1, "not yet")));

  private final TestingTerminal terminal = TestingTerminal.file();
  private final Failures text = new Failures(terminal.terminal(), false);
  private final Failures json = new Failures(terminal.terminal(), true);

  @Test
  void what_a_user_can_cause_is_its_message_and_no_stack() {
    assertThat(text.tell(new UserFailure(ExitCode.REFUSED, "it is in the way"))).isEqualTo(5);
    assertThat(text.tell(new HostException("old (root@old): no route"))).isEqualTo(3);
    assertThat(text.tell(new FileSystemException("/data/x", null, "Is a directory"))).isEqualTo(1);
    assertThat(text.tell(new NoSuchFileException("/none/x.html"))).isEqualTo(1);
    assertThat(text.tell(new IOException("write /data: No space left on device"))).isEqualTo(1);
    assertThat(terminal.err())
        .isEqualTo(
            """
            godwit: it is in the way
            godwit: old (root@old): no route
            godwit: /data/x: Is a directory
            godwit: /none/x.html: there is no such file or folder
            godwit: write /data: No space left on device
            """);
    assertThat(terminal.out()).isEmpty();
  }

  @Test
  void what_a_running_process_finds_not_right_is_like_a_mistake_on_the_command_line() {
    assertThat(text.tell(new RequestException("there is no group x here; there is web")))
        .isEqualTo(2);
    assertThat(terminal.err()).isEqualTo("godwit: there is no group x here; there is web\n");
  }

  @Test
  void a_plan_tells_all_its_problems() {
    assertThat(text.tell(plan)).isEqualTo(2);
    assertThat(terminal.err())
        .isEqualTo("godwit: move.yaml:3:5: unknown key\nmove.yaml:7:1: not yet\n");
  }

  @Test
  void with_json_a_failure_is_one_object_on_standard_output() {
    assertThat(json.tell(plan)).isEqualTo(2);
    assertThat(terminal.out())
        .isEqualTo(
            """
            {"exit":2,"error":"move.yaml:3:5: unknown key\\nmove.yaml:7:1: not yet",\
            "problems":[{"line":3,"column":5,"message":"unknown key"},\
            {"line":7,"column":1,"message":"not yet"}]}
            """);
    assertThat(terminal.err()).isEmpty();
  }

  @Test
  void a_bug_shows_its_stack_also_beside_json() {
    assertThat(text.tell(new IllegalStateException("this cannot be"))).isEqualTo(70);
    assertThat(terminal.err())
        .contains("IllegalStateException: this cannot be", "\tat dev.godwit.cli.FailuresTest")
        .contains("please report it");
    assertThat(json.tell(new AssertionError("nor this"))).isEqualTo(70);
    assertThat(terminal.out()).contains("\"exit\":70");
    assertThat(terminal.err()).contains("AssertionError: nor this");
  }
}
