package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.linux.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckRunnerTest {
  private static final Duration LIMIT = Duration.ofMillis(500);

  private static final Duration SHORT = Duration.ofMillis(200);

  @TempDir Path folder;

  /**
   * A server for one connection that answers each line by a table, of how a line begins or, with a
   * space at first, of what it holds; {@code ""} is the greeting, {@code TAG} a line's first word.
   */
  private static final class TestingServer implements AutoCloseable {
    private final ServerSocket socket;
    private volatile String client = "";
    private volatile boolean closesAfterAnswer;

    /** Whether it says a byte now and then after its greeting. */
    private volatile boolean drips;

    TestingServer(Map<String, String> answers) throws IOException {
      socket = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
      Thread.ofPlatform().daemon().name("testing server").start(() -> serve(answers));
    }

    int port() {
      return socket.getLocalPort();
    }

    private void serve(Map<String, String> answers) {
      try (Socket connection = socket.accept();
          BufferedReader in =
              new BufferedReader(
                  new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
        client = connection.getInetAddress().getHostAddress();
        say(connection, answers.getOrDefault("", ""));
        while (drips) {
          Thread.sleep(20);
          say(connection, "x");
        }
        for (String line = in.readLine(); line != null; line = in.readLine()) {
          for (Map.Entry<String, String> answer : answers.entrySet()) {
            String asked = answer.getKey();
            if (asked.startsWith(" ")
                ? line.contains(asked)
                : !asked.isEmpty() && line.startsWith(asked)) {
              say(connection, answer.getValue().replace("TAG", line.split(" ", 2)[0]));
              if (closesAfterAnswer) {
                connection.shutdownOutput();
              }
            }
          }
        }
      } catch (IOException | InterruptedException e) {
        return; // the test is over
      }
    }

    private static void say(Socket connection, String text) throws IOException {
      connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      connection.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private Check.Imap imap(int port) throws IOException {
    return new Check.Imap(port, "probe", secret());
  }

  private Path secret() throws IOException {
    Path file = Files.writeString(folder.resolve("secret"), "s3cret\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  /** Who has one address for itself alone, or IPv6 only, is asked there. */
  @ParameterizedTest
  @CsvSource({"::1", "127.0.0.7"})
  void is_asked_where_it_listens(String address) throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName(address))) {
      answerAll(socket, PAGE);
      int port = socket.getLocalPort();
      CheckResult tcp = CheckRunner.await(new Check.Tcp(port), Duration.ofSeconds(5));
      assertThat(tcp.passed()).as(tcp.said()).isTrue();
      URI url = URI.create("http://localhost:" + port + "/");
      CheckResult http = CheckRunner.await(new Check.Http(url), Duration.ofSeconds(5));
      assertThat(http.passed()).as(http.said()).isTrue();
      assertThat(CheckRunner.awaitListening(port, LIMIT).passed()).isTrue();
    }
  }

  private static AtomicInteger answerAll(ServerSocket socket, String answer) {
    AtomicInteger answered = new AtomicInteger();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (!socket.isClosed()) {
                try (Socket connection = socket.accept()) {
                  answered.incrementAndGet();
                  TestingServer.say(connection, answer);
                  while (connection.getInputStream().read() >= 0) {
                    // It is the client that closes.
                  }
                } catch (IOException e) {
                  continue; // the client has gone
                }
              }
            });
    return answered;
  }

  @Test
  void comes_from_the_address_that_the_gate_lets_through() throws Exception {
    try (TestingServer server = new TestingServer(Map.of())) {
      assertThat(CheckRunner.run(new Check.Tcp(server.port()), LIMIT).passed()).isTrue();
      while (server.client.isEmpty()) {
        Thread.onSpinWait();
      }
      assertThat(server.client).isEqualTo(CheckRunner.SOURCE);
    }
  }

  @Test
  void a_port_that_nobody_listens_on_fails_and_says_so() throws Exception {
    // Bound, so that nobody else gets it meanwhile.
    try (Socket bound = new Socket()) {
      bound.bind(new InetSocketAddress(0));
      CheckResult result = CheckRunner.run(new Check.Tcp(bound.getLocalPort()), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).startsWith("nothing listens there");
    }
  }

  @Test
  void http_passes_for_a_good_status_and_tells_a_bad_one() throws Exception {
    try (TestingServer server =
        new TestingServer(Map.of("GET ", "HTTP/1.1 204 No Content\r\n\r\n"))) {
      URI url = URI.create("http://localhost:" + server.port() + "/health");
      assertThat(CheckRunner.run(new Check.Http(url), LIMIT).said()).isEqualTo("answered 204");
    }
    try (TestingServer server =
        new TestingServer(Map.of("GET ", "HTTP/1.1 503 Service Unavailable\r\n\r\n"))) {
      URI url = URI.create("http://localhost:" + server.port() + "/");
      CheckResult result = CheckRunner.run(new Check.Http(url), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).contains("503 Service Unavailable");
    }
  }

  @Test
  void h63_a_name_that_points_elsewhere_is_asked_on_this_host() throws Exception {
    try (TestingServer server =
        new TestingServer(
            Map.of("Host: elsewhere.invalid", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))) {
      URI url = URI.create("http://elsewhere.invalid:" + server.port() + "/");
      assertThat(CheckRunner.run(new Check.Http(url), LIMIT).passed()).isTrue();
    }
  }

  private Check.Http page(int port, String contains) {
    return new Check.Http(URI.create("http://127.0.0.1:" + port + "/"), 200, 399, contains);
  }

  /** One of each kind that waits for an answer. */
  private List<Check> checks(int port) throws IOException {
    return List.of(
        page(port, ""),
        imap(port),
        new Check.Pop3(port, "probe", imap(port).passwordFile()),
        new Check.Smtp(port, null));
  }

  /** What an answer to a GET has come to, for each way in which one that starts may answer. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200 OK!Content-Length: 5!!hello                        | answered 200",
        "200 OK!Content-Length: 9!!hello                        | within the answer, after 5 of 9",
        "200 OK!Transfer-Encoding: chunked!!5!hello!0!!         | answered 200",
        "200 OK!Transfer-Encoding: chunked!!9!hello             | within the answer, after 5 of 9",
        "200 OK!Transfer-Encoding: chunked!!5!hello!            | a length that is none",
        "200 OK!Content-Length: many!!hello                     | a length that is none",
        "200 OK!!hello                                          | answered 200",
        "200 OK!Content-Length: 5!!empty                        | without \"hello\" in it",
        "200 OK                                                 | closed without an answer",
        "404 Not Found!Content-Length: 5!!hello                 | answered \"HTTP/1.1 404",
        "302 Found!Location: http://elsewhere/!Content-Length: 0!! | without \"hello\" in it",
      })
  void h63_a_page_counts_when_it_is_whole_and_what_is_wanted(String answer, String said)
      throws Exception {
    String text = "HTTP/1.1 " + answer.strip().replace("!", "\r\n");
    boolean isLast = answer.strip().endsWith("hello") || answer.strip().endsWith("empty");
    try (TestingServer server = new TestingServer(Map.of("GET ", isLast ? text : text + "\r\n"))) {
      server.closesAfterAnswer = true;
      CheckResult result = CheckRunner.run(page(server.port(), "hello"), LIMIT);
      assertThat(result.said()).contains(said);
      assertThat(result.passed()).isEqualTo(said.equals("answered 200"));
    }
  }

  /** It has the port and has not begun to answer; and it drips, so that it seems to. */
  @Test
  void h63_a_server_that_starts_slowly_has_not_started() throws Exception {
    List<String> beginnings = List.of("HTTP/1.1 200 OK\r\nX-Pad: ", "* O", "+O", "22", "");
    for (String greeting : beginnings) {
      for (int kind = 0; kind < 4; kind++) {
        try (TestingServer server = new TestingServer(Map.of("", greeting))) {
          server.drips = !greeting.isEmpty();
          Check check = checks(server.port()).get(kind);
          CheckResult result = CheckRunner.run(check, SHORT);
          assertThat(result.passed()).as("%s of %s", check.display(), greeting).isFalse();
          if (greeting.isEmpty() || kind == beginnings.indexOf(greeting)) {
            assertThat(result.said()).as(check.display()).isEqualTo("no answer within 200 ms");
          }
        }
      }
    }
  }

  /** A program of another kind that got the port, as one that was installed beside it. */
  @Test
  void h63_another_server_on_the_port_is_not_the_one() throws Exception {
    for (String greeting :
        List.of("SSH-2.0-OpenSSH_9.2\r\n", "* BYE\r\n", "-ERR\r\n", "550 no\r\n", "\r\n")) {
      for (int kind = 0; kind < 4; kind++) {
        try (TestingServer server = new TestingServer(Map.of("", greeting))) {
          Check check = checks(server.port()).get(kind);
          assertThat(CheckRunner.run(check, LIMIT).passed())
              .as("%s of %s", check.display(), greeting)
              .isFalse();
        }
      }
    }
  }

  @Test
  void a_server_that_says_nothing_fails_at_the_limit() throws Exception {
    try (TestingServer server = new TestingServer(Map.of())) {
      CheckResult result = CheckRunner.run(imap(server.port()), Duration.ofMillis(100));
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).isEqualTo("no answer within 100 ms");
    }
  }

  @Test
  void imap_logs_in_and_selects() throws Exception {
    try (TestingServer server =
        new TestingServer(
            Map.of(
                "", "* OK ready\r\n",
                "g1 LOGIN \"probe\" \"s3cret\"", "g1 OK logged in\r\n",
                "g2 SELECT \"INBOX\"", "* 3 EXISTS\r\ng2 OK selected\r\n"))) {
      CheckResult result = CheckRunner.run(imap(server.port()), LIMIT);
      assertThat(result.said()).isEqualTo("logged in as probe, INBOX selected");
      assertThat(result.passed()).isTrue();
    }
  }

  @Test
  void h80_a_refused_login_is_told_without_the_password() throws Exception {
    try (TestingServer server =
        new TestingServer(
            Map.of("", "* OK ready\r\n", "g1 ", "g1 NO [AUTHENTICATIONFAILED] no\r\n"))) {
      CheckResult result = CheckRunner.run(imap(server.port()), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).contains("LOGIN", "AUTHENTICATIONFAILED").doesNotContain("s3cret");
    }
  }

  /** A store that takes mails and does not have them, or has another one. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | g2 NO [OVERQUOTA] full | * SEARCH 7 | APPEND to Trash was answered with \"g2 NO [OVERQUOTA] full\"",
        "+ go | g2 NO disk full | * SEARCH 7 | APPEND to Trash was answered with \"g2 NO disk full\"",
        "+ go | g2 OK done | * SEARCH | a mail that was appended to Trash cannot be fetched",
        "+ go | g2 OK done | * SEARCH 7 | a mail that was appended to Trash cannot be fetched"
      })
  void h63_a_mail_store_that_loses_what_it_took_is_not_well(
      String ready, String taken, String found, String said) throws Exception {
    try (TestingServer server =
        new TestingServer(
            Map.of(
                "", "* OK ready\r\n",
                "g1 LOGIN", "g1 OK logged in\r\n",
                " APPEND", ready.isEmpty() ? taken + "\r\n" : ready + "\r\n",
                "Sent by godwit", taken + "\r\n",
                " SELECT", "TAG OK [READ-WRITE]\r\n",
                " UID SEARCH", found + "\r\nTAG OK done\r\n",
                " UID FETCH", "* 1 FETCH (BODY[] {7}\r\nanother)\r\nTAG OK done\r\n"))) {
      Check.Imap plain = imap(server.port());
      Check check = new Check.Imap(plain.port(), plain.user(), plain.passwordFile(), "Trash");
      CheckResult result = CheckRunner.run(check, LIMIT);
      assertThat(result.said()).isEqualTo(said);
      assertThat(result.passed()).isFalse();
    }
  }

  /** It waits in a queue, or went into another mailbox: what came there is not it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "250 ok | 250 queued | a mail to probe@example.org was accepted and has not arrived within 1500 ms",
        "250 ok | 451 no space | the mail was answered with \"451 no space\"",
        "550 no such user | 250 queued | RCPT TO:<probe@example.org> was answered with \"550 no such user\""
      })
  void h63_a_mail_that_is_taken_and_does_not_arrive_is_told(
      String recipient, String queued, String said) throws Exception {
    Map<String, String> smtp =
        Map.of(
            "", "220 mail\r\n",
            "EHLO", "250 mail\r\n",
            "MAIL", "250 ok\r\n",
            "RCPT", recipient + "\r\n",
            "DATA", "354 go\r\n",
            ".", queued + "\r\n",
            "QUIT", "221 bye\r\n");
    Map<String, String> imap =
        Map.of(
            "", "* OK ready\r\n",
            " LOGIN", "TAG OK logged in\r\n",
            " SELECT", "* OK [UIDNEXT 5] next\r\nTAG OK [READ-WRITE]\r\n",
            " NOOP", "* 9 EXISTS\r\nTAG OK done\r\n",
            " UID SEARCH UID 5:*", "* SEARCH\r\nTAG OK done\r\n");
    try (TestingServer mail = new TestingServer(smtp);
        TestingServer store = new TestingServer(imap)) {
      Check.Mail sent =
          new Check.Mail("godwit@example.org", "probe@example.org", imap(store.port()));
      CheckResult result =
          CheckRunner.run(new Check.Smtp(mail.port(), sent), Duration.ofMillis(1500));
      assertThat(result.said()).endsWith(said);
      assertThat(result.passed()).isFalse();
    }
  }

  @Test
  void h46_what_a_server_says_is_printed_without_control_characters() throws Exception {
    try (TestingServer server = new TestingServer(Map.of("", "* BYE \u001b[2Jgone\r\n"))) {
      assertThat(CheckRunner.run(imap(server.port()), LIMIT).said())
          .doesNotContain("\u001b")
          .contains("gone");
    }
  }

  @Test
  void pop3_logs_in() throws Exception {
    Path password = secret();
    Map<String, String> answers =
        Map.of(
            "", "+OK ready\r\n",
            "CAPA", "+OK\r\nTOP\r\nUIDL\r\n.\r\n",
            "USER probe", "+OK\r\n",
            "PASS s3cret", "+OK\r\n",
            "STAT", "+OK 2 320\r\n",
            "QUIT", "+OK bye\r\n");
    try (TestingServer server = new TestingServer(answers)) {
      CheckResult result = CheckRunner.run(new Check.Pop3(server.port(), "probe", password), LIMIT);
      assertThat(result.said()).isEqualTo("logged in as probe: \"+OK 2 320\"");
      assertThat(result.passed()).isTrue();
      result = CheckRunner.run(new Check.Pop3(server.port(), "other", password), SHORT);
      assertThat(result.passed()).isFalse();
    }
  }

  @Test
  void h3_h80_a_password_that_others_may_read_or_change_is_not_used() throws Exception {
    Path password = secret();
    Check check = new Check.Pop3(1, "probe", password);
    for (String open : List.of("rw-r--r--", "rw--w----", "rw-----w-")) {
      Files.setPosixFilePermissions(password, PosixFilePermissions.fromString(open));
      assertThat(CheckRunner.run(check, SHORT).said())
          .contains("the password file " + password + ": others may read or change it")
          .contains("chmod 600");
    }
    Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-r-----"));
    assertThat(CheckRunner.firstLine(password)).isEqualTo("s3cret");
    Path link = Files.createSymbolicLink(folder.resolve("link"), password);
    assertThat(CheckRunner.firstLine(link)).isEqualTo("s3cret");
    assumeTrue(Identity.user() == 0, "gives files away");
    Files.setAttribute(link, "unix:uid", 4711, LinkOption.NOFOLLOW_LINKS);
    assertThat(CheckRunner.run(new Check.Pop3(1, "probe", link), SHORT).said())
        .contains("the password file " + link + ": ");
    Files.setAttribute(password, "unix:uid", 4711);
    assertThat(CheckRunner.run(check, SHORT).said())
        .contains("it belongs to the user 4711, who may change it");
  }

  @Test
  void h80_pop3_tells_a_refusal_without_the_password() throws Exception {
    Path password = secret();
    Map<String, String> answers =
        Map.of(
            "", "+OK ready\r\n",
            "CAPA", "-ERR what\r\n",
            "USER ", "+OK\r\n",
            "PASS ", "-ERR [AUTH] no\r\n");
    try (TestingServer server = new TestingServer(answers)) {
      CheckResult result = CheckRunner.run(new Check.Pop3(server.port(), "probe", password), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).isEqualTo("PASS was answered with \"-ERR [AUTH] no\"");
    }
  }

  @Test
  void smtp_greets_and_tells_what_it_refuses() throws Exception {
    Map<String, String> answers =
        Map.of(
            "", "220 mail ESMTP\r\n", "EHLO ", "250-mail\r\n250 HELP\r\n", "QUIT", "221 bye\r\n");
    try (TestingServer server = new TestingServer(answers)) {
      assertThat(CheckRunner.run(new Check.Smtp(server.port(), null), LIMIT).said())
          .isEqualTo("answers");
    }
    try (TestingServer server = new TestingServer(Map.of("", "554 go away\r\n"))) {
      CheckResult result = CheckRunner.run(new Check.Smtp(server.port(), null), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).isEqualTo("the greeting was answered with \"554 go away\"");
    }
  }

  /** Who repairs a service wants to know what it said, not that there was no time to ask again. */
  @Test
  void what_was_answered_is_told_though_the_last_time_nothing_was() throws Exception {
    try (TestingServer server =
        new TestingServer(Map.of("GET", "HTTP/1.1 503 Service Unavailable\r\n\r\n"))) {
      Check check = new Check.Http(URI.create("http://127.0.0.1:" + server.port() + "/"), 200, 299);
      CheckResult result = CheckRunner.await(check, LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).contains("503").doesNotContain("no answer");
    }
  }

  private static final String PAGE = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  /** As one that binds its port, answers, and ends because its configuration is wrong. */
  @ParameterizedTest
  @CsvSource({"http", "smtp"})
  void h63_one_that_answers_once_and_is_gone_does_not_pass(String kind) throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      Check check =
          kind.equals("http")
              ? page(socket.getLocalPort(), "")
              : new Check.Smtp(socket.getLocalPort(), null);
      Thread server =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () ->
                      answerOnce(
                          socket, kind.equals("http") ? PAGE : "220 a\r\n250 b\r\n221 c\r\n"));
      CheckResult result = CheckRunner.await(check, LIMIT);
      server.join();
      assertThat(result.passed()).as(result.said()).isFalse();
      assertThat(result.said()).startsWith("nothing listens there");
    }
  }

  private static void answerOnce(ServerSocket socket, String answer) {
    try (Socket connection = socket.accept()) {
      socket.close();
      TestingServer.say(connection, answer);
      while (connection.getInputStream().read() >= 0) {
        // To the client's end: a reset could take the answer away.
      }
    } catch (IOException e) {
      return; // the client has gone
    }
  }

  /** And without a wait for a port of its own where that is the only one, on ::1. */
  @ParameterizedTest
  @CsvSource({"127.0.0.1", "::1"})
  void what_goes_on_answering_passes_at_the_second_time(String address) throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 5, InetAddress.getByName(address))) {
      AtomicInteger answered = answerAll(socket, PAGE);
      String host = address.contains(":") ? "[" + address + "]" : address;
      URI url = URI.create("http://" + host + ":" + socket.getLocalPort() + "/");
      CheckResult result = CheckRunner.await(new Check.Http(url), Duration.ofSeconds(5));
      assertThat(result.said()).isEqualTo("answered 200");
      assertThat(result.passed()).isTrue();
      assertThat(answered).hasValue(2);
    }
  }

  /** What a client would: it connects, writes, and wants the write to have been done. */
  private Check.Command writing(int port) throws IOException {
    Path script =
        Files.writeString(
            folder.resolve("write"),
            """
            exec 3<>/dev/tcp/127.0.0.1/$1
            echo 'UPDATE probe' >&3
            read -r answer <&3
            echo "$answer"
            case $answer in OK*) ;; *) exit 3 ;; esac
            """);
    return new Check.Command(List.of("bash", script.toString(), "" + port), Duration.ofSeconds(5));
  }

  /** As a database that has lost its disk, or was started as a replica. */
  @Test
  void h63_a_server_that_accepts_and_is_read_only_is_not_well() throws Exception {
    for (String answer : List.of("OK, 1 row", "ERROR 1290: read-only\u001b[2J")) {
      try (TestingServer server = new TestingServer(Map.of("UPDATE", answer + "\n"))) {
        Check check = writing(server.port());
        CheckResult result = CheckRunner.run(check, Duration.ofSeconds(5));
        assertThat(result.passed()).isEqualTo(answer.startsWith("OK"));
        assertThat(result.said())
            .isEqualTo(
                answer.startsWith("OK")
                    ? "ended with 0 and said \"OK, 1 row\""
                    : "ended with 3 and said \"ERROR 1290: read-only?[2J\"");
      }
      try (TestingServer server = new TestingServer(Map.of())) {
        assertThat(CheckRunner.run(new Check.Tcp(server.port()), LIMIT).passed()).isTrue();
      }
    }
  }

  @Test
  void a_command_has_a_time_limit_and_needs_a_program() throws Exception {
    Duration shorter = Duration.ofMillis(100);
    Check sleeps = new Check.Command(List.of("sleep", "60"), shorter);
    CheckResult result = CheckRunner.run(sleeps, Duration.ofSeconds(5));
    assertThat(result.passed()).isFalse();
    assertThat(result.said()).isEqualTo("did not end within 100 ms");

    Check patient = new Check.Command(List.of("sleep", "60"), Duration.ofSeconds(60));
    result = CheckRunner.run(patient, SHORT);
    assertThat(result.passed()).isFalse();
    assertThat(result.said()).isEqualTo("no answer within 200 ms");

    Check missing = new Check.Command(List.of("no-such-program"), shorter);
    result = CheckRunner.run(missing, LIMIT);
    assertThat(result.passed()).isFalse();
    assertThat(result.said()).isEqualTo("the program no-such-program is not installed here");
  }

  /** No shell: what a shell would obey is an argument. */
  @Test
  void h76_a_command_is_an_argument_list() throws Exception {
    Path planted = folder.resolve("planted");
    Check check =
        new Check.Command(List.of("echo", "$(touch " + planted + ")", "; touch " + planted), LIMIT);
    CheckResult result = CheckRunner.run(check, Duration.ofSeconds(5));
    assertThat(result.said()).contains("$(touch ");
    assertThat(planted).doesNotExist();
  }
}
