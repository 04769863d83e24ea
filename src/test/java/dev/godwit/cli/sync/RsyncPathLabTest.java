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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What stands before rsync in {@code --rsync-path} says as whom the far side runs. In the place of
 * sudo is a script that notes its call and becomes another user.
 */
@Tag("lab")
@Timeout(300)
final class RsyncPathLabTest {
  private static final int USER = 4242;

  private static final String FAR =
      """
      #!/bin/sh
      while [ "$1" != far ]; do shift; done
      shift
      export GODWIT_AGENT_FOLDER=%1$s/agent
      PATH=%1$s/bin:$PATH
      eval "$*"
      """;

  private static final String SUDO =
      """
      #!/bin/sh
      echo "$1 $2 $3" >>%1$s/calls
      [ "$1 $2" = "-u app" ] || exit 9
      shift 2
      export GODWIT_AGENT_FOLDER=%1$s/agent-of-app
      exec setpriv --reuid=%2$d --regid=%2$d --clear-groups "$@"
      """;

  @TempDir(factory = TestingPrivateFolder.class)
  Path folder;

  private Path far;
  private Path there;

  @BeforeEach
  void prepare() throws Exception {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    far = TestingSyncProgram.executable(folder.resolve("far-shell"), FAR.formatted(folder));
    Files.createDirectory(folder.resolve("bin"));
    TestingSyncProgram.executable(folder.resolve("bin/sudo"), SUDO.formatted(folder, USER));
    Files.createFile(folder.resolve("calls"));
    Files.createDirectory(folder.resolve("source"));
    Files.writeString(folder.resolve("source/file"), "content");
    for (String name : List.of("agent", "agent-of-app")) {
      Path agent = folder.resolve(name);
      TestingAgentFolder.fill(agent);
      Files.createDirectories(agent);
      Files.setPosixFilePermissions(agent, PosixFilePermissions.fromString("rwx------"));
    }
    there = Files.createDirectory(folder.resolve("there"));
    Files.setPosixFilePermissions(there, PosixFilePermissions.fromString("rwxrwxrwx"));
    TestingTrees.run(folder, "chown", "-R", USER + ":" + USER, "agent-of-app");
  }

  /** Returns what it said on both streams. */
  private String sync(String... arguments) throws Exception {
    List<String> command = TestingSyncProgram.command(far, arguments);
    command.add("-rt");
    Path out = folder.resolve("out");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    String said = Files.readString(out, StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(said).isZero();
    return said;
  }

  private Object owner(String name) throws IOException {
    return Files.getAttribute(there.resolve(name).resolve("file"), "unix:uid");
  }

  private long calls() throws IOException {
    return Files.readAllLines(folder.resolve("calls")).size();
  }

  @Test
  void the_agent_runs_as_rsync_would_and_one_that_is_kept_is_not_another_users() throws Exception {
    String keep = "--keep-agent=60";
    String sudo = "--rsync-path=sudo -u app rsync";
    try {
      sync(keep, "source/", "far:" + there + "/own");
      assertThat(owner("own")).isEqualTo(0);
      assertThat(calls()).isZero();
      sync(keep, sudo, "source/", "far:" + there + "/app");
      assertThat(owner("app")).isEqualTo(USER);
      assertThat(folder.resolve("calls")).hasContent("-u app sh");
      sync(keep, sudo, "source/", "far:" + there + "/app-again");
      assertThat(owner("app-again")).isEqualTo(USER);
      assertThat(calls()).as("the agent was kept").isEqualTo(1);
      sync(keep, "source/", "far:" + there + "/own-again");
      assertThat(owner("own-again")).isEqualTo(0);
    } finally {
      sync("--keep-agent=0", "source/", "far:" + there + "/last");
      sync("--keep-agent=0", sudo, "source/", "far:" + there + "/last-of-app");
    }
  }

  /** As many have it who make backups: sudo without a password, for rsync and nothing else. */
  @Test
  void where_sudo_lets_rsync_alone_start_that_is_driven() throws Exception {
    TestingSyncProgram.executable(
        folder.resolve("bin/sudo"),
        """
        #!/bin/sh
        echo "$1" >>%s/calls
        [ "$1" = rsync ] && exec "$@"
        echo "sudo: a terminal is required to read the password; either use ssh's -t option or" >&2
        echo "sudo: a password is required" >&2
        exit 1
        """
            .formatted(folder));
    String said = sync("--rsync-path=sudo rsync", "source/", "far:" + there + "/backup");
    assertThat(said)
        .contains("sudo does not let this user start Godwit's agent", "is driven instead");
    assertThat(folder.resolve("calls")).hasContent("sh\nrsync");
    assertThat(there.resolve("backup/file")).hasContent("content");
  }

  @Test
  void what_only_a_shell_understands_starts_the_rsync_of_that_host() throws Exception {
    String said =
        sync("--rsync-path=cd / && sudo -u app rsync", "source/", "far:" + there + "/shell");
    assertThat(said).contains("nothing but rsync is started", "is driven instead");
    assertThat(owner("shell")).isEqualTo(USER);
    assertThat(folder.resolve("calls")).hasContent("-u app rsync");
  }

  @Test
  void a_path_alone_is_where_rsync_would_be() throws Exception {
    String said = sync("-v", "--rsync-path=/opt/bin/rsync", "source/", "far:" + there + "/path");
    assertThat(said).contains("--rsync-path=/opt/bin/rsync has no effect but where");
    assertThat(owner("path")).isEqualTo(0);
  }

  @Test
  void the_way_there_is_that_of_who_types_also_with_copy_as() throws Exception {
    Files.setPosixFilePermissions(far, PosixFilePermissions.fromString("rwx------"));
    sync("--copy-as=nobody", "far:" + folder + "/source/", there + "/pulled");
    assertThat(owner("pulled")).isEqualTo(65534);
  }
}
