package dev.godwit.address;

import dev.godwit.linux.ConnectionTracking;
import dev.godwit.linux.InterfaceAddresses;
import dev.godwit.linux.InterfaceAddresses.Assigned;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.Sysctl;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Gives and takes a floating address of this host. What is open to it while it moves is not cut,
 * where nftables is there:
 *
 * <ul>
 *   <li>The host that gives it keeps it on the loopback interface, so that its sockets go on, and
 *       answers no ARP for it any more (arp_ignore 1, arp_announce 2 of the interface).
 *   <li>The host that takes it sends packets of connections whose beginning it has not seen on to
 *       the host that gave it, over the network that both are on (nft "dup" to its Ethernet
 *       address, in a table of its own). Not those of connections that it has itself, from when it
 *       had the address before; and never those that the other one has sent on, for while the
 *       address moves back both have such a table, and a packet of a connection that nobody has
 *       would go to and fro between them.
 * </ul>
 *
 * <p>All methods may be repeated. What was changed about the host besides the address is kept in a
 * file until {@link #clear}.
 */
final class AddressHolder {
  /** Where an address is on this host. */
  enum State {
    /** On its interface: it is this host's. */
    HELD,
    /** On the loopback interface only, for what was open when it was given. */
    KEPT,
    ABSENT
  }

  private static final Duration PROBE_LIMIT = Duration.ofMillis(150);
  private static final String SETTINGS = "/proc/sys/net/ipv4/conf/";

  static final int ETHERNET_BYTES = 6;
  private static final Path PICKS_UP = Path.of("/proc/sys/net/netfilter/nf_conntrack_tcp_loose");

  private final FloatingAddress floating;
  private final Path changes;
  private final String table;
  private final Nft nft;

  /**
   * @param directory this move's own
   * @param move its name
   */
  AddressHolder(FloatingAddress floating, Path directory, String move) {
    this(floating, directory, move, new Nft("nft"));
  }

  AddressHolder(FloatingAddress floating, Path directory, String move, Nft nft) {
    this.nft = nft;
    this.floating = floating;
    this.changes = directory.resolve("address.changes");
    this.table = "godwit_" + move.replaceAll("[^A-Za-z0-9]", "_");
  }

  State state() throws IOException {
    boolean isKept = false;
    int link = link();
    for (Assigned assigned : InterfaceAddresses.list()) {
      if (assigned.address().equals(floating.address())) {
        if (assigned.index() == link) {
          return State.HELD;
        }
        isKept = true;
      }
    }
    return isKept ? State.KEPT : State.ABSENT;
  }

  /** Another address of this host on the same interface and network, by which it can be reached. */
  Optional<InetAddress> own() throws IOException {
    int link = link();
    return InterfaceAddresses.list().stream()
        .filter(a -> a.index() == link && !a.address().equals(floating.address()))
        .map(Assigned::address)
        .filter(a -> isNear(a, floating.address(), floating.prefix()))
        .findFirst();
  }

  /**
   * Tries whether {@link #sendStrays} can work here, with the very rules that it would make;
   * nothing is changed.
   *
   * @return why not; empty when it can
   */
  String whyNoStrays() throws IOException, InterruptedException {
    // Any address of the family will do for the host that it would be taken from.
    return nft.tryOut(strays(own().orElse(floating.address()), ethernetAddress()));
  }

  static boolean isNear(InetAddress a, InetAddress b, int prefix) {
    byte[] one = a.getAddress();
    byte[] other = b.getAddress();
    if (one.length != other.length) {
      return false;
    }
    for (int bit = 0; bit < prefix; bit++) {
      int mask = 0x80 >> bit % 8;
      if ((one[bit / 8] & mask) != (other[bit / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes it off the interface.
   *
   * @param keep whether what is open goes on
   */
  void give(boolean keep) throws IOException {
    if (state() != State.HELD) {
      return;
    }
    if (own().isEmpty()) {
      throw new AddressException(
          "%s is the only address of its network on %s: without it this host could not answer any more. Give the host an address of its own"
              .formatted(floating, floating.link()));
    }
    if (isFour()) {
      // Were it the first of its network, the others would go with it.
      set("promote_secondaries", "1");
    }
    if (keep) {
      if (isFour()) {
        set("arp_ignore", "1");
        set("arp_announce", "2");
      }
      InterfaceAddresses.add(loopback(), floating.address(), whole());
    }
    InterfaceAddresses.remove(link(), floating.address(), floating.prefix());
    if (state() == State.HELD) {
      throw new AddressException(
          "%s is on %s again at once: somebody else puts it there, such as keepalived or NetworkManager"
              .formatted(floating, floating.link()));
    }
  }

  /**
   * Puts it on the interface, and tells all.
   *
   * @param again it was here a moment ago, and nobody is asked
   * @throws AddressException when another host has it
   */
  void take(boolean again) throws IOException {
    if (state() != State.HELD) {
      Optional<String> other =
          again ? Optional.empty() : neighbours().holder(floating.address(), PROBE_LIMIT);
      if (other.isPresent()) {
        throw new AddressException(
            "%s is in use: %s answers for it on the network of %s. Find that host, and take the address off there"
                .formatted(floating, other.get(), floating.link()));
      }
      InterfaceAddresses.add(link(), floating.address(), floating.prefix());
    }
    dropFromLoopback();
    restore("arp_ignore");
    restore("arp_announce");
    announce();
  }

  void announce() throws IOException {
    neighbours().announce(floating.address());
  }

  /**
   * From now on, packets to the address that belong to no connection begun here go to another host.
   *
   * @param other its own address on the same network
   * @param ethernet its Ethernet address there
   * @return false when this host has no nftables that could
   */
  boolean sendStrays(InetAddress other, byte[] ethernet) throws IOException, InterruptedException {
    try {
      // What the kernel has not seen end when nothing was tracked any more would be taken for
      // what the same client has open at the other host now.
      int unused = ConnectionTracking.forgetEnded(floating.address());
    } catch (LinuxException e) {
      System.getLogger(AddressHolder.class.getName())
          .log(System.Logger.Level.WARNING, "ended connections are still tracked", e);
    }
    return nft.apply(strays(other, ethernet)).isEmpty();
  }

  /**
   * What comes from this host itself is not sent on: the answers, which have its own address as
   * their sender, would not be taken, and a program would wait for ever. So it gets a reset.
   */
  private String strays(InetAddress other, byte[] ethernet) throws IOException {
    String family = isFour() ? "ip" : "ip6";
    return """
        add table %1$s %2$s
        delete table %1$s %2$s
        table %1$s %2$s {
          set begun {
            type %7$s . inet_service . inet_service
            %8$s
          }
          chain strays {
            type filter hook prerouting priority mangle; policy accept;
            %1$s daddr != %3$s accept
            iif "lo" accept
            meta l4proto != tcp accept
            ether saddr %4$s accept
            %1$s saddr . tcp sport . tcp dport @begun accept
            ct state new tcp flags & syn == 0x0 dup to %5$s device "%6$s" counter drop
            ct state invalid %9$s dup to %5$s device "%6$s" counter drop
          }
        }
        """
        .formatted(
            family,
            table,
            floating.address().getHostAddress(),
            HexFormat.ofDelimiter(":").formatHex(ethernet),
            other.getHostAddress(),
            floating.link(),
            isFour() ? "ipv4_addr" : "ipv6_addr",
            begun(),
            unknown());
  }

  /** The elements of what this host has open itself; nothing where it has nothing. */
  private String begun() throws IOException {
    List<String> all = new ArrayList<>();
    for (TcpSocket one : SocketDiagnostics.connections()) {
      if (one.local().getAddress().equals(floating.address())) {
        String peer = Sockets.display(one.peer().getAddress());
        all.add("%s . %d . %d".formatted(peer, one.peer().getPort(), one.local().getPort()));
      }
    }
    return all.isEmpty() ? "" : "elements = { " + String.join(", ", all) + " }";
  }

  /**
   * What of a connection that the kernel has not seen before it finds invalid: an end, for it takes
   * the rest for a new one. Else something of a connection of this host would be sent on, and be
   * answered with a reset.
   */
  private static String unknown() throws IOException {
    boolean picksUp = !Files.exists(PICKS_UP) || !Sysctl.read(PICKS_UP).equals("0");
    return picksUp ? "tcp flags & (fin | rst) != 0x0" : "tcp flags & syn == 0x0";
  }

  /** Of the interface; zeros where it has none. */
  byte[] ethernetAddress() throws IOException {
    byte[] address = networkInterface(floating.link()).getHardwareAddress();
    return address == null || address.length != ETHERNET_BYTES ? new byte[ETHERNET_BYTES] : address;
  }

  void sendNoStrays() throws IOException, InterruptedException {
    String family = isFour() ? "ip" : "ip6";
    String unused =
        nft.apply("add table %1$s %2$s%ndelete table %1$s %2$s%n".formatted(family, table));
  }

  /** Takes back all but the address itself: what was open to it may end now. */
  void clear() throws IOException, InterruptedException {
    sendNoStrays();
    dropFromLoopback();
    for (String name : List.of("arp_ignore", "arp_announce", "promote_secondaries")) {
      restore(name);
    }
    Files.deleteIfExists(changes);
  }

  private void dropFromLoopback() throws IOException {
    int loopback = loopback();
    boolean isThere =
        InterfaceAddresses.list().stream()
            .anyMatch(a -> a.index() == loopback && a.address().equals(floating.address()));
    if (isThere) {
      InterfaceAddresses.remove(loopback, floating.address(), whole());
    }
  }

  private boolean isFour() {
    return floating.address() instanceof Inet4Address;
  }

  private int whole() {
    return floating.address().getAddress().length * 8;
  }

  private Neighbours neighbours() throws IOException {
    byte[] mac = networkInterface(floating.link()).getHardwareAddress();
    if (mac == null || mac.length != ETHERNET_BYTES) {
      throw new AddressException(floating.link() + " is no Ethernet interface");
    }
    return new Neighbours(link(), mac);
  }

  private int link() throws IOException {
    return networkInterface(floating.link()).getIndex();
  }

  private static int loopback() throws IOException {
    return networkInterface("lo").getIndex();
  }

  private static NetworkInterface networkInterface(String name) throws IOException {
    NetworkInterface found = NetworkInterface.getByName(name);
    if (found == null) {
      throw new AddressException("this host has no interface " + name);
    }
    return found;
  }

  private void set(String name, String value) throws IOException {
    Path file = Path.of(SETTINGS + floating.link() + "/" + name);
    String before = Sysctl.read(file);
    if (!before.equals(value)) {
      Map<String, String> all = changed();
      all.putIfAbsent(name, before);
      write(all);
      Files.writeString(file, value);
    }
  }

  private void restore(String name) throws IOException {
    Map<String, String> all = changed();
    String before = all.remove(name);
    if (before != null) {
      Files.writeString(Path.of(SETTINGS + floating.link() + "/" + name), before);
      write(all);
    }
  }

  private Map<String, String> changed() throws IOException {
    Map<String, String> all = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(changes)) {
        String[] words = line.split(" ");
        if (words.length == 2 && words[0].matches("[a-z_]+") && words[1].matches("[0-9]+")) {
          all.put(words[0], words[1]);
        }
      }
    } catch (NoSuchFileException e) {
      return all; // nothing was changed
    }
    return all;
  }

  private void write(Map<String, String> all) throws IOException {
    StringBuilder text = new StringBuilder();
    all.forEach((name, value) -> text.append(name).append(' ').append(value).append('\n'));
    Files.writeString(changes, text);
  }
}
