package dev.godwit.check;

import static dev.godwit.check.TestingFacts.bad;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.PathFacts;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Findings about the two hosts, or the two places of one, that no lab of one kernel can bring
 * about; the others are in CheckLabTest.
 */
final class HostLooksTest {
  /** CheckLabTest has hosts of which it is true. */
  @Test
  void the_rung_that_the_gate_gets() {
    assertThat(gateFinding(Code.GATE, facts -> {}))
        .contains("old: the gate gets rung 0: the look-up; what is in the services' queues");
    assertThat(gateFinding(Code.KERNEL, onOld(Rung.TAKEOVER)))
        .contains("old: the gate gets rung 1: because; what is in the services' queues is taken");
    assertThat(gateFinding(Code.KERNEL, onOld(Rung.REDIRECTION)))
        .contains("rung 2: because", "a second to accept");
    assertThat(gateFinding(Code.NO_HOLD, onOld(Rung.LISTENING)))
        .contains("rung 3: because", "clients are refused");
    Consumer<TestingFacts> onNew = facts -> facts.gateOnNew = new Trial.Result(Rung.TAKEOVER, "x");
    assertThat(gateFinding(Code.KERNEL, onNew)).contains("new: the gate of a rollback gets rung 1");
    assertThat(bad(onOld(Rung.LISTENING).andThen(onNew)))
        .containsExactly(Code.NO_HOLD, Code.KERNEL);
  }

  private static Consumer<TestingFacts> onOld(Rung rung) {
    return facts -> facts.gateOnOld = new Trial.Result(rung, "because");
  }

  private static String gateFinding(Code code, Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    change.accept(facts);
    return facts.findings().stream()
        .filter(finding -> finding.code() == code)
        .map(Finding::what)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void the_same_kernel_twice() {
    assertThat(bad(facts -> facts.oldBoot = "two")).containsExactly(Code.SAME_KERNEL);
  }

  @Test
  void h61_one_host_taken_for_two() {
    assertThat(
            bad(
                facts -> {
                  facts.oldBoot = "two";
                  facts.oldNetwork = "net:[2]";
                }))
        .containsExactly(Code.ONE_HOST);
  }

  @Test
  void h61_machine_ids_that_tell_nothing_apart() {
    assertThat(bad(facts -> facts.oldMachine = "b")).containsExactly(Code.NOT_TOLD_APART);
    assertThat(bad(facts -> facts.oldMachine = "")).containsExactly(Code.NOT_TOLD_APART);
    TestingFacts neither = new TestingFacts();
    neither.newMachine = "";
    assertThat(neither.findings())
        .filteredOn(finding -> finding.code() == Code.NOT_TOLD_APART)
        .extracting(Finding::what)
        .containsExactly("new has no machine id");
    assertThat(
            bad(
                facts -> {
                  facts.oldMachine = "b";
                  facts.oldBoot = "two";
                  facts.oldNetwork = "net:[2]";
                }))
        .as("one host has one")
        .containsExactly(Code.ONE_HOST);
  }

  /** Old and new are one host, and it is said so: nothing is amiss but what a test changes. */
  private static List<Code> withinHost(
      String now, PathFacts www, PathFacts mnt, Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    facts.oldBoot = "two";
    facts.oldNetwork = "net:[2]";
    facts.oldMachine = "b";
    facts.place =
        Optional.of(
            new Facts.PlaceFacts(
                now, now.isEmpty() ? "no answer" : "", Map.of("/srv/www", www, "/mnt/www", mnt)));
    change.accept(facts);
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.severity() != Severity.GOOD || code == Code.PLACE)
        .toList();
  }

  private static PathFacts leadsTo(String identity, String real) {
    return new PathFacts(identity, real, true, true, "ext4", 0, false, 0, List.of());
  }

  @Test
  void where_the_services_of_one_host_have_their_files() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    PathFacts mnt = leadsTo("3:4", "/mnt/www");
    assertThat(withinHost("a", www, mnt, facts -> {})).containsExactly(Code.PLACE);
    assertThat(withinHost("b", www, mnt, facts -> {})).containsExactly(Code.OTHER_PLACE);
    assertThat(withinHost("", www, mnt, facts -> {})).containsExactly(Code.OTHER_PLACE);
  }

  @Test
  void one_host_on_which_clients_could_not_wait() {
    assertThat(
            withinHost(
                "a", leadsTo("1:2", "/srv/www"), leadsTo("3:4", "/mnt/www"), onOld(Rung.LISTENING)))
        .containsExactly(Code.NO_HOLD, Code.PLACE);
  }

  @Test
  void h61_trees_of_one_host_that_are_not_apart() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    assertThat(withinHost("a", www, leadsTo("1:2", "/mnt/www"), facts -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
    assertThat(withinHost("a", www, leadsTo("", "/srv/www/new"), facts -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
    assertThat(withinHost("a", leadsTo("1:2", "/mnt/www/old"), leadsTo("3:4", "/mnt/www"), f -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
  }

  @Test
  void who_else_uses_the_tree_that_the_services_of_one_host_leave() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    PathFacts mnt = leadsTo("3:4", "/mnt/www");
    assertThat(withinHost("a", www, mnt, facts -> facts.otherWrites = "/srv/www/y"))
        .containsExactly(Code.PLACE, Code.OTHER_WRITER);
    assertThat(withinHost("a", www, mnt, facts -> facts.otherWrites = "/mnt/www/y"))
        .containsExactly(Code.PLACE);
    assertThat(withinHost("a", www, mnt, facts -> facts.job = "tidy /srv/www"))
        .containsExactly(Code.PLACE, Code.CRON_JOB);
  }

  @Test
  void architecture() {
    assertThat(bad(facts -> facts.newArchitecture = "aarch64"))
        .containsExactly(Code.OTHER_ARCHITECTURE);
  }

  @Test
  void clocks() {
    assertThat(bad(facts -> facts.newClock += 2_000)).isEmpty();
    assertThat(bad(facts -> facts.newClock += 2_001)).containsExactly(Code.CLOCKS);
    assertThat(bad(facts -> facts.newClock -= 2_001)).containsExactly(Code.CLOCKS);
  }

  @Test
  void rights() {
    TestingFacts facts = new TestingFacts();
    facts.oldUid = 1000;
    facts.sudo = true;
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.NOT_ROOT)
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("sudo without a password"));
  }

  @Test
  void selinux() {
    assertThat(bad(facts -> facts.oldSelinux = "enforcing")).containsExactly(Code.SECURITY_DIFFERS);
  }

  @Test
  void a_host_that_kills_what_a_login_leaves() {
    assertThat(bad(facts -> facts.killsAtLogOut = "/etc/systemd/logind.conf says …"))
        .containsExactly(Code.KILLS_AT_LOG_OUT, Code.KILLS_AT_LOG_OUT);
    assertThat(
            withinHost(
                "a",
                leadsTo("1:2", "/srv/www"),
                leadsTo("3:4", "/mnt/www"),
                facts -> facts.killsAtLogOut = "x"))
        .as("one host, one finding")
        .containsExactly(Code.KILLS_AT_LOG_OUT, Code.PLACE);
  }
}
