package dev.godwit.forward.server;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The server name that a TLS client asks for in its first message (RFC 8446, 4.1.2; RFC 6066, 3),
 * read without taking part in TLS. The bytes come from anybody: every length is looked at before it
 * is used.
 */
final class ServerName {
  /** Beyond it a first message is not looked at: it goes where those without a name go. */
  static final int BYTES_MAX = 16 * 1024;

  private static final int RECORD_HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int EXTENSION_SERVER_NAME = 0;
  private static final int NAME_BYTES_MAX = 255;
  private static final Found MORE = new Found(false, null);
  private static final Found NONE = new Found(true, null);

  /**
   * @param complete false while more bytes are needed
   * @param name as it was written; null when none is asked for
   */
  record Found(boolean complete, @Nullable String name) {}

  private ServerName() {}

  static Found find(byte[] bytes, int count) {
    if (count > 0 && bytes[0] != RECORD_HANDSHAKE) {
      return NONE;
    }
    byte[] message = new byte[count];
    int length = 0;
    int at = 0;
    // The message may be cut into several records.
    while (at + 5 <= count && bytes[at] == RECORD_HANDSHAKE && bytes[at + 1] == 3) {
      int record = number(bytes, at + 3, 2);
      int here = Math.min(record, count - at - 5);
      System.arraycopy(bytes, at + 5, message, length, here);
      length += here;
      at += 5 + record;
      if (record == 0) {
        return NONE;
      }
      if (length >= 4) {
        int whole = 4 + number(message, 1, 3);
        if (message[0] != CLIENT_HELLO || whole > BYTES_MAX - 5) {
          return NONE;
        }
        if (length >= whole) {
          return new Found(true, inHello(message, whole));
        }
      }
    }
    boolean cut = at + 5 > count || at > count;
    return cut && count < BYTES_MAX ? MORE : NONE;
  }

  private static @Nullable String inHello(byte[] hello, int end) {
    int at = 4 + 2 + 32; // header, version, random
    at = skip(hello, at, 1, end); // session
    at = skip(hello, at, 2, end); // cipher suites
    at = skip(hello, at, 1, end); // compression
    if (at < 0 || at + 2 > end) {
      return null;
    }
    int last = Math.min(end, at + 2 + number(hello, at, 2));
    at += 2;
    while (at + 4 <= last) {
      int type = number(hello, at, 2);
      int length = number(hello, at + 2, 2);
      at += 4;
      if (at + length > last) {
        return null;
      }
      if (type == EXTENSION_SERVER_NAME) {
        return inList(hello, at, at + length);
      }
      at += length;
    }
    return null;
  }

  /** A list of names, of which only that of type 0, a host's, has ever been defined. */
  private static @Nullable String inList(byte[] bytes, int from, int end) {
    if (from + 5 > end || bytes[from + 2] != 0) {
      return null;
    }
    int length = number(bytes, from + 3, 2);
    if (length == 0 || length > NAME_BYTES_MAX || from + 5 + length > end) {
      return null;
    }
    return new String(bytes, from + 5, length, StandardCharsets.ISO_8859_1);
  }

  private static int skip(byte[] bytes, int at, int size, int end) {
    return at < 0 || at + size > end ? -1 : at + size + number(bytes, at, size);
  }

  private static int number(byte[] bytes, int at, int size) {
    int value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | bytes[at + i] & 0xff;
    }
    return value;
  }
}
