package dev.godwit.forward.ladder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.Limits;
import dev.godwit.forward.Note;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.TestingRung;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardDefaults;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.forward.rules.RuleBuilder;
import dev.godwit.forward.server.ForwardServer;
import dev.godwit.host.RuntimeDirectory;
import dev.godwit.linux.Errno;
import dev.godwit.linux.LinuxException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients, a forwarder and two services, each on a host of its own; the kernel takes over. */
@Timeout(TestingPatience.TEST_SECONDS)
final class KernelHandOverTest {
  private static final int PORT = 8080;
  private static final int LATER = 8081;

  private TestingNamespace clients;
  private TestingNamespace middle;
  private TestingNamespace fresh;
  private TestingServer before;
  private TestingServer after;
  private @Nullable ForwardServer started;
  private final List<String> log = new CopyOnWriteArrayList<>();

  @BeforeEach
  void hosts() throws Exception {
    clients = new TestingNamespace();
    middle = new TestingNamespace();
    fresh = new TestingNamespace();
    middle.connectTo(clients, 8);
    middle.connectTo(fresh, 9);
    before = TestingServer.start(fresh, "before", "::", PORT);
    after = TestingServer.start(fresh, "after", "::", LATER);
    routes("1");
  }

  @AfterEach
  void nothingStays() throws Exception {
    end();
    assertThat(TestingRung.rules(middle)).doesNotContain("godwit").doesNotContain("8081");
    // Who uses a client's port again would be handed over, in the middle of what he says too.
    assertThat(
            TestingNamespace.command(
                "ip", "netns", "exec", middle.name, "cat", "/proc/net/nf_conntrack"))
        .doesNotContainPattern("dport=%d src=.* sport=%d".formatted(PORT, LATER));
    before.close();
    after.close();
    clients.close();
    middle.close();
    fresh.close();
  }

  private void end() throws Exception {
    inside(
        middle,
        () -> {
          ForwardServer one = started;
          if (one != null) {
            one.close();
          }
          return null;
        });
  }

