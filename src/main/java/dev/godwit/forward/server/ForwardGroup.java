package dev.godwit.forward.server;

import dev.godwit.forward.Callers;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.relay.Attempt;
import dev.godwit.forward.relay.Count;
import dev.godwit.forward.relay.Guest;
import dev.godwit.forward.relay.ProxyHeader;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.RelayedConnection;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.relay.TransparentRouting;
import dev.godwit.forward.relay.WaitingRoom;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.Listen;
import dev.godwit.forward.rules.Network;
import dev.godwit.forward.rules.Target;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One rule at work: its listening sockets' connections, its destinations and its counts. It has a
 * waiting room for each loop.
 *
 * <p>Invariants: every connection is counted once as come, and leaves once: refused, dismissed or
 * ended. The counts belong to the name, and outlive a change of the rule.
 */
final class ForwardGroup {
  private static final byte[] NONE = {};

  private static final String ITSELF = "refused: it comes from this forwarder itself";

  /** Why those who were inside are reset. */
  private static final String CLOSED = "the group was closed";

  private final Admission admission;
  private final OwnConnections ownConnections;
  private final Consumer<String> log;
  private final Vias vias;
  private final Count count = new Count();
  private final Callers callers = new Callers();
  private final List<WaitingRoom> rooms = new ArrayList<>();
  private final List<Relay> relays;

  /**
   * Connections that were let in and are not over. Counted by itself: one that begins to wait, or
   * to be relayed, is in two of the other counts for a moment, or in none, and at the limit that
   * would turn somebody away.
   */
  private final AtomicInteger inside = new AtomicInteger();

  /** Those of them that have to say it, for each loop; of its thread. */
  private final List<Set<Reading>> readings = new ArrayList<>();

  /** Who passes its datagrams on. */
  private final Set<UdpRelay> datagrams = ConcurrentHashMap.newKeySet();

  private volatile ForwardRule rule;
  private volatile Destinations destinations;
  private volatile Map<String, Destinations> byName;

  /** Where a release has sent everybody; null as long as the rule holds. */
  private volatile @Nullable Destinations released;

  /** Where new connections go no more, while there may be old ones (H54). */
  private final List<Former> former = new CopyOnWriteArrayList<>();

  /**
   * @param serverName that TLS clients went there for; empty for all others
   */
  private record Former(String serverName, Destinations to) {}

  private final Transparency transparency;
  private volatile ClientView view = new ClientView(ClientAddress.PLAIN, "");

  /** Connections at most, by the ports of this host. */
  private volatile int portRoom;

  /** Clients as whom we are connected now, to notice when one is ourselves. */
  private final Set<InetSocketAddress> shown = ConcurrentHashMap.newKeySet();

  private volatile GroupMode mode = GroupMode.PASS;

  private final HandOvers past;
  private final Verdicts verdicts;

  /** Changes with the mode: what was begun for an earlier one is void. Under the server's lock. */
  private long modeNumber;

  /** When it was first told to hold, of the hold that it is in. Under the server's lock. */
  private long heldSinceNanos;

  private volatile long holdEndsNanos;

  ForwardGroup(
      ForwardRule rule,
      List<Relay> relays,
      Admission admission,
      OwnConnections ownConnections,
      Vias vias,
      Transparency transparency,
      Consumer<String> log)
      throws IOException {
    this.ownConnections = ownConnections;
    this.transparency = transparency;
    this.vias = vias;
    this.rule = rule;
    this.relays = relays;
    this.admission = admission;
    this.log = log;
    verdicts = new Verdicts(this::rule, log);
    past = new HandOvers(this::planHandOver, line -> log.accept(this.rule.name() + ": " + line));
    destinations = destinations(rule, rule.targets());
    byName = names(rule);
    resolve();
    view = ClientView.of(rule, allDestinations(), transparency);
    portRoom = PortRoom.of(rule, view.mode());
    for (Relay relay : relays) {
      rooms.add(WaitingRoom.untracked(relay));
      readings.add(new HashSet<>());
    }
  }

