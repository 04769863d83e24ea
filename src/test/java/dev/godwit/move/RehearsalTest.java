package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.LabHost;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A rehearsal finds what a cut-over would have met, and nobody notices it: no client, no file of
 * either host, nothing left on new. One lab through all of it; at the end the move is made.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RehearsalTest extends TestingOneMove {
  /**
   * By so much may a hold differ from what was predicted: a drain of 2 s, and what a busy machine
   * adds. Less than the stop and the start of the service that is slow.
   */
  private static final long APART_MS = 4000;

  /**
   * Names, owners, times of what lies outside of the plan's trees, which clients go on changing.
   */
  private static final String LOOK =
      """
      find /run /var/log /var/spool /var/lib /etc /tmp -xdev -path /run/godwit -prune \\
        -o -not -path '*/hsperfdata_*' -not -path /tmp -not -path '/tmp/sqlite-*' -printf '%p %y %u %g %m %s %T@\\n'
      ls -A /srv /var
      """;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    move.startClient();
    assertThat(move.godwit(0, "start")).contains("Next: godwit rehearse");
    assertThat(move.godwit(0, "status")).contains("Next: godwit rehearse says how long");
  }

  @Test
  @Order(1)
  void the_services_are_tried_and_nothing_is_changed() throws Exception {
    Quiet quiet = Quiet.of(move);
    String said = move.godwit(0, "rehearse");
    assertThat(said)
        .contains("✓ start", "✓ check", "3 checks passed", "✓ remove")
        .containsPattern("About [0-9]+ ms of the 20000 ms")
        .containsPattern("stop +[0-9]+ ms  measured")
        .contains("kept beside it on disk") // of the trees below /srv
        .contains("/var/vmail: what is written is kept in memory"); // it is a disk of its own
    quiet.assertStill();
  }

  @Test
  @Order(2)
  void a_service_whose_configuration_is_wrong_on_new_is_found() throws Exception {
    String good = text(NGINX_CONF);
    move.neu()
        .writeFile(NGINX_CONF, good.replace("sendfile", "sendfle").replace("http {", "htp {"));
    Quiet quiet = Quiet.of(move);
    String said = move.godwit(1, "rehearse");
    assertThat(said)
        .contains("✗ start", "nginx: it does not start", "unknown directive \"htp\"", "✓ remove");
    quiet.assertStill();
    String refused = move.godwit(5, "cutover", "--yes");
    assertThat(refused).contains("the rehearsal of ", " failed: ", "--despite-rehearsal");
    move.assertOldServes();
    move.neu().writeFile(NGINX_CONF, good);
  }

  @Test
  @Order(3)
  void a_service_that_answers_wrongly_is_found() throws Exception {
    String good = text(NGINX_CONF);
    move.neu()
        .writeFile(NGINX_CONF, good.replace("index index.html;", "location = / { return 503; }"));
    Quiet quiet = Quiet.of(move);
    String said = move.godwit(1, "rehearse");
    assertThat(said).contains("✗ check", "503 Service Temporarily Unavailable", "✓ remove");
    quiet.assertStill();
    move.neu().writeFile(NGINX_CONF, good);
  }

  @Test
  @Order(4)
  void a_hold_that_would_be_too_long_is_refused() throws Exception {
    String good = text(APP);
    move.neu().writeFile(APP, good.replace("start)", "start) sleep 21"), "rwxr-xr-x");
    String said = move.godwit(1, "rehearse");
    assertThat(said).contains("longer than the 20000 ms that the plan allows");
    move.neu().writeFile(APP, good, "rwxr-xr-x");
    assertThat(move.godwit(5, "cutover", "--yes")).contains("predicts a hold of ");
    move.assertOldServes();
  }

  @Test
  @Order(4)
  void what_something_else_writes_meanwhile_is_not_overlooked() throws Exception {
    try (TestingCommand rehearsal =
        move.godwitWhen(
            line -> line.strip().equals("… check"),
            command -> move.neu().writeFile("/srv/www/stranger.html", "not of old"),
            "rehearse")) {
      assertThat(rehearsal.exit(COMMAND_LIMIT)).isEqualTo(1);
      assertThat(rehearsal.text())
          .contains("✗ remove", "are not as they were before the rehearsal");
    }
    // And it does not stay, since old has none.
    TestingPatience.await(
        "the mirror to put it right",
        () -> !move.neu().must("ls", "/srv/www").contains("stranger.html"));
  }

  @Test
  @Order(4)
  void a_unit_on_a_host_without_systemd_is_found_before_anything_is_touched() throws Exception {
    String plan = text(DemoPlan.PATH);
    String unit =
        plan.replaceFirst(
            "(?s)    start: \\[/usr/local/sbin/lab-app, start\\]\n.*?state\\]\n",
            "    unit: app.service\n");
    assertThat(unit).contains("unit: app.service");
    move.neu().writeFile(DemoPlan.PATH, unit);
    try {
      assertThat(move.godwit(1, "rehearse"))
          .contains("✗ units", "app: app.service cannot be started: systemctl show fails")
          .doesNotContain("… barrier");
    } finally {
      move.neu().writeFile(DemoPlan.PATH, plan);
    }
  }

  @Test
  @Order(4)
  void ctrl_c_takes_it_down_in_order() throws Exception {
    Quiet quiet = Quiet.of(move);
    for (String step : new String[] {"barrier", "start"}) {
      try (TestingCommand stopped =
          move.godwitWhen(
              line -> line.strip().equals("… " + step), TestingCommand::interrupt, "rehearse")) {
        assertThat(stopped.exit(COMMAND_LIMIT)).isEqualTo(1);
        assertThat(stopped.text()).contains("Stopping;", "the rehearsal was stopped by hand");
      }
    }
    quiet.assertStill();
  }

  @Test
  @Order(5)
  void h58_a_rehearsal_that_is_killed_leaves_nothing() throws Exception {
    for (String step : new String[] {"pause", "start", "stop", "remove"}) {
      Quiet quiet = Quiet.of(move);
      try (TestingCommand killed =
          move.godwitWhen(
              line -> line.strip().equals("… " + step), TestingCommand::kill, "rehearse")) {
        assertThat(killed.exit(COMMAND_LIMIT)).as("killed at " + step).isEqualTo(128 + 9);
      }
      if (step.equals("stop")) {
        // Typed on new itself, it was the one that would have removed this.
        assertThat(move.neu().must("ls", "-A", "/srv")).contains(".godwit-rehearsal-demo");
      }
      // The mirror goes on by itself, without any command.
      TestingPatience.await(
          "the mirror after a rehearsal killed at " + step,
          () -> move.godwit(0, "status", "--json").contains("\"state\" : \"live\""));
      assertThat(move.godwit(0, "start")).contains("New follows old");
      quiet.assertStill();
    }
  }

  /** With a service whose stop and start take seconds that are known. */
  @Test
  @Order(6)
  void the_hold_is_about_as_long_as_it_was_predicted() throws Exception {
    String good = text(APP);
    String slow = good.replace("start)", "start) sleep 3").replace("stop)", "stop) sleep 2");
    for (LabHost host : List.of(move.old(), move.neu())) {
      host.writeFile(APP, slow, "rwxr-xr-x");
    }
    move.killBackground(); // the mirrors died with it, and go on
    LabHost.Outcome said = move.godwitApart("rehearse", "--json");
    assertThat(said.exit()).as(said.err()).isZero();
    JsonNode rehearsed = JsonMapper.shared().readTree(said.out());
    assertThat(part(rehearsed, "start")).isGreaterThan(3000);
    assertThat(part(rehearsed, "stop")).isGreaterThan(2000);
    assertThat(part(rehearsed, "orders")).as("the gate's own part, and the way").isGreaterThan(30);
    assertThat(move.godwit(0, "status")).contains("Next: godwit cutover.");
    assertThat(move.godwit(0, "cutover", "--yes")).contains("the hold is to be about ");
    for (LabHost host : List.of(move.old(), move.neu())) {
      host.writeFile(APP, good, "rwxr-xr-x");
    }
    long predicted = rehearsed.path("predicted_hold_ms").asLong();
    long hold =
        JsonMapper.shared().readTree(move.godwit(0, "report", "--json")).path("hold_ms").asLong();
    System.out.printf("a hold of %d ms, predicted were %d ms%n", hold, predicted);
    assertThat(hold).isGreaterThan(5000);
    assertThat(Math.abs(hold - predicted)).isLessThan(APART_MS);
  }

  private static double part(JsonNode rehearsed, String step) {
    double millis = 0;
    for (JsonNode part : rehearsed.path("parts")) {
      millis += part.path("step").asString().equals(step) ? part.path("ms").asDouble() : 0;
    }
    return millis;
  }

  @Test
  @Order(7)
  void the_move_is_made_after_all_that() throws Exception {
    // The way back can be rehearsed too, on old, while old follows new.
    Set<String> old = TestingTraces.of(move.old());
    assertThat(move.godwit(0, "rehearse")).contains("came up on old and answered");
    assertThat(TestingTraces.difference(old, TestingTraces.of(move.old()))).isEmpty();
    move.proveMoved();
  }

  /** How things were, and that they are so again: new as it was, old serving, no client failed. */
  private record Quiet(TestingMove move, Set<String> traces, Set<String> files, long posts) {
    static Quiet of(TestingMove move) throws Exception {
      LabHost neu = move.neu();
      return new Quiet(move, TestingTraces.of(neu), files(neu), move.posts(neu));
    }

    private Set<String> difference() throws Exception {
      return TestingTraces.difference(traces, TestingTraces.of(move.neu()));
    }

    private static Set<String> files(LabHost host) throws Exception {
      return new TreeSet<>(host.must("bash", "-c", LOOK).lines().toList());
    }

    void assertStill() throws Exception {
      LabHost neu = move.neu();
      // What was killed ends when its connection has.
      TestingPatience.await(() -> "no trace: " + difference(), () -> difference().isEmpty());
      assertThat(TestingTraces.difference(files, files(neu))).isEmpty();
      assertThat(move.posts(neu)).as("notes posted on new").isEqualTo(posts);
      move.assertOldServes();
      move.awaitRequests(20);
      move.assertNoneFailed();
    }
  }
}
