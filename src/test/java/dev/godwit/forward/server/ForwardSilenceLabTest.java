package dev.godwit.forward.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingCrowd;
import dev.godwit.forward.TestingNamespace;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code godwit forward} as a program, with a destination whose packets are dropped. */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class ForwardSilenceLabTest extends TestingForwardHold {
  private static final int SOME = 400;

  private void start(String... options) throws Exception {
    String[] all = new String[options.length + 4];
    System.arraycopy(options, 0, all, 0, options.length);
    all[options.length] = "9700";
    all[options.length + 1] = "127.0.0.1:9701";
    all[options.length + 2] = "--control";
    all[options.length + 3] = control();
    opened.add(TestingForward.start(namespace, all));
  }

  /** From now on nothing reaches the service, as when its host is switched off. */
  private void drop() throws Exception {
    filter(
        "add table inet gone; add chain inet gone in { type filter hook input priority 0; };"
            + " add rule inet gone in tcp dport 9701 drop");
  }

  private void filter(String rules) throws Exception {
    TestingNamespace.command(namespace.inside("nft", rules).toArray(String[]::new));
  }

  private void assertNobodyWaits(TestingCrowd held) throws Exception {
    TestingCrowd late = crowd(SOME);
    held.await();
    late.await();
    assertThat(held.failures).hasSize(SOME);
    assertThat(late.failures).hasSize(SOME);
    filter("delete table inet gone");
    TestingCrowd served = crowd(SOME);
    served.await();
    assertThat(served.failures.size()).as(served.toString()).isZero();
    assertThat(command("status", "-p", control())).contains("0 held");
  }

  @Test
  void h50_a_release_to_a_host_that_drops_packets_keeps_nobody_waiting() throws Exception {
    TestingCrowd.Service service = service();
    start();
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd held = crowd(SOME);
    awaitHeld(SOME);
    drop();
    command("release", "-p", control());
    assertNobodyWaits(held);
    assertThat(service.numbers()).hasSize(SOME);
  }

  @Test
  void h50_a_lease_that_ends_to_a_host_that_drops_packets_keeps_nobody_waiting() throws Exception {
    service();
    start("--connect-limit", "1s");
    drop();
    command("hold", "-p", control(), "--limit", "2s");
    assertNobodyWaits(crowd(SOME));
  }

  /** As a host that reboots: who waits for it is served as soon as it answers. */
  @Test
  void h50_all_who_wait_are_served_by_a_host_that_answers_again_in_time() throws Exception {
    service();
    start("--connect-limit", "20s");
    command("hold", "-p", control(), "--limit", "60s");
    TestingCrowd held = crowd(SOME);
    awaitHeld(SOME);
    drop();
    command("release", "-p", control());
    Thread.sleep(2000);
    filter("delete table inet gone");
    held.await();
    assertThat(held.failures.size()).as(held.toString()).isZero();
  }
}
