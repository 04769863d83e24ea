package dev.godwit.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this program is started again, for the processes that it leaves behind. */
public final class ThisProgram {
  private ThisProgram() {}

  /**
   * The argument list that runs this very build with other arguments.
   *
   * @throws HostException when it does not run from its jar
   */
  public static List<String> command(String... arguments) throws HostException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.add("-jar");
    command.add(AgentFile.running().path().toAbsolutePath().toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * Small and soon ready; a process that is out of memory ends instead of limping on (H85), and its
   * look-up and its leases end with it.
   */
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xmx512m",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED");
}
