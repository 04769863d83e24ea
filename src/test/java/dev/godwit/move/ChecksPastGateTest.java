package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.forward.GateException;
import dev.godwit.forward.daemons.GateClient;
import dev.godwit.forward.daemons.LandingClient;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.Host;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import dev.godwit.wire.Channel;
import dev.godwit.wire.MessageReader;
import dev.godwit.wire.MessageWriter;
import dev.godwit.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which checks are made on a host whose gate has the ports. */
final class ChecksPastGateTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final Check.Command PING =
      new Check.Command(List.of("mariadb-admin", "ping"), LIMIT);

  private static final Service DATABASE =
      new Service(
          "mariadb",
          new Control.Unit("mariadb.service"),
          List.of(3306),
          List.of(new Check.Tcp(3306), PING));

  /** Kinds of checks that were asked for, as {@code ServiceCodec} numbers them. */
  private final List<Integer> asked = new ArrayList<>();

  private Side side(Optional<GateStatus.Mode> mode) {
    Host host = new TestingGateHost(mode);
    return new Side(
        Role.NEW,
        host,
        new ServiceClient(host, "m"),
        new GateClient(host, "m"),
        new LandingClient(host, "m"));
  }

  private String check(GateStatus.Mode mode) throws Exception {
    asked.clear();
    return AllChecks.make(side(Optional.of(mode)), List.of(DATABASE), LIMIT);
  }

  @Test
  void a_command_is_asked_where_the_gate_lets_everybody_pass() throws Exception {
    assertThat(check(GateStatus.Mode.PASS)).isEqualTo("2 checks passed");
    assertThat(asked).containsExactlyInAnyOrder(1, 6);
    asked.clear();
    assertThat(AllChecks.make(side(Optional.empty()), List.of(DATABASE), LIMIT))
        .isEqualTo("2 checks passed");
    assertThat(asked).containsExactlyInAnyOrder(1, 6);
  }

  /** It would wait for the release that waits for it. */
  @Test
  void h50_a_command_is_left_out_and_named_where_it_would_wait_as_a_client_does() throws Exception {
    for (GateStatus.Mode mode :
        List.of(GateStatus.Mode.HOLD, GateStatus.Mode.RELEASED, GateStatus.Mode.GOING_BACK)) {
      assertThat(check(mode))
          .as(mode.name())
          .isEqualTo("1 checks passed, not made past the gate: command mariadb-admin ping");
      assertThat(asked).containsExactly(1);
    }
  }

  /** All checks pass; its gate is in a mode. */
  private final class TestingGateHost implements Host {
    private final Optional<GateStatus.Mode> mode;

    TestingGateHost(Optional<GateStatus.Mode> mode) {
      this.mode = mode;
    }

    @Override
    public byte[] call(String ability, byte[] request) throws WireException {
      MessageWriter answer = new MessageWriter();
      if (!ability.equals("service")) {
        if (mode.isEmpty()) {
          return answer.u8(1 + GateException.Kind.ABSENT.ordinal()).text("no gate").toBytes();
        }
        answer.u8(0); // obeyed
        new GateStatus(
                mode.get(), 7, 0, "", 0, 0, List.of(), List.of(), List.of(), "", 0, List.of(), true)
            .write(answer);
        return answer.toBytes();
      }
      MessageReader in = new MessageReader(request);
      int unused = in.u8();
      int unusedLimit = in.count(3_600_000);
      synchronized (asked) {
        asked.add(in.u8());
      }
      return answer.bool(true).text("well").u64(1).toBytes();
    }

    @Override
    public Channel open(String ability, byte[] argument) {
      throw new AssertionError(ability);
    }

    @Override
    public String name() {
      return "new";
    }

    @Override
    public boolean isLocal() {
      return false;
    }

    @Override
    public boolean isLost() {
      return false;
    }

    @Override
    public void close() {}
  }
}
