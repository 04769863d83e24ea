package dev.godwit.check;

import static dev.godwit.check.TestingFacts.bad;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is told of all findings together. */
final class FindingsTest {
  @Test
  void good_hosts() {
    assertThat(bad(facts -> {})).isEmpty();
  }

  @Test
  void what_was_not_seen_is_said() {
    assertThat(bad(facts -> facts.measuredWhole = false)).containsExactly(Code.MEASURED_PARTLY);
    assertThat(bad(facts -> facts.processesWhole = false)).containsExactly(Code.NOT_ALL_SEEN);
    assertThat(bad(facts -> facts.knownWhole = false)).containsExactly(Code.NOT_ALL_SEEN);
    assertThat(bad(facts -> facts.settingsWhole = false))
        .containsExactly(Code.NOT_ALL_SEEN, Code.NOT_ALL_SEEN);
  }

  @Test
  void many_of_one_kind_are_counted() {
    Findings findings = new Findings();
    for (int i = 0; i < 15; i++) {
      findings.add(Code.CRON_JOB, "job " + i);
    }
    findings.add(Code.UDP_PORT, "udp");
    List<Finding> shown = findings.list();
    assertThat(shown).hasSize(12);
    assertThat(shown.get(10).what()).isEqualTo("and 5 more of this kind");
    assertThat(shown.getLast().code()).isEqualTo(Code.UDP_PORT);
  }
}
