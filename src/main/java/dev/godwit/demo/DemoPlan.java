package dev.godwit.demo;

import java.util.ArrayList;
import java.util.List;

/** The plan file of the demo: what a user would write to move these services. */
public final class DemoPlan {
  /** Where it is on the host that the commands are typed on. */
  public static final String PATH = "/root/move.yaml";

  private DemoPlan() {}

  /** The folders that are moved. */
  public static List<String> folders(LabServices services) {
    List<String> folders = new ArrayList<>();
    if (services.hasMail()) {
      folders.add(Fill.MAIL);
    }
    folders.add(Fill.SITE);
    folders.add(Fill.NOTES);
    return folders;
  }

  /** The plan, as it is typed on new: old over ssh, new local. */
  public static String text(LabServices services) {
    StringBuilder plan = new StringBuilder();
    plan.append(
        """
        move: demo
        old: root@%s
        new: local
        ssh: ["-i", "/root/.ssh/id_ed25519"]

        files:
        """
            .formatted(Lab.OLD_ADDRESS));
    folders(services).forEach(folder -> plan.append("  - ").append(folder).append('\n'));
    plan.append("\nservices:\n");
    for (String name : services.names()) {
      plan.append("  - name: ").append(name).append('\n');
      for (String verb : List.of("start", "stop", "state")) {
        plan.append(
            "    %s: [%s]%n".formatted(verb, String.join(", ", LabServices.argv(name, verb))));
      }
      switch (name) {
        case "dovecot" ->
            plan.append(
                """
                    ports: [143]
                    check: { imap: 143, user: probe, password-file: /root/probe.secret }
                """);
        case "nginx" ->
            plan.append(
                """
                    ports: [80]
                    check: { http: "http://127.0.0.1/" }
                """);
        default ->
            plan.append(
                """
                    ports: [8080]
                    check: { http: "http://127.0.0.1:8080/health" }
                """);
      }
      plan.append("    client-address: transparent\n");
    }
    // Both hosts and the clients share one machine, which may have much else to do.
    plan.append("\nlimits: { hold: 20s, drain: 2s }\n");
    return plan.toString();
  }
}
