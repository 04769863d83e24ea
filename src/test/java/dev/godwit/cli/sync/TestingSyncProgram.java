package dev.godwit.cli.sync;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.host.AgentFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** {@code godwit sync} as a process, with a script in the place of ssh. */
final class TestingSyncProgram {
  private TestingSyncProgram() {}

  /**
   * The command line; the test is skipped where the program was not built.
   *
   * @param shell the script
   */
  static List<String> command(Path shell, String... arguments) {
    Path jar = Path.of(System.getProperty(AgentFile.PROPERTY, "target/godwit.jar"));
    assumeThat(jar).isRegularFile();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                jar.toAbsolutePath().toString(),
                "sync",
                "-e",
                shell.toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  static Path executable(Path path, String script) throws IOException {
    Files.writeString(path, script);
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
