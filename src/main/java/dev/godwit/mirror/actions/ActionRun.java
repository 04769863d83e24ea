package dev.godwit.mirror.actions;

import dev.godwit.host.Command;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Names;
import dev.godwit.linux.PathText;
import dev.godwit.mirror.actions.ActionState.Phase;
import dev.godwit.mirror.actions.WaitingEvents.Waiting;
import dev.godwit.sync.filter.FilterRule;
import dev.godwit.watch.Batch;
import dev.godwit.watch.Change;
import dev.godwit.watch.Root;
import dev.godwit.watch.Watch;
import dev.godwit.watch.WatchState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Follows one directory and runs the commands for what happens in it.
 *
 * <p>Invariants: the watch is open before the first look (H18). A change is dirty, or its command
 * waits, runs or has ended. Commands of related names run one after the other. A look is made, and
 * a command started, only while the directory is the one that it was (H27). What was there before
 * the first look runs nothing.
 *
 * <p>One thread does everything; commands have one each that waits for their end. What others want
 * comes as orders, and a flush of the watch wakes the thread for them.
 */
public final class ActionRun implements AutoCloseable {
  private static final Duration TAKE = Duration.ofSeconds(1);
  private static final Duration AGAIN_AFTER_MIN = Duration.ofSeconds(1);
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  /** As in a shell, when a program cannot be started. */
  private static final int NOT_STARTED = 127;

  /** So many names may always go at once; more, and nothing left, and it is not believed. */
  private static final int EMPTIED_NAMES_MAX = 100;

  private static final int SHOWN_MAX = 20;

  /**
   * What to follow.
   *
   * @param source absolute path of the directory
   * @param filters which names take part
   * @param delay for how long the changes of a name are collected
   */
  @SuppressWarnings("ArrayRecordComponent") // paths are bytes; never compared
  public record Job(byte[] source, List<FilterRule> filters, Duration delay, Actions actions) {
    public Job {
      filters = List.copyOf(filters);
    }
  }

  /** A command that is to be run again. */
  private record Again(Waiting waiting, long dueNanos) {}

  /** How a command ended. */
  private record Ended(Waiting waiting, int status) {}

  /** Somebody waits for all that happened before he asked. */
  private static final class Barrier {
    final CompletableFuture<Void> done = new CompletableFuture<>();
    long ticket = Long.MAX_VALUE;

    /** Of the last change that counts, and of the look that has seen it; -1: not known yet. */
    long number = -1;

    long look = -1;
  }

  private final Job job;
  private final Consumer<String> log;
  private final Thread thread;
  private final LinkedBlockingQueue<Runnable> orders = new LinkedBlockingQueue<>();

  /** Guards the watch of the moment against its end while others wake it. */
  private final Object waking = new Object();

  private @Nullable Watch watch;
  private volatile boolean isClosing;
  private volatile ActionState state;

  // Of the thread.
  private final DirtyNames dirty;
  private final WaitingEvents events = new WaitingEvents();
  private final Map<Waiting, Command> commands = new LinkedHashMap<>();
  private final List<Again> again = new ArrayList<>();

  /** What commands said last that are run until they say something else, also while they run. */
  private final Map<Waiting, String> problems = new LinkedHashMap<>();

  private final List<Barrier> barriers = new ArrayList<>();
  private @Nullable Known known;
  private String identity = "";
  private String halted = "";
  private String trying = "";
  private boolean isPaused;
  private String dead = "";
  private boolean mayBeEmpty;
  private boolean beginsAnew;
  private int processes;
  private long looks;
  private long ended;
  private long failed;
  private long flushed;
  private Instant lastContact = Instant.EPOCH;

  /**
   * @param log told of what a person should know, a line at a time; any thread
   */
  public ActionRun(Job job, Consumer<String> log) {
    this.job = job;
    this.log = log;
    this.dirty = new DirtyNames(job.delay());
    this.thread =
        Thread.ofPlatform()
            .daemon()
            .name("godwit actions at " + Names.display(job.source()))
            .unstarted(this::run);
    this.state = stateOf(Phase.STARTING, "", WatchState.NONE);
  }

