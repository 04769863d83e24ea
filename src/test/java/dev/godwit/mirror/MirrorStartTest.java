package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The first look at two trees that are nearly the same, of which nothing is known: where it finds
 * them equal it goes through whole branches at once.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorStartTest {
  private static final int BRANCHES = 30;
  private static final int IN_EACH = 40;

  /** Between two deliveries: one who makes names without any rest outruns a mirror. */
  private static final long PAUSE_NANOS = 1_000_000;

  private static Path directory(int number) {
    int branch = number / IN_EACH;
    return Path.of("b" + branch, branch % 3 == 0 ? "deep/er/d" + number : "d" + number);
  }

  /** Two equal trees of old files. */
  private static void fill(TestingMirror m) throws Exception {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
    for (int i = 0; i < BRANCHES * IN_EACH; i++) {
      for (int k = 0; k < 2; k++) {
        Path file = m.tree.write("root/" + directory(i) + "/f" + k, "content " + i + " " + k);
        Files.setLastModifiedTime(file, old);
      }
    }
    copy(m);
  }

  private static void copy(TestingMirror m) throws Exception {
    var unused = TestingOracle.run("cp", "-a", m.source.toString(), m.target.toString());
    assertThat(TestingOracle.differences(m.source, m.target)).isEmpty();
  }

  private static void assertLiveAndWhole(TestingMirror m, String as) throws Exception {
    m.live();
    assertWhole(m, as);
  }

  private static void assertWhole(TestingMirror m, String as) throws Exception {
    m.mirror.barrier(TestingPatience.LIMIT, false);
    assertThat(TestingOracle.differences(m.source, m.target)).as(as).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void equal_trees_are_listed_once_and_nothing_is_done(Rung rung) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", rung)) {
      fill(m);
      assertLiveAndWhole(m, "equal trees");
      assertThat(m.mirror.status().counters().filesApplied()).isZero();
      assertThat(m.mirror.status().counters().adjusted()).isZero();
      long directories;
      try (Stream<Path> all = Files.walk(m.source)) {
        directories = all.filter(Files::isDirectory).count();
      }
      // One whose files do not add up is counted twice: those whose change is too young.
      assertThat(m.mirror.status().directories()).isBetween(directories, 2 * directories);
    }
  }

  /** What was done to the target, or to the source since, is found wherever it is. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void h23_whatever_differs_is_found(long seed) throws Exception {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m);
      List<String> done = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        // The last directories are looked at when the pieces are large.
        Path directory = directory(random.nextInt(BRANCHES * IN_EACH));
        Path tree = random.nextBoolean() ? m.target : m.source;
        done.add(change(tree, directory, random));
      }
      assertLiveAndWhole(m, "seed " + seed + ": " + done);
    }
  }

  private static String change(Path tree, Path directory, Random random) throws IOException {
    Path at = tree.resolve(directory);
    Path file = at.resolve("f" + random.nextInt(2));
    int kind = random.nextInt(8);
    if (!Files.exists(file)) {
      kind = 5;
    }
    switch (kind) {
      case 0 -> Files.delete(file);
      case 1 -> Files.writeString(file, "another content");
      case 2 -> Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      case 3 -> Files.setLastModifiedTime(file, FileTime.fromMillis(random.nextInt()));
      case 4 -> {
        try (Stream<Path> all = Files.list(at)) {
          all.forEach(MirrorStartTest::delete);
        }
        Files.delete(at);
      }
      case 5 -> {
        Files.createDirectories(at.resolve("more/than"));
        Files.writeString(at.resolve("more/than/before"), "new");
      }
      case 6 -> Files.createSymbolicLink(at.resolve("link"), Path.of("f0"));
      default -> {
        Path elsewhere = tree.resolve(directory(random.nextInt(BRANCHES * IN_EACH)));
        Files.createDirectories(elsewhere);
        Files.move(file, elsewhere.resolve("came"), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return kind + " " + at;
  }

  private static void delete(Path path) {
    try (Stream<Path> below = Files.walk(path)) {
      for (Path one : below.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(one);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One file at the source, two on the target, with the same content and times (H10). */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h10_names_of_one_file_in_different_branches_are_one_file(boolean isEarly) throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m);
      for (int i = isEarly ? 0 : BRANCHES / 2; i < BRANCHES; i++) {
        Path first = m.source.resolve(directory(i * IN_EACH)).resolve("f0");
        Path name = directory((BRANCHES - 1 - i) * IN_EACH + IN_EACH / 2).resolve("linked" + i);
        Files.createLink(m.source.resolve(name), first);
        Files.copy(first, m.target.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
      }
      assertLiveAndWhole(m, "links");
      Path first = m.source.resolve(directory((BRANCHES - 1) * IN_EACH)).resolve("f0");
      Files.writeString(first, "written by one of its names");
      assertWhole(m, "after a write");
    }
  }

  /**
   * As mail servers deliver, though some hundreds of times a second: the file gets its name by a
   * link, and loses the first one.
   */
  @Test
  void second_names_that_come_and_go_keep_no_mirror_from_becoming_live() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m);
      AtomicBoolean isOver = new AtomicBoolean();
      CompletableFuture<Integer> deliveries =
          CompletableFuture.supplyAsync(
              () -> {
                int count = 0;
                for (; !isOver.get(); count++) {
                  Path in = m.source.resolve(directory(count % (BRANCHES * IN_EACH)));
                  try {
                    Path first = Files.writeString(in.resolve("tmp"), "mail " + count);
                    Files.createLink(in.resolve("new" + count), first);
                    Files.delete(first);
                    LockSupport.parkNanos(PAUSE_NANOS);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                }
                return count;
              });
      try {
        m.live();
      } finally {
        isOver.set(true);
      }
      assertThat(deliveries.get()).isPositive();
      assertWhole(m, "after the deliveries");
    }
  }

  @Test
  void h18_what_changes_meanwhile_is_there_when_it_is_live() throws Exception {
    try (TestingMirror m = new TestingMirror("/dev/shm", Rung.BEST)) {
      fill(m);
      try (TestingWriter writer = new TestingWriter(m.tree.top(), m.source, 11)) {
        writer.begin(3000);
        m.live();
        writer.await();
        assertWhole(m, writer.log());
      }
    }
  }
}
