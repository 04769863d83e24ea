package dev.godwit.move;

import static dev.godwit.move.TestingPlaces.TREES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The way back from a shared mount to local storage, on one host: the services live on an sshfs,
 * where no change is told of but what scanning finds, leave it while clients ask, and go back.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SharedMountMoveTest extends TestingOneMove {
  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100, "30s");
    LabHost host = move.old();
    move.services().stop(host);
    TestingPlaces.install(host);
    host.must("rm", "-rf", "/srv/shared/www/odd"); // an sshfs keeps no attributes, for one
    // The mails stay on the disk: to who looks, an sshfs of root's gives all that is new to root.
    for (String tree : List.of("notes", "www")) {
      String place = "/srv/shared/" + tree;
      String export = "/srv/export/" + tree;
      move.neu().must("mkdir", "-p", export);
      host.must("mv", place, "/srv/was");
      host.must("mkdir", place);
      host.must(
          "sshfs",
          "root@%s:%s".formatted(Lab.NEW_ADDRESS, export),
          place,
          "-o",
          "allow_other,default_permissions,IdentityFile=/root/.ssh/id_ed25519");
      host.must("cp", "-a", "/srv/was/.", place);
      host.must("rm", "-r", "/srv/was");
    }
    move.services().start(host);
    move.controlFrom(host, TestingPlaces.plan(move.plannedServices()));
    move.startClient();
  }

  @Test
  @Order(1)
  void check_says_what_the_mount_is() throws Exception {
    assertThat(move.godwit(0, "check"))
        .containsPattern("/srv/shared/www is on a shared mount \\(sshfs, ")
        .contains("No errors");
  }

  @Test
  @Order(2)
  void the_services_leave_it_and_nobody_is_failed() throws Exception {
    move.godwit(0, "start");
    assertThat(move.godwit(0, "status")).contains("the services use the files of old");
    move.godwit(0, "cutover", "--yes");
    assertServedAt("local");
    assertThat(move.godwit(0, "verify")).contains("Old has all that new has");
  }

  @Test
  @Order(3)
  void and_go_back_to_it() throws Exception {
    move.godwit(0, "rollback", "--yes");
    assertServedAt("shared");
    move.godwit(0, "cutover", "--yes");
    assertServedAt("local");
    move.endClient();
    move.assertNoneFailed();
    move.assertAllKept(move.old());
    move.godwit(0, "start");
    for (String tree : TREES) {
      assertThat(
              move.godwit(
                  0,
                  "sync",
                  "-a",
                  "--verify",
                  "/srv/local/%s/".formatted(tree),
                  "/srv/shared/%s/".formatted(tree)))
          .doesNotContain("differ");
    }
    move.godwit(0, "finish", "--now");
  }

  private static void assertServedAt(String place) throws Exception {
    move.awaitRequests(60);
    move.assertNoneFailed();
    assertThat(TestingPlaces.now(move.old())).isEqualTo(place);
  }
}
