package dev.godwit.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes to the sets and maps of a table of nftables in this network namespace: all of them come
 * into force at one moment, or none ({@code NETLINK_NETFILTER}: linux/netfilter/nfnetlink.h,
 * nf_tables.h). The program {@code nft} does the same, and takes 10 ms more.
 *
 * <p>Keys and values are as the kernel has them: ports in network byte order, each part of what is
 * concatenated filled up to 4 bytes.
 */
public final class NftTransaction {
  /** Of addresses: a table belongs to one. */
  public enum Family {
    IPV4(2),
    IPV6(10);

    private final int number;

    Family(int number) {
      this.number = number;
    }
  }

  private static final int SUBSYSTEM = 10;
  private static final int BATCH_BEGIN = 16;
  private static final int BATCH_END = 17;
  private static final int NEW_ELEMENTS = SUBSYSTEM << 8 | 12;
  private static final int DELETE_ELEMENTS = SUBSYSTEM << 8 | 14;

  // Flags of a message (NLM_F_*).
  private static final int REQUEST = 1;
  private static final int ACKNOWLEDGE = 4;
  private static final int CREATE = 0x400;

  // Attributes (NFTA_*), nested ones below those that they are in.
  private static final int TABLE = 1;
  private static final int SET = 2;
  private static final int ELEMENTS = 3;
  private static final int ELEMENT = 1;
  private static final int KEY = 1;
  private static final int VALUE = 2;
  private static final int TIMEOUT = 4;
  private static final int DATA = 1;
  private static final int NESTED = 0x8000;

  private record Message(int type, int flags, Family family, byte[] attributes) {}

  private final String table;
  private final List<Message> messages = new ArrayList<>();

  /** One that changes nothing yet. */
  public NftTransaction(String table) {
    this.table = table;
  }

  /** Empties a set or map. */
  public NftTransaction flush(Family family, String set) {
    messages.add(new Message(DELETE_ELEMENTS, 0, family, place(set)));
    return this;
  }

  /** Adds an element to a set; one that is there stays. */
  public NftTransaction add(Family family, String set, byte[] key) {
    return element(family, set, nested(KEY, attribute(DATA, key)));
  }

  /**
   * Adds an element to a map.
   *
   * @param life after which the kernel removes it, in milliseconds
   */
  public NftTransaction add(Family family, String set, byte[] key, byte[] value, Duration life) {
    byte[] millis = ByteBuffer.allocate(Long.BYTES).putLong(life.toMillis()).array();
    return element(
        family,
        set,
        nested(KEY, attribute(DATA, key)),
        nested(VALUE, attribute(DATA, value)),
        attribute(TIMEOUT, millis));
  }

  private NftTransaction element(Family family, String set, byte[]... parts) {
    byte[] elements = nested(ELEMENTS, nested(ELEMENT, parts));
    messages.add(new Message(NEW_ELEMENTS, CREATE, family, joined(place(set), elements)));
    return this;
  }

  /**
   * Makes the changes; they are in force when it returns.
   *
   * @throws LinuxException with none of them made, such as ENOENT where there is no such table or
   *     set, EPERM without CAP_NET_ADMIN
   */
  public void commit() throws LinuxException {
    if (messages.isEmpty()) {
      return;
    }
    List<byte[]> batch = new ArrayList<>();
    batch.add(message(BATCH_BEGIN, REQUEST, 0, SUBSYSTEM, new byte[0]));
    for (int i = 0; i < messages.size(); i++) {
      Message one = messages.get(i);
      // Errors are told in the order of the messages, so the answer to the last one says it all.
      int flags = REQUEST | one.flags | (i == messages.size() - 1 ? ACKNOWLEDGE : 0);
      batch.add(message(one.type, flags, one.family.number, 0, one.attributes));
    }
    batch.add(message(BATCH_END, REQUEST, 0, SUBSYSTEM, new byte[0]));
    byte[] bytes = joined(batch.toArray(byte[][]::new));
    int fd = Netlink.open(Netlink.NETFILTER, "NETLINK_NETFILTER");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.max(bytes.length, Netlink.ANSWER_BYTES), 8);
      MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
      Netlink.order(fd, buffer, bytes.length, "table " + table);
    } finally {
      Sockets.close(fd);
    }
  }

  private byte[] place(String set) {
    return joined(attribute(TABLE, text(table)), attribute(SET, text(set)));
  }

  private static byte[] text(String name) {
    return (name + '\0').getBytes(StandardCharsets.US_ASCII);
  }

  /** With its header, and struct nfgenmsg. */
  private static byte[] message(int type, int flags, int family, int resource, byte[] attributes) {
    int length = Netlink.HEADER_BYTES + 4 + attributes.length;
    return ByteBuffer.allocate(length)
        .order(ByteOrder.nativeOrder())
        .putInt(length)
        .putShort((short) type)
        .putShort((short) flags)
        .putInt(0)
        .putInt(0)
        .put((byte) family)
        .put((byte) 0)
        .order(ByteOrder.BIG_ENDIAN)
        .putShort((short) resource)
        .put(attributes)
        .array();
  }

  private static byte[] nested(int type, byte[]... attributes) {
    return attribute(type | NESTED, joined(attributes));
  }

  /** Filled up to 4 bytes, which its length does not count. */
  private static byte[] attribute(int type, byte[] content) {
    int length = 4 + content.length;
    return ByteBuffer.allocate(length + 3 & ~3)
        .order(ByteOrder.nativeOrder())
        .putShort((short) length)
        .putShort((short) type)
        .put(content)
        .array();
  }

  private static byte[] joined(byte[]... parts) {
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    ByteBuffer all = ByteBuffer.allocate(length);
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }
}
