package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabOptions;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedService;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit init HOST} on the lab's old host: the plan that it writes moves the services. */
@Tag("lab")
final class InitLabTest {
  @Test
  void the_plan_that_it_writes_passes_check_and_is_that_of_the_demo(@TempDir Path folder)
      throws Exception {
    try (TestingMove move = TestingMove.up()) {
      String host = "root@" + Lab.OLD_ADDRESS;
      assertThat(move.godwit(0, "init", host, "drafted.yaml")).contains("Wrote drafted.yaml");
      byte[] written = move.neu().readFile("/root/drafted.yaml");
      String text = new String(written, StandardCharsets.UTF_8);
      String said = move.godwit(0, "check", "drafted.yaml");
      assertThat(said).contains("No errors");

      Plan drafted = Plan.read(Files.write(folder.resolve("drafted.yaml"), written));
      Plan demo =
          Plan.read(Files.write(folder.resolve("demo.yaml"), move.neu().readFile(DemoPlan.PATH)));
      assertThat(drafted.files())
          .extracting(FileTree::path)
          .containsExactlyInAnyOrderElementsOf(demo.files().stream().map(FileTree::path).toList());
      assertThat(ports(drafted)).containsExactlyInAnyOrderElementsOf(ports(demo));
      assertThat(text).contains("10.103.0.2/24", "fd67::2/64").contains("port 22: sshd");

      assertThat(move.godwit(5, "init", host, "drafted.yaml")).contains("--force");
      assertThat(move.neu().readFile("/root/drafted.yaml")).isEqualTo(written);

      // A busy machine must not decide what this shows.
      move.neu().writeFile(DemoPlan.PATH, text.replace("hold: 5s", "hold: 30s"));
      move.startClient();
      move.awaitRequests(20);
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      move.godwit(0, "report", "--html", "page.html");
      String page = new String(move.neu().readFile("/root/page.html"), StandardCharsets.UTF_8);
      assertThat(page).startsWith("<!DOCTYPE html>").contains("What the hold consisted of");
      assertThat(page)
          .contains("no-fence")
          .doesNotContain("<script", "http://", "https://", "src=");
      move.proveMoved();
    }
  }

  /** Five servers, each of another kind, in the shape in which their packages leave them. */
  @Test
  void of_a_whole_server_it_passes_check_and_moves_all_of_it(@TempDir Path folder)
      throws Exception {
    try (TestingWholeServer server = TestingWholeServer.up(50, LabOptions.forFiles(50), "30s")) {
      TestingMove move = server.move();
      move.godwit(0, "init", "root@" + Lab.OLD_ADDRESS, "drafted.yaml");
      byte[] written = move.neu().readFile("/root/drafted.yaml");
      String text = new String(written, StandardCharsets.UTF_8);
      System.out.println(text);
      assertThat(move.godwit(0, "check", "drafted.yaml")).contains("No errors");
      Plan drafted = Plan.read(Files.write(folder.resolve("drafted.yaml"), written));
      assertThat(ports(drafted).stream().flatMap(List::stream)).contains(25, 80, 110, 143, 3306);
      assertThat(drafted.databases()).isNotEmpty();

      move.neu().writeFile(DemoPlan.PATH, text.replace("hold: 5s", "hold: 30s"));
      server.startClients(Lab.OLD_ADDRESS);
      server.awaitAll();
      move.godwit(0, "start");
      move.godwit(0, "cutover", "--yes");
      server.awaitAll();
      server.proveMailAndRows(move.neu(), move.old());
      move.proveServedBy(Role.NEW);
    }
  }

  private static List<List<Integer>> ports(Plan plan) {
    return plan.services().stream()
        .map(PlannedService::service)
        .map(service -> service.ports())
        .toList();
  }
}
