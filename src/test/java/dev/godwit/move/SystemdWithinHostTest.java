package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.nio.file.Files;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Units of one host that a real systemd runs go to another place for their files, and back. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SystemdWithinHostTest extends TestingOneMove {
  @SuppressWarnings("NullAway.Init")
  private static TestingSystemd systemd;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    LabHost host = move.old();
    move.services().stop(host);
    TestingPlaces.install(host);
    systemd = TestingSystemd.boot(host);
    TestingUnits.install(systemd);
    TestingUnits.enable(host);
    move.controlFrom(host, TestingPlaces.plan(TestingUnits.planned(move.plannedServices())));
  }

  @AfterAll
  @SuppressWarnings("NullAway") // what came up before a failure comes down too
  static void halt() {
    if (systemd != null) {
      systemd.close();
      systemd = null;
    }
  }

  private static void assertServedAt(String place) throws Exception {
    move.awaitRequests(60);
    move.assertNoneFailed();
    assertThat(TestingPlaces.now(move.old())).isEqualTo(place);
    TestingUnits.assertRun(systemd, true);
    assertNoFences();
  }

  private static void assertNoFences() throws Exception {
    assertThat(move.old().must("find", "/etc/systemd/system", "-name", "*godwit-fence*")).isEmpty();
  }

  @Test
  @Order(1)
  void units_go_there_and_back_and_there_again() throws Exception {
    assertThat(move.godwit(0, "check")).contains("No errors");
    move.startClient();
    move.godwit(0, "start");
    assertThat(move.godwit(0, "rehearse"))
        .contains("The services came up on new", "3 checks passed");
    move.godwit(0, "cutover", "--yes");
    assertServedAt("local");
    move.godwit(0, "rollback", "--yes");
    assertServedAt("shared");
    move.godwit(0, "cutover", "--yes");
    assertServedAt("local");
    move.endClient();
    move.assertAllKept(move.old());
  }

  @Test
  @Order(2)
  void h57_after_a_reboot_they_run_where_they_were() throws Exception {
    systemd.reboot();
    assertThat(TestingPlaces.now(move.old())).isEqualTo("local");
    TestingUnits.assertRun(systemd, true);
    // The mirrors have gone on by themselves.
    assertThat(move.godwit(0, "status"))
        .contains("the services use the files of new", "live")
        .doesNotContain("the mirror did not run");
    move.startClient();
    assertServedAt("local");
    move.endClient();
  }

  /** The gate and the controller go with the host; the fences do not, nor what the gate needs. */
  @Test
  @Order(3)
  void h57_h58_after_a_reboot_in_the_hold_they_run_where_they_were() throws Exception {
    try (TestingCommand killed =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.BARRIER),
            command -> systemd.reboot(),
            "rollback",
            "--yes")) {
      assertThat(killed.exit(TestingMove.COMMAND_LIMIT)).isNotZero();
    }
    TestingPatience.await("the gate's way back", SystemdWithinHostTest::allRun);
    assertThat(move.godwit(0, "cutover", "--yes")).contains("The services use the files of new");
    assertThat(TestingPlaces.now(move.old())).isEqualTo("local");
    TestingUnits.assertRun(systemd, true);
    assertNoFences();
    move.startClient();
    move.godwit(0, "rollback", "--yes");
    assertServedAt("shared");
    move.endClient();
    move.assertAllKept(move.old());
  }

  private static boolean allRun() throws Exception {
    try {
      TestingUnits.assertRun(systemd, true);
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  @Test
  @Order(4)
  void finish_leaves_units_that_start_at_boot_and_nothing_else() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.godwit(0, "finish", "--now");
    assertNoFences();
    assertThat(systemd.ctl("list-units", "--all", "--no-legend", "godwit*")).isEmpty();
    assertThat(Files.exists(move.old().path("/run/godwit"))).isFalse();
    systemd.reboot();
    TestingUnits.assertRun(systemd, true);
    assertThat(TestingPlaces.now(move.old())).isEqualTo("local");
  }
}
