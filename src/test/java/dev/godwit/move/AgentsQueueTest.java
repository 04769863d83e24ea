package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Exim and Sendmail themselves, with mails that they have accepted and not delivered; the numbers
 * of their users are others on new. {@code QueueMoveTest} is the same with Postfix.
 */
@Tag("lab")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class AgentsQueueTest {
  private static final int ON_OLD = 611;
  private static final int ON_NEW = 873;

  private static TestingMove up(TestingAgent agent) throws Exception {
    agent.assume();
    TestingMove move = TestingMove.up(100);
    boolean up = false;
    try {
      agent.install(move.old(), ON_OLD);
      agent.install(move.neu(), ON_NEW);
      move.changePlan(plan -> plan.replace("\nlimits:", agent.service() + "\nlimits:"));
      agent.start(move.old());
      TestingPatience.await("the agent", () -> move.old().run("lab-mta", "state").succeeded());
      up = true;
      return move;
    } finally {
      if (!up) {
        move.close();
      }
    }
  }

  /** Mails that wait are there already before the first one that is counted. */
  @ParameterizedTest
  @EnumSource
  void h62_a_queue_that_the_plan_forgets_is_found_and_counted_as_its_program_counts(
      TestingAgent agent) throws Exception {
    try (TestingMove move = up(agent);
        TestingMail mail = new TestingMail(move.lab())) {
      move.changePlan(plan -> plan.replace("    queue: " + agent.word() + "\n", ""));
      // It says where it works before the first mail, too.
      assertThat(agent.queued(move.old())).isZero();
      String forgotten =
          "mta has a queue that the plan does not carry: %d messages in %s, %d being";
      assertThat(move.godwit(1, "check"))
          .contains(forgotten.formatted(0, agent.queue(), 0))
          .contains("give mta `queue: " + agent.word() + "`");

      mail.send(Lab.OLD_ADDRESS);
      TestingPatience.await("mails", () -> agent.queued(move.old()) > 20);
      mail.end();
      assertThat(mail.failures()).isEmpty();
      TestingPatience.await(
          "the others to be delivered",
          () ->
              agent.queued(move.old()) + mail.delivered(move.old()).size()
                  == mail.accepted().size());
      int queued = agent.queued(move.old());
      try (TestingMail.Unfinished more = mail.begin(Lab.OLD_ADDRESS, "later@demo.example")) {
        more.write(10_000);
        TestingPatience.await(
            "a file of the mail that is being received",
            () -> !move.old().must("find", agent.queue(), "-size", "+300k").isBlank());
        assertThat(agent.queued(move.old())).isEqualTo(queued);
        assertThat(move.godwit(1, "check"))
            .contains(forgotten.formatted(queued, agent.queue(), 1))
            .containsPattern("process [0-9]+ works there");
        more.finish();
      }
      TestingPatience.await("it is kept", () -> agent.queued(move.old()) == queued + 1);
      TestingPatience.await(
          "it is tried",
          () ->
              move.godwit(1, "check").contains(forgotten.formatted(queued + 1, agent.queue(), 0)));

      move.godwit(0, "init", "root@" + Lab.OLD_ADDRESS, "drafted.yaml");
      assertThat(new String(move.neu().readFile("/root/drafted.yaml"), StandardCharsets.UTF_8))
          .containsPattern(
              "queue: %s +# accepted and not delivered: process [0-9]+ works there"
                  .formatted(agent.word()));
      move.changePlan(
          plan ->
              plan.replace(
                  "    after: [dovecot]\n",
                  "    queue: %s\n    after: [dovecot]\n".formatted(agent.word())));
      assertThat(move.godwit(0, "check")).doesNotContain("queue that the plan");
    }
  }

  @ParameterizedTest
  @EnumSource
  void what_was_accepted_and_not_delivered_is_carried_and_carried_back_and_delivered_once(
      TestingAgent agent) throws Exception {
    try (TestingMove move = up(agent);
        TestingMail mail = new TestingMail(move.lab())) {
      mail.send(Lab.OLD_ADDRESS);
      move.godwit(0, "check");
      move.godwit(0, "start");
      TestingPatience.await("mails", () -> mail.accepted().size() > 100);
      assertThat(move.godwit(0, "cutover", "--yes"))
          .containsPattern("[1-9][0-9]* messages in %s, [1-9]".formatted(agent.queue()))
          .containsPattern("messages in %s, [0-9]+ owners put right".formatted(agent.queue()));
      int before = mail.accepted().size();
      TestingPatience.await("mails by new", () -> mail.accepted().size() > before + 50);
      assertThat(mail.failures()).isEmpty();
      assertThat(agent.queued(move.neu())).as("kept for later on new").isGreaterThan(30);

      // Some are delivered by new, which has them from old.
      agent.deliverAll(move.neu());
      agent.deliverLater(move.neu());
      int delivered = mail.delivered(move.neu()).size();
      assertThat(delivered).isGreaterThan(before / 2);
      TestingPatience.await(
          "mails by new", () -> agent.queued(move.neu()) > 10 && mail.accepted().size() > 100);

      assertThat(move.godwit(0, "rollback", "--yes"))
          .containsPattern("[1-9][0-9]* messages in %s".formatted(agent.queue()));
      int back = mail.accepted().size();
      TestingPatience.await("mails by old", () -> mail.accepted().size() > back + 50);
      mail.end();
      assertThat(mail.failures()).isEmpty();
      proveEachOnce(agent, move.old(), mail);
    }
  }

  /** What is being delivered may end while the clients wait, as long as the plan says. */
  @ParameterizedTest
  @EnumSource
  void what_can_be_delivered_within_the_budget_is_drained(TestingAgent agent) throws Exception {
    try (TestingMove move = up(agent);
        TestingMail mail = new TestingMail(move.lab());
        TestingRelay relay = TestingRelay.start(move.lab())) {
      move.changePlan(
          plan ->
              plan.replace(
                  "queue: " + agent.word(),
                  "queue: { %s: %s, drain: 4s }".formatted(agent.word(), agent.queue())));
      move.godwit(0, "start");
      String mark = far(mail, relay);
      TestingCommand.Act goesOn =
          command ->
              Thread.ofPlatform()
                  .start(
                      () -> {
                        sleep(700);
                        relay.slow(false);
                      });
      try (TestingCommand cutover =
          move.godwitWhen(TestingMove.begins(CutoverStep.DRAIN), goesOn, "cutover", "--yes")) {
        assertThat(cutover.exit(TestingMove.COMMAND_LIMIT)).as(cutover.text()).isZero();
        assertThat(cutover.text())
            .contains("0 messages in %s, 0 being accepted or delivered".formatted(agent.queue()));
      }
      assertThat(relay.taken()).isEqualTo(Map.of(mark, 1));
      assertThat(agent.queued(move.neu())).isZero();
    }
  }

  /**
   * One that takes longer is ended with its service, although the session that has accepted the
   * mail is over and nobody knows it as a child: the mail is carried.
   */
  @ParameterizedTest
  @EnumSource
  void h62_a_delivery_that_outlives_its_session_is_ended_and_carried(TestingAgent agent)
      throws Exception {
    try (TestingMove move = up(agent);
        TestingMail mail = new TestingMail(move.lab());
        TestingRelay relay = TestingRelay.start(move.lab())) {
      move.changePlan(
          plan ->
              plan.replace(
                  "    queue: " + agent.word(), "    stop-limit: 4s\n    queue: " + agent.word()));
      move.godwit(0, "start");
      String mark = far(mail, relay);
      assertThat(move.godwit(0, "cutover", "--yes"))
          .contains("1 messages in %s, 1 being accepted or delivered".formatted(agent.queue()))
          .contains("1 messages in %s, ".formatted(agent.queue()));
      assertThat(agent.queued(move.neu())).isOne();
      assertThat(relay.taken()).isEmpty();
      relay.slow(false);
      TestingPatience.await(
          "its delivery by new",
          () -> {
            agent.deliverAll(move.neu());
            return agent.queued(move.neu()) == 0;
          });
      assertThat(relay.taken()).isEqualTo(Map.of(mark, 1));
    }
  }

  /** A mail whose delivery has begun, and waits for the relay's word. */
  private static String far(TestingMail mail, TestingRelay relay) throws Exception {
    relay.slow(true);
    try (TestingMail.Unfinished far = mail.begin(Lab.OLD_ADDRESS, "far@elsewhere.example")) {
      far.finish();
      TestingPatience.await("its delivery to begin", () -> relay.waiting() == 1);
      return far.mark();
    }
  }

  private static void proveEachOnce(TestingAgent agent, LabHost host, TestingMail mail)
      throws Exception {
    TestingPatience.await(
        "an empty queue",
        () -> {
          agent.deliverAll(host);
          return agent.queued(host) == 0;
        });
    Map<String, Integer> expected = new TreeMap<>();
    mail.accepted().forEach(mark -> expected.put(mark, 1));
    System.out.println(expected.size() + " mails were accepted");
    assertThat(mail.delivered(host)).isEqualTo(expected);
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
