package dev.godwit.forward.daemons;

import dev.godwit.forward.DaemonClient;
import dev.godwit.host.Detached;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A daemon's eye on the {@link DaemonSupervisor} beside it: when that one is killed, another one is
 * started in its place. Only of a daemon that was started by one.
 */
final class SupervisorWatch {
  private static final System.Logger LOG = System.getLogger(SupervisorWatch.class.getName());
  private static final int LOOKS = 400;
  private static final long LOOK_MILLIS = 50;

  /** Before another attempt after one that failed. */
  private static final long PAUSE_MILLIS = 10_000;

  private final Path directory;
  private final String name;
  private final List<String> command;
  private volatile boolean watched;

  private SupervisorWatch(Path directory, String name, List<String> command) {
    this.directory = directory;
    this.name = name;
    this.command = command;
  }

  /**
   * Begins, when there is a supervisor.
   *
   * @param name of this daemon
   * @param supervisor what starts another one, but for this process's number
   */
  static SupervisorWatch start(Path directory, String name, DaemonCommand supervisor)
      throws IOException {
    List<String> command = new ArrayList<>(supervisor.in(directory));
    command.add(Long.toString(ProcessHandle.current().pid()));
    SupervisorWatch watch = new SupervisorWatch(directory, name, command);
    watch.watched = DaemonClient.isWatched(directory, name);
    if (watch.watched) {
      Thread.ofPlatform().daemon().name(name + " supervisor watch").start(watch::run);
    }
    return watch;
  }

  /** Whether somebody would start this daemon again. */
  boolean isWatched() {
    return watched;
  }

  private void run() {
    try {
      while (true) {
        try {
          awaitEnd();
          watched = false;
          LOG.log(System.Logger.Level.WARNING, "the supervisor has ended; another one is started");
          long unused = Detached.start(command, DaemonClient.log(directory, name));
          watched = isSoonWatched();
        } catch (IOException e) {
          LOG.log(System.Logger.Level.ERROR, "nobody would start this process again", e);
        }
        if (!watched) {
          Thread.sleep(PAUSE_MILLIS);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until nobody has the lock any more; the kernel lets go of it with its process. */
  private void awaitEnd() throws IOException {
    try (FileChannel channel =
            FileChannel.open(DaemonClient.watchLock(directory, name), StandardOpenOption.WRITE);
        FileLock unused = channel.lock()) {
      return;
    }
  }

  private boolean isSoonWatched() throws IOException, InterruptedException {
    for (int i = 0; i < LOOKS && !DaemonClient.isWatched(directory, name); i++) {
      Thread.sleep(LOOK_MILLIS);
    }
    return DaemonClient.isWatched(directory, name);
  }
}
