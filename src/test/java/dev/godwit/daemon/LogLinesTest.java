package dev.godwit.daemon;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(TestingPatience.TEST_SECONDS)
final class LogLinesTest {
  private final List<String> written = new CopyOnWriteArrayList<>();
  private final CountDownLatch isRead = new CountDownLatch(1);

  /** As a pipe that nobody reads before that is counted down. */
  private void writeWhenRead(String line) {
    try {
      if (!isRead.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)) {
        throw new AssertionError("never read");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    written.add(line);
  }

  @Test
  void lines_are_written_in_order_and_all_of_them_at_the_end() {
    try (LogLines log = LogLines.start("godwit: ", written::add)) {
      for (int i = 0; i < 100; i++) {
        log.accept("line " + i);
      }
    }
    assertThat(written).hasSize(100).startsWith("godwit: line 0").endsWith("godwit: line 99");
  }

  @Test
  void each_of_several_lines_at_once_is_known_for_what_it_is() {
    try (LogLines log = LogLines.start("godwit: ", written::add)) {
      log.accept("they stay as they were: 1\n2");
    }
    assertThat(written).containsExactly("godwit: they stay as they were: 1\ngodwit: 2");
  }

  @Test
  void while_nobody_reads_nobody_waits_and_what_was_dropped_is_counted_in_its_place()
      throws Exception {
    LogLines log = LogLines.start("> ", this::writeWhenRead);
    List<String> said = new ArrayList<>();
    log.accept("first");
    await(() -> log.isWriting());
    for (int i = 0; i < LogLines.LINES_MAX + 7; i++) {
      log.accept("line " + i);
      said.add("> line " + i);
    }
    log.last("too much as well"); // returns, with nobody who reads
    isRead.countDown();
    String missing = "> 8 lines are missing here: those before were not taken in time";
    await(() -> written.contains(missing));
    log.accept("later");
    await(() -> written.contains("> later"));
    List<String> expected = new ArrayList<>(said.subList(0, LogLines.LINES_MAX));
    expected.addFirst("> first");
    expected.add(missing);
    expected.add("> later");
    assertThat(written).isEqualTo(expected);
  }

  @Test
  void what_is_printed_comes_line_by_line() {
    LogLines log = LogLines.start("> ", written::add);
    PrintStream stream = log.stream();
    stream.print("one\ntwo ä");
    stream.println();
    stream.printf("three%n");
    log.close();
    assertThat(written).containsExactly("one", "two ä", "three");
  }
}
