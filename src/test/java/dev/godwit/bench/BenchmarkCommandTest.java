package dev.godwit.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

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
}
