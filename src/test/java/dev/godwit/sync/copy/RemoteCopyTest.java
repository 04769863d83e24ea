package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same copies within a host and between two end in the same tree and tell the same. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RemoteCopyTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  @Test
  void only_what_differs_of_a_file_is_sent() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    byte[] content = new byte[8_000_000];
    new Random(3).nextBytes(content);
    Files.write(source.resolve("f"), content);
    for (boolean inPlace : new boolean[] {false, true}) {
      Path target = TestingTrees.folder(folder, "target" + inPlace);
      byte[] older = content.clone();
      for (int i = 0; i < older.length; i += 1_000_000) {
        older[i] ^= 1;
      }
      Files.write(target.resolve("f"), older);
      Files.setLastModifiedTime(target.resolve("f"), FileTime.fromMillis(1_234_567_890_123L));
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.FAR_SOURCE, target, source + "/", rules -> rules.inPlace = inPlace);
      assertThat(target.resolve("f")).hasBinaryContent(content);
      CopyStatistics figures = Objects.requireNonNull(run.result).statistics();
      assertThat(figures.literal()).isBetween(8L, 8L * 4096);
      assertThat(figures.literal() + figures.matched()).isEqualTo(content.length);
      assertThat(figures.sent() + figures.received()).isLessThan(120_000);
    }
  }

  @Test
  void a_file_that_was_renamed_and_changed_is_made_of_the_one_with_a_similar_name()
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    byte[] content = new byte[3_000_000];
    new Random(4).nextBytes(content);
    Files.write(source.resolve("backup-2026-11-20.tar"), content);
    for (String other : new String[] {"backup-2026-11-19.tar", "quite another name"}) {
      Path target = TestingTrees.folder(folder, "target " + other.length());
      byte[] older = content.clone();
      older[1_000_000] ^= 1;
      Files.write(target.resolve(other), older);
      Files.write(target.resolve("q"), new byte[100_000]);
      for (boolean fuzzy : new boolean[] {false, true}) {
        Files.deleteIfExists(target.resolve("backup-2026-11-20.tar"));
        TestingRun run =
            TestingRun.of(
                TestingRun.Way.FAR_SOURCE, target, source + "/", rules -> rules.fuzzy = fuzzy);
        assertThat(target.resolve("backup-2026-11-20.tar")).hasBinaryContent(content);
        assertThat(target.resolve(other)).hasBinaryContent(older);
        long literal = Objects.requireNonNull(run.result).statistics().literal();
        boolean isSimilar = fuzzy && other.startsWith("backup");
        assertThat(literal).isBetween(1L, isSimilar ? 8192L : content.length);
        assertThat(literal == content.length).isEqualTo(!isSimilar);
      }
    }
  }

  /** More than the source lists ahead, and nobody works on any of them. */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void thousands_of_directories_of_which_nothing_is_wanted(TestingRun.Way way) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path target = TestingTrees.folder(folder, "target");
    for (int i = 0; i < 50; i++) {
      for (int j = 0; j < 50; j++) {
        Files.createDirectories(source.resolve("new/" + i + "/" + j));
      }
    }
    Files.createDirectories(source.resolve("old"));
    Files.createDirectories(target.resolve("old"));
    Files.writeString(source.resolve("old/f"), "1");
    Files.writeString(target.resolve("old/f"), "older");
    TestingRun run = TestingRun.of(way, target, source + "/", rules -> rules.existingOnly = true);
    assertThat(run.failures).isEmpty();
    assertThat(target.resolve("old/f")).hasContent("1");
    assertThat(target.resolve("new")).doesNotExist();
  }

  /** rsync(1), --append and --append-verify: the first trusts what stands. */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void h48_what_is_appended_to_is_verified_when_that_was_asked_for(TestingRun.Way way)
      throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    for (int size : new int[] {10, 40_000, 5_000_000}) {
      byte[] content = new byte[size];
      new Random(size).nextBytes(content);
      Files.write(source.resolve("f"), content);
      byte[] beginning = Arrays.copyOf(content, size * 9 / 10);
      byte[] other = beginning.clone();
      other[size / 2] ^= 1;
      byte[] trusted = content.clone();
      trusted[size / 2] ^= 1;
      assertThat(appended(way, source, beginning, true)).isEqualTo(content);
      assertThat(appended(way, source, other, true)).isEqualTo(content);
      assertThat(appended(way, source, beginning, false)).isEqualTo(content);
      assertThat(appended(way, source, other, false)).isEqualTo(trusted);
    }
  }

  private byte[] appended(TestingRun.Way way, Path source, byte[] standing, boolean isVerified)
      throws Exception {
    Path target = Files.createTempDirectory(folder, "target");
    Files.write(target.resolve("f"), standing);
    TestingRun run =
        TestingRun.of(
            way,
            target,
            source + "/",
            rules -> {
              rules.append = !isVerified;
              rules.appendVerify = isVerified;
            });
    assertThat(run.failures).isEmpty();
    return Files.readAllBytes(target.resolve("f"));
  }

  @Test
  void distances_of_names() {
    String[][] pairs = {
      {"", "", "0"}, {"a", "", "1"}, {"kitten", "sitting", "3"}, {"ab", "ba", "2"}
    };
    for (String[] pair : pairs) {
      byte[] one = pair[0].getBytes(StandardCharsets.UTF_8);
      byte[] other = pair[1].getBytes(StandardCharsets.UTF_8);
      int distance = Integer.parseInt(pair[2]);
      assertThat(SimilarFiles.distance(one, other, 100)).isEqualTo(distance);
      assertThat(SimilarFiles.distance(other, one, 100)).isEqualTo(distance);
      assertThat(SimilarFiles.distance(one, other, 1)).isEqualTo(Math.min(1, distance));
    }
  }

  @Test
  void links_are_munged_by_the_side_that_is_here() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.createSymbolicLink(source.resolve("l"), Path.of("to"));
    Path kept = folder.resolve("kept");
    TestingRun.of(TestingRun.Way.FAR_SOURCE, kept, source + "/", r -> r.mungeLinks = true);
    assertThat(Files.readSymbolicLink(kept.resolve("l")).toString()).isEqualTo("/rsyncd-munged/to");
    Path back = folder.resolve("back");
    TestingRun.of(TestingRun.Way.FAR_TARGET, back, kept + "/", r -> r.mungeLinks = true);
    assertThat(Files.readSymbolicLink(back.resolve("l")).toString()).isEqualTo("to");
  }

  /** rsync(1), --remote-option and --fake-super. */
  @Test
  void what_is_asked_of_the_other_side_only_it_does() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("f"), "content");
    Files.setAttribute(source.resolve("f"), "unix:mode", 04755);
    for (String option : List.of("-M--fake-super", "--fake-super")) {
      Path kept = folder.resolve("kept" + option);
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.FAR_TARGET,
              TestingRun.request(
                  Stream.of("-a", option, source + "/", "far:" + kept).map(Names::of).toList()));
      assertThat(run.failures).isEmpty();
      assertThat(run.ended).isNull();
      assertThat(Files.getAttribute(kept.resolve("f"), "unix:mode"))
          .as(option)
          .isEqualTo(option.startsWith("-M") ? 0100755 : 0104755);
    }
  }

  @Test
  void sides_that_were_asked_for_different_passes_end_at_once() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("f"), "content");
    // What both sides need not agree on is done by the one that was asked.
    List<String> oneSided = List.of("--detect-renames", "--no-r");
    for (String there : List.of("--delete-before", "--detect-renames", "--no-r", "-H", "-c")) {
      TestingRun run =
          TestingRun.of(
              TestingRun.Way.FAR_TARGET,
              TestingRun.request(
                  Stream.of("-ai", "-M" + there, source + "/", "far:" + folder.resolve("kept"))
                      .map(Names::of)
                      .toList()));
      if (oneSided.contains(there)) {
        assertThat(run.ended).as(there).isNull();
      } else {
        CopyException ended = Objects.requireNonNull(run.ended, there);
        assertThat(ended.status().exitValue()).as(there).isEqualTo(2);
      }
    }
  }

  /**
   * Of two files one cannot be copied for what stands at the target, one for what the source lacks.
   */
  @ParameterizedTest
  @EnumSource(TestingRun.Way.class)
  void a_failure_names_the_host_where_it_happened(TestingRun.Way way) throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("f"), "content");
    Path target = TestingTrees.folder(folder, "target");
    Files.createDirectories(target.resolve("f/not empty"));
    String missing = source.resolve("nope").toString();
    boolean isSourceFar = way == TestingRun.Way.FAR_SOURCE || way == TestingRun.Way.BOTH_FAR;
    TestingRun run =
        TestingRun.of(
            way,
            TestingRun.request(
                TestingRun.rules(rules -> {}), target.toString(), source + "/", missing));
    assertThat(run.failures).hasSize(2);
    for (int i = 0; i < 2; i++) {
      String at =
          run.failures.get(i).contains(" at the target (")
              ? (way.hasFarTarget() ? "target host (this host)" : "")
              : (isSourceFar ? "source host (this host)" : "");
      assertThat(run.hosts.get(i)).as(run.failures.get(i)).isEqualTo(at);
    }

    run = TestingRun.of(way, folder.resolve("no/such"), source + "/", rules -> {});
    assertThat(Objects.requireNonNull(run.ended))
        .hasMessageStartingWith(
            (way.hasFarTarget() ? "target host (this host): " : "") + "the target ");
  }

  @ParameterizedTest
  @EnumSource(
      value = TestingRun.Way.class,
      names = {"FAR_SOURCE", "FAR_TARGET", "BOTH_FAR"})
  void a_tree_arrives_as_within_one_host(TestingRun.Way way) throws Exception {
    long seed = 4711;
    Path source = TestingTrees.folder(folder, "source");
    TestingTrees.grow(source, new Random(seed), 400);
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_234_567_890_123L));
    Path local = TestingTrees.folder(folder, "local");
    Path far = TestingTrees.folder(folder, "far");
    for (boolean again : new boolean[] {false, true}) {
      TestingRun expected = TestingRun.of(TestingRun.Way.LOCAL, local, source + "/", rules -> {});
      TestingRun run = TestingRun.of(way, far, source + "/", rules -> {});
      assertThat(run.ended).isNull();
      assertThat(run.failures).isEqualTo(expected.failures);
      assertThat(run.itemized()).isEqualTo(expected.itemized());
      assertThat(run.notes).containsExactlyInAnyOrderElementsOf(expected.notes);
      assertThat(TestingRun.differences(local, far)).isEmpty();
      if (again) {
        assertThat(run.items).isEmpty();
      }
    }
    assertThat(TestingTrees.listing(far)).hasSizeGreaterThan(300);
  }
}
