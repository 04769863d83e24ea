package dev.godwit.forward;

import dev.godwit.linux.ProcessTable;
import java.time.Instant;
import java.util.Optional;

/**
 * A process as it is written into a file, for those who look later whether it lives: a number is
 * reused, with its start time it is not.
 */
public final class ProcessIdentity {
  private ProcessIdentity() {}

  /** This process's: its number and when it started. */
  public static String own() {
    return of(ProcessHandle.current());
  }

  private static String of(ProcessHandle process) {
    return process.pid() + " " + process.info().startInstant().orElse(Instant.EPOCH).toEpochMilli();
  }

  /** Whether a process lives; false for what is none. */
  public static boolean isLiving(String identity) {
    int space = identity.indexOf(' ');
    if (space < 1) {
      return false;
    }
    try {
      Optional<ProcessHandle> process =
          ProcessHandle.of(Long.parseLong(identity, 0, space, 10)).filter(ProcessHandle::isAlive);
      return process.isPresent()
          && of(process.get()).equals(identity)
          && ProcessTable.isLiving(process.get().pid()); // Java counts those who have ended
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
