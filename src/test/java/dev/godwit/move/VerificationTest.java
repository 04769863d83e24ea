package dev.godwit.move;

import static dev.godwit.move.TestingMove.COMMAND_LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What {@code verify} says of both hosts while clients are at work: before the cut-over, after it
 * and after a rollback. One lab through all of it.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class VerificationTest extends TestingOneMove {
  private static final String FOLDER = "/srv/www/verified";
  private static final int MANY = 27;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up();
    for (String name : List.of("content", "mode", "missing", "owner")) {
      move.old().writeFile(FOLDER + "/" + name, "of old: " + name);
    }
    for (int i = 0; i < MANY; i++) {
      move.old().writeFile(FOLDER + "/many/" + i, "one of many");
    }
  }

  private static JsonNode json(int exit) throws Exception {
    String said = move.godwit(exit, "verify", "--json");
    return JsonMapper.shared().readTree(said.substring(said.indexOf("\n{") + 1));
  }

  private static void assertEqual() throws Exception {
    JsonNode found = json(0);
    assertThat(found.get("equal").asBoolean()).isTrue();
    assertThat(found.get("differences").asLong()).isZero();
    assertThat(found.get("trees")).hasSize(3);
    for (JsonNode tree : found.get("trees")) {
      assertThat(tree.get("not_compared").isNull()).isTrue();
      assertThat(tree.get("files").asLong()).as(tree.toString()).isPositive();
      assertThat(tree.get("bytes").asLong()).isPositive();
    }
  }

  /** Another byte, with the size and the times of before. */
  private static void falsify(LabHost host, String file) throws Exception {
    host.must(
        "sh",
        "-c",
        "cp -p FILE /tmp/before && printf X | dd of=FILE bs=1 conv=notrunc status=none && touch -r /tmp/before FILE"
            .replace("FILE", file));
  }

  @Test
  @Order(1)
  void before_the_start_it_is_refused() throws Exception {
    assertThat(move.godwit(5, "verify"))
        .contains(
            "demo cannot be verified: the move has not begun, or was given up; first: godwit start");
  }

  @Test
  @Order(2)
  void what_is_on_its_way_is_no_difference() throws Exception {
    move.startClient();
    move.godwit(0, "start");
    Process busy =
        move.old()
            .start(
                List.of(
                    "sh",
                    "-c",
                    "cd /srv/www; until [ -e /tmp/enough ]; do echo more >> busy; ln -f busy lock; date > unlike; rm lock; sleep 0.01; done"));
    try {
      TestingPatience.await(
          "a busy file on new", () -> move.neu().run("test", "-s", "/srv/www/busy").succeeded());
      assertThat(move.godwit(0, "verify"))
          .contains("New has all that old has")
          .contains("mailboxes of probe: not compared: dovecot does not run with the files of new")
          .doesNotContain(" differ:");
      assertEqual();
    } finally {
      move.old().writeFile("/tmp/enough", "");
      busy.waitFor();
    }
    move.old().must("rm", "-f", "/srv/www/lock");
    move.assertNoneFailed();
  }

  @Test
  @Order(3)
  void h23_h64_each_difference_is_named_and_none_is_put_right() throws Exception {
    LabHost neu = move.neu();
    falsify(neu, FOLDER + "/content");
    neu.must("chmod", "600", FOLDER + "/mode");
    neu.must("chown", "7:8", FOLDER + "/owner");
    neu.must("rm", FOLDER + "/missing");
    neu.writeFile(FOLDER + "/extra", "of new alone");

    String said = move.godwit(1, "verify");
    assertThat(said)
        .contains("verified/content: content\n")
        .contains("verified/mode: mode 0644 and 0600\n")
        .containsPattern("verified/owner: owner [0-9]+:[0-9]+ and 7:8\n")
        .contains("verified/missing: only on old (root@10.103.0.2)\n")
        .contains("verified/extra: only on new (this host)\n")
        .containsPattern("verified: time [0-9.]+ and [0-9.]+\n")
        .contains("6 differ; of two values the first is that of old. Nothing was changed.");

    JsonNode found = json(1);
    assertThat(found.get("equal").asBoolean()).isFalse();
    assertThat(found.get("differences").asInt()).isEqualTo(6);
    List<String> named = new ArrayList<>();
    for (JsonNode tree : found.get("trees")) {
      tree.get("first").forEach(one -> named.add(one.get("path").asString()));
    }
    assertThat(named)
        .containsExactlyInAnyOrder(
            "verified",
            "verified/content",
            "verified/extra",
            "verified/missing",
            "verified/mode",
            "verified/owner");
    assertThat(text(FOLDER + "/content")).startsWith("X");
    assertThat(neu.run("test", "-e", FOLDER + "/missing").succeeded()).isFalse();
    assertThat(neu.run("test", "-e", FOLDER + "/extra").succeeded()).isTrue();
    assertThat(move.godwit(0, "report"))
        .contains("verify: done: new has all that old has")
        .containsPattern("compare .*: [0-9]+ files, [0-9]+ bytes, ")
        .contains("verify: failed: 6 differ: /srv/www/verified: time ");
  }

  @Test
  @Order(4)
  void of_many_the_first_are_named() throws Exception {
    move.neu().must("sh", "-c", "chmod 600 " + FOLDER + "/many/*");
    assertThat(move.godwit(1, "verify"))
        .contains(MANY + 6 + " differ;")
        .contains("    and " + (MANY + 6 - 20) + " more\n");
  }

  @Test
  @Order(5)
  void it_can_be_stopped() throws Exception {
    // With something to look at again, it waits in between.
    try (TestingCommand stopped =
        move.godwitWhen(
            line -> line.strip().equals("… again"), TestingCommand::interrupt, "verify")) {
      assertThat(stopped.exit(COMMAND_LIMIT)).isEqualTo(1);
      assertThat(stopped.text()).contains("it was stopped by hand; nothing was changed");
    }
    assertThat(move.godwit(0, "report")).contains("verify: failed: stopped by hand");
  }

  @Test
  @Order(6)
  void a_mirror_that_has_ended_is_not_started() throws Exception {
    // What is said in the guide of content that nobody else would notice.
    move.old().must("touch", FOLDER + "/content");
    assertThat(move.godwit(1, "verify"))
        .contains("verified/extra: only on new")
        .doesNotContain("verified/content");

    move.killBackground();
    assertThat(move.godwit(5, "verify"))
        .contains("new does not follow old just now", "first: godwit start");
    assertThat(move.neu().run("pgrep", "-f", "godwit.jar background ").succeeded()).isFalse();
    move.godwit(0, "start"); // looks at everything anew
    assertEqual();
  }

  @Test
  @Order(7)
  void a_cut_over_that_runs_or_was_cut_off_is_left_alone() throws Exception {
    CountDownLatch frozen = new CountDownLatch(1);
    try (TestingCommand cutover =
        move.godwitWhen(
            TestingMove.begins(CutoverStep.CAPTURE),
            command -> {
              command.freeze();
              frozen.countDown();
            },
            "cutover",
            "--yes")) {
      assertThat(frozen.await(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(move.godwit(5, "verify"))
          .contains("`godwit cutover`, process " + cutover.pidInHost());
      cutover.thaw();
      cutover.awaitLine("… stop", COMMAND_LIMIT);
      cutover.kill();
    }
    assertThat(move.godwit(5, "verify"))
        .contains("a cut-over is under way; it was cut off. godwit cutover goes on with it");
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    assertEqual();
  }

  @Test
  @Order(8)
  void after_the_cut_over() throws Exception {
    move.godwit(0, "cutover", "--yes");
    move.assertNewServes();
    String said = move.godwit(0, "verify");
    assertThat(said)
        .contains("Old has all that new has")
        .contains("mailboxes of probe: UIDVALIDITY and UIDs as on old before the last switch");
    assertEqual();

    falsify(move.old(), FOLDER + "/content");
    assertThat(move.godwit(1, "verify"))
        .contains(
            "1 differ; of two values the first is that of new", "verified/content: content\n");
    move.neu().must("touch", FOLDER + "/content");
    assertEqual();
  }

  @Test
  @Order(9)
  void what_mail_clients_remember_is_compared_with_what_it_was() throws Exception {
    String list = "/var/vmail/probe/dovecot-uidlist";
    String good = text(list);
    // As after a restore from elsewhere: both hosts have it, so no file differs.
    reloadMail(good.replaceFirst(" V[0-9]+ ", " V1234567 "), list);
    assertThat(move.godwit(1, "verify"))
        .containsPattern("INBOX of probe has UIDVALIDITY 1234567 instead of [0-9]+")
        .contains("1 differ;");
    assertThat(json(1).get("mailboxes").get(0).get("differences")).hasSize(1);
    reloadMail(good, list);
    assertEqual();
  }

  private static void reloadMail(String list, String path) throws Exception {
    LabHost neu = move.neu();
    neu.must("sh", "-c", "rm -f /var/vmail/probe/dovecot.index*");
    neu.writeFile(path, list);
    neu.must("chown", "5000:5000", path);
  }

  @Test
  @Order(10)
  void after_a_rollback() throws Exception {
    move.godwit(0, "rollback", "--yes");
    move.assertOldServes();
    assertThat(move.godwit(0, "verify"))
        .contains("New has all that old has")
        .contains("UIDVALIDITY and UIDs as on new before the last switch");
    assertEqual();
    move.assertNoneFailed();
  }

  @Test
  @Order(11)
  void without_clients_each_tree_has_a_digest() throws Exception {
    move.endClient();
    JsonNode first = json(0);
    JsonNode second = json(0);
    for (int i = 0; i < 3; i++) {
      String digest = first.get("trees").get(i).get("sha256").asString();
      assertThat(digest).hasSize(64);
      assertThat(second.get("trees").get(i).get("sha256").asString()).isEqualTo(digest);
    }
  }

  @Test
  @Order(12)
  void after_the_end_it_is_refused() throws Exception {
    move.godwit(0, "cutover", "--yes");
    assertThat(move.godwit(0, "verify")).contains("Old has all that new has");
    move.godwit(0, "finish", "--now");
    assertThat(move.godwit(5, "verify"))
        .contains("demo cannot be verified: new serves; the move is over")
        .contains("godwit sync -aHAX --delete --verify");
  }
}
