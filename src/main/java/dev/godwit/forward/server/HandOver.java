package dev.godwit.forward.server;

import dev.godwit.forward.loop.ListenSocket;
import dev.godwit.forward.rules.Listen;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The new process's side of an upgrade in place: takes copies of the old process's listening
 * sockets over its control socket (SCM_RIGHTS), and says when it serves them. Until then the old
 * one serves, and goes on if this one fails.
 */
final class HandOver implements AutoCloseable {
  /** Before the name of the socket that metrics are served at, which no rule has. */
  static final String PAGE = "metrics ";

  private static final long NANOS_MAX = 5_000_000_000L;
  private static final int TEXT_BYTES_MAX = 512 * 1024;

  private final Path socket;
  private final int fd;
  private final List<ListenSocket> sockets;
  private final @Nullable ListenSocket page;
  private final List<String> unwanted;

  private HandOver(
      Path socket,
      int fd,
      List<ListenSocket> sockets,
      @Nullable ListenSocket page,
      List<String> unwanted) {
    this.unwanted = unwanted;
    this.socket = socket;
    this.fd = fd;
    this.sockets = sockets;
    this.page = page;
  }

  /** A copy of a listening socket, with what a rule calls it. */
  record Copy(String name, int fd) {}

  static HandOver begin(Path socket, Map<String, Listen> wanted) throws IOException {
    int fd = connect(socket);
    boolean done = false;
    try {
      List<ListenSocket> taken = new ArrayList<>();
      List<String> unwanted = new ArrayList<>();
      ListenSocket page = null;
      for (Copy copy : receiveAll(fd)) {
        Listen listen = wanted.get(copy.name());
        if (listen == null || isGone(listen)) {
          Sockets.close(copy.fd());
          unwanted.add(copy.name());
        } else if (copy.name().startsWith(PAGE)) {
          page = adopted(listen, copy.fd());
        } else {
          taken.add(adopted(listen, copy.fd()));
        }
      }
      done = true;
      return new HandOver(socket, fd, taken, page, unwanted);
    } catch (LinuxException e) {
      throw ForwardControl.failure(e, socket);
    } finally {
      if (!done) {
        Sockets.close(fd);
      }
    }
  }

  /** Copies of all that a process listens on, which goes on. */
  static List<Copy> copies(Path socket) throws IOException {
    int fd = connect(socket);
    try {
      return receiveAll(fd);
    } finally {
      Sockets.close(fd);
    }
  }

  private static int connect(Path socket) throws IOException {
    int fd = UnixSockets.stream();
    int errno = UnixSockets.connect(fd, socket);
    if (errno != 0) {
      Sockets.close(fd);
      throw new IOException("no forwarder answers at " + socket + ": " + Errno.message(errno));
    }
    return fd;
  }

  private static List<Copy> receiveAll(int fd) throws IOException {
    sendText(fd, "handover\n");
    String names = readText(fd);
    String[] all = names.isEmpty() ? new String[0] : names.split("\n");
    List<Copy> copies = new ArrayList<>();
    boolean done = false;
    try {
      for (int i = 0; i < all.length; i += UnixSockets.DESCRIPTORS_MAX) {
        int count = Math.min(UnixSockets.DESCRIPTORS_MAX, all.length - i);
        int[] descriptors = receive(fd, count);
        for (int d = 0; d < count; d++) {
          copies.add(new Copy(all[i + d], descriptors[d]));
        }
      }
      done = true;
      return copies;
    } finally {
      if (!done) {
        copies.forEach(copy -> Sockets.close(copy.fd())); // one that stayed would keep a port
      }
    }
  }

  /**
   * The other side: a line for each socket, an empty one, then the descriptors. Both fit into the
   * buffer.
   */
  static void handOut(int fd, List<Copy> copies) throws IOException {
    StringBuilder names = new StringBuilder();
    copies.forEach(c -> names.append(c.name()).append('\n'));
    names.append('\n');
    sendText(fd, names.toString());
    for (int i = 0; i < copies.size(); i += UnixSockets.DESCRIPTORS_MAX) {
      List<Copy> some = copies.subList(i, Math.min(copies.size(), i + UnixSockets.DESCRIPTORS_MAX));
      UnixSockets.sendDescriptors(fd, some.stream().mapToInt(Copy::fd).toArray());
    }
  }

