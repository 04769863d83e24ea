package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabServices;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * nginx and an application that only reads run on new before they are given its clients: the hold
 * has no start in it. There, taken back, back and there again, with clients asking all the time.
 */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class AlreadyRunningLabTest extends TestingOneMove {
  private static final int READER_PORT = 8081;

  /** Gives what lies in the site's folder, as it is when it is asked. */
  private static final String READER =
      """
      #!/bin/bash
      . /usr/local/lib/lab-functions
      running() { { read -r pid </run/lab-reader.pid; } 2>/dev/null && alive "$pid" && echo "$pid"; }
      case $1 in
        start)
          [ -n "$(running)" ] && exit 0
          cd /
          setsid python3 -m http.server --directory /srv/www 8081 </dev/null >>/var/log/lab-reader.log 2>&1 &
          echo $! >/run/lab-reader.pid
          wait_answer 8081 && running >/dev/null
          ;;
        stop)
          pid=$(running) && kill -TERM "$pid"
          wait_gone 10 running
          ;;
        state) [ -n "$(running)" ] || exit 3 ;;
      esac
      """;

  private static final String PLAN =
      """
      move: demo
      old: root@%s
      new: local
      ssh: ["-i", "/root/.ssh/id_ed25519"]
      files:
        - /srv/www
      services:
      """
          .formatted(Lab.OLD_ADDRESS);

  @SuppressWarnings("NullAway.Init") // before the first request
  private static TestingPages pages;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    move.services().stop(move.old());
    StringBuilder plan = new StringBuilder(PLAN);
    planned(plan, "nginx", LabServices.WEB_PORT);
    planned(plan, "reader", READER_PORT);
    plan.append("limits: { hold: 20s, drain: 2s }\n");
    move.controlFrom(move.neu(), plan.toString());
    for (LabHost host : List.of(move.old(), move.neu())) {
      host.writeFile("/usr/local/sbin/lab-reader", READER, "rwxr-xr-x");
    }
    start(move.old());
  }

  private static void planned(StringBuilder plan, String name, int port) {
    plan.append(
        """
          - name: %1$s
            start: { command: [/usr/local/sbin/lab-%1$s, start], when: already-running }
            stop: [/usr/local/sbin/lab-%1$s, stop]
            state: [/usr/local/sbin/lab-%1$s, state]
            ports: [%2$d]
            check: { http: "http://127.0.0.1:%2$d/" }
            client-address: transparent
        """
            .formatted(name, port));
  }

  @AfterAll
  static void end() throws Exception {
    if (pages != null) {
      pages.close();
    }
  }

  private static void start(LabHost host) throws Exception {
    host.must("/usr/local/sbin/lab-nginx", "start");
    host.must("/usr/local/sbin/lab-reader", "start");
  }

  /** The processes of both services; when one has ended since, it is another text. */
  private static String processes(LabHost host) throws Exception {
    for (String name : List.of("nginx", "reader")) {
      host.must("/usr/local/sbin/lab-" + name, "state");
    }
    return host.must("cat", "/run/nginx.pid", "/run/lab-reader.pid");
  }

  /** This host answers the clients by now, and none was failed. */
  private static void assertServed(LabHost host) throws Exception {
    String log = "/var/log/nginx/access.log";
    long before = lines(host, log);
    TestingPatience.await(
        "answers of " + host.name() + " " + pages.failures(),
        () -> !pages.failures().isEmpty() || lines(host, log) >= before + 20);
    assertThat(pages.failures()).isEmpty();
  }

  private static long lines(LabHost host, String file) throws Exception {
    return Long.parseLong(host.must("awk", "END { print NR }", file).strip());
  }

  /** Below one second is promised, and asserted where the machine has nothing else to do. */
  private static void measure(String what) throws Exception {
    TestingHold hold = TestingHold.of(move);
    TestingPages.Wait longest = pages.longest();
    System.out.printf(
        "measured: %s, hold %.0f ms, the longest wait of a client %s%n",
        what, hold.millis(), longest);
    if (TestingQuiet.MACHINE) {
      assertThat(longest.length()).as(what + ": " + longest).isLessThan(Duration.ofSeconds(1));
    }
  }

  @Test
  @Order(1)
  void check_wants_them_to_run_there() throws Exception {
    assertThat(move.godwit(0, "check"))
        .contains("[not-running-on-new]", "nginx does not run yet", "reader does not run yet");
    start(move.neu());
    assertThat(move.godwit(0, "check"))
        .contains("nginx runs on old and answers, is there on new and runs too")
        .contains("reader runs on old and answers, is there on new and runs too")
        .doesNotContain("[not-running-on-new]", "[port-taken]");
  }

  @Test
  @Order(2)
  void what_is_taken_back_leaves_them_running_on_new() throws Exception {
    pages =
        new TestingPages(
            move.lab(),
            Lab.OLD_ADDRESS,
            List.of(LabServices.WEB_PORT, READER_PORT),
            "/index.html",
            move.old().readFile("/srv/www/index.html"));
    move.godwit(0, "start");
    String before = processes(move.neu());
    try (TestingCommand stopped =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.CHECK), TestingCommand::interrupt, "cutover", "--yes")) {
      assertThat(stopped.exit(TestingMove.COMMAND_LIMIT)).as(stopped.text()).isEqualTo(4);
    }
    assertThat(processes(move.neu())).isEqualTo(before);
    assertServed(move.old());
    // Other clients of theirs are none of this move's.
    String log = "/var/log/nginx/access.log";
    long onNew = lines(move.neu(), log);
    String page = "http://%s/index.html".formatted(Lab.NEW_ADDRESS);
    move.lab().client().must("curl", "-fsS", "-o", "/dev/null", page);
    TestingPatience.await("new's own answer", () -> lines(move.neu(), log) > onNew);
  }

  @Test
  @Order(3)
  void the_cut_over_starts_nothing() throws Exception {
    String before = processes(move.neu());
    TestingPages.Wait unused = pages.longest();
    move.godwit(0, "cutover", "--yes");
    assertServed(move.neu());
    assertThat(processes(move.neu())).isEqualTo(before);
    measure("there");
  }

  @Test
  @Order(4)
  void after_a_rollback_they_run_on_new_again() throws Exception {
    String before = processes(move.neu());
    assertThat(move.godwit(0, "rollback", "--yes")).contains("nginx, reader: running on new");
    assertServed(move.old());
    assertThat(processes(move.neu())).as("their connections have ended").isNotEqualTo(before);
    assertThat(move.godwit(0, "status")).doesNotContain("!");
    System.out.println("measured: back, the longest wait of a client " + pages.longest());
  }

  @Test
  @Order(5)
  void and_there_again_nothing_is_started_either() throws Exception {
    String before = processes(move.neu());
    assertThat(move.godwit(0, "rehearse")).contains("✓ ahead", "not in the hold", "✓ check");
    TestingPages.Wait unused = pages.longest();
    move.godwit(0, "cutover", "--yes");
    assertServed(move.neu());
    assertThat(processes(move.neu())).isEqualTo(before);
    measure("there again");
    System.out.printf("%d pages, failed: %s%n", pages.answered(), pages.failures());
    move.godwit(0, "finish", "--now");
  }
}
