package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A stop that waits for clients: nginx has closed its ports by then and says that it runs, for as
 * long as one client has a connection.
 */
@Tag("lab")
class HalfStoppedTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  /** Of which half is waited for before anybody is cut off. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(6);

  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private ServerSocket slow;
  private int port;
  private ServiceManager manager;
  private BegunStops stops;

  @BeforeEach
  void up() throws Exception {
    slow = new ServerSocket(0, 10, LOOPBACK);
    port = TestingPorts.free();
    Files.writeString(
        folder.resolve("nginx.conf"),
        """
        pid DIR/pid;
        error_log DIR/error.log;
        worker_processes 2;
        events { }
        http {
          access_log off;
          client_body_temp_path DIR/body;
          proxy_temp_path DIR/proxy;
          fastcgi_temp_path DIR/fastcgi;
          uwsgi_temp_path DIR/uwsgi;
          scgi_temp_path DIR/scgi;
          server {
            listen 127.0.0.1:PORT;
            location / { return 200 "here\\n"; }
            location /slow { proxy_pass http://127.0.0.1:SLOW; }
          }
        }
        """
            .replace("DIR", folder.toString())
            .replace("PORT", Integer.toString(port))
            .replace("SLOW", Integer.toString(slow.getLocalPort())));
    stops = new BegunStops(Files.createDirectory(folder.resolve("stops")));
    manager = new ServiceManager(new Fences(Path.of("/nonexistent")), stops, null);
  }

  @AfterEach
  void down() throws Exception {
    slow.close();
    if (Files.exists(folder.resolve("pid"))) {
      ProcessHandle master = master();
      List<ProcessHandle> workers = master.children().toList();
      master.destroyForcibly();
      workers.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private ProcessHandle master() throws IOException {
    return ProcessHandle.of(Long.parseLong(Files.readString(folder.resolve("pid")).strip()))
        .orElseThrow();
  }

  /** One whose stop is as graceful as can be, or another. */
  private Service nginx(String stop, Service.Past past) {
    String file = folder.resolve("pid").toString();
    List<String> start = List.of("/usr/sbin/nginx", "-c", folder.resolve("nginx.conf").toString());
    return new Service(
        "nginx",
        new Control.Commands(
            start,
            List.of("bash", "-c", stop.formatted(file)),
            List.of("bash", "-c", "kill -0 $(<%s)".formatted(file))),
        List.of(port),
        List.of(),
        List.of(),
        Service.When.AT_CUTOVER,
        new Service.Stopping(Duration.ofSeconds(30), past));
  }

  private Service nginx() {
    return nginx(
        "p=$(<%s); kill -QUIT $p; while kill -0 $p; do sleep .05; done", Service.Past.BACK);
  }

  private Socket connect() throws IOException {
    Socket client = new Socket(LOOPBACK, port);
    client.setSoTimeout(TestingPatience.MILLIS);
    return client;
  }

  private Socket asking(String what) throws IOException {
    Socket client = connect();
    client.getOutputStream().write(what.getBytes(StandardCharsets.US_ASCII));
    return client;
  }

  /** Who asked for half a page, which nginx has: what waits to be accepted is no request yet. */
  private Socket askingHalf(String what) throws Exception {
    Socket client = asking(what);
    // Fields of proc_net_tcp: none of its bytes waits, and a process has it.
    Pattern taken =
        Pattern.compile(
            " 0100007F:%04X 0100007F:%04X 01 [0-9A-F]+:0+ \\S+ +\\S+ +\\d+ +\\d+ +[1-9]"
                .formatted(port, client.getLocalPort()));
    TestingPatience.await(() -> taken.matcher(Files.readString(Path.of("/proc/net/tcp"))).find());
    return client;
  }

  private static String all(Socket client) throws IOException {
    try (client;
        InputStream in = client.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }

  private String page(String path) throws IOException {
    return all(asking("GET %s HTTP/1.0\r\n\r\n".formatted(path)));
  }

  /** Whether whoever is there hears no more, by an end or a reset. */
  private static boolean isCutOff(Socket client) throws IOException {
    try {
      return client.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true;
    }
  }

  @Test
  void h62_who_says_nothing_holds_up_no_stop_and_who_waits_for_an_answer_gets_it()
      throws Exception {
    Service nginx = nginx();
    manager.start(nginx, START_LIMIT);
    Socket silent = connect();
    FutureTask<String> answer = new FutureTask<>(() -> page("/slow"));
    Thread.ofPlatform().start(answer);
    try (Socket asked = slow.accept()) {
      FutureTask<List<String>> stop =
          new FutureTask<>(() -> manager.stopAll(List.of(nginx), false, STOP_LIMIT));
      Thread.ofPlatform().start(stop);
      assertThat(isCutOff(silent)).isTrue();
      assertThat(stop.isDone()).as("it waits for the answer").isFalse();
      asked
          .getOutputStream()
          .write("HTTP/1.0 200 OK\r\n\r\nlate".getBytes(StandardCharsets.US_ASCII));
      asked.shutdownOutput();
      assertThat(answer.get()).startsWith("HTTP/1.1 200 OK").endsWith("late");
      assertThat(stop.get()).hasSize(1);
    }
    assertThat(manager.runs(nginx)).isFalse();
    assertThat(stops.of(nginx)).isEmpty();
  }

  /** It looks up who has come, and no name server answers. */
  @Test
  void h62_a_check_that_has_ended_holds_up_no_stop() throws Exception {
    Path program = folder.resolve("keeper.py");
    Files.writeString(
        program,
        """
        import socket
        server, kept = socket.create_server(("127.0.0.1", %d)), []
        while True:
            kept.append(server.accept())
        """
            .formatted(port));
    Path pid = folder.resolve("pid");
    Service keeper =
        new Service(
            "keeper",
            new Control.Commands(
                bash("setsid python3 %s </dev/null >/dev/null 2>&1 & echo $! >%s", program, pid),
                bash(
                    "while ss -Htn state close-wait sport = :%d | grep -q .; do sleep .05; done;"
                        + " kill $(<%s); rm %s",
                    port, pid, pid),
                bash("kill -0 $(<%s)", pid)),
            List.of(port),
            List.of(),
            List.of(),
            Service.When.AT_CUTOVER,
            new Service.Stopping(START_LIMIT, Service.Past.BACK));
    manager.start(keeper, START_LIMIT);
    assertThat(CheckRunner.await(new Check.Tcp(port), START_LIMIT).passed()).isTrue();
    long began = System.nanoTime();
    manager.stop(keeper, false, START_LIMIT);
    assertThat(Duration.ofNanos(System.nanoTime() - began))
        .as("from half of the limit on who wants nothing is cut off")
        .isLessThan(START_LIMIT.dividedBy(2));
    assertThat(manager.runs(keeper)).isFalse();
  }

  private static List<String> bash(String script, Object... arguments) {
    return List.of("bash", "-c", script.formatted(arguments));
  }

  @Test
  void h62_a_stop_that_was_not_seen_to_end_ends_before_the_start() throws Exception {
    Service nginx = nginx();
    manager.start(nginx, START_LIMIT);
    ProcessHandle before = master();
    try (Socket half = askingHalf("GET / HTTP/1.1\r\n")) {
      assertThatThrownBy(() -> manager.stop(nginx, false, Duration.ofSeconds(1)))
          .isInstanceOf(ServiceException.class)
          .hasMessageContaining("did not end within");
      assertThat(manager.runs(nginx)).as("as it says").isTrue();
      assertThatThrownBy(this::connect).as("whatever it says").isInstanceOf(IOException.class);
      // Another process than the one that was stopping it, such as the gate's own way back.
      ServiceManager other = new ServiceManager(new Fences(Path.of("/nonexistent")), stops, null);
      other.start(nginx, START_LIMIT);
      assertThat(isCutOff(half)).isTrue();
    }
    assertThat(page("/")).endsWith("here\n");
    assertThat(master()).isNotEqualTo(before);
    assertThat(stops.of(nginx)).isEmpty();
  }

  @Test
  void h62_a_stop_that_was_refused_leaves_a_service_that_serves() throws Exception {
    Service nginx = nginx("test ! -e %s", Service.Past.END);
    manager.start(nginx, START_LIMIT);
    ProcessHandle before = master();
    try (Socket client = askingHalf("GET / HTTP/1.1\r\nHost: here\r\n")) {
      assertThatThrownBy(() -> manager.stop(nginx, false, STOP_LIMIT))
          .isInstanceOf(ServiceException.class)
          .hasMessageContaining("it does not stop");
      manager.start(nginx, START_LIMIT);
      client
          .getOutputStream()
          .write("Connection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(all(client)).endsWith("here\n");
    }
    assertThat(master()).isEqualTo(before);
  }

  @Test
  void h62_a_service_that_does_not_hear_of_its_stop_is_not_killed_for_it() throws Exception {
    Service nginx = nginx("test -e %s; sleep 60", Service.Past.BACK);
    manager.start(nginx, START_LIMIT);
    ProcessHandle before = master();
    assertThatThrownBy(() -> manager.stop(nginx, false, Duration.ofSeconds(1)))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("did not end within");
    assertThat(stops.of(nginx)).isPresent();
    manager.start(nginx, START_LIMIT);
    assertThat(master()).isEqualTo(before);
    assertThat(page("/")).endsWith("here\n");
    assertThat(stops.of(nginx)).isEmpty();
  }
}
