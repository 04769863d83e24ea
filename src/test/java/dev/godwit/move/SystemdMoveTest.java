package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A whole move of units between two hosts that a real systemd runs, sshd's too: there and back and
 * there again, then a reboot of either host.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SystemdMoveTest extends TestingOneMove {
  private static final List<String> SERVICES = TestingUnits.SERVICES;
  private static final String FORWARD = "godwit-forward-demo.service";
  private static final String LANDING = "godwit-landing-demo.service";

  @SuppressWarnings("NullAway.Init")
  private static TestingSystemd old;

  @SuppressWarnings("NullAway.Init")
  private static TestingSystemd neu;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    for (String service : SERVICES.reversed()) {
      move.old().must(LabServices.argv(service, "stop").toArray(String[]::new));
    }
    old = boot(move.old());
    neu = boot(move.neu());
    TestingUnits.enable(move.old());
    move.changePlan(TestingUnits::planned);
  }

  private static TestingSystemd boot(LabHost host) throws Exception {
    host.must("bash", "-c", "kill $(cat /run/sshd.pid)"); // it is outside of what is booted
    TestingSystemd systemd = TestingSystemd.boot(host);
    systemd.unit(
        "lab-ssh.service",
        """
        [Service]
        ExecStart=/usr/sbin/sshd -D -f /etc/ssh/sshd_config
        RuntimeDirectory=sshd
        KillMode=process

        [Install]
        WantedBy=multi-user.target
        """);
    TestingUnits.install(systemd);
    host.must("mkdir", "-p", "/etc/systemd/system/nginx.service.d");
    systemd.unit(
        "nginx.service.d/asks-itself.conf",
        """
        [Service]
        ExecStartPost=/usr/bin/curl -sS --max-time 60 -o /dev/null http://localhost/
        """);
    host.must("systemctl", "enable", "--now", "lab-ssh.service");
    TestingPatience.await(
        "sshd", () -> host.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/22").succeeded());
    return systemd;
  }

  @AfterAll
  @SuppressWarnings("NullAway") // what came up before a failure comes down too
  static void halt() {
    try {
      if (old != null) {
        old.close();
      }
    } finally {
      if (neu != null) {
        neu.close();
      }
      old = null;
      neu = null;
    }
  }

  /** Somebody who still comes to old is served. */
  private static void assertServedThroughOld(String note) throws Exception {
    long posts = move.posts(move.neu());
    TestingPatience.await(
        "an answer through old",
        () ->
            move.lab()
                .client()
                .run(
                    "curl",
                    "-sf",
                    "-m",
                    "5",
                    "-d",
                    note + " of somebody who still comes to old",
                    "http://" + Lab.OLD_ADDRESS + ":8080/notes")
                .succeeded());
    // The application writes its log when it has answered.
    TestingPatience.await("the note in new's log", () -> move.posts(move.neu()) > posts);
  }

  @Test
  @Order(-1)
  void a_plan_that_is_drafted_here_names_the_units_and_passes_check() throws Exception {
    move.godwit(0, "init", "root@" + Lab.OLD_ADDRESS, "drafted.yaml");
    String text = new String(move.neu().readFile("/root/drafted.yaml"), StandardCharsets.UTF_8);
    for (String service : SERVICES) {
      assertThat(text).contains("unit: " + service + ".service");
    }
    assertThat(move.godwit(0, "check", "drafted.yaml")).contains("No errors");
  }

  /** What the plan does not say and systemd would do: found, and not found where it is not so. */
  @Test
  @Order(0)
  void check_finds_what_systemd_would_do_beside_the_plan() throws Exception {
    List<String> codes =
        List.of(
            "[unit-unusable]",
            "[stops-too]",
            "[starts-too]",
            "[socket-unit]",
            "[kills-at-log-out]");
    assertThat(move.godwit(0, "check"))
        .doesNotContain(codes)
        .contains("[not-at-boot]", "after the cut-over, on new: systemctl enable nginx.service");
    String idle = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n";
    old.unit("stats.service", "[Unit]\nRequires=nginx.service\n" + idle);
    move.old().must("systemctl", "start", "stats.service");
    old.unit("heard.service", idle);
    old.unit("heard.socket", "[Socket]\nListenStream=8095\nAccept=no\n");
    move.old().must("systemctl", "start", "heard.socket");
    move.old().must("mkdir", "-p", "/etc/systemd/logind.conf.d");
    String logind = "/etc/systemd/logind.conf.d/strict.conf";
    move.old().writeFile(logind, "[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n");
    move.neu().must("systemctl", "mask", "dovecot.service");
    neu.unit("app.service.d/wrong.conf", "[Service]\nExecStart=\n");
    neu.unit("cache.service", idle);
    neu.unit("nginx.service.d/cache.conf", "[Unit]\nBindsTo=cache.service\n");
    move.changePlan(
        plan ->
            plan.replace(
                "services:\n",
                "services:\n  - { name: heard, unit: heard.service, after: [], ports: [8095] }\n"));
    try {
      assertThat(move.godwit(1, "check"))
          .contains(codes)
          .contains(
              "dovecot.service cannot be started: Unit dovecot.service is masked",
              "before the cut-over: systemctl unmask dovecot.service",
              "app.service cannot be started: Unit app.service has a bad unit file setting",
              "systemd stops stats.service with nginx.service",
              "systemd starts cache.service with nginx.service",
              "systemd listens for heard by heard.socket",
              logind + " says KillUserProcesses=yes");
    } finally {
      move.changePlan(plan -> plan.replaceAll("  - \\{ name: heard,.*\n", ""));
      move.neu().must("systemctl", "unmask", "dovecot.service");
      move.neu().must("bash", "-c", "rm -r /etc/systemd/system/{app,nginx}.service.d");
      move.neu()
          .must("bash", "-c", "rm /etc/systemd/system/cache.service; systemctl daemon-reload");
      move.old().must("systemctl", "stop", "stats.service", "heard.socket", "heard.service");
      move.old().must("rm", logind);
      move.old()
          .must(
              "bash",
              "-c",
              "rm /etc/systemd/system/{stats.service,heard.*}; systemctl daemon-reload");
    }
    assertThat(move.godwit(0, "check")).doesNotContain(codes);
  }

  @Test
  @Order(1)
  void units_are_rehearsed_and_no_systemd_starts_one() throws Exception {
    move.startClient();
    move.godwit(0, "start");
    String before = unitsOfNew();
    Set<String> traces = TestingTraces.of(move.neu());
    assertThat(move.godwit(0, "rehearse"))
        .contains("✓ units", "✓ remove", "3 checks passed", "The services came up on new")
        .containsPattern("start +[0-9]+ ms +measured +units without systemd")
        .containsPattern("stop +[0-9]+ ms +measured +on new")
        .containsPattern("stop +[0-9]+ ms +systemd +to fence the units on old");
    assertThat(unitsOfNew()).isEqualTo(before);
    assertThat(TestingTraces.difference(traces, TestingTraces.of(move.neu()))).isEmpty();
    TestingUnits.assertRun(old, true);

    move.neu().must("systemctl", "mask", "nginx.service");
    assertThat(move.godwit(1, "rehearse"))
        .contains("✗ units", "nginx: nginx.service cannot be started: Unit nginx.service is masked")
        .doesNotContain("… barrier");
    move.neu().must("systemctl", "unmask", "nginx.service");

    // What only systemd can run is not started, and its times are systemd's.
    neu.unit("nginx.service.d/lab.conf", "[Service]\nDelegate=yes\n");
    assertThat(move.godwit(0, "rehearse", "--without", "app"))
        .contains("dovecot came up on new", "Not started: app, since the command was given")
        .contains("Not started: nginx, since it has a control group of its own (Delegate=yes)")
        .containsPattern(
            "start +[0-9]+ ms +systemd +nginx, app: as systemd started each last on old")
        .containsPattern("stop +[0-9]+ ms +a guess +nginx, app: 1000 ms each")
        .containsPattern("check +[0-9]+ ms +measured +of nginx, app on old, where they run");
    assertThat(unitsOfNew()).isEqualTo(before);
    move.neu().must("rm", "-r", "/etc/systemd/system/nginx.service.d");
    move.neu().must("systemctl", "daemon-reload");
    move.hold("100ms");
    assertThat(move.godwit(5, "cutover", "--yes")).contains("predicts a hold of ");
    move.holdLong();
    move.endClient();
    move.assertNoneFailed();
  }

  /** Whether and when systemd has started them. */
  private static String unitsOfNew() throws Exception {
    return neu.ctl(
        "show",
        "-p",
        "Id,ActiveState,InactiveExitTimestampMonotonic,NRestarts,ExecMainPID",
        "nginx",
        "dovecot",
        "app");
  }

  @Test
  @Order(2)
  void h57_units_move_there_and_back_and_no_request_fails() throws Exception {
    move.startClient();
    move.godwit(0, "start");
    move.awaitRequests(50);
    assertThat(move.godwit(0, "cutover", "--yes")).contains("; not started for it: nginx, app.");
    move.awaitRequests(50);
    TestingUnits.assertRun(old, false);
    TestingUnits.assertRun(neu, true);
    move.old().must("systemctl", "start", "nginx", "dovecot", "app");
    TestingUnits.assertRun(old, false);
    move.proveMoved();

    move.startClient();
    move.godwit(0, "rollback", "--yes");
    move.awaitRequests(50);
    TestingUnits.assertRun(neu, false);
    move.neu().must("systemctl", "start", "nginx", "dovecot", "app");
    TestingUnits.assertRun(neu, false);
    TestingUnits.assertRun(old, true);
    move.proveRolledBack();

    move.startClient();
    move.godwit(0, "cutover", "--yes");
    move.proveMoved();
    assertThat(old.ctl("is-enabled", "nginx")).isEqualTo("enabled");
    assertThat(neu.ctl("is-enabled", "nginx")).isEqualTo("disabled");
  }

  @Test
  @Order(3)
  void h57_after_a_reboot_old_forwards_and_starts_no_service() throws Exception {
    old.reboot();
    TestingUnits.assertRun(old, false);
    assertServedThroughOld("one");
    assertThat(old.active(FORWARD)).isEqualTo("active");
    assertThat(move.statusWithoutProblems()).contains("new serves");
  }

  @Test
  @Order(4)
  void h57_after_a_reboot_of_new_what_comes_to_old_lands_again() throws Exception {
    for (String service : SERVICES) {
      move.neu().must("systemctl", "enable", service); // as one does with a host that serves
    }
    neu.reboot();
    assertServedThroughOld("two");
    assertThat(neu.active(LANDING)).isEqualTo("active");
    move.startClient();
    move.godwit(0, "start");
    move.proveMoved();
  }

  @Test
  @Order(5)
  void finish_leaves_the_fences_and_nothing_else() throws Exception {
    move.godwit(0, "finish", "--now");
    for (TestingSystemd systemd : List.of(old, neu)) {
      assertThat(systemd.ctl("list-units", "--all", "--no-legend", "godwit*")).isEmpty();
      assertThat(systemd.ctl("list-unit-files", "--no-legend", "godwit*")).isEmpty();
      assertThat(systemd.ctl("show", "-p", "LoadState", "--value", FORWARD, LANDING))
          .doesNotContain("loaded");
    }
    List<String> fences = new ArrayList<>();
    for (String service : SERVICES) {
      fences.add("/etc/systemd/system/" + service + ".service.d/zz-godwit-fence.conf");
    }
    String look = "find /run /etc /var/lib -path '*godwit*' -not -path '/var/lib/godwit*'";
    assertThat(move.old().must("bash", "-c", look).lines())
        .containsExactlyInAnyOrderElementsOf(fences);
    assertThat(move.neu().must("bash", "-c", look)).isEmpty();
    old.reboot();
    TestingUnits.assertRun(old, false);
    assertThat(old.ctl("--failed", "--no-legend")).isEmpty();
  }
}
