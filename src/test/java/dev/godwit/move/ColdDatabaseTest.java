package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** MariaDB moves cold, under load, and back: no acknowledged row is lost. */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ColdDatabaseTest {
  private static TestingMove move;
  private static TestingDatabase rows;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100, "30s");
    TestingDatabase.install(move.old(), true);
    TestingDatabase.install(move.neu(), false);
    rows = TestingDatabase.write(move.lab(), Lab.OLD_ADDRESS);
  }

  @AfterAll
  static void down() throws Exception {
    if (rows != null) {
      rows.close();
    }
    if (move != null) {
      move.close();
    }
  }

  @Test
  @Order(1)
  void h70_a_data_directory_under_files_is_refused() throws Exception {
    move.changePlan(plan -> plan.replace("files:\n", "files:\n  - /srv/mysql\n"));
    String said = move.godwit(1, "check");
    assertThat(said)
        .contains("/srv/mysql is the data of MariaDB or MySQL (ibdata1)")
        .contains("name the server under `databases`, with `mode: cold`");
    assertThat(move.godwit(1, "start")).contains("/srv/mysql is the data of MariaDB");
    move.changePlan(
        plan ->
            plan.replace("files:\n  - /srv/mysql\n", "files:\n")
                + "\n"
                + TestingDatabase.planned());
  }

  @Test
  @Order(2)
  void check_says_what_the_last_copy_costs() throws Exception {
    assertThat(move.godwit(0, "check"))
        .containsPattern(
            "of /srv/mysql, [0-9]+ \\([0-9.]+ MB\\) have changed in the last 10 minutes")
        .contains("MB/s");
  }

  @Test
  @Order(3)
  void no_acknowledged_row_is_lost() throws Exception {
    move.godwit(0, "start");
    int before = rows.count();
    TestingPatience.await(
        "rows " + rows.failures().stream().limit(3).toList(), () -> rows.count() > before + 100);
    assertThat(move.godwit(0, "verify"))
        .contains("/srv/mysql               not compared: mariadb runs on old")
        .contains("; not compared: /srv/mysql");
    String written = move.neu().must("stat", "-c", "%i", "/srv/mysql/ibdata1");
    move.godwit(0, "cutover", "--yes");
    assertThat(move.neu().must("stat", "-c", "%i", "/srv/mysql/ibdata1"))
        .as("what has changed was written into the file that stood")
        .isEqualTo(written);
    int moved = rows.count();
    TestingPatience.await("rows on new", () -> rows.count() > moved + 100);
    assertSound(true);
  }

  @Test
  @Order(4)
  void nor_on_the_way_back() throws Exception {
    move.godwit(0, "rollback", "--yes");
    int back = rows.count();
    TestingPatience.await("rows on old", () -> rows.count() > back + 100);
    rows.end();
    assertSound(false);
  }

  /** Old's server says that it is an older one; in truth both hosts have one program. */
  @Test
  @Order(5)
  void h60_a_database_that_would_be_converted_has_no_way_back() throws Exception {
    String program = move.old().must("readlink", "-f", "/usr/sbin/mariadbd").strip();
    move.old().must("cp", program, "/root/mariadbd");
    move.old()
        .writeFile(
            "/root/older",
            """
            #!/bin/sh
            [ "$1" = --version ] && { echo "mariadbd  Ver 10.1.1-MariaDB"; exit; }
            exec /root/mariadbd "$@"
            """,
            "rwxr-xr-x");
    move.old().must("mount", "--bind", "/root/older", program);
    move.old().writeFile("/srv/mysql/mariadb_upgrade_info", "10.1.1-MariaDB\n");
    String why = "/srv/mysql is of MariaDB 10.1, and new has MariaDB ";
    assertThat(move.godwit(0, "check")).contains(why).contains("[database-converted]");
    for (String[] command :
        new String[][] {{"cutover", "--yes"}, {"cutover", "--yes", "--postpone"}}) {
      assertThat(move.godwit(5, command))
          .contains("there would be no way back from new", why, "old serves as before")
          .contains("--no-way-back")
          .doesNotContain("audit");
    }
    assertThat(move.godwit(0, "cutover", "--yes", "--no-way-back"))
        .contains("there would be no way back from new")
        .contains("old follows new; there is no way back")
        .contains("There is no way back: new's server has converted mariadb: " + why)
        .doesNotContain("godwit rollback");
    assertThat(move.godwit(0, "status")).contains("There is no way back: ", why);
    assertThat(move.godwit(5, "rollback", "--yes"))
        .contains("cannot be rolled back", why, "new serves as before")
        .doesNotContain("audit");
    assertThat(move.neu().run("/usr/local/sbin/lab-mariadb", "state").exit()).isZero();
    // Somebody has installed new's version there.
    move.old().must("umount", program);
    move.godwit(0, "rollback", "--yes");
    assertThat(move.old().run("/usr/local/sbin/lab-mariadb", "state").exit()).isZero();
  }

  private static void assertSound(boolean onNew) throws Exception {
    var host = onNew ? move.neu() : move.old();
    var other = onNew ? move.old() : move.neu();
    System.out.printf("%d rows, failures %s%n", rows.count(), rows.failures());
    assertThat(rows.lostOn(host)).isEmpty();
    assertThat(TestingDatabase.sql(host, "CHECK TABLE lab.marks EXTENDED")).contains("\tOK");
    assertThat(other.run("/usr/local/sbin/lab-mariadb", "state").exit()).isEqualTo(3);
    // A session that never rests is cut at the stop; that is an error, and nothing acknowledged.
    assertThat(rows.failures()).hasSizeLessThanOrEqualTo(onNew ? 1 : 2);
  }
}
