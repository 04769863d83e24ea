package dev.godwit.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The codes, their document and their tests belong together. */
final class CodeTest {
  private static final Path DOCUMENT = Path.of("docs/check.md");

  @Test
  void the_document_has_a_row_for_each_code_and_no_other() throws IOException {
    List<String> rows =
        Files.readAllLines(DOCUMENT).stream().filter(line -> line.startsWith("| `")).toList();
    List<String> expected = new ArrayList<>();
    for (Code code : Code.values()) {
      expected.add(row(code));
    }
    assertThat(rows).as("write it anew:%n%s", String.join("\n", expected)).isEqualTo(expected);
  }

  private static String row(Code code) {
    String severity = code.severity().name().toLowerCase(Locale.ROOT);
    return "| `%s` | %s | %s | %s |"
        .formatted(
            code.word(),
            code.keepsFromStarting() ? severity + ", `start` refuses" : severity,
            code.meaning(),
            code.advice().isEmpty() ? "nothing" : code.advice());
  }

  /** A code that no test names could be wrong in every way. */
  @Test
  void every_code_is_in_a_test() throws IOException {
    StringBuilder tests = new StringBuilder();
    for (String test :
        List.of(
            "check/AddressLooksTest",
            "check/FindingsTest",
            "check/HostLooksTest",
            "check/ServiceLooksTest",
            "check/TreeLooksTest",
            "move/CheckLabTest",
            "move/ExchangedHostsTest",
            "move/TakeOverTest")) {
      tests.append(Files.readString(Path.of("src/test/java/dev/godwit", test + ".java")));
    }
    for (Code code : Code.values()) {
      assertThat(tests.toString()).contains("Code." + code.name());
    }
  }

  @Test
  void only_errors_keep_a_move_from_starting_and_all_that_is_bad_has_advice() {
    for (Code code : Code.values()) {
      assertThat(code.keepsFromStarting() && code.severity() != Severity.ERROR)
          .as("%s", code)
          .isFalse();
      assertThat(code.advice().isEmpty())
          .as("%s", code)
          .isEqualTo(code.severity() == Severity.GOOD);
    }
  }
}
