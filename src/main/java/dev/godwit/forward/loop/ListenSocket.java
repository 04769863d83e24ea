package dev.godwit.forward.loop;

import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Accounts;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.Errno;
import dev.godwit.linux.FileHandle;
import dev.godwit.linux.Identity;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.SocketFiles;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A socket that {@code godwit forward} listens on. A port of the loopback is two of them, for the
 * two families. What is in the way of one is said so that a person can act on it.
 */
public final class ListenSocket {
  public static final InetAddress LOOPBACK_4 = literal(127, 0, 0, 1);
  public static final InetAddress LOOPBACK_6 =
      literal(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  private static final InetAddress ANY_4 = literal(0, 0, 0, 0);
  private static final InetAddress ANY_6 = literal(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  private volatile Listen listen;
  private final int fd;
  private final @Nullable InetSocketAddress address;

  /**
   * Of a unix socket's file, so that another one that came in its place is left alone; null while
   * the file is another process's.
   */
  private volatile @Nullable Object fileKey;

  /**
   * One that listens already.
   *
   * @param address null for a unix socket
   * @param fileKey of a unix socket's file; null for a port, and where the file stays when this is
   *     closed
   */
  public ListenSocket(
      Listen listen, int fd, @Nullable InetSocketAddress address, @Nullable Object fileKey) {
    this.listen = listen;
    this.fd = fd;
    this.address = address;
    this.fileKey = fileKey;
  }

  /**
   * Opens all sockets of one listening side.
   *
   * @throws IOException for people: what was wanted, what is in the way, what to do
   */
  public static List<ListenSocket> open(Listen listen) throws IOException {
    return switch (listen) {
      case Listen.Unix unix -> List.of(openUnix(unix));
      case Listen.Port port -> openPort(port);
    };
  }

  private static List<ListenSocket> openPort(Listen.Port listen) throws IOException {
    InetAddress one = listen.address();
    return switch (listen.scope()) {
      case ALL -> List.of(bind(listen, Sockets.hasIpv6() ? ANY_6 : ANY_4, listen.port()));
      case ONE -> {
        if (one == null) {
          throw new IllegalArgumentException("scope ONE without an address");
        }
        yield List.of(bind(listen, one, listen.port()));
      }
      case LOOPBACK -> openLoopback(listen);
    };
  }

  /** Of the one family alone on a host that has no such address of the other one. */
  private static List<ListenSocket> openLoopback(Listen.Port listen) throws IOException {
    List<ListenSocket> both = new ArrayList<>();
    int port = listen.port();
    boolean done = false;
    try {
      if (hasLoopback(LOOPBACK_4) || !hasLoopback(LOOPBACK_6)) {
        ListenSocket four = bind(listen, LOOPBACK_4, port);
        both.add(four);
        port = Sockets.localAddress(four.fd).getPort();
      }
      if (hasLoopback(LOOPBACK_6)) {
        both.add(bind(listen, LOOPBACK_6, port));
      }
      done = true;
      return both;
    } finally {
      if (!done) {
        both.forEach(ListenSocket::close);
      }
    }
  }

  private static boolean hasLoopback(InetAddress address) throws LinuxException {
    boolean six = address instanceof Inet6Address;
    if (six && !Sockets.hasIpv6()) {
      return false;
    }
    int fd = Sockets.udp(six);
    try {
      Sockets.bind(fd, new InetSocketAddress(address, 0));
      return true;
    } catch (LinuxException e) {
      if (e.errno() != Errno.EADDRNOTAVAIL) {
        throw e;
      }
      return false;
    } finally {
      Sockets.close(fd);
    }
  }

  private static ListenSocket bind(Listen.Port listen, InetAddress address, int port)
      throws IOException {
    boolean six = address instanceof Inet6Address;
    int fd = listen.udp() ? Sockets.udp(six) : Sockets.tcp(six);
    try {
      if (!listen.udp()) {
        Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
      }
      if (six) {
        boolean all = listen.scope() == Listen.Scope.ALL;
        Sockets.set(fd, Sockets.SOL_IPV6, Sockets.IPV6_V6ONLY, all ? 0 : 1);
      }
      if (!listen.udp()) {
        Tuning.apply(fd);
      }
      Sockets.bind(fd, new InetSocketAddress(address, port));
      if (!listen.udp()) {
        Sockets.listen(fd, ServiceListener.BACKLOG);
      }
      return new ListenSocket(listen, fd, Sockets.localAddress(fd), null);
    } catch (LinuxException e) {
      Sockets.close(fd);
      throw ListenTrouble.port(listen, new InetSocketAddress(address, port), e);
    }
  }

  private static ListenSocket openUnix(Listen.Unix listen) throws IOException {
    Path path = listen.path();
    Integer owner = owner(listen);
    Integer group = group(listen);
    removeStale(path);
    int fd = UnixSockets.stream();
    boolean bound = false;
    try {
      UnixSockets.bind(fd, path, listen.mode());
      bound = true;
      own(path, owner, group);
      setMode(path, listen.mode());
      Sockets.listen(fd, ServiceListener.BACKLOG);
      return new ListenSocket(listen, fd, null, SocketFiles.key(path));
    } catch (IOException e) {
      Sockets.close(fd);
      if (bound) {
        Files.deleteIfExists(path);
      }
      throw ListenTrouble.unix(listen, e);
    }
  }

  private static void own(Path path, @Nullable Integer owner, @Nullable Integer group)
      throws IOException {
    if (group != null) {
      Files.setAttribute(path, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
    }
    if (owner != null) {
      Files.setAttribute(path, "unix:uid", owner, LinkOption.NOFOLLOW_LINKS);
    }
  }

  /**
   * Gives the file of a unix socket, which goes on listening, the owner, group and mode of other
   * rules. What these rules do not say goes back to this process's, if the rules before said it.
   *
   * @param wanted with the same path
   * @throws IOException for people; the file is as it was then
   */
  public void dress(Listen.Unix wanted) throws IOException {
    Path path = wanted.path();
    Integer owner = owner(wanted);
    Integer group = group(wanted);
    if (listen instanceof Listen.Unix before) {
      owner = owner == null && before.owner() != null ? Integer.valueOf(Identity.user()) : owner;
      group = group == null && before.group() != null ? Integer.valueOf(Identity.group()) : group;
    }
    Map<String, Object> was;
    try {
      Object own = fileKey;
      if (own != null && !own.equals(SocketFiles.key(path))) {
        throw new IOException("something else was put in its place; move it away, and restart");
      }
      was = Files.readAttributes(path, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw ListenTrouble.dressing(wanted, e);
    }
    try {
      own(path, owner, group);
      setMode(path, wanted.mode());
    } catch (IOException e) {
      own(path, (Integer) was.get("uid"), (Integer) was.get("gid"));
      throw ListenTrouble.dressing(wanted, e);
    }
    listen = wanted;
  }

  /** Whether it can be what these rules ask for, dressed otherwise maybe. */
  public boolean fits(Listen wanted) {
    Listen here = listen;
    return here.equals(wanted) || here instanceof Listen.Unix && here.clashesWith(wanted);
  }

  /**
   * The mask may have taken some of it. Whoever owns the directory may put something else in the
   * socket's place: a link is not followed.
   */
  static void setMode(Path path, int mode) throws IOException {
    Path parent = Objects.requireNonNull(path.toAbsolutePath().getParent());
    try (DirectoryHandle directory = DirectoryHandle.openForNames(Names.of(parent.toString()));
        FileHandle file = directory.openPath(Names.of(path.getFileName().toString()))) {
      if (!file.status().isSocket()) {
        throw new IOException("something else was put in its place at this moment");
      }
      file.setPermissions(mode);
    }
  }

  private static @Nullable Integer owner(Listen.Unix listen) throws IOException {
    String name = listen.owner();
    if (name == null || isNumber(name)) {
      return name == null ? null : Integer.valueOf(name);
    }
    Accounts.User user = Accounts.user(name);
    if (user == null) {
      throw new IOException(
          "unable to create " + listen.display() + ": there is no user " + name + " on this host");
    }
    return user.uid();
  }

  private static @Nullable Integer group(Listen.Unix listen) throws IOException {
    String name = listen.group();
    if (name == null || isNumber(name)) {
      return name == null ? null : Integer.valueOf(name);
    }
    Accounts.Group group = Accounts.group(name);
    if (group == null) {
      throw new IOException(
          "unable to create " + listen.display() + ": there is no group " + name + " on this host");
    }
    return group.gid();
  }

  private static boolean isNumber(String name) {
    return name.length() <= 9 && name.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Removes a socket that a program has left behind; never one on which somebody listens. */
  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!SocketFiles.isSocket(path)) {
      throw new IOException(
          "unable to create unix:"
              + path
              + ": there is something else than a socket; move it away");
    }
    int errno = SocketFiles.errnoOfConnecting(path);
    if (errno != Errno.ECONNREFUSED) {
      throw ListenTrouble.unixInUse(path, errno);
    }
    Files.deleteIfExists(path);
  }

  /** What was asked for. */
  public Listen listen() {
    return listen;
  }

  public int fd() {
    return fd;
  }

  public boolean isUnix() {
    return listen instanceof Listen.Unix;
  }

  public boolean isUdp() {
    return listen.isUdp();
  }

  /** Where it listens, the port that the kernel chose included. */
  public String display() {
    InetSocketAddress at = address;
    if (at == null) {
      return listen.display();
    }
    return display((Listen.Port) listen, at);
  }

  /** The same of one that is open, or could not be opened, at an address. */
  static String display(Listen.Port listen, InetSocketAddress at) {
    boolean isEverywhere = listen.scope() == Listen.Scope.ALL;
    return (listen.udp() ? "udp:" : "")
        + (isEverywhere ? "*:" + at.getPort() : Sockets.display(at));
  }

  /** Null for a unix socket. */
  public @Nullable InetSocketAddress address() {
    return address;
  }

  /** From now on the file of a unix socket is this one's, and goes with it. */
  public void ownFile() throws IOException {
    if (listen instanceof Listen.Unix unix
        && Files.exists(unix.path(), LinkOption.NOFOLLOW_LINKS)) {
      fileKey = SocketFiles.key(unix.path());
    }
  }

  /** Stops listening; a unix socket's file goes, if it is still this one's. */
  public void close() {
    Object own = fileKey;
    if (listen instanceof Listen.Unix unix && own != null) {
      try {
        if (own.equals(SocketFiles.key(unix.path()))) {
          Files.deleteIfExists(unix.path());
        }
      } catch (IOException e) {
        // Gone already, or its directory is: there is nothing left to remove.
      }
    }
    Sockets.close(fd);
  }

  /** Closes this process's copy; the one that took over goes on with the socket and its file. */
  public void leave() {
    Sockets.close(fd);
  }

  private static InetAddress literal(int... bytes) {
    byte[] address = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      address[i] = (byte) bytes[i];
    }
    try {
      return bytes.length == 4
          ? Inet4Address.getByAddress(address)
          : Inet6Address.getByAddress(null, address, -1);
    } catch (java.net.UnknownHostException e) {
      throw new AssertionError("an address of 4 or 16 bytes", e);
    }
  }
}