  private Map<String, Destinations> names(ForwardRule rule) throws IOException {
    Map<String, Destinations> names = new HashMap<>();
    for (Map.Entry<String, Target> name : rule.serverNames().entrySet()) {
      names.put(name.getKey(), destinations(rule, List.of(name.getValue())));
    }
    return names;
  }

  private Destinations destinations(ForwardRule rule, List<Target> targets) throws IOException {
    return new Destinations(targets, rule.balance(), vias.of(rule.via()));
  }

  /** Lets connections in; its listeners may start now. */
  void open() {
    open(0);
  }

  private void open(long paceNanos) {
    everyLoop((relay, room) -> room.open(this::call, paceNanos));
    // They have one loop, and do not share the rate with others.
    datagrams.forEach(udp -> udp.flow(paceNanos / relays.size()));
  }

  /** Clients that answers to datagrams go to. */
  int udpSessions() {
    return datagrams.stream().mapToInt(UdpRelay::sessions).sum();
  }

  /** Datagrams that wait. */
  int datagramsKept() {
    return datagrams.stream().mapToInt(UdpRelay::kept).sum();
  }

  /** Those who read its UDP sockets; they enter and leave by themselves. */
  Set<UdpRelay> datagrams() {
    return datagrams;
  }

  private Attempt.Call call(Guest guest) throws LinuxException {
    return ((ForwardGuest) guest).call(released);
  }

  /**
   * A changed rule that can be taken over.
   *
   * @param to where it leads
   */
  record Change(List<Destinations> to, Runnable taking) {}

  /**
   * Takes a rule over for connections that come from now on. The same one again ends a release to
   * elsewhere and a hand-over; all else of the group stays as it is.
   *
   * @throws IOException when a new destination's name is unknown; nothing is changed then
   */
  Change prepare(ForwardRule changed) throws IOException {
    if (changed.equals(rule)) {
      List<Destinations> same = new ArrayList<>(byName.values());
      same.add(destinations);
      return new Change(same, this::goBackToRule);
    }
    Destinations next = destinations;
    Map<String, Destinations> nextNames = byName;
    boolean elsewhere = !Objects.equals(changed.via(), rule.via());
    if (elsewhere
        || !changed.targets().equals(rule.targets())
        || changed.balance() != rule.balance()) {
      next = destinations(changed, changed.targets());
      next.resolve();
    }
    if (elsewhere || !changed.serverNames().equals(rule.serverNames())) {
      nextNames = names(changed);
      for (Destinations d : nextNames.values()) {
        d.resolve();
      }
    }
    List<Destinations> all = new ArrayList<>(nextNames.values());
    all.add(next);
    ClientView nextView = ClientView.of(changed, all, transparency);
    int nextRoom = PortRoom.of(changed, nextView.mode());
    Destinations to = next;
    Map<String, Destinations> toNames = nextNames;
    return new Change(
        all,
        () -> {
          goBackToRule();
          if (to != destinations) {
            former.add(new Former("", destinations));
          }
          if (toNames != byName) {
            byName.forEach((serverName, d) -> former.add(new Former(serverName, d)));
          }
          rule = changed;
          destinations = to;
          byName = toNames;
          view = nextView;
          portRoom = nextRoom;
        });
  }

  private void goBackToRule() {
    former.removeIf(f -> !f.to().isUsed());
    leaveReleased();
    past.wantNone();
  }

  /**
   * The command that it goes by instead of its rules, as it is typed; empty for none. A hold is
   * none, for it ends by itself.
   */
  String asked() {
    return switch (mode()) {
      case DRAIN -> "drain " + rule.name();
      case CLOSED -> "close " + rule.name();
      default -> released == null ? "" : "release " + rule.name() + " --to " + GroupStatus.to(this);
    };
  }

