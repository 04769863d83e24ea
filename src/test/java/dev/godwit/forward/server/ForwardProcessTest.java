package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.daemon.ControlSocket;
import dev.godwit.daemon.LogLines;
import dev.godwit.daemon.RequestException;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.host.HostException;
import dev.godwit.linux.Sockets;
import dev.godwit.linux.UnixSockets;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What a forwarder does when it is told to. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardProcessTest {
  @TempDir private Path directory;
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answers = new CountDownLatch(1);
  private volatile ForwardRules rules = TestingRules.rules();
  private volatile boolean isAnswered;

  private ForwardRules rules(@Nullable String via, Path control, @Nullable Integer metrics) {
    String[] plain = {"listen", "127.0.0.1:0", "to", "127.0.0.1:1"};
    String[] far = {"listen", "127.0.0.1:0", "to", "127.0.0.1:1", "via", "slow"};
    return with(List.of(rule("web", via == null ? plain : far)), control, metrics);
  }

  private static ForwardRules with(
      List<ForwardRule> rules, Path control, @Nullable Integer metrics) {
    return new ForwardRules(
        rules,
        0,
        ForwardDefaults.DRAIN_LIMIT,
        control,
        metrics == null ? null : new InetSocketAddress(InetAddress.getLoopbackAddress(), metrics));
  }

  private CompletableFuture<Integer> run(ForwardProcess process) {
    return run(process, null);
  }

  private static CompletableFuture<Integer> run(ForwardProcess process, @Nullable Path takeOver) {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                ended.complete(process.run(takeOver));
              } catch (Exception e) {
                ended.completeExceptionally(e);
              }
            });
    return ended;
  }

  private ForwardProcess process() {
    return new ForwardProcess(
        () -> rules,
        destination -> {
          asked.countDown();
          try {
            if (!answers.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)) {
              throw new HostException("no answer");
            }
          } catch (InterruptedException e) {
            throw new HostException("interrupted");
          } finally {
            isAnswered = true;
          }
          throw new HostException("unable to reach " + destination);
        },
        null,
        LogLines.start("", log::add));
  }

  @Test
  void what_a_reload_cannot_change_is_said() throws Exception {
    Path control = directory.resolve("control");
    Path other = directory.resolve("other");
    rules = rules(null, control, null);
    ForwardProcess process = process();
    CompletableFuture<Integer> ended = run(process);
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    process.order(ForwardProcess.Order.RELOAD);
    await(() -> log.contains("the rules were read again"));
    assertThat(log).noneMatch(line -> line.contains("restart"));
    rules = rules(null, other, 9100);
    process.order(ForwardProcess.Order.RELOAD);
    await(
        () ->
            log.contains(
                "the address of the metrics stays as it is without a setting until a restart, and"
                    + " is 127.0.0.1:9100 then"));
    assertThat(log)
        .contains(
            "the control socket stays " + control + " until a restart, and is " + other + " then");
    assertThat(ForwardControl.SOCKETS.ask(control, "status")).contains("web");
    assertThat(Files.exists(other)).isFalse();
    process.order(ForwardProcess.Order.END);
    assertThat(TestingPatience.get(ended)).isZero();
  }

  @Test
  void the_sockets_of_one_that_was_killed_are_removed_by_the_next() throws Exception {
    Process killed = new ProcessBuilder("true").start();
    assertThat(killed.waitFor()).isZero();
    Path left = ForwardControl.SOCKETS.pathOf(killed.pid());
    Path ofKeeper = new ControlSocket("keeper", "supervisor").pathOf(killed.pid());
    for (Path path : List.of(left, ofKeeper)) {
      int fd = UnixSockets.stream();
      UnixSockets.bind(fd, path, 0600);
      Sockets.close(fd);
    }
    rules = rules(null, directory.resolve("control"), null);
    ForwardProcess process = process();
    CompletableFuture<Integer> ended = run(process);
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    assertThat(left).doesNotExist();
    assertThat(ofKeeper).doesNotExist();
    process.order(ForwardProcess.Order.END);
    assertThat(TestingPatience.get(ended)).isZero();
  }

  @Test
  void where_nobody_listens_after_a_take_over_is_told() throws Exception {
    ForwardRule stays = rule("stays", "listen", "unix:" + directory.resolve("a"), "to", "[::1]:1");
    ForwardRule goes = rule("goes", "listen", "unix:" + directory.resolve("b"), "to", "[::1]:1");
    Path control = directory.resolve("control");
    rules = with(List.of(stays, goes), control, null);
    CompletableFuture<Integer> before = run(process());
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    rules = with(List.of(stays), directory.resolve("next"), null);
    ForwardProcess next = process();
    CompletableFuture<Integer> ended = run(next, control);
    assertThat(TestingPatience.get(before)).isZero();
    await(() -> log.stream().anyMatch(line -> line.startsWith("nobody listens")));
    assertThat(log)
        .contains(
            "nobody listens any more at unix:%s, where the process before did: no rule has it"
                .formatted(directory.resolve("b")));
    next.order(ForwardProcess.Order.END);
    assertThat(TestingPatience.get(ended)).isZero();
  }

  @Test
  void what_is_asked_of_it_and_can_never_be_done_is_told_apart() throws Exception {
    Path control = directory.resolve("control");
    rules = rules(null, control, null);
    ForwardProcess process = process();
    CompletableFuture<Integer> ended = run(process);
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    String itself =
        JsonMapper.shared()
            .readTree(ForwardControl.SOCKETS.ask(control, "status"))
            .at("/groups/0/listen/0")
            .asString();
    assertThatThrownBy(() -> ForwardControl.SOCKETS.ask(control, "release web to=" + itself))
        .hasMessage(
            "unable to release web to %1$s: it would call itself without an end (%1$s -> %1$s); it"
                + " stays in `pass`",
            itself);
    for (String wrong :
        List.of(
            "hold nosuch 5000ms",
            "hold web 400000ms",
            "hold web",
            "hold web soon",
            "release web to=" + itself,
            "release web by=nonsense",
            "release web by=nonsense to=127.0.0.1:1",
            "release web nonsense",
            "opens web")) {
      assertThatThrownBy(() -> ForwardControl.SOCKETS.ask(control, wrong))
          .as(wrong)
          .isInstanceOf(RequestException.class);
    }
    ForwardControl.SOCKETS.ask(control, "close web");
    assertThatThrownBy(() -> ForwardControl.SOCKETS.ask(control, "hold web 5000ms"))
        .as("right at another time")
        .isNotInstanceOf(RequestException.class)
        .hasMessageContaining("it is closed");
    process.order(ForwardProcess.Order.END);
    assertThat(TestingPatience.get(ended)).isZero();
  }

  /** A thread that is gone with its memory would be missed by nobody. */
  @Test
  void h85_a_forwarder_that_is_out_of_memory_ends() throws Exception {
    assertThat(Files.readAllLines(Path.of("godwit")))
        .filteredOn(line -> line.startsWith("  forward) "))
        .singleElement()
        .asString()
        .contains("-XX:+ExitOnOutOfMemoryError");
  }

  @Test
  void a_reload_that_waits_for_another_host_keeps_no_signal_waiting() throws Exception {
    Path control = directory.resolve("control");
    rules = rules(null, control, null);
    ForwardProcess process = process();
    CompletableFuture<Integer> ended = run(process);
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    rules = rules("slow", control, null);
    process.order(ForwardProcess.Order.RELOAD);
    assertThat(asked.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    assertThat(ForwardControl.SOCKETS.ask(control, "status")).contains("web");
    process.order(ForwardProcess.Order.DRAIN);
    assertThat(TestingPatience.get(ended)).isZero();
    assertThat(isAnswered).isFalse();
    answers.countDown();
  }

  @Test
  void one_with_a_control_socket_of_its_own_is_found_by_its_number() throws Exception {
    Path control = directory.resolve("control");
    rules = rules(null, control, null);
    ForwardProcess process = process();
    CompletableFuture<Integer> ended = run(process);
    await(() -> log.stream().anyMatch(line -> line.contains("connections at once")));
    String number = Long.toString(ProcessHandle.current().pid());
    assertThat(ForwardControl.SOCKETS.named(number)).isEqualTo(control);
    assertThat(ForwardControl.SOCKETS.running()).contains(control);
    process.order(ForwardProcess.Order.END);
    assertThat(TestingPatience.get(ended)).isZero();
    assertThat(ForwardControl.SOCKETS.named(number)).isNotEqualTo(control);
    assertThat(ForwardControl.SOCKETS.running()).doesNotContain(control);
  }
}
