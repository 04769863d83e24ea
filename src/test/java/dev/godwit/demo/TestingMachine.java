package dev.godwit.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a lab could leave behind on the machine. */
final class TestingMachine {
  private TestingMachine() {}

  /** Mounts, network devices, loop devices on a lab's image, folders in /tmp. */
  static Set<String> traces() throws IOException {
    Set<String> traces = new TreeSet<>();
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      lines.filter(line -> line.contains("godwit-lab")).forEach(traces::add);
    }
    for (String folder : List.of("/sys/class/net", "/media", "/mnt")) {
      try (Stream<Path> entries = Files.list(Path.of(folder))) {
        entries.map(Path::toString).forEach(traces::add);
      }
    }
    return traces;
  }

  /** Processes below {@code parent}, however deep. */
  static Set<Long> descendants(long parent) {
    return ProcessHandle.of(parent).stream()
        .flatMap(ProcessHandle::descendants)
        .map(ProcessHandle::pid)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Network namespaces that some process of the machine lives in. */
  static boolean namespaceIsUsed(String link) throws IOException {
    try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
      return processes
          .filter(path -> path.getFileName().toString().matches("[0-9]+"))
          .anyMatch(path -> link.equals(linkOf(path)));
    }
  }

  static String linkOf(Path process) {
    try {
      return Files.readSymbolicLink(process.resolve("ns/net")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** Loop devices whose image is one of a lab's that lies in the given mount namespace's tmpfs. */
  static boolean loopIsUsed(String device) {
    Path backing = Path.of("/sys/block", device, "loop/backing_file");
    return Files.exists(backing);
  }
}
