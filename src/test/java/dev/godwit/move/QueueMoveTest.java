package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * A mail transfer agent with mails that it has accepted and cannot deliver yet, under load: they
 * arrive on new, each once; the number of postfix's user is another one there.
 */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class QueueMoveTest {
  private static TestingMove move;
  private static TestingMail mail;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    for (LabHost host : new LabHost[] {move.old(), move.neu()}) {
      TestingMail.install(host);
    }
    // As if it had been installed after other packages.
    move.neu().must("usermod", "-u", "873", "postfix");
    move.neu().must("groupmod", "-g", "874", "postdrop");
    move.neu().must("bash", "-c", "postfix set-permissions 2>/dev/null; true");
    move.neu().must("bash", "-c", "postfix start && postfix stop; chown postfix /var/log/mail.log");
    move.changePlan(
        plan ->
            plan.replace("\nlimits:", TestingMail.service() + "\nlimits:")
                .replace(
                    "user: probe, password-file: /root/probe.secret }",
                    "user: probe, password-file: /root/probe.secret, append: godwit-check }"));
    move.changePlan(
        plan ->
            plan.replace(
                "arrives: { imap: 143, user: probe, password-file: /root/probe.secret, append: godwit-check }",
                "arrives: { imap: 143, user: probe, password-file: /root/probe.secret }"));
    move.old().must("postfix", "start");
    mail = new TestingMail(move.lab());
    mail.send(Lab.OLD_ADDRESS);
  }

  @AfterAll
  static void down() throws Exception {
    if (mail != null) {
      mail.close();
    }
    if (move != null) {
      move.close();
    }
  }

  @Test
  @Order(0)
  void h62_a_queue_that_the_plan_forgets_is_found() throws Exception {
    TestingPatience.await("mails", () -> TestingMail.queued(move.old()) > 0);
    move.changePlan(plan -> plan.replace("    queue: postfix\n", ""));
    assertThat(move.godwit(1, "check"))
        .containsPattern("postfix has a queue that the plan does not carry: [1-9][0-9]* messages")
        .contains("give postfix `queue: postfix`");
    move.godwit(0, "init", "root@" + Lab.OLD_ADDRESS, "drafted.yaml");
    assertThat(new String(move.neu().readFile("/root/drafted.yaml"), StandardCharsets.UTF_8))
        .containsPattern(
            "queue: postfix +# accepted and not delivered: process [0-9]+ works there");
    move.changePlan(
        plan ->
            plan.replace("    after: [dovecot]\n", "    queue: postfix\n    after: [dovecot]\n"));
    assertThat(move.godwit(0, "check")).doesNotContain("queue that the plan");
  }

  @Test
  @Order(1)
  void other_uids_on_new_are_noticed_before_any_client_sees_them() throws Exception {
    move.startClient();
    move.changePlan(
        plan ->
            plan.replace(
                "  - /var/vmail\n", "  - { path: /var/vmail, exclude: [dovecot-uidlist] }\n"));
    move.godwit(0, "check");
    move.godwit(0, "start");
    assertThat(move.godwit(4, "cutover", "--yes"))
        .contains("✗ check")
        .containsPattern("of probe has (UIDVALIDITY|other UIDs)")
        .contains("old serves");
    move.assertOldServes();
    move.godwit(0, "finish", "--abandon", "--now");
    move.changePlan(
        plan ->
            plan.replace(
                "  - { path: /var/vmail, exclude: [dovecot-uidlist] }\n", "  - /var/vmail\n"));
  }

  @Test
  @Order(2)
  void what_was_accepted_and_not_delivered_is_carried() throws Exception {
    move.godwit(0, "start");
    TestingPatience.await("mails", () -> mail.accepted().size() > 100);
    assertThat(move.godwit(0, "cutover", "--yes"))
        .containsPattern("[0-9]+ mailboxes of probe: UIDVALIDITY and UIDs as on old");
    int before = mail.accepted().size();
    TestingPatience.await("mails by new", () -> mail.accepted().size() > before + 50);
    assertThat(mail.failures()).isEmpty();
    assertThat(TestingMail.queued(move.neu())).as("kept for later on new").isGreaterThan(30);
  }

  @Test
  @Order(3)
  void and_carried_back() throws Exception {
    assertThat(move.godwit(0, "rollback", "--yes"))
        .containsPattern("[0-9]+ mailboxes of probe: UIDVALIDITY and UIDs as on new");
    int before = mail.accepted().size();
    TestingPatience.await("mails by old", () -> mail.accepted().size() > before + 50);
    assertThat(mail.failures()).isEmpty();
    proveEachOnce(move.old());
  }

  private static void proveEachOnce(LabHost host) throws Exception {
    mail.end();
    TestingMail.deliverAll(host);
    Map<String, Integer> expected = new TreeMap<>();
    mail.accepted().forEach(mark -> expected.put(mark, 1));
    System.out.println(expected.size() + " mails were accepted");
    assertThat(mail.delivered(host)).isEqualTo(expected);
  }
}
