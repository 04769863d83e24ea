package dev.godwit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tests that docs/internals/hazards.md names are there. */
final class HazardsTableTest {
  private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\|.*");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  /** A class with or without its package, or one of its methods, or one of the class before. */
  private static final Pattern TEST =
      Pattern.compile(
          "(?:[a-z]+\\.)*([A-Z]\\w*(?:Test|Contract))(?:\\.([a-z]\\w*))?|\\.([a-z]\\w*)");

  /** A method without a class, or the beginning of the names of several ones. */
  private static final Pattern METHOD = Pattern.compile("h\\d+_\\w*");

  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        sources.merge(name, Files.readString(file), String::concat);
      }
    }
    return sources;
  }

  private static List<String> missing(List<String> table, Map<String, String> sources) {
    List<String> missing = new ArrayList<>();
    for (String line : table) {
      Matcher row = ROW.matcher(line);
      if (!row.matches()) {
        continue;
      }
      String in = "";
      for (Matcher code = CODE.matcher(line); code.find(); ) {
        String named = code.group(1);
        Matcher test = TEST.matcher(named);
        String method = null;
        if (test.matches()) {
          in = test.group(1) == null ? in : test.group(1);
          method = test.group(2) == null ? test.group(3) : test.group(2);
        } else if (METHOD.matcher(named).matches()) {
          method = named;
        } else {
          continue;
        }
        String source = sources.getOrDefault(in, "");
        boolean isThere =
            method == null
                ? !source.isEmpty()
                : source.contains("void " + method + (method.endsWith("_") ? "" : "("));
        if (!isThere) {
          missing.add("row %s: %s, looked for in %s".formatted(row.group(1), named, in));
        }
      }
    }
    return missing;
  }

  @Test
  void each_test_that_is_named_is_there() throws Exception {
    assertThat(missing(Files.readAllLines(Path.of("docs/internals/hazards.md")), sources()))
        .isEmpty();
  }

  @Test
  void a_test_that_is_not_there_is_noticed() {
    Map<String, String> sources = Map.of("SomeTest", "void h1_a() {} void b_c() {} void h2_d() {}");
    assertThat(
            missing(
                List.of(
                    "| 1 | x | y | `sync.SomeTest.h1_a`, `.b_c`; `SomeTest` (all `h2_`) |",
                    "| 2 | x | y | `SomeTest.h1_b`, `.c`; `OtherTest`; `SomeTest` (all `h3_`) |",
                    "| `.c` | is no row |"),
                sources))
        .containsExactly(
            "row 2: SomeTest.h1_b, looked for in SomeTest",
            "row 2: .c, looked for in SomeTest",
            "row 2: OtherTest, looked for in OtherTest",
            "row 2: h3_, looked for in SomeTest");
  }
}
