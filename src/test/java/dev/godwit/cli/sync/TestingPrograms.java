package dev.godwit.cli.sync;

import dev.godwit.TestingClassPath;
import java.nio.file.Path;
import java.util.List;

/** The program from the classes that are tested, as a process of its own. */
final class TestingPrograms {
  private TestingPrograms() {}

  /** {@code godwit sync}, which its arguments follow. */
  static List<String> sync() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        TestingClassPath.absolute(),
        "dev.godwit.Main",
        "sync");
  }
}
