package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.agent.ForgetAbility;
import dev.godwit.agent.WayBackServices;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.service.Control;
import dev.godwit.service.KnownUnit;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.service.ServiceException;
import dev.godwit.service.UnitText;
import dev.godwit.survey.Settings;
import dev.godwit.survey.SurveyClient;
import dev.godwit.wire.MessageWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Units of a real systemd, as a move's orders treat them, over reboots. */
@Tag("lab")
class SystemdLabTest {
  private static final String OWN = "/etc/systemd/system/";
  private static final String PACKAGED = "/lib/systemd/system/";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @SuppressWarnings("NullAway.Init")
  private static Lab lab;

  @SuppressWarnings("NullAway.Init")
  private static LabHost host;

  @SuppressWarnings("NullAway.Init")
  private static TestingSystemd systemd;

  @SuppressWarnings("NullAway.Init")
  private TestingAgentHost agent;

  @SuppressWarnings("NullAway.Init")
  private ServiceClient services;

  /** Units with a port of their own each, so that no test meets another's. */
  private static int port = 8100;

  @BeforeAll
  static void up() throws Exception {
    lab = Lab.start(LabOptions.forFiles(1));
    host = lab.old();
    systemd = TestingSystemd.boot(host);
  }

  @AfterAll
  @SuppressWarnings("NullAway") // what came up before a failure comes down too
  static void down() {
    try {
      if (systemd != null) {
        systemd.close();
      }
    } finally {
      if (lab != null) {
        lab.close();
      }
      systemd = null;
      lab = null;
    }
  }

  @BeforeEach
  void connect() throws Exception {
    agent = TestingAgentHost.on(host);
    services = new ServiceClient(agent, "units");
    port++;
  }

  @AfterEach
  void disconnect() {
    agent.close();
  }

  private void reboot() throws Exception {
    agent.close();
    systemd.reboot();
    agent = TestingAgentHost.on(host);
    services = new ServiceClient(agent, "units");
  }

  /** One that listens on {@link #port}, and is started at boot when it is enabled. */
  private static String server(String more) {
    return """
    [Unit]
    Description=a server of a test
    %s
    [Service]
    ExecStart=/usr/bin/python3 -m http.server --directory /srv %d

    [Install]
    WantedBy=multi-user.target
    """
        .formatted(more, port);
  }

  private static Service service(String unit, List<Integer> ports) {
    return new Service(unit, new Control.Unit(unit), ports, List.of());
  }

  private static Service stopping(String unit, Duration limit, Service.Past past) {
    return new Service(
        unit,
        new Control.Unit(unit),
        List.of(port),
        List.of(),
        List.of(),
        Service.When.AT_CUTOVER,
        new Service.Stopping(limit, past));
  }

  private void stopFenced(Service... each) throws Exception {
    services.stopAll(List.of(each), 1, true, LIMIT);
  }

  private static void awaitListens() throws Exception {
    int there = port;
    TestingPatience.await("port " + there, () -> connects(there));
  }

  private static boolean connects(int there) throws Exception {
    return host.run("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/" + there).succeeded();
  }

  private KnownUnit known(String unit) throws Exception {
    return services.units(List.of(unit)).getFirst();
  }

  /** What a rehearsal asks before it runs a unit without systemd. */
  @Test
  void packaged_units_can_be_read_as_this_systemd_reads_them() throws Exception {
    for (String unit : List.of("nginx", "dovecot", "ssh", "postfix@-", "postgresql@15-main")) {
      assertThat(known(unit + ".service").needsSystemd()).as(unit).isEmpty();
    }
    assertThat(known("no-such.service").unusable()).contains("no-such.service not found");
    assertThat(services.readingOfUnits()).isPositive();
  }

