package dev.godwit.cli.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host without a Java: a mount namespace in which the folders where one could be are empty. What
 * stands for ssh runs the command there; it gets only what a shell of that host would get. Its
 * processor is one that the agent does not know, but in the test where it is given a Java.
 */
@Tag("lab")
final class OtherRsyncTest {
  private static final String FAR =
      """
      #!/bin/sh
      PATH=/usr/bin:/bin
      while [ "$1" != far ]; do shift; done
      shift
      exec /usr/bin/unshare -m -- /bin/sh -c '
        for folder in /usr/lib/jvm /opt /usr/local; do
          mount -t tmpfs none "$folder" || exit 99
        done
        unset JAVA_HOME
        PATH=%1$s/bin:/usr/bin:/bin
        export GODWIT_AGENT_FOLDER=%1$s/agent
        HOME=/nonexistent
        eval "$*"' far "$@"
      """;

  @TempDir Path folder;

  private Path far;

  @BeforeEach
  void prepare() throws IOException {
    far = TestingSyncProgram.executable(folder.resolve("far-shell"), FAR.formatted(folder));
    Files.createDirectory(folder.resolve("bin"));
    TestingSyncProgram.executable(folder.resolve("bin/uname"), "#!/bin/sh\necho mips64\n");
    Files.createDirectory(folder.resolve("source"));
    Files.writeString(folder.resolve("source/a file"), "content");
    Files.writeString(folder.resolve("source/b"), "more");
  }

  private record Ended(int status, String out, String err) {}

  private Ended sync(String path, String... arguments) throws Exception {
    List<String> command = TestingSyncProgram.command(far, arguments);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().put("PATH", path);
    Process process = builder.start();
    process.getOutputStream().close();
    assertThat(process.waitFor(TestingPatience.LIMIT)).isTrue();
    return new Ended(
        process.exitValue(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  @Test
  void the_rsync_of_a_host_without_a_runtime_is_driven_with_the_same_options() throws Exception {
    Ended push = sync("/usr/bin:/bin", "-ai", "source/", "far:" + folder + "/there");
    assertThat(push.err)
        .contains("this is mips64", "rsync of that host is driven instead")
        .doesNotContain("Exception");
    assertThat(push.out.lines()).endsWith("cd+++++++++ ./", "<f+++++++++ a file", "<f+++++++++ b");
    assertThat(push.status).isZero();
    assertThat(folder.resolve("there/a file")).hasContent("content");

    Ended pull =
        sync(
            "/usr/bin:/bin",
            "-aB",
            "700",
            "--contimeout=25",
            "--keep-agent=60",
            "--",
            "far:" + folder + "/there/b",
            "far:nothing",
            "back/");
    assertThat(pull.status).as("rsync's own exit value").isEqualTo(23);
    assertThat(folder.resolve("back/b")).hasContent("more");
  }

  /** Made by the JDK here, brought once; what rsync does not have works too. */
  @Test
  void a_host_without_a_java_is_given_one() throws Exception {
    Files.delete(folder.resolve("bin/uname"));
    for (String once : List.of("first", "second")) {
      Ended run =
          sync("/usr/bin:/bin", "-ai", "--detect-renames", "source/", "far:" + folder + "/" + once);
      assertThat(run.err).isEmpty();
      assertThat(run.status).isZero();
      assertThat(folder.resolve(once).resolve("a file")).hasContent("content");
    }
    try (Stream<Path> own = Files.list(folder.resolve("agent"))) {
      assertThat(own.map(path -> path.getFileName().toString()))
          .filteredOn(name -> name.matches("runtime-[0-9a-f]{64}"))
          .hasSize(1);
    }
  }

  @Test
  void what_rsync_does_not_have_is_refused_before_anything_is_copied() throws Exception {
    Ended run =
        sync("/usr/bin:/bin", "-a", "--detect-renames", "source/", "far:" + folder + "/there");
    assertThat(run.status).isEqualTo(5);
    assertThat(run.err).contains("not with --detect-renames, which rsync does not have");
    assertThat(folder.resolve("there")).doesNotExist();
  }

  @Test
  void a_host_without_any_rsync_says_what_to_install() throws Exception {
    Ended run = sync(folder.toString(), "-a", "source/", "far:" + folder + "/there");
    assertThat(run.status).isEqualTo(5);
    assertThat(run.err).contains("apt-get install rsync");
    assertThat(folder.resolve("there")).doesNotExist();
  }
}
