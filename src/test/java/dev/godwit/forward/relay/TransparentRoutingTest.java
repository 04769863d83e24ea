package dev.godwit.forward.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.TestingPatience;
import dev.godwit.forward.GateException;
import dev.godwit.forward.SharedChange;
import dev.godwit.forward.TestingHostState;
import dev.godwit.forward.TestingNamespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A host whose administrator has rules and routes too. */
@Timeout(TestingPatience.TEST_SECONDS)
final class TransparentRoutingTest {
  @TempDir private Path directory;
  private TestingNamespace host;

  @BeforeEach
  void start() throws Exception {
    host = new TestingNamespace();
  }

  @AfterEach
  void end() throws Exception {
    host.close();
  }

  private void ip(String arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments.split(" ")));
    TestingNamespace.command(host.inside(command.toArray(String[]::new)).toArray(String[]::new));
  }

  private Path shared() {
    return directory.resolve("shared");
  }

  private SharedChange acquire() throws Exception {
    return host.call(() -> TransparentRouting.acquire(shared(), "user"));
  }

  private void release(SharedChange routing) throws Exception {
    host.call(
        () -> {
          routing.close();
          return null;
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-4 route add blackhole 10.77.0.0/16 table 103",
        "-6 route add blackhole fd77::/16 table 103",
        "-4 rule add from 10.77.0.0/16 lookup 103",
        "-4 rule add fwmark 0x67 lookup 200",
        "-4 rule add fwmark 0x68 lookup 103",
        "-6 rule add fwmark 0x60/0xf0 lookup 200",
      })
  void what_the_administrator_uses_is_named_and_stays(String foreign) throws Exception {
    ip(foreign);
    List<String> before = TestingHostState.routing(host);
    assertThatThrownBy(this::acquire)
        .isInstanceOf(GateException.class)
        .hasMessageContaining("routing table 103 and the marks 0x67 and 0x68")
        .hasMessageMatching(
            ".*this host has the (rule|route) .*(77|fwmark).* already, which would .*");
    assertThat(TestingHostState.routing(host)).as("nothing was changed").isEqualTo(before);
    assertThat(shared()).doesNotExist();

    ip(foreign.replace(" add ", " del "));
    List<String> clean = TestingHostState.routing(host);
    SharedChange routing = acquire();
    assertThat(shared()).isDirectory();
    release(routing);
    assertThat(TestingHostState.routing(host)).isEqualTo(clean);
    assertThat(shared()).as("with its last user").doesNotExist();
  }

  /** It is told to the kernel by messages of our own; docs/by-hand.md has the commands. */
  @Test
  void what_is_put_up_is_what_ip_puts_up_and_ip_can_take_it_down() throws Exception {
    List<String> before = TestingHostState.routing(host);
    List<String> clean = rulesAndRoutes();
    SharedChange routing = acquire();
    List<String> ours = rulesAndRoutes();
    for (String action : List.of("del", "add")) {
      for (String family : List.of("-4", "-6")) {
        ip(family + " route " + action + " local default dev lo table 103");
        ip(family + " rule " + action + " fwmark 0x67 lookup 103");
        ip(family + " rule " + action + " fwmark 0x68 lookup 103");
      }
      assertThat(rulesAndRoutes()).isEqualTo(action.equals("add") ? ours : clean);
    }
    release(routing);
    assertThat(TestingHostState.routing(host)).isEqualTo(before);
  }

  /** Without the settings of the kernel. */
  private List<String> rulesAndRoutes() throws Exception {
    return TestingHostState.routing(host).stream().filter(line -> !line.contains(" = ")).toList();
  }

  @Test
  void what_came_into_the_table_meanwhile_stays_there() throws Exception {
    List<String> foreign =
        List.of(
            "-4 route add blackhole 10.77.0.0/16 table 103",
            "-6 route add blackhole fd77::/16 table 103",
            "-4 rule add from 10.77.0.0/16 lookup 103 priority 99");
    for (String one : foreign) {
      ip(one);
    }
    List<String> expected = TestingHostState.routing(host);
    for (String one : foreign) {
      ip(one.replace(" add ", " del "));
    }
    SharedChange routing = acquire();
    for (String one : foreign) {
      ip(one);
    }
    release(routing);
    assertThat(TestingHostState.routing(host)).isEqualTo(expected);
  }

  @Test
  void other_marks_and_tables_are_not_in_the_way() throws Exception {
    ip("-4 route add blackhole 10.77.0.0/16 table 104");
    ip("-4 rule add fwmark 0x80000/0xff0000 lookup main");
    ip("-6 rule add fwmark 0x1067 lookup 1030");
    List<String> before = TestingHostState.routing(host);
    SharedChange routing = acquire();
    assertThat(TestingHostState.routing(host)).isNotEqualTo(before);
    release(routing);
    assertThat(TestingHostState.routing(host)).isEqualTo(before);
  }
}
