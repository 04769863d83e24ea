package dev.godwit.forward.landing;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.Limits;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.gate.SocketKey;
import dev.godwit.forward.loop.Acceptor;
import dev.godwit.forward.loop.EventLoop;
import dev.godwit.forward.loop.ServiceListener;
import dev.godwit.forward.loop.Tuning;
import dev.godwit.forward.loop.Users;
import dev.godwit.forward.relay.LocalService;
import dev.godwit.forward.relay.Passage;
import dev.godwit.forward.relay.Preamble;
import dev.godwit.forward.relay.Relay;
import dev.godwit.forward.relay.RoutingWatch;
import dev.godwit.forward.relay.Transparency;
import dev.godwit.forward.relay.TransparentRouting;
import dev.godwit.host.KeptDirectory;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Where a gate's connections arrive on the other host: one TCP port, which hands each on to the
 * service that the client asked for, with the client's address.
 *
 * <p>Invariants (H49): nothing is done for a connection from an address that is not allowed, or
 * before a valid preamble with the secret; only ports and sockets that were named at the start can
 * be asked for; what a service learns about a client comes from the preamble alone.
 *
 * <p>Threads: any.
 */
public final class Landing implements AutoCloseable {
  /** Connections that have not shown the secret yet. */
  static final int UNKNOWN_MAX = 256;

  private final LandingOptions options;
  private final Set<InetAddress> allowed;
  private final Map<Integer, PortGroup> groups = new HashMap<>();

  /** By {@link SocketKey}. */
  private final Map<String, Path> sockets = new HashMap<>();

  private final byte[] token;
  private final Relay relay;
  private final int listener;
  private final int port;
  private final Acceptor acceptor;
  private final @Nullable RoutingWatch routing;
  private final LocalService services = new LocalService();
  private final Passage passage;
  private final GateWord gateWord;
  private final Users users;
  private final Set<LandingGuest> unknown = new HashSet<>();
  private final int connectionsMax;
  private final LongAdder strangers = new LongAdder();
  private final LongAdder forged = new LongAdder();
  private volatile long lastConnectionMillis;

  private Landing(
      Path directory,
      LandingOptions options,
      byte[] token,
      Relay relay,
      int listener,
      @Nullable RoutingWatch routing,
      GateWord gateWord)
      throws IOException {
    this.gateWord = gateWord;
    this.passage = Passage.in(directory);
    this.options = options;
    this.token = token;
    this.relay = relay;
    this.listener = listener;
    this.routing = routing;
    allowed = Set.copyOf(options.allowed());
    for (PortGroup g : options.groups()) {
      for (int p : g.ports()) {
        groups.put(p, g);
      }
      for (Path socket : g.sockets()) {
        sockets.put(HexFormat.of().formatHex(SocketKey.of(socket)), socket);
      }
    }
    port = Sockets.localAddress(listener).getPort();
    acceptor = new Acceptor(relay.loop(), listener, this::arrived);
    connectionsMax = Limits.guests();
    users = new Users(relay.loop());
  }

  /**
   * Starts to listen (in the calling thread's network namespace). A landing that is started again
   * in the same directory keeps its port, if that is free, and its token: gates find it again.
   */
  public static Landing start(Path directory, LandingOptions options)
      throws IOException, InterruptedException {
    return start(directory, options, false, GateWord.UNHEARD);
  }

  /** The same, where what may run on this host depends on what the gate decides. */
  public static Landing start(Path directory, LandingOptions options, StartLease lease)
      throws IOException, InterruptedException {
    return start(directory, options, false, lease);
  }

  /**
   * The same for a landing of before: its address may come to the host later, as while that boots.
   */
  public static Landing goOn(Path directory, LandingOptions options, StartLease lease)
      throws IOException, InterruptedException {
    return start(directory, options, true, lease);
  }

