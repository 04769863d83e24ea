package dev.godwit.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What processes make of a word that is no ASCII, whatever the locale of their host is. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class NameEncodingTest {
  private static final String WORD = "süß";

  @TempDir Path folder;

  /** Its process: runs a program, writes a file, and says what came of it. */
  static final class Asked {
    private Asked() {}

    public static void main(String[] args) throws Exception {
      try {
        List<String> argv = List.of("sh", "-c", "printf '%s|' \"$1\" \"$LC_ALL\" \"$V\"", "", WORD);
        Map<String, String> environment = Map.of("V", WORD);
        System.out.print(
            Processes.run(argv, Duration.ofSeconds(20), new byte[0], environment)
                .out()
                .equals(WORD + "|" + args[1] + "|" + WORD + "|"));
      } catch (IOException e) {
        System.out.print("refused");
      }
      try {
        Files.createFile(Path.of(args[0], WORD));
        System.out.print(" made");
      } catch (InvalidPathException e) {
        System.out.print(NameEncoding.isCauseOf(e) ? " not named" : " failed");
      }
    }
  }

  private String asked(List<String> before, String locale, String expected) throws Exception {
    List<String> argv = new ArrayList<>(List.of("env", "-u", "LANG", "-u", "LC_CTYPE"));
    argv.addAll(locale.isEmpty() ? List.of("-u", "LC_ALL") : List.of("LC_ALL=" + locale));
    argv.addAll(before);
    argv.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED"));
    if (!before.isEmpty()) {
      argv.add("-Dgodwit.lc_all=" + locale);
    }
    argv.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            Asked.class.getName(),
            folder.toString(),
            expected));
    Processes.Outcome outcome = Processes.run(argv, TestingPatience.LIMIT);
    assertThat(outcome.exit()).as(outcome.err()).isZero();
    return outcome.out();
  }

  @Test
  void a_word_that_the_locale_cannot_say_is_refused_and_not_changed() throws Exception {
    assertThat(asked(List.of(), "C", "C")).isEqualTo("refused not named");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void a_process_of_this_program_says_all_and_what_it_runs_has_the_locale_that_was_there()
      throws Exception {
    assertThat(asked(NameEncoding.utf8(), "C", "C")).isEqualTo("true made");
    Files.delete(folder.resolve(WORD));
    assertThat(asked(NameEncoding.utf8(), "", "")).isEqualTo("true made");
  }

  @Test
  void this_program_is_started_with_a_locale_of_utf_8() {
    assertThat(ThisProgram.command(16, "stage"))
        .startsWith("/usr/bin/env", "LC_ALL=C.UTF-8")
        .contains("-Dgodwit.lc_all=" + System.getenv().getOrDefault("LC_ALL", ""));
  }
}
