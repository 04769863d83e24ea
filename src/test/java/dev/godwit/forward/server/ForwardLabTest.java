package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingLongConnections;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingNginx;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code godwit forward} as a program, with real programs on both sides of it. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardLabTest {
  @TempDir private Path directory;
  private TestingNamespace namespace;
  private TestingNginx nginx;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    namespace = new TestingNamespace();
    nginx = new TestingNginx(namespace, directory.resolve("nginx"), "new");
    nginx.start();
  }

  @AfterEach
  void end() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
    nginx.close();
    namespace.close();
  }

  private TestingForward forward(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--control");
    all.add(directory.resolve("control" + opened.size()).toString());
    TestingForward forward = TestingForward.start(namespace, all.toArray(String[]::new));
    opened.add(forward);
    return forward;
  }

  private String inside(String... command) throws Exception {
    return TestingNamespace.command(namespace.inside(command).toArray(String[]::new));
  }

  @Test
  void curl_reaches_nginx_by_both_families_and_by_a_unix_socket() throws Exception {
    Path socket = directory.resolve("web.sock");
    Path file = directory.resolve("forwards.yaml");
    Files.writeString(
        file,
        """
        forwards:
          web:
            listen: [":9000", "unix:SOCKET,mode=0666"]
            to: localhost:8080
          carried:
            listen: ":9001"
            to: localhost:8081
            client-address: proxy-v1
          carried2:
            listen: ":9002"
            to: localhost:8082
            client-address: proxy-v2
        """
            .replace("SOCKET", socket.toString()));
    TestingForward forward = forward("-c", file.toString());
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9000/")).isEqualTo("new\n");
    assertThat(inside("curl", "-sS", "-g", "http://[::1]:9000/")).isEqualTo("new\n");
    assertThat(inside("curl", "-sS", "--unix-socket", socket.toString(), "http://x/"))
        .isEqualTo("new\n");
    for (int port : new int[] {9001, 9002}) {
      inside("curl", "-sS", "--interface", "127.0.0.7", "http://127.0.0.1:" + port + "/seen");
      inside("curl", "-sS", "-g", "http://[::1]:" + port + "/seen");
    }
    // A request is logged after it was answered.
    List<String> seen =
        List.of(
            "8081 127.0.0.7 GET /seen HTTP/1.1",
            "8081 ::1 GET /seen HTTP/1.1",
            "8082 127.0.0.7 GET /seen HTTP/1.1",
            "8082 ::1 GET /seen HTTP/1.1");
    TestingPatience.await(() -> seen + " in " + nginx.log(), () -> nginx.log().containsAll(seen));
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
    assertThat(socket).doesNotExist();
    assertThat(directory.resolve("control0")).doesNotExist();
  }

  @Test
  void socat_at_both_ends_carries_a_file_as_it_was() throws Exception {
    Path sent = directory.resolve("sent");
    byte[] bytes = new byte[5_000_000];
    new java.util.Random(7).nextBytes(bytes);
    Files.write(sent, bytes);
    Path got = directory.resolve("got");
    Path socket = directory.resolve("s.sock");
    Process listener =
        new ProcessBuilder(
                namespace.inside("socat", "-u", "UNIX-LISTEN:" + socket, "CREATE:" + got))
            .inheritIO()
            .start();
    TestingPatience.await("its socket", () -> Files.exists(socket));
    forward("9100", "unix:" + socket);
    inside("socat", "-u", "OPEN:" + sent, "TCP:127.0.0.1:9100");
    assertThat(listener.waitFor()).isZero();
    assertThat(Files.mismatch(sent, got)).isEqualTo(-1);
  }

  @Test
  void sigterm_lets_a_request_end_and_resets_what_does_not() throws Exception {
    TestingForward forward = forward("9200", "127.0.0.1:9201", "--drain", "2s");
    namespace.call(
        () -> {
          try (ServerSocket service = new ServerSocket()) {
            service.bind(new InetSocketAddress("127.0.0.1", 9201));
            Socket ends = new Socket("127.0.0.1", 9200);
            Socket endsServer = service.accept();
            Socket stays = new Socket("127.0.0.1", 9200);
            try (Socket staysServer = service.accept()) {
              forward.signal("TERM");
              forward.await("draining 2 connections for up to 2 s");
              endsServer.getOutputStream().write("answer".getBytes(StandardCharsets.US_ASCII));
              endsServer.close();
              assertThat(ends.getInputStream().readAllBytes()).asString().isEqualTo("answer");
              ends.close();
              org.assertj.core.api.Assertions.assertThatThrownBy(
                      () -> stays.getInputStream().read())
                  .hasMessageContaining("reset");
              // Held until here: one that nobody knows any more is closed by the collector.
              assertThat(staysServer.isClosed()).isFalse();
            }
            return null;
          }
        });
    assertThat(forward.ended()).isZero();
    forward.await("1 connection is reset");
  }

  @Test
  void sighup_takes_a_changed_file_and_keeps_what_it_has_when_that_is_wrong() throws Exception {
    Path file = directory.resolve("forwards.yaml");
    Files.writeString(file, "forwards:\n  a: { listen: 9300, to: 'localhost:8080' }\n");
    TestingForward forward = forward("-c", file.toString());
    Files.writeString(file, "forwards:\n  a: { listen: [9300, 9301], to: 'localhost:8080' }\n");
    forward.signal("HUP");
    forward.await("the rules were read again");
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9301/")).isEqualTo("new\n");
    Files.writeString(file, "forwards:\n  a: { listn: 9300 }\n");
    forward.signal("HUP");
    forward.await("the rules stay as they were");
    assertThat(forward.said).anyMatch(line -> line.contains("yaml:2:8: found the key listn"));
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9300/")).isEqualTo("new\n");
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9301/")).isEqualTo("new\n");
  }

  /** SIGHUP has a file read again, and there is nothing in a pipe that was read. */
  @Test
  void sighup_says_that_rules_from_a_pipe_can_be_read_once_only() throws Exception {
    Path file = directory.resolve("forwards.yaml");
    Files.writeString(file, "forwards:\n  a: { listen: 9601, to: 'localhost:8080' }\n");
    try (TestingForward forward =
        TestingForward.startUnder(
            namespace,
            List.of("bash", "-c", "exec \"$@\" -c <(cat " + file + ")", "bash"),
            List.of())) {
      forward.signal("HUP");
      forward.await("the rules stay as they were: ");
      assertThat(forward.said.getLast())
          .contains("can be read once only; write the rules to a file, and start with that");
    }
  }

  @Test
  void a_port_that_another_forwarder_has_names_that() throws Exception {
    try (TestingForward forward = TestingForward.start(namespace, "9602", "127.0.0.1:80")) {
      Process second = TestingForward.spawn(namespace, "9602", "127.0.0.1:80");
      assertThat(new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains(
              "unable to listen on 127.0.0.1:9602: godwit forward (process %d) has it; stop that"
                  .formatted(forward.pid()));
    }
  }

  @Test
  void a_host_of_via_that_cannot_be_reached_is_told_in_a_sentence() throws Exception {
    Path jar = Path.of(System.getProperty("godwit.jar", "target/godwit.jar")).toAbsolutePath();
    assumeThat(jar).as("packaged before").isRegularFile();
    Process forward =
        TestingForward.spawn(
            namespace,
            List.of(),
            List.of("-Dgodwit.jar=" + jar),
            "--via",
            "root@127.0.0.1",
            "9603",
            "127.0.0.1:80");
    assertThat(new String(forward.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("Cannot reach the host of via (root@127.0.0.1): ssh says: ")
        .contains("Connection refused");
  }

  @Test
  void after_kill_9_the_next_start_replaces_what_was_left() throws Exception {
    Path socket = directory.resolve("left.sock");
    TestingForward killed = forward("unix:" + socket, "localhost:8080");
    killed.close();
    assertThat(socket).exists();
    TestingForward next =
        TestingForward.start(
            namespace,
            "unix:" + socket,
            "localhost:8080",
            "--control",
            directory.resolve("control0").toString());
    opened.add(next);
    assertThat(inside("curl", "-sS", "--unix-socket", socket.toString(), "http://x/"))
        .isEqualTo("new\n");
    assertThat(
            TestingForward.run(namespace, "status", "-p", directory.resolve("control0").toString()))
        .contains("1 in all");
  }

  /**
   * The very same sockets, so that whoever is in the kernel's queues then is in the new process's.
   */
  @Test
  void h54_a_take_over_takes_unix_and_udp_sockets_too() throws Exception {
    Path socket = directory.resolve("t.sock");
    Path file = directory.resolve("forwards.yaml");
    Files.writeString(
        file,
        """
        metrics: "127.0.0.1:9405"
        forwards:
          web: { listen: "unix:SOCKET", to: "localhost:8080" }
          echo: { listen: "udp:127.0.0.1:9400", to: "127.0.0.1:9401" }
        """
            .replace("SOCKET", socket.toString()));
    DatagramSocket service =
        namespace.call(() -> new DatagramSocket(new InetSocketAddress("127.0.0.1", 9401)));
    opened.add(service);
    Thread.ofPlatform().daemon().start(() -> answer(service));
    TestingForward before = forward("-c", file.toString(), "--drain", "20s");
    Path control = directory.resolve("control1");
    DatagramSocket client =
        namespace.call(() -> new DatagramSocket(new InetSocketAddress("127.0.0.1", 0)));
    opened.add(client);
    client.setSoTimeout(TestingPatience.MILLIS);
    assertThat(asked(client, "a")).isEqualTo("a");
    List<String> kernel = listening(socket);
    assertThat(kernel).hasSize(2);
    Object path = Files.getAttribute(socket, "unix:ino");
    TestingForward after =
        TestingForward.start(
            namespace,
            "-c",
            file.toString(),
            "--take-over",
            control.toString(),
            "--control",
            control.toString());
    opened.add(after);
    before.await("another process has taken over");
    assertThat(before.ended()).isZero();
    assertThat(listening(socket)).as("sockets of the kernel").isEqualTo(kernel);
    assertThat(Files.getAttribute(socket, "unix:ino")).isEqualTo(path);
    assertThat(asked(client, "b")).isEqualTo("b");
    assertThat(inside("curl", "-sS", "--unix-socket", socket.toString(), "http://x/"))
        .isEqualTo("new\n");
    assertThat(TestingForward.run(namespace, "status", "-p", control.toString()))
        .contains("forwarder " + after.pid() + " serving", "1 UDP client");
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9405/metrics"))
        .contains("godwit_forward_", "group=\"echo\"");
    after.signal("TERM");
    assertThat(after.ended()).isZero();
    assertThat(socket).doesNotExist();
  }

  /** Whatever it is that the new process cannot have: it finds out before the old one lets go. */
  @ParameterizedTest
  @CsvSource({"control, its directory", "metrics, unable to listen on 127.0.0.1:8080"})
  void h54_a_take_over_that_fails_changes_nothing(String what, String why) throws Exception {
    Path socket = directory.resolve("f.sock");
    String rules = "forwards: { web: { listen: 'unix:" + socket + "', to: 'localhost:8080' } }\n";
    Path file = Files.writeString(directory.resolve("forwards.yaml"), rules);
    TestingForward before = forward("-c", file.toString());
    String control = directory.resolve("control0").toString();
    Object path = Files.getAttribute(socket, "unix:ino");
    Path changed = directory.resolve("changed.yaml");
    boolean isControl = what.equals("control");
    Files.writeString(changed, (isControl ? "" : "metrics: '127.0.0.1:8080'\n") + rules);
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                TestingForward.run(
                    namespace,
                    "-c",
                    changed.toString(),
                    "--take-over",
                    control,
                    "--control",
                    isControl ? directory.resolve("none/control").toString() : control))
        .hasMessageContaining(why);
    assertThat(Files.getAttribute(socket, "unix:ino")).isEqualTo(path);
    assertThat(inside("curl", "-sS", "--unix-socket", socket.toString(), "http://x/"))
        .isEqualTo("new\n");
    assertThat(TestingForward.run(namespace, "status", "-p", control))
        .contains("forwarder " + before.pid() + " serving");
    before.signal("TERM");
    assertThat(before.ended()).isZero();
    assertThat(socket).doesNotExist();
    assertThat(Path.of(control)).doesNotExist();
  }

  /** They have connected and were told to wait: the end of the process is not the end of them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void who_waits_in_a_hold_goes_when_the_process_drains(boolean isTakenOver) throws Exception {
    TestingForward before = forward("9460", "localhost:8080", "--drain", "3s");
    String control = directory.resolve("control0").toString();
    TestingForward.run(namespace, "hold", "-p", control, "--limit", "2m");
    FutureTask<String> waits =
        new FutureTask<>(() -> inside("curl", "-sS", "http://127.0.0.1:9460/"));
    Thread.ofPlatform().daemon().start(waits);
    TestingPatience.await(
        "one who waits",
        () -> TestingForward.run(namespace, "status", "-p", control).contains("1 held"));
    if (isTakenOver) {
      opened.add(
          TestingForward.start(
              namespace,
              "9460",
              "localhost:8080",
              "--take-over",
              control,
              "--control",
              directory.resolve("control9").toString()));
    } else {
      before.signal("TERM");
    }
    assertThat(waits.get(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isEqualTo("new\n");
    assertThat(before.ended()).isZero();
  }

  /** Inode numbers, with what they are. */
  private List<String> listening(Path socket) throws Exception {
    List<String> all = new ArrayList<>();
    for (String line : inside("cat", "/proc/net/udp").lines().toList()) {
      String[] words = line.strip().split(" +");
      if (words[1].endsWith(":24B8")) { // 9400
        all.add("udp " + words[9]);
      }
    }
    for (String line : inside("cat", "/proc/net/unix").lines().toList()) {
      String[] words = line.strip().split(" +");
      if (line.endsWith(socket.toString()) && words[3].equals("00010000")) { // it listens
        all.add("unix " + words[6]);
      }
    }
    return all;
  }

  private static void answer(DatagramSocket service) {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        service.receive(packet);
        service.send(packet);
      }
    } catch (IOException e) {
      return;
    }
  }

  private static String asked(DatagramSocket client, String text) throws IOException {
    byte[] bytes = text.getBytes();
    client.send(new DatagramPacket(bytes, bytes.length, new InetSocketAddress("127.0.0.1", 9400)));
    DatagramPacket answer = new DatagramPacket(new byte[100], 100);
    client.receive(answer);
    return new String(answer.getData(), 0, answer.getLength());
  }

  /** Under load: nobody is refused or reset while one process takes over from another, H54. */
  @Test
  void h54_a_take_over_refuses_nobody_and_the_old_process_drains() throws Exception {
    TestingForward before = forward(":9400", "127.0.0.1:9401", "--drain", "20s");
    Path control = directory.resolve("control0");
    AtomicInteger served = new AtomicInteger();
    List<String> failed = java.util.Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean stop = new AtomicBoolean();
    namespace.call(
        () -> {
          ServerSocket service = new ServerSocket();
          service.bind(new InetSocketAddress("127.0.0.1", 9401), 500);
          TestingEcho.serve(service);
          Socket stays = new Socket("127.0.0.1", 9400);
          stays.getOutputStream().write(1);
          assertThat(stays.getInputStream().read()).isEqualTo(1);
          List<Thread> load = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            load.add(Thread.ofPlatform().start(() -> ask(stop, served, failed)));
          }
          Thread.sleep(500);
          TestingForward after =
              TestingForward.start(
                  namespace,
                  ":9400",
                  "127.0.0.1:9401",
                  "--take-over",
                  control.toString(),
                  "--control",
                  control.toString());
          opened.add(after);
          before.await("another process has taken over");
          int atTakeOver = served.get();
          Thread.sleep(500);
          stop.set(true);
          for (Thread t : load) {
            t.join();
          }
          assertThat(served.get()).isGreaterThan(atTakeOver);
          stays.getOutputStream().write(2);
          assertThat(stays.getInputStream().read()).as("the old one goes on").isEqualTo(2);
          stays.close();
          assertThat(before.ended()).isZero();
          assertThat(TestingForward.run(namespace, "status", "-p", control.toString()))
              .contains("forwarder " + after.pid() + " serving");
          return null;
        });
    assertThat(failed).isEmpty();
  }

  @Test
  void drain_close_and_release_are_commands_of_a_group() throws Exception {
    forward("9700", "localhost:8080");
    String control = directory.resolve("control0").toString();
    TestingForward.run(namespace, "drain", "-p", control, "--limit", "1m");
    assertReset(9700);
    TestingForward.run(namespace, "close", "-p", control);
    assertReset(9700);
    String status = TestingForward.run(namespace, "status", "-p", control);
    assertThat(status)
        .contains("CLOSED", "2 refused")
        .contains("refused: the group is closed: 2"); // a drain of nobody is over at once
    assertThat(TestingForward.run(namespace, "status", "-p", control, "--json"))
        .containsPattern("\"mode\" ?: ?\"closed\"");
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> TestingForward.run(namespace, "hold", "-p", control))
        .hasMessageContaining("unable to hold forward: it is closed");
    TestingForward.run(namespace, "release", "-p", control);
    assertThat(inside("curl", "-sS", "http://127.0.0.1:9700/")).isEqualTo("new\n");
  }

  private void assertReset(int port) {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> inside("curl", "-sS", "http://127.0.0.1:" + port + "/"))
        .hasMessageMatching("(?s).*(reset|Couldn't connect).*"); // it may not know that it was
  }

  /** A process that takes over reads its rules and reaches other hosts before it says so. */
  @Test
  void h54_busy_half_closed_and_idle_connections_live_through_a_take_over() throws Exception {
    TestingForward before = forward(":9400", "127.0.0.1:9401", "--drain", "60s");
    String control = directory.resolve("control0").toString();
    namespace.call(
        () -> {
          try (ServerSocket service = new ServerSocket()) {
            service.bind(new InetSocketAddress("127.0.0.1", 9401), 500);
            TestingLongConnections there =
                new TestingLongConnections(new InetSocketAddress("127.0.0.1", 9400), service);
            opened.add(there);
            there.awaitBusy();
            opened.add(
                TestingForward.start(
                    namespace,
                    ":9400",
                    "127.0.0.1:9401",
                    "--take-over",
                    control,
                    "--control",
                    control));
            before.await("another process has taken over");
            there.goOn();
            assertThat(before.ended()).as("it ends with the last of them").isZero();
          }
          return null;
        });
  }

  @Test
  void h54_who_takes_over_may_need_longer_than_a_question() throws Exception {
    TestingForward before = forward("9450", "localhost:8080", "--drain", "1s");
    try (SocketChannel control = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      control.connect(UnixDomainSocketAddress.of(directory.resolve("control0")));
      control.write(ByteBuffer.wrap("handover\n".getBytes(StandardCharsets.US_ASCII)));
      Thread.sleep(11_000);
      assertThat(inside("curl", "-sS", "http://127.0.0.1:9450/")).isEqualTo("new\n");
      control.write(ByteBuffer.wrap("taken\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(1000);
      while (control.read(answer) >= 0) {
        // the names and the byte that the descriptors came with, then the answer
      }
      assertThat(new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII))
          .endsWith("ok ");
    }
    assertThat(before.ended()).isZero();
  }

  private static void ask(AtomicBoolean stop, AtomicInteger served, List<String> failed) {
    while (!stop.get()) {
      try (Socket one = new Socket("127.0.0.1", 9400)) {
        one.setSoTimeout(TestingPatience.MILLIS);
        one.getOutputStream().write(42);
        if (one.getInputStream().read() == 42) {
          served.incrementAndGet();
        } else {
          failed.add("an end instead of an answer");
        }
      } catch (IOException e) {
        failed.add(e.toString());
      }
    }
  }

  /** Two thousand held at once: all are served after the release, and none was refused. */
  @Test
  void h51_h55_two_thousand_who_wait_are_all_served_after_the_release() throws Exception {
    forward("9500", "127.0.0.1:9501");
    String control = directory.resolve("control0").toString();
    int count = 2000;
    namespace.call(
        () -> {
          ServerSocket service = new ServerSocket();
          service.bind(new InetSocketAddress("127.0.0.1", 9501), 128);
          TestingEcho.serve(service);
          TestingForward.run(namespace, "hold", "-p", control, "--limit", "60s");
          List<Socket> held = new ArrayList<>();
          for (int i = 0; i < count; i++) {
            Socket one = new Socket("127.0.0.1", 9500);
            one.setSoTimeout(TestingPatience.MILLIS);
            one.getOutputStream().write(i % 100);
            held.add(one);
          }
          assertThat(TestingForward.run(namespace, "status", "-p", control))
              .contains("2,000 held")
              .containsPattern("HELD, [0-9]+ m?s left");
          TestingForward.run(namespace, "release", "-p", control);
          for (int i = 0; i < count; i++) {
            assertThat(held.get(i).getInputStream().read()).isEqualTo(i % 100);
            held.get(i).close();
          }
          assertThat(TestingForward.run(namespace, "status", "-p", control)).contains("0 refused");
          return null;
        });
  }

  /** Slow and broken clients take no more than their place; others go on. */
  @Test
  void h51_clients_that_say_nothing_or_noise_are_ended_and_leave_nothing() throws Exception {
    TestingForward forward =
        forward(
            "9600",
            "localhost:8081",
            "--accept-proxy",
            "127.0.0.2",
            "--client-address",
            "proxy-v2",
            "--max-per-client",
            "300");
    namespace.call(
        () -> {
          int before = forward.descriptors();
          List<Socket> silent = new ArrayList<>();
          for (int i = 0; i < 200; i++) {
            Socket one = new Socket();
            one.bind(new InetSocketAddress("127.0.0.2", 0));
            one.connect(new InetSocketAddress("127.0.0.1", 9600));
            if (i % 2 == 0) {
              one.getOutputStream().write("PROXY TC".getBytes(StandardCharsets.US_ASCII));
            }
            silent.add(one);
          }
          assertThat(inside("curl", "-sS", "http://127.0.0.1:9600/")).isEqualTo("new\n");
          for (Socket one : silent) {
            one.setSoTimeout(TestingPatience.MILLIS);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> one.getInputStream().read())
                .hasMessageContaining("reset");
            one.close();
          }
          TestingPatience.await(
              () -> "%d descriptors, not %d".formatted(before, forward.descriptors()),
              () -> forward.descriptors() <= before);
          return null;
        });
  }
}
