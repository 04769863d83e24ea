package dev.godwit.forward.ladder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingClassPath;
import dev.godwit.forward.GateException;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code check} says of a gate is tried, and leaves nothing. CheckLabTest has more. */
final class TrialTest {
  private TestingNamespace host;
  private List<String> before;

  @BeforeEach
  void start() throws Exception {
    host = new TestingNamespace();
    before = TestingHostState.of(host);
  }

  @AfterEach
  void nothing_is_left() throws Exception {
    System.clearProperty(Ladder.PROPERTY);
    System.clearProperty(Ladder.TOOL_PROPERTY);
    assertThat(TestingHostState.of(host)).isEqualTo(before);
    assertThat(TestingNamespace.command(host.inside("ss", "-Htan").toArray(String[]::new)))
        .isEmpty();
    host.close();
  }

  @Test
  void the_look_up_is_tried_where_the_gate_would_be() throws Exception {
    Map<String, Integer> kept = kernelsObjects();
    assertThat(host.call(Trial::make))
        .isEqualTo(new Trial.Result(Rung.LOOKUP, "the kernel's socket look-up"));
    assertThat(kernelsObjects()).isEqualTo(kept);
  }

  /** The kernel takes the program; loopback is down, so nobody comes by it. */
  @Test
  void a_look_up_by_which_nobody_comes_is_none() throws Exception {
    TestingNamespace.command("ip", "-n", host.name, "link", "set", "lo", "down");
    try {
      Trial.Result found = host.call(Trial::make);
      assertThat(found.rung()).isEqualTo(Rung.TAKEOVER);
      assertThat(found.why())
          .startsWith("takeover and redirection by nftables, because the kernel's socket look-up")
          .contains("a connection did not come by it");
    } finally {
      TestingNamespace.command("ip", "-n", host.name, "link", "set", "lo", "up");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {PacketFilter.NFTABLES, PacketFilter.IPTABLES})
  void rules_are_tried_in_a_network_of_their_own(String tool) throws Exception {
    System.setProperty(Ladder.PROPERTY, "2");
    System.setProperty(Ladder.TOOL_PROPERTY, tool);
    assertThat(host.call(Trial::make))
        .isEqualTo(
            new Trial.Result(
                Rung.REDIRECTION, "redirection by " + tool + ", because godwit.gate.rung says so"));
  }

  /** A gate of that host would find the same. */
  @ParameterizedTest
  @CsvSource({
    "'-net_admin,-bpf,-sys_admin', LISTENING, first packets cannot be redirected: CAP_NET_ADMIN",
    "-sys_ptrace, LOOKUP, where a service may not be traced: CAP_SYS_PTRACE is missing here"
  })
  void what_the_program_may_not_do_is_no_promise(String without, Rung rung, String why)
      throws Exception {
    List<String> command =
        List.of(
            "setpriv",
            "--bounding-set",
            without,
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            TestingClassPath.absolute(),
            TestingTrial.class.getName());
    assertThat(
            TestingNamespace.command(
                host.inside(command.toArray(String[]::new)).toArray(String[]::new)))
        .contains(rung + ": ")
        .contains(why);
  }

  @Test
  void a_rung_that_there_is_not_is_said() {
    System.setProperty(Ladder.PROPERTY, "4");
    assertThatThrownBy(() -> host.call(Trial::make))
        .isInstanceOf(GateException.class)
        .hasMessageContaining("expected 0 to 3");
  }

  /** Programs, maps and links of BPF that this process holds, by their kind. */
  private static Map<String, Integer> kernelsObjects() throws IOException {
    Map<String, Integer> kinds = new TreeMap<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path each : all) {
        try {
          String target = Files.readSymbolicLink(each).toString();
          if (target.contains("bpf")) {
            kinds.merge(target, 1, Integer::sum);
          }
        } catch (IOException e) {
          // The folder's own.
        }
      }
    }
    return kinds;
  }
}
