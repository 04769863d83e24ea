package dev.godwit.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Watches the memory of a run's programs: the largest resident size (VmHWM) that each process ever
 * had, added up over the processes of both ends that are there at the same time; the largest of
 * these sums counts. Pages that forked processes share count once for each, and pages of program
 * files too; it is what two hosts together would need at most. ssh and its server are left out:
 * they are the same for all.
 */
final class PeakMemory implements AutoCloseable {
  private static final Set<String> NOT_COUNTED =
      Set.of("ssh", "sshd", "sftp-server", "sshfs", "sh", "nsenter", "cat");
  private static final long INTERVAL_MS = 40;

  private final RunGroup group;
  private final Thread thread;
  private volatile long largest_kb;
  private volatile boolean ended;

  PeakMemory(RunGroup group) {
    this.group = group;
    thread = Thread.ofPlatform().name("peak-memory").daemon().start(this::watch);
  }

  long bytes() {
    return largest_kb * 1024;
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
        long sum = 0;
        for (String process : group.processes()) {
          sum += peakKilobytes(process);
        }
        largest_kb = Math.max(largest_kb, sum);
        Thread.sleep(INTERVAL_MS);
      } catch (IOException | InterruptedException e) {
        return;
      }
    }
  }

  /** Of a process that counts; 0 for another, and for one that has ended meanwhile. */
  private static long peakKilobytes(String process) {
    List<String> lines;
    try {
      lines = Files.readAllLines(Path.of("/proc", process, "status"));
    } catch (IOException e) {
      return 0;
    }
    for (String line : lines) {
      if (line.startsWith("Name:")
          && NOT_COUNTED.contains(line.substring("Name:".length()).strip())) {
        return 0;
      }
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.substring("VmHWM:".length()).replace("kB", "").strip());
      }
    }
    return 0;
  }
}
