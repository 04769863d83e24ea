package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What of a hold can be rehearsed of a mail server with a queue, a database that moves cold and
 * hooks is; and what cannot is said.
 */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class RehearsalOfMailTest {
  private static final String HOOKS =
      """
      hooks:
        - { before: stop, on: old, run: [/bin/true, a] }
        - { after: release, on: old, run: [/bin/true, b] }
        - { after: take-back, on: here, run: [/bin/true, c] }
      """;

  @Test
  void queue_mailboxes_database_and_hooks_are_rehearsed_or_said_not_to_be() throws Exception {
    try (TestingMove move = TestingMove.up(100, "30s")) {
      for (LabHost host : List.of(move.old(), move.neu())) {
        TestingMail.install(host);
        TestingDatabase.install(host, host == move.old());
      }
      // As if it had been installed after other packages.
      move.neu().must("usermod", "-u", "873", "postfix");
      move.neu().must("groupmod", "-g", "874", "postdrop");
      move.neu().must("bash", "-c", "postfix set-permissions 2>/dev/null; true");
      move.neu()
          .must("bash", "-c", "postfix start && postfix stop; chown postfix /var/log/mail.log");
      move.changePlan(
          plan ->
              plan.replace("\nlimits:", TestingMail.service() + "\nlimits:")
                  + "\n"
                  + TestingDatabase.planned()
                  + HOOKS);
      move.old().must("postfix", "start");
      try (TestingMail mail = new TestingMail(move.lab());
          TestingDatabase rows = TestingDatabase.write(move.lab(), Lab.OLD_ADDRESS)) {
        mail.send(Lab.OLD_ADDRESS);
        TestingPatience.await("mails", () -> mail.accepted().size() > 40);
        move.godwit(0, "start");
        JsonNode said = rehearse(move);
        assertThat(bases(said))
            .contains("drain guessed", "settle measured", "start measured", "check measured")
            .contains("barrier guessed");
        assertThat(remark(said, "barrier"))
            .contains("the last copy of /srv/mysql: ", " MB have changed in the last 10 minutes");
        assertThat(said.path("not_included").toString())
            .contains("hook before stop on old (/bin/true), which may take 30000 ms")
            .doesNotContain("after release");
        String text = move.godwit(0, "rehearse");
        assertThat(text)
            .contains("✓ mailboxes", "asked on old", "✓ settle", "with the start of postfix")
            .containsPattern("✓ start .*postfix .*, [0-9]+ owners put right")
            .containsPattern(
                "✓ check .*(mailboxes of probe: UIDVALIDITY and UIDs as on old|mailboxes not compared)")
            .contains("  Not included: hook before stop on old (/bin/true)");
        assertThat(mail.failures()).isEmpty();

        // Other mailboxes on new than on old are found here, as the cut-over would find them.
        mail.end();
        move.changePlan(
            plan ->
                plan.replace(
                    "  - /var/vmail\n", "  - { path: /var/vmail, exclude: [dovecot-uidlist] }\n"));
        move.godwit(0, "finish", "--abandon", "--now");
        move.neu().must("bash", "-c", "find /var/vmail -name dovecot-uidlist -delete");
        move.godwit(0, "start");
        assertThat(move.godwit(1, "rehearse"))
            .contains("✗ check")
            .containsPattern("of probe has (UIDVALIDITY|other UIDs)");
        assertThat(rows.failures()).isEmpty();
      }
    }
  }

  private static JsonNode rehearse(TestingMove move) throws Exception {
    String said = move.godwit(0, "rehearse", "--json");
    return JsonMapper.shared().readTree(said.substring(said.indexOf("\n{") + 1));
  }

  private static String remark(JsonNode said, String step) {
    for (JsonNode part : said.path("parts")) {
      if (part.path("step").asString().equals(step)) {
        return part.path("remark").asString();
      }
    }
    return "";
  }

  private static List<String> bases(JsonNode said) {
    List<String> bases = new ArrayList<>();
    for (JsonNode part : said.path("parts")) {
      bases.add(part.path("step").asString() + " " + part.path("basis").asString());
    }
    return bases;
  }
}
