package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tables in docs/reliability.md are those that the crash matrices made; that of switches has a
 * run for every step there is. To write them: -Dgodwit.documents=write.
 */
final class ReliabilityTest {
  private static final Path PAGE = Path.of("docs/reliability.md");
  private static final String END = "<!-- end -->\n";
  private static final String AS_IT_BEGINS = "as it begins";

  /** Lines that are cut take so long that a table may lack some; it shows which. */
  private static final Set<TestingVictim> PROCESSES =
      EnumSet.of(
          TestingVictim.CONTROLLER,
          TestingVictim.OLD_AGENT,
          TestingVictim.NEW_AGENT,
          TestingVictim.GATE);

  /** The tables of the page. */
  enum Table {
    SWITCHES(
        AS_IT_BEGINS,
        CrashMatrixTest.class,
        CrashMatrixTest.MATRIX,
        TestingVictim.OF_ANY_PLAN,
        TestingSwitchCrash.rows(Arrays.asList(CutoverStep.values()))),
    INSTANTS(
        "while it is at",
        KilledAnywhereTest.class,
        KilledAnywhereTest.MATRIX,
        TestingVictim.OF_ANY_PLAN,
        KilledAnywhereTest.rows()),
    WHOLE(
        AS_IT_BEGINS,
        WholeCrashMatrixTest.class,
        WholeCrashMatrixTest.MATRIX,
        WholeCrashMatrixTest.VICTIMS,
        TestingSwitchCrash.rows(WholeCrashMatrixTest.STEPS)),
    COMMANDS(
        AS_IT_BEGINS,
        CommandsCrashMatrixTest.class,
        CommandsCrashMatrixTest.MATRIX,
        CommandsCrashMatrixTest.VICTIMS,
        CommandsCrashMatrixTest.rows()),
    REBOOTS(
        AS_IT_BEGINS,
        RebootMatrixTest.class,
        RebootMatrixTest.MATRIX,
        RebootMatrixTest.VICTIMS,
        TestingSwitchCrash.rows(Arrays.asList(CutoverStep.values()))),
    SLEEPS(
        AS_IT_BEGINS,
        SleepMatrixTest.class,
        SleepMatrixTest.MATRIX,
        SleepMatrixTest.VICTIMS,
        TestingSwitchCrash.rows(Arrays.asList(CutoverStep.values())));

    private final String heading;
    private final String begin;
    private final String matrix;
    private final Set<TestingVictim> victims;
    private final List<TestingMatrix.Row> rows;

    Table(
        String heading,
        Class<?> test,
        String matrix,
        Set<TestingVictim> victims,
        List<TestingMatrix.Row> rows) {
      this.heading = heading;
      this.begin = "<!-- made by %s -->\n".formatted(test.getSimpleName());
      this.matrix = matrix;
      this.victims = victims;
      this.rows = rows;
    }

    /** Whether the test can strike there. */
    private boolean canBe(String key) {
      return this != COMMANDS
          || CommandsCrashMatrixTest.all().stream().anyMatch(crash -> crash.key().equals(key));
    }
  }

  @ParameterizedTest
  @EnumSource
  void the_table_is_the_one_that_the_crash_matrix_made(Table table) throws Exception {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(table.begin) + table.begin.length();
    int end = page.indexOf(END, begin);
    assertThat(begin).isGreaterThanOrEqualTo(table.begin.length());
    assertThat(end).isGreaterThanOrEqualTo(begin);
    String made =
        TestingMatrix.read(table.matrix)
            .table(table.heading, table.victims, table.rows, table::canBe);
    if ("write".equals(System.getProperty("godwit.documents"))) {
      Files.writeString(PAGE, page.substring(0, begin) + made + page.substring(end));
    } else {
      assertThat(page.substring(begin, end)).isEqualTo(made);
    }
  }

  /** The other tables show what was not tried yet. */
  @Test
  void every_step_of_a_switch_was_tried_with_every_process_that_can_die() throws Exception {
    assertThat(TestingMatrix.read(Table.SWITCHES.matrix).missing(PROCESSES, Table.SWITCHES.rows))
        .isEmpty();
  }
}
