package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What figures depend on, apart from the programs. */
final class MachineFacts {
  private MachineFacts() {}

  /** Names and values, in the order in which they are told. */
  static Map<String, String> read(Path folder) throws IOException {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "processor",
        Runtime.getRuntime().availableProcessors()
            + " x "
            + value(Path.of("/proc/cpuinfo"), "model name"));
    facts.put("memory", memory() + " GB");
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put(
        "disk",
        "sources and targets are ext4 with a journal on loop devices, in files on "
            + Files.getFileStore(folder).type());
    facts.put("java", System.getProperty("java.vendor.version"));
    facts.put("rsync", firstLine("rsync", "--version").replaceAll(" +", " "));
    facts.put("ssh", firstLine("ssh", "-V"));
    return facts;
  }

  /** Processes that want a processor, averaged over the last minute. */
  static String load() throws IOException {
    String text = Files.readString(Path.of("/proc/loadavg"));
    return text.substring(0, text.indexOf(' '));
  }

  private static long memory() throws IOException {
    String kb = value(Path.of("/proc/meminfo"), "MemTotal").replace("kB", "").strip();
    return Math.round(Long.parseLong(kb) / 1e6);
  }

  private static String value(Path file, String key) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(key)) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return "unknown";
  }

  private static String firstLine(String... command) throws IOException {
    return Programs.tryRun(List.of(command)).text().lines().findFirst().orElse("unknown");
  }
}
