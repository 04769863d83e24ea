package dev.godwit.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.TestingAgentFolder;
import dev.godwit.host.TestingSshd;
import dev.godwit.watch.TestingTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What goes wrong around a live mirror, done to the command itself. */
@Tag("lab")
@Timeout(value = 600, unit = TimeUnit.SECONDS)
final class MirrorHazardsTest {
  @TempDir private Path folder;

  /** In a user namespace there is no mark on a file system, and limits can be its own. */
  private static Process confined(TestingMirrorCommand m, String before, String... options)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("mirror", "--control=" + m.control));
    words.addAll(List.of(options));
    words.addAll(List.of(m.source + "/", m.target.toString()));
    Process process =
        m.startUnder(
            List.of(
                "unshare", "--user", "--map-root-user", "sh", "-c", before + "exec \"$@\"", "sh"),
            words.toArray(String[]::new));
    JsonNode status = m.awaitState("live");
    assertThat(status.get("rung").asString()).startsWith("inotify");
    return process;
  }

  private static void signal(Process process, String name)
      throws IOException, InterruptedException {
    TestingOracle.run("kill", "-" + name, "" + process.pid());
  }

  @Test
  void h16_a_queue_that_overflows_while_nobody_reads_and_then_all_the_time() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 100; i++) {
        m.tree.write("root/d" + i + "/file", "1");
      }
      Process mirror = confined(m, "");
      signal(mirror, "STOP");
      storm(m, 40_000, new AtomicBoolean());
      m.tree.write("root/d7/file", "changed among what was lost");
      m.tree.write("root/new/deep/file", "made among what was lost");
      signal(mirror, "CONT");
      m.ask("barrier");
      m.assertEqual("after twice the queue's length");
      long before = m.status().get("rescans").asLong();
      assertThat(before).as("rescans").isPositive();

      AtomicBoolean stop = new AtomicBoolean();
      AtomicReference<Exception> failure = new AtomicReference<>();
      Thread storm =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      storm(m, Integer.MAX_VALUE, stop);
                    } catch (IOException e) {
                      failure.set(e);
                    }
                  });
      try {
        for (int i = 0; i < 5; i++) {
          String text = "in the storm " + i;
          m.tree.write("root/d7/file", text);
          m.await(text, () -> TestingMirrorCommand.text(m.target.resolve("d7/file")).equals(text));
        }
      } finally {
        stop.set(true);
        storm.join();
      }
      assertThat(failure.get()).isNull();
      m.ask("barrier");
      m.assertEqual("after the storm");
    }
  }

  /** Makes names and removes them. */
  private static void storm(TestingMirrorCommand m, int count, AtomicBoolean stop)
      throws IOException {
    for (int i = 0; i < count && !stop.get(); i++) {
      Path name = m.source.resolve("d" + i % 100 + "/n" + i);
      Files.createFile(name);
      Files.delete(name);
    }
  }

  @Test
  void h17_half_the_watches_that_are_needed() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 60; i++) {
        m.tree.write("root/d" + i + "/file", "1");
      }
      confined(m, "echo 30 >/proc/sys/user/max_inotify_watches && ");
      assertThat(m.status().get("message").asString())
          .containsPattern("(3[1-9]|[4-9][0-9]) directories have no watch");
      for (int i = 0; i < 60; i++) {
        m.tree.write("root/d" + i + "/file", "22");
        m.tree.write("root/d" + i + "/e/new", "3");
      }
      // No barrier: by the looks in intervals.
      m.await("equal", () -> TestingOracle.areEqualYet(m.source, m.target));
      m.tree.write("root/d59/file", "4");
      m.ask("barrier");
      assertThat(m.target.resolve("d59/file")).hasContent("4");
      for (int i = 20; i < 60; i++) {
        TestingTree.deleteTree(m.source.resolve("d" + i));
      }
      for (int i = 0; i < 20; i++) {
        TestingTree.deleteTree(m.source.resolve("d" + i + "/e"));
      }
      m.ask("barrier");
      m.await("enough watches", () -> m.status().get("message").asString().isEmpty());
      m.assertEqual("with enough watches");
    }
  }

  /** More with -Dgodwit.mirror.exchanges=N; a failure names its seed. */
  @Test
  void h22_a_directory_that_becomes_a_link_to_another_one() throws Exception {
    long seed = Long.getLong("godwit.mirror.seed", System.nanoTime() & 0xffffff);
    int count = Integer.getInteger("godwit.mirror.exchanges", 200);
    Random random = new Random(seed);
    System.out.println("h22: -Dgodwit.mirror.seed=" + seed);
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 20; i++) {
        m.tree.write("root/other/f" + i, "precious " + i);
      }
      m.live("--delete-limit=100%");
      Path name = m.source.resolve("d");
      for (int i = 0; i < count; i++) {
        Files.createDirectory(name);
        for (int k = 0; k < 20; k++) {
          Files.writeString(name.resolve("f" + k), i + " " + k);
        }
        Thread.sleep(random.nextInt(8));
        TestingTree.deleteTree(name);
        Files.createSymbolicLink(name, Path.of("other"));
        Thread.sleep(random.nextInt(8));
        try (Stream<Path> all = Files.list(m.target.resolve("other"))) {
          assertThat(all).as("seed %s, round %s", seed, i).hasSize(20);
        }
        Files.delete(name);
      }
      m.ask("barrier");
      m.assertEqual("seed " + seed);
    }
  }

  @Test
  void h23_what_somebody_does_to_the_target_is_found_within_a_period() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (String name : List.of("gone", "edited", "alike", "mode", "owner", "renamed", "d/in")) {
        m.tree.write("root/" + name, "as it was: " + name);
      }
      m.live("--audit=1s", "--audit-share=100%", "--audit-content", "--delete-limit=100%");
      Path alike = m.target.resolve("alike");
      FileTime time = Files.getLastModifiedTime(alike);
      Files.delete(m.target.resolve("gone"));
      Files.writeString(m.target.resolve("edited"), "by somebody");
      Files.writeString(alike, "AS IT WAS: alike");
      Files.setLastModifiedTime(alike, time);
      Files.setAttribute(m.target.resolve("mode"), "unix:mode", 0100777);
      Files.setAttribute(m.target.resolve("owner"), "unix:uid", 77);
      Files.move(m.target.resolve("renamed"), m.target.resolve("d/elsewhere"));
      Files.createDirectories(m.target.resolve("extra/deep"));
      m.await("put right", () -> TestingOracle.areEqualYet(m.source, m.target));
      for (String name : List.of("gone", "edited", "alike", "mode", "owner", "renamed", "extra")) {
        m.awaitOutput(" " + name);
      }
    }
  }

  @Test
  void h24_a_thousand_files_fail_on_a_full_target_and_its_agent_is_killed() throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      Files.createDirectory(m.target);
      TestingOracle.run("mount", "-t", "tmpfs", "-o", "size=40m", "none", m.target.toString());
      try {
        for (int i = 0; i < 1000; i++) {
          Files.write(m.source.resolve("f" + i), new byte[100]);
        }
        m.live(sshd, true);
        Path name = m.target.resolve("filler");
        try (FileChannel filler =
            FileChannel.open(name, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
          for (int i = 0; i < 36; i++) {
            filler.write(zeros.clear());
          }
          Files.delete(name); // it takes its room until it is closed
          for (int i = 0; i < 1000; i++) {
            Files.write(m.source.resolve("f" + i), new byte[20_000 + i]);
          }
          m.await("told", () -> m.status().get("problems").size() > 0);
          assertThat(m.status().get("problems").toString()).contains("No space left");
          assertThatThrownBy(() -> m.ask("barrier")).isInstanceOf(IOException.class);
          long before = m.status().get("reconnects").asLong();
          sshd.agents().forEach(ProcessHandle::destroyForcibly);
          m.await("connected anew", () -> m.status().get("reconnects").asLong() > before);
          m.await("told again", () -> m.status().get("problems").size() > 0);
        }
        m.await(
            "applied",
            () ->
                m.status().get("state").asString().equals("live")
                    && m.status().get("problems").size() == 0);
        m.ask("barrier");
        m.assertEqual("there is room");
      } finally {
        m.end();
        unmount(m.target);
      }
    }
  }

  /**
   * It answers nothing, and takes no more than the line holds. What stands still there may wake up
   * and write, so nobody else writes until it has ended.
   */
  @Test
  void h26_a_far_host_that_stands_still_is_given_up_and_holds_no_memory() throws Exception {
    assumeThat(TestingMirrorCommand.jar()).as("packaged before").isRegularFile();
    try (TestingSshd sshd = sshd();
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/before", "1");
      m.live(sshd, true, "--delete-limit=100%");
      List<ProcessHandle> stopped = sshd.agents().toList();
      assertThat(stopped).isNotEmpty();
      for (ProcessHandle agent : stopped) {
        TestingOracle.run("kill", "-STOP", "" + agent.pid());
      }
      try {
        // More than the heap holds (256 MB), and more names than are kept apart.
        byte[] content = new byte[1 << 20];
        Files.createDirectory(m.source.resolve("large"));
        for (int i = 0; i < 300; i++) {
          content[i] = (byte) i;
          Files.write(m.source.resolve("large/f" + i), content);
        }
        for (int i = 0; i < 60_000; i++) {
          if (i < 100) {
            Files.createDirectory(m.source.resolve("d" + i));
          }
          Files.createFile(m.source.resolve("d" + i % 100 + "/n" + i));
        }
        assertThatThrownBy(() -> m.ask("barrier --limit=2s")).isInstanceOf(IOException.class);
        m.awaitOutput("was lost: nothing was heard from it for ");
        m.awaitOutput("another copy writes to this tree");
        assertThat(m.status().get("state").asString()).isNotEqualTo("live");
        assertThat(m.target.resolve("d99")).doesNotExist();
        for (ProcessHandle agent : stopped) {
          TestingOracle.run("kill", "-CONT", "" + agent.pid());
        }
        m.awaitState("live");
        m.ask("barrier");
        m.assertEqual("when it goes on");
      } finally {
        stopped.forEach(ProcessHandle::destroyForcibly);
      }
    }
  }

  private TestingSshd sshd(String... configuration) throws Exception {
    return new TestingSshd(
        folder, TestingAgentFolder.filled(folder.resolve("far/agent")), configuration);
  }

  /** By sshfs(1): what changes behind it makes no events, and its server may vanish. */
  @Test
  void h25_h27_a_network_file_system_as_the_source() throws Exception {
    assumeThat(Path.of("/usr/bin/sshfs")).isExecutable();
    try (TestingSshd sshd = sshd("Subsystem sftp internal-sftp");
        TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("behind/d/file", "1");
      Path behind = m.tree.top().resolve("behind");
      List<String> mount =
          new ArrayList<>(List.of("sshfs", "-o", "dir_cache=no,attr_timeout=0,entry_timeout=0"));
      mount.addAll(List.of("-o", "ssh_command=ssh " + String.join(" ", sshd.clientArguments())));
      mount.addAll(List.of(sshd.destination().text() + ":" + behind, m.source.toString()));
      TestingOracle.run(mount.toArray(String[]::new));
      try {
        m.live();
        JsonNode status = m.status();
        assertThat(status.get("rung").asString()).startsWith("scan");
        assertThat(m.target.resolve("d/file")).hasContent("1");
        long looked = m.status().get("files").asLong();
        Thread.sleep(5000); // half an interval
        assertThat(m.status().get("files").asLong() - looked)
            .as("looks while nothing happens, and none follows from another")
            .isLessThan(10);
        m.tree.write("behind/d/file", "changed behind it");
        m.tree.write("behind/new/file", "2");
        m.await("by a scan", () -> Files.exists(m.target.resolve("new/file")));
        m.tree.write("behind/new/file", "before the barrier");
        m.tree.write("root/here", "by this host");
        m.ask("barrier");
        assertThat(m.target.resolve("new/file")).hasContent("before the barrier");
        assertThat(m.target.resolve("here")).hasContent("by this host");
        assertThat(m.target.resolve("d/file")).hasContent("changed behind it");
        Map<String, String> before = TestingWalker.describe(m.target);
        sshd.sessions().forEach(ProcessHandle::destroyForcibly);
        m.tree.write("behind/while/nobody", "sees it");
        // sshfs lists nothing then, cannot be opened, and ends, and with it the mount: whichever is
        // seen first.
        assertThat(m.awaitState("halted").get("message").asString())
            .containsAnyOf(
                "unmounted",
                "everything in " + m.source + " is gone",
                "the directory " + m.source + " is gone");
        assertThat(TestingWalker.describe(m.target)).as("nothing removed").isEqualTo(before);
        TestingOracle.run(mount.toArray(String[]::new));
        m.ask("resume --new-root"); // for the kernel it may be another file system
        m.awaitState("live");
        m.ask("barrier");
        assertThat(m.target.resolve("while/nobody")).hasContent("sees it");
      } finally {
        m.end();
        unmount(m.source);
      }
    }
  }

  /** If anything is mounted there. */
  private static void unmount(Path path) throws IOException, InterruptedException {
    new ProcessBuilder("umount", "--quiet", "--lazy", path.toString()).start().waitFor();
  }

  @Test
  void h27_a_source_that_is_removed_with_all_that_is_in_it() throws Exception {
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < 1000; i++) {
        m.tree.write("root/d" + i % 10 + "/f" + i, "" + i);
      }
      m.live();
      TestingOracle.run("rm", "-rf", m.source.toString());
      m.awaitState("halted");
      assertThat(files(m.target)).as("at least half stays").hasSizeGreaterThanOrEqualTo(500);
      assertThat(m.run("mirror", "status", "-p", m.control.toString())).isEqualTo(1);
      // The same name again, with nothing in it, is another directory.
      Files.createDirectory(m.source);
      Map<String, String> before = TestingWalker.describe(m.target);
      m.resumeInVain();
      assertThat(TestingWalker.describe(m.target)).isEqualTo(before);
    }
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  /** By strace(1), in the middle of a listing that has already given some of the names. */
  @ParameterizedTest
  @ValueSource(strings = {"EIO", "EACCES", "ESTALE"})
  void h28_a_live_mirror_that_cannot_list_a_directory_to_its_end(String error) throws Exception {
    int names = 3000;
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      for (int i = 0; i < names; i++) {
        m.tree.write("root/d/name" + i, "1");
      }
      Process mirror = m.live("--delete-limit=100%");
      Process tracer =
          new ProcessBuilder(
                  "strace",
                  "-f",
                  "-o",
                  "/dev/null",
                  "--trace-path=" + m.source.resolve("d"),
                  "--inject=getdents64:error=" + error + ":when=2+",
                  "-p",
                  "" + mirror.pid())
              .redirectErrorStream(true)
              .start();
      try (var said = tracer.inputReader()) {
        assertThat(said.readLine()).contains("attached");
        m.tree.write("root/beside", "2");
        assertThatThrownBy(() -> m.ask("audit")).as("an audit").isInstanceOf(IOException.class);
        m.await("told", () -> m.status().get("problems").size() > 0);
        assertThat(m.target.resolve("beside")).hasContent("2");
        assertThat(files(m.target.resolve("d"))).hasSize(names);
      } finally {
        tracer.destroy();
        tracer.waitFor();
      }
      m.await("tried again", () -> m.status().get("problems").size() == 0);
      Files.delete(m.source.resolve("d/name1"));
      m.ask("barrier");
      m.assertEqual("when it can be listed");
    }
  }

  /** What is newly left out stays as it is on both sides, whatever happens to it on either. */
  @Test
  void h29_a_file_of_filters_that_is_edited_while_it_runs() throws Exception {
    long seed = Long.getLong("godwit.mirror.seed", System.nanoTime() & 0xffffff);
    Random random = new Random(seed);
    System.out.println("h29: -Dgodwit.mirror.seed=" + seed);
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      List<String> patterns = List.of("*.a", "*.b", "/one/", "two", "/one/*.c", "f1*");
      Path filters = Files.writeString(m.tree.top().resolve("filters"), "");
      Path config =
          Files.writeString(
              m.tree.top().resolve("mirror.yaml"),
              "control: %s\nmirrors:\n  m: { from: %s/, to: %s, exclude-from: %s, delete-limit: 100%% }\n"
                  .formatted(m.control, m.source, m.target, filters));
      change(m, random);
      Process mirror = m.start("mirror", "-c", config.toString());
      m.awaitState("live");
      for (int round = 1; round <= 12; round++) {
        String as = "seed " + seed + " round " + round;
        List<String> chosen = patterns.stream().filter(p -> random.nextInt(3) == 0).toList();
        boolean isOther = !Files.readString(filters).equals(String.join("\n", chosen));
        Files.writeString(filters, String.join("\n", chosen));
        String told = isOther ? "m: changed, looks at everything again" : "nothing changed";
        int before = m.output().split(told, -1).length;
        signal(mirror, "HUP");
        m.await(as, () -> m.output().split(told, -1).length > before);
        m.awaitState("live");
        Map<String, String> left = unmanaged(m, filters);
        change(m, random);
        m.ask("barrier");
        m.ask("audit");
        assertThat(TestingOracle.differences(m.source, m.target, "--exclude-from=" + filters))
            .as(as)
            .isEmpty();
        assertThat(unmanaged(m, filters)).as(as).containsAllEntriesOf(left);
      }
    }
  }

  /** Files of the target that the filters leave out, with their content. */
  private static Map<String, String> unmanaged(TestingMirrorCommand m, Path filters)
      throws IOException, InterruptedException {
    Set<String> managed = new HashSet<>();
    // What rsync would copy to nowhere.
    for (String line :
        TestingOracle.run(
                "rsync",
                "-an",
                "--out-format=%n",
                "--exclude-from=" + filters,
                m.target + "/",
                "/x")
            .lines()
            .toList()) {
      managed.add(line);
    }
    Map<String, String> left = new TreeMap<>();
    for (Path file : files(m.target)) {
      String name = m.target.relativize(file).toString();
      if (!managed.contains(name)) {
        left.put(name, Files.readString(file));
      }
    }
    return left;
  }

  private static void change(TestingMirrorCommand m, Random random) throws IOException {
    for (int i = 0; i < 40; i++) {
      String name =
          List.of("", "one/", "two/", "three/two/").get(random.nextInt(4))
              + "f"
              + random.nextInt(15)
              + List.of(".a", ".b", ".c", "").get(random.nextInt(4));
      if (random.nextInt(3) == 0) {
        Files.deleteIfExists(m.source.resolve(name));
      } else {
        m.tree.write("root/" + name, "" + random.nextInt());
      }
    }
  }

  /** Each content that was ever whole on the target is there or in the trash. */
  @Test
  void h37_nothing_that_was_on_the_target_is_lost_with_a_trash() throws Exception {
    long seed = Long.getLong("godwit.mirror.seed", System.nanoTime() & 0xffffff);
    Random random = new Random(seed);
    System.out.println("h37: -Dgodwit.mirror.seed=" + seed);
    try (TestingMirrorCommand m = new TestingMirrorCommand("/dev/shm")) {
      m.tree.write("root/anchor", "stays");
      m.live("--trash=.trash", "--delete-limit=100%");
      Set<String> ever = new HashSet<>();
      for (int round = 0; round < 60; round++) {
        for (int i = 0; i < 4; i++) {
          changeKept(m.source, random, round + " " + i);
        }
        m.ask("barrier");
        ever.addAll(contents(files(m.source)));
      }
      assertThat(contents(files(m.target))).as("seed %s", seed).containsAll(ever);
      TestingTree.deleteTree(m.target.resolve(".trash"));
      m.ask("audit"); // the time of the root
      m.assertEqual("seed " + seed);
    }
  }

  private static void changeKept(Path root, Random random, String text) throws IOException {
    Path one = root.resolve("d" + random.nextInt(3));
    Path other = root.resolve("d" + random.nextInt(3));
    String name = "f" + random.nextInt(4);
    Files.createDirectories(one);
    Files.createDirectories(other);
    switch (random.nextInt(5)) {
      case 0, 1 -> {
        TestingTree.deleteTree(ensured(one.resolve(name)));
        Files.writeString(one.resolve(name), text);
      }
      case 2 -> {
        Path from = ensured(one.resolve(name));
        TestingTree.deleteTree(ensured(other.resolve("g")));
        Files.move(from, other.resolve("g"));
      }
      case 3 -> TestingTree.deleteTree(one);
      default -> {
        TestingTree.deleteTree(ensured(one.resolve(name)));
        Files.createDirectory(one.resolve(name));
        Files.writeString(one.resolve(name + "/in"), text);
      }
    }
  }

  private static Path ensured(Path path) throws IOException {
    if (!Files.exists(path)) {
      Files.createFile(path);
    }
    return path;
  }

  private static Set<String> contents(List<Path> files) throws IOException {
    Set<String> all = new HashSet<>();
    for (Path file : files) {
      all.add(Files.readString(file));
    }
    return all;
  }
}
