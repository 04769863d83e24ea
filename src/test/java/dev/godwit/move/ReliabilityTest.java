package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/**
 * The table in docs/reliability.md is the one that the crash matrix made, and has a run for every
 * step there is. To write it: -Dgodwit.documents=write.
 */
final class ReliabilityTest {
  private static final Path PAGE = Path.of("docs/reliability.md");
  private static final String BEGIN = "<!-- made by CrashMatrixTest -->\n";
  private static final String END = "<!-- end -->\n";

  @Test
  void the_table_is_the_one_that_the_crash_matrix_made() throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END, begin);
    assertThat(begin).isGreaterThanOrEqualTo(BEGIN.length());
    assertThat(end).isGreaterThan(begin);
    String table = TestingMatrix.read().table();
    if ("write".equals(System.getProperty("godwit.documents"))) {
      Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).isEqualTo(table);
    }
  }

  /** Lines that are cut take so long that the table may lack some; it shows which. */
  @Test
  void every_step_was_tried_with_every_process_that_can_die() throws Exception {
    EnumSet<TestingVictim> lines = EnumSet.of(TestingVictim.OLD_LINE, TestingVictim.NEW_LINE);
    assertThat(TestingMatrix.read().missing(EnumSet.complementOf(lines))).isEmpty();
  }
}
