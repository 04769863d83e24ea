package dev.godwit.forward.ladder;

import dev.godwit.forward.GateException;
import dev.godwit.forward.relay.Passage;
import dev.godwit.linux.Bpf;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Sockets;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;

/**
 * The switch in front of a service: a program in the kernel's socket look-up that hands a new
 * connection for a port in its map to our listener and leaves every other one alone (Linux 5.9,
 * BPF_PROG_TYPE_SK_LOOKUP). It acts on connections as they begin, so it touches none that exists.
 *
 * <p>Its own dead man: the link, the map and the listener are descriptors of this process, so when
 * the process ends, however it ends, the next connection goes to the service again.
 *
 * <p>Connections from {@value #BEYOND_IPV4}, and from ::1 port {@value #BEYOND_IPV6_PORT}, pass it
 * by: nobody outside this host can send from there. So do those that a landing of this host has
 * announced ({@link Passage}).
 */
public final class LookupSwitch implements AutoCloseable {
  /** Who connects from here passes by. */
  public static final String BEYOND_IPV4 = "127.103.0.1";

  static final int BEYOND_IPV6_PORT = 103;
  private static final int PORTS_MAX = 4096;

  /** Attempts of a landing that are under way at one time. */
  private static final int PASSING_MAX = 65_536;

  // offsets in struct bpf_sk_lookup (linux/bpf.h)
  private static final int REMOTE_IP4 = 16;
  private static final int REMOTE_IP6 = 20;
  private static final int REMOTE_PORT = 36;
  private static final int LOCAL_PORT = 60;

  private final int map;
  private final int passing;
  private final int program;
  private final int link;

  private LookupSwitch(int map, int passing, int program, int link) {
    this.map = map;
    this.passing = passing;
    this.program = program;
    this.link = link;
  }

  /**
   * Loads and attaches the program to the calling thread's network namespace, with an empty map.
   */
  static LookupSwitch open() throws GateException {
    int map = -1;
    int passing = -1;
    int program = -1;
    int namespace = -1;
    try {
      map = Bpf.createMap(Bpf.MAP_TYPE_SOCKHASH, 4, 8, PORTS_MAX);
      passing = Bpf.createMap(Bpf.MAP_TYPE_HASH, Passage.KEY_BYTES, 8, PASSING_MAX);
      program =
          Bpf.loadProgram(Bpf.PROG_TYPE_SK_LOOKUP, Bpf.ATTACH_SK_LOOKUP, program(map, passing));
      namespace = Bpf.openNetworkNamespace();
      int link = Bpf.createLink(program, namespace, Bpf.ATTACH_SK_LOOKUP);
      LookupSwitch opened = new LookupSwitch(map, passing, program, link);
      map = -1;
      passing = -1;
      program = -1;
      return opened;
    } catch (LinuxException e) {
      throw new GateException(
          GateException.Kind.UNSUPPORTED,
          "the kernel's socket look-up cannot be used (Linux 5.9 or newer, root with CAP_BPF and"
              + " CAP_NET_ADMIN; here is Linux "
              + System.getProperty("os.version")
              + "): "
              + e.getMessage(),
          e);
    } finally {
      for (int fd : new int[] {map, passing, program, namespace}) {
        if (fd >= 0) {
          Sockets.close(fd);
        }
      }
    }
  }

  /** From now on new connections for these ports come to the listener: 10 us a port. */
  void on(Collection<Integer> ports, int listener) throws LinuxException {
    for (int port : ports) {
      Bpf.update(map, key(port), listener);
    }
  }

  /** From now on new connections for these ports go where they would go without us. */
  void off(Collection<Integer> ports) throws LinuxException {
    for (int port : ports) {
      Bpf.delete(map, key(port));
    }
  }

