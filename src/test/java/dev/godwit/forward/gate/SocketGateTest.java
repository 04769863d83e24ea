package dev.godwit.forward.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.Limits;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.ProcessIdentity;
import dev.godwit.forward.gate.GateStatus.Mode;
import dev.godwit.forward.landing.Landing;
import dev.godwit.forward.landing.LandingOptions;
import dev.godwit.linux.DirectoryHandle;
import dev.godwit.linux.FileStatus;
import dev.godwit.linux.Identity;
import dev.godwit.linux.Names;
import dev.godwit.linux.ProcessFiles;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixDiagnostics;
import dev.godwit.sync.IdMap;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gate in front of a service's unix socket: the name changes hands, and nobody notices. */
@Timeout(TestingPatience.TEST_SECONDS)
final class SocketGateTest {
  private static final int DAEMON = 1;
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private Path run;
  private Path socket;
  private TestingSocketServer service;

  @BeforeEach
  void service() throws Exception {
    assumeThat(Identity.isRoot()).as("a gate needs root").isTrue();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    run = Files.createDirectory(directory.resolve("run"));
    socket = run.resolve("service.sock");
    service = new TestingSocketServer("old", socket, true);
  }

  @AfterEach
  void nothingStays() throws Exception {
    if (service != null) {
      service.close();
      try (Stream<Path> left = Files.list(run)) {
        assertThat(left).isEmpty();
      }
      assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(run.toString());
    }
  }

  private PortGroup group() {
    return new PortGroup("db", List.of(), List.of(socket), ClientAddress.PLAIN);
  }

  private Gate gate(WayBack wayBack) throws Exception {
    return Gate.capture(directory.resolve("state/move"), List.of(group()), 1, wayBack, 0);
  }

