package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.plan.Plan;
import dev.godwit.service.Kept;
import dev.godwit.service.Service;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of the host that was left, as it answers; the host is a stub. */
final class KeptFencesTest {
  private static final Keeper.Wanted NEW_SERVES = new Keeper.Wanted(Role.NEW, 7, true);

  @TempDir Path folder;

  private final List<String> asked = new ArrayList<>();
  private Kept answer = new Kept(List.of(), List.of(), List.of());
  private KeptFences fences;

  @BeforeEach
  void read() throws Exception {
    Plan plan =
        Plan.read(
            Files.writeString(
                folder.resolve("move.yaml"),
                """
                move: mail
                old: root@mail.example.org
                new: local
                files: [/srv]
                services:
                  - { name: dovecot, unit: dovecot.service, ports: [143] }
                  - { name: nginx, script: nginx, ports: [80], start: already-running }
                  - { name: worker, start: [w, up], stop: [w, down], state: [w, state] }
                  - name: job
                    start: [j, up]
                    stop: [j, down]
                    state: [j, state]
                    fence: [j, disable]
                    unfence: [j, enable]
                  - name: told
                    start: [t, up]
                    stop: [t, down]
                    state: [t, state]
                    fence: [t, disable]
                    unfence: [t, enable]
                    fenced: [t, is-disabled]
                """));
    fences =
        new KeptFences(
            plan,
            (left, services, epoch) -> {
              asked.add(left + " " + epoch + " " + services.stream().map(Service::name).toList());
              return answer;
            });
  }

  @Test
  void h57_a_fence_that_was_put_up_again_is_told_once() throws Exception {
    answer = new Kept(List.of("dovecot"), List.of(), List.of());
    Keeper.Look look = fences.look(NEW_SERVES).orElseThrow();
    assertThat(look.state())
        .isEqualTo(
            "up on old: dovecot, nginx, told; by the plan's own command, not read back without `fenced`: job; none for: worker");
    assertThat(look.problems()).isEmpty();
    assertThat(look.events())
        .containsExactly("the fence of dovecot on old had been removed, and was put up again");
    answer = new Kept(List.of(), List.of(), List.of());
    assertThat(fences.look(NEW_SERVES).orElseThrow().events()).isEmpty();
  }

  @Test
  void h56_who_listens_for_a_service_that_says_it_is_down_is_a_problem_and_told_once()
      throws Exception {
    answer = new Kept(List.of(), List.of(), List.of("imap (17) listens on port 143"));
    Keeper.Look look = fences.look(NEW_SERVES).orElseThrow();
    assertThat(look.events())
        .containsExactly("imap (17) listens on port 143 on old, which does not serve");
    assertThat(look.problems()).hasSize(1);
    assertThat(look.problems().getFirst())
        .startsWith(
            "imap (17) listens on port 143 on old, and new serves: what it writes to the plan's files there is lost")
        .contains("Stop it on old. ")
        .contains("godwit rollback ");
    Keeper.Look again = fences.look(NEW_SERVES).orElseThrow();
    assertThat(again.events()).isEmpty();
    assertThat(again.problems()).hasSize(1);
  }

  @Test
  void h56_a_service_that_runs_on_the_host_that_was_left_is_a_problem_as_long_as_it_does()
      throws Exception {
    answer = new Kept(List.of(), List.of("worker"), List.of());
    Keeper.Look look = fences.look(NEW_SERVES).orElseThrow();
    assertThat(look.events())
        .containsExactly("worker was seen running on old, which does not serve");
    assertThat(look.problems()).hasSize(1);
    assertThat(look.problems().getFirst())
        .startsWith(
            "worker runs on old, and new serves: what it writes to the plan's files there is lost")
        .contains("Stop it on old: `w down`.")
        .contains("Also to serve from old again it has to stop first; then: godwit rollback ");
    look = fences.look(NEW_SERVES).orElseThrow();
    assertThat(look.events()).as("it is no news").isEmpty();
    assertThat(look.problems()).hasSize(1);
    answer = new Kept(List.of(), List.of(), List.of());
    assertThat(fences.look(NEW_SERVES).orElseThrow().problems()).isEmpty();
  }

  @Test
  void only_what_was_left_by_a_switch_is_asked_and_not_what_may_run_on_new() throws Exception {
    assertThat(fences.look(new Keeper.Wanted(Role.OLD, 5, false))).isEmpty();
    Optional<Keeper.Look> unused = fences.look(new Keeper.Wanted(Role.OLD, 6, true));
    unused = fences.look(NEW_SERVES);
    assertThat(asked)
        .containsExactly(
            "NEW 6 [dovecot, worker, job, told]", "OLD 7 [dovecot, nginx, worker, job, told]");
  }
}
