package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingPrivateFolder;
import dev.godwit.sync.TestingTrees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A path on another host means what it means to rsync, whose paths the login shell there sees:
 * relative ones begin at home, wildcards stand for names. Both programs, one after the other.
 */
@Tag("lab")
@Timeout(300)
final class FarPathsLabTest {
  private static final String FAR =
      """
      #!/bin/sh
      while [ "$1" != far ]; do shift; done
      shift
      export GODWIT_AGENT_FOLDER=%1$s/agent HOME=%1$s/home
      cd "$HOME" || exit
      exec sh -c "$*"
      """;

  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private Path far;
  private Path home;

  @BeforeEach
  void prepare() throws Exception {
    far = TestingSyncProgram.executable(folder.resolve("far-shell"), FAR.formatted(folder));
    TestingAgentFolder.fill(folder.resolve("agent"));
    home = Files.createDirectory(folder.resolve("home"));
    Files.createDirectories(home.resolve("dir/sub"));
    Files.createDirectories(home.resolve("deep/sub"));
    Files.createDirectories(home.resolve("~"));
    for (String name :
        List.of(
            "a.txt",
            "b.txt",
            "a*b",
            "aXb",
            "a\\b",
            "sp ace",
            ".hidden",
            "dir/one",
            "dir/sub/two",
            "deep/sub/three",
            "~/four",
            "$HOME")) {
      Files.writeString(home.resolve(name), name);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "far:dir",
        "far:dir/",
        "far:",
        "far:~/dir",
        "far:~/d*/sub",
        "far:*.txt",
        "far:[ab].tx?",
        "far:d*/",
        "far:d*/s*/t*",
        "far:.h*",
        "far:nothing*",
        "far:a\\*b",
        "far:a\\b",
        "far:sp*e",
        "far:sp ace",
        "far:$HOME",
        "-R far:d*/./s*",
        "-s far:~/four",
        "-s far:*.txt",
        "-s far:a\\b",
      })
  void a_source_is_what_it_is_to_rsync(String words) throws Exception {
    Path theirs = folder.resolve("by-rsync");
    Path ours = folder.resolve("by-godwit");
    int exit = run(rsync(), words, theirs + "/");
    assertThat(run(godwit(), words, ours + "/")).as(said()).isEqualTo(exit);
    assertThat(names(ours)).as(said()).isEqualTo(names(theirs));
    assertThat(exit == 0 ? names(ours) : List.of("")).isNotEmpty();
  }