  /** Before a process takes over, which knows nothing of where a release has sent everybody. */
  void tellReleased() {
    if (released != null) {
      log.accept(
          rule.name()
              + ": release --to "
              + GroupStatus.to(this)
              + " ends with this process: the one that takes over goes by its rules");
    }
  }

  private void leaveReleased() {
    Destinations elsewhere = released;
    released = null;
    if (elsewhere != null) {
      former.add(new Former("", elsewhere));
    }
  }

  /** As {@link Destinations#resolve(List)}, of all its names again; any thread but the loops'. */
  void resolve() throws IOException {
    Destinations.resolve(allDestinations().stream().flatMap(d -> d.places().stream()).toList());
  }

  List<Destinations> allDestinations() {
    List<Destinations> all = new ArrayList<>();
    all.add(destinations);
    all.addAll(byName.values());
    Destinations elsewhere = released;
    if (elsewhere != null) {
      all.add(elsewhere);
    }
    return all;
  }

  /** Somebody has come. Loop thread of {@code loop}. */
  void arrived(int loop, int index, Listen listen, int port, int fd) {
    InetSocketAddress peer = Sockets.acceptedPeer();
    Arrival arrival = new Arrival(fd, index, listen instanceof Listen.Port ? port : 0, peer, null);
    if (peer != null && (isOurs(fd, peer) || isCircle(way(peer, fd)))) {
      count.total.increment();
      count.refused.increment();
      count.error(ITSELF);
      Sockets.closeWithReset(fd);
      return;
    }
    Relay relay = relays.get(loop);
    if (!enter(arrival, relay.refusal())) {
      Sockets.closeWithReset(fd);
      return;
    }
    try {
      if (peer != null && trusts(peer.getAddress())) {
        new HeaderReading(this, loop, relay.loop(), arrival).start();
      } else {
        route(loop, relay, arrival, false);
      }
    } catch (LinuxException e) {
      drop(arrival, e.reason());
    }
  }

  /** One that is to say where it goes. Loop thread of {@code loop}, as the next two. */
  void reads(int loop, Reading reading) {
    readings.get(loop).add(reading);
  }

  void readsNoMore(int loop, Reading reading) {
    readings.get(loop).remove(reading);
  }

  private void endReadings(int loop) {
    List.copyOf(readings.get(loop)).forEach(reading -> reading.end(CLOSED));
  }

  /** The header is read, or there was none to read. */
  void route(int loop, Relay relay, Arrival arrival, boolean registered) throws LinuxException {
    if (byName.isEmpty()) {
      admit(loop, relay, arrival, destinations, registered);
    } else {
      new NameReading(this, loop, relay, arrival).start(registered);
    }
  }

  /** The name that a TLS client asks for is known; null when it asks for none. */
  void named(int loop, Relay relay, Arrival arrival, @Nullable String name) throws LinuxException {
    admit(loop, relay, arrival, destinationsFor(name), true);
  }

  private Destinations destinationsFor(@Nullable String name) {
    Map<String, Destinations> names = byName;
    if (name == null) {
      return destinations;
    }
    String asked = name.toLowerCase(Locale.ROOT);
    Destinations exact = names.get(asked);
    if (exact == null) {
      int dot = asked.indexOf('.');
      exact = dot < 0 ? null : names.get("*" + asked.substring(dot));
    }
    return exact == null ? destinations : exact;
  }

  private void admit(int loop, Relay relay, Arrival arrival, Destinations to, boolean registered)
      throws LinuxException {
    ForwardGuest guest = new ForwardGuest(this, rooms.get(loop), arrival, to);
    if (registered) {
      guest.seen = Relay.ANY_EVENTS; // by whoever has read its header or name
      relay.loop().hand(arrival.fd(), guest);
    } else {
      relay.loop().add(arrival.fd(), EventLoop.interest(), guest);
    }
    rooms.get(loop).admit(guest, false);
  }

