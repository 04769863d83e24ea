package dev.godwit.forward.server;

import dev.godwit.daemon.RequestException;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.Limits;
import dev.godwit.forward.Watchdog;
import dev.godwit.forward.ladder.FilterNotes;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Ranges;
import dev.godwit.forward.rules.Target;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code godwit forward}: all its groups, on one loop or several, with what can be asked of it
 * while it runs.
 *
 * <p>Invariants: a listening socket is opened before an old one is closed, so a change that cannot
 * be made changes nothing; a connection that was accepted is ended by its own ends, by a limit that
 * was asked for, or by {@link #close}, and by nothing else.
 *
 * <p>Threads: any; what changes something does so one at a time. Names, other hosts, the trial of
 * {@link Transparency} and what {@link HandOvers} run are waited for without the lock of this
 * object, which a lease needs for its end, and a status: whoever needs them has {@link #changes},
 * and finds out everything before.
 */
public final class ForwardServer implements AutoCloseable {
  /** A hold is a lease (H50). */
  public static final Duration HOLD_LIMIT_DEFAULT = Duration.ofSeconds(5);

  public static final Duration HOLD_LIMIT_MAX = Duration.ofSeconds(300);

  /** Connects to the agents of other hosts. */
  @FunctionalInterface
  public interface Connector {
    /**
     * @param destination of ssh, as it was written
     */
    Host connect(String destination) throws HostException;
  }

  private static final Connector NO_HOSTS =
      destination -> {
        throw new HostException("there is no way to " + destination + " here");
      };

  private static final int LOOPS_MAX = 4;

  /** Connections that may wait with bytes that their client has not proved to have asked for. */
  private static final int FAST_OPEN_QUEUE = 256;

  private static final long RESOLVE_MILLIS = 30_000;
  private static final long DRAIN_LOOK_MILLIS = 20;

  /**
   * Of who changes where groups lead, which may take its time. Taken before the lock of this
   * object, never after it.
   */
  private final Object changes = new Object();

  private final Consumer<String> log;
  private final long startedMillis = System.currentTimeMillis();
  private final List<Relay> relays = new ArrayList<>();
  private final Admission admission;
  private final OwnConnections ownConnections = new OwnConnections();
  private final HealthChecks checks;
  private final Vias vias;
  private final Transparency transparency;
  private final Thread resolver;
  private final List<Watchdog> watchdogs = new ArrayList<>();
  private final Map<String, ForwardGroup> groups = new LinkedHashMap<>();
  private final List<ForwardGroup> leaving = new ArrayList<>();

  /** Of datagrams that wait, all groups together. */
  private final AtomicLong keptBytes = new AtomicLong();

  private List<Opened> sockets = new ArrayList<>();
  private ForwardRules rules;
  private boolean draining;
  private boolean closed;

  /** Shorter for tests. */
  volatile Duration holdMax = HOLD_LIMIT_MAX;

  /** A listening socket at work. */
  private record Opened(
      ListenSocket socket,
      ForwardGroup group,
      int index,
      List<Acceptor> acceptors,
      @Nullable UdpRelay udp) {}

  /** A listening socket and the group and place that it has by the rules. */
  private record Wanted(
      ListenSocket socket, Listen listen, String group, int index, boolean isNew) {}

  private ForwardServer(ForwardRules rules, Connector connector, Consumer<String> log)
      throws IOException {
    vias = new Vias(connector, log);
    if (Identity.isRoot()) {
      FilterNotes.cleanUp(notes());
    }
    transparency =
        new Transparency(RuntimeDirectory.OF_ROOT, "forward-" + ProcessHandle.current().pid(), log);
    this.rules = rules;
    this.log = log;
    admission = new Admission(DescriptorRoom.connectionsMax(rules), areDatagrams(rules));
    int cores = Runtime.getRuntime().availableProcessors();
    int loops = cores <= 2 ? 1 : Math.min(cores / 2, LOOPS_MAX);
    for (int i = 0; i < loops; i++) {
      relays.add(Relay.start("forward loop " + i));
    }
    checks = new HealthChecks(EventLoop.start("forward checks"), log);
    // Of the platform: a name that nobody answers for would hold one that carries virtual threads.
    resolver = Thread.ofPlatform().daemon().name("forward names").unstarted(this::resolveForEver);
  }

  /**
   * Listens and forwards.
   *
   * @param connector how other hosts are reached
   * @param inherited listening sockets that another process has passed on; what of them the rules
   *     do not name is closed
   * @param log told of what a person should know, a line at a time; any thread, those of the loops
   *     too: it must wait for nobody
   * @throws IOException for people, when a socket cannot be opened or a name not be found; nothing
   *     listens then
   */
  static ForwardServer start(
      ForwardRules rules, List<ListenSocket> inherited, Connector connector, Consumer<String> log)
      throws IOException {
    ForwardServer server = new ForwardServer(rules, connector, log);
    boolean started = false;
    try {
      server.apply(rules, inherited);
      server.resolver.start();
      started = true;
      return server;
    } finally {
      if (!started) {
        server.close();
      }
    }
  }

  /**
   * As the first one of a fresh start, with nothing inherited.
   *
   * @param connector how other hosts are reached
   */
  public static ForwardServer start(ForwardRules rules, Connector connector, Consumer<String> log)
      throws IOException {
    return start(rules, List.of(), connector, log);
  }

  /** One that goes by no other host. */
  public static ForwardServer start(ForwardRules rules, Consumer<String> log) throws IOException {
    return start(rules, List.of(), NO_HOSTS, log);
  }

  /**
   * From now on somebody looks whether the loops turn.
   *
   * @param bite runs when one has not for a second; it has to end the process, for nobody who is
   *     connected is served any more and nobody who comes will be
   */
  synchronized void watch(Runnable bite) {
    for (Relay relay : relays) {
      watchdogs.add(Watchdog.start("forward watchdog", relay.loop()::progress, () -> true, bite));
    }
  }

  private static boolean areDatagrams(ForwardRules rules) {
    return rules.rules().stream().flatMap(rule -> rule.listens().stream()).allMatch(Listen::isUdp);
  }

  /**
   * Takes changed rules over: sockets that stay are not touched, connections that exist go on.
   *
   * @throws IOException for people; everything is as it was then
   */
  public void reload(ForwardRules changed) throws IOException {
    int max = DescriptorRoom.connectionsMax(changed);
    synchronized (changes) {
      List<ListenSocket> here;
      synchronized (this) {
        here = sockets.stream().map(Opened::socket).toList();
      }
      apply(changed, here);
      admission.limit(max, areDatagrams(changed));
    }
  }

  /** What rules come to. */
  private static final class Plan {
    private final List<Wanted> sockets = new ArrayList<>();
    private final Map<String, ForwardGroup> groups = new LinkedHashMap<>();
    private final List<Runnable> takings = new ArrayList<>();

    /** Whether its datagrams are read for the same group as before. */
    private boolean goesOn(Opened opened) {
      return opened.udp() != null
          && sockets.stream()
              .anyMatch(
                  w -> w.socket() == opened.socket() && groups.get(w.group()) == opened.group());
    }

    private boolean has(ListenSocket socket) {
      return sockets.stream().anyMatch(w -> w.socket() == socket);
    }

    /** Last of all that may fail; when it does, those that it came to before are as they were. */
    private void dress() throws IOException {
      Map<ListenSocket, Listen.Unix> before = new LinkedHashMap<>();
      boolean done = false;
      try {
        for (Wanted w : sockets) {
          if (w.listen() instanceof Listen.Unix unix
              && w.socket().listen() instanceof Listen.Unix was
              && !unix.equals(was)) {
            w.socket().dress(unix);
            before.put(w.socket(), was);
          }
        }
        done = true;
      } finally {
        if (!done) {
          for (Map.Entry<ListenSocket, Listen.Unix> changed : before.entrySet()) {
            changed.getKey().dress(changed.getValue());
          }
        }
      }
    }

    private void discard() {
      sockets.stream().filter(Wanted::isNew).forEach(w -> w.socket().close());
    }
  }

  /** By whoever has {@link #changes}. */
  private void apply(ForwardRules wanted, List<ListenSocket> here) throws IOException {
    Plan plan = plan(wanted, here);
    synchronized (this) {
      if (draining || closed) {
        plan.discard();
        throw ending("read the rules again");
      }
      take(plan, here);
      rules = wanted;
    }
    settle();
  }

  /** Without the lock, after each decision. */
  private void settle() {
    List<ForwardGroup> all;
    synchronized (this) {
      all = new ArrayList<>(groups.values());
      all.addAll(leaving);
    }
    all.forEach(group -> group.past().settle());
  }

  private static IOException ending(String what) {
    return new IOException("unable to " + what + ": this process is ending");
  }

  /** Finds out all that may take its time, and changes nothing. */
  private Plan plan(ForwardRules wanted, List<ListenSocket> here) throws IOException {
    Map<String, ForwardGroup> before;
    synchronized (this) {
      if (draining || closed) {
        throw ending("read the rules again");
      }
      before = Map.copyOf(groups);
    }
    Plan plan = new Plan();
    Map<String, List<Destinations>> leads = new HashMap<>();
    boolean done = false;
    try {
      for (ForwardRule rule : wanted.rules()) {
        ForwardGroup known = before.get(rule.name());
        if (known == null) {
          known =
              new ForwardGroup(rule, relays, admission, ownConnections, vias, transparency, log);
          known.open();
        } else {
          ForwardGroup.Change change = known.prepare(rule);
          plan.takings.add(change.taking());
          leads.put(rule.name(), change.to());
        }
        plan.groups.put(rule.name(), known);
        leads.putIfAbsent(rule.name(), known.allDestinations());
      }
      for (ForwardRule rule : wanted.rules()) { // with all names found: nobody waits behind them
        plan(rule, here, plan.sockets);
      }
      Circles.refuse(
          plan.sockets.stream()
              .map(w -> new Circles.Side(w.socket(), w.index(), to(leads, w.group())))
              .toList());
      plan.dress();
      done = true;
      return plan;
    } finally {
      if (!done) {
        plan.discard();
      }
    }
  }

  /** Under the lock, which is held for moments. */
  private void take(Plan plan, List<ListenSocket> here) throws IOException {
    ownConnections.listenAt(
        plan.sockets.stream()
            .map(w -> w.socket().address())
            .filter(Objects::nonNull)
            .map(InetSocketAddress::getPort)
            .collect(Collectors.toSet()));
    plan.takings.forEach(Runnable::run);
    List<Opened> openBefore = List.copyOf(sockets);
    stopAccepting(opened -> !plan.goesOn(opened), opened -> !plan.has(opened.socket()));
    for (ListenSocket socket : here) {
      if (!plan.has(socket)) {
        socket.close();
      }
    }
    for (Map.Entry<String, ForwardGroup> before : groups.entrySet()) {
      if (plan.groups.get(before.getKey()) != before.getValue()) {
        leaving.add(before.getValue());
        before.getValue().past().wantNone();
      }
    }
    groups.clear();
    groups.putAll(plan.groups);
    leaving.removeIf(ForwardGroup::isEmpty);
    sockets = new ArrayList<>();
    for (Wanted w : plan.sockets) {
      ForwardGroup group = groups.get(w.group());
      if (group != null) {
        UdpRelay udp = udp(openBefore, w.socket(), group);
        sockets.add(accept(w.socket(), group, w.index(), udp));
      }
    }
    checks.watch(List.copyOf(groups.values()));
  }

  private static List<Destinations> to(Map<String, List<Destinations>> leads, String group) {
    return leads.getOrDefault(group, List.of());
  }

  /** Finds the sockets of a rule among those that are here, and opens what is missing. */
  private static void plan(ForwardRule rule, List<ListenSocket> here, List<Wanted> plan)
      throws IOException {
    Map<Listen, Integer> indices = new HashMap<>();
    for (int i = 0; i < rule.listens().size(); i++) {
      Listen listen = rule.listens().get(i);
      indices.merge(listen, i, (a, b) -> a);
      int index = i;
      List<ListenSocket> kept =
          here.stream()
              .filter(s -> s.fits(listen))
              .filter(s -> plan.stream().noneMatch(w -> w.socket() == s))
              .toList();
      if (kept.isEmpty()) {
        ListenSocket.open(listen)
            .forEach(s -> plan.add(new Wanted(s, listen, rule.name(), index, true)));
      } else {
        kept.forEach(s -> plan.add(new Wanted(s, listen, rule.name(), index, false)));
      }
    }
  }

  private static @Nullable UdpRelay udp(
      List<Opened> among, ListenSocket socket, ForwardGroup group) {
    for (Opened opened : among) {
      if (opened.socket() == socket && opened.group() == group) {
        return opened.udp();
      }
    }
    return null;
  }

  /**
   * @param before that reads datagrams from the same socket for the same group; null for none
   */
  private Opened accept(
      ListenSocket socket, ForwardGroup group, int index, @Nullable UdpRelay before)
      throws IOException {
    InetSocketAddress address = socket.address();
    int port = address == null ? 0 : address.getPort();
    if (socket.isUdp()) {
      EventLoop first = relays.getFirst().loop();
      if (before != null) {
        ask(first, () -> before.moveTo(index));
      }
      UdpRelay udp =
          before != null ? before : UdpRelay.start(first, socket, group, index, port, keptBytes);
      return new Opened(socket, group, index, List.of(), udp);
    }
    if (!socket.isUnix()) {
      Sockets.trySet(
          socket.fd(),
          Sockets.IPPROTO_TCP,
          Sockets.TCP_FASTOPEN,
          group.rule().fastOpen() ? FAST_OPEN_QUEUE : 0);
    }
    List<Acceptor> acceptors = new ArrayList<>();
    for (int i = 0; i < relays.size(); i++) {
      int loop = i;
      EventLoop on = relays.get(i).loop();
      Acceptor acceptor =
          new Acceptor(
              on, socket.fd(), fd -> group.arrived(loop, index, socket.listen(), port, fd), true);
      acceptors.add(acceptor);
      ask(on, acceptor::start);
    }
    return new Opened(socket, group, index, acceptors, null);
  }

  @FunctionalInterface
  private interface Starting {
    void run() throws LinuxException;
  }

  private static void ask(EventLoop loop, Starting action) throws IOException {
    try {
      LinuxException failure =
          loop.<@Nullable LinuxException>ask(
              () -> {
                try {
                  action.run();
                  return null;
                } catch (LinuxException e) {
                  return e;
                }
              });
      if (failure != null) {
        throw failure;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * What waits in the kernel's queues stays there for whoever accepts next.
   *
   * @param ends whose sockets are closed then, so that nobody does: those who wait there have
   *     connected, and are taken in first
   */
  private void stopAccepting(Predicate<Opened> at, Predicate<Opened> ends) throws IOException {
    for (Opened opened : sockets.stream().filter(at).toList()) {
      int waiting = ends.test(opened) ? ServiceListener.BACKLOG : 0;
      for (int i = 0; i < opened.acceptors().size(); i++) {
        Acceptor acceptor = opened.acceptors().get(i);
        ask(
            relays.get(i).loop(),
            () -> {
              int unused = acceptor.accept(waiting);
              acceptor.close();
            });
      }
      UdpRelay udp = opened.udp();
      if (udp != null) {
        ask(relays.getFirst().loop(), udp::stop);
      }
    }
  }

  /** Asks for all names again, and for what of their addresses is this host's. */
  void resolve() {
    List<ForwardGroup> now;
    synchronized (this) {
      now = List.copyOf(groups.values());
    }
    for (ForwardGroup group : now) {
      try {
        group.resolve();
      } catch (IOException e) {
        continue; // the addresses that are known go on
      }
    }
  }

  private void resolveForEver() {
    try {
      while (true) {
        Thread.sleep(RESOLVE_MILLIS);
        resolve();
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  /**
   * From now on, connections of a group wait. In a hold, prolongs it, but never beyond {@link
   * #HOLD_LIMIT_MAX} from its begin (H50).
   *
   * @param limit after which they go where they would have gone
   * @throws IOException for people
   */
  public void hold(String name, Duration limit) throws IOException, InterruptedException {
    holdAtOnce(name, limit).past().settle();
  }

  private synchronized ForwardGroup holdAtOnce(String name, Duration limit)
      throws IOException, InterruptedException {
    if (limit.compareTo(HOLD_LIMIT_MAX) > 0) {
      throw new RequestException("unable to hold " + name + ": a hold may last 300 s at most");
    }
    ForwardGroup group = group(name);
    GroupMode mode = group.mode();
    if (mode.refuses()) {
      throw new IOException(
          "unable to hold "
              + name
              + ": it is "
              + (mode == GroupMode.DRAIN ? "draining" : "closed")
              + "; `godwit forward release "
              + name
              + "` opens it");
    }
    long number = group.hold();
    long most = holdMax.toNanos() - group.heldNanos();
    long lease = Math.max(0, Math.min(limit.toNanos(), most));
    group.holdsFor(lease);
    EventLoop loop = relays.getFirst().loop();
    loop.execute(() -> loop.after(lease, () -> leaseEnded(group, number)));
    return group;
  }

  private void leaseEnded(ForwardGroup group, long number) {
    // Not on the loop's thread: it must never wait for who changes something.
    Thread.ofPlatform()
        .daemon()
        .name("lease of " + group.rule().name())
        .start(
            () -> {
              synchronized (this) {
                if (group.isStill(number)) {
                  group.release(null, 0, null);
                  log.accept(group.rule().name() + ": the hold has ended by its limit");
                }
              }
              group.past().settle();
            });
  }

  /**
   * From now on, new connections of a group are refused; those that are there may end, and what is
   * left at the limit is reset. Then the group is closed.
   *
   * @param limit null for that of the rules
   * @throws IOException for people
   */
  public void drain(String name, @Nullable Duration limit) throws IOException {
    drainAtOnce(name, limit).past().settle();
  }

  private synchronized ForwardGroup drainAtOnce(String name, @Nullable Duration limit)
      throws IOException {
    ForwardGroup group = group(name);
    long number = group.drain();
    long end = System.nanoTime() + (limit == null ? rules.drainLimit() : limit).toNanos();
    Thread unused =
        Thread.ofPlatform()
            .daemon()
            .name("drain of " + name)
            .start(() -> awaitDrained(group, number, end));
    return group;
  }

  private void awaitDrained(ForwardGroup group, long number, long end) {
    try {
      while (true) {
        synchronized (this) {
          if (!group.isStill(number) || closed) {
            return;
          }
          boolean empty = group.isEmpty() && group.udpSessions() == 0;
          if (empty || System.nanoTime() - end >= 0) {
            close(group);
            log.accept(
                group.rule().name()
                    + (empty
                        ? ": drained, and closed"
                        : ": closed at the limit of its drain; what was left is reset"));
            break;
          }
        }
        Thread.sleep(DRAIN_LOOK_MILLIS);
      }
      group.past().settle();
    } catch (IOException e) {
      log.accept(group.rule().name() + ": it could not be closed: " + e.getMessage());
    } catch (InterruptedException e) {
      return;
    }
  }

  /**
   * From now on, new connections of a group are refused, and nobody is there any more when this
   * returns: those that are open or wait are reset.
   *
   * @throws IOException for people
   */
  public void close(String name) throws IOException, InterruptedException {
    ForwardGroup group;
    synchronized (this) {
      group = group(name);
      close(group);
    }
    group.past().settle();
  }

  private void close(ForwardGroup group) throws IOException, InterruptedException {
    group.close();
    for (Opened opened : sockets) {
      UdpRelay udp = opened.udp();
      if (opened.group() == group && udp != null) {
        ask(relays.getFirst().loop(), udp::clear);
      }
    }
  }

  /**
   * Those who wait go, oldest first; a group that refused takes connections again.
   *
   * @param to somewhere else than the rule says, until the rules are read again; null for there
   * @param perSecond how many a second, so that a small host is not run over; 0 for as fast as it
   *     goes
   * @param kernel new connections are to go past this process, if that is possible: the status says
   *     whether, and why not
   * @throws IOException for people, also when another command or the limit of a hold came before
   *     the addresses of {@code to}; a hold goes on then
   */
  public void release(String name, @Nullable Target to, int perSecond, boolean kernel)
      throws IOException {
    releaseAtOnce(name, to, perSecond, kernel).past().settle();
  }

  private ForwardGroup releaseAtOnce(
      String name, @Nullable Target to, int perSecond, boolean kernel) throws IOException {
    ForwardGroup group;
    long number;
    synchronized (this) {
      if (closed) {
        throw ending("release " + name);
      }
      group = group(name);
      number = group.modeNumber();
      if (to == null) {
        group.release(null, perSecond, kernel ? notes() : null);
        return group;
      }
    }
    synchronized (changes) {
      Destinations elsewhere = group.elsewhere(to);
      synchronized (this) {
        refuseLate(name, to, group, number);
        List<Circles.Side> sides = new ArrayList<>();
        for (Opened opened : sockets) {
          List<Destinations> all = new ArrayList<>(opened.group().allDestinations());
          if (opened.group() == group) {
            all.add(elsewhere);
          }
          sides.add(new Circles.Side(opened.socket(), opened.index(), all));
        }
        String circle = Circles.of(sides);
        if (circle != null) {
          throw new RequestException(
              ("unable to release %s to %s: it would call itself without an end (%s); it stays in"
                      + " `%s`")
                  .formatted(name, to.display(), circle, modeOf(group)));
        }
        group.release(elsewhere, perSecond, kernel ? notes() : null);
      }
    }
    return group;
  }

  /** What was decided about a group while a name was looked for came later, and stands. */
  private void refuseLate(String name, Target to, ForwardGroup group, long number)
      throws IOException {
    if (closed) {
      throw ending("release " + name);
    }
    if (group(name) != group || !group.isStill(number)) {
      throw new IOException(
          "unable to release "
              + name
              + " to "
              + to.display()
              + ": until that was found, the limit of a hold or another command has come first; it is"
              + " in `"
              + modeOf(group)
              + "` now");
    }
  }

  private static String modeOf(ForwardGroup group) {
    return group.mode().name().toLowerCase(Locale.ROOT);
  }

  private static Path notes() throws IOException {
    return Limits.hostDirectory(RuntimeDirectory.OF_ROOT.resolve("any"), FilterNotes.NOTES);
  }

  private ForwardGroup group(String name) throws RequestException {
    ForwardGroup group = groups.get(name);
    if (group == null) {
      throw new RequestException(
          "there is no group " + name + " here; there is " + String.join(", ", groups.keySet()));
    }
    return group;
  }

  /** The commands that groups go by instead of their rules, as they are typed. */
  synchronized List<String> asked() {
    return groups.values().stream()
        .map(ForwardGroup::asked)
        .filter(asked -> !asked.isEmpty())
        .toList();
  }

  /** Where it listens, as one line a group. */
  public synchronized List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (ForwardGroup group : groups.values()) {
      lines.add(Ranges.display(listens(group)) + " -> " + GroupStatus.to(group));
    }
    return lines;
  }

  private List<String> listens(ForwardGroup group) {
    return sockets.stream().filter(o -> o.group() == group).map(o -> o.socket().display()).toList();
  }

  /** TCP addresses that are listened on, in the order of the rules. */
  public synchronized List<InetSocketAddress> addresses() {
    List<InetSocketAddress> all = new ArrayList<>();
    for (Opened opened : sockets) {
      InetSocketAddress address = opened.socket().address();
      if (address != null) {
        all.add(address);
      }
    }
    return all;
  }

  /** Connections that there may be at once. */
  public int connectionsMax() {
    return admission.max();
  }

  /** Groups that cannot have as many as that for want of ports, a line each. */
  synchronized List<String> shortOfPorts() {
    List<String> lines = new ArrayList<>();
    for (ForwardGroup group : groups.values()) {
      int asked = group.rule().connectionsMax();
      if (group.portRoom() < (asked == 0 ? admission.max() : asked)) {
        lines.add(
            String.format(
                Locale.ROOT,
                "%s: %,d of them, as %s",
                group.rule().name(),
                group.portRoom(),
                PortRoom.why(group.rule(), group.portRoom())));
      }
    }
    return lines;
  }

  public synchronized ForwardStatus status() throws InterruptedException {
    List<ForwardStatus.Group> all = new ArrayList<>();
    for (ForwardGroup group : groups.values()) {
      all.add(GroupStatus.of(group, listens(group)));
    }
    for (ForwardGroup group : leaving) {
      if (!group.isEmpty()) {
        all.add(GroupStatus.of(group, List.of()));
      }
    }
    return new ForwardStatus(
        ProcessHandle.current().pid(),
        draining ? "draining" : "serving",
        startedMillis,
        admission.inside(),
        admission.max(),
        all);
  }

  /** Listening sockets, for a process that takes over. */
  synchronized List<ListenSocket> listenSockets() {
    return sockets.stream().map(Opened::socket).toList();
  }

  /** Stops listening and leaves the sockets to the process that has copies of them. */
  void handOver() throws IOException {
    comeToUs();
    synchronized (this) {
      stopAccepting(all -> true, none -> false);
      sockets.forEach(o -> o.socket().leave());
      sockets = new ArrayList<>();
      endHolds();
      groups.values().forEach(ForwardGroup::tellReleased);
    }
  }

  /** Before it ends: what the kernel has been given comes to the listening sockets again. */
  private void comeToUs() {
    synchronized (this) {
      draining = true;
      groups.values().forEach(group -> group.past().wantNone());
    }
    settle();
  }

  /** A hold may last longer than the drain, at whose end who still waits would be reset. */
  private void endHolds() {
    List<ForwardGroup> all = new ArrayList<>(groups.values());
    all.addAll(leaving);
    for (ForwardGroup group : all) {
      if (group.mode() == GroupMode.HOLD) {
        long unused = group.drain();
      }
    }
  }

  public Duration drainLimit() {
    return rules.drainLimit();
  }

  /**
   * Stops listening and waits until the connections that exist have ended.
   *
   * @return how many are still there at the limit; {@link #close} resets them
   */
  public int drain(Duration limit) throws IOException, InterruptedException {
    comeToUs();
    synchronized (this) {
      stopAccepting(all -> true, all -> true);
      sockets.forEach(o -> o.socket().close());
      sockets = new ArrayList<>();
      endHolds();
    }
    return awaitEmpty(limit);
  }

  int awaitEmpty(Duration limit) throws InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (open() > 0 && System.nanoTime() - end < 0) {
      Thread.sleep(DRAIN_LOOK_MILLIS);
    }
    return open();
  }

  List<Relay> relays() {
    return relays;
  }

  /** Relayed, waiting, and handed over. */
  private synchronized int open() {
    int past = 0;
    for (ForwardGroup group : groups.values()) {
      past += group.past().maybeOpen();
    }
    for (ForwardGroup group : leaving) {
      past += group.past().maybeOpen();
    }
    return admission.inside() + past;
  }

  /** Resets what is left and ends. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    watchdogs.forEach(Watchdog::stop);
    resolver.interrupt();
    checks.close();
    groups.values().forEach(ForwardGroup::clear);
    leaving.forEach(ForwardGroup::clear);
    relays.forEach(Relay::close);
    groups.values().forEach(group -> group.past().wantEnd());
    leaving.forEach(group -> group.past().wantEnd());
    settle();
    vias.close();
    transparency.close();
    sockets.forEach(o -> o.socket().close());
    sockets = new ArrayList<>();
  }
}
