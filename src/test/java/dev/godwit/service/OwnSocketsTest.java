package dev.godwit.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.host.TestingRuntime;
import dev.godwit.linux.SocketDiagnostics;
import dev.godwit.linux.SocketDiagnostics.TcpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OwnSocketsTest {
  private static final String MOVE = "own-sockets-" + ProcessHandle.current().pid();

  /** Listens, says where, and lets a process of its own connect to what is asked for. */
  private static final String SERVICE =
      """
      import os, socket, sys, time
      s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
      print(s.getsockname()[1], flush=True)
      if os.fork() == 0:
          s.close()
          c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
          time.sleep(600)
      time.sleep(600)
      """;

  private static final String CLIENT =
      """
      import socket, sys, time
      c = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
      time.sleep(600)
      """;

  private final List<Process> started = new ArrayList<>();
  private ServerSocket asked;

  @BeforeEach
  void listen() throws IOException {
    asked = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
  }

  @AfterEach
  void end() throws Exception {
    for (Process one : started) {
      one.descendants().forEach(ProcessHandle::destroyForcibly);
      one.destroyForcibly().waitFor();
    }
    asked.close();
    TestingRuntime.remove(MOVE);
  }

  private Process python(String program) throws IOException {
    Process process =
        new ProcessBuilder("python3", "-c", program, String.valueOf(asked.getLocalPort()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    started.add(process);
    return process;
  }

  /** The end of who has come next. */
  private long accepted() throws Exception {
    asked.setSoTimeout(TestingPatience.MILLIS);
    Socket came = asked.accept();
    return SocketDiagnostics.connections(came.getPort()).stream()
        .filter(one -> one.peer().getPort() == asked.getLocalPort())
        .mapToLong(TcpSocket::inode)
        .findFirst()
        .orElseThrow();
  }

  private static Service service(List<Integer> ports) {
    return new Service(
        "app",
        new Control.Commands(List.of("true"), List.of("true"), List.of("true")),
        ports,
        List.of());
  }

  @Test
  void those_of_what_a_listener_has_started_are_its_own() throws Exception {
    Process service = python(SERVICE);
    int port = Integer.parseInt(service.inputReader().readLine());
    long own = accepted();
    Process unused = python(CLIENT);
    long other = accepted();
    assertThat(OwnSockets.among(Set.of(own, other), MOVE, List.of(service(List.of(port)))))
        .containsExactly(own);
    assertThat(OwnSockets.among(Set.of(own, other), MOVE, List.of(service(List.of(port + 1)))))
        .isEmpty();
  }

  @Test
  void those_of_what_an_order_is_obeyed_by_are_own_while_it_is() throws Exception {
    Process before = python(CLIENT);
    long own = accepted();
    List<Service> services = List.of(service(List.of()));
    assertThat(OwnSockets.among(Set.of(own), MOVE, services)).isEmpty();
    ServiceOrders.of(MOVE)
        .obey(
            1,
            () -> assertThat(OwnSockets.among(Set.of(own), MOVE, services)).containsExactly(own));
    assertThat(OwnSockets.among(Set.of(own), MOVE, services)).isEmpty();
    try (Socket watch = new Socket(asked.getInetAddress(), asked.getLocalPort())) {
      long ofWatch = accepted();
      ServiceOrders.of(MOVE)
          .obey(1, () -> assertThat(OwnSockets.among(Set.of(ofWatch), MOVE, services)).isEmpty());
      assertThat(watch.isConnected()).isTrue();
    }
    before.destroy();
    assertThat(before.waitFor(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    ServiceOrders.of(MOVE)
        .obey(1, () -> assertThat(OwnSockets.among(Set.of(own), MOVE, services)).isEmpty());
  }

  @Test
  void a_unit_is_known_by_its_control_group_unless_a_user_has_called_his_own_so() {
    Set<String> units = Set.of("nginx.service", "postgresql@15-main.service");
    for (String groups :
        List.of(
            "0::/system.slice/nginx.service\n",
            "0::/system.slice/nginx.service/.control\n",
            "12:pids:/system.slice/nginx.service\n1:name=systemd:/system.slice/nginx.service\n",
            "0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
            "0::/web.slice/web-front.slice/nginx.service\n")) {
      assertThat(OwnSockets.isOfUnit(groups, units)).as(groups).isTrue();
    }
    for (String groups :
        List.of(
            "",
            "0::/\n",
            "0::/system.slice/cron.service\n",
            "0::/system.slice/nginx.service.d\n",
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service\n")) {
      assertThat(OwnSockets.isOfUnit(groups, units)).as(groups).isFalse();
    }
  }
}
