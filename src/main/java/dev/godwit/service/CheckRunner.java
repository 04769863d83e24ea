package dev.godwit.service;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Makes the checks of this host's services.
 *
 * <p>A check always talks to this host, never to where a name happens to point today (H63), and
 * comes from {@link #SOURCE}, an address of 127.0.0.0/8 that no client can have and that the gate's
 * look-up lets through: so a service can be checked while its clients are held.
 */
public final class CheckRunner {
  /** Where checks come from; the gate's look-up program knows this address. */
  public static final String SOURCE = "127.103.0.1";

  /** The same for ::1, which has no neighbours: the port is what the gate knows it by. */
  private static final int SOURCE_PORT_IPV6 = 103;

  private static final int LINE_MAX = 8192;

  private CheckRunner() {}

  /**
   * Asks once.
   *
   * @param limit for the connection and for each answer
   */
  public static CheckResult run(Check check, Duration limit) {
    long started = System.nanoTime();
    String said;
    boolean passed = false;
    try {
      said =
          switch (check) {
            case Check.Tcp tcp -> tcp(tcp, limit);
            case Check.Http http -> http(http, limit);
            case Check.Imap imap -> imap(imap, limit);
          };
      passed = true;
    } catch (Refusal e) {
      said = e.said;
    } catch (SocketTimeoutException e) {
      said = "no answer within " + limit.toMillis() + " ms";
    } catch (ConnectException e) {
      said = "nothing listens there: " + e.getMessage();
    } catch (IOException e) {
      said = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
    return new CheckResult(passed, said, Duration.ofNanos(System.nanoTime() - started));
  }

  /**
   * Asks until the check passes or the time is over: ready is when it answers, not after a sleep.
   *
   * @return the last result
   */
  public static CheckResult await(Check check, Duration limit) throws InterruptedException {
    long started = System.nanoTime();
    while (true) {
      long left = limit.toNanos() - (System.nanoTime() - started);
      CheckResult result = run(check, Duration.ofNanos(Math.max(left, 1_000_000)));
      Duration total = Duration.ofNanos(System.nanoTime() - started);
      if (result.passed() || total.compareTo(limit) >= 0) {
        return new CheckResult(result.passed(), result.said(), total);
      }
      // A refused connection answers at once: without a pause this would be a busy loop.
      Thread.sleep(Duration.ofMillis(5));
    }
  }

  /** The service answered, and not what was wanted. */
  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1;

    private final String said;

    Refusal(String said) {
      super(said);
      this.said = said;
    }
  }

  private static String tcp(Check.Tcp check, Duration limit) throws IOException {
    try (Socket socket = connect(loopback(), check.port(), limit)) {
      return "accepts connections on " + socket.getRemoteSocketAddress();
    }
  }

  private static String http(Check.Http check, Duration limit) throws IOException {
    URI url = check.url();
    if (!"http".equals(url.getScheme())) {
      throw new Refusal("only http URLs can be checked yet, not " + url.getScheme());
    }
    int port = url.getPort() < 0 ? 80 : url.getPort();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String target = url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    try (Socket socket = connect(onThisHost(url.getHost()), port, limit)) {
      String host = url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + port;
      write(
          socket,
          "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: godwit\r\nConnection: close\r\n\r\n"
              .formatted(target, host));
      String status = line(reader(socket));
      String[] words = status.split(" ", 3);
      if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[0-9]{3}")) {
        throw new Refusal("answered what is not HTTP: " + printable(status));
      }
      int code = Integer.parseInt(words[1]);
      if (code < check.statusFrom() || code > check.statusTo()) {
        throw new Refusal("answered " + printable(status));
      }
      return "answered " + code;
    }
  }

  private static String imap(Check.Imap check, Duration limit) throws IOException {
    String password = firstLine(check.passwordFile());
    try (Socket socket = connect(loopback(), check.port(), limit)) {
      BufferedReader in = reader(socket);
      String greeting = line(in);
      if (!greeting.startsWith("* OK")) {
        throw new Refusal("greeted with " + printable(greeting));
      }
      command(socket, in, "g1", "LOGIN " + quoted(check.user()) + " " + quoted(password), "LOGIN");
      command(socket, in, "g2", "SELECT INBOX", "SELECT INBOX");
      write(socket, "g3 LOGOUT\r\n");
      return "logged in as " + check.user() + ", INBOX selected";
    }
  }

  /**
   * @param shown instead of the command in messages, which must not hold the password
   */
  private static void command(
      Socket socket, BufferedReader in, String tag, String command, String shown)
      throws IOException {
    write(socket, tag + " " + command + "\r\n");
    while (true) {
      String answer = line(in);
      if (answer.startsWith(tag + " OK")) {
        return;
      }
      if (answer.startsWith(tag + " ") || answer.startsWith("* BYE")) {
        throw new Refusal(shown + " was answered with " + printable(answer));
      }
    }
  }

  /** A quoted string of RFC 9051, which can hold neither CR nor LF. */
  private static String quoted(String value) throws Refusal {
    if (value.indexOf('\r') >= 0 || value.indexOf('\n') >= 0) {
      throw new Refusal("a user or password with a line break cannot be sent over IMAP");
    }
    return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String firstLine(Path file) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      String line = reader.readLine();
      if (line == null || line.isEmpty()) {
        throw new Refusal("the password file " + file + " is empty");
      }
      return line;
    } catch (NoSuchFileException e) {
      throw new Refusal("the password file " + file + " does not exist on this host");
    }
  }

  private static InetAddress loopback() throws UnknownHostException {
    return InetAddress.getByName("127.0.0.1");
  }

  /**
   * The address of this host that the name stands for, loopback when it stands for another host.
   */
  private static InetAddress onThisHost(String name) throws IOException {
    if (name.equals("localhost")) {
      return loopback();
    }
    try {
      InetAddress address = InetAddress.getByName(name);
      return NetworkInterface.getByInetAddress(address) != null ? address : loopback();
    } catch (UnknownHostException e) {
      return loopback();
    }
  }

  private static Socket connect(InetAddress address, int port, Duration limit) throws IOException {
    Socket socket = new Socket();
    try {
      if (address instanceof Inet4Address) {
        socket.bind(new InetSocketAddress(SOURCE, 0));
      } else if (address.isLoopbackAddress()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(address, SOURCE_PORT_IPV6));
      }
      int millis = (int) Math.clamp(limit.toMillis(), 1, Integer.MAX_VALUE);
      socket.setSoTimeout(millis);
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(address, port), millis);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static BufferedReader reader(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
  }

  /** One line of bounded length: the service may be anything that took the port. */
  private static String line(BufferedReader in) throws IOException {
    StringBuilder line = new StringBuilder();
    while (line.length() < LINE_MAX) {
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
    throw new Refusal("answered a line of more than " + LINE_MAX + " bytes");
  }

  private static void write(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  /** What a stranger sent, fit for a terminal (H46). */
  private static String printable(String text) {
    StringBuilder result = new StringBuilder("\"");
    text.chars().limit(200).forEach(c -> result.append(c >= 0x20 && c < 0x7f ? (char) c : '?'));
    return result.append('"').toString();
  }
}
