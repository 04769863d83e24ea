package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.sync.Removals;
import dev.godwit.sync.copy.SeriesRequest;
import dev.godwit.sync.rules.Rules;
import dev.godwit.watch.TestingTree;
import dev.godwit.watch.Watch.Rung;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Mirrors in which links of the source count as what they lead to (-L, --copy-unsafe-links, -k),
 * and directories that hold nothing are left out (-m): after a barrier the target is what rsync
 * makes with the same options.
 */
@Timeout(TestingPatience.TEST_SECONDS)
final class MirrorLinksTest {
  private static final Duration LIMIT = TestingMirror.LIMIT;

  /** Some steps of {@code ./verify}; for more, -Dgodwit.links.rounds=N. */
  private static final int ROUNDS = Integer.getInteger("godwit.links.rounds", 6);

  private static final int STEPS = 12;

  /** A mirror, and beside its target one that rsync makes. */
  private static final class Both implements AutoCloseable {
    final TestingTree tree = new TestingTree("/dev/shm");
    final Path root = tree.root();
    final Path outside = Files.createDirectory(tree.top().resolve("outside"));
    private final Path expected = Files.createDirectory(tree.top().resolve("expected"));
    private final List<String> options;
    final TestingMirror m;

    /**
     * @param options of rsync, with blanks between
     */
    Both(Rung rung, String options) throws IOException {
      this.options = List.of(options.split(" "));
      Rules.Builder rules = SeriesRequest.exactRules();
      rules.copyLinks = this.options.contains("-L");
      rules.copyUnsafeLinks = this.options.contains("--copy-unsafe-links");
      rules.copyDirectoryLinks = this.options.contains("-k");
      rules.pruneEmptyDirectories = this.options.contains("-m");
      MirrorManner manner =
          new MirrorManner(rules.build(), Removals.ALL, 100, Duration.ZERO, Duration.ZERO, false);
      m = new TestingMirror(tree, rung, List.of(), manner);
    }

    void write(String path, String text) throws IOException {
      Path file = tree.top().resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }

    void link(String name, String text) throws IOException {
      Path link = root.resolve(name);
      Files.createDirectories(link.getParent());
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, Path.of(text));
    }

    void assertEqual(String as) throws IOException, InterruptedException {
      m.mirror.barrier(LIMIT, false);
      assertThat(differences()).as(as).isEmpty();
    }

    private List<String> differences() throws IOException, InterruptedException {
      List<String> words =
          new ArrayList<>(List.of("rsync", "-aHAX", "--numeric-ids", "--modify-window=-1"));
      words.addAll(options);
      words.addAll(List.of("--delete", root + "/", expected.toString()));
      TestingOracle.run(words.toArray(String[]::new));
      return TestingOracle.differences(expected, m.target);
    }

