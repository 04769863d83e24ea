package dev.godwit.forward.daemons;

import dev.godwit.forward.Daemon;
import dev.godwit.forward.DaemonClient;
import dev.godwit.forward.gate.Census;
import dev.godwit.forward.gate.Leftovers;
import dev.godwit.forward.gate.ReleaseRecord;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.host.Supervisor;
import dev.godwit.linux.Signals;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The process that stays beside a gate's or a landing's, and starts it again when it is killed or
 * hangs; that one goes on with what was decided. For a gate it does at once what the gate cannot do
 * any more: gives names of unix sockets back to their services, and takes rules of the packet
 * filter away. It does nothing else, so that it lives when the other one does not. When this one is
 * killed, the other one starts its successor ({@link SupervisorWatch}).
 */
public final class DaemonSupervisor {
  /** As of a fault in Godwit: the watchdog's. */
  static final int HANGS = 70;

  private static final int HEAP_MEGABYTES = 16;
  private static final int LOCK_TRIES = 50;

  private DaemonSupervisor() {}

  /**
   * A gate's. The process's main.
   *
   * @param arguments the directory of this move alone; made 0700. After it, of one that takes the
   *     place of another: the number of the gate's process
   * @return the exit status of the gate's process
   * @throws IOException also when another one watches there
   */
  public static int gate(List<String> arguments) throws IOException, InterruptedException {
    return gate(arguments, DaemonCommand.ofThisProgram("gate-daemon"));
  }

  static int gate(List<String> arguments, DaemonCommand daemon)
      throws IOException, InterruptedException {
    Path directory = Path.of(arguments.getFirst());
    return run(
        directory,
        GateDaemon.NAME,
        running(arguments),
        daemon.in(directory),
        () -> putBack(directory),
        pid -> countQueued(directory, pid));
  }

  /** A landing's, as {@link #gate(List)}. */
  public static int landing(List<String> arguments) throws IOException, InterruptedException {
    return landing(arguments, DaemonCommand.ofThisProgram("landing-daemon"));
  }

  static int landing(List<String> arguments, DaemonCommand daemon)
      throws IOException, InterruptedException {
    Path directory = Path.of(arguments.getFirst());
    return run(
        directory,
        LandingDaemon.NAME,
        running(arguments),
        daemon.in(directory),
        () -> {},
        pid -> {});
  }

  /** This program, as the supervisor of a gate or a landing. */
  static DaemonCommand command(String name) {
    return DaemonCommand.ofThisProgram(name + "-supervisor", HEAP_MEGABYTES);
  }

  /** Its own process number, for whoever ends all of it by hand. */
  private static Path pid(Path directory, String name) {
    return directory.resolve(name + ".watch.pid");
  }

  private static OptionalLong running(List<String> arguments) {
    return arguments.size() > 1
        ? OptionalLong.of(Long.parseLong(arguments.get(1)))
        : OptionalLong.empty();
  }

  private static int run(
      Path directory,
      String name,
      OptionalLong running,
      List<String> command,
      Runnable cleanUp,
      LongConsumer stopped)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    try (FileChannel channel =
            FileChannel.open(
                DaemonClient.watchLock(directory, name),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock lock = lock(channel)) {
      if (lock == null) {
        throw new IOException("another process watches the " + name + " in " + directory);
      }
      Supervisor supervisor =
          new Supervisor(status -> status == HANGS, cleanUp, stopped, line -> say(name, line));
      for (String signal : List.of("TERM", "INT")) {
        Signals.handle(signal, number -> supervisor.signal(number, true));
      }
      Files.writeString(pid(directory, name), ProcessHandle.current().pid() + "\n");
      cleanUp.run(); // also for a first time that is quick when it counts
      try {
        return running.isPresent()
            ? supervisor.adopt(
                running.getAsLong(), () -> Files.notExists(Daemon.pid(directory, name)), command)
            : supervisor.run(command, command);
      } finally {
        Files.deleteIfExists(pid(directory, name));
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
  private static void putBack(Path directory) {
    try {
      Leftovers.of(directory, ReleaseRecord.isIn(directory));
    } catch (IOException e) {
      say(GateDaemon.NAME, "what it has left could not be put back: " + e.getMessage());
    }
  }

  /** While a gate is stopped who comes stands in its queue, and is cut off with it. */
  private static void countQueued(Path directory, long pid) {
    try {
      Census.add(directory, ServiceListener.queuedAt(pid));
    } catch (IOException e) {
      say(GateDaemon.NAME, "who stands in its queue cannot be counted: " + e.getMessage());
    }
  }

  private static void say(String name, String line) {
    System.err.println(Instant.now() + " " + name + ": " + line);
  }
}
