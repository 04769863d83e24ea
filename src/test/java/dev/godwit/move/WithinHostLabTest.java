package dev.godwit.move;

import static dev.godwit.move.TestingPlaces.PLACE;
import static dev.godwit.move.TestingPlaces.POINTS;
import static dev.godwit.move.TestingPlaces.TREES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Old and new are one host: nginx, dovecot and an application leave a shared storage for a local
 * one and go back to it, while clients ask. Here both are folders; what points the services at them
 * is a script that exchanges links.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WithinHostLabTest extends TestingOneMove {
  /** Where the hold is made short, or a rehearsal has failed on purpose. */
  private static final String[] CUTOVER = {"cutover", "--yes", "--despite-rehearsal"};

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    startAsksItself(TestingPlaces.control(move), "/");
    move.startClient();
  }

  /** What uses up its hold must leave the clients time for the way back. */
  private static void hold(int seconds) throws Exception {
    move.hold(seconds + "s");
  }

  private static String placeNow() throws Exception {
    return TestingPlaces.now(move.old());
  }

  /** The clients get answers and none has failed; the services have their files there. */
  private static void assertServedAt(String place) throws Exception {
    move.awaitRequests(60);
    move.assertNoneFailed();
    assertThat(placeNow()).isEqualTo(place);
    assertThat(allRun()).isTrue();
  }

  private static boolean allRun() throws Exception {
    for (String name : move.services().names()) {
      if (!move.old().run("/usr/local/sbin/lab-" + name, "state").succeeded()) {
        return false;
      }
    }
    return true;
  }

  /** With the client ended, both places hold the same, and all that was acknowledged. */
  private static void proveKept(String from, String to) throws Exception {
    move.endClient();
    move.assertNoneFailed();
    move.assertAllKept(move.old());
    move.godwit(0, "start"); // returns when the other place has everything
    for (String tree : TREES) {
      String same =
          move.godwit(
              0,
              "sync",
              "-aHAX",
              "--verify",
              "/srv/%s/%s/".formatted(from, tree),
              "/srv/%s/%s/".formatted(to, tree));
      assertThat(same).doesNotContain("differ");
    }
    move.startClient();
  }

  @Test
  @Order(1)
  void check_knows_that_it_is_one_host_and_is_meant() throws Exception {
    assertThat(move.godwit(0, "check"))
        .contains("the services are pointed at \"shared\", and will be at \"local\"")
        .contains("No errors");
    move.old().must("ln", "-s", "shared/www", "/srv/loop");
    move.changePlan(plan -> plan.replace("to: /srv/local/notes", "to: /srv/loop/notes"));
    assertThat(move.godwit(1, "check")).contains("[same-tree]");
    assertThat(move.godwit(1, "start")).contains("cannot be started").contains("/srv/loop/notes");
    move.changePlan(plan -> plan.replace("to: /srv/loop/notes", "to: /srv/local/notes"));
    move.old().must("rm", "/srv/loop");
  }

  /** One host by two names. */
  @Test
  @Order(2)
  void h61_check_finds_one_host_that_is_taken_for_two() throws Exception {
    move.changePlan(
        plan ->
            plan.replace(
                    "new: same", "new: root@127.0.0.1\nssh: [\"-o\", \"StrictHostKeyChecking=no\"]")
                .replaceAll("place: .*\n", "\n"));
    assertThat(move.godwit(1, "check")).contains("[one-host]").contains("`new: same`");
    move.changePlan(
        plan ->
            plan.replaceAll("new: root.*\nssh: .*", "new: same")
                .replace(
                    "limits:",
                    "place: { command: [%1$s, \"{to}\"], where: [%1$s], old: shared, new: local }\nlimits:"
                        .formatted(PLACE)));
  }

  /** As with a kernel without the look-up, and no packet filter. */
  @Test
  @Order(3)
  void a_host_on_which_clients_could_not_wait_is_found_before_the_hold() throws Exception {
    move.godwit(0, "start");
    assertThat(listening("check").out()).contains("[no-hold]", "godwit.gate.rung says so");
    LabHost.Outcome refused = listening("cutover", "--yes");
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.out() + refused.err())
        .contains("✗ capture", "clients cannot wait here while the services start")
        .doesNotContain("… hold");
    assertThat(move.godwit(0, "check")).doesNotContain("[no-hold]");
    assertServedAt("shared");
  }

  /** A command whose gate can only listen after the stop. */
  private static LabHost.Outcome listening(String... arguments) throws Exception {
    List<String> argv =
        new ArrayList<>(List.of("env", "-C", "/root", "JAVA_TOOL_OPTIONS=-Dgodwit.gate.rung=3"));
    argv.addAll(TestingMove.program());
    argv.addAll(List.of(arguments));
    return move.old().run(argv, TestingMove.COMMAND_LIMIT);
  }

  @Test
  @Order(3)
  void the_services_go_to_the_other_place_and_nobody_is_failed() throws Exception {
    move.godwit(0, "start");
    assertThat(move.godwit(0, "status"))
        .contains("the services use the files of old; those of new follow them, file by file")
        .contains("Next: godwit rehearse");
    assertThat(move.godwit(0, "verify")).contains("New has all that old has");
    assertRehearses("shared");
    String said = move.godwit(0, "cutover", "--yes");
    assertThat(move.godwit(0, "verify"))
        .contains("Old has all that new has")
        .contains("UIDVALIDITY and UIDs as on old before the last switch");
    assertThat(said).contains("The services use the files of new").doesNotContain("!");
    assertServedAt("local");
    assertThat(move.godwit(0, "status"))
        .doesNotContain("!", "serves", "gate on")
        .contains("past the gate", "the services use the files of new; those of old follow them");
    assertThat(move.godwit(0, "report"))
        .contains("cutover: done: the services use the files of new")
        .contains("When it is to stay so: godwit finish.")
        .doesNotContain("serves");
    assertRehearses("local");
    proveKept("local", "shared");
  }

  /** The services start with the files of the other place, apart from those that have clients. */
  private static void assertRehearses(String place) throws Exception {
    String beside = "ls -A /srv /srv/shared /srv/local; readlink /srv/www /srv/notes";
    String before = move.old().must("bash", "-c", beside);
    assertThat(move.godwit(0, "rehearse"))
        .contains("✓ start", "✓ check", "3 checks passed", "✓ remove", "The hold:");
    assertThat(move.old().must("bash", "-c", beside)).isEqualTo(before);
    assertServedAt(place);
  }

  @Test
  @Order(5)
  void a_rehearsal_finds_what_the_hold_would_find() throws Exception {
    failsInRehearsal(idle(), "✗ start", "pointed at \"shared\" instead of \"local\"");
    failsInRehearsal(lies(), "✗ check", "but still: ", "writes /srv/shared/");
    failsInRehearsal(swaps(), "✗ start", "has changed what the paths of the trees lead to");
    assertThat(move.godwit(5, "cutover", "--yes")).contains("--despite-rehearsal");
    assertRehearses("shared");
  }

  private static void failsInRehearsal(String script, String... said) throws Exception {
    move.old().writeFile(PLACE, script, "rwxr-xr-x");
    assertThat(move.godwit(1, "rehearse")).contains(said).contains("✓ remove");
    move.old().writeFile(PLACE, POINTS, "rwxr-xr-x");
    assertServedAt("shared");
  }

  /** It does not point the services anywhere. */
  private static String idle() {
    return POINTS.replace("$1/$", "shared/$");
  }

  /** It says that it did, and the services still write where they did. */
  private static String lies() throws Exception {
    move.old().writeFile("/var/lib/place", "shared\n");
    return idle()
        .replace(
            "for link",
            "[ -n \"$1\" ] && echo $1 >/var/lib/place || exec cat /var/lib/place\nfor link");
  }

  /** It changes what a path of the plan leads to. */
  private static String swaps() {
    return POINTS.replace(
        "for link",
        """
        case $1 in
          local) mount --bind /srv/local/www /srv/shared/www ;;
          shared) umount /srv/shared/www ;;
        esac
        for link""");
  }

  @Test
  @Order(4)
  void and_back_with_all_that_was_written_there() throws Exception {
    assertServedAt("local");
    move.godwit(0, "rollback", "--yes");
    assertServedAt("shared");
    proveKept("shared", "local");
  }

  @Test
  @Order(5)
  void services_that_do_not_work_at_the_other_place_are_put_back() throws Exception {
    String wrong =
        POINTS.replace(
            "for link",
            """
            case $1 in
              local) sed -i s,/srv/www,/srv/wrong, /etc/nginx/nginx.conf ;;
              shared) sed -i s,/srv/wrong,/srv/www, /etc/nginx/nginx.conf ;;
            esac
            for link""");
    hold(12);
    refusesWith(wrong, 4, "✗ check", "the services use the files of old");
    hold(20);
  }

  @Test
  @Order(6)
  void h56_a_command_that_does_not_point_the_services_there_is_found_in_the_hold()
      throws Exception {
    refusesWith(idle(), 4, "✗ start", "pointed at \"shared\" instead of \"local\"");
    hold(12);
    refusesWith(lies(), 4, "✗ check", "writes /srv/shared/");
    hold(20);
  }

  /** With such a script the cut-over fails or is taken back, and the services stay as they are. */
  private static void refusesWith(String script, int exit, String... said) throws Exception {
    move.old().writeFile(PLACE, script, "rwxr-xr-x");
    assertThat(move.godwit(exit, CUTOVER)).contains(said);
    move.old().writeFile(PLACE, POINTS, "rwxr-xr-x");
    assertServedAt("shared");
  }

  @Test
  @Order(7)
  void h61_a_command_that_changes_what_the_trees_are_is_found_in_the_hold() throws Exception {
    refusesWith(swaps(), 4, "✗ start", "has changed what the paths of the trees lead to");
  }

  /** As after somebody has done by hand what only the move may do. */
  @Test
  @Order(8)
  void h56_services_that_are_pointed_elsewhere_are_not_cut_over() throws Exception {
    refusesWith(
        "#!/bin/sh\necho local\n",
        1,
        "✗ audit",
        "pointed at \"local\" instead of \"shared\", where old has its files");
  }

  /** Nobody is left but the gate, whose lease ends. */
  @Test
  @Order(9)
  void h58_a_controller_that_dies_in_the_hold_leaves_the_services_where_they_were()
      throws Exception {
    hold(12);
    for (CutoverStep step :
        List.of(CutoverStep.STOP, CutoverStep.START, CutoverStep.CHECK, CutoverStep.RELEASE)) {
      try (TestingCommand killed =
          move.godwitWhen(TestingMove.begins(step), TestingCommand::kill, CUTOVER)) {
        assertThat(killed.exit(TestingMove.COMMAND_LIMIT)).as(killed.text()).isEqualTo(137);
      }
      if (step == CutoverStep.RELEASE) {
        break; // it may have been told
      }
      TestingPatience.await("the way back", () -> placeNow().equals("shared"));
      assertServedAt("shared");
      assertThat(move.godwit(0, "rollback", "--yes")).contains("Taken back");
      assertServedAt("shared");
    }
    hold(20);
    move.godwit(0, CUTOVER);
    assertServedAt("local");
    proveKept("local", "shared");
  }

  /** The gate that takes its place has the way back of this attempt, not of the first one. */
  @Test
  @Order(10)
  void h58_a_gate_that_dies_in_the_hold_of_a_rollback_puts_the_services_back_where_they_were()
      throws Exception {
    move.endClient();
    String gate = move.old().must("cat", "/run/godwit/home/gate.pid").strip();
    try (TestingCommand killed =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.BARRIER),
            command -> {
              command.kill();
              move.old().must("kill", "-9", gate);
            },
            "rollback",
            "--yes")) {
      assertThat(killed.exit(TestingMove.COMMAND_LIMIT)).as(killed.text()).isEqualTo(137);
    }
    TestingPatience.await("the services", () -> allRun());
    assertThat(placeNow()).as("where the gate has put them back").isEqualTo("local");
    move.startClient();
    move.godwit(0, CUTOVER); // the rollback is taken back, and nothing is left to do
    assertServedAt("local");
    proveKept("local", "shared");
  }

  @Test
  @Order(11)
  void finish_leaves_the_services_where_they_are() throws Exception {
    move.endClient();
    move.godwit(0, "finish", "--quiet", "1");
    assertThat(placeNow()).isEqualTo("local");
    assertThat(move.godwit(0, "status"))
        .contains("the services use the files of new; nothing of Godwit is left on the host");
    assertThat(Files.exists(move.old().path("/run/godwit/home"))).isFalse();
    assertThat(Files.exists(move.old().path("/srv/shared/www/index.html"))).isTrue();
  }
}
