package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.sync.BarrierResult;
import dev.godwit.sync.Problem;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Rules;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(TestingPatience.TEST_SECONDS)
class SeriesTest extends TestingTwoTrees {
  @Test
  void names_are_copied_changed_and_removed() throws Exception {
    Files.createDirectories(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "a");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      assertEqual();

      Files.writeString(source.resolve("d/a"), "other");
      Files.writeString(source.resolve("d/b"), "b");
      session.lookNames("d", "a", "b", "never");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();

      Files.delete(source.resolve("d/a"));
      session.lookNames("d", "a");
      assertThat(session.source.barrier(true).failures()).isZero();
      assertEqual();
      session.source.finish();
      assertThat(session.targetFailure()).isNull();
    }
  }

  @Test
  void a_directory_that_the_target_lacks_comes_with_all_below_it() throws Exception {
    TestingTrees.grow(source, new Random(3), 20);
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      Files.createDirectories(source.resolve("x/y/z"));
      Files.writeString(source.resolve("x/y/z/f"), "deep");
      session.lookNames("", "x");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
      // Also when the news of the parents has not come yet.
      Files.createDirectories(source.resolve("p/q/r"));
      Files.writeString(source.resolve("p/q/r/f"), "deep");
      session.lookNames("p/q/r", "f");
      assertThat(session.barrier().failures()).isZero();
      session.lookNames("", "p");
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void lists_of_rights_extended_attributes_and_devices_are_kept() throws Exception {
    Files.createDirectories(source.resolve("d"));
    Files.writeString(source.resolve("d/f"), "x");
    Files.writeString(source.resolve("plain"), "x");
    TestingTrees.run(source, "setfacl", "-m", "u:7:r", "d/f");
    TestingTrees.run(source, "setfacl", "-d", "-m", "g:7:rx", "d");
    TestingTrees.run(source, "setfattr", "-n", "trusted.a", "-v", "one", "d/f");
    TestingTrees.run(source, "mknod", "null", "c", "1", "3");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertThat(session.barrier().first()).isEmpty();
      assertSameRights();
      // And when only they change.
      TestingTrees.run(source, "setfacl", "-m", "u:8:rw", "plain");
      TestingTrees.run(source, "setfacl", "-b", "d/f");
      TestingTrees.run(source, "setfattr", "-n", "trusted.a", "-v", "two", "d/f");
      TestingTrees.run(source, "sh", "-c", "rm null && mknod null c 1 5");
      session.lookNames("", "plain", "null", "d");
      session.lookNames("d", "f");
      assertThat(session.barrier().first()).isEmpty();
      assertSameRights();
      // And what was changed on the target.
      TestingTrees.run(target, "setfacl", "-m", "u:9:rw", "plain");
      TestingTrees.run(target, "setfattr", "-n", "trusted.b", "-v", "x", "d");
      session.lookAll();
      assertThat(session.barrier().first()).isEmpty();
      assertSameRights();
    }
  }

  private void assertSameRights() throws Exception {
    for (String command :
        new String[] {
          "find . | sort | xargs getfacl -n",
          "find . | sort | xargs getfattr -h -d -m -",
          "stat -c '%n %t %T %f' null"
        }) {
      assertThat(TestingTrees.run(target, "sh", "-c", command))
          .isEqualTo(TestingTrees.run(source, "sh", "-c", command));
    }
    assertEqual();
  }

  /** Its content is not compared for that. */
  @Test
  void h22_a_link_to_a_directory_that_is_kept_is_looked_at_as_one() throws Exception {
    Files.createDirectories(source.resolve("k"));
    Files.createDirectories(target.resolve("behind"));
    Files.createSymbolicLink(target.resolve("k"), Path.of("behind"));
    Files.writeString(target.resolve("behind/more"), "not seen");
    Rules.Builder rules = SeriesRequest.exactRules();
    rules.keepDirectoryLinks = true;
    try (TestingSeries session =
        new TestingSeries(TestingSeries.request(source, target, rules.build()))) {
      TestingTrees.run(source, "chmod", "2710", "k");
      session.lookNames("", "k");
      assertThat(session.barrier().first()).isEmpty();
      assertThat(Files.getAttribute(target.resolve("behind"), "unix:mode")).isEqualTo(042710);
      assertThat(target.resolve("k")).isSymbolicLink();
      assertThat(target.resolve("behind/more")).exists();
    }
  }

  @Test
  void a_directory_that_is_gone_is_removed_by_a_look_at_what_was_in_it() throws Exception {
    Files.createDirectories(source.resolve("keep"));
    Files.createDirectories(source.resolve("a/b/c"));
    Files.writeString(source.resolve("a/b/c/f"), "x");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      TestingTrees.run(source, "rm", "-rf", "a");
      session.lookNames("a/b/c", "f");
      assertThat(session.barrier().failures()).isZero();
      assertThat(target.resolve("a")).doesNotExist();
      session.lookNames("");
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void h27_a_source_that_becomes_empty_stops_the_session() throws Exception {
    Files.writeString(source.resolve("a"), "a");
    Files.writeString(source.resolve("b"), "b");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      Files.delete(source.resolve("a"));
      Files.delete(source.resolve("b"));
      session.lookNames("", "a", "b");
      assertThat(session.barrier().failures()).isEqualTo(1);
      assertThat(session.source.halted()).isNotNull();
      assertThat(target.resolve("a")).exists();
      assertThat(target.resolve("b")).exists();
      // And stays stopped.
      Files.writeString(source.resolve("c"), "c");
      session.lookNames("", "a", "c");
      session.barrier();
      assertThat(target.resolve("a")).exists();
      assertThat(target.resolve("c")).doesNotExist();
    }
  }

  @Test
  void h27_a_source_that_is_replaced_stops_the_session() throws Exception {
    Files.writeString(source.resolve("a"), "a");
    Files.writeString(source.resolve("b"), "b");
    for (boolean tree : new boolean[] {true, false}) {
      try (TestingSeries session = new TestingSeries(source, target)) {
        session.lookAll();
        session.barrier();
        Path aside = folder.resolve("aside" + tree);
        Files.move(source, aside);
        Files.createDirectory(source);
        Files.writeString(source.resolve("other"), "");
        if (tree) {
          session.lookAll();
        } else {
          session.lookNames("", "a", "gone");
          Files.delete(aside.resolve("a"));
        }
        assertThat(session.barrier().failures()).isEqualTo(1);
        assertThat(session.source.halted()).isNotNull();
        assertThat(target.resolve("a")).exists();
        TestingTrees.run(folder, "rm", "-rf", source.toString());
        Files.move(aside, source);
      }
    }
  }

  @Test
  void h28_a_directory_that_cannot_be_listed_loses_nothing() throws Exception {
    Files.createDirectories(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "a");
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      session.barrier();
      // A loop of a link stands for what cannot be read: names are not missing because of it.
      Files.move(source.resolve("d"), folder.resolve("elsewhere"));
      Files.createSymbolicLink(source.resolve("d"), folder.resolve("elsewhere"));
      Files.delete(folder.resolve("elsewhere/a"));
      session.lookNames("d", "a");
      session.barrier();
      // What stands at the name now is a link, and so it is at the target: nothing was followed.
      assertThat(Files.isSymbolicLink(target.resolve("d"))).isTrue();
      assertEqual();
    }
  }

  @Test
  void h13_a_file_that_changes_while_it_is_read_is_told_and_looked_at_again() throws Exception {
    Path file = source.resolve("log");
    Files.write(file, new byte[3_000_000]);
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (var out = new java.io.RandomAccessFile(file.toFile(), "rw")) {
                    while (!stop.get()) { // one that only grows would come as it was once
                      out.seek(0);
                      out.write(new byte[100]);
                    }
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
    try (TestingSeries session = new TestingSeries(source, target)) {
      BarrierResult result = session.barrier();
      for (int i = 0; i < 200 && result.isComplete(); i++) {
        session.lookNames("", "log");
        result = session.barrier();
      }
      stop.set(true);
      writer.join();
      assertThat(result.first()).hasSize(1).allMatch(Problem::isUnstable);
      assertThat(result.first().toString()).contains("log: the file changes while it is read");
      session.lookNames("", "log");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  @Test
  void h13_what_is_delivered_without_a_problem_is_one_state_of_the_file() throws Exception {
    Path file = source.resolve("f");
    byte[] one = new byte[200_000];
    byte[] other = new byte[200_000];
    java.util.Arrays.fill(other, (byte) 1);
    Files.write(file, one);
    AtomicBoolean stop = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (var out = new java.io.RandomAccessFile(file.toFile(), "rw")) {
                    for (int i = 0; !stop.get(); i++) {
                      out.seek(0);
                      for (int part = 0; part < 4; part++) {
                        out.write(i % 2 == 0 ? other : one, part * 50_000, 50_000);
                        Thread.sleep(i % 2);
                      }
                      Thread.sleep(i % 40);
                    }
                  } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                });
    try (TestingSeries session = new TestingSeries(source, target)) {
      int clean = 0;
      for (int i = 0; i < 40; i++) {
        session.lookNames("", "f");
        boolean isClean = session.barrier().failures() == 0;
        if (isClean && Files.exists(target.resolve("f"))) {
          clean++;
          assertThat(isAState(Files.readAllBytes(target.resolve("f")))).as("torn").isTrue();
        }
      }
      stop.set(true);
      writer.join();
      session.lookNames("", "f");
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
      assertThat(clean).isPositive();
    }
  }

  /**
   * Whether the file has been like that: parts as they are written now, then parts as they were
   * before. The part between may be anything: the kernel sets a file's time when a write begins and
   * copies the bytes after that, so a reader cannot know that it met a write half-way.
   */
  private static boolean isAState(byte[] found) {
    for (int writing = 0; writing < 4; writing++) {
      for (byte value = 0; value <= 1; value++) {
        if (isAll(found, 0, writing, value) && isAll(found, writing + 1, 4, (byte) (1 - value))) {
          return true;
        }
      }
    }
    return isAll(found, 0, 4, (byte) 0) || isAll(found, 0, 4, (byte) 1);
  }

  private static boolean isAll(byte[] bytes, int fromPart, int toPart, byte value) {
    for (int i = fromPart * 50_000; i < toPart * 50_000; i++) {
      if (bytes[i] != value) {
        return false;
      }
    }
    return true;
  }

  @Test
  void h19_two_writes_within_one_tick_of_the_clock_are_both_seen() throws Exception {
    Path file = source.resolve("f");
    try (TestingSeries session = new TestingSeries(source, target)) {
      for (int i = 0; i < 200; i++) {
        Files.writeString(file, "a" + i % 10);
        session.lookNames("", "f");
        Thread.onSpinWait();
        Files.writeString(file, "b" + i % 10);
        session.lookNames("", "f");
        assertThat(session.barrier().failures()).isZero();
        assertThat(target.resolve("f")).hasContent("b" + i % 10);
      }
    }
  }

  @Test
  void a_file_that_vanishes_before_it_is_read_is_removed() throws Exception {
    try (TestingSeries session = new TestingSeries(source, target)) {
      Files.writeString(source.resolve("stay"), "");
      for (int i = 0; i < 300; i++) {
        Files.writeString(source.resolve("f" + i), "x");
      }
      session.lookAll();
      for (int i = 0; i < 300; i++) {
        Files.delete(source.resolve("f" + i));
      }
      assertThat(session.barrier().failures()).isZero();
      session.lookAll();
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void h21_random_changes_end_equal() throws Exception {
    long seed = 42;
    Random random = new Random(seed);
    try (TestingSeries session = new TestingSeries(source, target)) {
      Files.writeString(source.resolve("stay"), "");
      session.lookAll();
      for (int round = 0; round < 60; round++) {
        for (int step = 0; step < 12; step++) {
          String name = "n" + random.nextInt(4);
          Path path = source.resolve(name);
          String other = "n" + random.nextInt(4);
          switch (random.nextInt(6)) {
            case 0 -> TestingTrees.run(source, "rm", "-rf", name);
            case 1 -> {
              if (!Files.isDirectory(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(path);
                Files.writeString(path, "content " + step);
              }
            }
            case 2 -> {
              if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(path);
                Files.writeString(path.resolve("below"), "b" + step);
                session.lookTree(name);
              }
            }
            case 3 -> {
              if (Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                  && !name.equals(other)) {
                TestingTrees.run(source, "rm", "-rf", other);
                Files.move(path, source.resolve(other));
                session.lookNames("", other);
                session.lookTree(other);
              }
            }
            case 4 -> {
              if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(path, Path.of("stay"));
              }
            }
            default -> {
              if (Files.isRegularFile(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.setLastModifiedTime(path, FileTime.fromMillis(random.nextInt()));
              }
            }
          }
          session.lookNames("", name);
        }
        session.lookNames("");
        BarrierResult result = session.barrier();
        assertThat(result.first()).as("seed %d round %d", seed, round).isEmpty();
        assertEqual();
      }
    }
  }

  @Test
  void h47_a_cut_session_leaves_no_half_file_and_the_next_goes_on() throws Exception {
    TestingTrees.grow(source, new Random(9), 400);
    for (int i = 0; i < 6; i++) {
      try (TestingSeries session = new TestingSeries(source, target)) {
        session.lookAll();
        Thread.sleep(3L * i);
        session.cut();
        assertThatThrownBy(session::barrier).isInstanceOf(WireException.class);
      }
      if (Files.exists(target)) {
        var standing = TestingTrees.listing(target);
        var wanted = TestingTrees.listing(source);
        standing.forEach(
            (name, what) -> {
              assertThat(name).doesNotContain(".godwit-");
              if (what.startsWith("f")) {
                assertThat(withoutLinks(what)).isEqualTo(withoutLinks(wanted.get(name)));
              }
            });
      }
    }
    try (TestingSeries session = new TestingSeries(source, target)) {
      session.lookAll();
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  /** Links come one after the other. */
  private static String withoutLinks(@Nullable String what) {
    return String.valueOf(what).replaceFirst("(?s) is .* ([0-9a-f]{64})$", " $1");
  }
}
