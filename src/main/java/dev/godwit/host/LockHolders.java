package dev.godwit.host;

import dev.godwit.linux.FileLocks;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The processes that hold locks, for whoever has to see them gone: a process lets go of its lock,
 * its socket and the file with its number a moment before it ends.
 */
public final class LockHolders {
  private static final Duration LOOK = Duration.ofMillis(10);
  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /** The name of its lock, by the process. */
  private final Map<ProcessTable.Entry, String> processes;

  private LockHolders(Map<ProcessTable.Entry, String> processes) {
    this.processes = processes;
  }

  /** Those that hold these locks now, but for this process; a lock may lack. */
  public static LockHolders of(List<Path> locks) throws IOException {
    Map<Integer, String> numbers = new LinkedHashMap<>();
    for (Path lock : locks) {
      Optional<Integer> holder = Files.exists(lock) ? FileLocks.holder(lock) : Optional.empty();
      holder.ifPresent(pid -> numbers.put(pid, lock.getFileName().toString()));
    }
    numbers.remove((int) ProcessHandle.current().pid());
    Map<ProcessTable.Entry, String> processes = new LinkedHashMap<>();
    ProcessTable table = ProcessTable.read();
    numbers.forEach((pid, lock) -> table.find(pid).ifPresent(entry -> processes.put(entry, lock)));
    return new LockHolders(processes);
  }

  /**
   * Returns when none of them lives any more.
   *
   * @throws IOException naming those that are left at the limit
   */
  public void awaitEnd(Duration limit) throws IOException, InterruptedException {
    if (!isEndedWithin(limit)) {
      throw new IOException(
          "told to end, but still there after %d s: %s".formatted(limit.toSeconds(), left()));
    }
  }

  /**
   * Ends those of them that do not end by themselves, also what is stopped and would not hear of
   * it.
   *
   * @param byThemselves how long they have for that
   * @param limit as {@link #awaitEnd}, for each signal
   */
  public void end(Duration byThemselves, Duration limit) throws IOException, InterruptedException {
    if (isEndedWithin(byThemselves) || signalled(SIGTERM, byThemselves)) {
      return;
    }
    boolean unused = signalled(SIGKILL, Duration.ZERO);
    awaitEnd(limit);
  }

  private boolean signalled(int signal, Duration limit) throws IOException, InterruptedException {
    for (ProcessTable.Entry process : processes.keySet()) {
      boolean unused = ProcessTable.signal(process, signal);
    }
    return isEndedWithin(limit);
  }

  private boolean isEndedWithin(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (!left().isEmpty()) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      Thread.sleep(LOOK); // processes of their own: nobody tells when they have ended
    }
    return true;
  }

  private String left() throws IOException {
    if (processes.isEmpty()) {
      return "";
    }
    ProcessTable table = ProcessTable.read();
    return processes.entrySet().stream()
        .filter(each -> table.isAlive(each.getKey()))
        .map(each -> "process %d of %s".formatted(each.getKey().pid(), each.getValue()))
        .collect(Collectors.joining(", "));
  }
}
