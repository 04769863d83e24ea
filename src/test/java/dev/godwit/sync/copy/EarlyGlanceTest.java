package dev.godwit.sync.copy;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.LocalHost;
import dev.godwit.linux.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What changes between the pass that looks for renames and the copy. The target lies in the source:
 * that is told when the copy comes to the root, and then something else happens in the directory
 * {@code a}, which the pass has found to be the same.
 */
final class EarlyGlanceTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);
  private static final int FILES = 20;

  @TempDir Path folder;

  private interface Change {
    void make() throws Exception;
  }

  private Path source(String name) {
    return folder.resolve("source").resolve(name);
  }

  private Path target(String name) {
    return folder.resolve("source/target").resolve(name);
  }

  private static Path file(Path path, String content, int age) throws Exception {
    Files.createDirectories(path.getParent());
    Files.writeString(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(TIME.plusSeconds(age)));
    return path;
  }

  /** Half of the files of {@code a} are renamed, and there is a directory in it. */
  private void grow() throws Exception {
    for (int i = 0; i < FILES; i++) {
      file(source("a/f" + i + (i % 2 == 0 ? "" : "-read")), "content", i);
      file(target("a/f" + i), "content", i);
    }
    for (Path side : List.of(source("a/sub"), target("a/sub"))) {
      file(side.resolve("one"), "more", 1);
    }
  }

  private CopyResult run(Change change, String... more) throws Exception {
    List<byte[]> arguments = new ArrayList<>();
    for (String one : List.of("-a", "--delete", "--detect-renames")) {
      arguments.add(Names.of(one));
    }
    for (String one : more) {
      arguments.add(Names.of(one));
    }
    arguments.add(Names.of(source("") + "/"));
    arguments.add(Names.of(target("").toString()));
    AtomicInteger changes = new AtomicInteger();
    List<String> failures = new ArrayList<>();
    CopyListener listener =
        new CopyListener() {
          @Override
          public void item(Item item) {}

          @Override
          public void note(int level, String text) {
            if (text.startsWith("not copied into itself")) {
              changes.incrementAndGet();
              try {
                Thread.sleep(20); // older kernels stamp by their tick
                change.make();
              } catch (Exception e) {
                failures.add(e.toString());
              }
            }
          }

          @Override
          public void failure(Failure failure) {
            failures.add(failure.toString());
          }
        };
    try (LocalHost here = new LocalHost("here", List.of())) {
      CopyResult result = Copy.run(here, here, TestingRun.request(arguments), listener);
      assertThat(changes).hasValue(1);
      assertThat(failures).isEmpty();
      return result;
    }
  }

  private List<String> differences() throws Exception {
    return TestingRun.differences(source("a"), target("a"));
  }

  /** The numbers of two runs are compared without the time that they took. */
  private static CopyStatistics timeless(CopyResult result) {
    CopyStatistics all = result.statistics();
    return new CopyStatistics(
        all.seen(),
        all.made(),
        all.removed(),
        all.transferred(),
        all.sizeSum(),
        all.sizeTransferred(),
        all.literal(),
        all.matched(),
        all.listBytes(),
        all.sent(),
        all.received(),
        0);
  }

  private enum Event {
    NAME_AT_SOURCE,
    NAME_GONE_AT_SOURCE,
    RENAMED_AT_SOURCE,
    REPLACED_AT_SOURCE,
    NAME_AT_TARGET,
    NAME_GONE_AT_TARGET,
    REPLACED_AT_TARGET,
    OTHER_DIRECTORY_AT_SOURCE,
    OTHER_DIRECTORY_AT_TARGET
  }

  private void cause(Event event) throws Exception {
    Path beside = folder.resolve("beside");
    switch (event) {
      case NAME_AT_SOURCE -> file(source("a/late"), "late", 99);
      case NAME_GONE_AT_SOURCE -> Files.delete(source("a/f1-read"));
      case RENAMED_AT_SOURCE -> Files.move(source("a/f1-read"), source("a/f1-flagged"));
      case REPLACED_AT_SOURCE ->
          Files.move(file(beside, "another", 98), source("a/f1-read"), REPLACE_EXISTING);
      case NAME_AT_TARGET -> file(target("a/late"), "late", 99);
      case NAME_GONE_AT_TARGET -> Files.delete(target("a/f1-read"));
      case REPLACED_AT_TARGET ->
          Files.move(file(beside, "another", 98), target("a/f1-read"), REPLACE_EXISTING);
      case OTHER_DIRECTORY_AT_SOURCE -> exchange(source("a"), beside);
      case OTHER_DIRECTORY_AT_TARGET -> exchange(target("a"), beside);
    }
  }

  private static void exchange(Path directory, Path beside) throws Exception {
    Files.move(directory, beside);
    file(directory.resolve("f3"), "others", 97);
  }

  @ParameterizedTest
  @EnumSource
  void a_name_that_comes_or_goes_is_seen_by_the_copy(Event event) throws Exception {
    grow();
    run(() -> cause(event));
    assertThat(differences()).isEmpty();
  }

  @Test
  void a_file_that_is_written_to_comes_with_the_next_run_and_meanwhile_is_what_it_was()
      throws Exception {
    grow();
    run(() -> Files.writeString(source("a/f1-read"), "written"));
    assertThat(target("a/f1-read")).hasContent("content");
    run(() -> {});
    assertThat(target("a/f1-read")).hasContent("written");
    assertThat(differences()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void the_figures_are_those_of_a_copy_that_looks_at_everything(Rest rest) throws Exception {
    grow();
    add(rest);
    CopyResult early = run(() -> {});
    assertThat(differences()).isEmpty();
    try (var walk = Files.walk(folder.resolve("source"))) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    grow();
    add(rest);
    CopyResult late = run(() -> {}, "-i"); // everything is told in its order: nothing early
    assertThat(differences()).isEmpty();
    assertThat(timeless(early)).isEqualTo(timeless(late));
    assertThat(early.statistics().seen().files()).isGreaterThan(FILES);
    assertThat(early.status()).isEqualTo(late.status());
  }

  /** What there is in the directory beside the files that are renamed. */
  private enum Rest {
    NOTHING,
    CHANGED,
    NEW,
    GONE,
    MOVED_AWAY,
    MANY_CHANGED,
    LINK
  }

  private void add(Rest rest) throws Exception {
    switch (rest) {
      case NOTHING -> {}
      case CHANGED -> file(source("a/f2"), "changed", 90);
      case NEW -> file(source("a/new"), "new", 91);
      case GONE -> file(target("a/gone"), "gone", 92);
      case MOVED_AWAY -> {
        file(source("b/here"), "moved", 93);
        file(target("a/there"), "moved", 93);
      }
      case MANY_CHANGED -> {
        for (int i = 0; i < 100; i++) {
          file(source("a/many" + i), "changed", i);
          file(target("a/many" + i), "changes", i + 1);
        }
      }
      case LINK -> Files.createSymbolicLink(source("a/link"), Path.of("f2"));
    }
  }

  @Test
  void the_renamed_keep_their_inodes_and_the_directory_its_time() throws Exception {
    grow();
    Object inode = Files.getAttribute(target("a/f1"), "unix:ino");
    Files.setLastModifiedTime(source("a"), FileTime.from(TIME.plusSeconds(500)));
    run(() -> {});
    assertThat(Files.getAttribute(target("a/f1-read"), "unix:ino")).isEqualTo(inode);
    assertThat(Objects.requireNonNull(Files.getLastModifiedTime(target("a"))).toInstant())
        .isEqualTo(TIME.plusSeconds(500));
  }
}
