package dev.godwit.forward;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a daemon: this program again, in a session of its own (setsid(1)). */
@FunctionalInterface
interface DaemonCommand {
  List<String> in(Path directory);

  /**
   * @param verb the hidden command: {@code gate-daemon}, {@code landing-daemon}
   */
  static DaemonCommand ofThisProgram(String verb) {
    return directory -> {
      List<String> command = java();
      command.addAll(program());
      command.add(verb);
      command.add(directory.toString());
      return command;
    };
  }

  /** Java with little memory: a daemon may run for weeks on a host that has little to spare. */
  static List<String> java() {
    return new ArrayList<>(
        List.of(
            "setsid",
            "--fork",
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:+ExitOnOutOfMemoryError",
            "-Xms16m",
            "-Xmx128m",
            "-Xss256k"));
  }

  private static List<String> program() {
    String jar = System.getProperty("godwit.jar");
    if (jar != null) {
      return List.of("-jar", jar);
    }
    try {
      Path source =
          Path.of(DaemonCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return Files.isDirectory(source)
          ? List.of("-cp", System.getProperty("java.class.path"), "dev.godwit.Main")
          : List.of("-jar", source.toString());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the program's own place is not a path", e);
    }
  }
}
