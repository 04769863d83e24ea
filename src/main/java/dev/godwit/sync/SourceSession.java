package dev.godwit.sync;

import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.LinuxException;
import dev.godwit.sync.LookQueue.Look;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The source side of a copy, beside the tree that is copied: looks where it is told to look, tells
 * the target what is there, and sends what the target wants of it.
 *
 * <p>Invariants: the target is told the present state of a name, never what happened to it (H21).
 * Two looks at one directory never overlap. The receiving thread never waits for room to send.
 *
 * <p>Threads: one lists, one receives, some read files. All methods may be called by any thread.
 * The session ends for good with the first error of its channel; problems with single names do not
 * end it.
 */
public final class SourceSession implements AutoCloseable {
  private static final int JOB_FILES_MAX = 64;

  /** A file that changed so lately may have changed again within one stamp of its time (H19). */
  private static final Duration SUSPECT_AGE = Duration.ofSeconds(2);

  private final TreeRoot root;
  private final Channel channel;
  private final Consumer<byte[]> control;
  private final LookQueue looks = new LookQueue();
  private final Window window = new Window();
  private final LinkGroups links = new LinkGroups();
  private final SourceTally tally = new SourceTally();
  private final ProblemLog problems = new ProblemLog();
  private final Map<Integer, SourceBatch> batches = new ConcurrentHashMap<>();
  private final BlockingQueue<FileSender.Job> jobs = new LinkedBlockingQueue<>();
  private final AtomicInteger nextBatch = new AtomicInteger();
  private final AtomicInteger nextBarrier = new AtomicInteger();
  private final Map<Integer, CompletableFuture<Void>> barriers = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> finished = new CompletableFuture<>();
  private final Set<TreePath> kept = new LinkedHashSet<>();
  private final List<Thread> threads = new ArrayList<>();
  private final int readers;
  private final Thread receiver;

  /** The first thing that ended the session. */
  private volatile @Nullable WireException failure;

  private volatile @Nullable Problem halted;

  private SourceSession(
      TreeRoot root,
      SourceOptions options,
      Excludes excludes,
      Channel toTarget,
      Consumer<byte[]> control) {
    this.root = root;
    this.channel = toTarget;
    this.control = control;
    this.readers = options.readers();
    TreeLister lister = new TreeLister(this, root, excludes);
    var unused = thread("lister", lister::run);
    receiver = thread("receiver", this::receive);
    for (int lane = 0; lane < readers; lane++) {
      FileSender sender = new FileSender(this, root, lane);
      var alsoUnused = thread("reader-" + lane, sender::run);
    }
  }

  /** Starts a session. The root and the channel belong to it from now on. */
  public static SourceSession start(TreeRoot root, SourceOptions options, Channel toTarget)
      throws WireException {
    return start(root, options, toTarget, message -> {});
  }

  /**
   * As {@link #start(TreeRoot, SourceOptions, Channel)}.
   *
   * @param control gets the messages of the controller (first byte 0x80 and above), on the
   *     receiving thread: it must not wait
   */
  public static SourceSession start(
      TreeRoot root, SourceOptions options, Channel toTarget, Consumer<byte[]> control)
      throws WireException {
    SourceSession session;
    try {
      Excludes excludes = Excludes.of(options.filters(), false, root.path());
      session = new SourceSession(root, options, excludes, toTarget, control);
    } catch (WireException e) {
      root.close();
      throw e;
    }
    session.threads.forEach(Thread::start);
    return session;
  }

  /**
   * Asks for a comparison of a directory and of everything below it. Returns at once, or when there
   * is room in the queue.
   *
   * @param directory below the root; empty for the root
   */
  public void lookTree(byte[] directory) throws InterruptedException {
    lookTree(directory, SUSPECT_AGE);
  }

  /**
   * As {@link #lookTree(byte[])}, for a caller who knows for how long changes may have gone unseen.
   *
   * @param unseen files that changed within this time, or later, are compared by content where size
   *     and time are equal (H19); 2 s at the least
   */
  public void lookTree(byte[] directory, Duration unseen) throws InterruptedException {
    Duration age = unseen.compareTo(SUSPECT_AGE) < 0 ? SUSPECT_AGE : unseen;
    Instant since = Instant.now().minus(age);
    long nanos = TimeUnit.SECONDS.toNanos(since.getEpochSecond()) + since.getNano();
    looks.ask(TreePath.of(directory), null, nanos);
  }

