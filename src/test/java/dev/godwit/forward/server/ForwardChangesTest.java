package dev.godwit.forward.server;

import static dev.godwit.TestingPatience.await;
import static dev.godwit.forward.server.TestingRules.rule;
import static dev.godwit.forward.server.TestingRules.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.TestingPorts;
import dev.godwit.forward.ForwardStatus;
import dev.godwit.forward.GroupMode;
import dev.godwit.forward.rules.Endpoints;
import dev.godwit.forward.rules.ForwardRules;
import dev.godwit.host.Host;
import dev.godwit.host.HostException;
import dev.godwit.host.LocalHost;
import dev.godwit.linux.Identity;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rules that are read again while another host does not answer. */
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardChangesTest {
  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch answers = new CountDownLatch(1);
  private ServerSocket service;
  private ForwardServer forward;

  @BeforeEach
  void start() throws Exception {
    service = closing(new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1")));
    TestingEcho.serve(service);
    forward = closing(ForwardServer.start(near("web"), this::connect, log::add));
  }

  @AfterEach
  void end() throws Exception {
    answers.countDown();
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  private <T extends AutoCloseable> T closing(T one) {
    opened.add(one);
    return one;
  }

  private Host connect(String destination) throws HostException {
    asked.countDown();
    try {
      if (!answers.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)) {
        throw new HostException("no answer from " + destination);
      }
    } catch (InterruptedException e) {
      throw new HostException("interrupted");
    }
    return new LocalHost("via", List.of(new ConnectAbility()));
  }

  private ForwardRules near(String... names) {
    return rules(
        List.of(names).stream()
            .map(name -> rule(name, "listen", "127.0.0.1:0", "to", to()))
            .toArray(dev.godwit.forward.rules.ForwardRule[]::new));
  }

  /** With one more that goes by another host. */
  private ForwardRules far() {
    return rules(
        rule("web", "listen", "127.0.0.1:0", "to", to()),
        rule("far", "listen", "127.0.0.1:0", "to", to(), "via", "slow"));
  }

  private String to() {
    return "127.0.0.1:" + service.getLocalPort();
  }

  /** Waits for the other host. */
  private CompletableFuture<Void> reload(ForwardRules changed) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try {
                forward.reload(changed);
                done.complete(null);
              } catch (IOException e) {
                done.completeExceptionally(e);
              }
            });
    return done;
  }

  private CompletableFuture<Void> slowReload() throws InterruptedException {
    CompletableFuture<Void> done = reload(far());
    assertThat(asked.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    return done;
  }

  private void assertServed() throws IOException {
    InetSocketAddress at = forward.addresses().getFirst();
    try (Socket client = new Socket(at.getAddress(), at.getPort())) {
      client.setSoTimeout(TestingPatience.MILLIS);
      client.getOutputStream().write(7);
      assertThat(client.getInputStream().read()).isEqualTo(7);
    }
  }

  private void reload(String... listens) throws IOException {
    List<String> all = new ArrayList<>();
    for (String listen : listens) {
      all.addAll(List.of("listen", listen));
    }
    all.addAll(List.of("to", to()));
    forward.reload(rules(rule("web", all.toArray(String[]::new))));
  }

  @Test
  void a_unix_socket_that_stays_gets_the_mode_and_owner_of_the_changed_rules() throws Exception {
    assumeTrue(Identity.isRoot(), "only root gives a file to another owner");
    Path path = folder.resolve("socket");
    reload("unix:" + path + ",mode=0666,owner=12,group=34");
    Object socket = Files.getAttribute(path, "unix:ino");
    assertThat(dress(path)).isEqualTo("rw-rw-rw- 12 34");
    reload("unix:" + path);
    assertThat(dress(path)).isEqualTo("rw------- 0 0");
    Path second = folder.resolve("second");
    reload("unix:" + path, "unix:" + second);
    Files.delete(second); // the second of the two changes cannot be made, so neither is
    assertThatThrownBy(() -> reload("unix:" + path + ",mode=0660", "unix:" + second + ",mode=0660"))
        .hasMessageContaining("unable to set owner, group or mode of unix:" + second + ": it was");
    assertThat(dress(path)).isEqualTo("rw------- 0 0");
    assertThat(Files.getAttribute(path, "unix:ino")).isEqualTo(socket);
    reload("unix:" + path + ",mode=0660");
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      client.write(ByteBuffer.wrap(new byte[] {7}));
      assertThat(Channels.newInputStream(client).read()).isEqualTo(7);
    }
  }

  private static String dress(Path path) throws IOException {
    Map<String, Object> all = Files.readAttributes(path, "unix:uid,gid,permissions");
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path))
        + " "
        + all.get("uid")
        + " "
        + all.get("gid");
  }

  @Test
  void a_port_that_this_forwarder_has_itself_is_told_as_that() throws Exception {
    int port = TestingPorts.free();
    reload("127.0.0.1:" + port);
    assertThatThrownBy(() -> reload(":" + port))
        .hasMessageStartingWith("unable to listen on *:" + port + ": this forwarder itself ");
    assertServed();
  }

  @Test
  void a_group_of_more_connections_than_there_are_descriptors_for_is_refused() throws Exception {
    String[] many = {"listen", "127.0.0.1:0", "to", "unix:/run/none", "max", "9000000"};
    assertThatThrownBy(() -> forward.reload(rules(rule("web", many))))
        .hasMessageContaining("unable to serve 9000000 connections at once: ");
    assertServed();
  }

  private List<String> names() throws InterruptedException {
    return forward.status().groups().stream().map(ForwardStatus.Group::name).toList();
  }

  @Test
  void h50_a_lease_ends_and_a_status_is_told_while_a_reload_waits() throws Exception {
    CompletableFuture<Void> reload = slowReload();
    forward.hold("web", Duration.ofMillis(300));
    assertThat(forward.status().groups().getFirst().mode()).isEqualTo(GroupMode.HOLD);
    assertServed();
    await(() -> log.contains("web: the hold has ended by its limit"));
    forward.hold("web", Duration.ofSeconds(60));
    forward.release("web", null, 0, false);
    assertServed();
    assertThat(reload.isDone()).isFalse();
    assertThat(names()).containsExactly("web");
    answers.countDown();
    TestingPatience.get(reload);
    assertThat(names()).containsExactly("web", "far");
    assertServed();
  }

  @Test
  void a_hold_that_began_while_a_reload_waited_goes_on_after_it() throws Exception {
    CompletableFuture<Void> reload = slowReload();
    forward.hold("web", Duration.ofSeconds(60));
    answers.countDown();
    TestingPatience.get(reload);
    assertThat(forward.status().groups().getFirst().mode()).isEqualTo(GroupMode.HOLD);
    forward.release("web", null, 0, false);
    assertServed();
  }

  @Test
  void nobody_can_come_to_a_new_socket_before_all_is_found() throws Exception {
    int port = TestingPorts.free();
    CompletableFuture<Void> reload =
        reload(
            rules(
                rule("new", "listen", "127.0.0.1:" + port, "to", to()),
                rule("far", "listen", "127.0.0.1:0", "to", to(), "via", "slow")));
    assertThat(asked.await(TestingPatience.MILLIS, TimeUnit.MILLISECONDS)).isTrue();
    assertThatThrownBy(() -> new Socket("127.0.0.1", port).close())
        .isInstanceOf(ConnectException.class);
    answers.countDown();
    TestingPatience.get(reload);
    new Socket("127.0.0.1", port).close();
  }

  @Test
  void changes_come_one_after_the_other() throws Exception {
    CompletableFuture<Void> first = slowReload();
    CompletableFuture<Void> second = reload(near("web", "last"));
    CompletableFuture<Void> release =
        CompletableFuture.runAsync(
            () -> {
              try {
                forward.release("web", Endpoints.target(to()), 0, false);
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    assertServed();
    answers.countDown();
    TestingPatience.get(first);
    TestingPatience.get(second);
    TestingPatience.get(release);
    assertThat(names()).contains("web", "last");
    assertServed();
  }

  @Test
  void a_process_that_ends_meanwhile_does_not_listen_again() throws Exception {
    CompletableFuture<Void> reload = slowReload();
    assertThat(forward.drain(Duration.ZERO)).isZero();
    answers.countDown();
    assertThatThrownBy(() -> TestingPatience.get(reload))
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("this process is ending");
    assertThat(forward.addresses()).isEmpty();
  }

  @Test
  void the_same_rules_read_again_end_a_release_to_elsewhere_and_nothing_else() throws Exception {
    InetAddress here = InetAddress.getByName("127.0.0.1");
    InetSocketAddress at = forward.addresses().getFirst();
    try (ServerSocket elsewhere = new ServerSocket(0, 50, here);
        Socket there = new Socket(at.getAddress(), at.getPort())) {
      there.getOutputStream().write(1);
      assertThat(there.getInputStream().read()).isEqualTo(1);
      forward.release("web", Endpoints.target("127.0.0.1:" + elsewhere.getLocalPort()), 0, false);
      try (Socket sent = new Socket(at.getAddress(), at.getPort());
          Socket reached = elsewhere.accept()) {
        // Until something has gone through, it may be no more than taken by the kernel.
        sent.getOutputStream().write(1);
        assertThat(reached.getInputStream().read()).isEqualTo(1);
        forward.hold("web", Duration.ofSeconds(60));
        forward.reload(near("web"));
        ForwardStatus.Group group = forward.status().groups().getFirst();
        assertThat(group.mode()).isEqualTo(GroupMode.HOLD);
        assertThat(group.open()).isEqualTo(2);
        assertThat(group.total()).isEqualTo(2);
        assertThat(group.to()).hasSize(2);
        assertThat(group.to().getFirst().display()).isEqualTo(to());
        assertThat(group.to().getLast().left()).isTrue();
        forward.release("web", null, 0, false);
        assertServed();
        reached.getOutputStream().write(2);
        assertThat(sent.getInputStream().read()).isEqualTo(2);
        there.getOutputStream().write(3);
        assertThat(there.getInputStream().read()).isEqualTo(3);
      }
    }
  }

  @Test
  void who_hands_over_says_which_release_the_next_process_does_not_know_of() throws Exception {
    forward.release("web", Endpoints.target("127.0.0.1:9"), 0, false);
    forward.handOver();
    assertThat(log)
        .anyMatch(line -> line.startsWith("web: ") && line.contains("release --to 127.0.0.1:9"));
  }
}