  /** Begins; to be called once. */
  public void start() {
    thread.start();
  }

  public ActionState state() {
    return state;
  }

  // ---- what others want; any thread

  /** Starts no command any more until {@link #resume}. */
  public void pause() {
    order(() -> isPaused = true);
  }

  /**
   * Goes on after a pause or a halt.
   *
   * @param anyRemovals whether the directory may be empty
   * @param newRoot whether another directory is to be followed: it is begun as at the start
   */
  public void resume(boolean anyRemovals, boolean newRoot) {
    order(
        () -> {
          isPaused = false;
          halted = "";
          mayBeEmpty |= anyRemovals;
          beginsAnew |= newRoot;
        });
  }

  /**
   * Waits until the commands for everything that happened before this call have ended.
   *
   * @throws TimeoutException when that takes too long
   */
  public void barrier(Duration limit) throws InterruptedException, TimeoutException {
    Barrier barrier = new Barrier();
    order(() -> barriers.add(barrier));
    try {
      Void unused = barrier.done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // nobody lets it fail
    } finally {
      order(() -> barriers.remove(barrier));
    }
  }

  private void order(Runnable order) {
    orders.add(order);
    wake();
  }

  private void wake() {
    synchronized (waking) {
      if (watch != null) {
        long unused = watch.flush();
      }
    }
  }

