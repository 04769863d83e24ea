package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Trees in which somebody exchanges names for links to elsewhere while they are copied. */
@Tag("lab")
@Tag("proof")
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class TrappedTreeTest {
  private static final int COPIES = Integer.getInteger("godwit.faults.copies", 60);

  /** So that every kind of call is made in the directory: see {@link #tree}. */
  private static final List<String> OPTIONS =
      List.of(
          "-aHAX --delete",
          "-aHAX --delete-after --delay-updates",
          "-aX --delete --inplace",
          "-aA --delete-delay -b --suffix=~",
          "-aH --delete-before --detect-renames --partial-dir=.part",
          "-a --delete --checksum --link-dest=../other");

  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path canary;
  private Path traps;

  @BeforeEach
  void trees() throws Exception {
    tree("one", "1");
    tree("other", "22");
    canary = tree("canary", "secret");
    traps = TestingTrees.folder(folder, "traps");
    TestingTrees.folder(folder, "target");
  }

  /** Files, links, fifos, directories, attributes; those of two of these differ in each. */
  private Path tree(String name, String text) throws Exception {
    Path tree = TestingTrees.folder(folder, name);
    Path d = TestingTrees.folder(tree, "d");
    for (int i = 0; i < 12; i++) {
      Files.writeString(d.resolve("f" + i), text.repeat(10 + 500 * i));
    }
    for (String below : List.of("sub", "only-" + text)) {
      Files.writeString(TestingTrees.folder(d, below).resolve("f"), text);
    }
    Files.writeString(d.resolve("file-only-" + text), text);
    Files.createLink(d.resolve("second-" + text.length()), d.resolve("f3"));
    Files.createSymbolicLink(d.resolve("l"), Path.of(text));
    int n = text.length();
    TestingTrees.run(
        d,
        "sh",
        "-c",
        "mkfifo pipe; chmod 64%d f1 sub; chmod 70%d pipe; chown -h %d:%d f2 sub l pipe;"
                .formatted(n, n, n, n)
            + " setfattr -n user.a -v "
            + text
            + " f4 sub; setfacl -m u:"
            + (100 + n)
            + ":r f5 sub;"
            + " touch -h -d @150000000"
            + n
            + " * sub/* .");
    return tree;
  }

  /** All that an act on it would change, were it only the time of its last change. */
  private List<String> canaryNow() throws Exception {
    List<String> facts = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(canary)) {
      for (Path path : walk.sorted().toList()) {
        Map<String, Object> all =
            new TreeMap<>(Files.readAttributes(path, "unix:*", LinkOption.NOFOLLOW_LINKS));
        all.keySet().retainAll(Set.of("mode", "ino", "nlink", "uid", "gid", "ctime", "size"));
        facts.add(path + " " + all);
      }
    }
    return facts;
  }

  private List<Path> withSecrets(Path tree) throws Exception {
    try (Stream<Path> walk = Files.walk(tree)) {
      return walk.filter(TrappedTreeTest::hasSecret).toList();
    }
  }

  private static boolean hasSecret(Path path) {
    try {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
          && Files.readString(path).contains("secret");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TestingRun copy(TestingRun.Way way, String options, String from) throws Exception {
    List<byte[]> arguments = new ArrayList<>(List.of(Names.of("-i")));
    Stream.of(options.split(" ")).forEach(option -> arguments.add(Names.of(option)));
    arguments.add(Names.of(folder.resolve(from) + "/"));
    arguments.add(Names.of(folder.resolve("target").toString()));
    return TestingRun.of(way, TestingRun.request(arguments));
  }

  @ParameterizedTest
  @CsvSource({
    "LOCAL, ., d, d", "FAR_TARGET, ., d, d",
    "LOCAL, d, f1, d/f1", "FAR_TARGET, d, sub, d/sub"
  })
  void h1_h2_a_swapped_name_of_the_target_leads_nowhere(
      TestingRun.Way way, String in, String name, String leads) throws Exception {
    copy(TestingRun.Way.LOCAL, "-a", "one");
    Path directory = folder.resolve("target").resolve(in);
    List<String> before = canaryNow();
    long items = 0;
    try (TestingTrap trap = new TestingTrap(directory, name, canary.resolve(leads), traps)) {
      for (int i = 0; i < COPIES; i++) {
        String options = OPTIONS.get(i / 2 % OPTIONS.size());
        TestingRun run = copy(way, options, i % 2 == 0 ? "other" : "one");
        items += run.items.size();
        assertThat(canaryNow()).as("%s, copy %d by %s", way, i, options).isEqualTo(before);
      }
      assertThat(trap.swaps()).isGreaterThan(COPIES);
      assertThat(items).isGreaterThan(COPIES);
    }
  }

  @ParameterizedTest
  @CsvSource({"LOCAL, ., d, d", "FAR_SOURCE, ., d, d", "LOCAL, d, f1, d/f1"})
  void h1_a_swapped_name_of_the_source_gives_nothing_away(
      TestingRun.Way way, String in, String name, String leads) throws Exception {
    long copied = 0;
    try (TestingTrap trap =
        new TestingTrap(folder.resolve("one").resolve(in), name, canary.resolve(leads), traps)) {
      for (int i = 0; i < COPIES; i++) {
        String options = OPTIONS.get(i / 3 % OPTIONS.size());
        copied += copy(way, options, "one").items.size();
        assertThat(withSecrets(folder.resolve("target")))
            .as("%s, copy %d by %s", way, i, options)
            .isEmpty();
        if (i % 3 == 2) {
          TestingTrees.run(folder, "rm", "-rf", "target");
        }
      }
      assertThat(trap.swaps()).isGreaterThan(COPIES);
    }
    assertThat(copied).isGreaterThan(COPIES);
  }

  @ParameterizedTest
  @EnumSource(
      value = TestingRun.Way.class,
      names = {"LOCAL", "FAR_SOURCE"})
  void h5_a_file_that_turns_into_a_fifo_holds_nobody_up(TestingRun.Way way) throws Exception {
    TestingTrees.run(traps, "mkfifo", "fifo");
    try (TestingTrap trap =
        new TestingTrap(folder.resolve("one/d"), "f1", traps.resolve("fifo"), traps)) {
      for (int i = 0; i < COPIES; i++) {
        TestingRun run = copy(way, i % 2 == 0 ? "-aL" : "-a --checksum", "one");
        assertThat(run.ended).isNull();
      }
      assertThat(trap.swaps()).isGreaterThan(COPIES);
    }
  }
}