  /**
   * Counts one who comes; whether it may stay.
   *
   * @param why nobody may; null when there is no reason but this group's
   */
  boolean enter(Arrival arrival, @Nullable String why) {
    count.come();
    InetAddress address = arrival.address();
    ForwardRule now = rule;
    String refusal = why == null ? refusal(arrival, now) : why;
    if (refusal != null) {
      if (address != null) {
        callers.turnedAway(address); // he comes all the same
      }
    } else if (address != null && !callers.come(address, now.perClientMax())) {
      leave(arrival);
      refusal = "the limit of one client, " + now.perClientMax();
    }
    if (refusal != null) {
      count.refused.increment();
      count.error("refused: " + refusal);
    }
    return refusal == null;
  }

  /** Why nobody is let in; with null, one has got a place of those of all groups. */
  private @Nullable String refusal(Arrival arrival, ForwardRule now) {
    GroupMode standing = mode;
    if (standing.refuses()) {
      return standing.refusal();
    }
    String limit = limit(arrival.isSession());
    if (limit != null) {
      return limit;
    }
    if (inside.get() >= portRoom) {
      return "the limit of " + PortRoom.limit(now) + ", " + portRoom;
    }
    if (now.via() != null && vias.areFull()) {
      return "the limit of connections by other hosts, " + Via.room();
    }
    if (!admission.enter(arrival.isSession())) {
      return "the limit of all connections, " + admission.max();
    }
    if (!arrival.isSession() && !take(now.connectionsMax())) { // another loop's has come meanwhile
      admission.leave(false);
      return full(now.connectionsMax());
    }
    return null;
  }

  /** Takes a place for a connection, if there is one. */
  private boolean take(int max) {
    int room = max == 0 ? Integer.MAX_VALUE : max - udpSessions();
    return inside.getAndUpdate(n -> n < room ? n + 1 : n) < room;
  }

  private static String full(int max) {
    return "the limit of the group, " + max;
  }

  private void leave(Arrival arrival) {
    admission.leave(arrival.isSession());
    if (!arrival.isSession()) {
      inside.decrementAndGet();
    }
  }

  /**
   * The limit of the group that one more would pass; null while there is room for it. Sessions of
   * datagrams count as well, but where clients connect too half of the places are theirs alone, as
   * in {@link Admission}. Any thread.
   *
   * @param session whether it is one of datagrams
   */
  @Nullable String limit(boolean session) {
    ForwardRule now = rule;
    int max = now.connectionsMax();
    if (max == 0) {
      return null;
    }
    int sessions = udpSessions();
    if (inside.get() + sessions >= max) {
      return full(max);
    }
    int sessionsMax = now.listens().stream().allMatch(Listen::isUdp) ? max : Math.max(1, max / 2);
    return session && sessions >= sessionsMax
        ? "the limit of UDP sessions of the group, " + sessionsMax
        : null;
  }

  /** Whether it refuses one who comes however much room there is. Any thread. */
  boolean refuses(InetAddress client) {
    return mode.refuses() || callers.isFull(client, rule.perClientMax());
  }

  /** Places of all groups together. */
  Admission admission() {
    return admission;
  }

  private boolean trusts(InetAddress peer) {
    for (Network network : rule.acceptProxy()) {
      if (network.contains(peer)) {
        return true;
      }
    }
    return false;
  }

  /** A connection that was let in ends before it had a destination. */
  void drop(Arrival arrival, String cause) {
    count.error(cause);
    Sockets.closeWithReset(arrival.fd());
    ended(arrival);
  }

  /** A connection that was let in is over. */
  void ended(Arrival arrival) {
    leave(arrival);
    InetAddress address = arrival.address();
    if (address != null) {
      callers.gone(address);
    }
  }

  /** What attempts to reach its destinations say about these. */
  Verdicts verdicts() {
    return verdicts;
  }

