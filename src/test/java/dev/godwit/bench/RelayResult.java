package dev.godwit.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;

/** All rounds of a row of relays. */
final class RelayResult {
  /**
   * One relay in one round.
   *
   * @param problem empty when everything went well; otherwise its figures do not count
   */
  record Run(int round, Map<String, Double> figures, String problem) {}

  private final RelayRow row;
  private final List<String> loads = new ArrayList<>();
  private final Map<String, List<Run>> runs = new LinkedHashMap<>();
  private final Map<String, String> ciphers = new LinkedHashMap<>();

  RelayResult(RelayRow row) {
    this.row = row;
    row.relayers().forEach(relayer -> runs.put(relayer.label(), new ArrayList<>()));
  }

  RelayRow row() {
    return row;
  }

  /**
   * @param load processes that wanted a processor when a round began, averaged over a minute
   */
  void beginRound(String load) {
    loads.add(load);
  }

  /** Of each round. */
  List<String> loads() {
    return loads;
  }

  void add(String label, Run run) {
    Objects.requireNonNull(runs.get(label)).add(run);
  }

  /**
   * @param cipher empty for one that does not encrypt
   */
  void encrypts(String label, String cipher) {
    ciphers.put(label, cipher);
  }

  /** Empty for one that does not encrypt, or was not asked. */
  String cipher(String label) {
    return ciphers.getOrDefault(label, "");
  }

  List<String> labels() {
    return List.copyOf(runs.keySet());
  }

  List<Run> runs(String label) {
    return runs.getOrDefault(label, List.of());
  }

  List<String> problems(String label) {
    return runs(label).stream().map(Run::problem).filter(problem -> !problem.isEmpty()).toList();
  }

  Spread figure(String label, String name) {
    return Spread.of(
        good(label).stream()
            .filter(run -> run.figures().containsKey(name))
            .mapToDouble(run -> run.figures().get(name))
            .toArray());
  }

  /**
   * One relay's figure with that of the best of others, round by round. The best is the one with
   * the best median: the best of each round would be whoever was lucky in it.
   */
  Spread compared(
      RelayLoad.Figure figure, String label, List<String> others, DoubleBinaryOperator how) {
    String best = best(figure, others);
    List<Double> results = new ArrayList<>();
    for (Run run : good(label)) {
      Double mine = run.figures().get(figure.name());
      for (Run other : good(best)) {
        Double theirs = other.figures().get(figure.name());
        if (run.round() == other.round() && mine != null && theirs != null) {
          results.add(how.applyAsDouble(mine, theirs));
        }
      }
    }
    return Spread.of(results.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** By the median; empty when none of them has the figure. */
  private String best(RelayLoad.Figure figure, List<String> labels) {
    String best = "";
    double median = Double.NaN;
    for (String label : labels) {
      double one = figure(label, figure.name()).median();
      if (Double.isNaN(median) || (figure.more() ? one > median : one < median)) {
        best = label;
        median = one;
      }
    }
    return best;
  }

  private List<Run> good(String label) {
    return runs(label).stream().filter(run -> run.problem().isEmpty()).toList();
  }
}
