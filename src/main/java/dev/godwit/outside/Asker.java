package dev.godwit.outside;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks one port once, as a client that has just come: never a login, nothing that leaves a trace
 * but in a log of connections.
 */
final class Asker {
  private static final int LINE_MAX = 1024;

  /**
   * How long a service that speaks first may take to begin, when it is not known yet whether it
   * does.
   */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private Asker() {}

  /**
   * Finds out how a port can be asked.
   *
   * @throws IOException when nothing answers there at all
   */
  static Seen.How learn(Target target, Duration limit) throws IOException {
    try (Socket socket = connected(target, limit)) {
      if (target.url() != null) {
        return Seen.How.PAGE;
      }
      socket.setSoTimeout((int) SILENCE.toMillis());
      String line = line(socket);
      leave(socket, line);
      return Seen.How.GREETING;
    } catch (SocketTimeoutException e) {
      return Seen.How.CONNECTION; // it is there, and waits for its client to speak
    }
  }

  private static Socket connected(Target target, Duration limit) throws IOException {
    try {
      return connect(target, limit);
    } catch (SocketTimeoutException e) {
      throw new IOException("no connection within %d ms".formatted(limit.toMillis()), e);
    }
  }

  /**
   * Asks.
   *
   * @return null for a good answer, else what was wrong with it
   */
  static @Nullable String ask(Target target, Seen.How how, Duration limit) {
    try (Socket socket = connect(target, limit)) {
      return switch (how) {
        case PAGE -> page(socket, target);
        case GREETING -> greeting(socket);
        case CONNECTION -> null;
      };
    } catch (SocketTimeoutException e) {
      return "no answer within " + limit.toMillis() + " ms";
    } catch (ConnectException e) {
      return "refused: " + e.getMessage();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static Socket connect(Target target, Duration limit) throws IOException {
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout((int) limit.toMillis());
      socket.connect(target.address(), (int) limit.toMillis());
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static @Nullable String page(Socket socket, Target target) throws IOException {
    URI url = target.url();
    if (url == null) {
      throw new IllegalStateException("no page without a URL");
    }
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String host = url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort();
    say(
        socket,
        "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: godwit\r\nConnection: close\r\n\r\n"
            .formatted(path, query, host));
    String status = line(socket);
    String[] words = status.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/") || !words[1].matches("[0-9]{3}")) {
      return "answered what is not HTTP";
    }
    int code = Integer.parseInt(words[1]);
    if (code < target.statusFrom() || code > target.statusTo()) {
      return "answered " + code;
    }
    // To its end: a client wants the page, not its first line.
    byte[] buffer = new byte[64 * 1024];
    int count;
    do {
      count = socket.getInputStream().read(buffer);
    } while (count >= 0);
    return null;
  }

  private static @Nullable String greeting(Socket socket) throws IOException {
    String line = line(socket);
    leave(socket, line);
    // RFC 5321, 1939 and 9051: what a mail server that cannot serve begins with.
    return line.startsWith("4")
            || line.startsWith("5")
            || line.startsWith("-ERR")
            || line.startsWith("* BYE")
        ? "greeted with " + line.substring(0, Math.min(line.length(), 80))
        : null;
  }

  /** Says good-bye where the greeting tells how, and does not wait for the answer. */
  private static void leave(Socket socket, String greeting) {
    String goodBye =
        greeting.startsWith("* OK")
            ? "g LOGOUT\r\n"
            : greeting.startsWith("220") || greeting.startsWith("+OK") ? "QUIT\r\n" : "";
    try {
      say(socket, goodBye);
    } catch (IOException e) {
      // It greeted; whether it hears this does not matter.
    }
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The first line, of bounded length; a binary greeting ends at its bound or in silence. */
  private static String line(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder line = new StringBuilder();
    while (line.length() < LINE_MAX) {
      int c;
      try {
        c = in.read();
      } catch (SocketTimeoutException e) {
        if (line.isEmpty()) {
          throw e;
        }
        break;
      }
      if (c < 0) {
        if (line.isEmpty()) {
          throw new SocketException("closed without an answer");
        }
        break;
      }
      if (c == '\n') {
        break;
      }
      line.append(c < 0x20 || c > 0x7e ? '.' : (char) c);
    }
    return line.toString();
  }
}