  /** Connections at most, by the ports of this host; {@link PortRoom#ENOUGH} without a limit. */
  int portRoom() {
    return portRoom;
  }

  /** What the destinations learn of the clients now. */
  ClientView view() {
    return view;
  }

  /** Why the destinations do not see more of the clients; empty when there is no reason. */
  String viewWhy() {
    List<Destinations> current = new ArrayList<>();
    current((serverName, to) -> current.add(to));
    return view.whyNow(rule, current, released != null, transparency);
  }

  /** Whom the destination is to see in our place; null: nobody. */
  @Nullable InetSocketAddress shownClient(Arrival arrival) {
    InetSocketAddress peer = arrival.peer();
    if (view.mode() != ClientAddress.TRANSPARENT || peer == null) {
      return null;
    }
    ProxyHeader.Announced header = arrival.announced();
    InetSocketAddress client = header != null && header.client() != null ? header.client() : peer;
    // By another host, that host knows what works.
    if (rule.via() == null && !transparency.worksFor(client.getAddress())) {
      return null;
    }
    shown.add(client);
    return client;
  }

  OwnConnections ownConnections() {
    return ownConnections;
  }

  /** By which of our own connections one comes that was accepted; null for any other. */
  OwnConnections.@Nullable Way way(@Nullable InetSocketAddress peer, int fd) {
    return ownConnections.of(
        peer,
        () -> {
          try {
            return Sockets.localAddress(fd);
          } catch (LinuxException e) {
            return null; // it is gone
          }
        });
  }

  /**
   * A connection to a destination on this host is being made.
   *
   * @param from by which own one its client came; null for any other
   * @param fd of that connection
   * @return for {@link OwnConnections#end}; null when it is gone already, or cannot come here
   */
  OwnConnections.@Nullable Way passedOn(
      OwnConnections.@Nullable Way from, int fd, InetSocketAddress to) {
    if (!ownConnections.mayReturn(to.getPort())) {
      return null;
    }
    try {
      return ownConnections.begin(from, Sockets.localAddress(fd), to, this);
    } catch (LinuxException e) {
      return null;
    }
  }

  private boolean isCircle(OwnConnections.@Nullable Way way) {
    return way != null && way.groups().contains(this);
  }

  /** Whether datagrams that come so have been passed on by this group before; counted then. */
  boolean comesBack(OwnConnections.@Nullable Way way) {
    if (isCircle(way)) {
      count.refused.increment();
      count.error(ITSELF);
      return true;
    }
    return false;
  }

  void noLongerShown(@Nullable InetSocketAddress client) {
    if (client != null) {
      shown.remove(client);
    }
  }

  /**
   * Whether a connection that comes is one that this group has made itself as a client: its
   * destination leads back here, and so without an end.
   */
  private boolean isOurs(int fd, InetSocketAddress peer) {
    try {
      // The mark, for a client may come from one port to several of ours.
      return shown.contains(peer)
          && Sockets.get(fd, Sockets.SOL_SOCKET, Sockets.SO_MARK) == TransparentRouting.MARK;
    } catch (LinuxException e) {
      return false; // it is gone
    }
  }

  /** What stands in front of a client's bytes. */
  byte[] hello(Arrival arrival) throws LinuxException {
    return switch (view.mode()) {
      case PLAIN, TRANSPARENT -> NONE;
      case PROXY_V1 -> header1(arrival);
      case PROXY_V2 -> header2(arrival);
    };
  }

  private static byte[] header1(Arrival arrival) throws LinuxException {
    ProxyHeader.Announced header = arrival.announced();
    if (header != null && header.client() != null && header.destination() != null) {
      return ProxyHeader.version1(header.client(), header.destination());
    }
    InetSocketAddress peer = arrival.peer();
    return peer == null
        ? ProxyHeader.unknown1()
        : ProxyHeader.version1(peer, Sockets.localAddress(arrival.fd()));
  }

