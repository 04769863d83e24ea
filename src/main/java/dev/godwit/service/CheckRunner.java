package dev.godwit.service;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import dev.godwit.linux.Names;
import dev.godwit.linux.OperatorPaths;
import dev.godwit.service.Conversation.Refusal;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Makes the checks of this host's services.
 *
 * <p>A check always talks to this host, never to where a name happens to point today (H63), and
 * comes from {@link #SOURCE}, an address of 127.0.0.0/8 that no client can have and that the gate's
 * look-up lets through: so a service can be checked while its clients are held. A command of the
 * plan connects as it likes, and is not for a host whose gate has the ports.
 */
public final class CheckRunner {
  /** Where checks come from; the gate's look-up program knows this address. */
  public static final String SOURCE = "127.103.0.1";

  /** Of a file that holds a password. */
  private static final int SECRET_BYTES_MAX = 64 * 1024;

  /** Between two attempts of which the first has failed. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  /**
   * The same of a command: a process costs a host that is starting services more than a connect.
   */
  private static final Duration PAUSE_OF_COMMAND = Duration.ofMillis(50);

  /** Between two that are to pass: enough for a process to end, little in a hold. */
  private static final Duration AGAIN = Duration.ofMillis(10);

  private CheckRunner() {}

  /**
   * Asks once.
   *
   * @param limit for the connection and all answers
   */
  public static CheckResult run(Check check, Duration limit) throws InterruptedException {
    return attempt(check, limit).result;
  }

  /**
   * @param isSilent whether nothing was said in time
   */
  private record Attempt(CheckResult result, boolean isSilent) {}

  private static Attempt attempt(Check check, Duration limit) throws InterruptedException {
    long started = System.nanoTime();
    String said;
    boolean passed = false;
    boolean isSilent = false;
    try {
      said =
          switch (check) {
            case Check.Tcp tcp -> tcp(tcp, limit);
            case Check.Http http -> http(http, limit);
            case Check.Imap imap -> MailChecks.imap(imap, limit);
            case Check.Pop3 pop3 -> MailChecks.pop3(pop3, limit);
            case Check.Smtp smtp -> MailChecks.smtp(smtp, limit);
            case Check.Command command -> CommandCheck.run(command, limit);
          };
      passed = true;
    } catch (Refusal e) {
      said = e.said;
    } catch (SocketTimeoutException e) {
      said = "no answer within " + limit.toMillis() + " ms";
      isSilent = true;
    } catch (ConnectException e) {
      said = "nothing listens there: " + e.getMessage();
    } catch (IOException e) {
      said = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }
    Duration took = Duration.ofNanos(System.nanoTime() - started);
    return new Attempt(new CheckResult(passed, said, took), isSilent);
  }

  /**
   * Asks until the check passes or the time is over: ready is when it answers, not after a sleep. A
   * check that costs little has to pass twice in a row: a service may answer once and die.
   *
   * @return when it does not pass, the last answer that was no; that there was none only when there
   *     never was one: the last time there is little time left for it
   */
  public static CheckResult await(Check check, Duration limit) throws InterruptedException {
    return await(check, limit, passesOf(check));
  }

  /** The port accepts a connection: asked of a service that others wait for, not of one's own. */
  static CheckResult awaitListening(int port, Duration limit) throws InterruptedException {
    return await(new Check.Tcp(port), limit, 1);
  }

  private static CheckResult await(Check check, Duration limit, int wanted)
      throws InterruptedException {
    long started = System.nanoTime();
    CheckResult refusal = null;
    int passed = 0;
    while (true) {
      long left = limit.toNanos() - (System.nanoTime() - started);
      Attempt attempt = attempt(check, Duration.ofNanos(Math.max(left, 1_000_000)));
      passed = attempt.result.passed() ? passed + 1 : 0;
      if (passed == 0 && (refusal == null || !attempt.isSilent)) {
        refusal = attempt.result;
      }
      Duration total = Duration.ofNanos(System.nanoTime() - started);
      if (passed == wanted) {
        return new CheckResult(true, attempt.result.said(), total);
      }
      if (total.compareTo(limit) >= 0) {
        String said = refusal == null ? "passed once, with no time to ask again" : refusal.said();
        return new CheckResult(false, said, total);
      }
      // A refused connection answers at once: without a pause this would be a busy loop.
      Thread.sleep(passed > 0 ? AGAIN : check instanceof Check.Command ? PAUSE_OF_COMMAND : PAUSE);
    }
  }

  /**
   * How often in a row it has to pass. What logs in, writes or sends mail proves enough at once.
   */
  private static int passesOf(Check check) {
    return switch (check) {
      case Check.Tcp tcp -> 2;
      case Check.Http http -> 2;
      case Check.Smtp smtp -> smtp.mail() == null ? 2 : 1;
      case Check.Imap imap -> 1;
      case Check.Pop3 pop3 -> 1;
      case Check.Command command -> 1;
    };
  }

  private static String tcp(Check.Tcp check, Duration limit) throws IOException {
    try (Conversation conversation = Conversation.open(check.port(), limit)) {
      return "accepts connections on " + conversation.peer();
    }
  }

  private static String http(Check.Http check, Duration limit) throws IOException {
    URI url = check.url();
    int port = check.port();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String target = url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    try (Conversation conversation = onThisHost(url.getHost(), port, limit)) {
      if (check.isSecure()) {
        conversation.startTls(url.getHost());
      }
      String host = url.getPort() < 0 ? url.getHost() : url.getHost() + ":" + port;
      conversation.write(
          "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: godwit\r\nConnection: close\r\n\r\n"
              .formatted(target, host));
      String status = conversation.line();
      String[] words = status.split(" ", 3);
      if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[0-9]{3}")) {
        throw new Refusal("answered what is not HTTP: " + Conversation.printable(status));
      }
      int code = Integer.parseInt(words[1]);
      if (code < check.statusFrom() || code > check.statusTo()) {
        throw new Refusal("answered " + Conversation.printable(status));
      }
      // To its end: what has only begun to start may still fail to answer (H63).
      String content = HttpContent.read(conversation, code);
      String wanted = new String(check.contains().getBytes(UTF_8), ISO_8859_1);
      if (!content.contains(wanted)) {
        throw new Refusal(
            "answered %d, without %s in it"
                .formatted(code, Conversation.printable(check.contains())));
      }
      return "answered " + code;
    }
  }

  /** The password; the file is on this host. */
  static String firstLine(Path file) throws IOException {
    byte[] content;
    try {
      content = OperatorPaths.readSecret(Names.of(file.toString()), SECRET_BYTES_MAX);
    } catch (LinuxException e) {
      throw new Refusal(
          "the password file "
              + file
              + (e.errno() == Errno.ENOENT ? " does not exist on this host" : ": " + e.reason()));
    } catch (IOException e) {
      throw new Refusal("the password file " + file + ": " + e.getMessage());
    }
    String line = new String(content, UTF_8).lines().findFirst().orElse("");
    if (line.isEmpty()) {
      throw new Refusal("the password file " + file + " is empty");
    }
    return line;
  }

  /** At the address of this host that the name stands for; any, when it stands for another host. */
  private static Conversation onThisHost(String name, int port, Duration limit) throws IOException {
    Optional<InetAddress> own = name.equals("localhost") ? Optional.empty() : ownAddress(name);
    return own.isPresent()
        ? Conversation.open(own.get(), port, limit)
        : Conversation.open(port, limit);
  }

  private static Optional<InetAddress> ownAddress(String name) throws IOException {
    try {
      InetAddress address = InetAddress.getByName(name);
      return NetworkInterface.getByInetAddress(address) == null
          ? Optional.empty()
          : Optional.of(address);
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}