  private static byte[] key(int port) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(port).array();
  }

  /** Of the connections that pass; its keys are {@link Passage}'s. */
  int passing() {
    return passing;
  }

  @Override
  public void close() {
    Sockets.close(link);
    Sockets.close(program);
    Sockets.close(passing);
    Sockets.close(map);
  }

  private static long[] program(int map, int passing) {
    int look = 13;
    int pass = 48;
    return new long[] {
      /* 0 */ i(0xbf, 6, 1, 0, 0), // r6 = context
      /* 1 */ i(0x61, 3, 6, REMOTE_IP4, 0),
      /* 2 */ i(0x15, 3, 0, pass - 3, 0x0100677f), // from 127.103.0.1
      /* 3 */ i(0x61, 3, 6, REMOTE_IP6 + 12, 0),
      /* 4 */ i(0x55, 3, 0, look - 5, 0x01000000), // not from ::1
      /* 5 */ i(0x61, 3, 6, REMOTE_IP6, 0),
      /* 6 */ i(0x61, 4, 6, REMOTE_IP6 + 4, 0),
      /* 7 */ i(0x4f, 3, 4, 0, 0),
      /* 8 */ i(0x61, 4, 6, REMOTE_IP6 + 8, 0),
      /* 9 */ i(0x4f, 3, 4, 0, 0),
      /* 10 */ i(0x55, 3, 0, look - 11, 0),
      /* 11 */ i(0x69, 3, 6, REMOTE_PORT, 0),
      /* 12 */ i(0x15, 3, 0, pass - 13, BEYOND_IPV6_PORT << 8), // network order
      // look: the key of one that passes, from the stack's -32 to its -4
      /* 13 */ i(0x61, 3, 6, REMOTE_IP4, 0),
      /* 14 */ i(0x63, 10, 3, -32, 0),
      /* 15 */ i(0x61, 3, 6, REMOTE_IP6, 0),
      /* 16 */ i(0x63, 10, 3, -28, 0),
      /* 17 */ i(0x61, 3, 6, REMOTE_IP6 + 4, 0),
      /* 18 */ i(0x63, 10, 3, -24, 0),
      /* 19 */ i(0x61, 3, 6, REMOTE_IP6 + 8, 0),
      /* 20 */ i(0x63, 10, 3, -20, 0),
      /* 21 */ i(0x61, 3, 6, REMOTE_IP6 + 12, 0),
      /* 22 */ i(0x63, 10, 3, -16, 0),
      /* 23 */ i(0x69, 3, 6, REMOTE_PORT, 0),
      /* 24 */ i(0x63, 10, 3, -12, 0),
      /* 25 */ i(0x61, 3, 6, LOCAL_PORT, 0),
      /* 26 */ i(0x63, 10, 3, -8, 0),
      /* 27 */ i(0x18, 1, 1, 0, passing), // r1 = map, two slots
      /* 28 */ 0,
      /* 29 */ i(0xbf, 2, 10, 0, 0),
      /* 30 */ i(0x07, 2, 0, 0, -32),
      /* 31 */ i(0x85, 0, 0, 0, 1), // map_lookup_elem
      /* 32 */ i(0x55, 0, 0, pass - 33, 0),
      /* 33 */ i(0x61, 2, 6, LOCAL_PORT, 0),
      /* 34 */ i(0x63, 10, 2, -4, 0),
      /* 35 */ i(0x18, 1, 1, 0, map),
      /* 36 */ 0,
      /* 37 */ i(0xbf, 2, 10, 0, 0),
      /* 38 */ i(0x07, 2, 0, 0, -4),
      /* 39 */ i(0x85, 0, 0, 0, 1), // map_lookup_elem
      /* 40 */ i(0x15, 0, 0, pass - 41, 0),
      /* 41 */ i(0xbf, 7, 0, 0, 0),
      /* 42 */ i(0xbf, 1, 6, 0, 0),
      /* 43 */ i(0xbf, 2, 7, 0, 0),
      /* 44 */ i(0xb7, 3, 0, 0, 0),
      /* 45 */ i(0x85, 0, 0, 0, 124), // sk_assign
      /* 46 */ i(0xbf, 1, 7, 0, 0),
      /* 47 */ i(0x85, 0, 0, 0, 86), // sk_release
      /* 48, pass */ i(0xb7, 0, 0, 0, 1), // SK_PASS
      /* 49 */ i(0x95, 0, 0, 0, 0),
    };
  }

  private static long i(int op, int destination, int source, int offset, long immediate) {
    return Bpf.instruction(op, destination, source, offset, immediate);
  }
}