  private static byte[] header2(Arrival arrival) throws LinuxException {
    ProxyHeader.Announced header = arrival.announced();
    if (header != null && header.client() != null && header.destination() != null) {
      return ProxyHeader.version2(header.client(), header.destination(), header.tlvs());
    }
    InetSocketAddress peer = arrival.peer();
    return peer == null
        ? ProxyHeader.local2()
        : ProxyHeader.version2(peer, Sockets.localAddress(arrival.fd()));
  }

  /** Whom a unix socket's service is to see: who has connected to ours, where that was asked. */
  UnixSockets.@Nullable Peer actingAs(Arrival arrival) throws LinuxException {
    return rule.keepsUser() && arrival.peer() == null ? UnixSockets.peer(arrival.fd()) : null;
  }

  /** What a health check says first, where something has to be said. */
  byte[] checkHello() {
    return switch (view.mode()) {
      case PLAIN, TRANSPARENT -> NONE;
      case PROXY_V1 -> ProxyHeader.unknown1();
      case PROXY_V2 -> ProxyHeader.local2();
    };
  }

  /**
   * From now on connections and datagrams wait: it is in force when this returns, and {@link #past}
   * is settled.
   *
   * @return for {@link #isStill}
   */
  long hold() throws InterruptedException {
    if (mode != GroupMode.HOLD) {
      heldSinceNanos = System.nanoTime();
    }
    mode = GroupMode.HOLD;
    past.wantNone();
    for (int i = 0; i < relays.size(); i++) {
      WaitingRoom room = rooms.get(i);
      relays
          .get(i)
          .loop()
          .ask(
              () -> {
                room.shut();
                return true;
              });
    }
    return ++modeNumber;
  }

  /** Of the hold that has begun, or goes on: when its lease ends, for who asks. */
  void holdsFor(long nanos) {
    holdEndsNanos = System.nanoTime() + nanos;
  }

  /** What is left of a hold; 0 without one. */
  long leaseMillis() {
    return mode == GroupMode.HOLD ? Math.max(0, holdEndsNanos - System.nanoTime()) / 1_000_000 : 0;
  }

  /**
   * From now on new connections are refused; those that wait go, and all that are inside may end.
   *
   * @return for {@link #isStill}
   */
  long drain() {
    mode = GroupMode.DRAIN;
    past.wantNone();
    open();
    return ++modeNumber;
  }

  /**
   * From now on new connections are refused, and those that are inside are reset: nobody is when
   * this returns and {@link #past} is settled, but for clients of UDP.
   */
  void close() throws InterruptedException {
    mode = GroupMode.CLOSED;
    modeNumber++;
    past.wantEnd();
    for (int i = 0; i < relays.size(); i++) {
      int loop = i;
      Relay relay = relays.get(i);
      WaitingRoom room = rooms.get(i);
      relay
          .loop()
          .ask(
              () -> {
                endReadings(loop);
                room.clear(guest -> true, CLOSED);
                relay.end(this::isOurs, CLOSED);
                return true;
              });
    }
  }

  private boolean isOurs(Relay.Observer observer) {
    return observer instanceof ForwardGuest guest && guest.isOf(this);
  }

  /** How long it has been held without a pause. Under the server's lock. */
  long heldNanos() {
    return mode == GroupMode.HOLD ? System.nanoTime() - heldSinceNanos : 0;
  }

  /** For {@link #isStill}, of the mode that it is in. */
  long modeNumber() {
    return modeNumber;
  }

  /** Whether the mode is still the one that was begun with this number. */
  boolean isStill(long number) {
    return modeNumber == number;
  }

  GroupMode mode() {
    return mode;
  }

