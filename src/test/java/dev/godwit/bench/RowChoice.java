package dev.godwit.bench;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which rows of a benchmark are measured: the same option for each of them. */
final class RowChoice {
  @Option(
      names = "--only",
      arity = "1..*",
      split = ",",
      paramLabel = "NAME",
      description = "These rows; without it all but those that take long (--list names all).")
  private @Nullable List<String> only;

  /**
   * Of all rows those that are wanted, in the order of the benchmark.
   *
   * @param onlyWhenNamed true of a row that is measured only when it is asked for
   */
  <R> List<R> of(List<R> all, Function<R, String> name, Predicate<R> onlyWhenNamed)
      throws BenchmarkException {
    if (only == null) {
      return all.stream().filter(onlyWhenNamed.negate()).toList();
    }
    Set<String> wanted = new LinkedHashSet<>(only);
    List<R> rows = all.stream().filter(row -> wanted.remove(name.apply(row))).toList();
    if (!wanted.isEmpty()) {
      throw new BenchmarkException(
          "no row is named "
              + String.join(", ", wanted)
              + "; there are "
              + String.join(", ", all.stream().map(name).toList()));
    }
    return rows;
  }

  /** As it is typed, with a space before it; empty where nothing was asked for. */
  String typed() {
    return only == null ? "" : " --only " + String.join(" ", only);
  }
}
