package dev.godwit.forward.daemons;

import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.forward.gate.ReleaseRecord;
import dev.godwit.host.Supervisor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;

/**
 * The process that stays beside a gate's, and does at once what that cannot do any more when it is
 * killed or hangs: gives names of unix sockets back to their services, takes rules of the packet
 * filter away, and starts the gate again. That one goes on with a release, or puts back the
 * services of a hold. It does nothing else, so that it lives when the gate does not.
 */
public final class GateSupervisor {
  /** As of a fault in Godwit: the watchdog's. */
  private static final int HANGS = 70;

  private static final int HEAP_MEGABYTES = 16;
  private static final int LOCK_TRIES = 50;

  /** Its own number, for whoever ends all of it by hand: this one first. */
  private static final String PID = "gate.watch.pid";

  private GateSupervisor() {}

  /**
   * Runs a gate's process until that ends in order, or cannot even begin. The process's main.
   *
   * @param directory of this move's gate alone; made 0700
   * @param command of the gate's process
   * @return the exit status of the gate's process
   * @throws IOException also when another one watches there
   */
  public static int run(Path directory, List<String> command)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    try (FileChannel channel =
            FileChannel.open(
                DaemonClient.watchLock(directory, GateDaemon.NAME),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lock(channel)) {
      if (lock == null) {
        throw new IOException("another process watches the gate in " + directory);
      }
      Supervisor supervisor =
          new Supervisor(status -> status == HANGS, () -> cleanUp(directory), GateSupervisor::say);
      for (String signal : List.of("TERM", "INT")) {
        Signal.handle(new Signal(signal), s -> supervisor.signal(s.getNumber(), true));
      }
      Files.writeString(directory.resolve(PID), ProcessHandle.current().pid() + "\n");
      cleanUp(directory); // also for a first time that is quick when it counts
      try {
        return supervisor.run(command, command);
      } finally {
        Files.deleteIfExists(directory.resolve(PID));
      }
    }
  }

  /** Who only asks whether somebody watches has it for a moment. */
  private static @Nullable FileLock lock(FileChannel channel)
      throws IOException, InterruptedException {
    FileLock lock = channel.tryLock();
    for (int i = 0; lock == null && i < LOCK_TRIES; i++) {
      Thread.sleep(10);
      lock = channel.tryLock();
    }
    return lock;
  }

  /** As soon as the gate has died: its clients find the services again. */
  private static void cleanUp(Path directory) {
    try {
      Leftovers.of(directory, ReleaseRecord.isIn(directory));
    } catch (IOException e) {
      say("what the gate has left could not be put back: " + e.getMessage());
    }
  }

  private static void say(String line) {
    System.err.println(Instant.now() + " gate: " + line);
  }

  /** This program, as the gate's supervisor and as the gate. */
  static DaemonCommand command() {
    return DaemonCommand.ofThisProgram("gate-supervisor", HEAP_MEGABYTES);
  }

  /** As {@link #run(Path, List)}, with the gate's process of this program. */
  public static int run(Path directory) throws IOException, InterruptedException {
    return run(directory, DaemonCommand.ofThisProgram("gate-daemon").in(directory));
  }
}
