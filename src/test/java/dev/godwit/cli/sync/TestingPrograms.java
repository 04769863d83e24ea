package dev.godwit.cli.sync;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The program from the classes that are tested, as a process of its own. */
final class TestingPrograms {
  private TestingPrograms() {}

  /** {@code godwit sync}, which its arguments follow. */
  static List<String> sync() {
    String path =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(part -> Path.of(part).toAbsolutePath().toString())
            .collect(Collectors.joining(File.pathSeparator));
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        path,
        "dev.godwit.Main",
        "sync");
  }
}
