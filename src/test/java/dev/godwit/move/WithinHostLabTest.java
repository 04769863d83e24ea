package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.LabHost;
import java.nio.file.Files;
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
  private static final String PLACE = "/usr/local/sbin/place";

  /** Each is a link in /srv into a folder of the place. */
  private static final List<String> TREES = List.of("notes", "www", "vmail");

  private static final String POINTS =
      """
      #!/bin/sh
      # place [NAME]: point the services at the trees of NAME, or say where they are pointed
      for link in /srv/notes /srv/www /srv/vmail; do
        if [ -n "$1" ]; then
          ln -sfnT "$1/${link##*/}" $link || exit 1
        else
          dirname "$(readlink $link)"
        fi
      done | sort -u
      """;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(300, "20s");
    LabHost host = move.old();
    move.services().stop(host);
    host.must("mkdir", "/srv/shared", "/srv/local");
    host.must("mv", "/srv/notes", "/srv/www", "/srv/shared");
    host.must("cp", "-a", "/var/vmail", "/srv/shared");
    host.must("umount", "/var/vmail");
    host.must("rmdir", "/var/vmail");
    host.must("ln", "-s", "../srv/vmail", "/var/vmail");
    host.writeFile(PLACE, POINTS, "rwxr-xr-x");
    host.must(PLACE, "shared");
    move.services().start(host);
    move.controlFrom(
        host,
        """
        move: home
        old: local
        new: same
        files:
          - { path: /srv/shared/notes, to: /srv/local/notes }
          - { path: /srv/shared/www, to: /srv/local/www }
          - { path: /srv/shared/vmail, to: /srv/local/vmail }
        place: { command: [%1$s, "{to}"], where: [%1$s], old: shared, new: local }
        limits: { hold: 20s, drain: 2s }
        """
                .formatted(PLACE)
            + move.plannedServices());
    move.startClient();
  }

  /** What uses up its hold must leave the clients time for the way back. */
  private static void hold(int seconds) throws Exception {
    move.changePlan(plan -> plan.replaceAll("hold: [0-9]+s", "hold: " + seconds + "s"));
  }

  private static String placeNow() throws Exception {
    return move.old().must(PLACE).strip();
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

  @Test
  @Order(3)
  void the_services_go_to_the_other_place_and_nobody_is_failed() throws Exception {
    move.godwit(0, "start");
    assertThat(move.godwit(5, "rehearse")).contains("cannot be rehearsed yet");
    String said = move.godwit(0, "cutover", "--yes");
    assertThat(said).contains("The services use the files of new").doesNotContain("!");
    assertServedAt("local");
    assertThat(move.godwit(0, "status")).doesNotContain("!").contains("past the gate");
    proveKept("local", "shared");
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
    hold(5);
    refusesWith(wrong, 4, "✗ check", "old serves");
    hold(20);
  }

  @Test
  @Order(6)
  void h56_a_command_that_does_not_point_the_services_there_is_found_in_the_hold()
      throws Exception {
    String idle = POINTS.replace("$1/$", "shared/$");
    refusesWith(idle, 4, "✗ start", "pointed at \"shared\" instead of \"local\"");
    // It says that it did, and the services still write where they did.
    String lies =
        idle.replace(
            "for link",
            "[ -n \"$1\" ] && echo $1 >/run/place || exec cat /run/place\nfor link");
    hold(5);
    move.old().writeFile("/run/place", "shared\n");
    refusesWith(lies, 4, "✗ check", "writes /srv/shared/");
    hold(20);
  }

  /** With such a script the cut-over fails or is taken back, and the services stay as they are. */
  private static void refusesWith(String script, int exit, String... said) throws Exception {
    move.old().writeFile(PLACE, script, "rwxr-xr-x");
    assertThat(move.godwit(exit, "cutover", "--yes")).contains(said);
    move.old().writeFile(PLACE, POINTS, "rwxr-xr-x");
    assertServedAt("shared");
  }

  @Test
  @Order(7)
  void h61_a_command_that_changes_what_the_trees_are_is_found_in_the_hold() throws Exception {
    String swaps =
        POINTS.replace(
            "for link",
            """
            case $1 in
              local) mount --bind /srv/local/www /srv/shared/www ;;
              shared) umount /srv/shared/www ;;
            esac
            for link""");
    refusesWith(swaps, 4, "✗ start", "has changed what the paths of the trees lead to");
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
    hold(5);
    for (CutoverStep step :
        List.of(CutoverStep.STOP, CutoverStep.START, CutoverStep.CHECK, CutoverStep.RELEASE)) {
      try (TestingCommand killed =
          move.godwitWhen(TestingMove.begins(step), TestingCommand::kill, "cutover", "--yes")) {
        assertThat(killed.exit(TestingMove.COMMAND_LIMIT)).as(killed.text()).isEqualTo(137);
      }
      if (step == CutoverStep.RELEASE) {
        break; // it may have been told
      }
      TestingMove.await("the way back", () -> placeNow().equals("shared"));
      assertServedAt("shared");
      assertThat(move.godwit(0, "rollback", "--yes")).contains("Taken back");
      assertServedAt("shared");
    }
    hold(20);
    move.godwit(0, "cutover", "--yes");
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
    TestingMove.await("the services", () -> allRun());
    assertThat(placeNow()).as("where the gate has put them back").isEqualTo("local");
    move.startClient();
    move.godwit(0, "cutover", "--yes"); // the rollback is taken back, and nothing is left to do
    assertServedAt("local");
    proveKept("local", "shared");
  }

  @Test
  @Order(11)
  void finish_leaves_the_services_where_they_are() throws Exception {
    move.endClient();
    move.godwit(0, "finish", "--quiet", "1");
    assertThat(placeNow()).isEqualTo("local");
    assertThat(Files.exists(move.old().path("/run/godwit/home"))).isFalse();
    assertThat(Files.exists(move.old().path("/srv/shared/www/index.html"))).isTrue();
  }
}