  @Test
  void a_unit_has_the_parts_that_start_and_stop_with_it() throws Exception {
    String idle = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true '%i'\n";
    systemd.unit("whole.service", "[Unit]\nWants=part@-.service beside.service\n" + idle);
    systemd.unit("part@.service", "[Unit]\nPartOf=whole.service\nBefore=whole.service\n" + idle);
    systemd.unit("beside.service", idle);
    KnownUnit whole = known("whole.service");
    assertThat(whole.texts())
        .extracting(UnitText::name)
        .containsExactly("part@-.service", "whole.service");
    assertThat(whole.needsSystemd()).isEmpty();
    assertThat(whole.lastStart()).isEmpty();
    host.must("systemctl", "start", "whole.service");
    assertThat(known("whole.service").lastStart())
        .hasValueSatisfying(took -> assertThat(took).isBetween(Duration.ofNanos(1), LIMIT));
    systemd.unit("whole.socket", "[Socket]\nListenStream=%d\n".formatted(port));
    assertThat(known("whole.service").needsSystemd()).isEmpty();
    host.must("systemctl", "stop", "whole.service");
    host.must("systemctl", "start", "whole.socket");
    assertThat(known("whole.service").needsSystemd())
        .isEqualTo("systemd listens for it by whole.socket");
    host.must("systemctl", "stop", "whole.socket");
  }

  /**
   * The unit of packaging/ as it is, but for the times: what it takes away a mirror does not need.
   */
  @Test
  void the_packaged_unit_of_mirrors_starts_reloads_and_replaces_one_that_hangs() throws Exception {
    StringBuilder program = new StringBuilder("#!/bin/sh\nexec");
    TestingMove.program().forEach(word -> program.append(" '").append(word).append('\''));
    host.writeFile("/usr/bin/godwit", program.append(" \"$@\"\n").toString(), "rwxr-xr-x");
    String one = "mirrors:\n  one: { from: /srv/one/, to: /srv/copies/one }\n";
    host.writeFile("/etc/godwit/mirror/www.yaml", one);
    host.writeFile("/srv/one/a", "1");
    host.writeFile("/srv/two/b", "1");
    systemd.unit(
        "godwit-mirror@www.service.d/test.conf",
        "[Service]\nWatchdogSec=15\nRestartSec=0\nTimeoutStopSec=20\n");
    systemd.unit(
        "godwit-mirror@.service",
        Files.readString(Path.of("packaging/systemd/godwit-mirror@.service")));
    String unit = "godwit-mirror@www.service";
    host.must("systemctl", "start", unit);
    try {
      awaitFile("/srv/copies/one/a", unit);
      assertThat(host.must("godwit", "mirror", "status")).contains("one", "live", "fanotify");
      String first = mainProcess(unit);

      host.writeFile(
          "/etc/godwit/mirror/www.yaml", one + "  two: { from: /srv/two/, to: /srv/copies/two }\n");
      host.must("systemctl", "reload", unit);
      awaitFile("/srv/copies/two/b", unit);
      assertThat(mainProcess(unit)).as("the same process").isEqualTo(first);

      host.must("kill", "-STOP", first);
      TestingPatience.await(
          () -> "another process: " + systemd.ctl("status", unit),
          () -> systemd.active(unit).equals("active") && !mainProcess(unit).equals(first));
      host.writeFile("/srv/two/c", "2");
      awaitFile("/srv/copies/two/c", unit);

      host.writeFile("/srv/one/d", "3");
      host.must("systemctl", "stop", unit);
      assertThat(host.path("/srv/copies/one/d")).hasContent("3");
      assertThat(systemd.active(unit)).as(systemd.ctl("status", unit)).isEqualTo("inactive");
    } finally {
      systemd.ctl("stop", unit);
    }
  }

  private static String mainProcess(String unit) throws Exception {
    return systemd.ctl("show", "-p", "MainPID", "--value", unit);
  }

  private static void awaitFile(String path, String unit) throws Exception {
    TestingPatience.await(
        () -> path + ": " + systemd.ctl("status", unit), () -> Files.exists(host.path(path)));
  }

  @Test
  void units_are_started_and_stopped_in_their_order() throws Exception {
    systemd.unit("one.service", server(""));
    // Fails where nothing listens yet.
    systemd.unit(
        "two.service",
        """
        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart=/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/%1$d'
        ExecStop=/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/%1$d'
        """
            .formatted(port));
    Service one = service("one.service", List.of(port));
    Service two =
        new Service(
            "two",
            new Control.Unit("two.service"),
            List.of(),
            List.of(),
            List.of("one.service"),
            Service.When.AT_CUTOVER,
            Service.Stopping.DEFAULT);
    assertThat(services.runs(one)).isFalse();
    services.startAll(List.of(two, one), 1, LIMIT);
    assertThat(services.runs(one)).isTrue();
    assertThat(services.runs(two)).isTrue();
    services.stopAll(List.of(two, one), 1, false, LIMIT);
    assertThat(services.runs(one)).isFalse();
    assertThat(systemd.active("two.service")).as("its stop found one").isEqualTo("inactive");
    assertThat(connects(port)).isFalse();
  }

