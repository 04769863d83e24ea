package dev.godwit.forward.daemons;

import dev.godwit.forward.Daemon;
import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.Moves;
import dev.godwit.host.LockHolders;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Tells a daemon to end; that is done when neither it nor its supervisor is there any more. */
final class EndOrder {
  /** A daemon closes what it has first; a supervisor has nothing to do then. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final long LOOK_MILLIS = 10;

  private EndOrder() {}

  /**
   * Asks it to end and waits for its processes.
   *
   * @return its answer as it is, refusals included, also when none runs
   * @throws IOException naming the processes that are left after ten seconds
   */
  static byte[] obey(Path directory, String name, byte[] request)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    LockHolders processes = processes(directory, name);
    byte[] answer = Moves.ask(directory, name, request);
    // One that died is being started again: it would come up when all else is taken down.
    while (Moves.isAbsent(answer)
        && DaemonClient.isWatched(directory, name)
        && System.nanoTime() - end < 0) {
      Thread.sleep(LOOK_MILLIS);
      processes = processes(directory, name);
      answer = Moves.ask(directory, name, request);
    }
    if (Moves.isObeyed(answer) || Moves.isAbsent(answer)) {
      processes.awaitEnd(LIMIT);
    }
    return answer;
  }

  private static LockHolders processes(Path directory, String name) throws IOException {
    return LockHolders.of(
        List.of(Daemon.lock(directory, name), DaemonClient.watchLock(directory, name)));
  }
}
