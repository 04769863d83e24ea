package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Names;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands for changes, as lsyncd's configurations have them, and lsyncd itself beside it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class LsyncdActionsCommandTest {
  private static final List<String> ODD =
      List.of(" ", "-rf", "$(touch x)", ";touch x", "`touch x`", "a  b", "*", "'", "\"", "x\ny");

  /** Notes the arguments that it gets, each followed by a zero byte, and the line by a new line. */
  private static Path recorder(Path folder) throws IOException {
    Path script = folder.resolve("record");
    Files.writeString(
        script, "#!/bin/sh\nout=$1; shift\n{ printf '%s\\0' \"$@\"; echo; } >>\"$out\"\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    return script;
  }

  private static final String LAYER_3 =
      """
      onStartup = "cp -r ^source. ^target",
      onCreate = "cp -rpT ^sourcePathname ^targetPathname",
      onModify = "cp -pT ^sourcePathname ^targetPathname",
      onAttrib = "chmod --reference=^sourcePathname ^targetPathname",
      onDelete = "rm -rf ^targetPathname",
      onMove = "mv -T ^o.targetPathname ^d.targetPathname",
      """;

  private static final String LAYER_2 =
      """
      onStartup = function(e) spawn(e, "/bin/cp", "-r", e.source .. ".", e.target) end,
      onCreate = function(e) spawn(e, "/bin/cp", "-rpT", e.sourcePathname, e.targetPathname) end,
      onModify = function(e) spawn(e, "/bin/cp", "-pT", e.sourcePathname, e.targetPathname) end,
      onAttrib = function(e)
        spawn(e, "/bin/chmod", "--reference=" .. e.sourcePathname, e.targetPathname)
      end,
      onDelete = function(e) spawn(e, "/bin/rm", "-rf", e.targetPathname) end,
      onMove = function(o, d) spawn(o, "/bin/mv", "-T", o.targetPathname, d.targetPathname) end,
      """;

  /** The same commands for the same changes end in the same tree. */
  @ParameterizedTest
  @ValueSource(strings = {LAYER_3, LAYER_2})
  void h76_a_tree_becomes_what_lsyncd_makes_of_it_with_odd_names_too(String commands)
      throws Exception {
    TestingLsyncd.assumeThere();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/there/before", "1");
      Path theirs = Files.createDirectory(m.tree.top().resolve("theirs"));
      Files.createDirectory(m.target);
      Path file = configuration(m, "mine.lua", commands, m.target);
      Path theirFile = configuration(m, "theirs.lua", commands, theirs);
      m.start("mirror", "--control", m.control.toString(), "-c", file.toString());
      m.awaitState("live");
      try (TestingLsyncd lsyncd = new TestingLsyncd(m, theirFile)) {
        boolean isSame = equal(m, theirs, lsyncd, "at the start");
        for (String odd : ODD) {
          m.tree.write("root/" + odd, "1");
          m.tree.write("root/d " + odd + "/" + odd, "1");
        }
        isSame &= equal(m, theirs, lsyncd, "new");
        for (String odd : ODD) {
          m.tree.write("root/" + odd, "22");
          Files.setPosixFilePermissions(
              m.source.resolve("d " + odd + "/" + odd),
              PosixFilePermissions.fromString("rw-------"));
        }
        isSame &= equal(m, theirs, lsyncd, "changed");
        for (String odd : ODD) {
          Files.move(m.source.resolve(odd), m.source.resolve("there/" + odd));
          Files.move(m.source.resolve("d " + odd), m.source.resolve("e " + odd));
        }
        isSame &= equal(m, theirs, lsyncd, "moved");
        for (String odd : ODD) {
          Files.delete(m.source.resolve("e " + odd + "/" + odd));
          Files.delete(m.source.resolve("e " + odd));
          Files.move(m.source.resolve("there/" + odd), m.tree.top().resolve("outside-" + odd));
        }
        isSame &= equal(m, theirs, lsyncd, "gone");
        assertThat(m.tree.top().resolve("x")).doesNotExist();
        // A command for a file that was just changed may find it gone, and fails by that alone.
        TestingPatience.await(
            m::output, () -> lines(m, ": ended with ") == lines(m, ": No such file or directory"));
        assumeThat(isSame).as("lsyncd stopped: %s", lsyncd.output()).isTrue();
      }
    }
  }

  private static long lines(TestingMirrorCommand m, String word) throws IOException {
    return m.output().lines().filter(line -> line.contains(word)).count();
  }

  private static Path configuration(
      TestingMirrorCommand m, String name, String commands, Path target) throws IOException {
    String text = "sync { source = '%s', target = '%s', delay = 1, maxProcesses = 3, %s }\n";
    return Files.writeString(
        m.tree.top().resolve(name), text.formatted(m.source, target, commands));
  }

  /**
   * The mirror's tree has to be as the source. lsyncd does not say when it is done, so it gets a
   * while; it stops now and then when the processor is busy, which is not what is tested here.
   *
   * @return whether it came to the same
   */
  private static boolean equal(TestingMirrorCommand m, Path theirs, TestingLsyncd lsyncd, String as)
      throws IOException, InterruptedException {
    assertThat(m.ask("barrier")).contains("the commands for everything have ended");
    Map<String, List<String>> wanted = described(m.source);
    assertThat(described(m.target)).as("%s: %s", as, m.output()).isEqualTo(wanted);
    for (int i = 0; i < 1000 && !described(theirs).equals(wanted); i++) {
      Thread.sleep(20);
      if (i % 50 == 49) {
        lsyncd.wake();
      }
    }
    return described(theirs).equals(wanted);
  }

  /** Names, kinds, permissions and contents. */
  private static Map<String, List<String>> described(Path root) throws IOException {
    Map<String, List<String>> all = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        boolean isDirectory = Files.isDirectory(path);
        all.put(
            root.relativize(path).toString(),
            path.equals(root)
                ? List.of()
                : List.of(
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(path)),
                    isDirectory ? "directory" : Files.readString(path)));
      }
    } catch (NoSuchFileException | UncheckedIOException e) {
      return Map.of("changing", List.of());
    }
    return all;
  }

  /** Each argument arrives as it is, also one that is no text in any encoding (H4). */
  @Test
  void h76_arguments_are_the_bytes_of_names() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/there", "1");
      Path top = m.tree.top();
      Path out = top.resolve("out");
      Path script = recorder(top);
      Path file = top.resolve("lsyncd.lua");
      Files.writeString(
          file,
          "sync { source = '%s', onCreate = '%s %s ^pathname pre^path ^sourcePathname' }"
              .formatted(m.source, script, out));
      m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      List<byte[]> names = new ArrayList<>();
      ODD.forEach(odd -> names.add(Names.of(odd)));
      names.add(new byte[] {(byte) 0xff, (byte) 0xfe, 'x'});
      try (DirectoryHandle source = DirectoryHandle.open(Names.of(m.source.toString()))) {
        for (byte[] name : names) {
          try (FileHandle made = source.createFile(name, 0600)) {
            assertThat(made.status().size()).isZero();
          }
          String given = new String(name, StandardCharsets.ISO_8859_1);
          String wanted =
              (given.startsWith("-") ? "./" : "")
                  + given
                  + "\0pre"
                  + given
                  + "\0"
                  + m.source
                  + "/"
                  + given
                  + "\0\n";
          m.await(
              Names.display(name),
              () ->
                  Files.exists(out)
                      && new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1)
                          .contains(wanted));
        }
      }
      String all = new String(Files.readAllBytes(out), StandardCharsets.ISO_8859_1);
      assertThat(all.chars().filter(c -> c == 0).count()).isEqualTo(3L * names.size());
      assertThat(m.run("mirror", "--once", "-c", file.toString())).isEqualTo(2);
      assertThat(m.output()).contains("Sync1 runs commands for changes");
    }
  }

  @Test
  void a_command_may_end_the_process() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/there", "1");
      Path file = m.tree.top().resolve("lsyncd.lua");
      Files.writeString(
          file,
          "sync { source = '%s', onCreate = 'false', exitcodes = { [1] = 'die' } }"
              .formatted(m.source));
      Process process = m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      m.tree.write("root/new", "1");
      assertThat(m.await(process)).isEqualTo(1);
      assertThat(m.output())
          .contains("onCreate new ended with 1, after which this is to end")
          .doesNotContain("To go on");
    }
  }

  @Test
  void the_status_says_what_waits_and_a_signal_lets_it_come_to_its_end() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/there", "1");
      Path top = m.tree.top();
      Path file = top.resolve("lsyncd.lua");
      Path go = top.resolve("go");
      Path script = top.resolve("wait");
      Files.writeString(
          script,
          "#!/bin/sh\nwhile ! [ -e %s ]; do sleep 0.05; done\ntouch \"$1\"\n".formatted(go));
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
      Files.writeString(
          file,
          """
          settings { statusFile = "%s/status", statusInterval = 1 }
          sync { source = '%s', target = '%s', onCreate = '%s ^targetPathname' }
          """
              .formatted(top, m.source, Files.createDirectory(m.target), script));
      String[] words = {"mirror", "--control", m.control.toString(), "-c", file.toString()};
      Process process = m.start(words);
      m.awaitState("live");
      m.tree.write("root/one", "1");
      m.tree.write("root/two", "1");
      m.await(
          "one runs, one waits",
          () ->
              m.status().get("commands").get("running").asInt() == 1
                  && m.status().get("commands").get("waiting").asInt() == 1);
      assertThat(m.status().get("waiting").toString()).contains("onCreate one", "onCreate two");
      // The end of the first one's writing may come when its command runs: it waits for that then.
      m.await(
          "both, and no other",
          () -> {
            int dirty = m.status().get("dirty").asInt();
            return dirty == 2 || dirty == 3;
          });
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isZero();
      assertThat(m.output()).contains("1 command runs, 1 wait, 0 have ended");
      m.await(
          "lsyncd's status file",
          () -> TestingMirrorCommand.text(top.resolve("status")).contains("wait   Create /two\n"));
      assertThat(top.resolve("status")).content().contains("Inotify watching 1 directories\n  1: ");
      process.destroy();
      m.awaitOutput("finishes what is in flight");
      Files.createFile(go);
      assertThat(m.await(process)).isZero();
      assertThat(m.target.resolve("two")).exists();
    }
  }
}