  @Test
  void what_systemd_does_not_know_or_cannot_tell_is_said() throws Exception {
    assertThatThrownBy(() -> services.runs(service("no-such.service", List.of())))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("systemd knows no unit no-such.service");
    deaf(
        () ->
            assertThatThrownBy(() -> services.runs(service("any.service", List.of())))
                .isInstanceOf(ServiceException.class)
                .hasMessageContaining("its state cannot be told"));
  }

  /** Nobody reaches systemd meanwhile. */
  private static void deaf(Runnable body) throws Exception {
    host.must("mv", "/run/systemd/private", "/run/systemd/elsewhere");
    try {
      body.run();
    } finally {
      host.must("mv", "/run/systemd/elsewhere", "/run/systemd/private");
    }
  }

  @Test
  void h57_a_lift_that_systemd_was_not_told_of_is_repeated() throws Exception {
    systemd.unit("lifted.service", server(""));
    Service service = service("lifted.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    stopFenced(service);
    deaf(
        () ->
            assertThatThrownBy(() -> services.start(service, 1, LIMIT))
                .hasMessageContaining("systemd cannot be told of the fences"));
    services.start(service, 1, LIMIT);
    assertThat(systemd.active("lifted.service")).isEqualTo("active");
    assertThat(Files.exists(host.path(OWN + "lifted.service.d"))).isFalse();
    systemd.ctl("stop", "lifted.service");
  }

  @Test
  void h57_nothing_starts_a_fenced_unit() throws Exception {
    for (String folder : List.of(OWN, PACKAGED)) {
      port++;
      String name = folder.equals(OWN) ? "own" : "packaged";
      String unit = name + ".service";
      systemd.unit(folder, unit, server(""));
      systemd.unit("needs-" + unit, needs(unit));
      systemd.ctl("enable", unit, "needs-" + unit);
      Service service = service(unit, List.of(port));
      services.start(service, 1, LIMIT);
      awaitListens();
      stopFenced(service);
      stopFenced(service);
      assertThat(systemd.active(unit)).isEqualTo("inactive");

      systemd.ctl("start", unit);
      assertThat(systemd.active(unit)).as("after systemctl start").isEqualTo("inactive");
      systemd.ctl("restart", unit);
      assertThat(systemd.active(unit)).as("after systemctl restart").isEqualTo("inactive");
      systemd.ctl("start", "needs-" + unit);
      assertThat(systemd.active("needs-" + unit)).isEqualTo("active");
      assertThat(systemd.active(unit)).as("after one that needs it").isEqualTo("inactive");
      host.must("systemctl", "reset-failed");
      reboot();
      assertThat(systemd.active("needs-" + unit)).as("it was booted").isEqualTo("active");
      assertThat(systemd.active(unit)).as("after a reboot").isEqualTo("inactive");
      assertThat(systemd.ctl("is-enabled", unit)).isEqualTo("enabled");

      services.start(service, 1, LIMIT);
      awaitListens();
      assertThat(Files.exists(host.path(OWN + unit + ".d"))).isFalse();
      reboot();
      assertThat(systemd.active(unit)).as("enabled, and no fence").isEqualTo("active");
      systemd.ctl("disable", "--now", unit, "needs-" + unit);
    }
  }

  private static String needs(String unit) {
    return """
    [Unit]
    Requires=%1$s
    After=%1$s

    [Service]
    Type=oneshot
    RemainAfterExit=yes
    ExecStart=/bin/true

    [Install]
    WantedBy=multi-user.target
    """
        .formatted(unit);
  }

  @Test
  void h57_what_the_administrator_had_disabled_stays_disabled() throws Exception {
    systemd.unit("disabled.service", server(""));
    Service service = service("disabled.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    stopFenced(service);
    services.lift(List.of(service), 1);
    assertThat(systemd.ctl("is-enabled", "disabled.service")).isEqualTo("disabled");
    reboot();
    assertThat(systemd.active("disabled.service")).isEqualTo("inactive");
    services.start(service, 1, LIMIT);
    assertThat(systemd.ctl("is-enabled", "disabled.service")).isEqualTo("disabled");
    systemd.ctl("stop", "disabled.service");
  }

  @Test
  void h57_a_fence_counts_whatever_other_drop_ins_say() throws Exception {
    systemd.unit("edited.service", server("ConditionPathExists=/nonexistent/file"));
    // What `systemctl edit` writes.
    systemd.unit("edited.service.d/override.conf", "[Unit]\nConditionPathExists=\n");
    Service service = service("edited.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    stopFenced(service);
    systemd.ctl("start", "edited.service");
    assertThat(systemd.active("edited.service")).isEqualTo("inactive");
    services.lift(List.of(service), 1);
    assertThat(host.path(OWN + "edited.service.d").toFile().list())
        .containsExactly("override.conf");
    services.start(service, 1, LIMIT);
    awaitListens();
    systemd.ctl("stop", "edited.service");
  }

  @Test
  void h57_a_unit_is_fenced_by_whichever_of_its_names_the_plan_has() throws Exception {
    systemd.unit(PACKAGED, "real.service", server("") + "Alias=other.service\n");
    systemd.ctl("enable", "real.service");
    Service service = service("other.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    stopFenced(service);
    systemd.ctl("start", "real.service");
    assertThat(systemd.active("real.service")).isEqualTo("inactive");
    reboot();
    assertThat(systemd.active("real.service")).as("after a reboot").isEqualTo("inactive");
    services.start(service, 1, LIMIT);
    awaitListens();
    systemd.ctl("disable", "--now", "real.service");
  }

  /** Until it serves: what starts at boot takes writes that the way back would throw away (H56). */
  @Test
  void h56_h57_what_was_started_before_it_serves_does_not_start_at_boot() throws Exception {
    systemd.unit(PACKAGED, "ahead.service", server("") + "Alias=ahead-too.service\n");
    systemd.ctl("enable", "ahead.service");
    for (String name : List.of("ahead.service", "ahead-too.service")) {
      Service service = service(name, List.of(port));
      services.start(service, 1, LIMIT);
      awaitListens();
      stopFenced(service);
      services.startAll(List.of(service), List.of(), 1, LIMIT, false);
      awaitListens();
      reboot();
      assertThat(systemd.active("ahead.service")).as("after a reboot").isEqualTo("inactive");
      services.startAll(List.of(service), List.of(), 1, LIMIT, false);
      awaitListens();
      stopFenced(service);
      systemd.ctl("start", "ahead.service");
      assertThat(systemd.active("ahead.service")).as("fenced again").isEqualTo("inactive");
      services.startAll(List.of(service), List.of(), 1, LIMIT, false);
      services.lift(List.of(service), 1);
      reboot();
      assertThat(systemd.active("ahead.service")).as("lifted, then rebooted").isEqualTo("active");
    }
    systemd.ctl("disable", "--now", "ahead.service");
  }

  @Test
  void h57_a_fenced_instance_of_a_template_leaves_others_alone() throws Exception {
    systemd.unit("many@.service", server("").replace(" " + port, " %i"));
    int other = port + 500;
    Service fenced = service("many@" + port + ".service", List.of(port));
    Service free = service("many@" + other + ".service", List.of(other));
    services.startAll(List.of(fenced, free), 1, LIMIT);
    awaitListens();
    stopFenced(fenced);
    services.stop(free, 1, false, LIMIT);
    systemd.ctl("start", "many@" + port + ".service", "many@" + other + ".service");
    assertThat(systemd.active("many@" + port + ".service")).isEqualTo("inactive");
    assertThat(systemd.active("many@" + other + ".service")).isEqualTo("active");
    systemd.ctl("stop", "many@" + other + ".service");
  }

  @Test
  void h57_a_socket_unit_that_the_plan_does_not_name_makes_the_stop_fail() throws Exception {
    activated("heard");
    Service service = service("heard.service", List.of(port));
    assertThat(connects(port)).isTrue();
    TestingPatience.await("the service", () -> services.runs(service));
    assertThatThrownBy(() -> stopFenced(service))
        .hasMessageContaining("systemd (1) listens on port " + port)
        .hasMessageContaining("a socket unit? Then name it in the plan too");
    assertThat(connects(port)).as("systemd listens").isTrue();
    assertThat(systemd.active("heard.service")).as("it is fenced already").isEqualTo("inactive");
    systemd.ctl("stop", "heard.socket");
    services.lift(List.of(service), 1);
  }

  @Test
  void h57_a_service_and_its_socket_unit_stay_down_while_clients_come() throws Exception {
    activated("busy");
    // As users would write it: the socket first, for it is started first; so it is stopped last.
    Service socket = service("busy.socket", List.of(port));
    Service service =
        new Service(
            "busy.service",
            new Control.Unit("busy.service"),
            List.of(),
            List.of(),
            List.of("busy.socket"),
            Service.When.AT_CUTOVER,
            Service.Stopping.DEFAULT);
    Process clients =
        host.start(
            List.of(
                "bash",
                "-c",
                "while sleep 0.01; do (exec 3<>/dev/tcp/127.0.0.1/%d); done 2>/dev/null"
                    .formatted(port)));
    try {
      TestingPatience.await("the service", () -> services.runs(service));
      services.stopAll(List.of(socket, service), 1, true, LIMIT);
      assertThat(systemd.active("busy.service")).isNotEqualTo("active");
      assertThat(systemd.active("busy.socket")).isNotEqualTo("active");
      systemd.ctl("start", "busy.socket");
      assertThat(systemd.active("busy.socket")).isNotEqualTo("active");
      reboot();
      assertThat(connects(port)).isFalse();
    } finally {
      clients.descendants().forEach(ProcessHandle::destroyForcibly);
      clients.destroyForcibly();
    }
    services.startAll(List.of(socket, service), 1, LIMIT);
    assertThat(systemd.active("busy.socket")).isEqualTo("active");
    systemd.ctl("disable", "--now", "busy.socket");
    systemd.ctl("stop", "busy.service");
  }

  /** A service that systemd starts for the first client, and its socket unit, enabled. */
  private static void activated(String name) throws Exception {
    host.writeFile(
        "/usr/local/lib/lab-activated.py",
        """
        import socket
        listener = socket.socket(fileno=3)
        while True:
            listener.accept()[0].close()
        """);
    systemd.unit(
        name + ".service",
        "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/lab-activated.py\n");
    systemd.unit(
        name + ".socket",
        """
        [Socket]
        ListenStream=%d

        [Install]
        WantedBy=sockets.target
        """
            .formatted(port));
    systemd.ctl("enable", "--now", name + ".socket");
  }

  private static void timer(String folder, String name) throws Exception {
    host.writeFile(
        folder + name + ".service",
        "[Service]\nType=oneshot\nUser=www-data\nExecStart=/bin/true /srv/" + name + "\n");
    host.writeFile(
        folder + name + ".timer",
        "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=timers.target\n");
  }

  @Test
  void h62_timers_wherever_systemd_has_them() throws Exception {
    timer(PACKAGED, "packaged");
    timer(PACKAGED, "started");
    timer(PACKAGED, "unused");
    timer("/run/systemd/system/", "runtime");
    systemd.ctl("daemon-reload");
    systemd.ctl("enable", "packaged.timer");
    systemd.ctl("start", "started.timer", "runtime.timer");
    try {
      assertThat(new SurveyClient(agent).settings().jobs())
          .filteredOn(job -> job.command().contains("/srv/"))
          .containsExactlyInAnyOrder(job("packaged"), job("started"), job("runtime"));
    } finally {
      systemd.ctl("disable", "packaged.timer");
      systemd.ctl("stop", "started.timer", "runtime.timer");
    }
  }

  private static Settings.Job job(String name) {
    return new Settings.Job(name + ".timer", "www-data", "/bin/true /srv/" + name);
  }

  @Test
  void h57_a_timer_does_not_start_a_fenced_unit() throws Exception {
    systemd.unit("timed.service", server(""));
    systemd.unit(
        "timed.timer",
        """
        [Timer]
        OnActiveSec=0
        OnUnitInactiveSec=100ms
        AccuracySec=1ms
        """);
    systemd.ctl("start", "timed.timer");
    awaitListens();
    Service service = service("timed.service", List.of(port));
    stopFenced(service);
    String fired = "LastTriggerUSecMonotonic";
    String before = systemd.ctl("show", "-p", fired, "--value", "timed.timer");
    TestingPatience.await(
        "the timer",
        () -> {
          systemd.ctl("restart", "timed.timer");
          return !systemd.ctl("show", "-p", fired, "--value", "timed.timer").equals(before);
        });
    assertThat(systemd.active("timed.service")).isEqualTo("inactive");
    systemd.ctl("stop", "timed.timer");
    services.lift(List.of(service), 1);
  }

  @Test
  void h57_a_unit_that_is_always_restarted_stays_down() throws Exception {
    systemd.unit(
        "always.service",
        server("").replace("[Install]", "Restart=always\nRestartSec=0\n[Install]"));
    Service service = service("always.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    stopFenced(service);
    assertThat(connects(port)).isFalse();
    assertThat(systemd.active("always.service")).isEqualTo("inactive");
    services.lift(List.of(service), 1);
  }

  @Test
  void h62_a_unit_that_is_slow_to_stop_is_waited_for_taken_back_or_killed() throws Exception {
    systemd.unit(
        "slow.service", server("").replace("[Install]", "ExecStop=/bin/sleep 2\n[Install]"));
    Service patient = service("slow.service", List.of(port));
    services.start(patient, 1, LIMIT);
    awaitListens();
    services.stop(patient, 1, true, LIMIT);
    assertThat(systemd.active("slow.service")).isEqualTo("inactive");

    services.start(patient, 1, LIMIT);
    awaitListens();
    Service back = stopping("slow.service", Duration.ofMillis(300), Service.Past.BACK);
    assertThatThrownBy(() -> services.stop(back, 1, true, LIMIT))
        .hasMessageContaining("it does not stop");
    services.start(back, 1, LIMIT); // as the way back does, while it is still ending
    awaitListens();
    assertThat(systemd.active("slow.service")).isEqualTo("active");

    Service end = stopping("slow.service", Duration.ofMillis(300), Service.Past.END);
    services.stop(end, 1, true, LIMIT);
    assertThat(connects(port)).isFalse();
    assertThat(services.runs(end)).isFalse();
    services.lift(List.of(end), 1);
  }

  @Test
  void h57_the_unit_of_the_forward_does_nothing_without_a_record_and_goes_without_a_trace()
      throws Exception {
    systemd.unit("served.service", server(""));
    Service service = service("served.service", List.of(port));
    services.start(service, 1, LIMIT);
    awaitListens();
    // A move of its own: those of one that is forgotten give no orders any more.
    String unit = "godwit-forward-forgotten.service";
    GateClient gate = new GateClient(agent, "forgotten");
    gate.start();
    List<PortGroup> groups = List.of(new PortGroup("served", List.of(port), ClientAddress.PLAIN));
    gate.capture(
        1, groups, WayBackServices.encode("forgotten", 1, List.of(service), Optional.empty()), 0);
    assertThat(systemd.ctl("is-enabled", unit)).isEqualTo("enabled");
    assertThat(systemd.ctl("show", "-p", "NeedDaemonReload", "--value", unit)).isEqualTo("no");
    assertThat(systemd.ctl("show", "-p", "UnitFileState", "--value", unit)).isEqualTo("enabled");
    reboot();
    assertThat(systemd.active(unit)).isEqualTo("inactive");
    assertThat(systemd.ctl("show", "-p", "ConditionResult", "--value", unit)).isEqualTo("no");
    assertThat(Files.exists(host.path("/run/godwit/forgotten/gate.pid"))).isFalse();
    // A word that systemd does not take for one argument would show here.
    assertThat(systemd.ctl("show", "-p", "ExecStart", unit))
        .contains("gate-supervisor /run/godwit/forgotten ;");

    agent.call(ForgetAbility.NAME, new MessageWriter().text("forgotten").text("").toBytes());
    assertThat(systemd.ctl("show", "-p", "LoadState", "--value", unit)).isEqualTo("not-found");
    assertThat(
            host.run(
                    "bash", "-c", "ls -d /etc/systemd/system/*/godwit* /etc/systemd/system/godwit*")
                .out())
        .isEmpty();
  }
}
