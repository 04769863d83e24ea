package dev.godwit.forward.gate;

import dev.godwit.forward.GateException;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.ladder.Diversion;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.LateListeners;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.forward.relay.Passage;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's side of a gate: the diversion, our listener behind it, and duplicates of the
 * services' own listeners.
 *
 * <p>Invariants: while the switch is off and nothing is held, no duplicate is open, so a service
 * may be restarted by whoever likes; a duplicate is closed only when its queue is empty, the
 * service still holds it, or it cannot be emptied. The caller serializes the commands.
 */
final class Capture implements AutoCloseable {
  /**
   * A handshake that had begun when the switch came on has ended after this, or its client is gone.
   */
  private static final long HANDSHAKE_NANOS_MAX = 1_000_000_000L;

  /** A service that has stopped has let go of its port by then. */
  private static final Duration LISTENING_MAX = Duration.ofSeconds(2);

  private static final long HANDSHAKE_POLL_NANOS = 2_000_000;

  /** A program that was being started when a duplicate was closed has been loaded by then. */
  private static final long COPY_NANOS_MAX = 1_000_000_000L;

  private static final Future<Set<InetSocketAddress>> NO_HANDSHAKES =
      CompletableFuture.completedFuture(Set.of());

  private record Duplicate(ServiceListener listener, Acceptor acceptor, int fd) {}

  private final Relay relay;
  private final WaitingRoom room;
  private final Map<Integer, GroupCount> groups = new HashMap<>();
  private final Ladder.Step step;
  private final Diversion diversion;

  /** Of our listener; 0 where the diversion listens itself. */
  private final int ownPort;

  private final @Nullable Acceptor acceptor;
  private final SocketCapture sockets;

  /** Changed by commands alone, counted by anybody. */
  private final List<Duplicate> duplicates = new CopyOnWriteArrayList<>();

  /** The listeners when they were last looked for. Of who changes something. */
  private List<ServiceListener> known = List.of();

  /** Whether {@link #duplicates} has all listeners of unix sockets. Of who changes something. */
  private boolean areSocketsTaken = true;

