package dev.godwit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The program from the classes that are tested, as a process of its own. */
public final class TestingProgram {
  private TestingProgram() {}

  /** What to start, in whatever working directory; further arguments may be added. */
  public static List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                TestingClassPath.absolute(),
                "dev.godwit.Main"));
    command.addAll(List.of(arguments));
    return command;
  }
}
