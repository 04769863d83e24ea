package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A far side that falls silent, or is lost; what stands for ssh runs the command on this host. */
@Tag("lab")
final class FarSideTest {
  @TempDir Path folder;

  @BeforeEach
  void prepare() throws IOException {
    Files.createDirectory(folder.resolve("source"));
    Files.write(folder.resolve("source/file"), new byte[3_000_000]);
  }

  private Process sync(String shell, String... arguments) throws IOException {
    return sync(List.of(), shell, arguments);
  }

  private Process sync(List<String> starter, String shell, String... arguments) throws IOException {
    Path program = TestingSyncProgram.executable(folder.resolve("shell"), shell);
    List<String> command = new ArrayList<>(starter);
    command.addAll(TestingSyncProgram.command(program, arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out").toFile());
    builder.environment().put("GODWIT_AGENT_FOLDER", folder.resolve("agent").toString());
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /**
   * As with rsync, the limit for silence counts from the start, with time for an agent to start.
   */
  @ParameterizedTest
  @CsvSource({"--contimeout=1, 1, 35", "--timeout=2, 30, 30"})
  void a_host_that_does_not_answer_is_given_up(String option, int seconds, int exit)
      throws Exception {
    Process run = sync("#!/bin/sh\nexec sleep 100\n", "-a", option, "source/", "far:/nowhere");
    assertThat(run.waitFor(TestingPatience.LIMIT)).isTrue();
    assertThat(folder.resolve("out")).content().contains("no answer within " + seconds + " s");
    assertThat(run.exitValue()).isEqualTo(exit);
  }

  @Test
  void a_side_that_stands_still_in_the_middle_is_given_up_and_nothing_half_is_left()
      throws Exception {
    Path pid = folder.resolve("pid");
    String shell =
        """
        #!/bin/sh
        while [ "$1" != far ]; do shift; done
        shift
        exec setsid -w sh -c 'echo $$ >PID.new; mv PID.new PID; eval "$*"' far "$@"
        """
            .replace("PID", pid.toString());
    Process run =
        sync(shell, "-a", "--bwlimit=200", "--timeout=5", "source/", "far:" + folder + "/there");
    Path there = folder.resolve("there");
    while (run.isAlive() && (!Files.exists(pid) || !hasTemporary(there))) {
      Thread.sleep(10);
    }
    String group = Files.readString(pid).strip();
    signal("STOP", group);
    try {
      assertThat(run.waitFor(TestingPatience.LIMIT)).isTrue();
      assertThat(folder.resolve("out")).content().contains("nothing was heard from it for 5");
      assertThat(run.exitValue()).isEqualTo(30);
    } finally {
      signal("CONT", group);
    }
    // The far side wakes up, finds nobody and clears away.
    TestingPatience.await("the end of the temporary file", () -> !hasTemporary(there));
    assertThat(there.resolve("file")).doesNotExist();
  }

  /**
   * Ctrl-C reaches all processes of the terminal, ssh too, which may end first. The agent is not
   * one of them.
   */
  @RepeatedTest(3)
  void a_signal_that_ends_ssh_as_well_is_told_as_one() throws Exception {
    String shell =
        """
        #!/bin/sh
        while [ "$1" != far ]; do shift; done
        shift
        cat | setsid -w sh -c "$*" | cat
        """;
    Path there = folder.resolve("there");
    Process run =
        sync(
            List.of("setsid", "-w", "env", "--default-signal=INT"),
            shell,
            "-a",
            "--bwlimit=200",
            "source/",
            "far:" + there);
    TestingPatience.await("it to be in the middle", () -> hasTemporary(there));
    signal("INT", "" + run.pid());
    assertThat(run.waitFor(TestingPatience.LIMIT)).isTrue();
    assertThat(folder.resolve("out")).content().contains("ended by a signal");
    assertThat(run.exitValue()).isEqualTo(20);
    TestingPatience.await("the end of the temporary file", () -> !hasTemporary(there));
    assertThat(there.resolve("file")).doesNotExist();
  }

  private static boolean hasTemporary(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    try (var names = Files.list(folder)) {
      return names.findAny().isPresent();
    }
  }

  private static void signal(String name, String group) throws Exception {
    new ProcessBuilder("kill", "-" + name, "--", "-" + group)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