  private void routes(String on) throws Exception {
    inside(
        middle,
        () -> {
          Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), on);
          Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), on);
          return null;
        });
  }

  private static <T> T inside(TestingNamespace where, Callable<T> what) throws Exception {
    return where.call(what);
  }

  private static ForwardRules rules(String listen, String to) {
    RuleBuilder rule = new RuleBuilder("web");
    rule.add("listen", listen);
    rule.add("to", to);
    rule.add("client-address", "plain");
    return new ForwardRules(List.of(rule.build()), 0, ForwardDefaults.DRAIN_LIMIT, null, null);
  }

  private void forward(String listen, String to) throws Exception {
    started = inside(middle, () -> ForwardServer.start(rules(listen, to), log::add));
  }

  private ForwardServer forward() {
    return Objects.requireNonNull(started);
  }

  private void release(String to) throws Exception {
    inside(
        middle,
        () -> {
          forward().release("web", Endpoints.target(to), 0, true);
          return null;
        });
  }

  private String ask(String address, String what) throws Exception {
    return inside(clients, () -> TestingClient.ask(address, PORT, what));
  }

  private ForwardStatus.Group status() throws Exception {
    return inside(middle, () -> forward().status().groups().getFirst());
  }

  @ParameterizedTest
  @ValueSource(strings = {"nftables", "iptables"})
  void new_connections_go_past_the_forwarder_and_old_ones_are_not_touched(String tool)
      throws Exception {
    System.setProperty(Ladder.TOOL_PROPERTY, tool);
    try {
      boolean four = tool.equals("iptables");
      String service = four ? "10.9.0.2" : "[fd09::2]";
      String us = four ? "10.8.0.1" : "fd08::1";
      forward(":" + PORT, service + ":" + PORT);
      assertThat(ask(us, "a")).startsWith("before a");
      try (Socket there = inside(clients, () -> new Socket(us, PORT))) {
        awaitOpen(1);
        release(service + ":" + LATER);
        assertThat(status().kernel()).startsWith("by " + tool);
        long relayed = status().total();
        String answer = ask(us, "b");
        assertThat(answer).startsWith("after b " + (four ? "10.9.0.1" : "fd09:"));
        assertThat(status().total()).as("nobody came to us").isEqualTo(relayed);
        try (Socket handed = inside(clients, () -> new Socket(us, PORT))) {
          Thread.sleep(700);
          assertThat(status().kernelOpen()).isEqualTo(1);
          // Renewed: what is not is void after its life.
          Thread.sleep(PacketFilter.LIFE.plusSeconds(1));
          assertThat(ask(us, "c")).startsWith("after c");
          assertThat(status().total()).isEqualTo(relayed);
          assertThat(say(there, "d")).startsWith("before d");
          inside(
              middle,
              () -> {
                forward().hold("web", Duration.ofMillis(200));
                return null;
              });
          assertThat(status().kernel()).isEmpty();
          assertThat(ask(us, "e")).startsWith("after e");
          assertThat(status().total()).as("by us again").isEqualTo(relayed + 1);
          assertThat(say(handed, "f")).as("not cut by that").startsWith("after f");
        }
      }
    } finally {
      System.clearProperty(Ladder.TOOL_PROPERTY);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"nftables", "iptables"})
  void rules_that_somebody_has_removed_are_put_up_again(String tool) throws Exception {
    System.setProperty(Ladder.TOOL_PROPERTY, tool);
    try {
      forward(":" + PORT, "10.9.0.2:" + PORT);
      release("10.9.0.2:" + LATER);
      TestingNamespace.command(middle.inside("nft", "flush", "ruleset").toArray(String[]::new));
      TestingPatience.await(() -> status().kernel().contains("put up again at"));
      long relayed = status().total();
      assertThat(ask("10.8.0.1", "a")).startsWith("after a");
      assertThat(status().total()).as("nobody came to us").isEqualTo(relayed);
    } finally {
      System.clearProperty(Ladder.TOOL_PROPERTY);
    }
  }

  /** Here the note before the rules waits, for somebody to read it. */
  @Test
  void h50_a_lease_ends_and_a_status_is_told_while_the_rules_are_put_up() throws Exception {
    forward(":" + PORT, "10.9.0.2:" + PORT);
    Path note = notes().resolve("godwit_pass_8080");
    Files.createDirectories(notes());
    String unused = TestingNamespace.command("mkfifo", note.toString());
    CompletableFuture<Void> release = apart(() -> release("10.9.0.2:" + LATER));
    TestingPatience.await("the note", KernelHandOverTest::isNoteBeingWritten);
    CompletableFuture<Void> hold =
        apart(
            () ->
                inside(
                    middle,
                    () -> {
                      forward().hold("web", Duration.ofMillis(100));
                      return null;
                    }));
    try {
      TestingPatience.await(() -> log.contains("web: the hold has ended by its limit"));
      assertThat(status().mode()).isEqualTo(GroupMode.PASS);
      assertThat(release.isDone()).isFalse();
    } finally {
      String read = Files.readString(note);
      assertThat(read).startsWith("nftables");
    }
    TestingPatience.get(release);
    TestingPatience.get(hold);
    TestingPatience.await("the lease, which came later", () -> status().kernel().isEmpty());
    assertThat(ask("10.8.0.1", "a")).startsWith("after a");
    assertThat(status().total()).as("by us").isEqualTo(1);
  }

  private static boolean isNoteBeingWritten() {
    return Thread.getAllStackTraces().values().stream()
        .flatMap(Stream::of)
        .anyMatch(frame -> frame.getClassName().equals(Note.class.getName()));
  }

  private interface Order {
    void give() throws Exception;
  }

  private static CompletableFuture<Void> apart(Order order) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                order.give();
                done.complete(null);
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private Path notes() throws Exception {
    return inside(
        middle,
        () -> Limits.hostDirectory(RuntimeDirectory.OF_ROOT.resolve("any"), FilterNotes.NOTES));
  }

  private void awaitOpen(int count) throws Exception {
    TestingPatience.await(count + " connections", () -> status().open() >= count);
    assertThat(status().open()).isEqualTo(count);
  }

  private static String say(Socket there, String what) throws Exception {
    there.getOutputStream().write((what + "\n").getBytes(StandardCharsets.UTF_8));
    InputStream in = there.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void what_only_a_relay_can_do_is_relayed_with_the_reason() throws Exception {
    routes("0");
    forward(":" + PORT, "10.9.0.2:" + PORT);
    release("10.9.0.2:" + LATER);
    assertThat(status().kernel()).isEmpty();
    assertThat(status().kernelWhy()).contains("net.ipv4.ip_forward is 0");
    assertThat(ask("10.8.0.1", "a")).startsWith("after a");
    end();
    forward("10.8.0.1:" + PORT, "10.9.0.2:" + PORT);
    release("10.9.0.2:" + LATER);
    assertThat(status().kernelWhy()).contains("is not a TCP port of all addresses");
  }

  @Test
  void what_a_killed_forwarder_has_left_is_removed_by_the_next_start() throws Exception {
    forward(":" + PORT, "10.9.0.2:" + PORT);
    release("10.9.0.2:" + LATER);
    assertThat(TestingRung.rules(middle)).contains("godwit_pass_8080");
    Path notes = notes();
    Path note = notes.resolve("godwit_pass_8080");
    String tool = Files.readAllLines(note).getFirst();
    inside(
        middle,
        () -> {
          FilterNotes.cleanUp(notes);
          return null;
        });
    assertThat(note).as("its process lives").exists();
    Files.writeString(note, tool + "\n1 1\n");
    inside(
        middle,
        () -> {
          FilterNotes.cleanUp(notes);
          return null;
        });
    assertThat(note).doesNotExist();
    assertThat(TestingRung.rules(middle)).doesNotContain("godwit");
    assertThat(ask("10.8.0.1", "a")).as("by us again").startsWith("after a");
    assertThat(notes).doesNotExist();
  }

  @Test
  void who_was_handed_over_a_moment_before_a_hold_is_not_cut() throws Exception {
    forward(":" + PORT, "10.9.0.2:" + PORT);
    release("10.9.0.2:" + LATER);
    assertThat(status().kernelOpen()).isZero(); // and is not asked again for half a second
    try (Socket handed = inside(clients, () -> new Socket("10.8.0.1", PORT))) {
      inside(
          middle,
          () -> {
            forward().hold("web", Duration.ofMillis(200));
            return null;
          });
      assertThat(say(handed, "a")).startsWith("after a");
    }
  }

  @Test
  void where_the_kernel_does_not_tell_somebody_may_be_there() throws Exception {
    inside(
        middle,
        () -> {
          Path notes =
              Limits.hostDirectory(RuntimeDirectory.OF_ROOT.resolve("any"), FilterNotes.NOTES);
          try (KernelHandOver one =
              KernelHandOver.start(
                  notes,
                  Map.of(PORT, new InetSocketAddress("10.9.0.2", LATER)),
                  Map.of(),
                  to -> {
                    throw new LinuxException("netlink", "connection tracking", Errno.EINVAL);
                  })) {
            one.stop();
            assertThat(one.open()).isEqualTo(-1);
            assertThat(one.isOver()).isFalse();
          }
          return null;
        });
  }

  @Test
  void the_same_rules_read_again_end_it() throws Exception {
    forward(":" + PORT, "10.9.0.2:" + PORT);
    release("10.9.0.2:" + LATER);
    assertThat(status().kernel()).isNotEmpty();
    assertThat(ask("10.8.0.1", "a")).startsWith("after a");
    inside(
        middle,
        () -> {
          forward().reload(rules(":" + PORT, "10.9.0.2:" + PORT));
          return null;
        });
    assertThat(status().kernel()).isEmpty();
    assertThat(ask("10.8.0.1", "b")).startsWith("before b");
  }
}
