package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.host.TestingCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pages under TLS, of a server whose certificate nobody has signed and which has ended. */
class HttpsCheckTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  @TempDir static Path folder;
  private static SSLContext context;

  /** What clients have told of whom they want. */
  private final List<String> names = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void certificate() throws Exception {
    context = TestingCertificate.context(folder);
  }

  private SSLServerSocket server(String answer) throws IOException {
    SSLServerSocket listening =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
    Thread.ofPlatform().daemon().name("testing server").start(() -> serve(listening, answer));
    return listening;
  }

  private void serve(SSLServerSocket listening, String answer) {
    while (!listening.isClosed()) {
      try (SSLSocket connection = (SSLSocket) listening.accept()) {
        connection.startHandshake();
        ((ExtendedSSLSession) connection.getSession())
            .getRequestedServerNames()
            .forEach(name -> names.add(((SNIHostName) name).getAsciiName()));
        byte[] request = new byte[8192];
        int unused = connection.getInputStream().read(request);
        connection.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        continue; // the client has gone
      }
    }
  }

  private static CheckResult ask(String host, int port, Duration limit) throws Exception {
    return CheckRunner.run(new Check.Http(URI.create("https://" + host + ":" + port + "/")), limit);
  }

  @Test
  void h63_a_page_under_tls_is_asked_on_this_host_by_its_name() throws Exception {
    try (SSLServerSocket server = server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")) {
      CheckResult result = ask("www.elsewhere.invalid", server.getLocalPort(), LIMIT);
      assertThat(result.said()).isEqualTo("answered 200");
      assertThat(result.passed()).isTrue();
      assertThat(names).containsExactly("www.elsewhere.invalid");
      assertThat(ask("127.0.0.1", server.getLocalPort(), LIMIT).passed()).isTrue();
      assertThat(names).as("an address is no name").hasSize(1);
    }
  }

  @Test
  void what_is_wrong_under_tls_is_wrong() throws Exception {
    try (SSLServerSocket server = server("HTTP/1.1 503 Not Yet\r\nContent-Length: 0\r\n\r\n")) {
      CheckResult result = ask("localhost", server.getLocalPort(), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).contains("503 Not Yet");
    }
  }

  /** As one whose certificate is missing, so that its port speaks plain HTTP. */
  @Test
  void h63_a_server_that_does_not_speak_tls_is_not_well() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      assertThat(ask("localhost", server.getLocalPort(), Duration.ofMillis(200)).said())
          .isEqualTo("no answer within 200 ms");
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                while (!server.isClosed()) {
                  try (var connection = server.accept()) {
                    connection
                        .getOutputStream()
                        .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                    int unused = connection.getInputStream().read();
                  } catch (IOException e) {
                    continue; // the client has gone
                  }
                }
              });
      CheckResult result = ask("localhost", server.getLocalPort(), LIMIT);
      assertThat(result.passed()).isFalse();
      assertThat(result.said()).startsWith("TLS cannot be spoken with it: ");
    }
  }
}
