package dev.godwit.forward.daemons;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingServer;
import dev.godwit.forward.gate.GateStatus;
import dev.godwit.host.LocalHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A gate that nothing is forced upon stands on the best rung that its host lets it, and says what
 * was in the way of a better one. What a host lacks is taken from the gate's process here.
 */
@Tag("lab")
@Timeout(TestingPatience.TEST_SECONDS)
final class RungReasonsLabTest {
  private static final int PORT = 8080;
  private static final List<PortGroup> WEB =
      List.of(new PortGroup("web", List.of(PORT), ClientAddress.PLAIN));

  /** CAP_SYS_ADMIN has what CAP_BPF has, as before Linux 5.8. */
  private static final List<String> WITHOUT_BPF =
      List.of("setpriv", "--bounding-set", "-bpf,-sys_admin");

  /** As before Linux 5.6: pidfd_getfd(2) does not exist. */
  private static final List<String> WITHOUT_TAKEOVER =
      List.of(
          "python3",
          "-c",
          """
          import ctypes, os, struct, sys
          PIDFD_GETFD, ENOSYS = 438, 38
          filter = b"".join(struct.pack("HBBI", *one) for one in [
              (0x20, 0, 0, 0),
              (0x15, 0, 1, PIDFD_GETFD),
              (0x06, 0, 0, 0x00050000 | ENOSYS),
              (0x06, 0, 0, 0x7fff0000)])
          kept = ctypes.create_string_buffer(filter)
          program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 4, ctypes.addressof(kept)))
          prctl = ctypes.CDLL(None).prctl
          number = ctypes.c_ulong
          assert prctl(38, number(1), number(0), number(0), number(0)) == 0
          assert prctl(22, number(2), ctypes.byref(program), number(0), number(0)) == 0
          os.execvp(sys.argv[1], sys.argv[1:])
          """);

  private static final List<String> WITHOUT_TRACING =
      List.of("setpriv", "--bounding-set", "-sys_ptrace");

  private static final List<String> WITHOUT_FILTERS =
      List.of("setpriv", "--bounding-set", "-net_admin");

  @TempDir private Path temporary;
  private TestingPair hosts;
  private TestingServer service;

  @BeforeEach
  void hosts() throws Exception {
    hosts = new TestingPair(temporary);
    service = TestingServer.start(hosts.old, "old", "::", PORT);
  }

  @AfterEach
  void noHosts() throws Exception {
    hosts.end(service);
  }

  @SafeVarargs
  private GateStatus captured(List<String>... without) throws Exception {
    DaemonCommand command =
        directory -> {
          List<String> all = new ArrayList<>();
          for (List<String> one : without) {
            all.addAll(one);
          }
          all.addAll(TestingDaemons.command("gate-supervisor").in(directory));
          return all;
        };
    GateClient gate =
        new GateClient(
            new LocalHost("old", List.of(new GateAbility(temporary.resolve("old"), command))),
            TestingPair.MOVE);
    return hosts.old.call(
        () -> {
          gate.start();
          gate.capture(1, WEB, TestingDaemons.wayBack("true"), 0);
          GateStatus status = gate.status().orElseThrow();
          System.out.println(status.way());
          assertThat(gate.end(1, true)).isTrue();
          return status;
        });
  }

  private static int rung(GateStatus status) {
    return status.groups().getFirst().rung();
  }

  @Test
  void the_best_one_needs_no_reason() throws Exception {
    GateStatus status = captured();
    assertThat(rung(status)).isZero();
    assertThat(status.way()).isEqualTo("the kernel's socket look-up");
  }

  @Test
  void takeover_because_the_look_up_is_not_there() throws Exception {
    GateStatus status = captured(WITHOUT_BPF);
    assertThat(rung(status)).isEqualTo(1);
    assertThat(status.way())
        .startsWith("takeover and redirection by nftables, because the kernel's socket look-up")
        .contains("EPERM");
    assertThat(status.summary()).contains("by takeover and redirection by nftables, because");
  }

  @Test
  void redirection_because_listeners_cannot_be_taken_over_either() throws Exception {
    GateStatus status = captured(WITHOUT_BPF, WITHOUT_TAKEOVER);
    assertThat(rung(status)).isEqualTo(2);
    assertThat(status.way())
        .startsWith("redirection by nftables, because the kernel's socket look-up")
        .contains("; listeners cannot be taken over (Linux 5.6): ")
        .contains("ENOSYS");
  }

  /** The service may do more than the gate, which can then not get at its descriptors. */
  @Test
  void redirection_because_the_service_may_not_be_traced() throws Exception {
    GateStatus status = captured(WITHOUT_TRACING);
    assertThat(rung(status)).isEqualTo(2);
    assertThat(status.way())
        .startsWith("redirection by nftables, because listeners cannot be taken over: port")
        .contains("may not be traced");
  }

  @Test
  void listening_because_no_packet_filter_works_either() throws Exception {
    GateStatus status = captured(WITHOUT_BPF, WITHOUT_FILTERS);
    assertThat(rung(status)).isEqualTo(3);
    assertThat(status.way())
        .startsWith("listening after the stop, because the kernel's socket look-up")
        .contains("; first packets cannot be redirected: ")
        .contains("nft")
        .contains("iptables");
  }
}
