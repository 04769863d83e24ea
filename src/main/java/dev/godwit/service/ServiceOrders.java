package dev.godwit.service;

import dev.godwit.host.EpochFence;
import dev.godwit.host.FencedException;
import dev.godwit.host.FileTurn;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.FileLocks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The orders of one move to the services of this host: one after the other, none of an epoch that
 * is over, whichever process they come through.
 *
 * <p>What it prevents: a controller's stop is under way when the lease of the hold ends. Were the
 * gate to start the services meanwhile, it would find them running, give them the clients, and then
 * the stop would succeed. So the way back first ends the epoch, then waits for its turn; a
 * controller that was stopped (SIGSTOP) in the middle of an order is ended ({@link FileTurn}).
 *
 * <p>Questions after the state of a service have their turn too: some programs find out whether
 * they run by taking the lock that they have while they run (Postfix, {@code master -t}), so that
 * of two who ask at once one hears that it runs, and a start fails that comes at that moment.
 */
public final class ServiceOrders {
  private static final String FOLDER = "services";
  private static final String LOCK = "orders.lock";

  /** File locks are held by the process, not the thread. */
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final Path directory;

  private ServiceOrders(Path directory) {
    this.directory = directory;
  }

  /** The orders of a move on this host. */
  public static ServiceOrders of(String move) throws IOException {
    return in(RuntimeDirectory.of(move).resolve(FOLDER));
  }

  /** The orders that are kept in this directory; made when it is missing. */
  static ServiceOrders in(Path directory) throws IOException {
    Files.createDirectories(directory);
    return new ServiceOrders(directory);
  }

  /** What is done about a service. */
  @FunctionalInterface
  public interface Work {
    void run() throws IOException, InterruptedException;
  }

  /**
   * Obeys an order when its turn comes.
   *
   * @throws FencedException when the epoch is over by then
   */
  public void obey(long epoch, Work work) throws IOException, InterruptedException {
    // An order that is refused anyway does not wait, and ends nobody who sleeps.
    refuseEnded(epoch);
    inTurn(
        () -> {
          refuseEnded(epoch);
          EpochFence.open(directory).check(epoch);
          work.run();
        });
  }

  private void refuseEnded(long epoch) throws IOException {
    long highest =
        Math.max(
            EpochFence.open(directory).highest(), EpochFence.openUntilReboot(directory).highest());
    if (epoch < highest) {
      throw new FencedException(epoch, highest);
    }
  }

  /**
   * Ends an epoch, whose orders are refused from now on, those that wait for their turn too; then
   * does the work when what is under way has ended. The way back: no epoch keeps it out, nor does a
   * disk that is full or has become read-only.
   */
  public void takeBack(long epoch, Work work) throws IOException, InterruptedException {
    try {
      end(EpochFence.open(directory), epoch);
    } catch (IOException e) {
      // Below /run, which is in memory: until a reboot, which ends whoever is under way as well.
      try {
        end(EpochFence.openUntilReboot(directory), epoch);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      System.getLogger(ServiceOrders.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the way back begins, but its epoch cannot be kept where it outlives a reboot",
              e);
    }
    inTurn(work);
  }

  private static void end(EpochFence fence, long epoch) throws IOException {
    if (fence.highest() <= epoch) {
      fence.check(epoch + 1);
    }
  }

  /** Asks a question when what is under way has ended; where no order was ever given, at once. */
  static void ask(String move, Work question) throws IOException, InterruptedException {
    Optional<Path> folder = RuntimeDirectory.find(move).map(of -> of.resolve(FOLDER));
    if (folder.isPresent() && Files.isDirectory(folder.get())) {
      new ServiceOrders(folder.get()).inTurn(question);
    } else {
      question.run();
    }
  }

  /** Asks a question, unless an order is under way, after which things are not as they were. */
  void askIfFree(Work question) throws IOException, InterruptedException {
    if (!IN_PROCESS.tryLock()) {
      return;
    }
    try {
      Optional<FileTurn> free = FileTurn.ifFree(directory.resolve(LOCK));
      if (free.isPresent()) {
        try (FileTurn turn = free.get()) {
          question.run();
        }
      }
    } finally {
      IN_PROCESS.unlock();
    }
  }

  /** The process on this host that an order of a move is under way in now, if one is. */
  static Optional<Integer> underWayIn(String move) throws IOException {
    Optional<Path> lock =
        RuntimeDirectory.find(move)
            .map(of -> of.resolve(FOLDER).resolve(LOCK))
            .filter(Files::exists);
    return lock.isPresent() ? FileLocks.holder(lock.get()) : Optional.empty();
  }

  private void inTurn(Work work) throws IOException, InterruptedException {
    IN_PROCESS.lockInterruptibly();
    try (FileTurn turn = FileTurn.take(directory.resolve(LOCK))) {
      work.run();
    } finally {
      IN_PROCESS.unlock();
    }
  }
}