  /**
   * As {@link #lookTree(byte[])}, for a tree that has just come to this place: every file is
   * compared by content where size and time are equal.
   */
  public void lookSuspectTree(byte[] directory) throws InterruptedException {
    looks.ask(TreePath.of(directory), null, LookQueue.ALL_SUSPECT);
  }

  /**
   * Asks for a comparison of these names of a directory. A name that the source does not have is
   * removed from the target; a directory that the target does not have is copied with all below it,
   * of one that it has only owner, permissions and time are compared.
   *
   * @param suspect whether files of equal size and time are compared by content too (H19): they
   *     were written, or another file was put in their place
   */
  public void lookNames(byte[] directory, List<byte[]> names, boolean suspect)
      throws InterruptedException {
    looks.ask(
        TreePath.of(directory),
        List.copyOf(names),
        suspect ? LookQueue.ALL_SUSPECT : LookQueue.NONE_SUSPECT);
  }

  /**
   * Says that nothing at, below or above this path is to be removed from the target: another file
   * system is mounted there at the source, or was (H25). Bounded; what is too much is a problem.
   */
  public void keep(byte[] path) throws WireException {
    keep(TreePath.of(path));
  }

  /** The paths that are kept: those told, and those where a mount was found. */
  public List<byte[]> kept() {
    synchronized (kept) {
      return kept.stream().map(path -> path.bytes().clone()).toList();
    }
  }

  /**
   * Waits until everything that was asked for before is compared, transferred and applied.
   *
   * @param durable also wait until it is on the target's disk
   * @return the problems since the last barrier
   * @throws WireException when the session has ended or ends meanwhile
   */
  public BarrierResult barrier(boolean durable) throws WireException, InterruptedException {
    if (!looks.await(looks.closeTicket())) {
      throw ended();
    }
    int number = nextBarrier.getAndIncrement();
    CompletableFuture<Void> answer = new CompletableFuture<>();
    barriers.put(number, answer);
    send(new MessageWriter().u8(Protocol.BARRIER).u32(number).bool(durable));
    await(answer);
    return problems.takeSinceBarrier();
  }

  /**
   * Ends in order, after everything that was asked for is done. Afterwards nothing of this session
   * acts on the target any more.
   */
  public void finish() throws WireException, InterruptedException {
    if (!looks.await(looks.closeTicket())) {
      throw ended();
    }
    looks.close();
    for (int i = 0; i < readers; i++) {
      jobs.add(FileSender.Job.NONE);
    }
    send(new MessageWriter().u8(Protocol.FINISH));
    await(finished);
    channel.finish();
    receiver.join(); // until the other side has finished too
  }

  private void await(CompletableFuture<Void> answer) throws WireException, InterruptedException {
    if (failure != null) {
      throw ended(); // it may have failed before the answer was registered
    }
    try {
      var unused = answer.get();
    } catch (ExecutionException e) {
      throw ended();
    }
  }

  /** What was done so far. */
  public Counters counters() {
    return tally.snapshot(problems.count());
  }

  /** The last problems, at most a thousand. */
  public List<Problem> problems() {
    return problems.kept();
  }

  /** How many looks wait or are under way: 0 when the target has everything asked for. */
  public long pending() {
    return looks.size();
  }

  /** Why the session does nothing more although it is connected (H27); null while it works. */
  public @Nullable Problem halted() {
    return halted;
  }

