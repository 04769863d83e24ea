package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.Limits;
import dev.godwit.forward.TestingCrowd;
import dev.godwit.forward.TestingHang;
import dev.godwit.forward.TestingNamespace;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code godwit forward} as a program: a hold while 2,000 clients a second come. */
@Tag("lab")
@Tag("proof")
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardHoldLabTest extends TestingForwardHold {
  private static final int COUNT = 3 * PER_SECOND;

  /** What a release lets go at a time. */
  private static final int IN_FLIGHT = 64;

  private TestingForward forward(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("9700", "127.0.0.1:9701", "--control", control()));
    all.addAll(List.of(options));
    TestingForward forward = TestingForward.start(namespace, all.toArray(String[]::new));
    opened.add(forward);
    return forward;
  }

  private static void assertNoneFailed(TestingCrowd crowd) {
    assertThat(crowd.failures.size()).as(crowd.toString()).isZero();
  }

  /**
   * As exact as attempts that are under way together can be told apart: packets of two of them may
   * go by different processors. Several loops go side by side.
   */
  private static void assertInOrder(List<Integer> numbers) {
    if (Runtime.getRuntime().availableProcessors() <= 2) {
      for (int i = 0; i < numbers.size(); i++) {
        assertThat(Math.abs(numbers.get(i) - i))
            .as("client %d was served as number %d", numbers.get(i), i)
            .isLessThanOrEqualTo(IN_FLIGHT);
      }
    }
  }

  @Test
  void h50_h55_all_who_came_in_a_hold_of_three_seconds_are_served_in_order() throws Exception {
    TestingCrowd.Service service = service();
    forward();
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd crowd = crowd(COUNT);
    awaitHeld(COUNT);
    assertThat(service.numbers()).as("nobody gets through a hold").isEmpty();
    command("release", "-p", control());
    crowd.await();
    System.out.println(crowd);
    crowd.assertRate();
    assertNoneFailed(crowd);
    assertThat(service.numbers()).hasSize(COUNT);
    assertInOrder(service.numbers());
    assertThat(command("status", "-p", control())).contains("0 refused");
  }

  /** A heap of 512 MiB, and two descriptors each. */
  @Test
  void h51_as_many_as_the_descriptors_allow_wait_and_one_more_is_refused_at_once()
      throws Exception {
    TestingCrowd.Service service = service();
    TestingForward forward =
        TestingForward.startWith(
            namespace, List.of("-Xmx512m"), "9700", "127.0.0.1:9701", "--control", control());
    opened.add(forward);
    int most = namespace.call(() -> Math.min(Limits.guests(), Limits.ports()));
    command("hold", "-p", control(), "--limit", "100s");
    TestingCrowd crowd = crowd(most);
    awaitHeld(most);
    TestingCrowd beyond = crowd(1);
    beyond.await();
    assertThat(beyond.failures.values()).singleElement().asString().contains("reset");
    assertThat(crowd.failures).isEmpty();
    assertThat(service.numbers()).as("nobody gets through a hold").isEmpty();
    command("release", "-p", control());
    crowd.await();
    assertNoneFailed(crowd);
    System.out.println(most + " were held at once");
    assertThat(service.numbers()).hasSize(most);
    assertThat(command("status", "-p", control())).contains("1 refused");
    assertThat(forward.process.isAlive()).isTrue();
  }

  /** Whoever asked for the hold is gone at once, and comes no more. */
  @Test
  void h50_without_whoever_asked_for_it_the_hold_ends_and_all_are_served_in_order()
      throws Exception {
    TestingCrowd.Service service = service();
    TestingForward forward = forward();
    command("hold", "-p", control(), "--limit", "3s");
    TestingCrowd crowd = crowd(COUNT);
    crowd.await();
    forward.await("the hold has ended by its limit");
    assertNoneFailed(crowd);
    assertThat(service.numbers()).hasSize(COUNT);
    assertInOrder(service.numbers());
  }

  /** Who was held is reset, who comes while nobody accepts waits for the next one. */
  @Test
  void after_a_kill_in_a_hold_the_supervisor_starts_it_again_and_clients_are_served()
      throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    long first = child(forward);
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd lost = crowd(1000);
    awaitHeld(1000);
    TestingNamespace.command("kill", "-KILL", Long.toString(first));
    lost.await();
    assertThat(lost.failures.size()).as("a connection dies with its process").isEqualTo(1000);
    TestingCrowd meanwhile = crowd(500);
    meanwhile.await();
    assertNoneFailed(meanwhile);
    forward.await("has ended with status 137");
    TestingPatience.await("the next one", () -> forward.count("connections at once") >= 2);
    assertThat(child(forward)).isNotEqualTo(first);
    TestingCrowd later = crowd(COUNT);
    later.await();
    assertNoneFailed(later);
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  /** A forwarder dies again and again while clients come without a pause. */
  @Test
  void a_crash_of_the_forwarder_refuses_nobody() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    List<TestingCrowd> crowds = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      long one = child(forward);
      // Connections that are open die with their process, so none is: the crowd comes after it.
      TestingNamespace.command("kill", "-KILL", Long.toString(one));
      for (int j = 0; j < 5; j++) {
        TestingCrowd crowd = crowd(100);
        crowds.add(crowd);
        crowd.await();
      }
      assertThat(child(forward)).isNotEqualTo(one);
    }
    for (TestingCrowd crowd : crowds) {
      assertNoneFailed(crowd);
    }
    assertThat(forward.count("took over 2 listening sockets")).isEqualTo(4);
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
    assertThat(TestingNamespace.command(namespace.inside("ss", "-Hltn").toArray(String[]::new)))
        .doesNotContain(":9700");
  }

  /** A loop that stands still for longer than a second, by a system call that does not return. */
  @Test
  void a_forwarder_whose_loop_hangs_ends_itself_and_is_started_again() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    long hanging = child(forward);
    try (TestingHang hang = new TestingHang(hanging, "forward loop 0")) {
      forward.await("a loop has not turned for a second");
    }
    forward.await("has ended with status 70");
    TestingPatience.await("the next one", () -> forward.count("connections at once") >= 2);
    TestingCrowd crowd = crowd(100);
    crowd.await();
    assertNoneFailed(crowd);
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  /** As systemd ends a unit of its own accord, and a shell a job: all its processes at once. */
  @Test
  void one_signal_to_a_forwarder_and_its_supervisor_is_one_order_to_drain() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    Socket open = namespace.call(() -> new Socket("127.0.0.1", 9700));
    try (open) {
      awaitOne();
      long child = child(forward);
      forward.signal("TERM");
      forward.await("draining 1 connection");
      TestingNamespace.command("kill", "-TERM", Long.toString(child));
      assertThat(command("status", "-p", control())).contains("draining", "1 open");
    }
    assertThat(forward.ended()).isZero();
    assertThat(forward.count("reset")).isZero();
  }

  private void awaitOne() throws Exception {
    TestingPatience.await(
        "a connection", () -> command("status", "-p", control()).contains("1 open, 0 held"));
  }

  @Test
  void a_second_signal_to_a_supervisor_ends_what_drains() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    try (Socket open = namespace.call(() -> new Socket("127.0.0.1", 9700))) {
      awaitOne();
      forward.signal("TERM");
      forward.await("a second signal ends them at once");
      forward.signal("TERM");
      assertThat(forward.ended()).isZero();
      forward.await("1 connection is reset");
      assertThat(open.isConnected()).isTrue();
    }
  }

  @Test
  void what_ends_with_a_forwarder_that_dies_is_told_by_the_next() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    Path keeper =
        ForwardControl.SOCKETS
            .pathOf(forward.pid())
            .resolveSibling(Path.of("..", "_keeper", forward.pid() + ".sock"));
    String release = "release forward --to localhost:9701";
    command("release", "-p", control(), "--to", "localhost:9701");
    TestingPatience.await("its note", () -> SocketKeeper.noted(keeper).equals(release));
    TestingNamespace.command("kill", "-KILL", Long.toString(child(forward)));
    forward.await("ended with the process before, to be asked for again if need be: " + release);
    TestingPatience.await("the next one", () -> forward.count("connections at once") >= 2);
    assertThat(SocketKeeper.noted(keeper)).as("told once").isEmpty();
    command("close", "-p", control());
    TestingPatience.await("its note", () -> SocketKeeper.noted(keeper).equals("close forward"));
    command("release", "-p", control());
    TestingPatience.await("its note", () -> SocketKeeper.noted(keeper).isEmpty());
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  /** Killed by a person, or by a host that is out of memory. */
  @Test
  void a_forwarder_whose_supervisor_was_killed_says_so_and_obeys_alone() throws Exception {
    service();
    // A program that ends is not read any more, although another one goes on with its output.
    List<String> reader = List.of("sh", "-c", "\"$@\"; cat", "sh");
    List<String> words = List.of("9700", "127.0.0.1:9701", "--control", control(), "--supervise");
    TestingForward forward =
        TestingForward.startUnder(namespace, reader, List.of(), words.toArray(String[]::new));
    opened.add(forward);
    long supervisor = child(forward.pid());
    long child = child(supervisor);
    opened.add(() -> ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly));
    try (Socket open = namespace.call(() -> new Socket("127.0.0.1", 9700))) {
      awaitOne();
      TestingNamespace.command("kill", "-KILL", Long.toString(supervisor));
      forward.await(
          "the supervisor (process %d) has died: this process (%d) goes on"
              .formatted(supervisor, child));
      assertThat(command("status", "-p", control())).contains("serving");
      TestingNamespace.command("kill", "-TERM", Long.toString(child));
      forward.await("draining 1 connection");
      assertThat(forward.count("the supervisor does not")).isZero();
      TestingNamespace.command("kill", "-TERM", Long.toString(child));
      forward.await("1 connection is reset");
      assertThat(open.isConnected()).isTrue();
    }
  }

  /** The first one would read them, and who is started again would find nothing. */
  @Test
  void rules_that_can_be_read_once_are_refused_by_a_supervisor() throws Exception {
    Process piped = TestingForward.spawn(namespace, "--supervise", "-c", "/dev/stdin");
    opened.add(() -> piped.destroyForcibly().waitFor());
    try (var rules = piped.outputWriter()) {
      rules.write("forwards: { web: { listen: 9700, to: localhost:9701 } }\n");
    } catch (IOException e) {
      assertThat(piped.isAlive()).as("it may end before it is told").isFalse();
    }
    assertThat(piped.waitFor(TestingPatience.LIMIT)).as("it ends by itself").isTrue();
    assertThat(new String(piped.getErrorStream().readAllBytes()))
        .contains("--supervise: /dev/stdin can be read once, and is read again at each start");
    assertThat(piped.exitValue()).isEqualTo(2);
  }

  /** The number that who started it has, and that systemd calls the main one. */
  @Test
  void a_supervised_forwarder_is_found_by_the_number_of_its_supervisor() throws Exception {
    service();
    TestingForward forward = forward("--supervise");
    String number = Long.toString(forward.pid());
    assertThat(command("status", "-p", number)).contains("forwarder " + child(forward));
    long first = child(forward);
    TestingNamespace.command("kill", "-KILL", Long.toString(first));
    TestingPatience.await("the next one", () -> forward.count("connections at once") >= 2);
    assertThat(command("status", "-p", number)).contains("forwarder " + child(forward));
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
    assertThat(ForwardControl.SOCKETS.named(number).toString()).endsWith(number + ".sock");
  }

  private TestingForward unread(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("9700", "127.0.0.1:9701"));
    all.addAll(List.of(options));
    TestingForward forward =
        TestingForward.startUnread(namespace, Path.of(control()), all.toArray(String[]::new));
    opened.add(forward);
    return forward;
  }

  /** As of a terminal that was stopped by Ctrl-S. */
  @Test
  void h50_a_hold_ends_and_a_status_is_told_when_nobody_reads_what_the_forwarder_says()
      throws Exception {
    service();
    TestingForward forward = unread();
    command("hold", "-p", control(), "--limit", "1s");
    TestingCrowd crowd = crowd(100);
    crowd.await();
    assertNoneFailed(crowd);
    CompletableFuture<String> status = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                status.complete(command("status", "-p", control()));
              } catch (Exception e) {
                status.completeExceptionally(e);
              }
            });
    assertThat(TestingPatience.get(status)).contains("0 refused");
    forward.read();
    forward.await("the hold has ended by its limit");
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  @Test
  void h50_a_forwarder_that_hangs_is_started_again_when_nobody_reads_what_is_said()
      throws Exception {
    service();
    TestingForward forward = unread("--supervise");
    long hanging = child(forward);
    try (TestingHang hang = new TestingHang(hanging, "forward loop 0")) {
      TestingPatience.await("its end", () -> ProcessHandle.of(hanging).isEmpty());
    }
    TestingCrowd crowd = crowd(100);
    crowd.await();
    assertNoneFailed(crowd);
    forward.signal("TERM");
    assertThat(forward.ended()).isZero();
  }

  @Test
  void what_cannot_begin_is_not_started_again() throws Exception {
    TestingForward holds = forward();
    assertThat(holds.process.isAlive()).isTrue();
    Process second = TestingForward.spawn(namespace, "9700", "127.0.0.1:9701", "--supervise");
    opened.add(() -> second.destroyForcibly().waitFor());
    assertThat(second.waitFor(TestingPatience.LIMIT)).as("it ends by itself").isTrue();
    String said = new String(second.getErrorStream().readAllBytes());
    assertThat(second.exitValue()).isNotZero();
    assertThat(said).contains("9700").doesNotContain("has ended with status");
  }

  /** A small host is not run over: so many a second and no more. */
  @Test
  void h55_a_release_with_a_rate_takes_its_time_and_keeps_the_order() throws Exception {
    TestingCrowd.Service service = service();
    forward();
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd crowd = crowd(400);
    awaitHeld(400);
    command("release", "-p", control(), "--rate", "200");
    long start = System.nanoTime();
    crowd.await();
    assertThat(System.nanoTime() - start).as("400 at 200 a second").isGreaterThan(1_500_000_000L);
    assertNoneFailed(crowd);
    assertInOrder(service.numbers());
  }

  private static long child(TestingForward forward) throws Exception {
    return child(forward.pid());
  }

  private static long child(long of) throws Exception {
    String children = Files.readString(Path.of("/proc/" + of + "/task/" + of + "/children"));
    // Java starts it from a thread of its own.
    if (children.isBlank()) {
      return ProcessHandle.of(of).orElseThrow().children().findFirst().orElseThrow().pid();
    }
    return Long.parseLong(children.strip());
  }
}
