package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.service.Control;
import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which services a rehearsal starts. */
final class StagedServicesTest {
  private static Service service(String name, String... after) {
    return new Service(
        name,
        new Control.Commands(List.of(name), List.of(), List.of()),
        List.of(),
        List.of(),
        List.of(after),
        Service.When.AT_CUTOVER,
        Service.Stopping.DEFAULT);
  }

  @Test
  void what_comes_after_one_that_is_not_started_is_not_started_either() {
    StagedServices staged =
        StagedServices.of(
            List.of(service("db"), service("app", "db"), service("web", "app"), service("other")),
            Map.of("db", new KnownUnit("db.service", List.of(), List.of("db.socket"), "")),
            Set.of());
    assertThat(staged.tried()).extracting(Service::name).containsExactly("other");
    assertThat(staged.untried())
        .extracting(each -> each.service().name())
        .containsExactly("db", "app", "web");
    assertThat(staged.untried().getLast().why()).isEqualTo("it comes after app");
    assertThat(staged.summary()).isEqualTo("other; not started: db, app, web");
  }
}