    @Override
    public void close() throws IOException {
      m.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BEST, -L",
    "INOTIFY, -L",
    "BEST, --copy-unsafe-links",
    "INOTIFY, --copy-unsafe-links",
    "BEST, -k",
    "INOTIFY, -k -m",
    "BEST, -L -m",
  })
  void h22_what_links_lead_to_is_there_after_a_barrier(Rung rung, String options) throws Exception {
    try (Both both = new Both(rung, options)) {
      Path root = both.root;
      Path top = both.tree.top();
      for (String name : new String[] {"d/a", "d/b/c", "plain/f", "to-link/x"}) {
        both.write("root/" + name, "1 " + name);
      }
      for (String name : new String[] {"x", "deep/er/y", "deep/z", "other/o"}) {
        both.write("outside/" + name, "1 " + name);
      }
      Files.createDirectories(both.outside.resolve("void/of/all"));
      both.link("in", "d");
      both.link("plain/in-file", "f");
      both.link("plain/in-dir", "../d/b");
      both.link("out", "../outside");
      both.link("absolute", both.outside.resolve("deep").toString());
      both.link("d/out-file", "../../outside/x");
      both.link("empty", "../outside/void");
      Files.createLink(root.resolve("plain/second"), root.resolve("plain/f"));
      both.m.live();
      both.assertEqual("at the start");
      MirrorStatus status = both.m.mirror.status();
      assertThat(status.toString()).contains("scan", "what symbolic links lead to changes");

      // Behind links, where nobody watches.
      both.write("outside/x", "changed");
      both.write("outside/deep/er/new", "new");
      both.write("outside/void/of/something", "comes");
      Files.delete(both.outside.resolve("deep/z"));
      Files.move(both.outside.resolve("other"), both.outside.resolve("renamed"));
      both.assertEqual("behind links");

      // Of the links themselves, and of what they lead to in the tree.
      both.link("in", "plain");
      both.link("plain/in-file", "../d/a");
      both.link("new/link", "../../outside/deep");
      Files.delete(root.resolve("absolute"));
      both.write("root/d/b/c", "changed");
      both.write("root/plain/f", "changed by one of its names");
      Files.move(root.resolve("d"), root.resolve("e"));
      both.link("d", "e");
      TestingTree.deleteTree(root.resolve("to-link"));
      both.link("to-link", "../outside/renamed");
      Files.delete(root.resolve("out"));
      both.write("root/out/now", "a directory");
      Files.delete(both.outside.resolve("void/of/something"));
      both.assertEqual("links");

      Files.delete(root.resolve("to-link"));
      Files.delete(root.resolve("e/out-file"));
      Files.delete(both.outside.resolve("renamed/o"));
      var unused = both.m.mirror.audit(LIMIT);
      both.assertEqual("less");
      assertThat(top.resolve("outside/x")).hasContent("changed");

      long before = both.m.mirror.status().reconnects();
      both.m.cut();
      both.write("outside/deep/er/y", "while there is no connection");
      TestingPatience.await("connected anew", () -> both.m.mirror.status().reconnects() > before);
      both.m.await(MirrorState.LIVE);
      both.assertEqual("connected anew");
    }
  }

  /** Without a barrier, what changed behind links comes by itself. */
  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h25_what_changes_behind_a_link_comes_by_itself(Rung rung) throws Exception {
    try (Both both = new Both(rung, "-L")) {
      both.write("outside/x", "1");
      both.write("root/f", "1");
      both.link("out", "../outside");
      both.m.live();
      both.write("outside/y", "2");
      Path comes = both.m.target.resolve("out/y");
      TestingPatience.await(() -> "" + both.m.mirror.status(), () -> Files.exists(comes));
    }
  }

  /** As rsync does, which removes nothing at all then: here in that directory. */
  @ParameterizedTest
  @CsvSource({"BEST, -L", "INOTIFY, -L", "BEST, -L -m"})
  void h28_behind_a_link_that_leads_nowhere_nothing_is_removed(Rung rung, String options)
      throws Exception {
    try (Both both = new Both(rung, options)) {
      both.write("outside/x", "precious");
      both.write("root/d/f", "1");
      both.write("root/e/g", "1");
      both.link("d/out", "../../outside");
      both.link("nothing/else", "../../outside");
      both.m.live();
      both.assertEqual("at the start");
      Path away = both.tree.top().resolve("away");
      Files.move(both.outside, away);
      both.link("d/self", "self");
      Files.delete(both.root.resolve("e/g"));
      assertThatThrownBy(() -> both.m.mirror.barrier(LIMIT, false))
          .hasMessageContaining("leads nowhere");
      assertThat(both.m.mirror.status().problems().toString())
          .contains("d/out", "d/self", "cannot be followed")
          .doesNotContain("faster");
      assertThat(both.m.target.resolve("d/out/x")).hasContent("precious");
      assertThat(both.m.target.resolve("nothing/else/x")).hasContent("precious");
      assertThat(both.m.target.resolve("e/g")).doesNotExist();
      assertThat(both.m.target.resolve("d/f")).exists();
      Files.move(away, both.outside);
      Files.delete(both.root.resolve("d/self"));
      both.assertEqual("it leads somewhere again");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h26_the_target_is_not_copied_into_itself_by_way_of_a_link(Rung rung) throws Exception {
    try (Both both = new Both(rung, "-L")) {
      both.write("root/f", "1");
      both.m.live();
      both.link("d/to-target", both.m.target.toString());
      both.link("beside", "../outside");
      Files.createSymbolicLink(both.outside.resolve("up"), both.m.target);
      both.write("outside/x", "1");
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> both.m.mirror.barrier(LIMIT, false))
            .hasMessageContaining("leads to the target");
      }
      assertThat(both.m.target.resolve("d/to-target")).doesNotExist();
      assertThat(both.m.target.resolve("beside/x")).hasContent("1");
      assertThat(both.m.target.resolve("beside/up")).doesNotExist();
    }
  }

  /** What cannot be read may hold something (H28), as what is not mirrored (H25). */
  @ParameterizedTest
  @EnumSource(names = {"BEST", "INOTIFY"})
  void h28_what_cannot_be_read_is_not_taken_for_empty(Rung rung) throws Exception {
    try (Both both = new Both(rung, "-m")) {
      both.write("root/d/e/f", "precious");
      both.write("root/g", "1");
      both.m.live();
      both.assertEqual("at the start");
      both.m.mount(both.root.resolve("d/e"), "-t", "tmpfs", "none");
      both.write("root/h", "1");
      assertThatThrownBy(() -> both.m.mirror.barrier(LIMIT, false)).hasMessageContaining("d/e");
      assertThat(both.m.target.resolve("h")).exists();
      assertThat(both.m.target.resolve("d/e/f")).hasContent("precious");
      both.m.unmount(both.root.resolve("d/e"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BEST, -m",
    "INOTIFY, -m",
    "BEST, -L",
    "INOTIFY, -L -m",
    "BEST, -k -m",
    "INOTIFY, -k",
    "BEST, --copy-unsafe-links -m",
  })
  void h21_random_changes_end_as_rsync_has_it(Rung rung, String options) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      long seed = Long.getLong("godwit.links.seed", options.hashCode() * 31L + round);
      try (Both both = new Both(rung, options)) {
        Random random = new Random(seed);
        List<String> log = new ArrayList<>(List.of("-Dgodwit.links.seed=" + seed));
        both.write("root/stays", "so that it is never empty");
        for (int i = 0; i < STEPS; i++) {
          step(both, random, log);
        }
        withoutDangling(both.root);
        both.m.live();
        both.assertEqual(log + " at the start");
        for (int part = 0; part < 4; part++) {
          for (int i = 0; i < STEPS; i++) {
            step(both, random, log);
          }
          withoutDangling(both.root);
          log.add("barrier");
          both.assertEqual(String.join("\n", log));
        }
      }
    }
  }

  /** Links are in w, and lead to lib or out, where none are: so no way goes round. */
  private static void step(Both both, Random random, List<String> log) throws IOException {
    String place = List.of("root/w", "root/w", "root/lib", "outside").get(random.nextInt(4));
    Path in = both.tree.top().resolve(place);
    Path one = in.resolve(name(random));
    Path other = in.resolve(name(random));
    try {
      switch (random.nextInt(7)) {
        case 0, 1 -> {
          log.add("write " + one);
          Files.createDirectories(one.getParent());
          Files.writeString(one, "" + random.nextInt());
        }
        case 2 -> {
          log.add("mkdir " + one);
          Files.createDirectories(one);
        }
        case 3, 4 -> {
          log.add("rm " + one);
          if (Files.exists(one, LinkOption.NOFOLLOW_LINKS)) {
            TestingTree.deleteTree(one);
          }
        }
        case 5 -> {
          log.add("mv " + one + " " + other);
          Files.createDirectories(other.getParent());
          Files.move(one, other, StandardCopyOption.ATOMIC_MOVE);
        }
        default -> {
          Path link = both.root.resolve("w").resolve(name(random));
          Path to = random.nextBoolean() ? both.root.resolve("lib") : both.outside;
          Path above = link.resolve("..").normalize();
          String text = above.relativize(to.resolve(name(random))).toString();
          log.add("ln -s " + text + " " + link);
          Files.createDirectories(above);
          Files.createSymbolicLink(link, Path.of(text));
        }
      }
    } catch (FileSystemException e) {
      log.add("which is not possible: " + e);
    }
  }

  private static String name(Random random) {
    StringBuilder path = new StringBuilder().append((char) ('a' + random.nextInt(3)));
    for (int depth = random.nextInt(3); depth > 0; depth--) {
      path.append('/').append((char) ('a' + random.nextInt(3)));
    }
    return path.toString();
  }

  private static void withoutDangling(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      for (Path one : all.filter(Files::isSymbolicLink).filter(Files::notExists).toList()) {
        Files.delete(one);
      }
    }
  }
}