  /** Ends; commands that run are killed. */
  @Override
  public void close() {
    isClosing = true;
    wake();
    try {
      boolean unused = thread.isAlive() && thread.join(CLOSE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- the thread

  private void run() {
    while (!isClosing) {
      try (Watch opened = Watch.open(job.source());
          WatchedTree tree = new WatchedTree(job.source(), job.filters())) {
        trying = "";
        set(opened);
        try {
          begin(opened, tree);
          follow(opened, tree);
        } finally {
          set(null); // before it is closed
        }
      } catch (IOException e) {
        trying = String.valueOf(e.getMessage());
      } catch (RuntimeException | Error e) {
        // A fault of this program: nothing that it would do now can be relied on.
        StackTraceElement[] stack = e.getStackTrace();
        dead = "it cannot go on: " + e + (stack.length == 0 ? "" : " at " + stack[0]);
      }
      obey();
      publish(null);
      rest();
    }
    commands.values().forEach(Command::kill);
  }

  private void set(@Nullable Watch now) {
    synchronized (waking) {
      watch = now;
    }
    flushed = 0;
    barriers.forEach(barrier -> barrier.ticket = Long.MAX_VALUE);
  }

  private void rest() {
    if (!(trying + dead).isEmpty() && !isClosing) {
      try {
        Thread.sleep(TRY_AGAIN);
      } catch (InterruptedException e) {
        isClosing = true; // nobody else interrupts it
      }
    }
  }

  /** Knows what there is; or, when it was known, has everything looked at. */
  private void begin(Watch opened, WatchedTree tree) throws IOException {
    lastContact = Instant.now();
    if (known != null && !beginsAnew) {
      if (!identity.equals(opened.root().identity())) {
        halt("is another directory now (replaced, unmounted, or mounted over)");
      }
      dirty.add("", true, true, System.nanoTime());
      return;
    }
    publish(opened);
    Known root = Known.root(tree.root());
    Comparison first = new Comparison(root, tree, false);
    first.look(List.of(new Dirty("", true, false, 0, 0, 0)));
    first.problems().forEach(log);
    known = root;
    identity = opened.root().identity();
    beginsAnew = false;
    halted = "";
    add(FileEvent.of(Action.STARTUP, "", true), System.nanoTime());
  }

  private void follow(Watch opened, WatchedTree tree) throws IOException {
    while (!isClosing && !beginsAnew) {
      obey();
      for (Barrier barrier : barriers) {
        if (barrier.ticket == Long.MAX_VALUE) {
          barrier.ticket = opened.flush();
        }
      }
      if (mayAct()) {
        look(opened, tree);
      }
      runCommands();
      answer();
      publish(opened);
      note(opened.take(untilDue(System.nanoTime())));
      lastContact = Instant.now();
    }
  }

  private void obey() {
    for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
      order.run();
    }
  }

  private boolean mayAct() {
    return !isPaused && dead.isEmpty() && halted.isEmpty();
  }

  /** Until the next thing is due. */
  private Duration untilDue(long now) {
    long next = now + TAKE.toNanos();
    if (mayAct()) {
      next = dirty.nextDue(next, events::cover);
      for (Again one : mayRun() ? again : List.<Again>of()) {
        next = Math.min(next, one.dueNanos);
      }
    }
    return Duration.ofNanos(Math.max(0, next - now));
  }

  private void note(Batch batch) {
    long now = System.nanoTime();
    for (Change change : batch.changes()) {
      switch (change) {
        case Change.Names(byte[] directory, byte[] name, boolean content, boolean _) -> {
          String path = PathText.join(directory, name);
          dirty.add(path.equals(".") ? "" : path, false, content, now);
        }
        case Change.Tree(byte[] path, boolean content, boolean _) ->
            dirty.add(PathText.of(path), true, content, now);
        case Change.Renamed(byte[] from, byte[] to) ->
            dirty.renamed(PathText.of(from), PathText.of(to));
        case Change.Everything() -> dirty.add("", true, true, now);
        case Change.Elsewhere(FileStatus _, boolean wasBelow) -> {
          if (wasBelow) { // by which name is not known here
            dirty.add("", true, true, now);
          }
        }
        case Change.In _ -> {} // told only to who follows directories
      }
    }
    flushed = batch.flushed();
  }

  // ---- looks

  private void look(Watch opened, WatchedTree tree) throws IOException {
    boolean isUrgent = false;
    for (Barrier barrier : barriers) {
      if (barrier.number < 0 && flushed >= barrier.ticket) {
        barrier.number = dirty.number();
      }
      isUrgent |= barrier.number >= 0 && dirty.hasUpTo(barrier.number);
    }
    long now = System.nanoTime();
    if (!isUrgent && dirty.nextDue(now + 1, events::cover) - now > 0) {
      return;
    }
    Known root = known;
    if (root == null || !isSame(opened.root(), root)) {
      return;
    }
    List<Dirty> taken = dirty.take(isUrgent, now, events::cover);
    if (taken.isEmpty()) {
      return;
    }
    long since = now;
    for (Dirty one : taken) {
      since = Math.min(since, one.sinceNanos());
    }
    boolean tellsMoves = job.actions().commands().containsKey(Action.MOVE);
    Comparison comparison = new Comparison(root, tree, tellsMoves);
    looks++;
    for (FileEvent event : comparison.look(taken)) {
      add(event, since);
    }
    comparison.problems().forEach(log);
  }

  private void add(FileEvent event, long since) {
    if (job.actions().commands().containsKey(event.action())) {
      events.add(event, looks, since);
    }
  }

  /** Whether it is the directory that it was; halts if not (H27). */
  private boolean isSame(Root root, Known now) throws IOException {
    switch (root.fate()) {
      case SAME -> {}
      case VANISHED -> halt("is gone");
      case REPLACED -> halt("is another directory now (replaced, unmounted, or mounted over)");
      case EMPTY -> {
        if (!mayBeEmpty && now.count() - 1 > EMPTIED_NAMES_MAX) {
          halt("is empty, and had " + (now.count() - 1) + " names");
        }
      }
    }
    return halted.isEmpty();
  }

  private void halt(String why) {
    halted =
        "the directory "
            + Names.display(job.source())
            + " "
            + why
            + ". No command is run until somebody has looked.";
  }

  // ---- commands

  private void runCommands() {
    long now = System.nanoTime();
    for (Iterator<Again> each = again.iterator(); each.hasNext() && mayRun(); ) {
      Again one = each.next();
      if (one.dueNanos - now <= 0) {
        each.remove();
        run(one.waiting);
      }
    }
    while (mayRun()) {
      Waiting next = events.next();
      if (next == null) {
        return;
      }
      run(next);
    }
  }

  private boolean mayRun() {
    return mayAct() && processes < job.actions().processesMax();
  }

  private void run(Waiting waiting) {
    FileEvent event = waiting.event();
    ActionCommand command = job.actions().commands().get(event.action());
    if (command == null) {
      throw new IllegalStateException("no command for " + event);
    }
    List<byte[]> arguments;
    try {
      arguments = command.arguments(event, log);
    } catch (ActionException e) {
      log.accept(event + ": nothing is run: " + e.getMessage());
      failed++;
      ended++;
      events.done(waiting);
      return;
    }
    if (arguments == null) {
      events.done(waiting);
      return;
    }
    try {
      Command started = Command.start(arguments, line -> log.accept(event + ": " + line));
      commands.put(waiting, started);
      processes++;
      Thread.ofPlatform().daemon().name("godwit command").start(() -> await(waiting, started));
    } catch (IOException e) {
      log.accept(event + ": " + e.getMessage());
      ended(new Ended(waiting, NOT_STARTED));
    }
  }

  /** Of a thread for each command. */
  private void await(Waiting waiting, Command started) {
    int status = NOT_STARTED;
    try {
      status = started.await();
    } catch (IOException e) {
      log.accept(waiting.event() + ": its end was not told: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Ended how = new Ended(waiting, status);
    order(
        () -> {
          commands.remove(waiting);
          processes--;
          ended(how);
        });
  }

  private void ended(Ended how) {
    FileEvent event = how.waiting.event();
    ended++;
    if (how.status != 0) {
      failed++;
      log.accept(event + ": ended with " + how.status);
    }
    switch (job.actions().verdict(event.action(), how.status)) {
      case OK -> {
        problems.remove(how.waiting);
        events.done(how.waiting);
      }
      case AGAIN -> {
        Duration after = job.delay().isZero() ? AGAIN_AFTER_MIN : job.delay();
        again.add(new Again(how.waiting, System.nanoTime() + after.toNanos()));
        problems.put(how.waiting, event + ": ended with " + how.status);
      }
      case DIE -> dead = event + " ended with " + how.status + ", after which this is to end";
    }
  }

  private void answer() {
    for (Barrier barrier : barriers) {
      if (barrier.number >= 0 && barrier.look < 0 && !dirty.hasUpTo(barrier.number)) {
        barrier.look = looks;
      }
      if (barrier.look >= 0 && !events.hasOf(barrier.look)) {
        barrier.done.complete(null);
      }
    }
  }

  // ---- how it is doing

  private void publish(@Nullable Watch opened) {
    Phase phase = Phase.FOLLOWING;
    if (!dead.isEmpty()) {
      phase = Phase.DEAD;
    } else if (!halted.isEmpty()) {
      phase = Phase.HALTED;
    } else if (isPaused) {
      phase = Phase.PAUSED;
    } else if (!trying.isEmpty()) {
      phase = Phase.TRYING;
    } else if (known == null || events.cover("")) {
      phase = Phase.STARTING;
    }
    String message =
        switch (phase) {
          case DEAD -> dead;
          case HALTED -> halted;
          case STARTING, FOLLOWING, TRYING, PAUSED -> trying;
        };
    state = stateOf(phase, message, opened == null ? state.seen() : opened.state());
  }

  private ActionState stateOf(Phase phase, String message, WatchState seen) {
    long now = System.nanoTime();
    long since = Math.min(dirty.since(now), events.since(now));
    List<String> first = new ArrayList<>(events.first(SHOWN_MAX));
    for (String path : dirty.first(SHOWN_MAX - first.size())) {
      first.add(PathText.display(path));
    }
    return new ActionState(
        phase,
        message,
        dirty.size(),
        events.waitingCount() + again.size(),
        processes,
        ended,
        failed,
        Math.max(now - since, seen.untoldNanos(now)) / 1_000_000,
        seen,
        problems.values().stream().limit(SHOWN_MAX).toList(),
        first,
        lastContact);
  }
}