  /** A unix socket whose file somebody has removed: nobody can come by it any more. */
  private static boolean isGone(Listen listen) {
    return listen instanceof Listen.Unix unix
        && !Files.exists(unix.path(), LinkOption.NOFOLLOW_LINKS);
  }

  private static ListenSocket adopted(Listen listen, int fd) throws IOException {
    boolean isPort = listen instanceof Listen.Port;
    // The file of a unix socket stays the old process's until it has let go.
    return new ListenSocket(listen, fd, isPort ? Sockets.localAddress(fd) : null, null);
  }

  List<ListenSocket> sockets() {
    return sockets;
  }

  /** Where metrics are served; null where the other process has nothing there. */
  @Nullable ListenSocket page() {
    return page;
  }

  /** What the other process listens on and this one does not, as rules call it. */
  List<String> unwanted() {
    return unwanted;
  }

  /** From now on this process alone serves; the old one drains. */
  void taken() throws IOException {
    for (ListenSocket one : sockets) {
      if (one.listen() instanceof Listen.Unix unix) {
        one.dress(unix); // the old one's rules may have dressed it otherwise
      }
    }
    sendText(fd, "taken\n");
    byte[] answer = new byte[1];
    if (read(fd, answer) != 1 || answer[0] != 'o') {
      throw new IOException("the forwarder at " + socket + " did not say that it has stopped");
    }
    for (ListenSocket one : sockets) {
      one.ownFile();
    }
  }

  /** Opens a socket. */
  interface Opening<T> {
    T open() throws IOException;
  }

  /**
   * Opens one at a path, also where the old process answers there: it goes on answering whoever has
   * asked, and new questions are for this one. When it cannot be opened the path is the old one's
   * again.
   */
  <T> T inPlace(Path path, Opening<T> opening) throws IOException {
    if (!path.equals(socket) || !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return opening.open();
    }
    Path aside = path.resolveSibling("." + path.getFileName() + ".old");
    Files.move(path, aside, StandardCopyOption.REPLACE_EXISTING);
    boolean done = false;
    try {
      T opened = opening.open();
      done = true;
      return opened;
    } finally {
      if (done) {
        Files.deleteIfExists(aside);
      } else {
        Files.move(aside, path, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  @Override
  public void close() {
    Sockets.close(fd);
  }

  static void sendText(int fd, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
      long end = System.nanoTime() + NANOS_MAX;
      long sent = 0;
      while (sent < bytes.length) {
        long n = Sockets.send(fd, buffer.address() + sent, bytes.length - sent);
        if (n == -Errno.EAGAIN && System.nanoTime() - end < 0) {
          pause();
        } else {
          sent += LinuxException.check(n, "send", "control socket");
        }
      }
    }
  }

  /** Up to an empty line, and not one byte more: the descriptors come with the next one. */
  private static String readText(int fd) throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] one = new byte[1];
    while (text.length() < TEXT_BYTES_MAX) {
      if (read(fd, one) != 1) {
        throw new LinuxException("recv", "control socket", Errno.ECONNRESET);
      }
      text.append((char) one[0]);
      int length = text.length();
      if (one[0] == '\n' && (length == 1 || text.charAt(length - 2) == '\n')) {
        return text.toString().strip();
      }
    }
    throw new LinuxException("recv", "control socket", Errno.EPROTO);
  }

  private static int read(int fd, byte[] to) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(to.length);
      long end = System.nanoTime() + NANOS_MAX;
      while (true) {
        long n = Sockets.receive(fd, buffer.address(), to.length);
        if (n == -Errno.EAGAIN && System.nanoTime() - end < 0) {
          pause();
          continue;
        }
        LinuxException.check(n, "recv", "control socket");
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, to, 0, (int) n);
        return (int) n;
      }
    }
  }

  private static int[] receive(int fd, int count) throws IOException {
    long end = System.nanoTime() + NANOS_MAX;
    while (true) {
      try {
        return UnixSockets.receiveDescriptors(fd, count);
      } catch (LinuxException e) {
        if (e.errno() != Errno.EAGAIN || System.nanoTime() - end >= 0) {
          throw e;
        }
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(1); // the other process answers within a moment, or not at all
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
