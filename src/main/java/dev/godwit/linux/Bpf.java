package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The few commands of bpf(2) that a socket look-up program needs (linux/bpf.h). Needs CAP_BPF and
 * CAP_NET_ADMIN. Everything made here is a descriptor and ends when its last copy is closed.
 */
public final class Bpf {
  public static final int MAP_TYPE_HASH = 1;
  public static final int MAP_TYPE_SOCKHASH = 18;
  public static final int PROG_TYPE_SK_LOOKUP = 30;
  public static final int ATTACH_SK_LOOKUP = 36;

  private static final int MAP_CREATE = 0;
  private static final int MAP_UPDATE_ELEM = 2;
  private static final int MAP_DELETE_ELEM = 3;
  private static final int PROG_LOAD = 5;
  private static final int MAP_GET_FD_BY_ID = 14;
  private static final int OBJ_GET_INFO_BY_FD = 15;
  private static final int LINK_CREATE = 28;
  private static final int MAP_INFO_BYTES = 88;
  private static final int ATTR_BYTES = 120;
  private static final long BPF = Syscall.number(321, 280);

  private Bpf() {}

  /** One instruction, packed as {@code struct bpf_insn} on a little-endian processor. */
  public static long instruction(int op, int destination, int source, int offset, long immediate) {
    return op
        | (long) (destination | source << 4) << 8
        | (offset & 0xffffL) << 16
        | (immediate & 0xffffffffL) << 32;
  }

  public static int createMap(int type, int keyBytes, int valueBytes, int entriesMax)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(ValueLayout.JAVA_INT, 0, type);
      attr.set(ValueLayout.JAVA_INT, 4, keyBytes);
      attr.set(ValueLayout.JAVA_INT, 8, valueBytes);
      attr.set(ValueLayout.JAVA_INT, 12, entriesMax);
      return (int) command(MAP_CREATE, attr, "BPF_MAP_CREATE");
    }
  }

  public static int loadProgram(int type, int attachType, long[] instructions)
      throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(ValueLayout.JAVA_INT, 0, type);
      attr.set(ValueLayout.JAVA_INT, 4, instructions.length);
      attr.set(
          ValueLayout.JAVA_LONG,
          8,
          arena.allocateFrom(ValueLayout.JAVA_LONG, instructions).address());
      attr.set(
          ValueLayout.JAVA_LONG,
          16,
          arena.allocateFrom("Apache-2.0", StandardCharsets.US_ASCII).address());
      attr.set(ValueLayout.JAVA_INT, 68, attachType);
      return (int) command(PROG_LOAD, attr, "BPF_PROG_LOAD");
    }
  }

  /** Attaches a program; the attachment lives as long as the descriptor that is returned. */
  public static int createLink(int program, int target, int attachType) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(ValueLayout.JAVA_INT, 0, program);
      attr.set(ValueLayout.JAVA_INT, 4, target);
      attr.set(ValueLayout.JAVA_INT, 8, attachType);
      return (int) command(LINK_CREATE, attr, "BPF_LINK_CREATE");
    }
  }

  /**
   * By what another process finds a map as long as somebody holds it (bpf_map_info, linux/bpf.h).
   */
  public static int mapId(int map) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(MAP_INFO_BYTES, 8);
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(ValueLayout.JAVA_INT, 0, map);
      attr.set(ValueLayout.JAVA_INT, 4, MAP_INFO_BYTES);
      attr.set(ValueLayout.JAVA_LONG, 8, info.address());
      long unused = command(OBJ_GET_INFO_BY_FD, attr, "BPF_OBJ_GET_INFO_BY_FD");
      return info.get(ValueLayout.JAVA_INT, 4);
    }
  }

  /**
   * A descriptor of a map that another process has made. Needs CAP_SYS_ADMIN.
   *
   * @throws LinuxException ENOENT when nobody holds it any more
   */
  public static int openMap(int id) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(ValueLayout.JAVA_INT, 0, id);
      return (int) command(MAP_GET_FD_BY_ID, attr, "BPF_MAP_GET_FD_BY_ID");
    }
  }

  /** Sets an element whose value has 8 bytes. */
  public static void update(int map, byte[] key, long value) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = element(arena, map, key);
      attr.set(
          ValueLayout.JAVA_LONG, 16, arena.allocateFrom(ValueLayout.JAVA_LONG, value).address());
      long unused = command(MAP_UPDATE_ELEM, attr, "BPF_MAP_UPDATE_ELEM");
    }
  }

  /** The calling thread's network namespace, for {@link #createLink}. */
  public static int openNetworkNamespace() throws LinuxException {
    return KernelFiles.open("/proc/thread-self/ns/net");
  }

  /** Removes an element; one that is not there is no error. */
  public static void delete(int map, byte[] key) throws LinuxException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attr = element(arena, map, key);
      long result = Syscall.call(BPF, MAP_DELETE_ELEM, attr.address(), ATTR_BYTES);
      if (result != -Errno.ENOENT) {
        LinuxException.check(result, "bpf", "BPF_MAP_DELETE_ELEM");
      }
    }
  }

  /** What a command does not use must be zero, or the kernel refuses it. */
  private static MemorySegment element(Arena arena, int map, byte[] key) {
    MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
    attr.set(ValueLayout.JAVA_INT, 0, map);
    attr.set(ValueLayout.JAVA_LONG, 8, arena.allocateFrom(ValueLayout.JAVA_BYTE, key).address());
    return attr;
  }

  private static long command(int command, MemorySegment attr, String name) throws LinuxException {
    return LinuxException.check(
        Syscall.call(BPF, command, attr.address(), ATTR_BYTES), "bpf", name);
  }
}
