package dev.godwit.forward.relay;

import dev.godwit.linux.Bpf;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * The way of a landing's connections past the gate of the same host.
 *
 * <p>With a gate on either host, a relayed connection could go round: each gate takes what the
 * other one's landing connects. So a connection carries the epoch of the decision that sent it
 * here, and a gate says which epoch its own last decision is of. What a later decision sent here is
 * to be served here, past the gate; what an earlier one sent, the gate takes: it holds, or has sent
 * its clients away since. So along the way of a connection the epochs only rise, and two gates
 * cannot pass it back and forth.
 *
 * <p>The gate's look-up program knows those that pass by a map of their source and port. The gate
 * tells the map's number and its own epoch in a file; the landing puts a connection's source in
 * before its first packet, and takes it out when it is connected. A packet filter knows them by a
 * mark.
 */
public final class Passage implements AutoCloseable {
  /** Source address as IPv4 and as IPv6, one of them zero, its port, and the service's port. */
  public static final int KEY_BYTES = 28;

  private static final String NAME = "passage";

  /** They carry {@link TransparentRouting#PASSING_MARK}. */
  public static final String BY_MARK = "mark";

  /** They cannot, and need not: the gate stands where the services would. */
  public static final String NOT = "not";

  /** The epoch of a gate that takes nobody: every decision is a later one. */
  public static final long NOBODY = 0;

  private final Path file;
  private int id;
  private int map = -1;

  private Passage(Path directory) {
    file = directory.resolve(NAME);
  }

  /** For a landing: nothing passes before a gate says so in this directory. Loop thread only. */
  public static Passage in(Path directory) {
    return new Passage(directory);
  }

  /**
   * For a gate: from now on what later decisions than this one send here passes it.
   *
   * @param way {@link #byMap}, or one of the constants
   * @param epoch of its last decision; {@link #NOBODY} when it neither holds nor has released
   */
  public static void tell(Path directory, String way, long epoch) throws IOException {
    Path next = directory.resolve(NAME + ".next");
    Files.writeString(next, way + " " + epoch + "\n", StandardCharsets.US_ASCII);
    Files.move(next, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * They are in a map.
   *
   * @param map {@code LookupSwitch#passing}
   */
  public static String byMap(int map) throws LinuxException {
    return Integer.toString(Bpf.mapId(map));
  }

  /**
   * For a gate's own connections.
   *
   * @param map {@code LookupSwitch#passing}, which this process has open
   */
  public static Pass passByMap(int map) {
    return new Pass(map);
  }

  /** The same where {@link #BY_MARK} is the way. */
  public static Pass passByMark() {
    return new Pass(-1);
  }

  /** For a gate that ends. */
  public static void forget(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(NAME));
  }

  /**
   * What becomes of a connection on this host.
   *
   * @param taken the gate of this host takes it, if it holds or has released its clients
   * @param pass how it passes the gate; null when it need not, because no gate is there, or must
   *     not
   */
  public record Way(boolean taken, @Nullable Pass pass) {
    private static final Way NO_GATE = new Way(false, null);
    private static final Way TAKEN = new Way(true, null);
  }

  /**
   * What is to become of a connection on this host.
   *
   * @param epoch of the decision that sent it here
   */
  public Way of(long epoch) throws IOException {
    if (Files.notExists(file)) {
      return Way.NO_GATE;
    }
    String[] words = Files.readString(file, StandardCharsets.US_ASCII).strip().split(" ");
    if (words.length != 2) {
      throw new IOException(file + " cannot be understood");
    }
    try {
      if (Long.parseLong(words[1]) >= epoch) {
        return Way.TAKEN;
      }
      if (words[0].equals(BY_MARK)) {
        return new Way(false, new Pass(-1));
      }
      if (words[0].equals(NOT)) {
        return Way.NO_GATE;
      }
      open(Integer.parseInt(words[0]));
    } catch (NumberFormatException e) {
      throw new IOException(file + " cannot be understood", e);
    }
    return map < 0 ? Way.NO_GATE : new Way(false, new Pass(map));
  }

  private void open(int wanted) throws LinuxException {
    if (wanted == id) {
      return;
    }
    close();
    try {
      map = Bpf.openMap(wanted);
      id = wanted;
    } catch (LinuxException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      // The gate has died, and its look-up with it: nothing is in the way.
    }
  }

  @Override
  public void close() {
    if (map >= 0) {
      Sockets.close(map);
      map = -1;
      id = 0;
    }
  }

  /** One attempt's. */
  public static final class Pass {
    private final int map;
    private byte @Nullable [] key;

    private Pass(int map) {
      this.map = map;
    }

    /** Before the first packet, of a socket that is bound. */
    void begin(int fd, int port) throws LinuxException {
      if (map < 0) {
        Sockets.set(fd, Sockets.SOL_SOCKET, Sockets.SO_MARK, TransparentRouting.PASSING_MARK);
        return;
      }
      byte[] made = key(Sockets.localAddress(fd), port);
      Bpf.update(map, made, 1);
      key = made;
    }

    /** After the handshake, or when there will be none. */
    void end() {
      byte[] made = key;
      key = null;
      if (made != null) {
        try {
          Bpf.delete(map, made);
        } catch (LinuxException e) {
          System.getLogger(Passage.class.getName())
              .log(System.Logger.Level.WARNING, "an attempt's source stays in the map", e);
        }
      }
    }
  }

  /** As the program builds it: addresses and the source's port as in the packet. */
  private static byte[] key(InetSocketAddress source, int port) {
    byte[] address = source.getAddress().getAddress();
    ByteBuffer key = ByteBuffer.allocate(KEY_BYTES).order(ByteOrder.nativeOrder());
    key.put(address.length == 4 ? 0 : 4, address);
    key.put(20, new byte[] {(byte) (source.getPort() >> 8), (byte) source.getPort()});
    key.putInt(24, port);
    return key.array();
  }
}
