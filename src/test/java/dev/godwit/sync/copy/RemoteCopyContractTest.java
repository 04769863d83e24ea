package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingMemoryFolder;
import dev.godwit.sync.TestingTrees;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.sync.rules.BasisDirectory;
import dev.godwit.sync.rules.Deletion;
import dev.godwit.sync.rules.MissingArguments;
import dev.godwit.sync.rules.Rules;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is asked for, a copy between two hosts does and tells the same as one within a host. */
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RemoteCopyContractTest {
  @TempDir(factory = TestingMemoryFolder.class)
  Path folder;

  private Path one;
  private Path other;

  /** A copy that is asked for; paths are below the folder of the case. */
  private record Case(
      String name,
      Consumer<Rules.Builder> options,
      List<String> sources,
      String target,
      @Nullable List<String> files,
      List<FilterRule> filters) {
    static Case of(String name, Consumer<Rules.Builder> options) {
      return new Case(name, options, List.of("source/"), "target", null, List.of());
    }

    Case from(String... some) {
      return new Case(name, options, List.of(some), target, files, filters);
    }

    Case to(String where) {
      return new Case(name, options, sources, where, files, filters);
    }

    Case naming(String... some) {
      return new Case(name, options, sources, target, List.of(some), filters);
    }

    Case filtered(FilterRule... some) {
      return new Case(name, options, sources, target, files, List.of(some));
    }

    CopyRequest request(Path base) {
      return new CopyRequest(
          TestingRun.rules(options),
          paths(base + "/", sources),
          Names.of(target.isEmpty() ? "" : base + "/" + target),
          files == null ? null : paths("", files),
          filters);
    }

    private static List<byte[]> paths(String before, List<String> some) {
      return some.stream().map(path -> Names.of(before + path)).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static Case deleting(String name, Deletion when, Consumer<Rules.Builder> more) {
    return Case.of(
        name,
        rules -> {
          rules.deletion = when;
          more.accept(rules);
        });
  }

  private static FilterRule rule(String text) {
    return FilterRule.of(FilterRule.Kind.RULE, Names.of(text));
  }

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    cases.add(Case.of("archive", r -> {}));
    cases.add(Case.of("hard links", r -> r.hardLinks = true));
    cases.add(
        Case.of(
            "hard links, nothing told",
            r -> {
              r.hardLinks = true;
              r.wantsItems = false;
            }));
    cases.add(
        Case.of(
            "unchanged too",
            r -> {
              r.wantsUnchanged = true;
              r.hardLinks = true;
            }));
    cases.add(
        Case.of(
            "not archive",
            r -> {
              r.permissions =
                  r.owner = r.group = r.times = r.links = r.devices = r.specials = false;
            }));
    for (double share : new double[] {0.05, 0.9}) {
      cases.add(deleting("delete " + share, Deletion.DURING, r -> r.deleteShareMax = share));
      cases.add(deleting("delete before " + share, Deletion.BEFORE, r -> r.deleteShareMax = share));
    }
    cases.add(Case.of("into nothing", r -> {}).to("new"));
    cases.add(Case.of("into nothing, made above", r -> r.makePath = true).to("new/a/b"));
    cases.add(Case.of("into nothing that cannot be made", r -> {}).to("new/a/b"));
    cases.add(Case.of("the directory itself", r -> {}).from("source"));
    cases.add(Case.of("several", r -> {}).from("source/d1", "source/f1", "target/", "absent"));
    cases.add(Case.of("one file", r -> {}).from("source/f1").to("target/name"));
    cases.add(Case.of("one file over another", r -> {}).from("source/f1").to("target/f2"));
    cases.add(Case.of("several into a file", r -> {}).to("target/f2"));
    cases.add(Case.of("nothing there", r -> {}).from("absent"));
    cases.add(Case.of("the content of nothing", r -> {}).from("absent/"));
    cases.add(Case.of("a name in nothing", r -> {}).from("absent/f", "source/f1"));
    cases.add(
        deleting("delete but for an error", Deletion.DURING, r -> {}).from("source/", "absent/"));
    cases.add(
        Case.of(
                "absent arguments removed",
                r -> {
                  r.missingArguments = MissingArguments.DELETE;
                  r.force = true;
                })
            .from("source/f1", "source/extra", "source/only"));
    cases.add(
        Case.of("relative", r -> r.relative = true).from("source/./d1/../d1", "source/./d2/d3"));
    cases.add(
        Case.of(
                "relative without the way",
                r -> {
                  r.relative = true;
                  r.impliedDirectories = false;
                })
            .from("source/./d2/d3"));
    cases.add(
        Case.of(
                "a list of files",
                r -> {
                  r.relative = true;
                  r.recursive = false;
                })
            .naming("d1/f3", "d2/", "f1", "absent/x"));
    cases.add(Case.of("a list of files, and below", r -> r.relative = true).naming("d1", "d2/d3"));
    cases.add(
        Case.of(
            "directories only",
            r -> {
              r.recursive = false;
              r.directories = true;
            }));
    for (Deletion when : Deletion.values()) {
      cases.add(deleting("delete " + when, when, r -> {}));
      cases.add(deleting("delete dry " + when, when, r -> r.dryRun = true));
      cases.add(
          deleting("delete excluded " + when, when, r -> r.deleteExcluded = true)
              .filtered(rule("- *3"), rule("P extra")));
      cases.add(deleting("delete at most 3 " + when, when, r -> r.deleteMax = 3));
      cases.add(deleting("delete and find renamed " + when, when, r -> r.detectRenames = true));
      cases.add(deleting("delete from a name " + when, when, r -> {}).from("source"));
    }
    cases.add(Case.of("filters", r -> {}).filtered(rule("- *2"), rule("+ /d1/"), rule("-! */")));
    cases.add(Case.of("dry", r -> r.dryRun = true));
    cases.add(Case.of("dry into nothing", r -> r.dryRun = true).to("new"));
    cases.add(
        Case.of(
            "backup",
            r -> {
              r.backup = true;
              r.backupSuffix = Names.of("~");
            }));
    cases.add(
        deleting(
            "backup elsewhere",
            Deletion.DURING,
            r -> {
              r.backup = true;
              r.backupDirectory = Names.of("kept/here");
            }));
    cases.add(deleting("trash", Deletion.DELAY, r -> r.trash = Names.of("trash")));
    cases.add(Case.of("in place", r -> r.inPlace = true));
    cases.add(Case.of("append", r -> r.append = true));
    cases.add(Case.of("whole files", r -> r.wholeFile = true));
    cases.add(
        Case.of(
            "in place, sparse",
            r -> {
              r.inPlace = true;
              r.sparse = true;
            }));
    cases.add(
        Case.of(
            "in place, kept",
            r -> {
              r.inPlace = true;
              r.backup = true;
              r.backupSuffix = Names.of("~");
            }));
    cases.add(Case.of("compressed", r -> r.compress = true));
    cases.add(
        Case.of(
            "compressed, not jpg",
            r -> {
              r.compress = true;
              r.compressLevel = 1;
              r.skipCompress = "3/4";
            }));
    cases.add(Case.of("slowly", r -> r.bandwidth = 20_000_000));
    cases.add(Case.of("small blocks", r -> r.blockSize = 700));
    cases.add(Case.of("partial", r -> r.partial = true));
    cases.add(Case.of("delayed", r -> r.delayUpdates = true));
    cases.add(
        Case.of("temporary directory", r -> r.temporaryDirectory = Names.of("../source/../tmp")));
    cases.add(Case.of("sparse", r -> r.sparse = true));
    cases.add(Case.of("preallocate", r -> r.preallocate = true));
    cases.add(Case.of("size only", r -> r.sizeOnly = true));
    cases.add(Case.of("ignore times", r -> r.ignoreTimes = true));
    cases.add(Case.of("checksum", r -> r.checksum = true));
    cases.add(Case.of("update", r -> r.update = true));
    cases.add(Case.of("existing", r -> r.existingOnly = true));
    cases.add(Case.of("ignore existing", r -> r.ignoreExisting = true));
    cases.add(
        Case.of(
            "limits of size",
            r -> {
              r.sizeMin = 100;
              r.sizeMax = 5000;
            }));
    cases.add(Case.of("sources removed", r -> r.removeSourceFiles = true));
    cases.add(Case.of("links followed", r -> r.copyLinks = true));
    cases.add(
        Case.of(
            "sources removed, links followed",
            r -> {
              r.removeSourceFiles = true;
              r.copyLinks = true;
            }));
    cases.add(Case.of("links safe", r -> r.safeLinks = true));
    cases.add(Case.of("links to directories kept", r -> r.keepDirectoryLinks = true));
    cases.add(Case.of("links to directories followed", r -> r.copyDirectoryLinks = true));
    cases.add(deleting("force", Deletion.NONE, r -> r.force = true));
    cases.add(Case.of("synced", r -> r.fsync = true));
    for (BasisDirectory.Use use : BasisDirectory.Use.values()) {
      cases.add(
          Case.of(
                  "basis " + use,
                  r -> {
                    r.basisDirectories = List.of(new BasisDirectory(use, Names.of("../target")));
                    r.hardLinks = use == BasisDirectory.Use.LINK;
                  })
              .to("new"));
    }
    cases.add(Case.of("the names only", r -> r.listOnly = true).to(""));
    return cases;
  }

  static Stream<Arguments> casesAndWays() {
    return cases().stream()
        .flatMap(
            one ->
                Stream.of(
                        TestingRun.Way.FAR_SOURCE,
                        TestingRun.Way.FAR_TARGET,
                        TestingRun.Way.FAR_TARGET_EARLY,
                        TestingRun.Way.BOTH_FAR)
                    .map(way -> Arguments.of(one, way)));
  }

  @BeforeEach
  void trees() throws Exception {
    one = TestingTrees.folder(folder, "one");
    TestingTrees.folder(one, "tmp");
    Path source = TestingTrees.folder(one, "source");
    Path target = TestingTrees.folder(one, "target");
    TestingTrees.grow(source, new Random(77), 60);
    TestingTrees.grow(target, new Random(77), 50);
    TestingTrees.grow(TestingTrees.folder(target, "extra"), new Random(5), 20);
    for (Path tree : List.of(source, target)) {
      TestingTrees.folder(tree, "d1/d4");
      TestingTrees.folder(tree, "d2/d3");
      Files.writeString(tree.resolve("f1"), "one");
      Files.writeString(tree.resolve("d1/f3"), "three\n".repeat(1000));
      Files.writeString(tree.resolve("d2/d3/f4"), "four");
      Files.createSymbolicLink(tree.resolve("l1"), Path.of("d1"));
      Files.createSymbolicLink(tree.resolve("l2"), Path.of("../../out"));
    }
    Files.writeString(source.resolve("f1"), "one changed");
    Files.writeString(target.resolve("f2"), "two");
    Files.writeString(target.resolve("only"), "only here");
    Files.writeString(target.resolve("d2/only"), "only here");
    Files.delete(target.resolve("l1"));
    TestingTrees.folder(target, "l1/in the way");
    Files.delete(source.resolve("l2"));
    TestingTrees.folder(source, "l2");
    Files.writeString(source.resolve("l2/f5"), "five");
    Files.writeString(source.resolve("d2/moved"), "it was elsewhere");
    Files.writeString(target.resolve("d1/mover"), "it was elsewhere");
    TestingTrees.run(
        one,
        "sh",
        "-c",
        "touch -r source/d2/moved target/d1/mover; truncate -s 300000 source/hole");
    byte[] content = new byte[900_000];
    new Random(9).nextBytes(content);
    for (int i = 0; i < 5; i++) {
      Files.write(source.resolve("big" + i), content);
    }
    Files.write(target.resolve("big0"), changed(content, 5000));
    Files.write(target.resolve("big1"), Arrays.copyOf(content, 600_001));
    Files.write(target.resolve("big2"), inserted(content));
    Files.write(target.resolve("big3"), Arrays.copyOf(content, 1_000_000));
    Files.write(target.resolve("big4"), changed(content, 17));
    TestingTrees.run(one, "touch", "-d", "2001-01-01", "source/big4", "target/big4");
    // Nothing is of this moment: times tell the same in every run.
    TestingTrees.run(
        one,
        "sh",
        "-c",
        "find source target -newermt 2020-01-01 -exec touch -h -d @1500000000 {} +");
    other = folder.resolve("other");
    TestingTrees.run(folder, "cp", "-a", "one", "other");
  }

  private static byte[] changed(byte[] content, int every) {
    byte[] other = content.clone();
    for (int i = 100_000; i < other.length; i += 100_000) {
      other[i + every] ^= 1;
    }
    return other;
  }

  private static byte[] inserted(byte[] content) {
    byte[] other = new byte[content.length + 100];
    System.arraycopy(content, 0, other, 0, 400_000);
    System.arraycopy(content, 400_000, other, 400_100, content.length - 400_000);
    return other;
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("casesAndWays")
  void it_is_the_same(Case asked, TestingRun.Way way) throws Exception {
    TestingRun expected = TestingRun.of(TestingRun.Way.LOCAL, asked.request(one));
    TestingRun run = TestingRun.of(way, asked.request(other));
    assertThat(told(run.ended)).isEqualTo(told(expected.ended));
    assertThat(run.itemized()).isEqualTo(expected.itemized());
    assertThat(without(run.failures, other))
        .containsExactlyInAnyOrderElementsOf(without(expected.failures, one));
    assertThat(without(run.notes, other))
        .containsExactlyInAnyOrderElementsOf(without(expected.notes, one));
    for (Path base : List.of(one, other)) {
      renameRuns(base.resolve("target/trash"));
    }
    assertThat(TestingRun.differences(one, other)).isEmpty();
    assertThat(figures(run)).isEqualTo(figures(expected));
  }

  /** The folder of a run is called after its time. */
  private static void renameRuns(Path trash) throws Exception {
    if (Files.isDirectory(trash)) {
      try (Stream<Path> runs = Files.list(trash)) {
        Files.move(runs.toList().getFirst(), trash.resolve("run"));
      }
    }
  }

  private static @Nullable String told(@Nullable CopyException e) {
    return e == null
        ? null
        : e.status()
            + " "
            + String.valueOf(e.getMessage())
                .replaceAll("/(one|other)/", "/X/")
                .replaceFirst("^(source|target) host [(]this host[)]: ", "");
  }

  private static List<String> without(List<String> lines, Path base) {
    return lines.stream().map(line -> line.replace(base.toString(), "")).toList();
  }

  private static @Nullable String figures(TestingRun run) {
    CopyResult result = run.result;
    if (result == null) {
      return null;
    }
    CopyStatistics f = result.statistics();
    return result.status()
        + " "
        + result.failures()
        + f.seen()
        + f.made()
        + f.removed()
        + f.transferred()
        + " "
        + f.sizeSum()
        + " "
        + f.sizeTransferred();
  }
}
