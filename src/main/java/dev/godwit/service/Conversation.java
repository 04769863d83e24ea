package dev.godwit.service;

import dev.godwit.host.Tls;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import javax.net.ssl.SSLException;

/**
 * A connection of a check to a service of this host, line by line. It comes from an address that no
 * client can have, and that a gate's look-up lets through.
 */
final class Conversation implements AutoCloseable {
  /** Longer lines are answers to nothing that a check asks. */
  static final int LINE_MAX = 8192;

  /** The same for ::1, which has no neighbours: the port is what the gate knows it by. */
  private static final int SOURCE_PORT_IPV6 = 103;

  /** The service answered, and not what was wanted. */
  static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;

    final String said;

    Refusal(String said) {
      super(said);
      this.said = said;
    }
  }

  private Socket socket;
  private InputStream in;

  private final long end;

  private Conversation(Socket socket, long end) throws IOException {
    this.socket = socket;
    this.end = end;
    this.in = new BufferedInputStream(new UntilEnd(socket.getInputStream()));
  }

  /**
   * What comes until the conversation has to be over: a server that says a byte now and then would
   * keep it going for ever (H63).
   */
  private final class UntilEnd extends FilterInputStream {
    UntilEnd(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      await();
      return super.read();
    }

    @Override
    public int read(byte[] bytes, int from, int count) throws IOException {
      await();
      return super.read(bytes, from, count);
    }

    private void await() throws IOException {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new SocketTimeoutException("the answer takes too long");
      }
      socket.setSoTimeout((int) Math.min(left, Integer.MAX_VALUE));
    }
  }

  /**
   * Connects.
   *
   * @param address of this host
   * @param limit for all of it
   */
  static Conversation open(InetAddress address, int port, Duration limit) throws IOException {
    long end = System.nanoTime() + Math.max(limit.toNanos(), 1_000_000);
    Socket socket = new Socket();
    try {
      if (address instanceof Inet4Address) {
        socket.bind(new InetSocketAddress(CheckRunner.SOURCE, 0));
      } else {
        socket.setReuseAddress(true);
        // A reset at the end leaves no TIME_WAIT, which would be in the way of the next one.
        socket.setSoLinger(true, 0);
        socket.bind(new InetSocketAddress(InetAddress.getByName("::1"), SOURCE_PORT_IPV6));
      }
      int millis = (int) Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
      socket.setSoTimeout(millis);
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address, port), millis);
      return new Conversation(socket, end);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * The same to where something listens on this host: at 127.0.0.1, else at ::1, else at the
   * address that it has for itself alone.
   */
  static Conversation open(int port, Duration limit) throws IOException {
    long end = System.nanoTime() + limit.toNanos();
    try {
      return open(InetAddress.getByName("127.0.0.1"), port, limit);
    } catch (ConnectException e) {
      for (InetAddress address : listening(port)) {
        try {
          return open(address, port, Duration.ofNanos(end - System.nanoTime()));
        } catch (ConnectException gone) {
          e.addSuppressed(gone);
        }
      }
      throw e;
    }
  }

  private static Set<InetAddress> listening(int port) throws IOException {
    Set<InetAddress> addresses = new LinkedHashSet<>();
    for (TcpSocket socket : SocketDiagnostics.sockets(port, SocketDiagnostics.LISTEN)) {
      InetAddress address = socket.local().getAddress();
      if (!address.isAnyLocalAddress()) {
        addresses.add(address);
      } else if (address instanceof Inet6Address) {
        addresses.add(InetAddress.getByName("::1"));
      }
    }
    return addresses;
  }

  String peer() {
    return socket.getRemoteSocketAddress().toString();
  }

  /**
   * From here on under TLS. Whose certificate it is does not matter: the connection does not leave
   * this host, and what is asked is whether the service answers.
   */
  void startTls() throws IOException {
    startTls("localhost");
  }

  /**
   * The same where the server chooses by a name.
   *
   * @param name what the server is told (SNI, RFC 6066), when it is a name of a domain and no
   *     address
   */
  void startTls(String name) throws IOException {
    try {
      socket = Tls.over(socket, name);
      in = new BufferedInputStream(new UntilEnd(socket.getInputStream()));
    } catch (SSLException e) {
      throw new Refusal(
          "TLS cannot be spoken with it: " + printable(String.valueOf(e.getMessage())));
    }
  }

  /** One line of bounded length: the service may be anything that took the port. */
  String line() throws IOException {
    return line(LINE_MAX);
  }

  String line(int max) throws IOException {
    StringBuilder line = new StringBuilder();
    while (line.length() < max) {
      int c = in.read();
      if (c < 0) {
        throw new Refusal(
            line.isEmpty()
                ? "the connection was closed without an answer"
                : "the connection was closed within an answer: " + printable(line.toString()));
      }
      if (c == '\n') {
        return line.toString().stripTrailing();
      }
      line.append((char) c);
    }
    throw new Refusal("answered a line of more than " + max + " bytes");
  }

  /**
   * Up to so many bytes, less only where the service has closed the connection before.
   *
   * @return one char a byte (ISO 8859-1)
   */
  String bytes(int max) throws IOException {
    return new String(in.readNBytes(max), StandardCharsets.ISO_8859_1);
  }

  void write(String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** What a stranger sent, fit for a terminal (H46). */
  static String printable(String text) {
    StringBuilder result = new StringBuilder("\"");
    text.chars().limit(200).forEach(c -> result.append(c >= 0x20 && c < 0x7f ? (char) c : '?'));
    return result.append('"').toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
