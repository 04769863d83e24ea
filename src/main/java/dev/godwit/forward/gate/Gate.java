package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.GateException.Kind;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.Watchdog;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Passage;
import dev.godwit.host.FencedException;
import dev.godwit.linux.CoarseClock;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of a host's services and can make their clients wait, or send them to the host
 * where the services are now.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>A hold ends: by a release, by the way back, or by its lease, which this process keeps by
 *       the time since the boot, with that in which the host slept (H84), and nobody can stretch
 *       beyond {@link #HOLD_MAX} (H50).
 *   <li>Whether a hold ends by release or by lease is decided once, under one lock; the other one
 *       comes too late and changes nothing.
 *   <li>A lease that ends leads to where connections went before the hold: to this host's services,
 *       or to the destination of an earlier release. Never here once another host has served, until
 *       {@link #home} says that its gate has sent its clients back.
 *   <li>What a later decision of another gate sends here passes this one ({@link Passage}).
 *   <li>Between hold and release no client is closed by us, but for those beyond the limit.
 * </ul>
 *
 * <p>Threads: commands may come from any thread; slow ones wait for each other.
 */
public final class Gate implements AutoCloseable {
  /** No hold is longer, whatever is asked. */
  public static final Duration HOLD_MAX = Duration.ofSeconds(300);

  /** A host that takes longer for an answer is not one to release clients to. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(2);

  /** Between a way back that failed and the next attempts. */
  static final Duration AGAIN = Duration.ofSeconds(10);

  /**
   * From what leads who comes to the next host, until that serves or the attempt has ended: the
   * hold, and what comes before it.
   */
  private static final Duration LEAD_MAX = HOLD_MAX.multipliedBy(2);

  /** It ends by itself; a service that does not start again may do so after days. */
  private static final Duration WAY_BACK_MAX = Duration.ofDays(365);

  /** Between two looks at the time of a hold: a wait does not count what the host sleeps. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** For what a gate that ends itself still does. */
  private static final long LAST_MILLIS = 500;

  private final GateParts parts;
  private final GateGroups singly;
  private volatile WayBack wayBack;
  private final ReleaseRecord.Keeper keeper;
  private final Watchdog watchdog;
  private final HoldHistory holds = new HoldHistory();

  /** Serializes what takes long. Taken before {@link #state}, never after it. */
  private final ReentrantLock commands = new ReentrantLock();

  /** Guards the fields below; held for moments only. */
  private final Object state = new Object();

  private volatile Mode mode = Mode.PASS;
  private @Nullable Destination destination;

  /** Of the release to {@link #destination}. */
  private long released;

  private long serial;

  /** By {@link #clock}, as {@link #deadline}. */
  private long holdStart;

  private long deadline;
  private boolean wayBackFailed;

  /** When this attempt was prepared. Of who has {@link #commands}. */
  private Arrivals arrivals;

  private boolean closed;

  /** In nanoseconds; tests exchange it. */
  volatile LongSupplier clock = CoarseClock::sinceBootNanos;

  /** What tests do between a decision that those who wait go, and that they are told to. */
  volatile Runnable beforeOpening = () -> {};

  private String wayBackMessage = "";

  /** Since a way back that has not brought back all services of this host. */
  private final RestOfServices rest = new RestOfServices(state, () -> clock.getAsLong());

  private Gate(GateParts parts, WayBack wayBack, ReleaseRecord.Keeper keeper, Arrivals arrivals) {
    this.parts = parts;
    this.wayBack = wayBack;
    this.keeper = keeper;
    this.arrivals = arrivals;
    singly = new GateGroups(parts.groups, parts.relay, parts.room, parts.capture, commands);
    watchdog =
        Watchdog.start("gate watchdog", parts.relay.loop()::progress, this::isNeeded, this::die);
    Thread.ofPlatform().daemon().name("gate lease").start(this::keepLeases);
  }

  /** Whether somebody comes to the loop, or is still with it: since a way back for days, maybe. */
  private boolean isNeeded() {
    return mode != Mode.PASS
        || parts.capture.isRefusing()
        || parts.room.waiting() > 0
        || parts.relay.open() > 0;
  }

  /** The loop hangs: what this needs may hang with it. */
  private void die() {
    Thread names = Thread.ofPlatform().daemon().name("gate names").start(parts.capture::leave);
    try {
      names.join(LAST_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(70);
  }

  /**
   * Prepares a gate for ports of this host (of the calling thread's network namespace). Nothing is
   * held or relayed yet, and the services are untouched but for longer backlogs.
   *
   * @param directory this gate's own state
   * @param guestsMax connections at most, waiting and relayed; 0 for what the process may open
   * @throws GateException UNSUPPORTED when the host lacks something, with what
   * @throws dev.godwit.host.FencedException when a later epoch has begun
   */
  public static Gate capture(
      Path directory, List<PortGroup> portGroups, long epoch, WayBack wayBack, int guestsMax)
      throws IOException, InterruptedException {
    return capture(
        directory, portGroups, epoch, wayBack, guestsMax, null, ReleaseRecord.Keeper.NONE, true);
  }

  /**
   * The same for a gate whose release outlives it.
   *
   * @param forced the rung to stand on; null for the best
   * @param keeper asked before a hold or a release takes effect; when it fails, nothing is held or
   *     released
   * @param serves whether this host's services run, so that each of their unix sockets has to be
   *     there; without, those that are not are found by {@link #renew}
   */
  public static Gate capture(
      Path directory,
      List<PortGroup> portGroups,
      long epoch,
      WayBack wayBack,
      int guestsMax,
      @Nullable Rung forced,
      ReleaseRecord.Keeper keeper,
      boolean serves)
      throws IOException, InterruptedException {
    GateParts parts = GateParts.open(directory, portGroups, epoch, guestsMax, forced);
    Gate gate = null;
    try {
      gate = new Gate(parts, wayBack, keeper, Arrivals.now());
      parts.relay.loop().ask(gate::openToLocal);
      if (serves) {
        parts.capture.requireSockets();
      }
      return gate;
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (gate == null) {
        parts.close();
      } else {
        gate.close();
      }
      throw e;
    }
  }

  /**
   * Prepares the gate again for another attempt of the same move, as a new {@link #capture} would.
   * Connections that it relays since an earlier way back go on: a mailbox may stay open for days,
   * and must neither be cut nor keep the attempt from being made.
   *
   * @param serves as in {@link #capture}
   * @return false when the gate stands before other ports, or not in PASS: nothing was changed
   */
  public boolean renew(List<PortGroup> portGroups, long epoch, WayBack newWayBack, boolean serves)
      throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode != Mode.PASS
          || !parts.groups.stream().map(g -> g.group).toList().equals(portGroups)) {
        return false;
      }
      rest.end();
      if (serves) {
        parts.capture.requireSockets();
      }
      // The services have been started anew since: their listeners are others.
      parts.capture.takeDuplicates();
      parts.capture.closeDuplicates(false);
      wayBack = newWayBack;
      arrivals = Arrivals.now();
      return true;
    } finally {
      commands.unlock();
    }
  }

  /**
   * From now on new connections wait, at most until {@code limit} has passed. In a hold, prolongs
   * it. After a release, holds what would go to the destination.
   *
   * @throws GateException FAILED when the switch is not in force afterwards; nothing is held then
   */
  public void hold(long epoch, Duration limit) throws IOException, InterruptedException {
    if (limit.isNegative() || limit.isZero() || limit.compareTo(HOLD_MAX) > 0) {
      throw new GateException(
          Kind.WRONG_MODE,
          "a hold lasts more than 0 and at most " + HOLD_MAX.toSeconds() + " s, not " + limit);
    }
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (prolong(limit)) {
        return;
      }
      Mode before = mode; // in no hold: none ends at this moment
      if (before == Mode.RELEASED && isReleasedHere()) {
        throw new GateException(
            Kind.WRONG_MODE,
            "the clients were released to the services of this host: HOME is first");
      }
      if (before == Mode.PASS) {
        prepareHold(epoch, limit);
      }
      EventLoop.Asked<Boolean> shut = parts.relay.loop().begin(this::shut);
      beginHold(limit);
      if (before == Mode.PASS) {
        letOwnPass(HOLD_MAX); // until the services stop: what is in progress may need them
      }
      try {
        // What was sent here before this decision waits with the others.
        parts.capture.switchOn(() -> Passage.tell(parts.directory, parts.capture.passing(), epoch));
        boolean unused = shut.await(); // in the turn in which our own connections came, or before
      } catch (IOException | RuntimeException e) {
        undoHold(before);
        throw e;
      }
    } finally {
      commands.unlock();
    }
  }

  /** Whether a release of this epoch is what leads clients now. */
  public boolean isReleasedAt(long epoch) {
    synchronized (state) {
      return mode == Mode.RELEASED && released == epoch;
    }
  }

  private boolean isReleasedHere() {
    synchronized (state) {
      return Destination.HERE.equals(destination);
    }
  }

  private void prepareHold(long epoch, Duration limit) throws IOException, InterruptedException {
    rest.end();
    int free = parts.room.guestsMax() - parts.relay.open();
    String objection = Arrivals.now().objection(arrivals, limit, free);
    if (objection != null) {
      throw new GateException(Kind.FAILED, objection);
    }
    keeper.held(epoch);
    try {
      parts.capture.takeDuplicates();
    } catch (IOException e) {
      Step.tryTo(keeper::returned, "a gate that is started again would put the services back");
      throw e; // nothing is held
    }
  }

  private boolean prolong(Duration limit) {
    synchronized (state) {
      if (mode != Mode.HOLD) {
        return false;
      }
      long last = holdStart + HOLD_MAX.toNanos();
      long asked = clock.getAsLong() + limit.toNanos();
      deadline = last - asked < 0 ? last : asked;
      state.notifyAll();
      return true;
    }
  }

  private void beginHold(Duration limit) throws GateException {
    synchronized (state) {
      if (mode == Mode.GOING_BACK && !wayBackFailed) {
        throw new GateException(Kind.WRONG_MODE, "the way back is under way");
      }
      mode = Mode.HOLD;
      wayBackFailed = false;
      wayBackMessage = "";
      holdStart = clock.getAsLong();
      holds.begin();
      deadline = holdStart + limit.toNanos();
      serial++;
      state.notifyAll();
    }
  }

  /**
   * Each step is tried, whatever becomes of the others: what a hold failed for, such as a packet
   * filter that does not answer, may fail what undoes it too, and who waits would wait for ever.
   */
  private void undoHold(Mode before) throws InterruptedException {
    Destination back;
    long decided;
    synchronized (state) {
      if (mode != Mode.HOLD) {
        return; // the lease was faster
      }
      back = destination;
      decided = released;
      mode = before == Mode.PASS ? before : back == null ? Mode.GOING_BACK : Mode.RELEASED;
      endHold("not in force");
    }
    if (before == Mode.PASS) {
      parts.capture.refuseOwn();
      Step.tryTo(
          parts.capture::switchOff, "a hold was not made, but some go on to come by the gate");
      Step.tryTo(
          () -> parts.capture.closeDuplicates(true),
          "a hold was not made, but who stood in a service's queue may be reset");
      tellNothingIsTaken();
      parts.relay.loop().ask(this::openToLocal);
      Step.tryTo(keeper::returned, "a gate that is started again would put the services back");
    } else if (back != null) {
      openTo(back, decided, 0);
    } else {
      goBackAlone(); // the way back that had failed is still to be made
    }
  }

  /** What the landing of this host connects comes to the services again, not to this. */
  private void tellNothingIsTaken() throws InterruptedException {
    Step.tryTo(
        () -> Passage.tell(parts.directory, parts.capture.passing(), Passage.NOBODY),
        "what is relayed to this host by PROXY headers has none until the next hold");
  }

  /**
   * Who is of the services themselves is no client of theirs: see {@link OwnGuests}.
   *
   * @param limit after which it is ended, if nobody ends it before
   */
  private void letOwnPass(Duration limit) {
    parts.capture.letOwnPass(wayBack, limit.toNanos());
  }

  /** Who comes from now on goes to the services, and who comes by us all the same too. */
  private void letPass(String otherwise) throws InterruptedException {
    parts.capture.refuseOwn();
    Step.tryTo(parts.capture::switchOff, otherwise);
    tellNothingIsTaken();
    parts.relay.loop().ask(this::openToLocal);
  }

  /** Of one hold after the other, by a thread that is there before the first one begins. */
  private void keepLeases() {
    synchronized (state) {
      while (!closed) {
        if (mode == Mode.HOLD) {
          keepLease(serial);
        } else {
          waitUntil(() -> Long.MAX_VALUE, () -> !closed && mode != Mode.HOLD);
        }
      }
    }
  }

  /** Callers hold {@link #state}, which is given up meanwhile. */
  private void keepLease(long mine) {
    waitUntil(() -> deadline, () -> mode == Mode.HOLD && serial == mine);
    if (mode != Mode.HOLD || serial != mine) {
      return;
    }
    Destination earlier = destination;
    mode = earlier != null ? Mode.RELEASED : Mode.GOING_BACK;
    endHold(earlier != null ? "expired, to " + earlier + " again" : "expired, the way back");
    if (earlier != null) {
      openTo(earlier, released, 0);
    } else {
      goBackAlone();
    }
  }

  /**
   * Callers hold {@link #state}, which is given up meanwhile.
   *
   * @param end may change while it is waited for
   */
  private void waitUntil(LongSupplier end, BooleanSupplier whileSo) {
    try {
      while (whileSo.getAsBoolean()) {
        long left = end.getAsLong() - clock.getAsLong();
        if (left <= 0) {
          return;
        }
        TimeUnit.NANOSECONDS.timedWait(
            state, mode == Mode.HOLD ? Math.min(left, LOOK_NANOS) : left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread()
          .interrupt(); // nobody interrupts it; what comes next comes all the same
    }
  }

  /** A service that a person mends while nobody is at a controller gets its clients again. */
  private void goBackAgain(long mine) {
    synchronized (state) {
      long next = clock.getAsLong() + AGAIN.toNanos();
      waitUntil(() -> next, () -> serial == mine && wayBackFailed);
      if (serial != mine || !wayBackFailed || mode != Mode.GOING_BACK) {
        return;
      }
      wayBackFailed = false; // it is this thread's
    }
    goBackUnasked();
  }

  /** Nobody waits for the outcome. */
  private void goBackUnasked() {
    try {
      goBack();
    } catch (IOException e) {
      return; // told by the status
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Callers hold {@link #state}. */
  private void endHold(String how) {
    serial++;
    holds.end(how, parts.relay, parts.room);
    state.notifyAll();
  }

  /**
   * After the services have stopped: ends what is open on their ports all the same, so that nobody
   * goes on with this host unnoticed (H54). Who waits, or is relayed, stays.
   *
   * @return how many connections
   * @throws GateException FAILED when some cannot be ended
   */
  public int cutOff(long epoch) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode != Mode.HOLD) {
        throw notHeld();
      }
      parts.capture.refuseOwn();
      return parts.cutOff();
    } finally {
      commands.unlock();
    }
  }

  /**
   * After the services have stopped: takes what they had not accepted in among those that wait,
   * before them.
   *
   * @return how many connections
   */
  public int takeQueued(long epoch) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode != Mode.HOLD) {
        throw notHeld();
      }
      return parts.capture.takeQueued();
    } finally {
      commands.unlock();
    }
  }

  /**
   * In a hold whose services have stopped: lets them be started again here, and be asked by those
   * that the look-up lets pass, while clients wait on; for a release to {@link Destination#HERE}.
   *
   * @throws GateException UNSUPPORTED where clients would come to the services at once
   */
  public void makeRoom(long epoch) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode != Mode.HOLD) {
        throw notHeld();
      }
      if (!parts.capture.holdsBesideServices()) {
        throw new GateException(
            Kind.UNSUPPORTED,
            "clients cannot wait here while the services start: that takes the kernel's socket"
                + " look-up (Linux 5.9), nft or iptables");
      }
      parts.capture.makeRoom();
      letOwnPass(HOLD_MAX);
    } finally {
      commands.unlock();
    }
  }

  /**
   * The next host is about to start its services, for this hold's release: from now on the way back
   * comes after their end.
   *
   * @throws GateException WRONG_MODE when nothing is held any more: they must not be started
   */
  public void nextStarts(long epoch) throws IOException {
    parts.fence.check(epoch);
    synchronized (state) {
      if (mode != Mode.HOLD) {
        throw notHeld();
      }
      wayBack.nextStarts();
    }
  }

  /**
   * The services are about to start here although their clients go elsewhere; until the limit has
   * passed, who is no client but of a service itself goes to it. Those of some groups would not
   * start while somebody answers at their unix sockets: until they have bound them, or the limit
   * has passed, clients find no such name and are refused; {@link #status} has for how long. Does
   * nothing but after a release.
   *
   * @param names of these groups, maybe none
   */
  public void clear(long epoch, List<String> names, Duration limit)
      throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode == Mode.RELEASED) {
        letOwnPass(limit);
        // A duplicate listens as long as it is open, whoever has stopped.
        parts.capture.closeDuplicates(true);
        parts.capture.clear(
            parts.groups.stream()
                .filter(g -> names.contains(g.group.name()))
                .collect(Collectors.toSet()),
            limit);
      }
    } finally {
      commands.unlock();
    }
  }

  /**
   * After {@link #clear} when the services did not start, or have been stopped again: clients of
   * unix sockets come to us, and go where they went.
   */
  public void cover(long epoch) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (mode == Mode.RELEASED) {
        parts.capture.cover();
      }
    } finally {
      commands.unlock();
    }
  }

  private GateException notHeld() {
    return new GateException(Kind.WRONG_MODE, "nothing is held: the gate is in " + mode);
  }

  /**
   * Lets those that wait go to another host, oldest first, and all later ones too. Doing it again
   * in the same way changes nothing.
   *
   * <p>Asked for last, before anything is decided: whether the other host answers. One that is gone
   * by now would get everybody who waits, and nobody could be given back any more.
   *
   * @param perSecond so many of those who wait go in a second (H55); 0 for as fast as they are
   *     taken
   * @throws GateException EXPIRED when the hold's lease was faster, FAILED when the other host does
   *     not answer: then nothing was released
   */
  public void release(long epoch, Destination to, int perSecond)
      throws IOException, InterruptedException {
    parts.fence.check(epoch);
    long pace = perSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(1) / perSecond;
    Duration left;
    synchronized (state) {
      if (mode == Mode.RELEASED && to.equals(destination)) {
        return;
      }
      // On top of an earlier release there is nobody here to be given back to.
      boolean isFirst = mode == Mode.HOLD && destination == null;
      left = isFirst ? Duration.ofNanos(deadline - clock.getAsLong()) : Duration.ZERO;
    }
    if (left.isPositive()) {
      requireAnswer(to, left);
    }
    synchronized (state) {
      if (mode == Mode.RELEASED && to.equals(destination)) {
        return;
      }
      if (to.landingPort() == 0
          && parts.groups.stream().anyMatch(g -> !g.group.sockets().isEmpty())) {
        throw new GateException(
            Kind.UNSUPPORTED, "clients of a unix socket reach another host by its landing only");
      }
      if (mode != Mode.HOLD || deadline - clock.getAsLong() <= 0) {
        throw new GateException(
            mode == Mode.HOLD || mode == Mode.GOING_BACK ? Kind.EXPIRED : Kind.WRONG_MODE,
            mode == Mode.HOLD || mode == Mode.GOING_BACK
                ? "the hold has ended by itself before the release came; connections go back to"
                    + " where they went before"
                : "nothing is held: the gate is in " + mode);
      }
      keeper.released(epoch, to);
      mode = Mode.RELEASED;
      destination = to;
      released = epoch;
      endHold("released to " + to);
      if (!to.equals(Destination.HERE)) {
        openTo(to, epoch, pace);
      }
    }
    if (to.equals(Destination.HERE)) {
      openHere(pace);
      return;
    }
    // The services of old have stopped: what still stands in their queues goes to new as well.
    Thread.ofPlatform().daemon().name("gate queues").start(this::emptyDuplicates);
  }

  /**
   * On the host that is to serve, before another one's hold: who comes to this host goes to the one
   * that serves now. What he wrote here between the start of the services and the release would be
   * lost if the switch were taken back. As after a release, but that nobody waited; {@link #home}
   * ends it. Leads elsewhere what was led or released before. Doing it again changes nothing.
   *
   * @param epoch of the switch that is to come; what it releases to this host passes this gate
   * @throws GateException UNSUPPORTED where it gets no connections while a service listens; FAILED
   *     when it is not in force: nothing is led then
   */
  public void lead(long epoch, Destination to) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      synchronized (state) {
        if (mode == Mode.RELEASED && to.equals(destination)) {
          letOwnPass(LEAD_MAX);
          return;
        }
        if (mode != Mode.PASS && (mode != Mode.RELEASED || isReleasedHere())) {
          throw new GateException(Kind.WRONG_MODE, "the gate is in " + mode);
        }
      }
      Mode before = mode;
      if (before == Mode.PASS) {
        if (!parts.capture.divertsBesideServices()) {
          throw new GateException(
              Kind.UNSUPPORTED,
              "on this host the gate gets no connections while a service listens");
        }
        rest.end();
      }
      letOwnPass(LEAD_MAX);
      // Of the decision before: to what the coming one releases to this host it is an earlier one.
      long decided = epoch - 1;
      keeper.released(decided, to);
      synchronized (state) {
        mode = Mode.RELEASED;
        destination = to;
        released = decided;
      }
      openTo(to, decided, 0);
      try {
        Passage.tell(parts.directory, parts.capture.passing(), decided);
        if (before == Mode.PASS) {
          parts.capture.switchOn();
        }
      } catch (IOException | RuntimeException e) {
        if (before == Mode.PASS) {
          undoLead();
        }
        throw e;
      }
    } finally {
      commands.unlock();
    }
  }

  private void undoLead() throws InterruptedException {
    letPass("nobody is to be led elsewhere, but some may be");
    Step.tryTo(keeper::returned, "a gate that is started again would lead clients elsewhere");
    synchronized (state) {
      mode = Mode.PASS;
      destination = null;
    }
  }

  /**
   * Takes the place of a gate that had released and died. Without a hold: at the end of one that
   * nobody releases, the services here would be started, while others serve.
   *
   * @param epoch of that gate's release
   */
  public void goOn(long epoch, Destination to) throws IOException, InterruptedException {
    commands.lockInterruptibly();
    try {
      synchronized (state) {
        mode = Mode.RELEASED;
        destination = to;
        released = epoch;
      }
      if (to.equals(Destination.HERE)) {
        openHere(0);
        return;
      }
      openTo(to, epoch, 0);
      Passage.tell(parts.directory, parts.capture.passing(), epoch);
      parts.capture.switchOn();
      parts.capture.servicesStopped();
    } finally {
      commands.unlock();
    }
  }

  /**
   * Takes the place of a gate that died in a hold: the services may have been stopped, and whoever
   * has stopped them may be gone too. Returns at once; they are put back by another thread.
   */
  public void goBackAlone() {
    synchronized (state) {
      mode = Mode.GOING_BACK;
    }
    Thread.ofPlatform().daemon().name("gate way back").start(this::goBackUnasked);
  }

  private void emptyDuplicates() {
    commands.lock();
    try {
      if (mode == Mode.RELEASED) {
        parts.capture.closeDuplicates(true);
        parts.capture.servicesStopped();
      }
    } catch (IOException e) {
      System.getLogger(Gate.class.getName())
          .log(System.Logger.Level.ERROR, "a service's queue could not be emptied", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      commands.unlock();
    }
  }

  private void requireAnswer(Destination to, Duration left)
      throws IOException, InterruptedException {
    if (to.landingPort() == 0) {
      return; // the services themselves, which the caller has asked
    }
    try {
      LandingProbe.run(parts.relay.loop(), to, left.compareTo(ANSWER_MAX) < 0 ? left : ANSWER_MAX);
    } catch (GateException e) {
      throw new GateException(
          e.kind(), "nothing was released, and those who wait go on waiting: " + e.getMessage(), e);
    }
  }

  /**
   * Callers hold {@link #state} or {@link #commands} since they decided so: a hold that sees it
   * shuts the room behind this, and nobody opens it again.
   */
  private void openTo(Destination to, long epoch, long paceNanos) {
    beforeOpening.run();
    parts.relay.loop().execute(() -> parts.room.open(guest -> to.call(guest, epoch), paceNanos));
  }

  /**
   * Those who wait go to this host's services, after the diversion has ended: it would lead some of
   * them here again. The services' queues were emptied before they began. Another command that has
   * come in between stands.
   */
  private void openHere(long paceNanos) throws IOException, InterruptedException {
    commands.lockInterruptibly();
    try {
      if (mode != Mode.RELEASED || !isReleasedHere()) {
        return;
      }
      parts.capture.refuseOwn();
      parts.capture.switchOff();
      LocalRoute home = new LocalRoute(parts.keepsAddresses());
      parts.relay.loop().execute(() -> parts.room.open(home, paceNanos));
    } finally {
      commands.unlock();
    }
  }

  /**
   * Puts this host's services in charge again; returns when they are. Does nothing when they are
   * already; while another thread is at it, waits for its end.
   *
   * <p>Where only some listen after all attempts, those have their clients, and the others' clients
   * are refused as on any host: one service that does not start again keeps nobody else's out. Its
   * start is tried again, {@link #status} says why it failed.
   *
   * @throws GateException FAILED when no service can be started: those who waited were reset, those
   *     who come now wait; it is tried again every {@link #AGAIN}, and when this is called again
   */
  public void back(long epoch) throws IOException, InterruptedException {
    checkUnkept(epoch);
    boolean mine;
    synchronized (state) {
      if (mode == Mode.RELEASED) {
        // New has accepted what old has not: whoever asks this has not seen the release.
        throw new GateException(
            Kind.WRONG_MODE, "the connections were released to " + destination + " already");
      }
      mine = mode == Mode.HOLD || wayBackFailed;
      if (mode == Mode.HOLD) {
        endHold("the way back");
      }
      if (mine) {
        mode = Mode.GOING_BACK;
        wayBackFailed = false;
      }
      while (!mine && mode == Mode.GOING_BACK && !wayBackFailed) {
        state.wait();
      }
      if (!mine && wayBackFailed) {
        throw new GateException(Kind.FAILED, wayBackMessage);
      }
    }
    if (mine) {
      goBack();
    }
  }

  /** A disk that is full, or has become read-only, must not keep the services down (H50). */
  private void checkUnkept(long epoch) throws FencedException {
    try {
      parts.fence.check(epoch);
    } catch (FencedException e) {
      throw e;
    } catch (IOException e) {
      if (epoch < parts.fence.highest()) {
        throw new FencedException(epoch, parts.fence.highest());
      }
      System.getLogger(Gate.class.getName())
          .log(System.Logger.Level.WARNING, "the epoch of the way back cannot be kept", e);
    }
  }

  /**
   * New connections go to this host's own services again, past the gate: the gate of the host that
   * they were released to has released them to here. Nothing is done when it is so already.
   *
   * @param regardless whether it is done although a service does not listen, whose clients nobody
   *     else can serve
   * @throws GateException FAILED when a service does not listen: nothing was changed then
   */
  public void home(long epoch, boolean regardless) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      synchronized (state) {
        if (mode == Mode.PASS) {
          return;
        }
        if (mode != Mode.RELEASED) {
          throw new GateException(Kind.WRONG_MODE, "the gate is in " + mode);
        }
      }
      // A duplicate listens as long as it is open, whoever has stopped.
      parts.capture.closeDuplicates(true);
      if (!regardless && !parts.capture.areServicesListening()) {
        throw new GateException(
            Kind.FAILED, "not all services listen here: connections go on to " + destination);
      }
      keeper.returned();
      // From here on nothing may fail: those who wait would have neither a lease nor a destination.
      parts.relay.loop().ask(this::shut);
      letPass("the services have their clients, but some come by the gate");
      synchronized (state) {
        mode = Mode.PASS;
        destination = null;
      }
    } finally {
      commands.unlock();
    }
  }

  /**
   * At this point the mode is GOING_BACK, and this thread alone is at it. What fails besides the
   * services themselves, such as for rules that a firewall has taken away when it was loaded again,
   * does not keep them from their start: to stay down would be worse than what comes of it (H50).
   */
  private void goBack() throws IOException, InterruptedException {
    commands.lock();
    try {
      parts.relay.loop().ask(this::shut);
      letOwnPass(WAY_BACK_MAX);
      Step.tryTo(
          parts.capture::switchOn,
          "the way back goes on, but clients may be refused while the services start");
      Step.tryTo(
          parts.capture::makeRoom,
          "the way back goes on, but who stood in a service's queue may be reset, and a service may"
              + " find its port taken until the next attempt");
      Optional<WayBackAttempts.Rest> left = WayBackAttempts.run(wayBack, parts.capture, this::tell);
      boolean isWhole = left.isEmpty() || parts.capture.areServicesListening();
      // Only now: until here the port may have been without a listener of its own.
      letPass("the way back goes on, but some go on to come by the gate");
      Step.tryTo(keeper::returned, "a gate that is started again would not know of the way back");
      synchronized (state) {
        mode = Mode.PASS;
        destination = null;
        wayBackMessage = "";
        left.ifPresent(services -> rest.begin(services, isWhole, wayBack));
        state.notifyAll();
      }
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      parts.capture.listenAgain();
      synchronized (state) {
        // Also what nobody expects: whoever waits for the end of the way back must hear of it.
        wayBackFailed = true;
        wayBackMessage =
            "the way back failed and is tried again every %d s, who waited meanwhile was reset: %s"
                .formatted(AGAIN.toSeconds(), e.getMessage());
        long mine = ++serial;
        Thread.ofPlatform().daemon().name("gate way back again").start(() -> goBackAgain(mine));
        state.notifyAll();
        // Who is told nothing waits for as long as he likes, and does not look elsewhere.
        parts.relay.loop().execute(() -> parts.room.clear(guest -> true, "no service here"));
        throw new GateException(Kind.FAILED, wayBackMessage, e);
      }
    } finally {
      commands.unlock();
    }
  }

  private void tell(String problem) {
    synchronized (state) {
      wayBackMessage = problem;
    }
  }

  /** Loop thread. */
  private boolean shut() {
    parts.room.shut();
    return true;
  }

  /** Loop thread. */
  private boolean openToLocal() {
    parts.room.open(new LocalRoute(parts.keepsAddresses()));
    return true;
  }

  /** What happens to a new connection now. */
  public Mode mode() {
    return mode;
  }

  /** What the services themselves have open on the captured ports. */
  public List<Busy> busy(long quietMillis) throws IOException {
    return parts.busy(quietMillis);
  }

  /**
   * Waits until no connection of the services was active within {@code quietMillis}.
   *
   * @return what is still open; some of it active when the limit came first
   */
  public List<Busy> awaitQuiet(Duration limit, long quietMillis)
      throws IOException, InterruptedException {
    return parts.awaitQuiet(limit, quietMillis);
  }

  /** What goes on, without what only its process knows; costs the loop a moment. */
  public GateStatus status() throws InterruptedException {
    List<GateStatus.Group> reports = new ArrayList<>();
    GateStatus.Hold counted =
        parts
            .relay
            .loop()
            .ask(
                () -> {
                  reports.addAll(parts.reports(mode));
                  return new GateStatus.Hold(0, 0, "", 0, 0)
                      .with(
                          parts.room.admittedSinceShut(),
                          parts.room.longestWaitNanos() / 1_000_000);
                });
    synchronized (state) {
      boolean holding = mode == Mode.HOLD;
      return new GateStatus(
          mode,
          parts.fence.highest(),
          holding ? Math.max(0, (deadline - clock.getAsLong()) / 1_000_000) : 0,
          wayBackMessage.isEmpty() ? rest.message() : wayBackMessage,
          parts.relay.bytes(),
          parts.capture.strangers(),
          List.copyOf(reports),
          holding ? holds.listWithRunning(counted) : holds.list(),
          parts.visitors(),
          parts.capture.why(),
          parts.capture.gap().plusNanos(999_999).toMillis(),
          List.of(),
          false);
    }
  }

  /** What single groups are told. */
  GateGroups groups() {
    return singly;
  }

  /** Connections that there may be at once, waiting and relayed. */
  int guestsMax() {
    return parts.room.guestsMax();
  }

  /** What is counted for a group. */
  GroupCount count(String group) {
    return parts.count(group);
  }

  /**
   * Tells whether a destination's landing answers.
   *
   * @throws GateException FAILED with the reason
   */
  public void probe(Destination to, Duration limit) throws IOException, InterruptedException {
    LandingProbe.run(parts.relay.loop(), to, limit);
  }

  /**
   * Takes the gate away: new connections go to whoever listens, if anybody.
   *
   * @param force also while connections wait or are relayed, which are reset then
   * @throws GateException WRONG_MODE while they are, without force
   */
  public void end(long epoch, boolean force) throws IOException, InterruptedException {
    parts.fence.check(epoch);
    commands.lockInterruptibly();
    try {
      if (!force && rest.isStarting()) {
        rest.end(); // says so
      }
      int open = parts.relay.open() + parts.room.waiting();
      if (!force && (open > 0 || mode == Mode.HOLD || mode == Mode.GOING_BACK)) {
        throw new GateException(
            Kind.WRONG_MODE,
            "the gate is in " + mode + " with " + open + " connections; they would be cut");
      }
      close();
    } finally {
      commands.unlock();
    }
  }

  /** Ends at once, whatever goes on: what waits or is relayed is reset. */
  @Override
  public void close() throws IOException {
    synchronized (state) {
      if (closed) {
        return;
      }
      closed = true;
      mode = Mode.PASS;
      serial++;
      rest.close();
      state.notifyAll();
    }
    watchdog.stop();
    commands.lock(); // a queue that is being emptied comes first
    try {
      parts.close();
    } finally {
      commands.unlock();
    }
  }
}
