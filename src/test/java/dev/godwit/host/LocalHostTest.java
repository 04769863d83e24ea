package dev.godwit.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.wire.Channel;
import dev.godwit.wire.PeerFailure;
import dev.godwit.wire.WireException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = TestingPatience.TEST_SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class LocalHostTest {
  private interface Body {
    void serve(Channel channel, byte[] argument) throws IOException, InterruptedException;
  }

  private static Ability ability(String name, Body body) {
    return new Ability() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public void serve(Channel channel, byte[] argument) throws IOException, InterruptedException {
        body.serve(channel, argument);
      }
    };
  }

  private static final List<Ability> ABILITIES =
      List.of(
          ability("echo", (channel, argument) -> channel.send(argument)),
          ability(
              "thread",
              (channel, argument) -> {
                Thread thread = Thread.currentThread();
                channel.send(
                    (thread.getName() + " " + thread.isDaemon() + " " + thread.isVirtual())
                        .getBytes(UTF_8));
              }),
          ability(
              "fails",
              (channel, argument) -> {
                throw new IOException("the disk is full");
              }),
          ability(
              "bug",
              (channel, argument) -> {
                throw new IllegalStateException("secret inside");
              }),
          ability("deaf", (channel, argument) -> {}),
          ability(
              "waits",
              (channel, argument) -> {
                while (channel.receive() != null) {
                  // taken
                }
              }));

  private final LocalHost host = new LocalHost("new", ABILITIES);

  @Test
  void answers_and_names() throws Exception {
    assertThat(host.name()).isEqualTo("new (this host)");
    assertThat(host.isLocal()).isTrue();
    assertThat(host.call("echo", "x".getBytes(UTF_8))).asString(UTF_8).isEqualTo("x");
    assertThat(host.call("thread", new byte[0]))
        .asString(UTF_8)
        .isEqualTo("godwit thread on new (this host) true false");
  }

  @Test
  void an_exception_is_the_channels_failure() {
    assertThatThrownBy(() -> host.call("fails", new byte[0]))
        .isInstanceOfSatisfying(
            PeerFailure.class, e -> assertThat(e.reason()).isEqualTo("the disk is full"))
        .hasMessage("new (this host): the disk is full");
  }

  @Test
  void h43_a_bugs_words_stay_on_the_host() {
    Logger log = Logger.getLogger(AbilityServer.class.getName());
    log.setLevel(Level.OFF); // its stack is expected
    assertThatThrownBy(() -> host.call("bug", new byte[0]))
        .isInstanceOf(PeerFailure.class)
        .hasMessageContaining("fault in Godwit itself while serving bug: IllegalStateException at ")
        .hasMessageNotContaining("secret");
  }

  @Test
  void an_unknown_ability_fails_its_channel() {
    assertThatThrownBy(() -> host.call("nothing", new byte[0]))
        .isInstanceOf(PeerFailure.class)
        .hasMessageContaining("no ability nothing");
  }

  @Test
  void no_answer_is_an_error() {
    assertThatThrownBy(() -> host.call("deaf", new byte[0]))
        .isInstanceOf(WireException.class)
        .hasMessage("new (this host) gave no answer to deaf");
  }

  @Test
  void who_sends_to_an_ability_that_returned_is_not_left_waiting() throws Exception {
    try (Channel channel = host.open("deaf", new byte[0])) {
      assertThat(channel.receive()).isNull();
      for (int i = 0; i < 100; i++) {
        channel.send(new byte[100_000]);
      }
      channel.finish();
    }
  }

  @Test
  void close_ends_what_is_open() throws Exception {
    Channel channel = host.open("waits", new byte[0]);
    CountDownLatch ended = new CountDownLatch(1);
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              assertThatThrownBy(channel::receive).hasMessageContaining("was closed");
              ended.countDown();
            });
    host.close();
    ended.await();
    assertThatThrownBy(() -> host.open("echo", new byte[0])).isInstanceOf(HostException.class);
  }

  @Test
  void facts_survive_the_wire_and_malformed_ones_do_not() throws Exception {
    HostFacts facts = HostFacts.ofThisHost();
    assertThat(HostFacts.decode(facts.encode())).isEqualTo(facts);
    assertThat(facts.hostname()).isNotBlank();
    assertThat(facts.bootId()).hasSize(36);
    byte[] encoded = facts.encode();
    for (int cut = 0; cut < encoded.length; cut++) {
      byte[] part = java.util.Arrays.copyOf(encoded, cut);
      assertThatThrownBy(() -> HostFacts.decode(part)).isInstanceOf(WireException.class);
    }
  }
}
