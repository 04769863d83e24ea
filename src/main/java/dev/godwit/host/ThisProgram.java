package dev.godwit.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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

  private static final Path OWN_COMMAND_LINE = Path.of("/proc/self/cmdline");

  /** Behind these comes where the program is. */
  private static final Set<String> NAMES_PROGRAM = Set.of("-jar", "-cp", "-classpath");

  private ThisProgram() {}

  /**
   * The argument list that runs this very build with other arguments.
   *
   * @param heapMegabytes at most
   */
  public static List<String> command(int heapMegabytes, String... arguments) {
    List<String> command = new ArrayList<>(NameEncoding.utf8());
    command.addAll(command(heapMegabytes, List.of(NameEncoding.flag()), arguments));
    return command;
  }

  /**
   * The same for a process that does in the background what this one would do: the flags with which
   * this one was started have the last word, so that it takes what is known of this one; it begins
   * with the same locale.
   */
  public static List<String> commandAsThis(int heapMegabytes, String... arguments)
      throws IOException {
    return command(heapMegabytes, ownFlags(), arguments);
  }

  /** What stands before the program in this process's command line (proc(5)). */
  private static List<String> ownFlags() throws IOException {
    List<String> words =
        List.of(new String(Files.readAllBytes(OWN_COMMAND_LINE), UTF_8).split("\0", -1));
    return words.stream()
        .skip(1)
        .takeWhile(word -> word.startsWith("-") && !NAMES_PROGRAM.contains(word))
        .toList();
  }

  private static List<String> command(
      int heapMegabytes, List<String> lastFlags, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-Xms" + Math.min(FIRST_MEGABYTES_MAX, heapMegabytes / 2) + "m");
    command.add("-Xmn" + Math.min(YOUNG_MEGABYTES_MAX, heapMegabytes / 4) + "m");
    command.addAll(lastFlags);
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