  /** To rsync 3.5.0, which quotes it, a file's name; here what it is to the shell there. */
  @Test
  void a_tilde_alone_is_home() throws Exception {
    Path theirs = folder.resolve("by-rsync");
    Path ours = folder.resolve("by-godwit");
    assertThat(run(rsync(), "far:" + home, theirs + "/")).as(said()).isZero();
    assertThat(run(godwit(), "far:~", ours + "/")).as(said()).isZero();
    assertThat(names(ours)).as(said()).isEqualTo(names(theirs)).contains("home/~/four");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"far:new", "far:new/", "far:", "far:~/new/", "far:di?", "far:n*w", "-s far:~/"})
  void a_target_is_what_it_is_to_rsync(String words) throws Exception {
    Path source = Files.createDirectory(folder.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    TestingTrees.run(folder, "cp", "-a", "home", "kept");
    String options = words.contains(" ") ? words.substring(0, words.indexOf(' ')) + " " : "";
    String target = words.substring(words.indexOf(' ') + 1);
    int exit = run(rsync(), options + source + "/", target);
    List<String> theirs = names(home);
    TestingTrees.run(folder, "rm", "-rf", "home");
    TestingTrees.run(folder, "mv", "kept", "home");
    assertThat(run(godwit(), options + source + "/", target)).as(said()).isEqualTo(exit);
    assertThat(names(home)).as(said()).isEqualTo(theirs);
    assertThat(exit).isZero();
  }

  /** Whether one name, nothing or more takes part is told by who lists, before anything is made. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "empty/ far:new",
        "empty far:new",
        "empty far:new/",
        "--exclude=one full/one full/two far:new",
        "--exclude=one full/one full/sub far:new",
        "--exclude=one full/one far:new",
        "--exclude=one full/one far:new/",
        "--exclude=one --mkpath full/one far:new/er",
        "--exclude=one --delete full/one far:dir",
        "--exclude=* -n full/ far:new",
        "--exclude=sub -m full/ far:new",
        "missing far:new",
        "missing far:new/",
        "far:dir/sub new",
        "--exclude=two far:dir/sub/ new",
        "--exclude=a.txt far:a.txt far:b.txt new",
        "--exclude=a.txt far:a.txt new/",
        "--exclude=a.txt far:a.txt new",
        "--exclude=a.txt --mkpath far:a.txt new/er",
        "--exclude=a.txt --delete far:a.txt full",
        "far:missing new/"
      })
  void a_missing_target_becomes_what_it_does_by_rsync(String words) throws Exception {
    Path here = folder.resolve("here");
    Files.createDirectories(here.resolve("full/sub"));
    Files.createDirectory(here.resolve("empty"));
    Files.writeString(here.resolve("full/one"), "1");
    Files.writeString(here.resolve("full/two"), "2");
    compare(words);
  }

  /** A line that begins as a comment is a name where the list is not beside the files. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--files-from=list full/ far:dir/",
        "--files-from=list far:dir/ full/",
        "-0 --files-from=list0 far:dir/ full/",
        "-0 --files-from=list0 full/ far:dir/",
        "--files-from=:list far:dir/ full/",
        "--files-from=far:list full/ far:dir/"
      })
  void a_list_of_names_is_read_as_by_rsync(String words) throws Exception {
    Path here = folder.resolve("here");
    for (Path root : List.of(home.resolve("dir"), Files.createDirectories(here.resolve("full")))) {
      for (String name : List.of("a", "#b", ";c", "d e")) {
        Files.writeString(root.resolve(name), root + name);
      }
    }
    for (Path root : List.of(home, here)) {
      Files.writeString(root.resolve("list"), "a\n#b\r\n;c\n\n# none\nd e\n");
      Files.writeString(root.resolve("list0"), "a\0#b\0;c\0\0d e\0");
    }
    compare(words);
  }

  /** What it leaves behind, with rsync and with Godwit. */
  private void compare(String words) throws Exception {
    TestingTrees.run(folder, "cp", "-a", "home", "home-kept");
    TestingTrees.run(folder, "cp", "-a", "here", "here-kept");
    List<String> theirs = outcome(rsync(), words);
    TestingTrees.run(folder, "rm", "-rf", "home", "here");
    TestingTrees.run(folder, "mv", "home-kept", "home");
    TestingTrees.run(folder, "mv", "here-kept", "here");
    assertThat(outcome(godwit(), words)).isEqualTo(theirs);
  }

  /** How it ended, what was printed but for speeds and errors, and both trees. */
  private List<String> outcome(List<String> program, String words) throws Exception {
    List<String> command = new ArrayList<>(program);
    command.add("-av");
    command.addAll(List.of(words.split(" ")));
    ProcessBuilder process =
        new ProcessBuilder(command)
            .directory(folder.resolve("here").toFile())
            .redirectError(folder.resolve("errors").toFile());
    List<String> outcome = new ArrayList<>(List.of("exit " + run(process)));
    said()
        .lines()
        .filter(line -> !line.startsWith("sent ") && !line.startsWith("total size is "))
        .forEach(outcome::add);
    for (String root : List.of("home", "here")) {
      for (String name : names(folder.resolve(root))) {
        Path path = folder.resolve(root).resolve(name);
        outcome.add(root + ": " + name + (Files.isDirectory(path) ? "/" : ""));
      }
    }
    return outcome;
  }

  private List<String> godwit() {
    return TestingSyncProgram.command(far);
  }

  private List<String> rsync() {
    return List.of("rsync", "-e", far.toString());
  }

  /** Options before the first source are apart from it by a space; other spaces are names'. */
  private int run(List<String> program, String words, String target) throws Exception {
    List<String> command = new ArrayList<>(program);
    command.add("-a");
    String rest = words;
    if (rest.startsWith("-")) {
      command.add(rest.substring(0, 2));
      rest = rest.substring(3);
    }
    command.addAll(List.of(rest, target));
    return run(new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true));
  }

  private int run(ProcessBuilder command) throws Exception {
    Process process = command.redirectOutput(folder.resolve("said").toFile()).start();
    process.getOutputStream().close();
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    return process.exitValue();
  }

  private String said() throws IOException {
    return Files.readString(folder.resolve("said"), StandardCharsets.UTF_8);
  }

  private static List<String> names(Path root) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(root)) {
      return all.map(path -> root.relativize(path).toString())
          .sorted()
          .collect(Collectors.toList());
    }
  }
}
