package dev.godwit.outside;

import dev.godwit.outside.Asker.NotAskedException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * A login that a MariaDB server refuses. Whoever leaves before he has said who he is counts as a
 * failed connection there, and after some ({@code max_connect_errors}) everybody from his host is
 * refused; who has said it, to the end of the handshake, does not, whatever comes of it
 * (SUM_CONNECT_ERRORS of performance_schema.host_cache). It leaves a line about a denied access in
 * the server's log.
 *
 * <p>Source: MariaDB's documentation, "Connection" of the client/server protocol.
 */
final class MariaDb {
  /** Nobody should have it; who has it, with no password, is logged in and leaves. */
  static final String USER = "godwit";

  /**
   * CLIENT_PROTOCOL_41, CLIENT_SECURE_CONNECTION, CLIENT_PLUGIN_AUTH. Without the last one a server
   * that knows its users by other plugins breaks the handshake off, and counts it.
   */
  private static final int CAPABILITIES = 0x200 | 0x8000 | 0x80000;

  private static final int PACKET_MAX = 1 << 24;
  private static final byte UTF8 = 33;
  private static final String PLUGIN = "mysql_native_password";

  private static final int OK = 0;
  private static final int SWITCH = 0xfe;
  private static final int ERROR = 0xff;

  /** ER_HOST_NOT_PRIVILEGED: it works, and has no user who may come from this host. */
  private static final int HOST_NOT_KNOWN = 1130;

  /** ER_ACCESS_DENIED_ERROR and ER_ACCESS_DENIED_NO_PASSWORD_ERROR. */
  private static final Set<Integer> DENIED = Set.of(1045, 1698);

  private static final byte[] QUIT = {1};

  private record Packet(int number, byte[] text) {
    int kind() {
      return text.length == 0 ? -1 : text[0] & 0xff;
    }

    int code() {
      return text.length < 3 ? 0 : (text[1] & 0xff) | (text[2] & 0xff) << 8;
    }

    /** Of an error, or of a greeting after its version of the protocol. */
    String words() {
      int from = Math.min(kind() == ERROR ? 3 : 1, text.length);
      String all = new String(text, from, text.length - from, StandardCharsets.ISO_8859_1);
      String first = all.split("\0", 2)[0].replaceAll("[^ -~]", ".");
      return first.substring(0, Math.min(first.length(), 120));
    }
  }

  private MariaDb() {}

  /**
   * Whether this begins a greeting of MySQL or MariaDB, or the error in its place.
   *
   * @param first at least five bytes of it
   */
  static boolean begins(byte[] first) {
    // A packet: three bytes of length, the number 0; then version 10 of the protocol, or an error.
    return first[3] == 0 && (first[4] == 10 || (first[4] & 0xff) == ERROR);
  }

  /**
   * Reads the greeting, logs in, and reads that this was denied.
   *
   * @throws NotAskedException when it is not to be asked again
   * @throws IOException when it does not answer as a server does that works
   */
  static void ask(InputStream in, OutputStream out) throws IOException {
    Packet greeting = read(in);
    if (greeting.kind() == ERROR) {
      if (greeting.code() == HOST_NOT_KNOWN) {
        return;
      }
      throw new IOException("greeted with " + greeting.words());
    }
    if (!greeting.words().contains("MariaDB")) {
      throw new NotAskedException(
          "MySQL refuses the hosts of those who leave again and again without logging in");
    }
    Packet answer;
    try {
      write(out, greeting.number() + 1, login());
      answer = read(in);
    } catch (SocketTimeoutException e) {
      throw new NotAskedException("MariaDB has not answered to a login in time");
    }
    switch (answer.kind()) {
      case OK -> write(out, 0, QUIT);
      case ERROR -> {
        if (!DENIED.contains(answer.code())) {
          throw new IOException("answered " + answer.words());
        }
      }
      case SWITCH -> {
        write(out, answer.number() + 1, new byte[0]);
        Packet unused = read(in);
        throw new NotAskedException(
            "MariaDB wants to be logged in to in another way, and may refuse the hosts of those who do not");
      }
      default -> throw new IOException("answered what is not MariaDB");
    }
  }

  private static byte[] login() {
    byte[] user = (USER + "\0").getBytes(StandardCharsets.US_ASCII);
    byte[] plugin = (PLUGIN + "\0").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer login =
        ByteBuffer.allocate(4 + 4 + 1 + 23 + user.length + 1 + plugin.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    login.putInt(CAPABILITIES).putInt(PACKET_MAX).put(UTF8).put(new byte[23]);
    login.put(user).put((byte) 0).put(plugin); // no password
    return login.array();
  }

  private static Packet read(InputStream in) throws IOException {
    byte[] head = whole(in, 4);
    int length = (head[0] & 0xff) | (head[1] & 0xff) << 8 | (head[2] & 0xff) << 16;
    if (length > 64 * 1024) {
      throw new IOException("answered what is not MariaDB");
    }
    return new Packet(head[3] & 0xff, whole(in, length));
  }

  private static byte[] whole(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("closed without an answer");
    }
    return bytes;
  }

  private static void write(OutputStream out, int number, byte[] text) throws IOException {
    ByteBuffer packet = ByteBuffer.allocate(4 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    packet.putInt(text.length | number << 24).put(text);
    out.write(packet.array());
    out.flush();
  }
}
