package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.move.TestingSwitchModel.Rule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every state that a switch can get into, in a model of its steps ({@link TestingSwitchModel}):
 * whoever dies, sleeps, wakes up late or is rebooted, and in whatever order. In none of them do two
 * hosts write, is anything lost that was acknowledged, or is there no way on. Each rule, and the
 * order of the steps, is shown to be needed: without it there is such a state.
 */
final class SwitchModelTest {
  private static final List<CutoverStep> STEPS = Arrays.asList(CutoverStep.values());

  @Test
  void h56_h58_in_no_state_do_two_write_or_is_something_lost_or_is_there_no_way_on() {
    TestingSwitchModel model = new TestingSwitchModel(STEPS, EnumSet.noneOf(Rule.class));
    assertThat(model.explore()).as("how it comes to that").isEmpty();
    System.out.printf("%d states%n", model.states());
    assertThat(model.states()).isGreaterThan(1000);
  }

  @ParameterizedTest
  @EnumSource
  void h56_h57_h58_h59_without_a_rule_there_is_such_a_state(Rule rule) {
    List<String> way = new TestingSwitchModel(STEPS, EnumSet.of(rule)).explore();
    System.out.println(rule + ": " + String.join("; ", way));
    assertThat(way).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "BARRIER, STOP, is lost",
    "START, STOP, two hosts write",
    "START, PAUSE, is replaced",
    "RELEASE, BARRIER, is lost",
    "FOLLOW, RELEASE, two hosts write"
  })
  void h56_h64_in_another_order_there_is_one(CutoverStep step, CutoverStep before, String what) {
    List<CutoverStep> steps = new ArrayList<>(STEPS);
    steps.remove(step);
    steps.add(steps.indexOf(before), step);
    List<String> way = new TestingSwitchModel(steps, EnumSet.noneOf(Rule.class)).explore();
    System.out.println(step + " before " + before + ": " + String.join("; ", way));
    assertThat(way).isNotEmpty();
    assertThat(way.getLast()).contains(what);
  }
}
