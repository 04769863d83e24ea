package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.cli.ExitCode;
import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code godwit lsyncd} in lsyncd's place, and lsyncd itself beside it. */
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class LsyncdCommandTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "default.rsync, rsync = { archive = true }",
        "default.rsync",
        "default.rsync, rsync = { perms = true }",
        "default.rsync, rsync = { archive = true }, exclude = { '*.tmp', '/a/x/' }",
        "default.rsync, rsync = { archive = true }, filter = { '+ /a', '- /*.txt' }",
        "default.rsync, rsync = { archive = true }, delete = false",
        "default.rsync, rsync = { archive = true }, delete = 'running'",
        "default.rsync, rsync = { archive = true }, delete = 'startup'",
        "default.rsync, rsync = { archive = true, update = true }",
        "default.rsync, rsync = { archive = true, existing = true }",
        "default.rsync, rsync = { archive = true, ignore_times = true }",
        "default.rsync, rsync = { archive = true, links = false }",
        "default.rsync, rsync = { archive = true, keep_dirlinks = true }",
        "default.rsync, rsync = { archive = true, copy_links = true }",
        "default.rsync, rsync = { archive = true, prune_empty_dirs = true }",
        "default.rsync, rsync = { archive = true, backup = true, backup_dir = 'TARGET-kept' }",
        "default.rsync, rsync = { archive = true, backup_dir = '../NAME-kept', suffix = '.old' }",
        "default.rsync, rsync = { archive = true, backup_dir = 'kept' }, exclude = '/kept'",
        "default.direct",
      })
  void a_tree_becomes_what_lsyncd_makes_of_it(String mode) throws Exception {
    TestingLsyncd.assumeThere();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (String name : new String[] {"a/b", "a/x/y", "c.tmp", "d.txt", "gone", "newer", "same"}) {
        m.tree.write("root/" + name, "1 " + name);
      }
      FileTime sameTime = Files.getLastModifiedTime(m.source.resolve("same"));
      Path theirs = m.tree.top().resolve("theirs");
      for (Path side : new Path[] {m.target, theirs}) {
        Files.createDirectories(side.resolve("a/x"));
        for (String name : new String[] {"extra", "a/b", "a/x/kept", "a/x/y", "c.tmp", "newer"}) {
          Files.writeString(side.resolve(name), "target");
          Files.setLastModifiedTime(
              side.resolve(name),
              FileTime.fromMillis(name.equals("newer") ? 4_000_000_000_000L : 1_000_000_000_000L));
        }
        if (mode.contains("ignore_times")) { // else a mirror doubts it, because it changed just now
          Files.writeString(side.resolve("same"), "target");
          Files.setLastModifiedTime(side.resolve("same"), sameTime);
        }
      }
      Path file = m.tree.top().resolve("lsyncd.lua");
      Path theirFile = m.tree.top().resolve("theirs.lua");
      String text = "sync { %s, source = '%s', target = '%s', delay = 1 }\n";
      Files.writeString(file, text.formatted(placed(mode, m.target), m.source, m.target));
      Files.writeString(theirFile, text.formatted(placed(mode, theirs), m.source, theirs));
      m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      try (TestingLsyncd lsyncd = new TestingLsyncd(m, theirFile)) {
        equal(m, theirs, mode + " at the start\n" + lsyncd.output());
        m.tree.write("root/a/new", "2");
        m.tree.write("root/e/f/g", "2");
        m.tree.write("root/h.tmp", "2");
        m.tree.write("root/a/b", "changed");
        Files.delete(m.source.resolve("gone"));
        Files.move(m.source.resolve("d.txt"), m.source.resolve("moved.txt"));
        if (!mode.equals("default.direct")) {
          // There lsyncd makes a file of a link that comes later, of one that was there a link.
          Files.createSymbolicLink(m.source.resolve("link"), Path.of("a/b"));
        }
        Files.move(m.source.resolve("a/x"), m.source.resolve("a/z"));
        String last = mode.contains("existing") ? "c.tmp" : "last";
        m.tree.write("root/" + last, "3");
        m.await("lsyncd", () -> TestingMirrorCommand.text(theirs.resolve(last)).equals("3"));
        m.await("godwit", () -> TestingMirrorCommand.text(m.target.resolve(last)).equals("3"));
        equal(m, theirs, mode + " while it runs\n" + lsyncd.output());
      }
    }
  }

  /** While it runs lsyncd names what has changed, and what CVS leaves out goes then, too. */
  @Test
  void cvs_exclude_leaves_out_and_protects_what_it_does_with_lsyncd_at_its_start()
      throws Exception {
    TestingLsyncd.assumeThere();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path theirs = m.tree.top().resolve("theirs");
      for (String name :
          new String[] {"a/x.o", "a/x.c", ".git/config", "core", "d/core/y", "keep.bak", "z~"}) {
        m.tree.write("root/" + name, "1 " + name);
      }
      for (Path side : new Path[] {m.target, theirs}) {
        for (String name : new String[] {"a/old.o", "a/extra", "gone/b.o", "gone2/c"}) {
          Files.createDirectories(side.resolve(name).getParent());
          Files.writeString(side.resolve(name), "target");
          Files.setLastModifiedTime(side.resolve(name), FileTime.fromMillis(1_000_000_000_000L));
        }
      }
      Path file = m.tree.top().resolve("lsyncd.lua");
      Path theirFile = m.tree.top().resolve("theirs.lua");
      String text =
          "sync { default.rsync, source = '%s', target = '%s', delay = 1, filter = '+ /keep.bak',"
              + " exclude = '/z*', rsync = { archive = true, cvs_exclude = true } }\n";
      Files.writeString(file, text.formatted(m.source, m.target));
      Files.writeString(theirFile, text.formatted(m.source, theirs));
      m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      try (TestingLsyncd lsyncd = new TestingLsyncd(m, theirFile)) {
        equal(m, theirs, lsyncd.output());
      }
      assertThat(m.target.resolve("keep.bak")).exists();
      assertThat(m.target.resolve("a/old.o")).hasContent("target");
      m.tree.write("root/a/new.o", "2");
      m.tree.write("root/a/new.c", "2");
      m.await("goes on", () -> Files.exists(m.target.resolve("a/new.c")));
      assertThat(m.target.resolve("a/new.o")).doesNotExist();
    }
  }

  /** A configuration's words for one of the two targets. */
  private static String placed(String mode, Path target) {
    return mode.replace("TARGET", target.toString())
        .replace("NAME", target.getFileName().toString());
  }

  /** Neither says when it is done, so the trees get a while to become equal. */
  private static void equal(TestingMirrorCommand m, Path theirs, String as)
      throws IOException, InterruptedException {
    for (int i = 0; i < 3000; i++) {
      try {
        if (withoutTimesOfDirectories(theirs).equals(withoutTimesOfDirectories(m.target))) {
          return;
        }
      } catch (NoSuchFileException | UncheckedIOException e) {
        // A name went while they were read: not yet.
      }
      Thread.sleep(20);
    }
    assertThat(withoutTimesOfDirectories(m.target))
        .as("%s\n%s", as, m.output())
        .isEqualTo(withoutTimesOfDirectories(theirs));
  }

  /**
   * lsyncd brings them when something else changes in a directory. Of a link that rsync makes in
   * the second in which it was made at the source, the time is as good as right for rsync.
   */
  private static Map<String, String> withoutTimesOfDirectories(Path root) throws IOException {
    Map<String, String> lines = new TreeMap<>();
    Path kept = root.resolveSibling(root.getFileName() + "-kept");
    for (Path side : Files.exists(kept) ? List.of(root, kept) : List.of(root)) {
      for (Map.Entry<String, String> line : TestingWalker.describe(side).entrySet()) {
        String text = line.getValue();
        lines.put(
            (side == root ? "" : "kept: ") + line.getKey(),
            text.startsWith("4")
                ? text.substring(0, text.indexOf(' ', 7))
                : text.replaceFirst("\\.\\d+Z -> ", "Z -> "));
      }
    }
    return lines;
  }

  @Test
  void it_goes_on_in_the_background_and_writes_lsyncds_status_file() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path top = m.tree.top();
      Path file = top.resolve("lsyncd.lua");
      Files.writeString(
          file,
          """
          settings { logfile = "%1$s/log", pidfile = "%1$s/pid", statusFile = "%1$s/status", statusInterval = 1 }
          sync { default.rsync, source = "%1$s/root", target = "%1$s/target", delay = 1 }
          """
              .formatted(top));
      assertThat(m.run("lsyncd", file.toString())).as(m.output()).isZero();
      ProcessHandle process =
          ProcessHandle.of(Long.parseLong(Files.readString(top.resolve("pid")).strip()))
              .orElseThrow();
      try {
        m.await("copied", () -> Files.exists(m.target.resolve("a")));
        m.await("status", () -> Files.exists(top.resolve("status")));
        m.await("live", () -> Files.readString(top.resolve("log")).contains("Sync1: live"));
        assertThat(Files.readString(top.resolve("status")))
            .matches(
                """
                Lsyncd status report at \\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}

                Sync1 source=%1$s/root/
                There are \\d+ delays
                (wait   Modify /.*
                |(wait  |active) Init\\s
                )*Filtering:
                  nothing.


                Inotify watching \\d+ directories
                  1: %1$s/root/
                """
                    .formatted(top));
      } finally {
        process.destroy();
      }
      TestingPatience.get(process.onExit());
      assertThat(top.resolve("pid")).doesNotExist();
    }
  }

  /** Who reads that nothing waits may take the target for whole. */
  @Test
  void the_status_file_has_a_delay_until_the_first_copy_is_whole() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path top = m.tree.top();
      Path status = top.resolve("status");
      Path file = top.resolve("lsyncd.lua");
      m.tree.write("root/a", "1");
      Files.write(m.source.resolve("large"), new byte[20 << 20]);
      Files.writeString(
          file,
          """
          settings { statusFile = "%1$s/status", statusInterval = 1 }
          sync { default.rsync, source = "%1$s/root", target = "%1$s/target", delay = 0,
            rsync = { bwlimit = 4000 } }
          """
              .formatted(top));
      m.start("lsyncd", "-nodaemon", file.toString());
      List<String> seen = new ArrayList<>();
      m.await(
          "live",
          () -> {
            String text = Files.exists(status) ? Files.readString(status) : "";
            seen.add(text);
            return text.contains("There are 0 delays");
          });
      assertThat(m.target.resolve("large")).hasSize(20 << 20);
      assertThat(seen).anyMatch(text -> text.contains("There are 1 delays\nactive Init \nFilt"));
    }
  }

  /** Without a configuration: two of them, each option, in the foreground. */
  @Test
  void a_line_without_a_configuration_mirrors_and_its_options_have_their_effect() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Path top = m.tree.top();
      for (String name : new String[] {"one/a", "one/b/c", "two/d"}) {
        m.tree.write("root/" + name, "1");
      }
      Files.createDirectories(top.resolve("made/one"));
      Files.writeString(top.resolve("made/one/surplus"), "goes");
      String[] words = {
        "lsyncd",
        "-nodaemon",
        "--delay",
        "600",
        "-logfile",
        top + "/log",
        "-pidfile",
        top + "/pid",
        "-statusfile",
        top + "/status",
        "-log",
        "all",
        "-rsync",
        m.source + "/one",
        top + "/made/one",
        "-direct",
        m.source + "/two",
        top + "/made/two"
      };
      Process process = m.start(words);
      m.await("live", () -> TestingMirrorCommand.text(top.resolve("log")).contains("Sync2: live"));
      m.await("live", () -> TestingMirrorCommand.text(top.resolve("log")).contains("Sync1: live"));
      assertThat(top.resolve("made/one/b/c")).hasContent("1");
      assertThat(top.resolve("made/two/d")).hasContent("1");
      assertThat(top.resolve("made/one/surplus")).doesNotExist();
      assertThat(Files.readString(top.resolve("pid")).strip()).isEqualTo("" + process.pid());
      m.await("status", () -> TestingMirrorCommand.text(top.resolve("status")).contains("Sync2 "));
      // The first change at once, the next one after the delay, or at the end.
      m.tree.write("root/two/d", "2");
      Path there = top.resolve("made/two/d");
      m.await("changed", () -> TestingMirrorCommand.text(there).equals("2"));
      m.tree.write("root/two/d", "3");
      Thread.sleep(3000); // three times as long as a name waits without -delay
      assertThat(there).hasContent("2");
      process.destroy();
      assertThat(m.await(process)).as(m.output()).isZero();
      assertThat(there).hasContent("3");
      assertThat(top.resolve("pid")).doesNotExist();
    }
  }

  /** To another host, and in the background, as it is without -nodaemon. Needs the packaged jar. */
  @Tag("lab")
  @Test
  void a_line_without_a_configuration_goes_to_another_host_in_the_background() throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    try (TestingSshd sshd =
            new TestingSshd(folder, TestingAgentFolder.filled(folder.resolve("far/agent")));
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path top = m.tree.top();
      Path bin = Files.createDirectory(top.resolve("bin"));
      Path ssh =
          Files.writeString(
              bin.resolve("ssh"),
              "#!/bin/sh\nexec /usr/bin/ssh "
                  + String.join(" ", sshd.clientArguments())
                  + " \"$@\"\n");
      assertThat(ssh.toFile().setExecutable(true)).isTrue();
      Process first =
          m.startUnder(
              List.of("env", "PATH=" + bin + ":" + System.getenv("PATH")),
              "lsyncd",
              "-pidfile",
              top + "/pid",
              "-logfile",
              top + "/log",
              "-rsyncssh",
              m.source.toString(),
              sshd.destination().text(),
              m.target.toString());
      assertThat(m.await(first)).as(m.output()).isZero();
      ProcessHandle process =
          ProcessHandle.of(Long.parseLong(Files.readString(top.resolve("pid")).strip()))
              .orElseThrow();
      try {
        assertThat(process.pid()).isNotEqualTo(first.pid());
        m.await(
            "live", () -> TestingMirrorCommand.text(top.resolve("log")).contains("Sync1: live"));
        m.tree.write("root/b/c", "2");
        m.await("changed", () -> Files.exists(m.target.resolve("b/c")));
      } finally {
        process.destroy();
      }
      TestingPatience.get(process.onExit());
      assertThat(m.target.resolve("a")).hasContent("1");
      assertThat(m.target.resolve("b/c")).hasContent("2");
      assertThat(top.resolve("pid")).doesNotExist();
    }
  }

  /**
   * But for the time, and for the list of all directories; also after everything was looked at
   * again and again.
   */
  @Test
  void the_status_file_is_as_lsyncd_writes_it() throws Exception {
    TestingLsyncd.assumeThere();
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (String name : new String[] {"a/b/c/d", "a/e/f", "g", "left/out/h"}) {
        m.tree.write("root/" + name, "1");
      }
      Path ours = m.tree.top().resolve("our-status");
      Path theirs = m.tree.top().resolve("their-status");
      String text =
          "settings { statusFile = '%s', statusInterval = 1 }\n"
              + "sync { default.rsync, source = '%s', target = '%s', delay = 1,\n"
              + "  exclude = { '*.tmp', '/x/' } }\n";
      Path file = m.tree.top().resolve("lsyncd.lua");
      // As they are used: from the folder that the source is in.
      Files.writeString(file, text.formatted(ours, m.source.getFileName(), m.target));
      Path theirFile = m.tree.top().resolve("theirs.lua");
      Files.writeString(
          theirFile, text.formatted(theirs, m.source.getFileName(), m.tree.top() + "/theirs"));
      Process process = m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      try (TestingLsyncd lsyncd = new TestingLsyncd(m, theirFile)) {
        equalStatus(m, ours, theirs, 7);
        m.tree.write("root/new/i", "2");
        for (int i = 0; i < 2; i++) {
          MirrorProcess.SOCKETS.ask(MirrorProcess.SOCKETS.pathOf(process.pid()), "audit");
        }
        equalStatus(m, ours, theirs, 8);
        assertThat(lsyncd.output()).doesNotContain("Error");
      }
    }
  }

  private static void equalStatus(TestingMirrorCommand m, Path ours, Path theirs, int directories)
      throws Exception {
    String wanted = "There are 0 delays";
    String watched = "Inotify watching " + directories + " directories";
    m.await(
        "lsyncd's status",
        () ->
            TestingMirrorCommand.text(theirs).contains(wanted)
                && TestingMirrorCommand.text(theirs).contains(watched)
                && TestingMirrorCommand.text(theirs).endsWith("\n"));
    TestingPatience.await(
        () -> undated(theirs) + " instead of " + undated(ours),
        () -> undated(ours).equals(undated(theirs)));
  }

  /** Without the directories below the source, which are known to lsyncd alone. */
  private static String undated(Path status) throws IOException {
    return TestingMirrorCommand.text(status)
        .replaceAll("  \\d+: .*/root/.+/\n", "")
        .replaceFirst("at \\w{3} \\w{3} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\n", "at DATE\n");
  }

  /** lsyncd ends when a target does not answer at the start, unless it is to insist. */
  @Test
  void a_host_that_cannot_be_reached_at_the_start_ends_it_unless_it_insists() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path ssh = Files.writeString(m.tree.top().resolve("ssh"), "#!/bin/sh\nexit 255\n");
      assertThat(ssh.toFile().setExecutable(true)).isTrue();
      String text =
          "settings { insist = %s, statusFile = '%s' }\nsync { default.rsyncssh, source = '%s', host = 'far',"
              + " targetdir = '/t', delay = 1, ssh = { binary = '%s' } }\n";
      Path file = m.tree.top().resolve("lsyncd.lua");
      Path status = m.tree.top().resolve("status");
      Files.writeString(file, text.formatted("false", status, m.source, ssh));
      assertThat(m.run("lsyncd", "-nodaemon", file.toString()))
          .as(m.output())
          .isEqualTo(ExitCode.UNREACHABLE.status());
      assertThat(m.output())
          .contains("Sync1: cannot go on, and ends: ", "is not to insist: ends")
          .doesNotContain("tries again");
      for (String insist : new String[] {"in the file", "-insist"}) {
        Files.delete(m.log);
        Files.writeString(
            file,
            text.formatted(insist.equals("in the file") ? "true" : "false", status, m.source, ssh));
        Process process =
            insist.equals("-insist")
                ? m.start("lsyncd", "-nodaemon", insist, file.toString())
                : m.start("lsyncd", "-nodaemon", file.toString());
        m.awaitOutput("Sync1: cannot go on, and tries again");
        Thread.sleep(1500); // more than one look
        // As in lsyncd's: who counts what waits is not told of a mirror at rest.
        m.await(
            "one delay",
            () ->
                Files.exists(status)
                    && Files.readString(status)
                        .contains("There are 1 delays\nwait   Init \nFiltering:"));
        assertThat(process.isAlive()).as(m.output()).isTrue();
        process.destroy();
        assertThat(m.await(process)).as(m.output()).isZero();
      }
    }
  }

  /** One that cannot be told from other texts is taken for what --lsyncd says. */
  @Test
  void what_is_not_recognised_is_read_when_it_is_said_to_be_lsyncds() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = m.tree.top().resolve("config");
      Files.writeString(
          file,
          "_G['sy' .. 'nc'](({ default.rsync, source = '%s', target = '%s', delay = 1 }))\n"
              .formatted(m.source, m.target));
      assertThat(m.run("mirror", "--once", "-c", file.toString())).as(m.output()).isEqualTo(2);
      assertThat(m.target).doesNotExist();
      assertThat(m.run("mirror", "--once", "--lsyncd", "-c", file.toString()))
          .as(m.output())
          .isZero();
      assertThat(m.target.resolve("a")).hasContent("1");
      assertThat(m.run("mirror", "--once", "--lsyncd", m.source + "/", m.target.toString()))
          .isEqualTo(2);
      assertThat(m.output()).contains("--lsyncd needs -c FILE");
    }
  }

  @Test
  void sighup_reads_the_configuration_again() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/one/a", "1");
      m.tree.write("root/two/b", "2");
      String top = m.tree.top().toString();
      Path file = m.tree.top().resolve("lsyncd.lua");
      String first =
          "settings { logfile = '%s/LOG', statusFile = '%s/status', statusInterval = 1 }\n"
              .formatted(top, top);
      String sync = "sync { default.rsync, source = '%s/%s', target = '%s/%s', delay = 1 }\n";
      String one = first + sync.formatted(m.source, "one", m.target, "one");
      Files.writeString(file, one.replace("LOG", "log"));
      Process process = m.start("lsyncd", "-nodaemon", file.toString());
      m.awaitOutput("Sync1: live");
      Files.writeString(
          file, one.replace("LOG", "log2") + sync.formatted(m.source, "two", m.target, "two"));
      hangUp(process);
      m.awaitOutput("Sync2: live");
      TestingMirrorCommand.assertEqual("two", m.source.resolve("two"), m.target.resolve("two"));
      m.awaitOutput("the log file stays " + top + "/log until a restart, and is " + top + "/log2");
      assertThat(m.tree.top().resolve("log2")).doesNotExist();
      m.await(
          "status",
          () -> TestingMirrorCommand.text(m.tree.top().resolve("status")).contains("Sync2"));
      assertThat(m.output()).as("the same file").doesNotContain("the status file is written");
      Files.writeString(file, one.replace("source", "sauce"));
      hangUp(process);
      m.awaitOutput("the mirrors stay as they were");
      m.await(
          "each line has its time",
          () ->
              Pattern.compile("(?m)^[-0-9]+ [:0-9]+ " + file + ":\\d+: .*sauce")
                  .matcher(TestingMirrorCommand.text(m.tree.top().resolve("log")))
                  .find());
      m.tree.write("root/two/c", "3");
      m.await("goes on", () -> Files.exists(m.target.resolve("two/c")));
      Files.writeString(file, one.replace("LOG", "log"));
      hangUp(process);
      m.awaitOutput("Sync2: ends");
      m.tree.write("root/one/d", "4");
      m.await("goes on", () -> Files.exists(m.target.resolve("one/d")));
    }
  }

  @Test
  void h04_a_directory_whose_name_is_no_text_is_mirrored_from_the_command_line() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      String shell = "d=$(printf 'r\\351'); mv root \"$d\"; exec \"$@\" \"$d\" target";
      m.startUnder(List.of("sh", "-c", shell, "sh"), "lsyncd", "-nodaemon", "-rsync");
      m.awaitOutput("Sync1: live");
      assertThat(m.target.resolve("a")).hasContent("1");
    }
  }

  @Test
  void sighup_without_a_file_is_told_as_it_is() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Process process =
          m.start("lsyncd", "-nodaemon", "-rsync", m.source.toString(), m.target.toString());
      m.awaitOutput("Sync1: live");
      hangUp(process);
      m.awaitOutput("there is nothing to be read again: no configuration file was named");
      assertThat(m.output()).doesNotContain("was read again");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"lsyncd -nodaemon", "mirror -c"})
  void what_has_no_effect_is_said_once(String command) throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path file = m.tree.top().resolve("lsyncd.lua");
      String text =
          "settings { nodaemon = true }\nsync { default.rsync, source = '%s', target = '%s', rsync = {"
              + " protect_args = true%s } }\n";
      Files.writeString(file, text.formatted(m.source, m.target, ""));
      String[] words = (command + " " + file).split(" ");
      Process process = m.start(words);
      m.awaitOutput("Sync1: live");
      String remark = "rsync.protect_args has no effect";
      assertThat(m.output()).containsOnlyOnce(remark);
      hangUp(process);
      m.awaitOutput("nothing changed");
      assertThat(m.output()).containsOnlyOnce(remark);
      Files.writeString(file, text.formatted(m.source, m.target, ", temp_dir = '/var/tmp'"));
      hangUp(process);
      m.awaitOutput("rsync.temp_dir has no effect");
      assertThat(m.output()).containsOnlyOnce(remark);
    }
  }

  @Test
  void sighup_takes_what_ssh_is_given_anew() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path given = m.tree.top().resolve("given");
      Path ssh =
          Files.writeString(
              m.tree.top().resolve("ssh"), "#!/bin/sh\necho \"$@\" >>" + given + "\nexit 255\n");
      assertThat(ssh.toFile().setExecutable(true)).isTrue();
      String text =
          "settings { insist = true }\nsync { default.rsyncssh, source = '%s', host = 'far',"
              + " targetdir = '/t', ssh = { binary = '%s', port = %d } }\n";
      Path file = m.tree.top().resolve("lsyncd.lua");
      Files.writeString(file, text.formatted(m.source, ssh, 22));
      Process process = m.start("lsyncd", "-nodaemon", file.toString());
      m.await("the port", () -> TestingMirrorCommand.text(given).contains("-p 22 "));
      Files.writeString(file, text.formatted(m.source, ssh, 2222));
      hangUp(process);
      m.awaitOutput("Sync1: changed, looks at everything again");
      m.await("the other port", () -> TestingMirrorCommand.text(given).contains("-p 2222 "));
      m.awaitOutput("the configuration was read again");
      hangUp(process);
      m.awaitOutput("nothing changed");
    }
  }

  private static void hangUp(Process process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-HUP", "" + process.pid()).start().waitFor();
  }

  /** Neither in a folder to which another user leads, nor by a name that somebody can foresee. */
  @Test
  void h3_the_status_file_is_not_written_through_the_link_of_another_user() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path top = m.tree.top();
      Path other = Files.createDirectory(top.resolve("other"));
      Path link = Files.createSymbolicLink(top.resolve("link"), other);
      Files.setAttribute(link, "unix:uid", 1234, LinkOption.NOFOLLOW_LINKS);
      Path file = top.resolve("lsyncd.lua");
      String text =
          "settings { statusFile = '%1$s/%2$s/status', statusInterval = 1 }\n"
              + "sync { default.rsync, source = '%1$s/root', target = '%1$s/target', delay = 1 }\n";
      Files.writeString(file, text.formatted(top, "link"));
      Process process = m.start("mirror", "-c", file.toString());
      m.awaitOutput(
          "unable to write the status file "
              + link
              + "/status: the symbolic link link on its path belongs to user 1234");
      assertThat(other).isEmptyDirectory();
      process.destroy();
      assertThat(m.await(process)).isZero();
      Path precious = Files.writeString(top.resolve("precious"), "precious");
      Files.createSymbolicLink(other.resolve(".status.godwit-new"), precious);
      Files.writeString(file, text.formatted(top, "other"));
      process = m.start("mirror", "-c", file.toString());
      m.await("status", () -> Files.exists(other.resolve("status")));
      process.destroy();
      assertThat(m.await(process)).isZero();
      assertThat(precious).hasContent("precious");
    }
  }

  @Test
  void a_wrong_configuration_makes_nothing() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/a", "1");
      Path top = m.tree.top();
      Path file = top.resolve("lsyncd.lua");
      Files.writeString(
          file,
          """
          settings { logfile = "%1$s/log", pidfile = "%1$s/pid", statusFile = "%1$s/status" }
          sync { default.rsync, source = "%1$s/missing", target = "%1$s/target" }
          """
              .formatted(top));
      assertThat(m.run("lsyncd", file.toString())).isEqualTo(2);
      assertThat(m.run("lsyncd", top + "/none.lua")).isEqualTo(2);
      assertThat(m.run("mirror", "-c", file.toString())).isEqualTo(2);
      assertThat(m.output())
          .contains("the source " + top + "/missing cannot be opened")
          .contains("none.lua: no such file");
      assertThat(top.toFile().list()).containsExactlyInAnyOrder("root", "lsyncd.lua", "output");
    }
  }
}
