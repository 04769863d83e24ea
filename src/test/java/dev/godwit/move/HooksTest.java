package dev.godwit.move;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.godwit.demo.LabHost;
import dev.godwit.plan.Hook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Hooks on each host, in both directions; one that fails, before, in and after the hold. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HooksTest extends TestingOneMove {
  private static final String HOOK = "/usr/local/sbin/hook";

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    for (LabHost host : List.of(move.old(), move.neu())) {
      host.writeFile(
          HOOK,
          """
          #!/bin/sh
          echo "$1 on $(hostname): $GODWIT_COMMAND $GODWIT_WHEN $GODWIT_STEP of $GODWIT_MOVE," \\
            "$GODWIT_FROM to $GODWIT_TO, on $GODWIT_HOST, old is $GODWIT_OLD" >>/var/log/hooks
          echo "$GODWIT_PLAN, new is $GODWIT_NEW, attempt $GODWIT_EPOCH" >>/var/log/hooks-facts
          [ -e "/var/log/fail-$1" ] || exit 0
          echo "no, not $1"
          exit 5
          """,
          "rwxr-xr-x");
    }
    move.changePlan(
        plan ->
            plan
                + """
                hooks:
                  - { before: audit, on: here, run: [%1$s, first] }
                  - { before: stop, on: old, run: [%1$s, "be $HOME; quïet"], limit: 4s }
                  - { after: barrier, on: new, run: [%1$s, take] }
                  - { after: release, on: old, run: [%1$s, done] }
                  - { after: take-back, on: here, run: [%1$s, alas] }
                  - { after: take-back, on: old, run: [%1$s, again] }
                """
                    .formatted(HOOK));
    move.startClient();
    move.godwit(0, "start");
  }

  @Test
  @Order(1)
  void the_plan_knows_the_steps_that_are_made() {
    assertThat(Hook.STEPS)
        .isEqualTo(Arrays.stream(CutoverStep.values()).map(CutoverStep::word).toList());
  }

  @Test
  @Order(2)
  void one_that_fails_before_the_hold_ends_the_attempt_there() throws Exception {
    move.neu().writeFile("/var/log/fail-first", "");
    assertThat(move.godwit(1, "cutover", "--yes"))
        .contains("✗ audit")
        .contains("hook before audit on here (" + HOOK + ")")
        .contains("ended with 5 and said: no, not first")
        .contains("This was before the hold: no client waited, old serves as before.");
    move.assertOldServes();
    move.neu().must("rm", "/var/log/fail-first");
  }

  @Test
  @Order(3)
  void one_that_fails_in_the_hold_takes_it_back() throws Exception {
    move.neu().writeFile("/var/log/fail-take", "");
    move.neu().writeFile("/var/log/fail-alas", "");
    assertThat(move.godwit(4, "cutover", "--yes"))
        .contains("✗ barrier")
        .contains("hook after barrier on new")
        .contains("old serves")
        .contains(
            "hook after take-back on here (%1$s): `%1$s alas` ended with 5 and said: no, not alas"
                .formatted(HOOK));
    move.assertOldServes();
    move.assertNoneFailed();
    move.neu().must("rm", "/var/log/fail-take", "/var/log/fail-alas");
    assertThat(lines(move.neu()).getLast())
        .startsWith("alas on new: cutover after take-back of demo, old to new, on here");
    assertThat(lines(move.old()).getLast())
        .startsWith("again on old: cutover after take-back of demo, old to new, on old");
  }

  @Test
  @Order(4)
  void they_are_run_where_and_when_the_plan_says_with_the_facts_of_the_move() throws Exception {
    move.old().must("rm", "-f", "/var/log/hooks");
    move.neu().must("rm", "-f", "/var/log/hooks");
    move.godwit(0, "cutover", "--yes");
    String old = "root@10.103.0.2";
    assertThat(lines(move.neu()))
        .containsExactly(
            "first on new: cutover before audit of demo, old to new, on here, old is " + old,
            "take on new: cutover after barrier of demo, old to new, on new, old is " + old);
    assertThat(lines(move.old()))
        .containsExactly(
            "be $HOME; quïet on old: cutover before stop of demo, old to new, on old, old is "
                + old,
            "done on old: cutover after release of demo, old to new, on old, old is " + old);
    // Of one attempt all, and of none before it.
    Set<String> facts = new LinkedHashSet<>();
    for (LabHost host : List.of(move.old(), move.neu())) {
      List<String> all = lines(host, "/var/log/hooks-facts");
      facts.addAll(all.subList(all.size() - 2, all.size()));
    }
    assertThat(facts)
        .hasSize(1)
        .first(as(STRING))
        .matches("/root/move.yaml, new is local, attempt [1-9][0-9]*");
  }

  @Test
  @Order(5)
  void one_that_fails_after_the_release_changes_nothing_about_it() throws Exception {
    move.old().writeFile("/var/log/fail-done", "");
    assertThat(move.godwit(1, "rollback", "--yes"))
        .contains("hook after release on old")
        .contains("old serves");
    assertThat(lines(move.old()).getLast())
        .contains("rollback after release of demo, new to old, on old");
  }

  private static List<String> lines(LabHost host) throws IOException {
    return lines(host, "/var/log/hooks");
  }

  private static List<String> lines(LabHost host, String file) throws IOException {
    return new String(host.readFile(file), StandardCharsets.UTF_8).lines().toList();
  }
}
