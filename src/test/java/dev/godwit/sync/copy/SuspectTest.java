package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TestingTrees;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** H19: size and time are equal, and the content is not. */
@Timeout(TestingPatience.TEST_SECONDS)
class SuspectTest extends TestingTwoTrees {
  private static final FileTime NORMALISED = FileTime.fromMillis(1_000_000_000_000L);

  private static void write(Path file, String text) throws Exception {
    Files.writeString(file, text);
    Files.setLastModifiedTime(file, NORMALISED);
  }

  @Test
  void h19_a_suspect_name_is_compared_by_content() throws Exception {
    try (TestingSeries session = new TestingSeries(source, target)) {
      for (int i = 0; i < 100; i++) {
        write(source.resolve("f" + i), "one");
      }
      session.lookAll();
      session.barrier();
      assertEqual();
      for (int i = 0; i < 100; i += 2) {
        write(source.resolve("f" + i), "two");
      }
      long sent = session.source.counters().filesSent();
      for (int i = 0; i < 100; i++) {
        session.lookSuspectNames("", "f" + i);
      }
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
      // Those that are what they were do not come again.
      assertThat(session.source.counters().filesSent()).isEqualTo(sent + 50);
    }
  }

  @Test
  void h19_one_byte_of_a_large_file_with_its_time_restored() throws Exception {
    Path file = source.resolve("large");
    Files.write(file, new byte[3_000_000]);
    Files.setLastModifiedTime(file, NORMALISED);
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
        out.seek(2_345_678);
        out.write(7);
      }
      Files.setLastModifiedTime(file, NORMALISED);
      session.lookSuspectNames("", "large");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void h19_a_look_at_a_tree_doubts_what_changed_lately() throws Exception {
    write(source.resolve("f"), "one");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      write(source.resolve("f"), "two");
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void h19_a_look_at_a_tree_doubts_what_changed_while_nobody_looked() throws Exception {
    write(source.resolve("f"), "one");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      write(source.resolve("f"), "two");
      Thread.sleep(2500);
      session.lookTree("", Duration.ofSeconds(30));
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void h19_a_tree_that_came_here_is_compared_by_content() throws Exception {
    Files.createDirectories(source.resolve("app/lib"));
    Files.createDirectories(source.resolve("app.new/lib"));
    write(source.resolve("app/lib/f"), "one");
    write(source.resolve("app.new/lib/f"), "two");
    Thread.sleep(2500); // the time of the change says nothing
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      TestingTrees.run(source, "sh", "-c", "rm -r app && mv app.new app");
      session.lookSuspectNames("", "app.new", "app");
      session.lookNewTree("app");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void h19_h10_a_file_with_several_names_stays_one_file() throws Exception {
    write(source.resolve("a"), "one");
    Files.createLink(source.resolve("b"), source.resolve("a"));
    Files.createLink(source.resolve("c"), source.resolve("a"));
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      assertEqual();
      for (String text : new String[] {"two", "two", "six"}) {
        for (String name : new String[] {"b", "a", "c"}) {
          try (RandomAccessFile out = new RandomAccessFile(source.resolve(name).toFile(), "rw")) {
            out.write((text + name).substring(1).getBytes(java.nio.charset.StandardCharsets.UTF_8));
          }
          Files.setLastModifiedTime(source.resolve(name), NORMALISED);
          session.lookSuspectNames("", name, "a", "b", "c"); // whoever looks knows the others
          assertThat(session.barrier().failures()).isZero();
          assertEqual();
        }
        session.lookSuspectNames("", "a", "b", "c");
        assertThat(session.barrier().failures()).isZero();
        assertEqual();
      }
    }
  }

  @Test
  void h19_a_suspect_that_changes_meanwhile_ends_equal() throws Exception {
    Path file = source.resolve("f");
    try (TestingSeries session = new TestingSeries(source, target)) {
      for (int i = 0; i < 100; i++) {
        write(file, "a" + i % 10);
        session.lookSuspectNames("", "f");
        write(file, "b" + i % 10);
        session.lookSuspectNames("", "f");
        // The first look may have met each of the steps of a write; the second one settles that.
        assertThat(session.barrier().first()).allMatch(Problem::isUnstable);
        assertThat(target.resolve("f")).hasContent("b" + i % 10);
      }
    }
  }
}