  /** Ends at once; what is under way on the target is given up there. */
  @Override
  public void close() {
    end(new WireException("the copy to " + channel.peer() + " was ended"));
    for (Thread thread : threads) {
      thread.interrupt();
    }
    channel.close();
    for (Thread thread : threads) {
      try {
        if (thread != Thread.currentThread()) {
          thread.join();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    root.close();
  }

  // What the threads of the session use.

  LookQueue looks() {
    return looks;
  }

  LinkGroups links() {
    return links;
  }

  SourceTally tally() {
    return tally;
  }

  boolean isHalted() {
    return halted != null;
  }

  /** Whether nothing that is still done can reach the target. */
  boolean hasEnded() {
    return failure != null;
  }

  void problem(Problem problem) {
    problems.add(problem);
  }

  /** Another file system is mounted at this path. To be called before it is left out of a batch. */
  void otherMount(TreePath path) throws WireException {
    problem(
        Problem.of(
            Problem.Side.SOURCE,
            path,
            "another file system is mounted there; list it as a tree of its own, or unmount it"));
    keep(path);
  }

  private void keep(TreePath path) throws WireException {
    synchronized (kept) {
      if (kept.contains(path)) {
        return;
      }
      if (kept.size() == Protocol.KEPT_MAX) {
        throw new WireException("more than " + Protocol.KEPT_MAX + " mounts below the tree");
      }
      kept.add(path);
    }
    send(new MessageWriter().u8(Protocol.KEEP).bytes(path.bytes()));
  }

  void halt(Problem problem) {
    synchronized (this) {
      if (halted != null) {
        return;
      }
      halted = problem;
    }
    problems.add(problem);
  }

  void send(MessageWriter message) throws WireException {
    message.sendTo(channel);
  }

  FileSender.Job nextJob() throws InterruptedException {
    return jobs.take();
  }

  void sendBatch(
      SourceBatch.Listing listing,
      int number,
      boolean wholeDirectory,
      ListingMessage.End end,
      Metadata metadata,
      List<Entry> entries)
      throws WireException, InterruptedException {
    if (!window.open(entries.size())) {
      throw ended();
    }
    SourceBatch batch = new SourceBatch(nextBatch.getAndIncrement(), listing, entries);
    listing.opened();
    batches.put(batch.id(), batch);
    MessageWriter message = new MessageWriter(256 + 80 * entries.size());
    new ListingMessage(
            batch.id(),
            number,
            wholeDirectory,
            end,
            listing.look.directory(),
            metadata,
            batch.entries())
        .write(message);
    send(message);
  }

  /** Something was not what it was when it was listed: asks again what it is now. */
  void lookAgain(SourceBatch batch, int index) {
    Look look = batch.look();
    if (look.depth() < TreeLister.DEPTH_MAX) {
      looks.follow(look, look.directory(), List.of(batch.entry(index).name()), true);
    } else {
      problem(
          Problem.of(
              Problem.Side.SOURCE, batch.path(index), "it changes faster than it can be read"));
    }
  }

  /** The content of a file with several names is new: the other names must follow it. */
  void lookAtOtherLinks(SourceBatch batch, long group, TreePath path) {
    for (TreePath other : links.others(group, path)) {
      looks.followLink(batch.look(), other.parent(), other.name());
    }
  }

  private WireException ended() {
    WireException cause = failure;
    return cause == null
        ? new WireException("the copy to " + channel.peer() + " has ended")
        : new WireException(String.valueOf(cause.getMessage()), cause);
  }

  /** Ends the session; the first reason stays. */
  private void end(WireException reason) {
    synchronized (this) {
      if (failure == null) {
        failure = reason;
      }
    }
    looks.close();
    window.close();
    for (int i = 0; i < readers; i++) {
      jobs.add(FileSender.Job.NONE);
    }
    barriers.values().forEach(answer -> answer.completeExceptionally(reason));
    finished.completeExceptionally(reason);
  }

  private interface Work {
    void run() throws WireException, InterruptedException;
  }

  private Thread thread(String role, Work work) {
    Thread thread =
        Thread.ofPlatform()
            .name("sync-source-" + role)
            .daemon()
            .unstarted(
                () -> {
                  try {
                    work.run();
                  } catch (WireException e) {
                    end(e);
                    channel.fail(String.valueOf(e.getMessage()));
                  } catch (InterruptedException e) {
                    end(new WireException("the copy to " + channel.peer() + " was ended", e));
                  } catch (RuntimeException | Error e) {
                    end(new WireException("the copy failed inside: " + e, e));
                    channel.fail("the source side failed inside");
                    throw e;
                  }
                });
    threads.add(thread);
    return thread;
  }

  /** The receiving thread; nothing here waits for the other side to take something. */
  private void receive() throws WireException {
    while (true) {
      byte[] message = channel.receive();
      if (message == null) {
        if (finished.isDone()) {
          return;
        }
        throw new WireException(channel.peer() + " ended the copy before it was complete");
      }
      received(message);
    }
  }

  private void received(byte[] bytes) throws WireException {
    MessageReader message = new MessageReader(bytes);
    int type = message.u8();
    switch (type) {
      case Protocol.WANT -> wanted(message);
      case Protocol.SUMS -> sums(message);
      case Protocol.LACKS -> lacks(message);
      case Protocol.MISSING -> missing(batch(message.u32()));
      case Protocol.REMOVED -> removed(message);
      case Protocol.DONE -> done(message);
      case Protocol.PROBLEM -> problem(targetProblem(message));
      case Protocol.HALT -> halt(targetProblem(message));
      case Protocol.BARRIER_DONE -> {
        CompletableFuture<Void> answer = barriers.remove(message.u32());
        if (answer == null) {
          throw new WireException("the target answers a barrier that was not set");
        }
        answer.complete(null);
      }
      case Protocol.FINISHED -> finished.complete(null);
      case Protocol.CANCEL -> {
        SourceBatch batch = batches.get(message.u32());
        int index = message.count(Protocol.BATCH_ENTRIES_MAX);
        if (batch != null) {
          batch.cancel(index);
        }
      }
      default -> {
        if (type < Protocol.CONTROLLER_ONLY) {
          throw Protocol.unexpected(type, "target");
        }
        control.accept(bytes);
        return;
      }
    }
    if (type != Protocol.REMOVED) {
      message.end();
    }
  }

  private SourceBatch batch(int id) throws WireException {
    SourceBatch batch = batches.get(id);
    if (batch == null) {
      throw new WireException("the target speaks of a batch that is not open");
    }
    return batch;
  }

  private static int[] indices(MessageReader message) throws WireException {
    int[] indices = new int[message.count(Protocol.BATCH_ENTRIES_MAX)];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = message.count(Protocol.BATCH_ENTRIES_MAX);
    }
    return indices;
  }

  private void wanted(MessageReader message) throws WireException {
    SourceBatch batch = batch(message.u32());
    int[] indices = indices(message);
    for (int index : indices) {
      batch.want(index);
    }
    for (int from = 0; from < indices.length; from += JOB_FILES_MAX) {
      int to = Math.min(indices.length, from + JOB_FILES_MAX);
      jobs.add(new FileSender.Job(batch, Arrays.copyOfRange(indices, from, to), List.of()));
    }
  }

  private void sums(MessageReader message) throws WireException {
    SourceBatch batch = batch(message.u32());
    List<SuspectCheck.Sum> sums =
        message.list(
            Protocol.BATCH_ENTRIES_MAX,
            m ->
                new SuspectCheck.Sum(
                    m.count(Protocol.BATCH_ENTRIES_MAX), m.bytes(ContentSum.BYTES)));
    for (SuspectCheck.Sum sum : sums) {
      batch.want(sum.index());
    }
    jobs.add(
        new FileSender.Job(batch, sums.stream().mapToInt(SuspectCheck.Sum::index).toArray(), sums));
  }

  private void lacks(MessageReader message) throws WireException {
    SourceBatch batch = batch(message.u32());
    for (int index : indices(message)) {
      if (index >= batch.size() || batch.entry(index).kind() != Entry.Kind.DIRECTORY) {
        throw new WireException("the target lacks what it was not offered");
      }
      looks.follow(batch.look(), batch.path(index), null, false);
    }
  }

  private void missing(SourceBatch batch) {
    if (!batch.listing().isNewlyMissing()) {
      return;
    }
    Look look = batch.look();
    if (look.directory().isRoot() || look.depth() >= TreeLister.DEPTH_MAX) {
      problem(
          Problem.of(
              Problem.Side.TARGET, look.directory(), "the directory cannot be made or kept"));
      return;
    }
    looks.follow(look, look.directory().parent(), List.of(look.directory().name()), true);
  }

  /**
   * The target removed a directory with everything in it. If it has come back at the source since,
   * what was sent of it meanwhile may have been removed too.
   */
  private void removed(MessageReader message) throws WireException {
    SourceBatch batch = batch(message.u32());
    TreePath path = TreePath.received(message.bytes(TreePath.BYTES_MAX));
    message.end();
    try (DirectoryHandle here = root.within(path)) {
      if (batch.look().depth() < TreeLister.DEPTH_MAX) {
        looks.follow(batch.look(), path, null, true);
      } else {
        problem(Problem.of(Problem.Side.SOURCE, path, "the directory comes and goes"));
      }
    } catch (LinuxException e) {
      // It is gone here as well, or what is wrong with it is found when it is looked at.
    }
  }

  private void done(MessageReader message) throws WireException {
    int id = message.u32();
    tally.told(TargetFigures.read(message));
    SourceBatch batch = batches.remove(id);
    if (batch == null) {
      throw new WireException("the target ends a batch that is not open");
    }
    window.done(batch.size());
    if (batch.listing().batchDone()) {
      looks.done(batch.look());
    }
  }

  private static Problem targetProblem(MessageReader message) throws WireException {
    Problem problem = Problem.read(message);
    return new Problem(Problem.Side.TARGET, problem.path(), problem.cause(), problem.errno());
  }
}
