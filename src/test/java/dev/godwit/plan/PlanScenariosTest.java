package dev.godwit.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plans that are refused, as data: {@code scenarios/plan-*} holds the plan and every problem that
 * must be told of it. {@code -Dgodwit.scenarios=write} writes what is told now, to be read and
 * committed.
 */
final class PlanScenariosTest {
  private static final Path SCENARIOS = Path.of("src/test/resources/scenarios");

  static List<String> scenarios() throws IOException {
    try (Stream<Path> folders = Files.list(SCENARIOS)) {
      return folders
          .map(folder -> folder.getFileName().toString())
          .filter(name -> name.startsWith("plan-"))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void tells_every_problem_at_its_place(String scenario) throws IOException {
    Path folder = SCENARIOS.resolve(scenario);
    PlanException refused =
        catchThrowableOfType(
            PlanException.class, () -> PlanReader.read(folder.resolve("move.yaml")));
    assertThat(refused).as("the plan is refused").isNotNull();
    String told =
        refused.problems().stream()
            .map(problem -> problem.display() + "\n")
            .collect(Collectors.joining());
    Path expected = folder.resolve("expected.txt");
    if ("write".equals(System.getProperty("godwit.scenarios"))) {
      Files.writeString(expected, told);
    }
    assertThat(told).isEqualTo(Files.readString(expected));
  }
}
