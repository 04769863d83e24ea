package dev.godwit.host;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How this program is started again, for the processes that it leaves behind. */
public final class ThisProgram {
  /**
   * Small and soon ready: such a process may stay for weeks on a host that has little to spare. One
   * that is out of memory ends instead of limping on (H85), and its look-up and its leases end with
   * it.
   */
  private static final List<String> FLAGS =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+ExitOnOutOfMemoryError",
          "-Xss256k",
          "-XX:MinHeapFreeRatio=20",
          "-XX:MaxHeapFreeRatio=30",
          "-XX:-ShrinkHeapInSteps",
          "--enable-native-access=ALL-UNNAMED");

  /** By themselves both would be a share of the host's memory. */
  private static final int FIRST_MEGABYTES_MAX = 24;

  private static final int YOUNG_MEGABYTES_MAX = 16;

  private ThisProgram() {}

  /**
   * The argument list that runs this very build with other arguments.
   *
   * @param heapMegabytes at most
   */
  public static List<String> command(int heapMegabytes, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-Xms" + Math.min(FIRST_MEGABYTES_MAX, heapMegabytes / 2) + "m");
    command.add("-Xmn" + Math.min(YOUNG_MEGABYTES_MAX, heapMegabytes / 4) + "m");
    Path jar = AgentFile.jar();
    if (jar != null && Files.isRegularFile(jar)) {
      command.addAll(List.of("-jar", jar.toAbsolutePath().toString()));
    } else {
      // Not from its jar: from a folder of classes, as in a test.
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.godwit.Main"));
    }
    command.addAll(List.of(arguments));
    return command;
  }
}
