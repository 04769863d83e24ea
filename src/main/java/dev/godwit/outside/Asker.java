package dev.godwit.outside;

import dev.godwit.host.Tls;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks one port once, as a client that has just come: nothing that leaves a trace but in a log of
 * connections and, at MariaDB, of denied logins.
 */
final class Asker {
  private static final int LINE_MAX = 1024;

  /**
   * A service on one of these that waits for its client to speak waits for TLS (RFC 8314; IANA).
   */
  private static final Set<Integer> TLS_PORTS =
      Set.of(443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 5223, 5671, 8443, 8883);

  /** The same for HTTP (IANA, and where applications and their servers have it by themselves). */
  private static final Set<Integer> HTTP_PORTS =
      Set.of(80, 591, 3000, 5000, 8000, 8008, 8080, 8081, 8088, 8888);

  /** The same for PostgreSQL, and for pgbouncer in front of it. */
  private static final Set<Integer> POSTGRESQL_PORTS = Set.of(5432, 5433, 6432);

  /** The same for MySQL and MariaDB, which speak first. */
  private static final Set<Integer> MYSQL_PORTS = Set.of(3306, 3307);

  /**
   * SSLRequest: its length and its code (PostgreSQL's protocol, "Message Formats"). A server takes
   * it before anything else, says in one byte whether it speaks TLS, and writes nothing into its
   * log when its client leaves then: no login is begun.
   */
  private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 210, 22, 47};

  /** Of an answer that is none of a failure, when nobody has said which is wanted. */
  private static final int STATUS_FROM = 100;

  private static final int STATUS_TO = 499;

  /**
   * How long a service that speaks first may take to begin, when it is not known yet whether it
   * does.
   */
  private static final Duration SILENCE = Duration.ofSeconds(1);

  private static final int FIRST_BYTES = 5;

  /** Services that hear that their client leaves close at once. */
  private static final Duration LEAVING = Duration.ofSeconds(1);

  /** It answers, and must not be asked. */
  static final class NotAskedException extends IOException {
    private static final long serialVersionUID = 1;

    NotAskedException(String why) {
      super(why);
    }
  }

  private Asker() {}

  /**
   * What is to be asked, and how.
   *
   * @param target as it was given, or with the page that its service was found to answer for
   * @param asked when it was asked what it has answered, of the monotonic clock: a hold may have
   *     begun by then
   */
  record Learned(Target target, Seen.How how, long asked) {}

  /**
   * Finds out how a port can be asked.
   *
   * @throws IOException when nothing answers there at all
   */
  static Learned learn(Target target, Duration limit) throws IOException {
    long began = System.nanoTime();
    try (Socket socket = connected(target, limit)) {
      if (target.url() != null) {
        return new Learned(target, Seen.How.PAGE, System.nanoTime());
      }
      socket.setSoTimeout((int) SILENCE.toMillis());
      BufferedInputStream in = new BufferedInputStream(socket.getInputStream());
      if (isDatabase(in)) {
        // Its silence from here on is that of a database, and not of who waits for its client.
        socket.setSoTimeout((int) limit.toMillis());
        MariaDb.ask(in, socket.getOutputStream());
        return new Learned(target, Seen.How.MARIADB, began);
      }
      sayGoodBye(socket, line(in));
      leave(socket);
      return new Learned(target, Seen.How.GREETING, began);
    } catch (SocketTimeoutException e) {
      // It is there, and waits for its client to speak.
      long again = System.nanoTime();
      int port = target.address().getPort();
      if (MYSQL_PORTS.contains(port)) {
        throw new NotAskedException(
            "it has not greeted within %d ms, and MySQL and MariaDB refuse the hosts of those who leave again and again without logging in"
                .formatted(SILENCE.toMillis()));
      }
      if (TLS_PORTS.contains(port) && speaksTls(target, limit)) {
        return new Learned(target, Seen.How.TLS, again);
      }
      if (POSTGRESQL_PORTS.contains(port) && ask(target, Seen.How.POSTGRESQL, limit) == null) {
        return new Learned(target, Seen.How.POSTGRESQL, again);
      }
      Target page = page(target);
      // A connection that is held looks like one that is served; an answer does not.
      return HTTP_PORTS.contains(port) && ask(page, Seen.How.PAGE, limit) == null
          ? new Learned(page, Seen.How.PAGE, again)
          : new Learned(target, Seen.How.CONNECTION, System.nanoTime());
    }
  }

  private static Target page(Target target) {
    InetAddress address = target.address().getAddress();
    String host = address.getHostAddress().replaceFirst("%.*", "");
    return new Target(
        target.service(),
        target.address(),
        URI.create(
            "http://%s:%d/"
                .formatted(
                    address instanceof Inet6Address ? "[" + host + "]" : host,
                    target.address().getPort())),
        STATUS_FROM,
        STATUS_TO);
  }

  /** MySQL or MariaDB; nothing is taken of what it says. */
  private static boolean isDatabase(BufferedInputStream in) throws IOException {
    in.mark(FIRST_BYTES);
    byte[] first = in.readNBytes(FIRST_BYTES);
    in.reset();
    return first.length == FIRST_BYTES && MariaDb.begins(first);
  }

  private static boolean speaksTls(Target target, Duration limit) {
    try (Socket socket = connect(target, limit);
        Socket secure = Tls.over(socket, name(target))) {
      leave(secure);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static String name(Target target) {
    URI url = target.url();
    return url == null ? target.address().getAddress().getHostAddress() : url.getHost();
  }

  private static Socket connected(Target target, Duration limit) throws IOException {
    try {
      return connect(target, limit);
    } catch (SocketTimeoutException e) {
      throw new IOException("no connection within %d ms".formatted(limit.toMillis()), e);
    }
  }

  /** What came of a question. */
  interface Answered {
    /**
     * @param wrong what was wrong with the answer, or with none; null for a good one
     */
    void answered(@Nullable String wrong);
  }

  /**
   * Asks.
   *
   * @return null for a good answer, else what was wrong with it
   */
  static @Nullable String ask(Target target, Seen.How how, Duration limit) {
    AtomicReference<@Nullable String> wrong = new AtomicReference<>();
    ask(target, how, limit, wrong::set);
    return wrong.get();
  }

  /**
   * The same. Returns when the connection is at its end as well, which nobody needs to wait for.
   *
   * @param answered told once, as soon as it is known
   */
  static void ask(Target target, Seen.How how, Duration limit, Answered answered) {
    try (Socket socket = new Socket()) {
      AtomicReference<@Nullable Socket> spoken = new AtomicReference<>();
      String wrong = ask(socket, target, how, limit, spoken);
      answered.answered(wrong);
      Socket left = spoken.get();
      if (left != null) {
        leave(left);
      }
    } catch (IOException e) {
      // It is at its end all the same.
    }
  }

  /**
   * @param spoken set to what the service has answered on, and still may have something to say
   */
  private static @Nullable String ask(
      Socket socket,
      Target target,
      Seen.How how,
      Duration limit,
      AtomicReference<@Nullable Socket> spoken) {
    try {
      connect(socket, target, limit);
      String wrong =
          switch (how) {
            case PAGE -> page(socket, target, spoken);
            case GREETING -> greeting(socket);
            case TLS -> {
              spoken.set(Tls.over(socket, name(target)));
              yield null;
            }
            case POSTGRESQL -> postgresql(socket, target, spoken);
            case MARIADB -> {
              MariaDb.ask(socket.getInputStream(), socket.getOutputStream());
              yield null;
            }
            case CONNECTION -> null;
          };
      if (how != Seen.How.CONNECTION) { // who was told nothing says nothing
        spoken.compareAndSet(null, socket);
      }
      return wrong;
    } catch (SSLException e) {
      return "spoke no TLS: " + e.getMessage();
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
      connect(socket, target, limit);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static void connect(Socket socket, Target target, Duration limit) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) limit.toMillis());
    socket.connect(target.address(), (int) limit.toMillis());
  }

  private static @Nullable String page(
      Socket plain, Target target, AtomicReference<@Nullable Socket> spoken) throws IOException {
    URI url = target.url();
    if (url == null) {
      throw new IllegalStateException("no page without a URL");
    }
    Socket socket = "https".equals(url.getScheme()) ? Tls.over(plain, url.getHost()) : plain;
    spoken.set(socket);
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String host = url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + url.getPort();
    say(
        socket,
        "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: godwit\r\nConnection: close\r\n\r\n"
            .formatted(path, query, host));
    String status = line(socket.getInputStream());
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
    String line = line(socket.getInputStream());
    sayGoodBye(socket, line);
    // RFC 5321, 1939 and 9051: what a mail server that cannot serve begins with.
    return line.startsWith("4")
            || line.startsWith("5")
            || line.startsWith("-ERR")
            || line.startsWith("* BYE")
        ? "greeted with " + line.substring(0, Math.min(line.length(), 80))
        : null;
  }

  private static @Nullable String postgresql(
      Socket socket, Target target, AtomicReference<@Nullable Socket> spoken) throws IOException {
    socket.getOutputStream().write(SSL_REQUEST);
    int answer = socket.getInputStream().read();
    return switch (answer) {
      case 'N' -> null;
      case 'S' -> {
        // To leave in the middle of a handshake would be an error in the server's log.
        spoken.set(Tls.over(socket, name(target)));
        yield null;
      }
      case -1 -> throw new SocketException("closed without an answer");
      default -> "answered what is not PostgreSQL";
    };
  }

  /** Where the greeting tells how. */
  private static void sayGoodBye(Socket socket, String greeting) {
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

  /**
   * Takes what the service still has to say, until it closes or the time is over. Who closes before
   * answers with a reset, and what passes this on counts a client that has broken off.
   */
  private static void leave(Socket socket) {
    long end = System.nanoTime() + LEAVING.toNanos();
    try {
      socket.shutdownOutput();
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[4096];
      int count;
      do {
        long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
        if (left <= 0) {
          return;
        }
        socket.setSoTimeout((int) left);
        count = in.read(buffer);
      } while (count >= 0);
    } catch (IOException e) {
      // It has answered; how it ends does not matter.
    }
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The first line, of bounded length; a binary greeting ends at its bound or in silence. */
  private static String line(InputStream in) throws IOException {
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
