package dev.godwit.forward.gate;

import static dev.godwit.TestingPatience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.godwit.TestingPatience;
import dev.godwit.forward.TestingClient;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.GateStatus.Mode;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Rules of the packet filter that others take away from a gate, or keep it from making; on each
 * rung that loses nobody.
 */
@ParameterizedClass
@EnumSource(
    value = TestingRung.class,
    names = {"LOOKUP", "TAKEOVER_NFTABLES", "REDIRECTION_IPTABLES"})
@Timeout(TestingPatience.TEST_SECONDS)
final class GateRulesTest extends TestingGate {
  GateRulesTest(TestingRung rung) {
    super(rung);
  }

  /** As a firewall does that is loaded again in the hold. */
  @Test
  void h50_the_way_back_does_not_need_the_rules_that_somebody_has_removed() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          AtomicInteger starts = new AtomicInteger();
          try (Gate gate = gate(restart(starts))) {
            gate.hold(1, LONG);
            old.stop();
            gate.takeQueued(1);
            flushFilter();
            gate.back(1);
            assertThat(starts).hasValue(1);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
          }
          return null;
        });
  }

  /**
   * What the hold fails for may fail the steps that undo it too: here a table of the packet filter
   * that nobody else may change, in the place of the gate's own.
   */
  @Test
  void h50_a_hold_that_could_not_be_made_is_undone_as_far_as_can_be() throws Exception {
    AtomicInteger records = new AtomicInteger();
    inside(
        () -> {
          try (Gate gate = rung.capture(directory, List.of(WEB), () -> {}, 0, counting(records))) {
            Path next = directory.resolve("passage.next");
            Files.createDirectory(next); // the landing cannot be told what is taken here
            boolean isOwned = rung == TestingRung.TAKEOVER_NFTABLES;
            if (isOwned) {
              flushFilter();
            }
            // The switch comes before the landing is told.
            String first = isOwned ? "godwit_gate_8080" : "passage.next";
            Process owner = ownerOfTheTable();
            try (java.io.Writer commands = owner.outputWriter()) {
              commands.write("add table ip godwit_gate_8080 { flags owner; }\n");
              commands.flush();
              await(() -> TestingRung.rules(namespace).contains("flags owner"));
              assertThatThrownBy(() -> gate.hold(1, LONG)).hasMessageContaining(first);
              assertThat(gate.mode()).isEqualTo(Mode.PASS);
              assertThat(records).as("the record of a hold").hasValue(0);
              assertThat(TestingClient.ask("127.0.0.1", PORT, "a")).startsWith("old a 127.0.0.1");
              old.stop();
              old.listen(); // no copy of ours keeps the port bound
            }
            assertThat(owner.waitFor()).isZero();
            Files.delete(next);
            if (rung != TestingRung.TAKEOVER_NFTABLES) {
              gate.hold(1, LONG);
              TestingClient client = new TestingClient("127.0.0.1", PORT, "later");
              gate.release(1, NEW, 0);
              assertThat(client.answer()).startsWith("new later");
            }
          }
          return null;
        });
  }

  /** It writes what it was told to its user's home directory. */
  private Process ownerOfTheTable() throws IOException {
    ProcessBuilder nft =
        new ProcessBuilder(namespace.inside("nft", "-i")).redirectErrorStream(true);
    nft.environment().put("HOME", parent.toString());
    return nft.start();
  }

  /** How many records of a hold or a release there are. */
  private static ReleaseRecord.Keeper counting(AtomicInteger records) {
    return new ReleaseRecord.Keeper() {
      @Override
      public void held(long epoch) {
        records.set(1);
      }

      @Override
      public void released(long epoch, Destination to) {
        records.set(1);
      }

      @Override
      public void returned() {
        records.set(0);
      }
    };
  }

  /** As a firewall does that is loaded again. */
  private static void flushFilter() throws Exception {
    String remove =
        "for t in iptables ip6tables; do $t -t nat -F; $t -t nat -X; done; nft flush ruleset";
    TestingNamespace.command(namespace.inside("sh", "-c", remove).toArray(String[]::new));
  }

  /** After a release the services here are down: who is not redirected is refused. */
  @Test
  void h50_rules_that_somebody_has_removed_are_put_up_again() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            flushFilter();
            gate.hold(1, Gate.HOLD_MAX);
            assertThat(gate.status().way()).contains("put up again");
            old.stop();
            gate.takeQueued(1);
            flushFilter();
            await(() -> gate.status().way().matches(".*put up again [2-9] times.*"));
            TestingClient client = redirected("waits");
            gate.release(1, NEW, 0);
            assertThat(client.answer()).startsWith("new waits");
            flushFilter();
            await(() -> gate.status().way().matches(".*put up again [3-9] times.*"));
            assertThat(redirected("later").answer()).startsWith("new later");
          }
          return null;
        });
  }

  /** The rules may have come back in the middle of what removes them, and gone again. */
  private static TestingClient redirected(String line) throws Exception {
    List<TestingClient> made = new ArrayList<>();
    await(
        () -> {
          try {
            made.add(new TestingClient("127.0.0.1", PORT, line));
          } catch (ConnectException e) {
            return false;
          }
          return true;
        });
    return made.getFirst();
  }

  @Test
  void h50_home_does_not_need_the_rules_that_somebody_has_removed() throws Exception {
    assumeTrue(rung.rung.redirects());
    inside(
        () -> {
          try (Gate gate = gate(() -> {})) {
            gate.hold(1, LONG);
            gate.release(1, NEW, 0);
            flushFilter();
            gate.home(1, false);
            assertThat(gate.mode()).isEqualTo(Mode.PASS);
            assertThat(TestingClient.ask("127.0.0.1", PORT, "n")).startsWith("old n 127.0.0.1");
          }
          return null;
        });
  }
}