  /**
   * Looks for handshakes behind a switch, which for the kernel is a walk through all connections of
   * the machine: no hold waits for it.
   */
  private final ExecutorService looks =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("gate looks").factory());

  /** Whose handshake had begun when the switch came on. Of who changes something. */
  private Future<Set<InetSocketAddress>> handshakes = NO_HANDSHAKES;

  private final SwitchProof proof = new SwitchProof();
  private final OwnGuests ownGuests;
  private final LongAdder strangers = new LongAdder();

  /** Whether all groups are switched on. */
  private boolean on;

  /** Whose clients come to us, to be refused, also while the switch is off. */
  private final Set<GroupCount> refusing = new CopyOnWriteArraySet<>();

  private Capture(
      Relay relay,
      WaitingRoom room,
      List<GroupCount> groups,
      Path directory,
      @Nullable Rung forced,
      @Nullable String untakable,
      SocketCapture sockets,
      OwnGuests ownGuests)
      throws IOException {
    this.sockets = sockets;
    this.ownGuests = ownGuests;
    this.relay = relay;
    this.room = room;
    for (GroupCount g : groups) {
      for (int port : g.group.ports()) {
        this.groups.put(port, g);
      }
    }
    step =
        Ladder.climb(
            directory,
            Set.copyOf(this.groups.keySet()),
            forced,
            untakable,
            relay.loop(),
            fd -> arrived(fd, false));
    diversion = step.diversion();
    int listener = step.listener();
    ownPort = listener < 0 ? 0 : Sockets.localAddress(listener).getPort();
    acceptor = listener < 0 ? null : new Acceptor(relay.loop(), listener, fd -> arrived(fd, false));
  }

  /**
   * Prepares everything; the services are not touched but for their backlogs, and no connection
   * comes to us.
   *
   * @param directory of the gate's own state
   * @param forced the rung to stand on; null for the best
   */
  static Capture open(
      Relay relay, WaitingRoom room, List<GroupCount> groups, Path directory, @Nullable Rung forced)
      throws IOException, InterruptedException {
    return open(relay, room, groups, directory, forced, null);
  }

  /**
   * @param untakable as for {@link Ladder#climb}
   */
  private static Capture open(
      Relay relay,
      WaitingRoom room,
      List<GroupCount> groups,
      Path directory,
      @Nullable Rung forced,
      @Nullable String untakable)
      throws IOException, InterruptedException {
    OwnGuests ownGuests = new OwnGuests(relay.loop());
    SocketCapture sockets = SocketCapture.open(relay, room, groups, ownGuests, directory);
    Capture capture;
    try {
      capture = new Capture(relay, room, groups, directory, forced, untakable, sockets, ownGuests);
    } catch (IOException e) {
      sockets.close();
      throw e;
    }
    try {
      // Enlarged minutes before it counts: a full queue drops what the switch could have saved.
      capture.takeDuplicates();
      capture.closeDuplicates(false);
      Acceptor own = capture.acceptor;
      if (own != null) {
        capture.onLoop(own::start);
      }
      return capture;
    } catch (IOException e) {
      capture.close();
      capture.forget();
      if (forced == null && capture.rung().takesOver() && isForbidden(e)) {
        return open(relay, room, groups, directory, null, e.getMessage());
      }
      throw e;
    }
  }

  /**
   * Whether listeners are out of reach for good: of the kernel itself, or of a process that this
   * one may not trace (no CAP_SYS_PTRACE, as in many containers).
   */
  private static boolean isForbidden(IOException e) {
    return e instanceof GateException gate
        ? gate.kind() == GateException.Kind.UNSUPPORTED
        : e instanceof LinuxException linux
            && (linux.errno() == Errno.EPERM || linux.errno() == Errno.EACCES);
  }

  Rung rung() {
    return step.rung();
  }

  /** The rung's name, why no better one, and what has happened to it; for people. */
  String why() {
    String ports = step.why() + diversion.told();
    return sockets.isEmpty() ? ports : "unix sockets by their names, ports by " + ports;
  }

  /** How long clients were refused so far, as a rung that cannot do without has measured it. */
  Duration gap() {
    return diversion.gap().plus(sockets.gap());
  }

  /**
   * Duplicates of the listeners as they are now. Done before the switch, for it takes a while. When
   * it fails there are none: one that stayed would keep its service from starting again.
   */
  int takeDuplicates() throws IOException, InterruptedException {
    try {
      sockets.seeWhoIsThere();
      if (step.rung().takesOver()) {
        known = ServiceListener.find(groups.keySet(), known);
        for (ServiceListener found : known) {
          duplicate(found, fd -> arrived(fd, true));
        }
      }
      duplicateSockets();
    } catch (IOException e) {
      closeDuplicates(false);
      throw e;
    }
    return duplicates.size();
  }

  /**
   * Those of unix sockets on every rung: how ports are diverted has nothing to do with them. Where
   * the kernel gives no duplicates, which is why such a rung was taken, {@link #awaitQueues} has
   * the services empty their queues.
   */
  private void duplicateSockets() throws IOException {
    areSocketsTaken = true;
    for (SocketCapture.Found found : sockets.listeners()) {
      try {
        duplicate(found.listener(), found.arrival());
      } catch (LinuxException e) {
        if (step.rung().takesOver()) {
          throw e;
        }
        areSocketsTaken = false;
      }
    }
  }

  private void duplicate(ServiceListener found, IntConsumer arrival) throws LinuxException {
    int fd = found.duplicate();
    duplicates.add(new Duplicate(found, new Acceptor(relay.loop(), fd, arrival), fd));
  }

  int duplicates(PortGroup group) {
    return (int)
        duplicates.stream()
            .map(Duplicate::listener)
            .filter(l -> group.ports().contains(l.port()) || sockets.isOf(group, l))
            .count();
  }

  /** How a landing's connections pass the diversion; for {@link Passage#tell}. */
  String passing() throws IOException {
    return diversion.passing();
  }

  /** As {@link #switchOn(Step)}, with nothing else to do. */
  void switchOn() throws IOException, InterruptedException {
    switchOn(() -> {});
  }

  /**
   * Switches all ports on, and proves with a connection of our own to each that it is so, where the
   * rung can do it while a service listens.
   *
   * @param meanwhile what has to be done before this returns, while the loop wakes up
   */
  void switchOn(Step meanwhile) throws IOException, InterruptedException {
    on = true;
    divert();
    sockets.on();
    Set<Integer> provable = step.rung() == Rung.LISTENING ? Set.of() : groups.keySet();
    try (SwitchProof.Attempt attempt = proof.begin(provable)) {
      meanwhile.run();
      attempt.await(Ladder.PROBE_LIMIT);
    }
    // Those that had begun before the switch are under way still, or stand in a queue.
    handshakes = looks.submit(this::handshakesNow);
    if (step.rung() == Rung.REDIRECTION || !areSocketsTaken) {
      awaitQueues();
    }
  }

  /**
   * Without their listeners we cannot take what stands in the services' queues: they have to, while
   * they run. Those that have stopped have none.
   */
  private void awaitQueues() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + HANDSHAKE_NANOS_MAX;
    Set<InetSocketAddress> begun = handshakes();
    while (isSomethingQueued(begun) && System.nanoTime() - deadline < 0) {
      LockSupport.parkNanos(HANDSHAKE_POLL_NANOS); // the kernel tells nobody
    }
    if (step.rung() == Rung.REDIRECTION) {
      handshakes = NO_HANDSHAKES;
    }
  }

  private boolean isSomethingQueued(Set<InetSocketAddress> begun) throws LinuxException {
    if (!areSocketsTaken && sockets.queued() > 0) {
      return true;
    }
    if (step.rung() != Rung.REDIRECTION) {
      return false; // of ports, new ones come to the services until those have stopped
    }
    begun.retainAll(handshakesNow());
    return !begun.isEmpty() || queuedAtPorts() > 0;
  }

  private long queuedAtPorts() throws LinuxException {
    return listeners().stream().mapToLong(TcpSocket::received).sum();
  }

  /** Switches all ports off. What has reached our listener by then is still accepted. */
  void switchOff() throws IOException, InterruptedException {
    on = false;
    try {
      divert();
    } finally {
      sockets.onlyFor(refusing);
    }
  }

  private void divert() throws IOException, InterruptedException {
    Set<Integer> wanted = new HashSet<>();
    if (on) {
      wanted.addAll(groups.keySet());
    } else if (step.rung() != Rung.LISTENING) {
      refusing.forEach(group -> wanted.addAll(group.group.ports()));
    }
    diversion.divert(wanted);
  }

  /**
   * From now on who asks for a group comes to us, whether the switch is on or off.
   *
   * @throws GateException when that is not possible; nothing has changed then
   */
  void refuse(GroupCount group) throws IOException, InterruptedException {
    if (!on && step.rung() == Rung.LISTENING && !group.group.ports().isEmpty()) {
      throw new GateException(
          GateException.Kind.UNSUPPORTED,
          "group "
              + group.group.name()
              + " cannot be refused while its service runs: on this host the gate gets its"
              + " connections only when the service has stopped");
    }
    if (!refusing.add(group) || on) {
      return;
    }
    try {
      divert();
      sockets.onlyFor(refusing);
      try (SwitchProof.Attempt attempt = proof.begin(group.group.ports())) {
        attempt.await(Ladder.PROBE_LIMIT);
      }
    } catch (IOException e) {
      admit(group);
      throw e;
    }
  }

  /** Who asks for a group goes where all others go. */
  void admit(GroupCount group) throws IOException, InterruptedException {
    if (refusing.remove(group) && !on) {
      divert();
      sockets.onlyFor(refusing);
    }
  }

  /** Whether clients of some group come to us to be refused. Any thread. */
  boolean isRefusing() {
    return !refusing.isEmpty();
  }

  /**
   * Lets the services start: they cannot bind their ports while a duplicate is open. With nothing
   * left in the duplicates' queues.
   */
  void makeRoom() throws IOException, InterruptedException {
    closeDuplicates(true);
    diversion.makeRoom();
    sockets.makeRoom();
  }

  /**
   * Until {@link #refuseOwn} those who are no clients, but of the services of this host themselves,
   * go to them: they run, or are about to.
   *
   * @param nanos for how long at most
   */
  void letOwnPass(WayBack services, long nanos) {
    ownGuests.begin(services, nanos);
  }

  /** Who comes from this host waits, or is led, like all others. */
  void refuseOwn() {
    ownGuests.end();
    relay.loop().execute(room::endOwn);
  }

  /** Whether clients come to us although a service listens on their port. */
  boolean divertsBesideServices() {
    return step.rung() != Rung.LISTENING;
  }

  /** The same for those of unix sockets too. */
  boolean holdsBesideServices() {
    return sockets.isEmpty() && divertsBesideServices();
  }

  /** After {@link #makeRoom}, which may have failed, and an attempt to start that did. */
  void makeMoreRoom() throws IOException, InterruptedException {
    try {
      makeRoom();
    } finally {
      sockets.free();
    }
  }

  /** See {@link SocketCapture#require}. */
  void requireSockets() throws IOException, InterruptedException {
    sockets.require();
    sockets.onlyFor(refusing);
  }

  /** See {@link SocketCapture#clear}. */
  void clear(Set<GroupCount> which, Duration limit) throws IOException {
    sockets.clear(which, limit);
  }

  /** See {@link SocketCapture#cover}. */
  void cover() throws IOException {
    sockets.cover();
  }

  /** After an attempt to start the services that succeeded. */
  void awaitServices() throws IOException, InterruptedException {
    sockets.awaitServices();
  }

  /** For a process that is about to end by itself: what the kernel would not undo. Any thread. */
  void leave() {
    sockets.leave();
  }

  /** The services that still run here are not the clients' any more. */
  void servicesStopped() throws IOException {
    sockets.stopped();
  }

  /** After {@link #makeRoom}, when the services did not start: clients wait instead. */
  void listenAgain() {
    sockets.takeAgain();
    if (diversion instanceof LateListeners late) {
      try {
        late.on();
      } catch (IOException e) {
        System.getLogger(Capture.class.getName())
            .log(System.Logger.Level.ERROR, "unable to listen in the services' place", e);
      }
    }
  }

  /**
   * Accepts what the services had not accepted when they stopped, and goes on doing so.
   *
   * @return how many connections
   * @throws GateException when a service lives and accepts from its socket in a way that this would
   *     disturb
   */
  int takeQueued() throws IOException, InterruptedException {
    sockets.stopped();
    if (diversion instanceof LateListeners late) {
      late.await(LISTENING_MAX);
    }
    for (Duplicate d : duplicates) {
      if (!Sockets.isNonBlocking(d.fd())) {
        // O_NONBLOCK is shared: setting it under a service that waits in accept would break it.
        if (d.listener().isHeldByOthers()) {
          throw new GateException(
              GateException.Kind.WRONG_MODE,
              "the service on "
                  + d.listener().where()
                  + " still runs; what waits in its queue can be taken when it has stopped");
        }
        Sockets.setNonBlocking(d.fd());
      }
    }
    return drain(duplicates);
  }

  private int drain(List<Duplicate> from) throws InterruptedException {
    return relay
        .loop()
        .ask(
            () -> {
              int count = 0;
              for (Duplicate d : from) {
                count += d.acceptor().accept(Integer.MAX_VALUE);
              }
              return count;
            });
  }

  /**
   * Closes all duplicates, with nothing left in their queues; returns when the ports are free, or
   * their services'.
   *
   * @param empty whether to empty the queues first; not needed while the services accept
   * @throws IOException when they could not be emptied; they are closed all the same
   */
  void closeDuplicates(boolean empty) throws IOException, InterruptedException {
    List<Duplicate> drainable = new ArrayList<>();
    List<ServiceListener> closed = duplicates.stream().map(Duplicate::listener).toList();
    try {
      if (empty && !duplicates.isEmpty()) {
        for (Duplicate d : duplicates) {
          if (Sockets.isNonBlocking(d.fd())) {
            drainable.add(d);
          } else if (!d.listener().isHeldByOthers()) {
            Sockets.setNonBlocking(d.fd());
            drainable.add(d);
          }
        }
        awaitHandshakes(drainable);
      }
    } finally {
      // One that stayed would keep its service from starting, which is worse than a lost queue.
      boolean unused = relay.loop().ask(() -> close(drainable));
      handshakes = NO_HANDSHAKES;
    }
    awaitGone(closed);
  }

  /** Loop thread. */
  private boolean close(List<Duplicate> drainable) {
    for (Duplicate d : duplicates) {
      if (drainable.contains(d)) {
        d.acceptor().accept(Integer.MAX_VALUE);
      }
      d.acceptor().close();
    }
    duplicates.clear();
    return true;
  }

  /**
   * Until the kernel knows of no such listener either, unless its service has it. A program that
   * this process is starting has a copy of each descriptor for some milliseconds, until it is
   * loaded: a service could not bind its port then, and whoever connects, a check too, is let in
   * and then reset.
   */
  private static void awaitGone(List<ServiceListener> closed) throws LinuxException {
    long deadline = System.nanoTime() + COPY_NANOS_MAX;
    for (ServiceListener one : closed) {
      while (!one.isStillHeld() && one.isListening() && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(HANDSHAKE_POLL_NANOS); // the kernel tells nobody
      }
    }
  }

  /** Until those whose handshake had begun before the switch are in a queue, which is emptied. */
  private void awaitHandshakes(List<Duplicate> from) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + HANDSHAKE_NANOS_MAX;
    Set<InetSocketAddress> begun = handshakes();
    drain(from);
    while (!begun.isEmpty() && System.nanoTime() - deadline < 0) {
      begun.retainAll(handshakesNow());
      drain(from);
      if (!begun.isEmpty()) {
        LockSupport.parkNanos(HANDSHAKE_POLL_NANOS); // the kernel tells nobody
      }
    }
  }

  /** A copy of {@link #handshakes}, when they are known. */
  private Set<InetSocketAddress> handshakes() throws IOException, InterruptedException {
    try {
      return new HashSet<>(handshakes.get());
    } catch (ExecutionException e) {
      throw new IOException("whose handshake is under way is not known", e.getCause());
    }
  }

  private Set<InetSocketAddress> handshakesNow() throws LinuxException {
    Set<InetSocketAddress> found = new HashSet<>();
    for (TcpSocket s : SocketDiagnostics.sockets(groups.keySet(), SocketDiagnostics.SYN_RECV)) {
      found.add(s.peer());
    }
    return found;
  }

  /** Whoever listens on one of the ports. */
  private List<TcpSocket> listeners() throws LinuxException {
    return SocketDiagnostics.sockets(groups.keySet(), SocketDiagnostics.LISTEN);
  }

  /** Whether each port has a listener of its own, so that nobody would be refused. */
  boolean areServicesListening() throws LinuxException {
    if (!sockets.areServicesListening()) {
      return false;
    }
    if (diversion instanceof LateListeners late && late.isListening()) {
      return false; // who listens is us
    }
    Set<Integer> listening = new HashSet<>();
    listeners().forEach(s -> listening.add(s.local().getPort()));
    return listening.containsAll(groups.keySet());
  }

  /** Whether some port or socket has a listener of its own, so that its clients would be served. */
  boolean isSomeServiceListening() throws LinuxException {
    if (sockets.isSomeServiceListening()) {
      return true;
    }
    if (diversion instanceof LateListeners late && late.isListening()) {
      return false; // who listens is us
    }
    return !listeners().isEmpty();
  }

  /** Loop thread. */
  private void arrived(int fd, boolean before) {
    InetSocketAddress local;
    InetSocketAddress client;
    try {
      client = Sockets.peerAddress(fd);
      local = before ? Sockets.localAddress(fd) : diversion.asked(fd);
    } catch (LinuxException e) {
      if (e.errno() == Errno.ENOENT) {
        strangers.increment(); // nothing has redirected it
      }
      Sockets.closeWithReset(fd); // else the client has reset it already
      return;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    if (proof.isOurs(client)) {
      Sockets.closeWithReset(fd);
      return;
    }
    GroupCount group = groups.get(local.getPort());
    if (group == null || local.getPort() == ownPort && !before) {
      strangers.increment();
      Sockets.closeWithReset(fd);
      return;
    }
    if (before) {
      Tuning.apply(fd); // inherited from the service's listener, not from ours
    }
    if (before || diversion.pass() == null || !ownGuests.mayBe(client, local)) {
      room.admit(fd, client, local, group, before);
    } else if (room.expect(fd, group)) {
      ownGuests.ask(client, local, isOwn -> admit(fd, client, local, group, isOwn));
    }
  }

  /**
   * Loop thread.
   *
   * @param isOwn whether it is no client
   */
  private void admit(
      int fd, InetSocketAddress client, InetSocketAddress local, GroupCount group, boolean isOwn) {
    room.isHere();
    if (isOwn) {
      room.admit(fd, client, local, group, new OwnRoute(diversion::pass));
    } else {
      room.admit(fd, client, local, group, false);
    }
  }

  /** What the services have open on their unix sockets. */
  List<Busy> busySockets(long quietMillis) throws LinuxException {
    return sockets.busy(quietMillis);
  }

  /** Connections to our own port, which nobody has a reason to make. */
  long strangers() {
    return strangers.sum();
  }

  private interface LoopAction {
    void run() throws LinuxException;
  }

  private void onLoop(LoopAction action) throws InterruptedException {
    relay
        .loop()
        .ask(
            () -> {
              try {
                action.run();
                return true;
              } catch (LinuxException e) {
                throw new IllegalStateException(e);
              }
            });
  }

  /** The next connection goes to the service. Closes duplicates with their queues. */
  @Override
  public void close() {
    closed(() -> diversion.divert(Set.of()));
    Acceptor own = acceptor;
    if (own != null) {
      closed(() -> onLoop(own::close));
    }
    closed(sockets::close);
    ownGuests.close();
    closed(() -> closeDuplicates(false));
    looks.shutdown();
  }

  /** One that fails, such as for rules that somebody has removed, keeps no other from its end. */
  private static void closed(Step step) {
    try {
      step.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      System.getLogger(Capture.class.getName())
          .log(System.Logger.Level.ERROR, "what comes to the gate could not be switched off", e);
    }
  }

  /** Takes the rest off the host: when nothing that was diverted is relayed any more. */
  void forget() {
    diversion.close();
  }
}
