package dev.godwit.sync.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.AgentFile;
import dev.godwit.host.Host;
import dev.godwit.host.LocalHost;
import dev.godwit.host.SshHost;
import dev.godwit.host.SshOptions;
import dev.godwit.host.TestingPrivateFolder;
import dev.godwit.host.TestingSshd;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Names;
import dev.godwit.sync.TestingTrees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies over a real ssh. Needs the packaged jar: {@code mvn package -DskipTests} before. */
@Tag("lab")
@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RemoteCopyOverSshTest {
  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private TestingSshd sshd;
  private AgentFile agent;

  @BeforeEach
  void start() throws Exception {
    Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
    assumeThat(jar).isRegularFile();
    agent = AgentFile.of(jar);
    sshd =
        new TestingSshd(
            folder, Map.of("GODWIT_AGENT_FOLDER", folder.resolve("far/agent").toString()));
  }

  @AfterEach
  void stop() throws Exception {
    if (sshd != null) {
      sshd.close();
    }
  }

  private TestingRun copy(boolean fromFar, CopyRequest request) throws Exception {
    return copy(fromFar, request, SshOptions.STANDARD);
  }

  private TestingRun copy(boolean fromFar, CopyRequest request, SshOptions options)
      throws Exception {
    TestingRun run = new TestingRun();
    try (Host here = new LocalHost("here", List.of());
        Host far =
            SshHost.connect("far", sshd.destination(), sshd.clientArguments(), agent, options)) {
      run.result = Copy.run(fromFar ? far : here, fromFar ? here : far, request, run);
    }
    return run;
  }

  private TestingRun copy(boolean fromFar, Path source, Path target) throws Exception {
    return copy(
        fromFar,
        TestingRun.request(
            TestingRun.rules(rules -> rules.hardLinks = true), target.toString(), source + "/"));
  }

  /**
   * The side that is another user cannot read what is root's (rsync(1), --copy-as), and does not
   * serve the next run, which is root's again.
   */
  @Test
  void the_other_side_alone_becomes_another_user() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("f"), "content");
    Files.setAttribute(source.resolve("f"), "unix:mode", 0600);
    Files.setAttribute(source, "unix:mode", 0755);
    Files.setAttribute(folder, "unix:mode", 0755);
    for (String user : List.of("nobody", "root")) {
      Path kept = folder.resolve(user);
      TestingRun run =
          copy(
              true,
              TestingRun.request(
                  Stream.of("-a", "-M--copy-as=" + user, "far:" + source + "/", kept.toString())
                      .map(Names::of)
                      .toList()),
              SshOptions.STANDARD.withKeep(Duration.ofSeconds(5)));
      assertThat(run.failures).hasSize(user.equals("root") ? 0 : 1);
      assertThat(Files.exists(kept.resolve("f"))).as(user).isEqualTo(user.equals("root"));
    }
  }

  @Test
  void a_tree_goes_to_a_far_host_and_back() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    TestingTrees.grow(source, new Random(815), 500);
    Path there = folder.resolve("there");
    Path back = folder.resolve("back");
    TestingRun pushed = copy(false, source, there);
    assertThat(pushed.failures).isEmpty();
    assertThat(pushed.items).hasSizeGreaterThan(400);
    assertThat(TestingRun.differences(source, there)).isEmpty();
    assertThat(copy(false, source, there).items).isEmpty();
    TestingRun pulled = copy(true, there, back);
    assertThat(pulled.failures).isEmpty();
    assertThat(pulled.itemized()).isEqualTo(pushed.itemized());
    assertThat(TestingRun.differences(source, back)).isEmpty();
    Files.writeString(source.resolve("changed"), "x");
    assertThat(copy(true, source, back).itemized()).hasSize(2);
  }

  /** The agent's own files are private, whatever the user's umask is; what it copies is as his. */
  @Test
  void h14_what_is_made_on_a_far_host_without_perms_is_as_the_users_umask_says() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Files.writeString(source.resolve("file"), "content");
    TestingTrees.folder(folder, "source/in");
    int mask = Identity.mask();
    for (String options : List.of("-r", "-a --mkpath")) {
      Path made = folder.resolve("far/made" + options.length());
      List<String> words = new ArrayList<>(List.of(options.split(" ")));
      words.addAll(List.of(source + "/", "far:" + made + "/there"));
      if (!options.contains("mkpath")) {
        Files.createDirectories(made);
      }
      TestingRun run = copy(false, TestingRun.request(words.stream().map(Names::of).toList()));
      assertThat(run.failures).isEmpty();
      assertThat((int) Files.getAttribute(made, "unix:mode") & 0777).isEqualTo(0777 & ~mask);
      if (options.equals("-r")) {
        Path there = made.resolve("there");
        assertThat((int) Files.getAttribute(there.resolve("file"), "unix:mode") & 0777)
            .isEqualTo(
                (int) Files.getAttribute(source.resolve("file"), "unix:mode") & 0777 & ~mask);
        assertThat((int) Files.getAttribute(there.resolve("in"), "unix:mode") & 0777)
            .isEqualTo((int) Files.getAttribute(source.resolve("in"), "unix:mode") & 0777 & ~mask);
      }
    }
  }

  /** What --chmod leaves alone is what the mask of the user at the source says, as with rsync. */
  @Test
  void mode_changes_at_a_far_source_go_by_the_users_umask() throws Exception {
    Path source = TestingTrees.folder(folder, "source");
    Path file = Files.writeString(source.resolve("file"), "content");
    Files.setAttribute(file, "unix:mode", 0640);
    Path made = folder.resolve("made");
    List<String> words = List.of("-a", "--chmod=F+x", "far:" + source + "/", made.toString());
    TestingRun run = copy(true, TestingRun.request(words.stream().map(Names::of).toList()));
    assertThat(run.failures).isEmpty();
    assertThat((int) Files.getAttribute(made.resolve("file"), "unix:mode") & 0777)
        .isEqualTo(0640 | 0111 & ~Identity.mask());
  }
}
