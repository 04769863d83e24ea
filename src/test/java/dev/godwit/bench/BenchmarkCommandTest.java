package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class BenchmarkCommandTest {
  @Test
  void it_and_each_of_its_commands_says_how_it_is_used() {
    for (List<String> words :
        List.of(
            List.of("--help"),
            List.of("sync", "--help"),
            List.of("forward", "--help"),
            List.of("mirror", "-h"))) {
      CommandLine line = BenchmarkCommand.line();
      StringWriter said = new StringWriter();
      line.setOut(new PrintWriter(said));
      assertThat(line.execute(words.toArray(String[]::new))).as(words.toString()).isZero();
      assertThat(said.toString()).as(words.toString()).contains("Usage: benchmark", "--help");
    }
  }

  @Test
  void rows_are_named_in_the_same_way_in_each_benchmark() throws BenchmarkException {
    List<String> all = List.of("small", "large", "endless");
    Predicate<String> isLong = "endless"::equals;
    assertThat(rows().of(all, name -> name, isLong)).containsExactly("small", "large");
    assertThat(rows("endless", "small").of(all, name -> name, isLong))
        .containsExactly("small", "endless");
    assertThat(rows("endless,small").of(all, name -> name, isLong))
        .containsExactly("small", "endless");
    assertThat(rows("large,small").typed()).isEqualTo(" --only large small");
    assertThat(rows().typed()).isEmpty();
    assertThatThrownBy(() -> rows("small", "smal").of(all, name -> name, isLong))
        .hasMessage("no row is named smal; there are small, large, endless");
  }

  private static RowChoice rows(String... names) {
    Holder holder = new Holder();
    CommandLine line = new CommandLine(holder);
    line.parseArgs(
        names.length == 0
            ? names
            : Stream.concat(Stream.of("--only"), Stream.of(names)).toArray(String[]::new));
    return holder.choice;
  }

  @Command
  private static final class Holder {
    @Mixin private RowChoice choice = new RowChoice();
  }
}