  private static CompletableFuture<String> later(Path socket, String line) {
    CompletableFuture<String> answer = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                answer.complete(TestingSocketServer.askAs(DAEMON, socket, line));
              } catch (IOException e) {
                answer.completeExceptionally(e);
              }
            });
    return answer;
  }

  /** Which socket has the name. */
  private static Object key(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  private static void awaitHeld(Gate gate, int count) throws Exception {
    TestingPatience.await(count + " who wait", () -> gate.status().held() >= count);
    assertThat(gate.status().held()).isEqualTo(count);
  }

  @Test
  void who_comes_waits_and_who_is_there_goes_on() throws Exception {
    try (Gate gate = gate(() -> {});
        SocketChannel there = TestingSocketServer.connect(socket)) {
      assertThat(TestingSocketServer.ask(there, "1")).isEqualTo("old 1 root");
      assertThat(gate.busy(1000).getFirst().open()).isEqualTo(1);
      gate.hold(1, LONG);
      CompletableFuture<String> waits = later(socket, "a");
      awaitHeld(gate, 1);
      assertThat(TestingSocketServer.ask(there, "2")).isEqualTo("old 2 root");
      assertThat(Files.getPosixFilePermissions(socket))
          .isEqualTo(PosixFilePermissions.fromString("rw-rw-rw-"));
      gate.back(1);
      assertThat(TestingPatience.get(waits)).isEqualTo("old a daemon");
      assertThat(TestingSocketServer.ask(there, "3")).isEqualTo("old 3 root");
      assertThat(gate.status().way()).startsWith("unix sockets by their names");
      assertThat(gate.status().summary()).contains(socket.toString());
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "b")).isEqualTo("old b daemon");
      assertThat(gate.status().groups().getFirst().total()).isEqualTo(1);
    }
  }

  @Test
  void who_is_of_the_services_themselves_reaches_them() throws Exception {
    AtomicBoolean isOwn = new AtomicBoolean(true);
    WayBack wayBack =
        new TestingWayBack(
            () -> {},
            sockets -> {
              assertThat(ProcessFiles.socketHolders(sockets).keySet())
                  .as("ends that a process has, not the gate's own")
                  .isEqualTo(sockets)
                  .doesNotContainAnyElementsOf(accepted());
              return isOwn.get() ? sockets : Set.of();
            });
    Path state = directory.resolve("far/move");
    Files.createDirectories(state);
    InetAddress here = InetAddress.getByName("127.0.0.1");
    Landing landing =
        Landing.start(state, new LandingOptions(here, 0, List.of(here), List.of(group())));
    try (landing;
        Gate gate = gate(wayBack)) {
      gate.hold(1, LONG);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "a")).isEqualTo("old a daemon");
      isOwn.set(false);
      CompletableFuture<String> waits = later(socket, "b");
      awaitHeld(gate, 1);
      service.stop();
      gate.cutOff(1);
      gate.takeQueued(1);
      gate.release(1, new Destination(here, landing.port(), landing.token()), 0);
      service.start();
      assertThat(TestingPatience.get(waits)).isEqualTo("old b daemon");
      landing.close(); // who is led elsewhere meets nobody from here on
      isOwn.set(true);
      gate.clear(1, List.of(), LONG);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "c")).isEqualTo("old c daemon");
      gate.home(1, false);
    }
  }

  /** The ends of those who have been accepted at the name. */
  private Set<Long> accepted() throws IOException {
    try (DirectoryHandle at = DirectoryHandle.open(Names.of(run.toString()))) {
      FileStatus file = Objects.requireNonNull(at.status(Names.of("service.sock")));
      return UnixDiagnostics.sockets(file, UnixDiagnostics.ESTABLISHED).stream()
          .map(UnixDiagnostics.UnixSocket::inode)
          .collect(Collectors.toSet());
    }
  }

  @Test
  void h50_a_hold_that_nobody_ends_gives_the_name_back() throws Exception {
    try (Gate gate = gate(() -> {})) {
      gate.hold(1, Duration.ofMillis(300));
      CompletableFuture<String> waits = later(socket, "a");
      assertThat(TestingPatience.get(waits)).isEqualTo("old a daemon");
      TestingPatience.await("the way back", () -> gate.mode() == Mode.PASS);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "b")).isEqualTo("old b daemon");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void h52_no_client_notices_a_service_that_stops_and_starts(boolean removesAtStart)
      throws Exception {
    service.close();
    service = new TestingSocketServer("old", socket, removesAtStart);
    try (Gate gate = gate(() -> service.start());
        TestingSocketServer.Load load = new TestingSocketServer.Load(socket, 8, 2)) {
      int cycles = removesAtStart ? 20 : 2;
      for (int i = 0; i < cycles; i++) {
        int before = load.failed();
        gate.hold(1, LONG);
        service.stop();
        Thread.sleep(5);
        gate.takeQueued(1);
        Thread.sleep(5);
        assertThat(load.failed()).as("in a stop: %s", load).isEqualTo(before);
        gate.back(1);
        Thread.sleep(10);
      }
      load.close();
      System.out.println(cycles + " stops: " + load + ", gap " + gate.status().gapMillis() + " ms");
      if (removesAtStart) {
        assertThat(gate.status().gapMillis()).isZero();
      } else {
        assertThat(gate.status().gapMillis()).as("told").isPositive();
      }
      assertThat(load.failures.keySet()).noneMatch(f -> f.contains("closed"));
      assertThat(service.served()).isEqualTo(load.answered.get());
    }
  }

  @Test
  void h52_no_client_notices_100_holds_and_ways_back() throws Exception {
    try (Gate gate = gate(() -> {});
        SocketChannel there = TestingSocketServer.connect(socket);
        TestingSocketServer.Load load = new TestingSocketServer.Load(socket, 8, 2)) {
      for (int i = 0; i < 100; i++) {
        gate.hold(1, LONG);
        Thread.sleep(3);
        gate.back(1);
        Thread.sleep(3);
      }
      assertThat(TestingSocketServer.ask(there, "still")).isEqualTo("old still root");
      load.close();
      System.out.println("100 switches: " + load);
      assertThat(load.failures).isEmpty();
      assertThat(service.served()).isEqualTo(load.answered.get() + 1);
    }
  }

  @Test
  void after_a_release_the_other_host_serves_as_the_same_user() throws Exception {
    // One host for both: the landing's service is found by the same path in another place.
    Path state = directory.resolve("far/move");
    Files.createDirectories(state);
    try (Landing landing =
            Landing.start(
                state,
                new LandingOptions(
                    InetAddress.getByName("127.0.0.1"),
                    0,
                    List.of(InetAddress.getByName("127.0.0.1")),
                    List.of(group())));
        Gate gate = gate(() -> {})) {
      gate.hold(1, LONG);
      CompletableFuture<String> waits = later(socket, "a");
      awaitHeld(gate, 1);
      assertThatThrownBy(
              () -> gate.release(1, Destination.direct(InetAddress.getByName("127.0.0.1")), 0))
          .hasMessageContaining("by its landing only");
      gate.release(
          1,
          new Destination(InetAddress.getByName("127.0.0.1"), landing.port(), landing.token()),
          0);
      // The landing of this host knows the service behind the name that the gate has.
      assertThat(TestingPatience.get(waits)).isEqualTo("old a daemon");
      assertThat(gate.status().open() + gate.status().groups().getFirst().total()).isPositive();
      gate.home(1, false);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "b")).isEqualTo("old b daemon");
    }
  }

  /** By a number that is another name's there, and by one that nobody has. */
  @ParameterizedTest
  @CsvSource({"2, bin", "60123, 60123"})
  void h11_after_a_release_who_has_another_number_on_the_other_host_is_that_user(
      int there, String name) throws Exception {
    Path state = directory.resolve("far/move");
    Files.createDirectories(state);
    InetAddress here = InetAddress.getByName("127.0.0.1");
    IdMap owners = IdMap.of(Map.of((long) DAEMON, (long) there), Map.of());
    MessageWriter told = new MessageWriter();
    new LandingOptions(here, 0, List.of(here), List.of(group()), owners).write(told);
    try (Landing landing =
            Landing.start(state, LandingOptions.read(new MessageReader(told.toBytes())));
        Gate gate = gate(() -> {})) {
      gate.hold(1, LONG);
      gate.release(1, new Destination(here, landing.port(), landing.token()), 0);
      // It takes what a service that has stopped did not accept.
      TestingPatience.await(
          "the end of its duplicates", () -> gate.status().groups().getFirst().duplicates() == 0);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "a")).isEqualTo("old a " + name);
      assertThat(TestingSocketServer.askAs(3, socket, "b")).as("by name").isEqualTo("old b sys");
      gate.home(1, false);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "c")).isEqualTo("old c daemon");
    }
  }

  @Test
  void h60_a_gate_for_the_way_back_finds_the_sockets_of_services_when_they_run() throws Exception {
    service.stop();
    Files.delete(run); // as on a host on which the service never ran
    List<PortGroup> groups = List.of(group());
    try (Gate gate =
        Gate.capture(
            directory.resolve("state/move"),
            groups,
            1,
            () -> {},
            0,
            null,
            ReleaseRecord.Keeper.NONE,
            false)) {
      assertThat(gate.renew(groups, 1, () -> {}, false)).isTrue();
      assertThatThrownBy(() -> gate.renew(groups, 1, () -> {}, true))
          .hasMessageContaining("is not there");
      for (int start = 1; start <= 2; start++) {
        Files.createDirectory(run);
        service.start();
        assertThat(gate.renew(groups, 1, () -> {}, true)).isTrue();
        gate.hold(1, LONG);
        CompletableFuture<String> waits = later(socket, "a");
        awaitHeld(gate, 1);
        gate.back(1);
        assertThat(TestingPatience.get(waits)).isEqualTo("old a daemon");
        service.stop();
        assertThatThrownBy(() -> gate.renew(groups, 1, () -> {}, true))
            .as("its folder is there, and nobody listens")
            .isInstanceOf(IOException.class);
        // As that of a unit goes with it, whatever is in there.
        Files.deleteIfExists(run.resolve(".service.sock.gate"));
        Files.delete(run);
      }
      Files.createDirectory(run);
    }
  }

  /** As MariaDB's server does. */
  @Test
  void a_service_that_does_not_start_while_somebody_answers_gets_its_name() throws Exception {
    Path state = directory.resolve("far/move");
    Files.createDirectories(state);
    InetAddress here = InetAddress.getByName("127.0.0.1");
    try (Landing landing =
            Landing.start(state, new LandingOptions(here, 0, List.of(here), List.of(group())));
        Gate gate = gate(() -> {})) {
      gate.clear(1, List.of("db"), LONG);
      assertThat(socket).as("nothing is released").exists();
      gate.hold(1, LONG);
      service.stop();
      gate.takeQueued(1);
      gate.release(1, new Destination(here, landing.port(), landing.token()), 0);
      gate.clear(1, List.of("another"), LONG);
      assertThat(socket).exists();
      gate.clear(1, List.of("db"), LONG);
      assertThatThrownBy(() -> TestingSocketServer.connect(socket)).isInstanceOf(IOException.class);
      Thread.sleep(20);
      service.start();
      // Who comes before the gate has the name again is the service's own client.
      TestingPatience.await("the gate's name", () -> gate.status().gapMillis() > 0);
      assertThat(gate.status().gapMillis()).as("told").isGreaterThanOrEqualTo(20);
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "a")).isEqualTo("old a daemon");
      assertThat(gate.status().groups().getFirst().total()).as("by the gate").isEqualTo(1);
      service.stop();
      gate.cover(1);
      assertThat(socket).as("who comes goes where the clients are").exists();
      TestingPatience.await(
          "its listener to go",
          () -> {
            gate.clear(1, List.of("db"), Duration.ofSeconds(1));
            return Files.notExists(socket);
          });
      TestingPatience.await("the name of one that does not start", () -> Files.exists(socket));
      service.start();
      gate.home(1, false);
    }
  }

  @Test
  void a_service_that_starts_behind_the_gate_gets_no_clients() throws Exception {
    try (Gate gate = gate(() -> {})) {
      gate.hold(1, LONG);
      service.stop();
      gate.takeQueued(1);
      Object gates = key(socket);
      service.start();
      TestingPatience.await("the gate's name again", () -> gates.equals(key(socket)));
      CompletableFuture<String> waits = later(socket, "a");
      awaitHeld(gate, 1);
      assertThat(service.served()).isZero();
      gate.back(1);
      assertThat(TestingPatience.get(waits)).isEqualTo("old a daemon");
    }
  }

  @Test
  void what_a_killed_gate_has_left_is_put_back_by_the_next_start() throws Exception {
    Path state = directory.resolve("state/move");
    // The names as they are in a hold, nobody who accepts, and a note.
    SocketName held = new SocketName(socket);
    int fd = held.open(true);
    held.take();
    Sockets.close(fd);
    assertThatThrownBy(() -> TestingSocketServer.askAs(DAEMON, socket, "a"))
        .as("nothing in the kernel undoes a name")
        .isInstanceOf(IOException.class);
    Path notes = Files.createDirectories(Limits.hostDirectory(state, SocketCapture.NOTES));
    Path note = Files.writeString(notes.resolve("1"), socket + "\n" + ProcessIdentity.own() + "\n");
    SocketCapture.cleanUp(notes, false);
    assertThat(note).as("its process lives").exists();
    Files.writeString(note, socket + "\n1 1\n");
    Leftovers.of(state, false);
    assertThat(TestingSocketServer.askAs(DAEMON, socket, "b")).isEqualTo("old b daemon");
    try (Stream<Path> left = Files.list(run)) {
      assertThat(left).containsExactly(socket);
    }
    assertThat(note).doesNotExist();
  }

  @Test
  void a_gate_that_ends_without_a_word_gives_the_name_to_a_service_that_lives() throws Exception {
    try (SocketName name = new SocketName(socket)) {
      int fd = name.open(true);
      name.take();
      assertThat(name.isOurs()).isTrue();
      name.leave();
      assertThat(name.isOurs()).isFalse();
      assertThat(TestingSocketServer.askAs(DAEMON, socket, "a")).isEqualTo("old a daemon");
      name.take();
      service.stop();
      name.leave();
      assertThat(name.isOurs()).as("another gate will want it").isTrue();
      Sockets.close(fd);
    }
  }

  @Test
  void what_is_no_socket_is_refused() throws Exception {
    service.stop();
    assertThatThrownBy(() -> gate(() -> {})).hasMessageContaining("is not there");
    Files.writeString(socket, "");
    assertThatThrownBy(() -> gate(() -> {})).hasMessageContaining("something else than a socket");
    Files.delete(socket);
  }
}
