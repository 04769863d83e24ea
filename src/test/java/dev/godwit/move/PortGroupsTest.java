package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.godwit.forward.PortGroup;
import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gate is told of a plan. */
final class PortGroupsTest {
  @TempDir Path folder;

  @Test
  void each_service_has_its_own_limits_and_those_of_the_plan_where_it_says_nothing()
      throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(
        file,
        """
        move: mail
        old: root@old.example.org
        new: local
        services:
          - { name: web, unit: web.service, ports: [80], max: 300, per-client: 20 }
          - { name: mail, unit: mail.service, ports: [25], per-client: 5 }
          - { name: db, unit: db.service, sockets: [/run/db.sock], max: 40 }
          - { name: api, unit: api.service, ports: [8080] }
          - { name: worker, unit: worker.service }
        limits: { max: 2000, per-client: 100 }
        """);
    assertThat(PlanServices.portGroups(Plan.read(file)))
        .extracting(PortGroup::name, PortGroup::connectionsMax, PortGroup::perClientMax)
        .containsExactly(
            tuple("web", 300, 20),
            tuple("mail", 2000, 5),
            tuple("db", 40, 100),
            tuple("api", 2000, 100));
  }
}
