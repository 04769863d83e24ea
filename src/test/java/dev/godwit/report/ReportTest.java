package dev.godwit.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.godwit.journal.Journal;
import dev.godwit.journal.Outcome;
import dev.godwit.journal.Run;
import dev.godwit.journal.Step;
import dev.godwit.move.Cutover;
import dev.godwit.move.CutoverStep;
import dev.godwit.move.Direction;
import dev.godwit.move.Move;
import dev.godwit.move.Outside;
import dev.godwit.move.Phase;
import dev.godwit.move.Starter;
import dev.godwit.move.Warnings;
import dev.godwit.outside.Seen;
import dev.godwit.plan.Plan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports from journals written here step by step, with a clock that stands unless it is moved. */
final class ReportTest {
  private static final Instant START = Instant.parse("2026-03-01T02:00:00Z");

  @TempDir Path folder;

  private final TestingClock clock = new TestingClock();

  private static final class TestingClock extends Clock {
    private Instant now = START;

    void pass(long micros) {
      now = now.plusNanos(micros * 1000);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private Plan plan() throws Exception {
    Path file = folder.resolve("move.yaml");
    Files.writeString(
        file, "move: mail\nold: root@old\nnew: local\nservices: [{ name: a, unit: a.service }]\n");
    return Plan.read(file);
  }

  private Report report(Phase phase, Writer writer) throws Exception {
    Plan plan = plan();
    try (Journal journal = Journal.open(Move.journalFile(plan), clock)) {
      journal.setFact("phase", phase.word());
      writer.write(journal);
    }
    return Report.of(plan).orElseThrow();
  }

  private interface Writer {
    void write(Journal journal) throws Exception;
  }

  private void step(Journal journal, Run run, CutoverStep step, long micros, String message)
      throws Exception {
    Step intent = journal.intend(run, step.word(), step.undo(Direction.TO_NEW));
    clock.pass(micros);
    journal.conclude(intent, Outcome.DONE, micros, message);
  }

  private Report whole() throws Exception {
    return report(
        Phase.NEW_SERVES,
        journal -> {
          journal.setFact(
              Starter.REMARKS_FACT,
              "cron-job\told: <b>job</b> & more\tset it up\nsame-kernel\tone kernel\tlook");
          journal.setFact(
              Warnings.FACT,
              START.toEpochMilli()
                  + "\tno-way-back\tthere <would> be none\n"
                  + START.plusSeconds(60).toEpochMilli()
                  + "\twatcher-lost\tThe third host has not watched: gone");
          Run run = journal.begin("cutover", 7);
          step(journal, run, CutoverStep.AUDIT, 900_000, "new has all");
          step(journal, run, CutoverStep.CAPTURE, 50_000, "captured");
          step(journal, run, CutoverStep.HOLD, 1_000, "for at most 5000 ms");
          step(journal, run, CutoverStep.DRAIN, 100_000, "0 open");
          step(journal, run, CutoverStep.STOP, 200_000, "a 200 ms");
          step(journal, run, CutoverStep.BARRIER, 30_000, "all is on new");
          step(journal, run, CutoverStep.RELEASE, 10_000, "to new");
          journal.setFact(Cutover.HOLD_FACT, "400 12 380 390000 " + run.id());
          journal.setFact(
              Outside.FACT,
              new Seen(
                      "web <1>",
                      "203.0.113.7:80",
                      Seen.How.PAGE,
                      91,
                      2,
                      3,
                      Duration.ofMillis(612),
                      START,
                      Duration.ofMillis(589),
                      "refused & gone",
                      "root@third")
                  .line());
          journal.end(run, Outcome.DONE, "new serves");
        });
  }

  @Test
  void the_parts_of_the_hold_add_up_to_it() throws Exception {
    Report report = whole();
    assertThat(report.holdParts())
        .extracting(HoldFacts.Part::name, HoldFacts.Part::micros)
        .containsExactly(
            tuple("drain", 100_000L),
            tuple("stop", 200_000L),
            tuple("barrier", 30_000L),
            tuple("between", 60_000L),
            tuple("orders", 10_000L));
    assertThat(report.holdParts().stream().mapToLong(HoldFacts.Part::micros).sum())
        .isEqualTo(Objects.requireNonNull(report.hold()).millis() * 1000);
    assertThat(report.text())
        .contains("      30.0 ms  barrier")
        .contains("Stop and start of the services: 200.0 ms; all else: 200.0 ms.");
    assertThat(report.json().get("hold_parts")).asString().contains("took_ms=60.0", "part=orders");
    String page = HtmlPage.of(report);
    assertThat(page).contains("<b>400 ms</b>", ">200.0</td><td class=\"n\">50 %</td>");
    assertThat(page).contains("between</td><td class=\"n\">60.0</td>");
    assertThat(page).contains("<b>12</b>", "<b>380 ms</b>");
  }

  @Test
  void clients_that_were_refused_because_nobody_listened_are_told() throws Exception {
    assertThat(whole().text()).doesNotContain("refused for");
    Report report =
        report(
            Phase.NEW_SERVES, journal -> journal.setFact(Cutover.HOLD_FACT, "400 12 380 1 1 35"));
    assertThat(report.text()).contains("Clients were refused for 35 ms");
    assertThat(report.json()).containsEntry("refused_for_ms", 35L);
    assertThat(HtmlPage.of(report)).contains("<b>35 ms</b>");
  }

  @Test
  void the_hold_of_another_run_is_not_taken_apart_by_this_ones_steps() throws Exception {
    Report report =
        report(
            Phase.FOLLOWING,
            journal -> {
              Run run = journal.begin("cutover", 7);
              step(journal, run, CutoverStep.DRAIN, 100_000, "0 open");
              journal.setFact(Cutover.HOLD_FACT, "400 12 380 390000 " + (run.id() + 1));
            });
    assertThat(report.holdParts()).isEmpty();
    assertThat(report.text()).contains("Hold: 400 ms").doesNotContain("all else");
  }

  @Test
  void a_switch_that_failed_after_the_one_that_counts_is_named_where_its_ports_were_asked()
      throws Exception {
    String said = "From outside, during the last switch:";
    assertThat(whole().text()).contains(said);
    Plan plan = plan();
    Instant begun;
    try (Journal journal = Journal.open(Move.journalFile(plan), clock)) {
      Run run = journal.begin("rollback", 8);
      begun = run.started();
      Step intent = journal.intend(run, Outside.STEP, "nothing to undo");
      journal.conclude(intent, Outcome.DONE, 3_000, "6 of 6 ports asked");
      journal.end(run, Outcome.FAILED, "nginx runs on old already");
    }
    Report report = Report.of(plan).orElseThrow();
    String during = "during the rollback of %s, which is a later one".formatted(begun);
    assertThat(report.text()).contains("From outside, " + during).doesNotContain(said);
    assertThat(HtmlPage.of(report)).contains("As seen from outside, " + during);
  }

  @Test
  void the_page_says_what_was_seen_from_outside() throws Exception {
    assertThat(HtmlPage.of(whole()))
        .contains(
            "As seen from outside",
            "<td>web &lt;1&gt;</td><td>203.0.113.7:80</td><td>root@third</td><td class=\"n\">91</td>"
                + "<td class=\"n\">2</td><td class=\"n\">3</td><td class=\"n\">612 ms</td>",
            "<td class=\"n\">589 ms</td><td>refused &amp; gone</td>");
  }

  @Test
  void what_commands_have_warned_of_is_told_beside_what_was_found_at_the_start() throws Exception {
    Report report = whole();
    String text = report.text();
    assertThat(text)
        .contains("Warnings:\n  2026-03-01T02:00:00Z  there <would> be none [no-way-back]\n")
        .contains("  2026-03-01T02:01:00Z  The third host has not watched: gone [watcher-lost]\n");
    assertThat(text.substring(text.indexOf("Found at the start"), text.indexOf("Warnings:")))
        .contains("[cron-job]", "[same-kernel]")
        .doesNotContain("[no-way-back]");
    assertThat(report.json().get("remarks"))
        .asString()
        .contains("code=cron-job, what=old: <b>job</b> & more, remedy=set it up, at=null")
        .contains("what=there <would> be none, remedy=, at=2026-03-01T02:00:00Z");
    assertThat(HtmlPage.of(report))
        .contains("UTC: there &lt;would&gt; be none</b> <code>no-way-back</code>");
  }

  @Test
  void what_was_compared_and_how_is_in_each_form() throws Exception {
    Report report = whole();
    assertThat(report.text())
        .contains("What was compared:\n  audit, before the hold: the whole trees")
        .contains("made durable: all is on new\n")
        .contains(
            "  verify, the content of each file, read on both hosts, with a digest of each tree: not made;");
    assertThat(report.json().get("compared"))
        .asString()
        .contains("step=audit, how=before the hold: the whole trees", "result=new has all")
        .contains("step=barrier, how=in the hold")
        .contains("step=verify", "result=not made");
    assertThat(HtmlPage.of(report))
        .contains("<h2>What was compared</h2>", "<td>all is on new</td>");
    Files.delete(Move.journalFile(plan()));
    assertThat(report(Phase.FOLLOWING, journal -> {}).text()).doesNotContain("compared");
  }

  private void rehearse(Journal journal) throws Exception {
    Run run = journal.begin("rehearse", 8);
    step(journal, run, CutoverStep.DRAIN, 1_000, "nobody was asked");
    step(journal, run, CutoverStep.BARRIER, 2_000, "rehearsed");
    step(journal, run, CutoverStep.CHECK, 3_000, "answers on the stage");
    journal.end(run, Outcome.DONE, "the hold is to be 6 ms");
  }

  @Test
  void a_rehearsal_is_no_switch_whatever_its_steps_are_called() throws Exception {
    Report alone = report(Phase.FOLLOWING, this::rehearse);
    assertThat(alone.cutover()).isNull();
    assertThat(alone.proofs()).isEmpty();
    assertThat(alone.text()).doesNotContain("compared", "in the hold");
    assertThat(HtmlPage.of(alone)).doesNotContain("Timeline of", "compared");
    Files.delete(Move.journalFile(plan()));
    List<Report.Proof> ofSwitch = whole().proofs();
    Report after = report(Phase.NEW_SERVES, this::rehearse);
    assertThat(after.proofs()).isEqualTo(ofSwitch);
    assertThat(after.text()).contains("What was compared:\n  audit, ");
    assertThat(HtmlPage.of(after)).contains("Timeline of the cutover");
  }

  @Test
  void what_verify_has_read_is_there_with_its_digest() throws Exception {
    String digest = "0123456789abcdef".repeat(4);
    Report report =
        report(
            Phase.FOLLOWING,
            journal -> {
              for (String said : List.of("1 names to look at again", "equal, SHA-256 " + digest)) {
                Run run = journal.begin("verify", 7);
                Step intent = journal.intend(run, "compare", "nothing to undo");
                journal.conclude(intent, Outcome.DONE, 7, "/srv: 3 files, 90 bytes, " + said);
                journal.end(run, Outcome.DONE, "new has all that old has");
              }
            });
    assertThat(report.text())
        .contains("What was compared:\n  verify, godwit verify at 2026-03-01T02:00:00Z: all of the")
        .contains("too: /srv: 3 files, 90 bytes, equal, SHA-256 " + digest);
    assertThat(report.json().get("compared"))
        .asString()
        .contains("step=verify", digest)
        .as("the last one counts")
        .doesNotContain("names to look at again");
    assertThat(HtmlPage.of(report)).contains(digest);
  }

  @Test
  void how_many_were_cut_off_with_a_gate_that_died_is_told() throws Exception {
    Report report =
        report(
            Phase.NEW_SERVES,
            journal ->
                journal.setFact("gate-deaths", "old 1767225600000 12 34\nnew 1767225601000 0 5"));
    assertThat(report.text())
        .contains("Cut off: the gate on old was killed or hung, seen at 2026-01-01T00:00:00Z:")
        .contains("12 clients that waited and 34 that were relayed were cut off.")
        .contains("the gate on new was")
        .contains("0 clients that waited and 5 that were");
    assertThat(report.json().get("gate_deaths"))
        .asString()
        .contains("host=old", "waiting=12, relayed=34", "host=new", "waiting=0, relayed=5");
    assertThat(HtmlPage.of(report)).contains("<b>46</b><span>cut off: the gate on old was");
  }

  @Test
  void h46_what_was_said_elsewhere_is_escaped() throws Exception {
    String page = HtmlPage.of(whole());
    assertThat(page).contains("&lt;b&gt;job&lt;/b&gt; &amp; more").doesNotContain("<b>job</b>");
    assertThat(HtmlPage.escaped("\u0001\"'<>&\n")).isEqualTo("?&quot;&#39;&lt;&gt;&amp; ");
  }

  @Test
  void the_page_needs_nothing_else() throws Exception {
    assertThat(HtmlPage.of(whole()))
        .startsWith("<!DOCTYPE html>")
        .endsWith("</html>\n")
        .doesNotContain("<script", "http", "url(", "@import", "src=");
  }

  @Test
  void what_is_left_to_do_depends_on_the_phase() throws Exception {
    Report report = whole();
    assertThat(report.byHand())
        .containsExactly(
            "When nobody comes to old any more: godwit finish. Until then old passes on.",
            "old: <b>job</b> & more — set it up");
    assertThat(report.text()).contains("[cron-job]", "Left to do:");
    assertThat(report.json()).containsEntry("left_to_do", report.byHand());
    Files.delete(Move.journalFile(plan()));
    assertThat(report(Phase.FOLLOWING, journal -> {}).byHand())
        .containsExactly("The move is not at its end: godwit status says what comes next.");
  }

  @Test
  void one_host_is_not_two() throws Exception {
    Path file = folder.resolve("home.yaml");
    Files.writeString(
        file,
        """
        move: home
        old: local
        new: same
        files: [{ path: /a, to: /b }]
        services: [{ name: a, unit: a.service }]
        place: { command: [to, "{to}"], where: [where], old: a, new: b }
        """);
    Plan plan = Plan.read(file);
    for (Phase phase : Phase.values()) {
      try (Journal journal = Journal.open(Move.journalFile(plan), clock)) {
        journal.setFact("phase", phase.word());
      }
      Report report = Report.of(plan).orElseThrow();
      assertThat(report.text() + HtmlPage.of(report))
          .doesNotContain("serves", "either host", "nobody comes", "turned off", "passed on");
    }
    assertThat(Report.of(plan).orElseThrow().text())
        .contains("Move home: the services use the files of new; nothing of Godwit is left")
        .contains("the files of old can be removed");
  }

  @Test
  void steps_that_failed_or_were_cut_off_are_warnings_and_the_last_run_s_have_their_way_back()
      throws Exception {
    Report report =
        report(
            Phase.FOLLOWING,
            journal -> {
              Run run = journal.begin("cutover", 7);
              Step failed = journal.intend(run, "stop", "start them again");
              journal.conclude(failed, Outcome.FAILED, 5_000, "it hangs");
              journal.end(run, Outcome.TAKEN_BACK, "taken back");
              Run killed = journal.begin("cutover", 8);
              journal.intend(killed, "capture", "end the gate");
            });
    String page = HtmlPage.of(report);
    assertThat(page).contains("failed: it hangs").doesNotContain("start them again");
    assertThat(page).contains("cut off", "by hand, when no command is at work: end the gate");
  }

  private static void fail(Journal journal, String command, Outcome outcome) throws Exception {
    Run run = journal.begin(command, 7);
    Step step = journal.intend(run, "stop", "on old: start the services");
    journal.conclude(step, Outcome.FAILED, 5_000, "it hangs");
    journal.end(run, outcome, "");
  }

  @Test
  void how_an_attempt_of_before_is_undone_is_no_advice_any_more() throws Exception {
    for (Outcome last : List.of(Outcome.FAILED, Outcome.TAKEN_BACK, Outcome.DONE)) {
      Report report = report(Phase.FOLLOWING, journal -> fail(journal, "cutover", last));
      assertThat(HtmlPage.of(report).contains("by hand: on old: start the services"))
          .as("an attempt that ended as %s", last)
          .isEqualTo(last == Outcome.FAILED);
      report = report(Phase.FOLLOWING, journal -> fail(journal, "verify", Outcome.FAILED));
      assertThat(HtmlPage.of(report).split("it hangs", -1)).as("it is told still").hasSize(5);
      assertThat(
              report
                  .byHand(
                      report.chapters().getFirst(), report.chapters().getFirst().steps().getFirst())
                  .isEmpty())
          .as("a look leaves all as it was")
          .isEqualTo(last != Outcome.FAILED);
      report =
          report(
              Phase.NEW_SERVES,
              journal -> journal.end(journal.begin("cutover", 8), Outcome.DONE, ""));
      assertThat(HtmlPage.of(report)).as("new serves").doesNotContain("start the services");
      Files.delete(Move.journalFile(plan()));
    }
  }

  @Test
  void a_move_that_was_never_started_has_no_report() throws Exception {
    assertThat(Report.of(plan())).isEmpty();
  }
}
