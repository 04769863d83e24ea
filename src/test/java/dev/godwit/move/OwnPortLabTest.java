package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.DemoPlan;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Services that need each other, and themselves, while the gate has all their ports: nginx's start
 * ends when nginx has answered, and what it is asked for it gets from the application.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OwnPortLabTest extends TestingOneMove {
  private static final String NGINX = "/usr/local/sbin/lab-nginx";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    for (LabHost host : List.of(move.old(), move.neu())) {
      startAsksItself(host, "/notes/health");
      change(
          host,
          NGINX_CONF,
          "index index.html;",
          "index index.html;\n    location /notes/ { proxy_pass http://127.0.0.1:8080/; }",
          "rw-r--r--");
    }
    change(
        move.neu(),
        DemoPlan.PATH,
        "check: { http: \"http://127.0.0.1/\" }",
        "check: { http: \"http://127.0.0.1/notes/health\" }",
        "rw-r--r--");
    move.old().must(NGINX, "stop");
    move.old().must(NGINX, "start");
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void h50_a_switch_that_fails_gives_them_back() throws Exception {
    String good = new String(move.neu().readFile(NGINX_CONF), StandardCharsets.UTF_8);
    move.neu().writeFile(NGINX_CONF, good.replace("location", "lcation"));
    String said = move.godwit(4, "cutover", "--yes");
    move.neu().writeFile(NGINX_CONF, good);
    assertThat(said).contains("✗ start").contains("unknown directive").contains("old serves");
    move.assertOldServes();
    move.awaitRequests(50);
    move.assertNoneFailed();
  }

  @Test
  @Order(2)
  void a_switch_waits_for_nobody() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.assertNewServes();
    move.awaitRequests(50);
    move.assertNoneFailed();
  }

  @Test
  @Order(3)
  void nor_does_the_one_back() throws Exception {
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    move.awaitRequests(50);
    move.assertNoneFailed();
    move.assertNoNoteLost(move.old());
  }
}
