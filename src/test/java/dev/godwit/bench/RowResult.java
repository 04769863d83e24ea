package dev.godwit.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** All runs of a row. */
final class RowResult {
  private final Row row;
  private final Map<String, List<Measurement>> runs = new LinkedHashMap<>();

  private final String load;

  /**
   * @param load processes that wanted a processor when it began, averaged over a minute
   */
  RowResult(Row row, String load) {
    this.row = row;
    this.load = load;
    row.contestants().forEach(contestant -> runs.put(contestant.label(), new ArrayList<>()));
  }

  void add(String label, Measurement measurement) {
    runs(label).add(measurement);
  }

  String load() {
    return load;
  }

  Row row() {
    return row;
  }

  /** The label of what is measured against the others. */
  String candidate() {
    return row.candidate();
  }

  List<String> labels() {
    return List.copyOf(runs.keySet());
  }

  List<Measurement> runs(String label) {
    return runs.getOrDefault(label, List.of());
  }

  boolean hasProblems(String label) {
    return runs(label).stream().anyMatch(run -> !run.problems().isEmpty());
  }

  Spread wall_s(String label) {
    return spread(label, Measurement::wall_s);
  }

  Spread processor_s(String label) {
    return spread(label, Measurement::processor_s);
  }

  Spread memory_bytes(String label) {
    return spread(label, Measurement::memory_bytes);
  }

  Spread wire_bytes(String label) {
    return spread(label, Measurement::wire_bytes);
  }

  /** The time of one divided by that of the other, round by round. */
  Spread wallRatio(String label, String by) {
    return ratio(label, by, Measurement::wall_s);
  }

  Spread processorRatio(String label, String by) {
    return ratio(label, by, Measurement::processor_s);
  }

  Spread user_s(String label) {
    return spread(label, run -> Measurement.seconds(run.processor().user()));
  }

  /** The time that a failed or wrong run took says nothing. */
  private List<Measurement> goodRuns(String label) {
    return runs(label).stream().filter(run -> run.problems().isEmpty()).toList();
  }

  private Spread ratio(String label, String by, ToDoubleFunction<Measurement> figure) {
    List<Double> ratios = new ArrayList<>();
    for (Measurement run : goodRuns(label)) {
      for (Measurement other : goodRuns(by)) {
        if (run.round() == other.round()) {
          ratios.add(figure.applyAsDouble(run) / figure.applyAsDouble(other));
        }
      }
    }
    return Spread.of(ratios.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private Spread spread(String label, ToDoubleFunction<Measurement> figure) {
    return Spread.of(goodRuns(label).stream().mapToDouble(figure).toArray());
  }
}
