package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.service.Control;
import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import dev.godwit.service.UnitText;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How long units take that a rehearsal does not start, from what systemd has seen of them. */
final class UntriedTimesTest {
  private final Map<String, KnownUnit> onOld = new HashMap<>();
  private final Map<String, KnownUnit> onNew = new HashMap<>();

  private static Service service(String name, String... after) {
    return new Service(
        name,
        new Control.Unit(name + ".service"),
        List.of(),
        List.of(),
        List.of(after),
        Service.When.AT_CUTOVER,
        Service.Stopping.DEFAULT);
  }

  /** Started at 1 s after the boot, stopped at 60 s. */
  private static KnownUnit took(String name, long startMillis, long stopMillis) {
    String shown =
        """
        LoadState=loaded
        InactiveExitTimestampMonotonic=1000000
        ActiveEnterTimestampMonotonic=%d
        ActiveExitTimestampMonotonic=%d
        InactiveEnterTimestampMonotonic=%d
        """
            .formatted(
                1_000_000 + startMillis * 1000,
                stopMillis < 0 ? 0 : 60_000_000,
                stopMillis < 0 ? 0 : 60_000_000 + stopMillis * 1000);
    return new KnownUnit(name, List.of(new UnitText(name + ".service", shown, "")), List.of(), "");
  }

  private UntriedTimes times(Service... services) {
    return new UntriedTimes(List.of(services), onOld, onNew, "old", "new");
  }

  @Test
  void what_waits_for_each_other_adds_up_and_the_rest_does_not() {
    onOld.put("db", took("db", 300, -1));
    onOld.put("app", took("app", 200, -1));
    onOld.put("web", took("web", 400, -1));
    Rehearsal.Part part = times(service("db"), service("app", "db"), service("web")).start();
    assertThat(part.length()).isEqualTo(Duration.ofMillis(500));
    assertThat(part.basis()).isEqualTo(Rehearsal.Basis.SYSTEMD);
    assertThat(part.remark()).isEqualTo("db, app, web: as systemd started each last on old");
  }

  @Test
  void what_no_systemd_has_seen_is_guessed_and_said_to_be() {
    onOld.put("db", took("db", 300, -1));
    onNew.put("db", took("db", 100, 70));
    Rehearsal.Part part = times(service("db"), service("web")).stop();
    assertThat(part.length()).isEqualTo(UntriedTimes.GUESS);
    assertThat(part.basis()).isEqualTo(Rehearsal.Basis.GUESSED);
    assertThat(part.remark())
        .isEqualTo("db: as systemd stopped each last on new; web: 1000 ms each");
  }

  @Test
  void what_runs_there_already_is_not_started_in_the_hold() {
    onOld.put("web", took("web", 400, -1));
    Service running =
        new Service(
            "web",
            new Control.Unit("web.service"),
            List.of(),
            List.of(),
            List.of(),
            Service.When.ALREADY_RUNNING,
            Service.Stopping.DEFAULT);
    assertThat(times(running).start().length()).isZero();
  }
}
