package dev.godwit.cli.sync;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed, byte for byte, against rsync on equal trees. */
final class OutputAgainstRsyncTest {
  private static final TimeZone USUAL = TimeZone.getDefault();

  @TempDir private Path folder;
  private Path source;

  @BeforeEach
  void makeTrees() throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    source = folder.resolve("s");
    tree(source, true);
    tree(folder.resolve("rsync/d"), false);
    tree(folder.resolve("godwit/d"), false);
  }

  @AfterEach
  void restore() {
    TimeZone.setDefault(USUAL);
  }

  private static void tree(Path root, boolean isSource) throws Exception {
    Files.createDirectories(root.resolve("sub/deep"));
    Files.createDirectories(root.resolve("same"));
    file(root.resolve("equal"), "equal\n", 1_000_000_000);
    file(root.resolve("newer"), isSource ? "new content\n" : "old\n", isSource ? 1_500_000_000 : 5);
    file(root.resolve("time"), "time\n", isSource ? 1_500_000_000 : 7);
    file(root.resolve("mode"), "mode\n", 1_000_000_000);
    Files.setPosixFilePermissions(
        root.resolve("mode"),
        PosixFilePermissions.fromString(isSource ? "rwxr-x--x" : "rw-------"));
    Files.createSymbolicLink(root.resolve("link"), Path.of(isSource ? "equal" : "other"));
    Files.setAttribute(
        root.resolve("link"),
        "lastModifiedTime",
        FileTime.from(Instant.ofEpochSecond(9)),
        LinkOption.NOFOLLOW_LINKS);
    file(root.resolve("sub/deep/f"), "deep\n", 1_000_000_000);
    if (isSource) {
      file(root.resolve("made"), "made\n", 1_200_000_000);
      file(root.resolve("sub/made too"), "x".repeat(70_000), 1_200_000_001);
      Files.createSymbolicLink(root.resolve("sub/new-link"), Path.of("../equal"));
    } else {
      Files.createDirectories(root.resolve("gone/x"));
      file(root.resolve("gone/x/y"), "y", 3);
      file(root.resolve("lost"), "lost", 3);
    }
    try (Stream<Path> all = Files.walk(root)) {
      for (Path path : all.filter(p -> Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS)).toList()) {
        long time = path.endsWith("same") ? 1_000_000_000 : isSource ? 1_100_000_000 : 900_000_000;
        Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(time)));
      }
    }
  }

  private static void file(Path path, String content, long seconds) throws Exception {
    Files.writeString(path, content);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(path, FileTime.from(Instant.ofEpochSecond(seconds)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-a",
        "-av",
        "-ai",
        "-aii",
        "-aiv",
        "-aivv",
        "-avn",
        "-ain",
        "-aq",
        "-avq",
        "-a --stats",
        "-av --stats",
        "-ahv --stats",
        "-ahhv --stats",
        "-av --no-h --stats",
        "-a --info=name",
        "-a --info=flist",
        "-a --info=stats1",
        "-a --info=none -v",
        "-av --info=name0",
        "-ai --info=name0",
        "-a --out-format=%n",
        "-a --out-format=%o|%n|%f|%i|%l|%B|%G|%U|%M|%L|%h|%a|%m|%P|%u|%%|%x|%",
        "-a --out-format=%20n|%-20n|%05l|%'l|%''l|%'''l|%8'l|%'8l|%-8l|%15i|%-15i",
        "-a --out-format=%500n|%0n|%007n|%-n|%+5l|%z|%5",
        "-a --out-format=",
        "-ii -a --out-format=%n",
        "-ii -a --out-format=%i%n",
        "-rlDi",
        "-aci",
        "-aIi",
        "-ai --size-only",
        "-ai --existing",
        "-ai --chmod=g+w",
        "-dv",
        "-aOi",
        "-av --no-i-r",
        "-v",
      })
  void lines_are_those_of_rsync(String options) throws Exception {
    String[] arguments = options.split(" ", -1);
    assertThat(godwit(arguments)).isEqualTo(rsync(arguments));
  }

  /** What is passed over, and what is equal, is told by another process of rsync. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-a --info=name2",
        "-avv",
        "-rv",
        "-ri",
        "-rvv",
        "-r --out-format=%G%n",
        "-rptvm",
        "-rii",
        "-r --info=nonreg0 -v",
        "-avv --out-format=X%n",
        "-rlptv --existing",
        "-av --ignore-existing",
      })
  void lines_without_an_order_are_those_of_rsync(String options) throws Exception {
    String[] arguments = options.split(" ", -1);
    assertThat(godwit(arguments).lines().sorted())
        .isEqualTo(rsync(arguments).lines().sorted().toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-a --delete-after",
        "-av --delete-after",
        "-ai --delete-after",
        "-avv --delete-after --info=name",
        "-a --info=del --delete-after",
        "-av --info=del0 --delete-after",
        "-ai --info=del0 --delete-after",
        "-a --delete-after --out-format=%n",
        "-a --delete-after --out-format=%o_%n",
        "-a --delete-after --out-format=%i|%l|%B|%M|%U|%f|%n|%L",
        "-a --delete-after --stats",
      })
  void removals_are_told_as_rsync_tells_them(String options) throws Exception {
    String[] arguments = options.split(" ", -1);
    assertThat(godwit(arguments)).isEqualTo(rsync(arguments));
  }

  /**
   * A directory's name is ordered as if a slash followed it: {@code a.b} comes before {@code a}.
   */
  @ParameterizedTest
  @ValueSource(strings = {"-ai", "-aiH", "-aiHX --delete-after", "-avR", "-ai --delete-after"})
  void directories_come_in_the_order_of_rsync(String options) throws Exception {
    makeNamesThatGoOn();
    String[] arguments = options.split(" ");
    assertThat(godwit(arguments)).isEqualTo(rsync(arguments));
  }

  @Test
  void directories_are_listed_in_the_order_of_rsync() throws Exception {
    makeNamesThatGoOn();
    List<String> arguments = List.of("-r", source + "/");
    assertThat(cleaned(TestingRun.godwit(arguments), ""))
        .isEqualTo(cleaned(TestingRun.rsync(arguments), ""));
  }

  private void makeNamesThatGoOn() throws Exception {
    List<String> names =
        List.of("a", "a.b", "a b", "a0", "a/b", "a/b.c", "a/b.c/!", "a.b/a", "\u00e9");
    for (String name : names) {
      Files.createDirectories(source.resolve(name));
      file(source.resolve(name).resolve("!f"), name, 4);
      Files.createLink(source.resolve(name).resolve("z"), source.resolve("equal"));
      for (String program : List.of("rsync", "godwit")) {
        Path other = folder.resolve(program).resolve("d/x" + name);
        Files.createDirectories(other);
        file(other.resolve("!f"), name, 4);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-r", "-rl", "-rh", "-rhh", "-rhhh", "-r --no-h", "-av", "-rq", "-dv", ""})
  void listings_are_those_of_rsync(String options) throws Exception {
    long[] sizes = {999, 1000, 1023, 1024, 9999, 999_995, 999_999, 1_048_576, 12_345_678_901L};
    for (long size : sizes) {
      try (RandomAccessFile file = new RandomAccessFile(source + "/size" + size, "rw")) {
        file.setLength(size);
      }
    }
    Files.setPosixFilePermissions(
        source.resolve("made"), PosixFilePermissions.fromString("rwxrwxrwx"));
    new ProcessBuilder("chmod", "7644", source + "/made").start().waitFor();
    Files.setLastModifiedTime(
        source.resolve("equal"), FileTime.from(Instant.parse("1960-01-01T00:00:00Z")));
    Files.setLastModifiedTime(
        source.resolve("newer"), FileTime.from(Instant.parse("2100-05-05T05:05:05.5Z")));
    List<String> arguments = new ArrayList<>();
    for (String option : options.split(" ", -1)) {
      if (!option.isEmpty()) {
        arguments.add(option);
      }
    }
    arguments.add(source + "/");
    assertThat(cleaned(TestingRun.godwit(arguments), ""))
        .isEqualTo(cleaned(TestingRun.rsync(arguments), ""));
  }

  /** Whether there is more than one name is known before what is empty is left out. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-rim ways",
        "-rim ways/",
        "-rimn ways",
        "-rim ways/none",
        "-rim ways/none/",
        "-rim ways/none ways/empty",
        "-rim ways/none --exclude=empty",
        "-ri ways/empty",
        "-ri --existing ways",
        "-ri --existing ways/empty",
        "-i ways-one/file ways-one/other --exclude=other",
        "-i ways-one/other ways-one/file ways-one/empty --exclude=other",
        "-i ways-one/file ways-one/file",
        "-ri ways-one/file ways-one/empty --exclude=file",
        "-i --files-from=ways-here ways-one",
        "-i --files-from=ways-here --exclude=. ways-one",
        "-i --files-from=ways-here --no-implied-dirs ways-one",
        "-i --files-from=ways-plain ways-one",
      })
  void a_target_that_is_missing_is_made_where_rsync_makes_it(String words) throws Exception {
    Files.createDirectories(folder.resolve("ways/none/empty"));
    Files.createDirectories(folder.resolve("ways/empty"));
    Files.createDirectories(folder.resolve("ways-one/empty"));
    Files.createFile(folder.resolve("ways-one/file"));
    Files.createFile(folder.resolve("ways-one/other"));
    Files.writeString(folder.resolve("ways-here"), "./file\n");
    Files.writeString(folder.resolve("ways-plain"), "file\n");
    List<String> found = new ArrayList<>();
    for (boolean isGodwit : List.of(false, true)) {
      Path target = folder.resolve("missing");
      List<String> arguments = new ArrayList<>();
      for (String word : words.split(" ")) {
        arguments.add(
            word.startsWith("ways")
                ? folder.resolve(word).toString() + (word.endsWith("/") ? "/" : "")
                : word.replace("=ways", "=" + folder + "/ways"));
      }
      arguments.add(target.toString());
      TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
      found.add(run + " " + Files.exists(target) + " " + Files.isDirectory(target));
      TestingTrees.run(folder, "rm", "-rf", target.toString());
    }
    assertThat(found.get(1)).isEqualTo(found.get(0));
  }

  /** In directories that are new, and where nothing else is left to do. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "-a --delete -L dangling same",
        "-a --delete -L dangling/ same/",
        "-a --delete-delay plain nosuch/ missing",
        "-a --delete-after plain nosuch/ missing",
        "-a --delete-delay --ignore-errors plain nosuch/ missing",
      })
  void that_an_error_kept_removals_back_is_told_where_rsync_tells_it(String words)
      throws Exception {
    List<String> found = new ArrayList<>();
    for (boolean isGodwit : List.of(false, true)) {
      Path root = Files.createDirectory(folder.resolve(isGodwit ? "by-godwit" : "by-rsync"));
      Files.createDirectories(root.resolve("same/dangling"));
      Files.createDirectory(root.resolve("dangling"));
      Files.createSymbolicLink(root.resolve("dangling/link"), Path.of("/nothing"));
      Files.createDirectory(root.resolve("plain"));
      file(root.resolve("plain/f"), "f", 3);
      List<String> arguments = new ArrayList<>();
      for (String word : words.split(" ")) {
        arguments.add(word.startsWith("-") ? word : root + "/" + word);
      }
      TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
      found.add(run.out() + "exit " + run.exit());
    }
    assertThat(found.get(1)).isEqualTo(found.get(0)).contains("exit 23");
  }

  /** Rate and time are those of each run; how many names are known depends on what is faster. */
  @ParameterizedTest
  @ValueSource(strings = {"-a", "-av", "-ai", "-ah", "-ahhh", "-aR", "-aP", "-aii", "-an", "-aq"})
  void the_lines_of_progress_are_those_of_rsync(String options) throws Exception {
    file(source.resolve("sub/empty"), "", 4);
    String[] arguments = (options + " --progress").split(" ");
    assertThat(progress(godwit(arguments))).isEqualTo(progress(rsync(arguments)));
  }

  /** What stays of lines that rewrite themselves. */
  private static String progress(String text) {
    return text.replaceAll("[^\n]*\r", "")
        .replaceAll("% +[0-9.]+[kMG]B/s +[0-9]+:[0-9]{2}:[0-9]{2}", "%")
        .replaceAll("(to|ir)-chk=[0-9]+/[0-9]+", "chk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-R", "-Rd", "-ra"})
  void an_argument_below_a_filter_file_that_is_wrong_ends_the_run_as_in_rsync(String options)
      throws Exception {
    file(source.resolve("sub/.rules"), "nonsense\n", 4);
    List<String> arguments = new ArrayList<>(List.of(options, "-f", ": .rules"));
    arguments.add(source + "/./sub/.rules");
    arguments.add(folder.resolve("godwit/d") + "/");
    int expected = options.contains("R") ? 1 : 0;
    assertThat(TestingRun.rsync(arguments).exit()).isEqualTo(expected);
    assertThat(TestingRun.godwit(arguments).exit()).isEqualTo(expected);
  }

  /** Named as an argument; what a link leads to need not be there, or a name at all. */
  @ParameterizedTest
  @ValueSource(strings = {"-l", "-lk", "-lK", "-l --copy-unsafe-links", "-lR", "-lkR", "-lkH"})
  void links_that_lead_nowhere_are_copied_as_links(String options) throws Exception {
    Files.createSymbolicLink(source.resolve("loop"), Path.of("loop"));
    Files.createSymbolicLink(source.resolve("long"), Path.of("n".repeat(300)));
    Files.createSymbolicLink(source.resolve("through"), Path.of("equal/below"));
    Files.createSymbolicLink(source.resolve("gone"), Path.of("nothing"));
    List<String> found = new ArrayList<>();
    for (boolean isGodwit : List.of(false, true)) {
      Path target = folder.resolve(isGodwit ? "godwit/links" : "rsync/links");
      List<String> arguments = new ArrayList<>(List.of(options.split(" ")));
      arguments.add("-i");
      for (String name : List.of("loop", "long", "through", "gone", "equal")) {
        arguments.add(source + "/./" + name);
      }
      arguments.add(target + "/");
      TestingRun run = isGodwit ? TestingRun.godwit(arguments) : TestingRun.rsync(arguments);
      found.add(run.exit() + run.out() + run.err() + names(target));
    }
    assertThat(found.get(0)).contains("cL+++++++++ loop");
    assertThat(found.get(1)).isEqualTo(found.get(0).replace(folder + "/rsync", folder + "/godwit"));
  }

  private static List<Path> names(Path top) throws IOException {
    try (Stream<Path> all = Files.walk(top)) {
      return all.map(top::relativize).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C.UTF-8", "C", "C.UTF-8 -8", "C -8"})
  void h46_names_are_escaped_as_rsync_does(String how) throws Exception {
    String[] parts = how.split(" ", -1);
    Path odd = Files.createDirectory(folder.resolve("odd"));
    List<String> names =
        List.of(
            "a\n\u00ff",
            "b\u00c3\u00a9\\#012",
            "c\\#\u001b\t",
            "g\u00ef\u00bf\u00bd\u00f0\u009f\u0098\u0080",
            "h\u00ed\u00a0\u0080",
            "i\u00c0\u0080",
            "j\\#12",
            "k\\#0123",
            "l\\#999",
            "m\u00e2\u0082",
            "n\u00c2\u00a0",
            "p\\#",
            "q\\",
            "s\u00e0\u0080\u0080",
            "t\u0001");
    for (String name : names) {
      makeNamed(odd, name);
    }
    List<String> arguments = new ArrayList<>(List.of("-rn", "--out-format=%n"));
    if (parts.length > 1) {
      arguments.add(parts[1]);
    }
    arguments.addAll(List.of(odd + "/", folder.resolve("none") + "/"));
    assertThat(TestingRun.godwit(parts[0], arguments).out())
        .isEqualTo(TestingRun.rsync(parts[0], arguments).out())
        .hasLineCount(names.size() + 1);
  }

  @Test
  void h46_what_makes_a_terminal_lie_is_escaped_besides() {
    ByteText text = new ByteText();
    Escaper.UTF_8.name(
        text, "a\u007f\u0085\u200b\u202e\u2028z".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    assertThat(new String(text.toBytes(), ISO_8859_1))
        .isEqualTo("a\\#177\\#302\\#205\\#342\\#200\\#213\\#342\\#200\\#256\\#342\\#200\\#250z");
    text.clear();
    Escaper.EIGHT_BIT.name(text, "a\u007f".getBytes(ISO_8859_1));
    assertThat(new String(text.toBytes(), ISO_8859_1)).isEqualTo("a\\#177");
  }

  /** A name of any bytes; Java's own paths cannot have all of them. */
  private static void makeNamed(Path directory, String name) throws Exception {
    StringBuilder octal = new StringBuilder();
    for (byte b : name.getBytes(ISO_8859_1)) {
      octal.append(String.format("\\%03o", b & 0xff));
    }
    Process process =
        new ProcessBuilder(
                "bash", "-c", "cd \"$0\" && : >\"$(printf '" + octal + "x')\"", directory + "")
            .start();
    assertThat(process.waitFor()).isZero();
  }

  private String godwit(String... options) {
    return cleaned(TestingRun.godwit(with("godwit", options)), "godwit");
  }

  private String rsync(String... options) throws Exception {
    return cleaned(TestingRun.rsync(with("rsync", options)), "rsync");
  }

  private List<String> with(String program, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.add(source + "/");
    arguments.add(folder.resolve(program).resolve("d").toString());
    return arguments;
  }

  /** Without what is different in each run: what was sent, and how fast. */
  private static String cleaned(TestingRun run, String program) {
    StringBuilder text = new StringBuilder();
    for (String line : run.out().split("\n", -1)) {
      if (line.startsWith("delta-transmission ")
          || line.startsWith("total: matches=")
          || line.startsWith("deleting in ")) {
        continue; // what rsync says to those who look for its faults
      }
      text.append(
              line.replaceAll("^sent .* bytes/sec$", "sent")
                  .replaceAll("speedup is [0-9.,KMG]+", "speedup")
                  .replaceAll("^(Total bytes (sent|received)|File list .*): .*", "$1")
                  .replaceAll("(Literal data): .*", "$1")
                  .replace(program.isEmpty() ? "/////" : "/" + program + "/d", "/d"))
          .append('\n');
    }
    return text + "exit " + run.exit();
  }
}