  private static Landing start(
      Path directory, LandingOptions options, boolean isEarly, GateWord gateWord)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Files.createDirectories(KeptDirectory.of(directory));
    byte[] token = token(LandingRecord.token(directory));
    Path portFile = LandingRecord.port(directory);
    TransparentRouting.cleanUp(Limits.sharedDirectory(directory));
    RoutingWatch routing = null;
    Relay relay = Relay.start("landing loop");
    try {
      if (options.groups().stream().anyMatch(g -> g.clientAddress() == ClientAddress.TRANSPARENT)) {
        routing =
            Transparency.acquire(
                Limits.sharedDirectory(directory), "landing-" + directory.getFileName());
      }
      int listener = listen(options, portFile, isEarly);
      Landing landing = new Landing(directory, options, token, relay, listener, routing, gateWord);
      Files.writeString(portFile, landing.port + "\n");
      relay
          .loop()
          .ask(
              () -> {
                try {
                  landing.acceptor.start();
                  return true;
                } catch (LinuxException e) {
                  throw new IllegalStateException(e);
                }
              });
      relay = null;
      routing = null;
      return landing;
    } finally {
      if (relay != null) {
        relay.close();
      }
      if (routing != null) {
        routing.close();
      }
    }
  }

  private static byte[] token(Path file) throws IOException {
    if (Files.exists(file)) {
      byte[] kept = Files.readAllBytes(file);
      if (kept.length == Preamble.SECRET_BYTES) {
        return kept;
      }
      Files.delete(file);
    }
    byte[] made = new byte[Preamble.SECRET_BYTES];
    new SecureRandom().nextBytes(made);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, made, StandardOpenOption.WRITE);
    return made;
  }

  private static int listen(LandingOptions options, Path portFile, boolean isEarly)
      throws IOException {
    int wanted = options.port();
    if (wanted == 0 && Files.exists(portFile)) {
      try {
        int before = Integer.parseInt(Files.readString(portFile).strip());
        return listen(options.bind(), before, isEarly);
      } catch (IOException | NumberFormatException e) {
        wanted = 0; // another program has taken it meanwhile
      }
    }
    return listen(options.bind(), wanted, isEarly);
  }

  private static int listen(InetAddress bind, int port, boolean isEarly) throws LinuxException {
    int fd = Sockets.tcpFor(bind);
    try {
      Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
      if (bind instanceof Inet6Address) {
        Sockets.set(fd, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, 0);
      }
      if (isEarly) {
        Sockets.set(fd, Sockets.SOL_IP, Sockets.IP_FREEBIND, 1);
      }
      Tuning.apply(fd);
      Sockets.bind(fd, new InetSocketAddress(bind, port));
      Sockets.listen(fd, ServiceListener.BACKLOG);
      return fd;
    } catch (LinuxException e) {
      Sockets.close(fd);
      throw e;
    }
  }

  public int port() {
    return port;
  }

  /** The secret that a gate must show; 32 bytes. */
  public byte[] token() {
    return token.clone();
  }

  /** What goes on, without what only its process knows. */
  public LandingStatus status() {
    return new LandingStatus(
        port,
        relay.open(),
        relay.total(),
        relay.bytes(),
        strangers.sum(),
        forged.sum(),
        lastConnectionMillis,
        relay.errors(),
        false);
  }

  /** Loop thread. */
  private void arrived(int fd) {
    try {
      if (!allowed.contains(Sockets.peerAddress(fd).getAddress())) {
        strangers.increment();
        Sockets.closeWithReset(fd);
        return;
      }
      if (unknown.size() >= UNKNOWN_MAX || relay.open() >= connectionsMax) {
        relay.countError("beyond the limit");
        Sockets.closeWithReset(fd);
        return;
      }
      String refusal = relay.refusal();
      if (refusal != null) {
        relay.countError(refusal);
        Sockets.closeWithReset(fd);
        return;
      }
      LandingGuest guest = new LandingGuest(this, fd);
      unknown.add(guest);
      relay.loop().add(fd, EventLoop.interest(), guest);
      guest.start();
    } catch (LinuxException e) {
      Sockets.closeWithReset(fd);
    }
  }

  /** Grows while its loop turns. Any thread. */
  public long progress() {
    return relay.loop().progress();
  }

  Relay relay() {
    return relay;
  }

  byte[] secret() {
    return token;
  }

  LocalService services() {
    return services;
  }

  Passage passage() {
    return passage;
  }

  /** The group that a port belongs to; null for a port that is none of ours. */
  @Nullable PortGroup group(int askedFor) {
    return groups.get(askedFor);
  }

  /** The socket that a key stands for; null for one that is none of ours. */
  @Nullable Path socket(String key) {
    return sockets.get(key);
  }

  Users users() {
    return users;
  }

  /** The number here of a user of a gate's host. */
  int numberHere(int uid) {
    return options.owners().user(uid);
  }

  /** What the gate has decided; returns 0, or an errno, when that has had its consequences here. */
  int obey(Preamble word) {
    try {
      if (word.kind() == Preamble.Kind.RELEASED) {
        gateWord.released(word.epoch());
      } else {
        gateWord.withdrawn(word.epoch());
      }
      return 0;
    } catch (IOException e) {
      relay.loop().execute(() -> relay.countError(String.valueOf(e.getMessage())));
      return Errno.EIO;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Errno.EIO;
    }
  }

  void known(LandingGuest guest) {
    unknown.remove(guest);
    lastConnectionMillis = System.currentTimeMillis();
  }

  void forged(LandingGuest guest) {
    unknown.remove(guest);
    forged.increment();
  }

  @Override
  public void close() throws IOException {
    relay.loop().execute(acceptor::close);
    relay.loop().execute(passage::close);
    users.close();
    relay.close();
    if (routing != null) {
      routing.close();
    }
  }

  @Override
  public String toString() {
    return "landing on port " + port + " for " + options.groups() + ", descriptor " + listener;
  }
}
