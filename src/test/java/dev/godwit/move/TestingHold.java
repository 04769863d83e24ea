package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The last hold as the report tells it.
 *
 * @param parts milliseconds by name, in their order
 * @param stepsMs what the steps of all runs took, by name, the last of each
 */
record TestingHold(double millis, Map<String, Double> parts, Map<String, Double> stepsMs) {
  /** The gate counts whole milliseconds, at the begin and at the end. */
  private static final double ROUNDED = 2;

  static TestingHold of(TestingMove move) throws Exception {
    JsonNode report = JsonMapper.shared().readTree(move.godwit(0, "report", "--json"));
    Map<String, Double> parts = new LinkedHashMap<>();
    for (JsonNode part : report.path("hold_parts")) {
      parts.put(part.path("part").asString(), part.path("took_ms").asDouble());
    }
    Map<String, Double> steps = new LinkedHashMap<>();
    for (JsonNode run : report.path("runs")) {
      for (JsonNode step : run.path("steps")) {
        steps.put(step.path("step").asString(), step.path("took_ms").asDouble());
      }
    }
    TestingHold hold = new TestingHold(report.path("hold_ms").asDouble(), parts, steps);
    System.out.printf("hold %.0f ms: %s%n", hold.millis, hold.parts);
    return hold;
  }

  /** What it consisted of is all of it: the parts add up, and none is what no clock has seen. */
  void assertWhole() {
    assertThat(parts).containsKeys("drain", "stop", "barrier", "start", "check");
    assertThat(parts.values().stream().mapToDouble(each -> each).sum())
        .isCloseTo(millis, org.assertj.core.data.Offset.offset(0.001));
    assertThat(parts.get("between")).isNotNegative();
    // Told by two clocks: it must lie within the two steps in which the orders were given.
    assertThat(parts.get("orders")).isBetween(-ROUNDED, step("hold") + step("release") + ROUNDED);
  }

  /** One of its parts, milliseconds. */
  double part(String name) {
    assertThat(parts).containsKey(name);
    return parts.getOrDefault(name, 0.0);
  }

  private double step(String name) {
    assertThat(stepsMs).containsKey(name);
    return stepsMs.getOrDefault(name, 0.0);
  }
}
