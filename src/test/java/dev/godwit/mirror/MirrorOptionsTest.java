package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Options of a mirror that is live: what happens at the source afterwards ends as rsync would have
 * it that is started with the same options on the same trees then.
 */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorOptionsTest {
  private static final String KEPT = "--filter=P /behind";

  @TempDir private Path folder;

  /** A mirror's target, and beside it one that rsync makes. */
  private static final class Both implements AutoCloseable {
    final TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm");
    final Path expected = m.tree.top().resolve("expected");
    private final @Nullable TestingSshd sshd;
    private final List<String> options;

    /**
     * @param sshd of the target's host; null: this one
     */
    Both(@Nullable TestingSshd sshd, String... options) throws IOException {
      this.sshd = sshd;
      this.options = List.of(options);
      Files.createDirectory(m.target);
      Files.createDirectory(expected);
    }

    List<Path> targets() {
      return List.of(m.target, expected);
    }

    void live() throws IOException, InterruptedException {
      List<String> all = new ArrayList<>(options);
      all.add("--delete-limit=100%");
      String[] words = all.toArray(String[]::new);
      Process unused = sshd == null ? m.live(words) : m.live(sshd, true, words);
      assertEqual("at the start");
    }

    /** Also that nothing is found to be different by who looks at everything once more. */
    void assertEqual(String as) throws IOException, InterruptedException {
      m.ask("barrier");
      rsync();
      assertThat(differences()).as(as).isEmpty();
      assertThat(m.ask("audit")).as(as).contains("equal, 0 names put right");
      assertThat(differences()).as("after an audit, " + as).isEmpty();
    }

    private void rsync() throws IOException, InterruptedException {
      List<String> words = new ArrayList<>(List.of("rsync", "--modify-window=-1"));
      boolean saysWhat = options.stream().anyMatch(word -> word.matches("-[rlptgoDaEHAX]+"));
      if (!saysWhat) {
        words.addAll(List.of("-aHAX", "--numeric-ids"));
      }
      if (!options.contains("--no-delete")) {
        words.add("--delete");
      }
      options.stream().filter(word -> !word.equals("--no-delete")).forEach(words::add);
      words.addAll(List.of(m.source + "/", expected.toString()));
      TestingOracle.run(words.toArray(String[]::new));
    }

    /** But for times that are not kept; rsync sets that of a link where the link is followed. */
    private List<String> differences() throws IOException, InterruptedException {
      List<String> left = new ArrayList<>(options);
      left.retainAll(List.of("-O", "-J", "--no-times"));
      if (options.contains("--keep-dirlinks")) {
        left.addAll(List.of("-O", "-J"));
      }
      return TestingOracle.differences(expected, m.target, left.toArray(String[]::new));
    }

    @Override
    public void close() throws IOException, InterruptedException {
      m.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-W",
        "--checksum",
        "--checksum --checksum-choice=md5",
        "--no-links",
        "--no-times --checksum",
        "--no-times --no-links --checksum --no-group",
        "--safe-links",
        "--chmod=D2750,F640",
        "--chown=7:8",
        "--usermap=9:7 --groupmap=9:8",
        "-aHAX --usermap=9:7 --groupmap=*:8",
        "-rltE",
        "-rlt --chmod=ug=rwX",
        "-rlptgoD --no-devices",
        "--no-owner --no-group",
        "--max-size=1k",
        "--min-size=1k",
        "-S",
        "-S --preallocate",
        "--fsync",
        "-O",
        "-J",
        "-O -J --block-size=700",
        "-u",
        "--existing",
        "--no-delete --force",
        "--force --exclude=*.tmp --delete-excluded",
        "--include=*/ --include=p* --exclude=*",
        "--filter=-_/a/plain --filter=P_keep*",
        "--copy-dirlinks",
        "--prune-empty-dirs",
        "--prune-empty-dirs --exclude=p* --filter=P_keep*",
        "--prune-empty-dirs --filter=P_/moves --exclude=*.tmp",
      })
  void h21_changes_end_as_rsync_has_it(String text) throws Exception {
    changesEndAsRsyncHasIt(null, text);
  }

  /** Needs the packaged jar. */
  @Tag("lab")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-z --compress-choice=zlib --compress-level=1",
        "-z --compress-choice=lz4 --skip-compress=tmp",
        "-S --no-whole-file --block-size=700",
        "--checksum --checksum-choice=md5",
        "--no-links",
        "--no-times --checksum",
        "--chown=7:8 --chmod=F640",
        "--max-size=1k",
        "-rlt",
        "-rltE --chmod=+x",
        "--copy-dirlinks --prune-empty-dirs",
      })
  void h21_changes_end_as_rsync_has_it_over_ssh(String text) throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    try (TestingSshd sshd =
        new TestingSshd(folder, TestingAgentFolder.filled(folder.resolve("far/agent")))) {
      changesEndAsRsyncHasIt(sshd, text);
    }
  }

  private static void changesEndAsRsyncHasIt(@Nullable TestingSshd sshd, String text)
      throws Exception {
    String[] options = text.split(" ");
    Arrays.setAll(options, i -> options[i].replace('_', ' '));
    try (Both both = new Both(sshd, options)) {
      Path root = both.m.source;
      fill(both.m.tree, root);
      for (Path side : both.targets()) {
        Files.createDirectories(side.resolve("a"));
        for (String name : new String[] {"keep", "newer", "a/plain", "kept.tmp"}) {
          Files.writeString(side.resolve(name), "of the target");
          Files.setLastModifiedTime(
              side.resolve(name),
              FileTime.fromMillis(name.equals("newer") ? 4_000_000_000_000L : 1_000_000_000));
        }
      }
      both.live();
      change(both.m.tree, root, text.contains("--checksum"));
      both.assertEqual("changed");
      if (text.startsWith("-S")) {
        assertThat(blocks(both.m.target.resolve("a/holes")))
            .isPositive()
            .isLessThanOrEqualTo(blocks(both.expected.resolve("a/holes")));
      }
      // Once more what was a link, a directory, large or small, and back.
      Files.delete(root.resolve("a/becomes"));
      both.m.tree.write("root/a/becomes", "a file again");
      Files.delete(root.resolve("directory"));
      both.m.tree.write("root/directory/x", "a directory again");
      both.m.tree.write("root/a/small", "small");
      both.m.tree.write("root/a/large", "L".repeat(4000));
      Files.move(root.resolve("renamed"), root.resolve("a/in"));
      both.assertEqual("changed again");
    }
  }

  /** A filter may leave out a name as what it is now and not as what it was, or the reverse. */
  @ParameterizedTest
  @ValueSource(strings = {"", "--delete-excluded"})
  void h29_what_takes_part_by_its_type_changes_its_type(String more) throws Exception {
    List<String> options =
        new ArrayList<>(
            List.of("--filter=P kept*", "--filter=+ */", "--filter=+ in*", "--filter=- *"));
    if (!more.isEmpty()) {
      options.add(more);
    }
    try (Both both = new Both(null, options.toArray(String[]::new))) {
      Path root = both.m.source;
      for (String name :
          new String[] {"goes/x", "becomes/x", "kept1/in1", "deep/er/gone/x", "renamed/in2"}) {
        both.m.tree.write("root/" + name, "source " + name);
      }
      both.live();
      // Directories, which take part, become nothing, or files and links, which do not.
      for (String name : new String[] {"goes", "becomes", "kept1", "deep/er/gone"}) {
        TestingTree.deleteTree(root.resolve(name));
      }
      both.m.tree.write("root/becomes", "a file");
      Files.createSymbolicLink(root.resolve("kept1"), Path.of("x"));
      Files.move(root.resolve("renamed"), root.resolve("renamed2"));
      both.assertEqual("no directories any more");
    }
    try (Both both = new Both(null, "--exclude=cache/")) {
      Path root = both.m.source;
      both.m.tree.write("root/a/cache", "a file");
      both.m.tree.write("root/b/cache/x", "left out");
      both.live();
      // A file, which takes part, becomes a directory, which does not, and the reverse.
      Files.delete(root.resolve("a/cache"));
      both.m.tree.write("root/a/cache/x", "left out");
      TestingTree.deleteTree(root.resolve("b/cache"));
      both.m.tree.write("root/b/cache", "a file");
      both.assertEqual("the other type");
      assertThat(both.m.target.resolve("a/cache")).doesNotExist();
    }
  }

  private static long blocks(Path file) throws IOException, InterruptedException {
    return Long.parseLong(TestingOracle.run("stat", "-c", "%b", file.toString()).strip());
  }

  private static void fill(TestingTree tree, Path root) throws Exception {
    for (String name :
        new String[] {
          "a/plain",
          "a/program",
          "a/becomes",
          "a/one",
          "a/list",
          "a/x.tmp",
          "directory/in/it",
          "moves/p1",
          "moves/below/p2",
          "moves/x.tmp",
          "newer",
          "goes",
          "p.was"
        }) {
      tree.write("root/" + name, "source " + name);
    }
    tree.write("root/a/small", "small");
    tree.write("root/a/grows", "small");
    tree.write("root/a/large", "L".repeat(5000));
    tree.write("root/a/shrinks", "L".repeat(5000));
    Files.createLink(root.resolve("a/other"), root.resolve("a/one"));
    Files.createSymbolicLink(root.resolve("a/link"), Path.of("plain"));
    Files.createSymbolicLink(root.resolve("a/out"), Path.of("/etc/hostname"));
    Files.createSymbolicLink(root.resolve("islink"), Path.of("a"));
    holes(root.resolve("a/holes"), 1 << 20);
    TestingOracle.run("chmod", "755", root + "/a/program");
    TestingOracle.run("chown", "9:9", root + "/a/one", root + "/a/link", root + "/moves");
    TestingOracle.run("setfacl", "-m", "u:9:rw", root + "/a/list");
    TestingOracle.run("setfattr", "-n", "user.a", "-v", "1", root + "/a/plain");
    TestingOracle.run("mkfifo", root + "/a/fifo");
    TestingOracle.run("mknod", root + "/a/device", "c", "1", "3");
  }

  private static void holes(Path file, long at) throws IOException {
    try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
      open.writeBytes("begins");
      open.seek(at);
      open.write(new byte[100_000]); // zeros that are written
      open.writeBytes("ends");
    }
  }

  /**
   * @param isByContent whether contents count where size and time are the same
   */
  private static void change(TestingTree tree, Path root, boolean isByContent) throws Exception {
    FileTime before = Files.getLastModifiedTime(root.resolve("p.was"));
    tree.write("root/p.was", isByContent ? "SOURCE p.was" : "longer than it was");
    if (isByContent) {
      Files.setLastModifiedTime(root.resolve("p.was"), before);
    }
    tree.write("root/a/plain", "new content");
    tree.write("root/newer", "not newer than the target's");
    tree.write("root/a/grows", "L".repeat(5000));
    tree.write("root/a/shrinks", "small");
    tree.write("root/new/deep/plain", "new");
    tree.write("root/new/large", "N".repeat(3000));
    tree.write("root/new/y.tmp", "new");
    tree.write("root/new/program", "new");
    TestingOracle.run("chmod", "4711", root + "/new/program");
    TestingOracle.run("chmod", "640", root + "/a/program");
    TestingOracle.run("chmod", "700", root + "/a");
    TestingOracle.run("chown", "9:9", root + "/a/small", root + "/new/deep");
    TestingOracle.run("setfacl", "-m", "u:9:r,g:9:rwx", root + "/a/list", root + "/new");
    TestingOracle.run("setfattr", "-n", "user.a", "-v", "2", root + "/a/plain");
    holes(root.resolve("a/holes"), 2 << 20);
    Files.createLink(root.resolve("new/third"), root.resolve("a/one"));
    Files.createSymbolicLink(root.resolve("new/out"), Path.of("../../elsewhere"));
    Files.createSymbolicLink(root.resolve("new/link"), Path.of("deep/plain"));
    Files.delete(root.resolve("a/becomes"));
    Files.createSymbolicLink(root.resolve("a/becomes"), Path.of("plain"));
    Files.delete(root.resolve("a/link"));
    tree.write("root/a/link", "a file");
    Files.delete(root.resolve("islink"));
    tree.write("root/islink/p", "a directory");
    TestingTree.deleteTree(root.resolve("directory"));
    Files.createSymbolicLink(root.resolve("directory"), Path.of("a"));
    Files.delete(root.resolve("goes"));
    Files.delete(root.resolve("a/device"));
    TestingOracle.run("mkfifo", root + "/a/device");
    Files.move(root.resolve("moves"), root.resolve("renamed"));
    Files.move(root.resolve("a/x.tmp"), root.resolve("a/p3"));
  }

  /** On the target such a link stays, and what it leads to has what the source's directory has. */
  @Test
  void h22_a_link_to_a_directory_is_kept_where_that_is_asked_for() throws Exception {
    try (Both both = new Both(null, "--keep-dirlinks", KEPT)) {
      Path root = both.m.source;
      for (String name :
          new String[] {"k/f1", "k/f2", "k/sub/x", "k/leaves/y", "comes/z", "takes/a", "j/b"}) {
        both.m.tree.write("root/" + name, "source " + name);
      }
      for (Path side : both.targets()) {
        for (String name : new String[] {"k", "j", "l"}) {
          Files.createDirectories(side.resolve("behind/of-" + name));
          Files.createSymbolicLink(side.resolve(name), Path.of("behind/of-" + name));
        }
        Files.writeString(side.resolve("behind/of-k/surplus"), "goes");
      }
      both.live();
      Path link = both.m.target.resolve("k");
      assertThat(link).isSymbolicLink();
      assertThat(link.resolve("sub/x")).hasContent("source k/sub/x");
      assertThat(link.resolve("surplus")).doesNotExist();

      both.m.tree.write("root/k/f1", "changed");
      Files.delete(root.resolve("k/f2"));
      Files.move(root.resolve("k/f1"), root.resolve("k/f3"));
      Files.move(root.resolve("k/sub"), root.resolve("k/sub2"));
      Files.move(root.resolve("k/leaves"), root.resolve("left"));
      Files.move(root.resolve("comes"), root.resolve("k/came"));
      both.assertEqual("below a link");
      assertThat(link).isSymbolicLink();

      // Which rsync sets of the link, or cannot.
      TestingOracle.run("setfacl", "-m", "u:9:rx", root + "/k");
      TestingOracle.run("setfattr", "-n", "user.a", "-v", "1", root + "/k");
      TestingOracle.run("chmod", "750", root + "/k");
      both.m.ask("barrier");
      assertThat(both.m.ask("audit")).contains("equal, 0 names put right");
      TestingOracle.assertEqual("what it leads to", root.resolve("k"), link);
      assertThat(TestingOracle.run("getfacl", "-c", root + "/k"))
          .isEqualTo(TestingOracle.run("getfacl", "-c", both.m.target + "/behind/of-k"));
      TestingOracle.run("setfacl", "-b", root + "/k");
      TestingOracle.run("setfattr", "-x", "user.a", root + "/k");
      TestingOracle.run("chmod", "755", root + "/k");

      // A directory gets the name of a link, and the link's directory another one.
      TestingTree.deleteTree(root.resolve("j"));
      both.m.ask("barrier");
      for (Path side : both.targets()) {
        Files.deleteIfExists(side.resolve("j"));
        Files.createSymbolicLink(side.resolve("j"), Path.of("behind/of-j"));
      }
      Files.move(root.resolve("takes"), root.resolve("j"));
      Files.move(root.resolve("k"), root.resolve("i"));
      both.assertEqual("renamed");
      assertThat(both.m.target.resolve("j")).isSymbolicLink();
      assertThat(both.m.target.resolve("behind/of-j/a")).hasContent("source takes/a");
      assertThat(both.m.target.resolve("i")).isDirectory();
      assertThat(Files.isSymbolicLink(both.m.target.resolve("i"))).isFalse();

      // What a link leads to is not gone with it.
      TestingTree.deleteTree(root.resolve("j"));
      both.assertEqual("removed");
      assertThat(both.m.target.resolve("behind/of-j/a")).hasContent("source takes/a");
    }
  }

  /** Followed is what stays in the target. */
  @Test
  void h22_a_link_that_leads_out_of_the_target_is_told_and_not_followed() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/k/f", "1");
      m.tree.write("outside/precious", "2");
      Files.createDirectory(m.target);
      Files.createSymbolicLink(m.target.resolve("k"), Path.of("../outside"));
      Process unused = m.live("-K");
      m.await("told", () -> m.status().get("problems").toString().contains("k"));
      assertThat(m.tree.top().resolve("outside")).isDirectoryContaining("glob:**/precious");
      assertThat(m.tree.top().resolve("outside/f")).doesNotExist();
    }
  }
}
