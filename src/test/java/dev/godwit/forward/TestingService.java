package dev.godwit.forward;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ladder.BeyondLookup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One of Debian's own servers, with its files in a folder of the test's own, in a namespace, at
 * port {@value #PORT} of both families: it can be stopped as its own scripts do that, and started
 * again.
 */
public abstract class TestingService implements AutoCloseable {
  public static final int PORT = 8080;
  private static final long ANSWER_NANOS_MAX = TestingPatience.LIMIT.toNanos();

  /** Those that there are. */
  public enum Kind {
    NGINX(150, "GET /%d HTTP/1.0\r\n\r\n", "200 OK", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "200 OK"),
    DOVECOT(60, "a LOGOUT\r\n", "a OK", "a NOOP\r\n", "a OK"),
    POSTFIX(
        25,
        "HELO x\r\nMAIL FROM:<%d@example.org>\r\nRCPT TO:<x@example.com>\r\nQUIT\r\n",
        "221 ",
        "NOOP\r\n",
        "250 "),
    /** A packet that is no log-in: it says who it is, and that it did not understand. */
    MARIADB(60, "\u0001\u0000\u0000\u0001\u0001", "ad handshake", "select 42;\n", "42");

    /** Clients a second that the server bears on a small machine. */
    public final int perSecond;

    /** After which the server answers, and closes; a name of its own in the place of {@code %d}. */
    public final String request;

    /** What only the answer has, and no greeting. */
    public final String proof;

    private final String question;
    private final String answer;

    Kind(int perSecond, String request, String proof, String question, String answer) {
      this.perSecond = perSecond;
      this.request = request;
      this.proof = proof;
      this.question = question;
      this.answer = answer;
    }

    public TestingService prepare(TestingNamespace namespace, Path directory) throws Exception {
      return switch (this) {
        case NGINX -> new Nginx(namespace, directory);
        case DOVECOT -> new Dovecot(namespace, directory);
        case POSTFIX -> new Postfix(namespace, directory);
        case MARIADB -> new MariaDb(namespace, directory);
      };
    }
  }

  final Kind kind;
  final TestingNamespace namespace;
  final Path directory;
  private boolean running;

  private TestingService(Kind kind, TestingNamespace namespace, Path directory) {
    this.kind = kind;
    this.namespace = namespace;
    this.directory = directory;
  }

  /** In the background; need not answer yet. */
  abstract void launch() throws Exception;

  /** Ends it, and returns when none of its processes is left. */
  abstract void end() throws Exception;

  /** Does nothing when it runs; returns when it answers. From inside the namespace. */
  public void start() throws IOException, InterruptedException {
    if (running) {
      return;
    }
    running = true; // also one that does not answer has to be ended
    try {
      launch();
    } catch (IOException | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
    long end = System.nanoTime() + ANSWER_NANOS_MAX;
    for (String address : List.of("127.0.0.1", "::1")) {
      while (!answers(address)) {
        if (System.nanoTime() - end > 0) {
          throw new IOException(kind + " does not answer at " + address + ": " + said());
        }
        Thread.sleep(10);
      }
    }
  }

  /** Asked past the gate, in which its clients wait. */
  private boolean answers(String address) {
    try (Socket socket =
        BeyondLookup.connect(InetAddress.getByName(address), PORT, Duration.ofSeconds(5))) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write(kind.request.getBytes(StandardCharsets.US_ASCII));
      return socket.getInputStream().read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  public void stop() throws Exception {
    if (running) {
      running = false;
      end();
    }
  }

  private String said() throws IOException {
    Path out = directory.resolve("server.out");
    return Files.exists(out) ? Files.readString(out) : "nothing";
  }

  Process spawn(String... command) throws IOException {
    return new ProcessBuilder(namespace.inside(command))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("server.out").toFile()))
        .start();
  }

  Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text.replace("DIR", directory.toString()));
  }

  /** Signals a process, and waits until it and all that it had started are gone. */
  static void end(String signal, long pid) throws IOException, InterruptedException {
    List<Long> all = new ArrayList<>(List.of(pid));
    ProcessHandle.of(pid).ifPresent(p -> p.descendants().forEach(d -> all.add(d.pid())));
    TestingNamespace.command("kill", "-" + signal, Long.toString(pid));
    for (long one : all) {
      while (isRunning(Path.of("/proc", Long.toString(one), "stat"))) {
        Thread.sleep(1);
      }
    }
  }

  /** A process that ended but was not reaped yet holds nothing any more. */
  private static boolean isRunning(Path stat) {
    try {
      String line = Files.readString(stat);
      return line.charAt(line.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return false;
    }
  }

  /** A client that stays, at an address of the namespace; from inside it. */
  public Session session(String address) throws Exception {
    return new SocketSession(this, address);
  }

  /**
   * Those of its clients' requests that it has carried out, as far as it writes that down; when it
   * has stopped.
   */
  public List<String> carriedOut() throws IOException {
    return List.of();
  }

  /** What a pattern's group matches in the lines of a file of the server's. */
  List<String> inLog(String name, Pattern pattern) throws IOException {
    return Files.readAllLines(directory.resolve(name), StandardCharsets.ISO_8859_1).stream()
        .map(pattern::matcher)
        .filter(Matcher::find)
        .map(found -> found.group(1))
        .toList();
  }

  /** A client that asks now and then. */
  public interface Session extends AutoCloseable {
    /**
     * @throws IOException when it is not answered as it should be
     */
    void ask() throws IOException;
  }

  private static final class SocketSession implements Session {
    private final TestingService service;
    private final Socket socket;

    SocketSession(TestingService service, String address) throws IOException {
      this.service = service;
      socket = new Socket(InetAddress.getByName(address), PORT);
      socket.setSoTimeout(TestingPatience.MILLIS);
      ask();
    }

    @Override
    public void ask() throws IOException {
      socket.getOutputStream().write(service.kind.question.getBytes(StandardCharsets.US_ASCII));
      byte[] buffer = new byte[4096];
      StringBuilder heard = new StringBuilder();
      while (!heard.toString().contains(service.kind.answer)) {
        int n = socket.getInputStream().read(buffer);
        if (n < 0) {
          throw new IOException("closed after " + heard);
        }
        heard.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Override
  public void close() throws Exception {
    stop();
  }

  private static final class Nginx extends TestingService {
    private final TestingNginx nginx;

    Nginx(TestingNamespace namespace, Path directory) throws IOException {
      super(Kind.NGINX, namespace, directory);
      nginx = new TestingNginx(namespace, directory, "old");
    }

    @Override
    void launch() throws Exception {
      nginx.start();
    }

    /** Lets requests end. */
    @Override
    void end() throws Exception {
      nginx.quit();
    }

    @Override
    public List<String> carriedOut() throws IOException {
      return inLog("access.log", Pattern.compile(" GET /(\\w+-\\d+) "));
    }
  }

  private static final class Dovecot extends TestingService {
    private @Nullable Process process;

    Dovecot(TestingNamespace namespace, Path directory) throws IOException {
      super(Kind.DOVECOT, namespace, directory);
      write(
          "dovecot.conf",
          """
          base_dir = DIR/run
          state_dir = DIR/state
          log_path = DIR/log
          protocols = imap
          listen = 127.0.0.1, ::1
          ssl = no
          first_valid_uid = 1
          mail_max_userip_connections = 0
          passdb {
            driver = static
            args = password=secret
          }
          userdb {
            driver = static
            args = uid=dovecot gid=dovecot home=DIR/mail/%u
          }
          service imap-login {
            client_limit = 1000
            service_count = 0
            inet_listener imap {
              port = 8080
            }
            inet_listener imaps {
              port = 0
            }
          }
          """);
    }

    @Override
    void launch() throws IOException {
      process =
          spawn("/usr/sbin/dovecot", "-F", "-c", directory.resolve("dovecot.conf").toString());
    }

    @Override
    void end() throws Exception {
      end("TERM", Objects.requireNonNull(process).pid());
    }
  }

  private static final class Postfix extends TestingService {
    private final String configuration;

    Postfix(TestingNamespace namespace, Path directory) throws Exception {
      super(Kind.POSTFIX, namespace, directory);
      configuration = Files.createDirectory(directory.resolve("postfix")).toString();
      Files.createDirectory(directory.resolve("spool"));
      TestingNamespace.command(
          "chown", "postfix", Files.createDirectory(directory.resolve("data")).toString());
      write(
          "postfix/main.cf",
          """
          compatibility_level = 3.6
          queue_directory = DIR/spool
          data_directory = DIR/data
          maillog_file = DIR/log
          maillog_file_prefixes = /
          myhostname = mail.example.org
          mydestination =
          inet_interfaces = loopback-only
          alias_maps =
          alias_database =
          smtpd_relay_restrictions = reject_unauth_destination
          smtpd_peername_lookup = no
          smtpd_client_connection_count_limit = 0
          smtpd_junk_command_limit = 1000000
          """);
      write(
          "postfix/master.cf",
          """
          8080    inet       n - n - 100 smtpd
          cleanup unix       n - n - 0 cleanup
          qmgr    unix       n - n 300 1 qmgr
          rewrite unix       - - n - - trivial-rewrite
          bounce  unix       - - n - 0 bounce
          defer   unix       - - n - 0 bounce
          trace   unix       - - n - 0 bounce
          anvil   unix       - - n - 1 anvil
          proxymap unix      - - n - - proxymap
          postlog unix-dgram n - n - 1 postlogd
          """);
    }

    @Override
    void launch() throws Exception {
      TestingNamespace.command(
          namespace.inside("postfix", "-c", configuration, "start").toArray(String[]::new));
    }

    @Override
    void end() throws Exception {
      end(
          "TERM",
          Long.parseLong(Files.readString(directory.resolve("spool/pid/master.pid")).strip()));
    }

    @Override
    public List<String> carriedOut() throws IOException {
      return inLog("log", Pattern.compile(" reject: RCPT .* from=<(\\w+-\\d+)@"));
    }
  }

  private static final class MariaDb extends TestingService {
    private @Nullable Process process;

    MariaDb(TestingNamespace namespace, Path directory) throws Exception {
      super(Kind.MARIADB, namespace, directory);
      TestingMariaDb.install(directory);
      write("users.sql", "create or replace user anna@'%' identified by 'secret';\n");
    }

    @Override
    void launch() throws IOException {
      process =
          spawn(
              TestingMariaDb.server(
                  directory,
                  directory.resolve("mysqld.sock"),
                  "--port=" + PORT,
                  "--bind-address=127.0.0.1,::1",
                  "--skip-name-resolve",
                  "--init-file=" + directory.resolve("users.sql")));
    }

    @Override
    void end() throws Exception {
      end("TERM", Objects.requireNonNull(process).pid());
    }

    @Override
    public Session session(String address) throws Exception {
      Process client =
          new ProcessBuilder(
                  namespace.inside(
                      "mariadb",
                      "--no-defaults",
                      "-N",
                      "-n",
                      "--skip-reconnect",
                      "-h" + address,
                      "-P" + PORT,
                      "-uanna",
                      "-psecret"))
              .redirectErrorStream(true)
              .start();
      Writer says = client.outputWriter();
      BufferedReader hears = client.inputReader();
      Session session =
          new Session() {
            @Override
            public void ask() throws IOException {
              says.write(kind.question);
              says.flush();
              String heard = hears.readLine();
              if (!kind.answer.equals(heard)) {
                throw new IOException("expected " + kind.answer + ", heard " + heard);
              }
            }

            @Override
            public void close() throws Exception {
              client.destroy();
              client.waitFor();
            }
          };
      session.ask();
      return session;
    }
  }
}
