package dev.godwit.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.linux.Names;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SourceSessionTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void folders() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = folder.resolve("target");
  }

  private void assertEqual() throws Exception {
    assertThat(TestingTrees.listing(target)).isEqualTo(TestingTrees.listing(source));
  }

  @Test
  void names_are_copied_changed_and_removed() throws Exception {
    Files.createDirectories(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "a");
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
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
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
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
  void a_directory_that_is_gone_is_removed_by_a_look_at_what_was_in_it() throws Exception {
    Files.createDirectories(source.resolve("keep"));
    Files.createDirectories(source.resolve("a/b/c"));
    Files.writeString(source.resolve("a/b/c/f"), "x");
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
      session.barrier();
      TestingTrees.run(source, "rm", "-rf", "a");
      session.lookNames("a/b/c", "f");
      assertThat(session.barrier().failures()).isZero();
      assertThat(target.resolve("a")).doesNotExist();
      session.source.lookNames(new byte[0], java.util.List.of(), false);
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void h27_a_source_that_becomes_empty_stops_the_session() throws Exception {
    Files.writeString(source.resolve("a"), "a");
    Files.writeString(source.resolve("b"), "b");
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
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
      try (TestingSession session = new TestingSession(source, target)) {
        session.source.lookTree(new byte[0]);
        session.barrier();
        Path aside = folder.resolve("aside" + tree);
        Files.move(source, aside);
        Files.createDirectory(source);
        Files.writeString(source.resolve("other"), "");
        if (tree) {
          session.source.lookTree(new byte[0]);
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
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
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
                  try (var out =
                      Files.newOutputStream(file, java.nio.file.StandardOpenOption.APPEND)) {
                    while (!stop.get()) {
                      out.write(new byte[100]);
                    }
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
    try (TestingSession session = new TestingSession(source, target)) {
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
    try (TestingSession session = new TestingSession(source, target)) {
      int clean = 0;
      for (int i = 0; i < 40; i++) {
        session.lookNames("", "f");
        boolean isClean = session.barrier().failures() == 0;
        if (isClean && Files.exists(target.resolve("f"))) {
          clean++;
          // The file has such a state after each of the four writes.
          byte[] found = Files.readAllBytes(target.resolve("f"));
          for (int part = 0; part < 4; part++) {
            byte[] some = Arrays.copyOfRange(found, part * 50_000, (part + 1) * 50_000);
            assertThat(Arrays.equals(some, new byte[50_000]) || ones(some)).as("torn").isTrue();
          }
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

  private static boolean ones(byte[] bytes) {
    for (byte b : bytes) {
      if (b != 1) {
        return false;
      }
    }
    return true;
  }

  @Test
  void h19_two_writes_within_one_tick_of_the_clock_are_both_seen() throws Exception {
    Path file = source.resolve("f");
    try (TestingSession session = new TestingSession(source, target)) {
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
    try (TestingSession session = new TestingSession(source, target)) {
      Files.writeString(source.resolve("stay"), "");
      for (int i = 0; i < 300; i++) {
        Files.writeString(source.resolve("f" + i), "x");
      }
      session.source.lookTree(new byte[0]);
      for (int i = 0; i < 300; i++) {
        Files.delete(source.resolve("f" + i));
      }
      assertThat(session.barrier().failures()).isZero();
      session.source.lookTree(new byte[0]);
      session.barrier();
      assertEqual();
    }
  }

  @Test
  void h21_random_changes_end_equal() throws Exception {
    long seed = 42;
    Random random = new Random(seed);
    try (TestingSession session = new TestingSession(source, target)) {
      Files.writeString(source.resolve("stay"), "");
      session.source.lookTree(new byte[0]);
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
                session.source.lookTree(Names.of(name));
              }
            }
            case 3 -> {
              if (Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)
                  && !name.equals(other)) {
                TestingTrees.run(source, "rm", "-rf", other);
                Files.move(path, source.resolve(other));
                session.lookNames("", other);
                session.source.lookTree(Names.of(other));
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
        session.source.lookNames(new byte[0], java.util.List.of(), false);
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
      try (TestingSession session = new TestingSession(source, target)) {
        session.source.lookTree(new byte[0]);
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
    try (TestingSession session = new TestingSession(source, target)) {
      session.source.lookTree(new byte[0]);
      assertThat(session.barrier().failures()).isZero();
      assertEqual();
    }
  }

  /** Links come one after the other. */
  private static String withoutLinks(@Nullable String what) {
    return String.valueOf(what).replaceFirst("(?s) is .* ([0-9a-f]{64})$", " $1");
  }
}
