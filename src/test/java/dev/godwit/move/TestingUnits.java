package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.util.List;

/** The lab's services as units of a host that a real systemd runs. */
final class TestingUnits {
  static final List<String> SERVICES = List.of("dovecot", "nginx", "app");

  private TestingUnits() {}

  /** What the packages do not bring. */
  static void install(TestingSystemd systemd) throws Exception {
    systemd.unit(
        "app.service",
        """
        [Service]
        Type=forking
        PIDFile=/run/lab-app.pid
        ExecStart=/usr/local/sbin/lab-app start
        SuccessExitStatus=143

        [Install]
        WantedBy=multi-user.target
        """);
  }

  /** They run, and do so after a boot. */
  static void enable(LabHost host) throws Exception {
    for (String service : SERVICES) {
      host.must("systemctl", "enable", "--now", service);
    }
  }

  /** A plan whose services were commands. */
  static String planned(String plan) {
    return planned(plan, "    unit: %s.service\n    after: []\n");
  }

  /**
   * The same with other lines.
   *
   * @param lines of a service, with %s for its name
   */
  static String planned(String plan, String lines) {
    String changed = plan;
    for (String name : SERVICES) {
      String commands = "";
      for (String verb : List.of("start", "stop", "state")) {
        commands +=
            "    %s: [%s]%n".formatted(verb, String.join(", ", LabServices.argv(name, verb)));
      }
      assertThat(changed).contains(commands);
      changed = changed.replace(commands, lines.formatted(name));
    }
    return changed;
  }

  static void assertRun(TestingSystemd systemd, boolean run) throws Exception {
    for (String name : SERVICES) {
      assertThat(systemd.active(name + ".service")).as(name).isEqualTo(run ? "active" : "inactive");
    }
  }
}
