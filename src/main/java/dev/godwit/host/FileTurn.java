package dev.godwit.host;

import dev.godwit.linux.FileLocks;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/**
 * The right to be the only process on this host that does something: a lock on a file. Who waits
 * for it waits for what is under way; but a process that was stopped (SIGSTOP, Ctrl-Z) while it had
 * its turn is ended, for it would keep everybody waiting for as long as it sleeps, clients of a
 * hold among them, and go on in the middle of its order when it wakes up (H50, H59).
 */
public final class FileTurn implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(20);

  /**
   * Longer than anybody stops a process by mistake of a scheduler; a debugger's break is longer.
   */
  private static final Duration STOPPED_MAX = Duration.ofSeconds(1);

  private static final int SIGKILL = 9;

  private final FileChannel channel;

  private FileTurn(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the turn, however long what is under way takes. Threads of one process must not wait
   * at the same time: file locks are the process's.
   *
   * @param file made when it is missing; its content does not matter
   */
  public static FileTurn take(Path file) throws IOException, InterruptedException {
    long stoppedSince = 0;
    Optional<FileTurn> turn = ifFree(file);
    while (turn.isEmpty()) {
      Optional<ProcessTable.Entry> stopped = stoppedHolder(file);
      long now = System.nanoTime();
      stoppedSince = stopped.isEmpty() ? 0 : stoppedSince == 0 ? now : stoppedSince;
      if (stopped.isPresent() && now - stoppedSince > STOPPED_MAX.toNanos()) {
        boolean unused = ProcessTable.signal(stopped.get(), SIGKILL);
      }
      Thread.sleep(LOOK);
      turn = ifFree(file);
    }
    return turn.get();
  }

  /** The turn when nobody else has it now; as {@link #take} in all else. */
  public static Optional<FileTurn> ifFree(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean taken = false;
    try {
      taken = channel.tryLock() != null;
      return taken ? Optional.of(new FileTurn(channel)) : Optional.empty();
    } finally {
      if (!taken) {
        channel.close();
      }
    }
  }

  private static Optional<ProcessTable.Entry> stoppedHolder(Path file) throws IOException {
    Optional<Integer> holder = FileLocks.holder(file);
    return holder.flatMap(ProcessTable::stopped).map(ProcessTable.Stopped::process);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
