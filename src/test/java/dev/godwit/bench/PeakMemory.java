package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Watches the memory of a run's programs: the largest resident size (VmHWM) that each process ever
 * had, added up over the processes of both ends. That counts the pages that forked processes share
 * once for each, and pages of program files too; it is what two hosts together would need at most.
 * ssh and its server are left out: they are the same for all.
 */
final class PeakMemory implements AutoCloseable {
  private static final Set<String> NOT_COUNTED =
      Set.of("ssh", "sshd", "sftp-server", "sshfs", "sh", "nsenter", "cat");
  private static final long INTERVAL_MS = 40;

  private final RunGroup group;
  private final Map<String, Long> peaks_kb = new ConcurrentHashMap<>();
  private final Thread thread;
  private volatile boolean ended;

  PeakMemory(RunGroup group) {
    this.group = group;
    thread = Thread.ofPlatform().name("peak-memory").daemon().start(this::watch);
  }

  long bytes() {
    return peaks_kb.values().stream().mapToLong(Long::longValue).sum() * 1024;
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.interrupt();
    thread.join();
  }

  private void watch() {
    while (!ended) {
      try {
        for (String process : group.processes()) {
          look(process);
        }
        Thread.sleep(INTERVAL_MS);
      } catch (IOException | InterruptedException e) {
        return;
      }
    }
  }

  private void look(String process) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc", process, "status"));
    } catch (IOException e) {
      return; // it has ended meanwhile
    }
    String name = "";
    for (String line : lines) {
      if (line.startsWith("Name:")) {
        name = line.substring("Name:".length()).strip();
      } else if (line.startsWith("VmHWM:")) {
        long kb = Long.parseLong(line.substring("VmHWM:".length()).replace("kB", "").strip());
        if (NOT_COUNTED.contains(name)) {
          peaks_kb.remove(process);
        } else {
          peaks_kb.put(process, kb);
        }
      }
    }
  }
}
