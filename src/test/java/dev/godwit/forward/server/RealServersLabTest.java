package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingMariaDb;
import dev.godwit.forward.TestingNamespace;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's own servers and clients with {@code godwit forward} between them, each server with its
 * files in a folder of the test's own. Its log has to have the client's address, by IPv4 and by
 * IPv6: where it takes a PROXY header by that, and without one when the relay connects as the
 * client.
 */
@Tag("lab")
@Tag("proof")
@Timeout(180)
final class RealServersLabTest {
  private static final String CLIENT_4 = "127.0.0.7";
  private static final String CLIENT_6 = "fd00:7::7";

  /** In a namespace of their own, as the host and its services see them. */
  private static final List<String> DISTANT = List.of("10.9.0.2", "fd09::2");

  /** Of wrk, at a time. */
  private static final long CONNECTIONS = 50;

  /** A download of a gigabyte; it is on no disk. */
  private static final int MEGABYTES = Integer.getInteger("godwit.download.megabytes", 1024);

  @TempDir private Path directory;
  private TestingNamespace namespace;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    namespace = new TestingNamespace();
    TestingNamespace.command(
        "ip", "-n", namespace.name, "-6", "addr", "add", CLIENT_6 + "/128", "dev", "lo", "nodad");
    // Servers work as users of their own.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    namespace.close();
  }

  private String inside(String... command) throws Exception {
    return TestingNamespace.command(namespace.inside(command).toArray(String[]::new));
  }

  /** A host of clients: {@link #DISTANT} are its addresses. */
  private TestingNamespace clients() throws Exception {
    TestingNamespace clients = new TestingNamespace();
    opened.add(clients);
    namespace.connectTo(clients);
    return clients;
  }

  /** Where a client from one of {@link #DISTANT} finds the forwarder. */
  private static String hostFor(String client) {
    return client.equals(DISTANT.getFirst()) ? "10.9.0.1" : "fd09::1";
  }

  private static String inUrl(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }

  /** A server in the foreground, ended by its process number. */
  private Process server(String... command) throws IOException {
    Process process =
        new ProcessBuilder(namespace.inside(command))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("server.out").toFile())
            .start();
    opened.add(
        () -> {
          process.destroy();
          if (!process.waitFor(TestingPatience.LIMIT)) {
            process.destroyForcibly().waitFor();
          }
        });
    return process;
  }

  /** Asks again until it is answered: a server may need a moment. */
  private String eventually(String... command) throws Exception {
    return eventually(namespace, command);
  }

  private String eventually(TestingNamespace where, String... command) throws Exception {
    long end = System.nanoTime() + TestingPatience.LIMIT.toNanos();
    while (true) {
      try {
        return TestingNamespace.command(where.inside(command).toArray(String[]::new));
      } catch (IOException e) {
        if (System.nanoTime() - end > 0) {
          Path out = directory.resolve("server.out");
          throw new IOException(
              e.getMessage() + (Files.exists(out) ? Files.readString(out) : ""), e);
        }
        Thread.sleep(100);
      }
    }
  }

  /** Waits until the log has it: servers write when they like. */
  private static void awaitLog(Path log, String words) throws Exception {
    TestingPatience.await(
        () -> words + " in " + Files.readString(log), () -> Files.readString(log).contains(words));
  }

  private void forward(String... arguments) throws Exception {
    opened.add(TestingForward.start(namespace, withControl(arguments)));
  }

  /** By another host, which is the same one here; ssh and its agent are between all the same. */
  private void forwardOverSsh(String... arguments) throws Exception {
    TestingViaHost far = new TestingViaHost(namespace);
    opened.add(far);
    opened.add(far.start(namespace, withControl(arguments)));
  }

  private String[] withControl(String... arguments) {
    Path control = directory.resolve("control" + opened.size());
    return command("--control", new String[] {control.toString()}, arguments);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text.replace("DIR", directory.toString()));
  }

  /**
   * Configures an nginx whose files are in the test's directory.
   *
   * @param http what is in the block of that name
   */
  private Path nginx(String http) throws IOException {
    return write(
        "nginx.conf",
        """
        daemon off;
        pid DIR/nginx.pid;
        error_log DIR/error.log;
        worker_processes 1;
        events { worker_connections 1000; }
        http {
          client_body_temp_path DIR/body;
          proxy_temp_path DIR/proxy;
          fastcgi_temp_path DIR/fastcgi;
          uwsgi_temp_path DIR/uwsgi;
          scgi_temp_path DIR/scgi;
        """
            + http
            + "}\n");
  }

  private static void random(Path file, long bytes) throws IOException {
    Random random = new Random(11);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = bytes; left > 0; left -= block.length) {
        random.nextBytes(block);
        out.write(block, 0, (int) Math.min(left, block.length));
      }
    }
  }

  /** By TLS and HTTP/2, with a PROXY header in front, on port 10443. */
  private TestingDownload nginxForDownloads() throws Exception {
    TestingNamespace.command(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=www.example.org",
        "-addext",
        "subjectAltName=DNS:www.example.org",
        "-keyout",
        directory.resolve("key").toString(),
        "-out",
        directory.resolve("certificate").toString());
    TestingDownload download = namespace.call(() -> new TestingDownload(10080, MEGABYTES));
    opened.add(download);
    Path file =
        nginx(
            """
            log_format carried '$proxy_protocol_addr $server_protocol $request_uri $status';
            access_log DIR/access.log carried;
            ssl_certificate DIR/certificate;
            ssl_certificate_key DIR/key;
            server {
              listen 127.0.0.1:10443 ssl http2 proxy_protocol;
              location / {
                proxy_pass http://127.0.0.1:10080;
                proxy_max_temp_file_size 0;
              }
            }
            """);
    server("/usr/sbin/nginx", "-p", directory.toString(), "-c", file.toString());
    return download;
  }

  @Test
  void nginx_by_tls_and_http2_gives_a_gigabyte_as_it_is() throws Exception {
    TestingDownload download = nginxForDownloads();
    forward(":9443", "127.0.0.1:10443", "--client-address", "proxy-v2");
    fetch(download);
  }

  @Test
  void nginx_by_tls_and_http2_gives_a_gigabyte_over_ssh_as_it_is() throws Exception {
    TestingDownload download = nginxForDownloads();
    forwardOverSsh(":9443", "127.0.0.1:10443", "--client-address", "proxy-v2");
    fetch(download);
  }

  private void fetch(TestingDownload download) throws Exception {
    for (String client : List.of(CLIENT_4, CLIENT_6)) {
      boolean four = client.equals(CLIENT_4);
      String[] curl = {
        "curl",
        "-sS",
        "--http2",
        "--cacert",
        directory.resolve("certificate").toString(),
        "--interface",
        client,
        "--resolve",
        "www.example.org:9443:" + (four ? "127.0.0.1" : "[::1]"),
        "-w",
        "%{stderr}%{http_version}"
      };
      // Both families go the same way; one of them all of it.
      int megabytes = four ? MEGABYTES : MEGABYTES / 4;
      String unused = eventually(with(curl, "https://www.example.org:9443/1"));
      Process got =
          new ProcessBuilder(
                  namespace.inside(with(curl, "https://www.example.org:9443/" + megabytes)))
              .start();
      assertThat(download.mismatch(got.getInputStream(), megabytes))
          .as("from %s", client)
          .isEqualTo(-1);
      assertThat(new String(got.getErrorStream().readAllBytes())).isEqualTo("2");
      assertThat(got.waitFor()).isZero();
      awaitLog(directory.resolve("access.log"), client + " HTTP/2.0 /" + megabytes + " 200");
    }
  }

  /** The client's address is shown without a header: the relay connects as the client. */
  @Test
  void nginx_serves_wrk_without_an_error_and_sees_its_address() throws Exception {
    Path file =
        nginx(
            """
            log_format seen '$remote_addr $status $uri $connection';
            access_log DIR/access.log seen;
            keepalive_requests 10000000;
            server {
              listen 127.0.0.1:10080; listen [::1]:10080;
              location / { return 200 "hello"; }
            }
            """);
    TestingNamespace clients = clients();
    server("/usr/sbin/nginx", "-p", directory.toString(), "-c", file.toString());
    eventually("curl", "-sS", "http://127.0.0.1:10080/");
    forward(":9080", "localhost:10080", "--client-address", "transparent");
    Path log = directory.resolve("access.log");
    for (boolean isKept : new boolean[] {true, false}) {
      for (String address : DISTANT) {
        boolean isFour = address.equals(DISTANT.getFirst());
        // The last ones of a round may come into the log when the next one has begun.
        String page = "/%s-%s".formatted(isFour ? "four" : "six", isKept ? "kept" : "closed");
        String said = wrk(clients, (isFour ? "10.9.0.1" : "[fd09::1]") + ":9080" + page, isKept);
        assertThat(said).doesNotContain("Socket errors", "Non-2xx");
        long asked = Long.parseLong(said.replaceAll("(?s).*?(\\d+) requests in.*", "$1"));
        List<String> served =
            Files.readAllLines(log).stream().filter(line -> line.contains(page)).toList();
        System.out.println(asked + " requests from " + address + ", connections kept: " + isKept);
        assertThat(asked).isGreaterThan(100);
        assertThat(served).allMatch(line -> line.startsWith(address + " 200 " + page));
        // Those that were under way when wrk ended are in the log alone.
        assertThat((long) served.size()).isBetween(asked, asked + CONNECTIONS);
        long connections = served.stream().distinct().count();
        assertThat(connections).isBetween(1L, isKept ? CONNECTIONS : Long.MAX_VALUE);
      }
    }
  }

  private String wrk(TestingNamespace clients, String url, boolean isKept) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("wrk", "-t1", "-c" + CONNECTIONS, "-d2s", "--timeout", "20s"));
    if (!isKept) {
      command.addAll(List.of("-H", "Connection: close"));
    }
    command.add("http://" + url);
    return TestingNamespace.command(
        clients.inside(command.toArray(String[]::new)).toArray(String[]::new));
  }

  private static String[] with(String[] command, String last) {
    String[] all = java.util.Arrays.copyOf(command, command.length + 1);
    all[command.length] = last;
    return all;
  }

  /** Takes a PROXY header on port 10143, and none on port 10144. */
  private void dovecot() throws Exception {
    Files.createDirectory(directory.resolve("mail"));
    TestingNamespace.command("chown", "dovecot:", directory.resolve("mail").toString());
    Path file =
        write(
            "dovecot.conf",
            """
            base_dir = DIR/run
            log_path = DIR/log
            protocols = imap
            ssl = no
            disable_plaintext_auth = no
            haproxy_trusted_networks = 127.0.0.0/8
            mail_location = maildir:DIR/mail/%u
            first_valid_uid = 1
            passdb {
              driver = static
              args = password=secret
            }
            userdb {
              driver = static
              args = uid=dovecot gid=dovecot home=DIR/mail/%u
            }
            service imap-login {
              inet_listener imap {
                port = 10143
                haproxy = yes
              }
              inet_listener bare {
                port = 10144
              }
              inet_listener imaps {
                port = 0
              }
            }
            """);
    server("/usr/sbin/dovecot", "-F", "-c", file.toString());
  }

  @Test
  void dovecot_is_logged_in_to_and_sees_its_clients() throws Exception {
    dovecot();
    forward(":9143", "127.0.0.1:10143", "--client-address", "proxy-v2");
    Path mail = write("mail.txt", "Subject: one\\r\\n\\r\\nhello\\r\\n");
    for (String client : List.of(CLIENT_4, CLIENT_6)) {
      String host = client.equals(CLIENT_4) ? "127.0.0.1" : "[::1]";
      String url = "imap://anna:secret@" + host + ":9143/INBOX";
      eventually("curl", "-sS", "-g", "--interface", client, "-T", mail.toString(), url);
      assertThat(inside("curl", "-sS", "-g", "--interface", client, url + ";MAILINDEX=1"))
          .contains("hello");
      awaitLog(directory.resolve("log"), "rip=" + client + ",");
    }
  }

  @Test
  void dovecot_sees_its_clients_without_a_header_too() throws Exception {
    TestingNamespace clients = clients();
    dovecot();
    forward(":9144", "localhost:10144", "--client-address", "transparent");
    for (String client : DISTANT) {
      String url = "imap://anna:secret@" + inUrl(hostFor(client)) + ":9144/";
      assertThat(eventually(clients, "curl", "-sS", "-g", url)).contains("INBOX");
      awaitLog(directory.resolve("log"), "rip=" + client + ",");
    }
  }

  /** Takes a PROXY header on port 10025, and none on port 10026. */
  private void postfix() throws Exception {
    Path configuration = Files.createDirectory(directory.resolve("postfix"));
    Files.createDirectory(directory.resolve("spool"));
    Files.createDirectory(directory.resolve("data"));
    TestingNamespace.command("chown", "postfix", directory.resolve("data").toString());
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
        relay_domains = example.net
        relay_transport = discard:
        smtpd_relay_restrictions = reject_unauth_destination
        smtpd_upstream_proxy_protocol = haproxy
        smtpd_peername_lookup = no
        """);
    write(
        "postfix/master.cf",
        """
        10025   inet       n - n - - smtpd
        10026   inet       n - n - - smtpd -o smtpd_upstream_proxy_protocol=
        cleanup unix       n - n - 0 cleanup
        qmgr    unix       n - n 300 1 qmgr
        rewrite unix       - - n - - trivial-rewrite
        bounce  unix       - - n - 0 bounce
        defer   unix       - - n - 0 bounce
        trace   unix       - - n - 0 bounce
        proxymap unix      - - n - - proxymap
        anvil   unix       - - n - 1 anvil
        discard unix       - - n - - discard
        postlog unix-dgram n - n - 1 postlogd
        """);
    inside("postfix", "-c", configuration.toString(), "start");
    opened.add(() -> inside("postfix", "-c", configuration.toString(), "stop"));
  }

  private static String[] mail(Path mail, String host, String... options) {
    return command(
        "curl",
        options,
        "-sS",
        "-g",
        "--mail-from",
        "a@example.org",
        "--mail-rcpt",
        "b@example.net",
        "-T",
        mail.toString(),
        "smtp://" + host);
  }

  @Test
  void postfix_takes_mail_and_sees_its_clients() throws Exception {
    postfix();
    forward(":9025", "127.0.0.1:10025", "--client-address", "proxy-v1");
    Path mail = write("mail.txt", "Subject: one\n\nhello\n");
    for (String client : List.of(CLIENT_4, CLIENT_6)) {
      String host = client.equals(CLIENT_4) ? "127.0.0.1" : "[::1]";
      eventually(mail(mail, host + ":9025", "--interface", client));
      awaitLog(directory.resolve("log"), "connect from unknown[" + client + "]");
    }
    awaitLog(directory.resolve("log"), "to=<b@example.net>, relay=none");
  }

  @Test
  void postfix_sees_its_clients_without_a_header_too() throws Exception {
    TestingNamespace clients = clients();
    postfix();
    forward(":9026", "localhost:10026", "--client-address", "transparent");
    Path mail = write("mail.txt", "Subject: one\n\nhello\n");
    for (String client : DISTANT) {
      eventually(clients, mail(mail, inUrl(hostFor(client)) + ":9026"));
      awaitLog(directory.resolve("log"), "connect from unknown[" + client + "]");
    }
    awaitLog(directory.resolve("log"), "to=<b@example.net>, relay=none");
  }

  /** Takes a PROXY header from this host on port 10306, and knows anna from everywhere. */
  private Path mariadb() throws Exception {
    Path socket = directory.resolve("real.sock");
    TestingMariaDb.install(directory);
    server(
        TestingMariaDb.server(
            directory,
            socket,
            "--port=10306",
            "--bind-address=127.0.0.1,::1",
            "--skip-name-resolve",
            "--proxy-protocol-networks=127.0.0.0/8",
            "--general-log",
            "--general-log-file=" + directory.resolve("general.log")));
    eventually(
        "mariadb",
        "--no-defaults",
        "-S",
        socket.toString(),
        "-e",
        "create user nobody@localhost identified via unix_socket;"
            + " create user anna@'%' identified by 'secret'");
    return socket;
  }

  private static String[] askedByAnna(String host, int port) {
    return new String[] {
      "mariadb",
      "--no-defaults",
      "-N",
      "-h",
      host,
      "-P",
      Integer.toString(port),
      "-uanna",
      "-psecret",
      "-e",
      "select user()"
    };
  }

  /** Nobody has to ask for it. */
  @Test
  void mariadb_sees_its_clients_without_a_header_too() throws Exception {
    TestingNamespace clients = clients();
    mariadb();
    forward(":9309", "localhost:10306");
    for (String client : DISTANT) {
      assertThat(eventually(clients, askedByAnna(hostFor(client), 9309)))
          .contains("anna@" + client);
      awaitLog(directory.resolve("general.log"), "anna@" + client + " on  using TCP/IP");
    }
  }

  /**
   * The case of old hosts: a database's socket whose service is elsewhere, by users and by port.
   */
  @Test
  void mariadb_by_port_sees_its_clients_and_by_socket_their_users() throws Exception {
    Path socket = mariadb();
    forward(":9306", "127.0.0.1:10306", "--client-address", "proxy-v1");
    // The client cannot choose its own address; socat can.
    for (String client : List.of(CLIENT_4, CLIENT_6)) {
      boolean four = client.equals(CLIENT_4);
      int port = four ? 9307 : 9308;
      server(
          "socat",
          "TCP4-LISTEN:" + port + ",bind=127.0.0.1,fork,reuseaddr",
          four ? "TCP4:127.0.0.1:9306,bind=" + client : "TCP6:[::1]:9306,bind=[" + client + "]");
      assertThat(eventually(askedByAnna("127.0.0.1", port))).contains("anna@" + client);
    }
    Path ours = directory.resolve("ours.sock");
    forward("--client-user", "keep", "unix:" + ours + ",mode=0666", "unix:" + socket);
    assertThat(asUser("nobody", ours, "nobody")).contains("nobody@localhost");
    assertThat(asUser("root", ours, "root")).contains("root@localhost");
    assertThatThrownBy(() -> asUser("nobody", ours, "root"))
        .as("the forwarder is root, and must not lend that")
        .hasMessageContaining("Access denied");
  }

  /** The command of the manual: the socket is here, the database on the host of {@code via}. */
  @Test
  void mariadb_behind_ssh_takes_each_user_of_its_socket_for_who_he_is_and_nobody_else()
      throws Exception {
    Path socket = mariadb();
    String unused =
        inside(
            "mariadb",
            "--no-defaults",
            "-S",
            socket.toString(),
            "-e",
            "create user daemon@localhost identified via unix_socket");
    Path ours = directory.resolve("ours.sock");
    forwardOverSsh("--client-user", "keep", "unix:" + ours + ",mode=0666", "unix:" + socket);
    for (String user : List.of("root", "nobody", "daemon")) {
      assertThat(asUser(user, ours, user)).contains(user + "@localhost");
    }
    for (String user : List.of("nobody", "daemon", "games")) { // the last one has no grant
      for (String other : List.of("root", "nobody", "daemon", "games")) {
        if (!user.equals(other) || user.equals("games")) {
          assertThatThrownBy(() -> asUser(user, ours, other))
              .as("%s as %s", user, other)
              .hasMessageContaining("Access denied");
        }
      }
    }
  }

  private String asUser(String user, Path socket, String as) throws Exception {
    return inside(
        "setpriv",
        "--reuid=" + user,
        "--clear-groups",
        "mariadb",
        "--no-defaults",
        "-N",
        "-S",
        socket.toString(),
        "-u" + as,
        "-e",
        "select current_user()");
  }

  @Test
  void ssh_carries_a_session_and_a_file_and_sees_its_clients() throws Exception {
    for (String key : List.of("host_key", "user_key")) {
      TestingNamespace.command(
          "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory.resolve(key).toString());
    }
    Files.createDirectories(Path.of("/run/sshd"));
    Path server =
        write(
            "sshd_config",
            """
            ListenAddress 127.0.0.1:10022
            ListenAddress [::1]:10022
            HostKey DIR/host_key
            AuthorizedKeysFile DIR/user_key.pub
            PidFile none
            StrictModes no
            UsePAM no
            UseDNS no
            Subsystem sftp internal-sftp
            """);
    Path client =
        write(
            "ssh_config",
            """
            Host far
            Port 9022
            User root
            HostKeyAlias far
            IdentityFile DIR/user_key
            IdentitiesOnly yes
            UserKnownHostsFile DIR/known_hosts
            StrictHostKeyChecking yes
            LogLevel ERROR
            """);
    Files.writeString(
        directory.resolve("known_hosts"),
        "far " + Files.readString(directory.resolve("host_key.pub")));
    server("/usr/sbin/sshd", "-D", "-e", "-f", server.toString());
    forward(":9022", "localhost:10022", "--client-address", "transparent");
    Path sent = directory.resolve("sent");
    random(sent, 32 << 20);
    for (String from : List.of(CLIENT_4, CLIENT_6)) {
      String[] options = {
        "-F",
        client.toString(),
        "-o",
        "BindAddress=" + from,
        "-o",
        "HostName=" + (from.equals(CLIENT_4) ? "127.0.0.1" : "::1")
      };
      assertThat(eventually(command("ssh", options, "far", "echo", "here"))).contains("here");
      awaitLog(
          directory.resolve("server.out"), "Accepted publickey for root from " + from + " port ");
      Path got = directory.resolve(from.equals(CLIENT_4) ? "got4" : "got6");
      inside(command("scp", options, "-q", sent.toString(), "far:" + got));
      assertThat(Files.mismatch(sent, got)).isEqualTo(-1);
    }
  }

  private static String[] command(String program, String[] options, String... more) {
    List<String> all = new ArrayList<>(List.of(program));
    all.addAll(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
