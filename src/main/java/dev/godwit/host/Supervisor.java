package dev.godwit.host;

import dev.godwit.linux.LinuxException;
import dev.godwit.linux.ProcessTable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program in the foreground, with this process's own input and outputs, and again whenever
 * it ends otherwise than in order: by a signal that it does not handle, or by an exit status that
 * is not 0. One that was never at work ends this too: it could not begin. One that is stopped
 * (SIGSTOP) for a second is ended: others wait for it, and nobody may come to wake it up (H50).
 *
 * <p>Threads: {@link #run} or {@link #adopt} by one, {@link #signal} by any; one looks whether the
 * program is stopped.
 */
public final class Supervisor {
  /** Exit statuses from here on are of a signal. */
  private static final int SIGNALLED = 128;

  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  private static final Duration LOOK = Duration.ofMillis(250);

  /**
   * Looks until a program that a signal has stopped is ended: as long as a watchdog gives a loop
   * that hangs. With the time that the next one needs for its start it is less than a hold lasts.
   * One that is only slow on a busy machine is not in that state, however slow it is.
   */
  private static final int LOOKS = 4;

  /** The same of one that a debugger has stopped: as for a picture of its memory (gcore). */
  private static final int TRACED_LOOKS = 40;

  private static final Duration PAUSE_MAX = Duration.ofSeconds(10);

  private final IntPredicate isFault;
  private final Runnable died;
  private final LongConsumer stopped;
  private final Consumer<String> log;
  private final Duration look;
  private volatile boolean ending;
  private volatile long pid;

  /**
   * @param isFault whether this exit status is one of a program that was at work, however short
   * @param log told of each start after the first, a line at a time
   */
  public Supervisor(IntPredicate isFault, Consumer<String> log) {
    this(isFault, () -> {}, pid -> {}, log);
  }

  /**
   * One that cleans up behind its program.
   *
   * @param isFault as above
   * @param died runs as soon as the program has ended otherwise than in order, after it was at work
   * @param stopped told of the process number of one that is stopped, just before it is ended
   * @param log as above
   */
  public Supervisor(
      IntPredicate isFault, Runnable died, LongConsumer stopped, Consumer<String> log) {
    this(isFault, died, stopped, log, LOOK);
  }

  /**
   * @param look from one look to the next
   */
  Supervisor(
      IntPredicate isFault,
      Runnable died,
      LongConsumer stopped,
      Consumer<String> log,
      Duration look) {
    this.isFault = isFault;
    this.died = died;
    this.stopped = stopped;
    this.log = log;
    this.look = look;
  }

  /**
   * Runs until the program ends in order, or cannot even begin.
   *
   * @param first its argument list
   * @param again the same for every start after the first
   * @return its exit status; 128 + the number of the signal that ended it
   * @throws IOException when the program cannot be started at all
   */
  public int run(List<String> first, List<String> again) throws IOException, InterruptedException {
    Thread looking = startLooking();
    try {
      return run(first, again, false);
    } finally {
      looking.interrupt();
    }
  }

  /**
   * Takes the place of a supervisor that died: the same for a program that runs already, and is
   * nobody's child any more.
   *
   * @param running its process number
   * @param inOrder whether it has ended in order: its exit status is told to its parent only
   * @param again its argument list for every other start
   * @return as above; 0 also for one that has ended in order before there was another start
   */
  public int adopt(long running, BooleanSupplier inOrder, List<String> again)
      throws IOException, InterruptedException {
    Thread looking = startLooking();
    try {
      synchronized (this) {
        pid = running;
        if (ending) {
          Processes.signal(running, SIGTERM);
        }
      }
      ProcessTable.awaitEnd(running);
      pid = 0;
      if (ending || inOrder.getAsBoolean()) {
        return 0;
      }
      died.run();
      log.accept("process " + running + " has ended");
      return run(again, again, true);
    } finally {
      looking.interrupt();
    }
  }

  private Thread startLooking() {
    return Thread.ofPlatform().daemon().name("supervisor").start(this::look);
  }

  /**
   * Counts its own looks, not the time: where this process was stopped too, or the machine slept,
   * nothing is concluded.
   */
  private void look() {
    long last = 0;
    int stoppedLooks = 0;
    try {
      while (true) {
        Thread.sleep(look);
        long now = pid;
        Optional<ProcessTable.Stopped> found =
            now > 0 ? ProcessTable.stopped((int) now) : Optional.empty();
        stoppedLooks = found.isPresent() && now == last ? stoppedLooks + 1 : 0;
        last = now;
        if (found.isPresent() && stoppedLooks >= (found.get().isTraced() ? TRACED_LOOKS : LOOKS)) {
          log.accept("process " + now + " was stopped by somebody and not let go on; it is ended");
          stopped.accept(now);
          boolean unused = ProcessTable.signal(found.get().process(), SIGKILL);
          stoppedLooks = 0;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LinuxException e) {
      log.accept("a process that was stopped cannot be ended: " + e.getMessage());
    }
  }

  private int run(List<String> first, List<String> again, boolean isAgain)
      throws IOException, InterruptedException {
    List<String> argv = first;
    Duration pause = Duration.ZERO;
    boolean wasAtWork = isAgain;
    int exit = 0;
    while (true) {
      long start = System.nanoTime();
      Process process = start(argv);
      if (process == null) {
        return exit;
      }
      exit = process.waitFor();
      pid = 0; // a number that is free is soon somebody else's
      Duration lived = Duration.ofNanos(System.nanoTime() - start);
      // Not how long it lived: a program may take its time to find that it cannot begin.
      wasAtWork |= exit >= SIGNALLED || isFault.test(exit);
      if (exit != 0 && wasAtWork) {
        died.run();
      }
      if (ending || exit == 0 || !wasAtWork) {
        return exit;
      }
      // At once, unless it ends again and again.
      pause =
          lived.compareTo(PAUSE_MAX) >= 0
              ? Duration.ZERO
              : pause.isZero() ? Duration.ofMillis(100) : min(pause.multipliedBy(2), PAUSE_MAX);
      log.accept(
          "process "
              + process.pid()
              + " has ended with status "
              + exit
              + (pause.isZero() ? "" : "; the next one starts in " + pause.toMillis() + " ms"));
      if (isEndedWithin(pause)) {
        return exit;
      }
      argv = again;
    }
  }

  /** Null when a signal has ended it all before. */
  private synchronized @Nullable Process start(List<String> argv) throws IOException {
    if (ending) {
      return null;
    }
    Process process = new ProcessBuilder(Processes.found(argv)).inheritIO().start();
    pid = process.pid();
    return process;
  }

  private synchronized boolean isEndedWithin(Duration pause) throws InterruptedException {
    long end = System.nanoTime() + pause.toNanos();
    for (long left = pause.toMillis(); !ending && left > 0; ) {
      wait(left);
      left = (end - System.nanoTime()) / 1_000_000;
    }
    return ending;
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  /**
   * Passes a signal on to the program that runs now.
   *
   * @param number as in signal(7)
   * @param ends the program is not started again after it
   */
  public synchronized void signal(int number, boolean ends) {
    ending |= ends;
    notifyAll();
    long to = pid;
    if (to > 0) {
      Processes.signal(to, number);
    }
  }
}