  /**
   * For {@link #release}.
   *
   * @throws IOException for people, when it cannot be found
   */
  Destinations elsewhere(Target to) throws IOException {
    Destinations elsewhere = destinations(rule, List.of(to));
    elsewhere.resolve();
    if (rule.clientAddress() == ClientAddress.TRANSPARENT) {
      ClientView unused = ClientView.of(rule, List.of(elsewhere), transparency);
    }
    return elsewhere;
  }

  /**
   * Those who wait and those who come go, oldest first.
   *
   * @param elsewhere than the rule says, with addresses; null for where it says
   * @param perSecond how many of those who wait; 0 for as fast as it goes
   * @param notes to hand new connections over to the kernel, where its rules are noted; null to
   *     relay them. Those who wait are relayed in any case
   */
  void release(@Nullable Destinations elsewhere, int perSecond, @Nullable Path notes) {
    if (elsewhere != null) {
      former.removeIf(f -> !f.to().isUsed());
      leaveReleased();
      released = elsewhere;
    }
    mode = GroupMode.PASS;
    modeNumber++;
    // The loops share those who wait.
    open(perSecond == 0 ? 0 : relays.size() * 1_000_000_000L / perSecond);
    past.want(notes);
  }

  private void planHandOver(
      Map<Integer, InetSocketAddress> four, Map<Integer, InetSocketAddress> six)
      throws IOException {
    HandOverPlan.of(rule, view.mode(), destinations(), four, six);
  }

  /** What of it goes past us; {@link HandOvers#settle} is to be called after each change. */
  HandOvers past() {
    return past;
  }

  /** Resets those who wait, or have yet to say where they go; for a process that ends. */
  void clear() {
    for (int i = 0; i < relays.size(); i++) {
      int loop = i;
      relays
          .get(i)
          .loop()
          .execute(
              () -> {
                endReadings(loop);
                rooms.get(loop).clear();
              });
    }
  }

  private interface OnLoop {
    void act(Relay relay, WaitingRoom room);
  }

  private void everyLoop(OnLoop action) {
    for (int i = 0; i < relays.size(); i++) {
      Relay relay = relays.get(i);
      WaitingRoom room = rooms.get(i);
      relay.loop().execute(() -> action.act(relay, room));
    }
  }

  /** How long the oldest connection, joined or waiting, has been there; asks the loops. */
  long oldestNanos() throws InterruptedException {
    long oldest = 0;
    for (int i = 0; i < relays.size(); i++) {
      Relay relay = relays.get(i);
      WaitingRoom room = rooms.get(i);
      oldest = Math.max(oldest, relay.loop().ask(() -> oldestNanos(relay, room)));
    }
    return oldest;
  }

  private long oldestNanos(Relay relay, WaitingRoom room) {
    long now = System.nanoTime();
    long oldest = room.oldestNanos(count);
    for (RelayedConnection c : relay.connections()) {
      if (isOurs(c.observer())) {
        oldest = Math.max(oldest, now - c.startedNanos());
      }
    }
    return oldest;
  }

  Relay relay(int loop) {
    return relays.get(loop);
  }

  ForwardRule rule() {
    return rule;
  }

  Count count() {
    return count;
  }

  LongAdder bytes() {
    return count.bytes;
  }

  Callers callers() {
    return callers;
  }

  Destinations destinations() {
    Destinations elsewhere = released;
    return elsewhere == null ? destinations : elsewhere;
  }

  /** Is told of destinations, with the server name that they are for; empty for all others. */
  interface OnDestinations {
    void are(String serverName, Destinations destinations);
  }

  /** Where new connections go. */
  void current(OnDestinations told) {
    told.are("", destinations());
    if (released == null) {
      byName.forEach(told::are);
    }
  }

  /** Where new connections go no more: by a release or a reload. */
  void former(OnDestinations told) {
    if (released != null) {
      told.are("", destinations);
      byName.forEach(told::are);
    }
    former.forEach(f -> told.are(f.serverName(), f.to()));
  }

  boolean isEmpty() {
    return inside.get() == 0 && past.maybeOpen() == 0;
  }
}
