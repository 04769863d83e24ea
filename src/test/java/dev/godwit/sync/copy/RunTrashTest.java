package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a single copy keeps of what it replaces or removes stays, whatever later ones do. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RunTrashTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path source;
  private Path target;

  @BeforeEach
  void trees() throws Exception {
    source = TestingTrees.folder(folder, "source");
    target = TestingTrees.folder(folder, "target");
  }

  private TestingRun copy(TestingRun.Way way, String trash, Consumer<Rules.Builder> more)
      throws Exception {
    TestingRun run =
        TestingRun.of(
            way,
            target,
            source + "/",
            rules -> {
              rules.deletion = Deletion.DURING;
              rules.trash = Names.of(trash);
              more.accept(rules);
            });
    assertThat(run.ended).isNull();
    assertThat(run.failures).isEmpty();
    return run;
  }

  /** The folders of runs, oldest first, and in each the paths of files with what is in them. */
  private static List<Map<String, String>> runs(Path trash) throws Exception {
    SortedMap<String, Map<String, String>> all = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(trash).filter(Files::isRegularFile)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Path below = trash.relativize(path);
        all.computeIfAbsent(below.getName(0).toString(), run -> new TreeMap<>())
            .put(below.getName(0).relativize(below).toString(), Files.readString(path));
      }
    }
    return List.copyOf(all.values());
  }

  @ParameterizedTest
  @CsvSource({
    "LOCAL, DURING", "LOCAL, BEFORE", "LOCAL, AFTER", "LOCAL, DELAY",
    "FAR_TARGET, DURING", "FAR_TARGET, BEFORE", "FAR_TARGET, AFTER", "FAR_TARGET, DELAY",
    "FAR_SOURCE, DURING"
  })
  void h37_each_run_has_a_folder_of_its_own_and_takes_nothing_from_an_earlier_one(
      TestingRun.Way way, Deletion when) throws Exception {
    for (int i = 1; i <= 3; i++) {
      Files.writeString(TestingTrees.folder(target, "d").resolve("gone"), "gone " + i);
      Files.writeString(source.resolve("changed"), "changed " + "x".repeat(i));
      copy(way, "kept/[trash]\\x", rules -> rules.deletion = when);
    }
    assertThat(runs(target.resolve("kept/[trash]\\x")))
        .containsExactly(
            Map.of("d/gone", "gone 1"),
            Map.of("d/gone", "gone 2", "changed", "changed x"),
            Map.of("d/gone", "gone 3", "changed", "changed xx"));
    assertThat(target.resolve("d")).doesNotExist();
  }

  /** Each is another way to say where it is; whether it stands from the first run on or not. */
  @ParameterizedTest
  @CsvSource({
    "LOCAL, %s/target/trash, false", "LOCAL, %s/target/trash, true", "LOCAL, %s/link/trash, false",
    "LOCAL, ./a/../trash, true", "LOCAL, tr\\ash, false", "FAR_TARGET, %s/link/trash, true"
  })
  void h37_it_is_known_by_where_it_is(TestingRun.Way way, String named, boolean stands)
      throws Exception {
    Files.createSymbolicLink(folder.resolve("link"), target);
    String trash = named.formatted(folder);
    Path place = target.resolve(trash.contains("\\") ? "tr\\ash" : "trash");
    if (stands) {
      Files.createDirectory(place);
      Files.createDirectory(target.resolve("a"));
      Files.createDirectory(source.resolve("a"));
    }
    for (int i = 1; i <= 2; i++) {
      Files.writeString(target.resolve("gone"), "gone " + i);
      copy(way, trash, rules -> rules.deletion = Deletion.AFTER);
    }
    assertThat(runs(place)).containsExactly(Map.of("gone", "gone 1"), Map.of("gone", "gone 2"));
  }

  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void h37_nothing_of_the_source_is_copied_over_it(TestingRun.Way way) throws Exception {
    Files.writeString(target.resolve("gone"), "gone");
    copy(way, "trash", rules -> {});
    try (Stream<Path> some = Files.list(target.resolve("trash"))) {
      Path run = some.findFirst().orElseThrow();
      Path same = TestingTrees.folder(source, target.relativize(run).toString());
      Files.writeString(same.resolve("gone"), "another one");
    }
    Files.writeString(source.resolve("other"), "other");
    TestingRun run = copy(way, "trash", rules -> {});
    assertThat(runs(target.resolve("trash"))).containsExactly(Map.of("gone", "gone"));
    assertThat(target.resolve("other")).hasContent("other");
    assertThat(run.notes).anyMatch(note -> note.contains("not copied: trash, because"));
    TestingTrees.run(folder, "rm", "-r", source.resolve("trash").toString());
    Files.writeString(source.resolve("trash"), "a file");
    copy(way, "trash", rules -> {});
    assertThat(runs(target.resolve("trash"))).containsExactly(Map.of("gone", "gone"));
  }

  @ParameterizedTest
  @CsvSource({"LOCAL, false", "LOCAL, true", "FAR_TARGET, false", "FAR_TARGET, true"})
  void h37_what_is_written_to_in_place_or_is_on_another_file_system_is_kept_too(
      TestingRun.Way way, boolean elsewhere) throws Exception {
    Path trash =
        elsewhere ? Files.createTempDirectory(Path.of("/var/tmp"), "trash") : folder.resolve("t");
    try {
      Files.writeString(target.resolve("file"), "as it was");
      Files.writeString(target.resolve("gone"), "gone");
      Files.writeString(source.resolve("file"), "as it is now");
      copy(way, trash.toString(), rules -> rules.inPlace = true);
      assertThat(target.resolve("file")).hasContent("as it is now");
      assertThat(runs(trash)).containsExactly(Map.of("file", "as it was", "gone", "gone"));
    } finally {
      TestingTrees.run(folder, "rm", "-rf", trash.toString());
    }
  }

  @Test
  void h37_the_target_itself_is_no_place_for_it() throws Exception {
    Files.writeString(target.resolve("gone"), "gone");
    for (String named : List.of(".", target.toString(), "../target/")) {
      for (TestingRun.Way way : List.of(TestingRun.Way.LOCAL, TestingRun.Way.FAR_TARGET)) {
        TestingRun run =
            TestingRun.of(
                way,
                target,
                source + "/",
                rules -> {
                  rules.deletion = Deletion.DURING;
                  rules.trash = Names.of(named);
                });
        CopyException ended = run.ended;
        assertThat(ended).hasMessageContaining("--trash=").hasMessageContaining("target itself");
        assertThat(target.resolve("gone")).exists();
      }
    }
  }

  @Test
  void h37_a_directory_that_is_copied_is_no_place_for_it() throws Exception {
    Files.writeString(target.resolve("gone"), "gone");
    for (String named : List.of(source + "/kept", "../source", source + "/d/../kept")) {
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.LOCAL,
              target,
              source + "/",
              rules -> {
                rules.deletion = Deletion.DURING;
                rules.trash = Names.of(named);
              });
      assertThat(run.ended).as(named).isNotNull();
      assertThat(run.ended).hasMessageContaining("is in the source");
      assertThat(target.resolve("gone")).exists();
    }
  }
}
