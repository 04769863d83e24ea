package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.linux.TemporaryNames;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.copy.TestingRun.Way;
import dev.godwit.sync.filter.Filters;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Copies to and from a far host, and within this one, of trees that differ in little. */
final class FileSumsTest {
  private static final Instant TIME = Instant.ofEpochSecond(1_750_000_000L, 123_456_789);
  static final int DIRECTORIES = 8;
  static final int FILES = 16;

  @TempDir Path folder;

  private Path source() {
    return folder.resolve("source");
  }

  private Path target() {
    return folder.resolve("target");
  }

  static Path file(Path path, String content) throws Exception {
    Files.writeString(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(TIME));
    return path;
  }

  private void grow() throws Exception {
    grow(source());
  }

  static void grow(Path source) throws Exception {
    for (int d = 0; d < DIRECTORIES; d++) {
      Path directory = Files.createDirectories(source.resolve("d" + d));
      Files.createSymbolicLink(directory.resolve("link"), Path.of("f1"));
      for (int f = 0; f < FILES; f++) {
        file(directory.resolve("f" + f), "content " + f);
      }
    }
  }

  static void clear(Path tree) throws Exception {
    try (Stream<Path> all = Files.walk(tree)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private TestingRun run(Way way, String... options) throws Exception {
    List<byte[]> arguments = new ArrayList<>();
    for (String option : options) {
      arguments.add(Names.of(option));
    }
    arguments.add(Names.of(source() + "/"));
    arguments.add(Names.of(target().toString()));
    TestingRun run = TestingRun.of(way, TestingRun.request(arguments));
    assertThat(run.failures).isEmpty();
    assertThat(run.ended).isNull();
    return run;
  }

  private static CopyStatistics figures(TestingRun run) {
    return java.util.Objects.requireNonNull(run.result).statistics();
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"FAR_SOURCE", "FAR_TARGET", "FAR_TARGET_EARLY"})
  void of_unchanged_files_only_sums_are_told(Way way) throws Exception {
    grow();
    run(way, "-a");
    TestingRun again = run(way, "-ai");
    assertThat(again.items).isEmpty();
    CopyStatistics figures = figures(again);
    assertThat(figures.seen().files()).isEqualTo((long) DIRECTORIES * FILES);
    assertThat(figures.sizeSum()).isEqualTo(figures(run(Way.LOCAL, "-ai")).sizeSum());
    // With names, statuses and answers it would be three times as much.
    assertThat(figures.sent() + figures.received()).isLessThan(FILES * DIRECTORIES * 12);
  }

  /** One thing that differs. */
  enum Difference {
    CONTENT {
      @Override
      void make(Path source, Path target) throws Exception {
        file(source.resolve("d7/f3"), "more content");
      }
    },
    TIME_OF_FILE {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.setLastModifiedTime(source.resolve("d7/f3"), FileTime.from(TIME.plusSeconds(1)));
      }
    },
    PERMISSIONS {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.setPosixFilePermissions(
            target.resolve("d7/f3"), PosixFilePermissions.fromString("rw-rw-rw-"));
      }
    },
    OWNER {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.setAttribute(target.resolve("d7/f3"), "unix:uid", 12345);
      }
    },
    GROUP {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.setAttribute(source.resolve("d7/f3"), "unix:gid", 12345);
      }
    },
    NEW {
      @Override
      void make(Path source, Path target) throws Exception {
        file(source.resolve("d7/new"), "new");
      }
    },
    GONE {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.delete(source.resolve("d7/f3"));
      }
    },
    RENAMED {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.move(source.resolve("d7/f3"), source.resolve("d7/f3x"));
      }
    },
    EXCHANGED {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.move(source.resolve("d7/f3"), source.resolve("d7/x"));
        Files.move(source.resolve("d7/f13"), source.resolve("d7/f3"));
        Files.move(source.resolve("d7/x"), source.resolve("d7/f13"));
      }
    },
    FILE_HERE {
      @Override
      void make(Path source, Path target) throws Exception {
        file(target.resolve("d7/here"), "here");
      }
    },
    DIRECTORY_HERE {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.createDirectory(target.resolve("d7/here"));
      }
    },
    NOTHING_HERE {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.delete(target.resolve("d7/f3"));
      }
    },
    NOW_A_DIRECTORY {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.delete(source.resolve("d7/f3"));
        Files.createDirectory(source.resolve("d7/f3"));
        file(source.resolve("d7/f3/below"), "below");
      }
    },
    LINK {
      @Override
      void make(Path source, Path target) throws Exception {
        Files.delete(source.resolve("d7/link"));
        Files.createSymbolicLink(source.resolve("d7/link"), Path.of("f2"));
      }
    },
    REST_OF_A_KILLED_RUN {
      @Override
      void make(Path source, Path target) throws Exception {
        String name = Names.display(new TemporaryNames().next());
        file(target.resolve("d7").resolve(name), "half");
      }
    };

    abstract void make(Path source, Path target) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void whatever_differs_is_found(Difference difference) throws Exception {
    grow();
    for (Way way : Way.values()) {
      for (String options : List.of("-a", "-aH", "-aX")) {
        run(Way.LOCAL, "-a", "--delete");
        assertThat(TestingRun.differences(source(), target())).isEmpty();
        difference.make(source(), target());
        run(way, options, "--delete");
        assertThat(TestingRun.differences(source(), target())).as("%s %s", way, options).isEmpty();
        clear(source());
        clear(target());
        grow();
      }
    }
  }

  @Test
  void attributes_of_files_are_found_to_differ() throws Exception {
    for (Way way : Way.values()) {
      grow();
      run(Way.LOCAL, "-aX", "--delete");
      Files.setAttribute(source().resolve("d7/f3"), "user:key", new byte[] {1});
      Files.setAttribute(target().resolve("d7/f4"), "user:key", new byte[] {1});
      run(way, "-aX", "--delete");
      assertThat((byte[]) Files.getAttribute(target().resolve("d7/f3"), "user:key"))
          .containsExactly(1);
      assertThat(
              Files.getFileAttributeView(
                      target().resolve("d7/f4"),
                      java.nio.file.attribute.UserDefinedFileAttributeView.class)
                  .list())
          .isEmpty();
      clear(source());
      clear(target());
    }
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void trees_that_have_little_in_common(Way way) throws Exception {
    long seed = new Random().nextLong();
    TestingTrees.grow(Files.createDirectory(source()), new Random(seed), 300);
    TestingTrees.grow(Files.createDirectory(target()), new Random(seed + 1), 300);
    run(way, "-aH", "--delete", "--force");
    assertThat(TestingRun.differences(source(), target())).as("seed %d", seed).isEmpty();
    assertThat(run(way, "-aiH", "--delete").items).as("seed %d", seed).isEmpty();
  }

  /** The line that people type. */
  @Test
  void items_and_hard_links_together_do_not_cost_what_sums_spare() throws Exception {
    Rules rules = TestingRun.rules(options -> options.hardLinks = true);
    assertThat(rules.wantsItems).isTrue();
    assertThat(FileSums.arePossible(rules, Filters.of(List.of(), false))).isTrue();
  }

  /** A name that waits for the one that stands is not given up while that one's directory comes. */
  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"FAR_SOURCE", "FAR_TARGET"})
  void a_name_that_lacks_is_linked_to_one_of_a_directory_that_is_asked_for_whole(Way way)
      throws Exception {
    for (String options : List.of("-aH", "-aHi")) {
      grow();
      Files.createLink(source().resolve("linked"), source().resolve("d7/f0"));
      run(way, "-aH");
      Files.delete(target().resolve("linked"));
      for (int d = 0; d < DIRECTORIES; d++) {
        file(source().resolve("d" + d).resolve("more"), "more");
      }
      assertThat(figures(run(way, options)).transferred()).as(options).isEqualTo(DIRECTORIES);
      assertThat(Files.isSameFile(target().resolve("linked"), target().resolve("d7/f0"))).isTrue();
      clear(source());
      clear(target());
    }
  }

  /** What is sent for them is the names of files that have several, and no others. */
  @Test
  void names_of_linked_files_alone_are_looked_for_before_a_copy() throws Exception {
    grow();
    Files.createLink(source().resolve("d0/linked"), source().resolve("d1/f0"));
    Rules rules = TestingRun.rules(options -> options.hardLinks = true);
    CopyRequest request = TestingRun.request(rules, target().toString(), source() + "/");
    List<String> names = new ArrayList<>();
    Report report = new Report(CopyListener.NONE);
    Parts parts = Parts.of(request);
    try (SourceArguments arguments = SourceArguments.of(request, parts.filters, report)) {
      Lister lister = Lister.ofLinked(rules, parts.attributes(), report);
      for (SourceEntry directory : entries(lister, arguments.top())) {
        SourceDirectory below = java.util.Objects.requireNonNull(directory.below());
        for (SourceEntry entry : entries(lister, below)) {
          names.add(Names.display(Paths.join(directory.name(), entry.name())));
        }
      }
    }
    assertThat(names).containsExactly("d0/linked", "d1/f0");
  }

  private static List<SourceEntry> entries(Lister lister, SourceDirectory directory) {
    try (Listing listing = lister.list(directory)) {
      return listing.entries();
    }
  }
}
