package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small files that were written come before the target has asked for them. */
@Timeout(TestingPatience.TEST_SECONDS)
class SeriesOffersTest extends TestingTwoTrees {
  private static final String OTHER = "other content";

  @Test
  void what_was_written_comes_unasked() throws Exception {
    Files.writeString(source.resolve("changed"), "content");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      long before = session.asked();
      assertThat(before).as("of a tree").isPositive();
      Files.writeString(source.resolve("changed"), OTHER);
      Files.writeString(source.resolve("new"), "");
      Files.createDirectory(source.resolve("d"));
      Files.writeString(source.resolve("d/below"), OTHER);
      TestingTrees.run(source, "setfacl", "-m", "u:7:r", "new");
      TestingTrees.run(source, "setfattr", "-n", "user.a", "-v", "x".repeat(3000), "new");
      session.lookSuspectNames("", "changed", "new", "none");
      assertThat(session.barrier().failures()).isZero();
      assertThat(session.asked()).isEqualTo(before);
      session.lookNames("", "d");
      session.lookSuspectNames("d", "below");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
      assertThat(TestingTrees.run(target, "getfacl", "-n", "new"))
          .isEqualTo(TestingTrees.run(source, "getfacl", "-n", "new"));
      assertThat(TestingTrees.run(target, "getfattr", "-d", "new"))
          .isEqualTo(TestingTrees.run(source, "getfattr", "-d", "new"));
    }
  }

  @Test
  void more_than_a_message_should_have_is_asked_for() throws Exception {
    try (TestingSeries session = new TestingSeries(source, target)) {
      String[] names = new String[80];
      for (int i = 0; i < names.length; i++) {
        names[i] = "f" + i;
        Files.writeString(
            source.resolve(names[i]),
            Integer.toString(10 + i).repeat(ContentRecords.OFFERED_FILE_MAX / 2 - 1));
      }
      session.lookSuspectNames("", names);
      assertThat(session.barrier().failures()).isZero();
      assertThat(session.asked()).isPositive();
      assertEqual();
    }
  }

  @Test
  void what_the_target_has_is_not_written_again() throws Exception {
    Path file = Files.writeString(source.resolve("a"), "content");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      Object inode = Files.getAttribute(target.resolve("a"), "unix:ino");
      long before = session.asked();
      TestingTrees.run(source, "chmod", "600", "a");
      session.lookSuspectNames("", "a");
      assertThat(session.barrier().failures()).isZero();
      assertThat(session.asked()).as("whether it is the same").isGreaterThan(before);
      assertEqual();
      assertThat(Files.getAttribute(target.resolve("a"), "unix:ino")).isEqualTo(inode);
      Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1000));
      session.lookNames("", "a");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void a_large_file_one_with_two_names_and_one_that_was_renamed_are_asked_for() throws Exception {
    try (TestingSeries session = new TestingSeries(source, target)) {
      Files.writeString(source.resolve("old"), "renamed");
      session.lookAll();
      session.barrier();
      Files.writeString(source.resolve("large"), "x".repeat(ContentRecords.OFFERED_FILE_MAX));
      assertIsAskedFor(session, "large");
      Files.writeString(source.resolve("one"), "linked");
      Files.createLink(source.resolve("two"), source.resolve("one"));
      assertIsAskedFor(session, "one", "two");
      Files.move(source.resolve("old"), source.resolve("renamed"));
      long before = session.bytes();
      session.source.look(
          new Look()
              .names(Paths.NONE, List.of(Names.of("renamed")), true)
              .cameFrom(Names.of("renamed"), Names.of("old"), false));
      session.lookNames("", "old");
      assertThat(session.barrier().failures()).isZero();
      assertThat(session.bytes() - before).isPositive();
      assertEqual();
    }
  }

  private static void assertIsAskedFor(TestingSeries session, String... names) throws Exception {
    long before = session.asked();
    session.lookSuspectNames("", names);
    assertThat(session.barrier().failures()).isZero();
    assertThat(session.asked()).as(String.join(" ", names)).isGreaterThan(before);
  }

  /**
   * Where its directory is listed with a sum of its files, and then whole, in which it is another
   * one.
   */
  @Test
  void what_was_written_in_a_tree_that_is_looked_at_is_not_taken_for_another() throws Exception {
    Path d = Files.createDirectory(source.resolve("d"));
    Files.writeString(d.resolve("a"), "quiet");
    for (String name : List.of("m", "z")) {
      Files.writeString(d.resolve(name), "before");
    }
    Files.createDirectory(source.resolve("e"));
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      session.source.follows();
    }
    Thread.sleep(30); // past the tick of the clock that stamps files
    long since = Look.since(Duration.ZERO) + 2_000_000_000L;
    Files.writeString(d.resolve("m"), "after-m");
    Files.writeString(d.resolve("z"), "after-z");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.source.targetRoot(); // it has said that it wants sums
      session.source.look(
          new Look()
              .tree(Paths.NONE, since)
              .names(Names.of("d"), List.of(Names.of("m"), Names.of("z")), true));
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
      assertThat(target.resolve("d/m")).hasContent("after-m");
      session.source.finish();
    }
  }

  @Test
  void many_empty_files_are_no_fault() throws Exception {
    try (TestingSeries session = new TestingSeries(source, target)) {
      String[] names = new String[20_000];
      for (int i = 0; i < names.length; i++) {
        names[i] = "f" + i;
        Files.createFile(source.resolve(names[i]));
      }
      session.lookSuspectNames("", names);
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void nothing_is_offered_where_content_is_compressed() throws Exception {
    Rules.Builder rules = SeriesRequest.exactRules();
    rules.compress = true;
    try (TestingSeries session =
        new TestingSeries(TestingSeries.request(source, target, rules.build()))) {
      Files.writeString(source.resolve("a"), OTHER);
      assertIsAskedFor(session, "a");
      assertEqual();
    }
  }
}
