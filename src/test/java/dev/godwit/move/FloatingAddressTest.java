package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Clients that know the service by an address which moves with it, and back. */
@Tag("lab")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FloatingAddressTest extends TestingOneMove {
  private static final String ADDRESS = "10.103.0.10";

  /**
   * Answers who asks before taking the address (RFC 5227), and nobody else, for the clients' sake.
   */
  private static final String THIRD_HOST =
      """
      unshare -n sleep 600 >/dev/null 2>&1 </dev/null &
      pid=$!
      while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      ip link add third type veth peer name eth0 netns $pid
      in="nsenter -t $pid -n"
      printf 'table arp f { chain i { type filter hook input priority 0;\n arp saddr ip != 0.0.0.0 drop\n } }\n' \
        | $in nft -f -
      $in ip address add 10.103.0.10/24 dev eth0
      $in sysctl -qw net.ipv4.conf.eth0.arp_notify=0
      $in ip link set eth0 up
      ip link set third master br0 up
      echo $pid
      """;

  private static Set<String> before;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100);
    move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    move.changePlan(
        plan -> plan + "\naddress: { floating: " + ADDRESS + "/24, interface: eth0 }\n");
    before = TestingTraces.of(move.old());
  }

  private static boolean isOn(LabHost host) throws IOException {
    return host.must("ip", "-4", "-o", "address", "show", "dev", "eth0").contains(ADDRESS + "/");
  }

  /**
   * Where its clients' network sends what is for the address. Old would go on to serve who was not
   * told, so that nobody's request shows it.
   */
  private static void assertNeighboursKnow(LabHost host) throws IOException {
    Matcher mac =
        Pattern.compile("link/ether (\\S+)").matcher(host.must("ip", "-o", "link", "show", "eth0"));
    assertThat(mac.find()).isTrue();
    assertThat(move.lab().client().must("ip", "neigh", "show", ADDRESS))
        .as("who has the address, to its clients")
        .contains(mac.group(1));
  }

  @Test
  @Order(1)
  void h68_an_address_that_a_third_host_has_is_not_taken() throws Exception {
    move.startClient(ADDRESS);
    move.godwit(0, "start");
    assertThat(move.godwit(0, "check")).contains("what is open to it goes on");
    LabHost network = move.lab().client();
    String third = network.must("bash", "-c", THIRD_HOST).strip();
    String said = move.godwit(1, "cutover", "--yes");
    network.must("kill", third);
    assertThat(said)
        .contains("✗ address")
        .contains("is in use")
        .contains("new serves, but the address is not there yet");
    assertThat(isOn(move.old())).isTrue();
    assertThat(isOn(move.neu())).isFalse();
    move.assertNewServes(); // through old
    // What a client sees of a network with two hosts of one address is that network's affair.
    move.endClient();
    assertThat(move.godwit(5, "finish", "--now"))
        .contains("the address is not on new alone", "To bring it there: godwit cutover ");
  }

  @Test
  @Order(2)
  void the_address_moves_and_no_request_fails() throws Exception {
    move.startClient(ADDRESS);
    move.awaitRequests(30);
    move.godwit(0, "cutover", "--yes");
    assertNeighboursKnow(move.neu());
    assertThat(isOn(move.old())).isFalse();
    assertThat(isOn(move.neu())).isTrue();
    move.awaitRequests(200);
    move.assertNoneFailed();
  }

  /** What clients of the address meet while it changes hosts is in the report, port by port. */
  private static void assertIsWatched() throws Exception {
    JsonNode report = JsonMapper.shared().readTree(move.godwit(0, "report", "--json"));
    List<JsonNode> rows = new ArrayList<>();
    report.path("outside").forEach(rows::add);
    for (String address : List.of(ADDRESS, Lab.OLD_ADDRESS)) {
      List<JsonNode> of =
          rows.stream()
              .filter(row -> row.path("address").asString().startsWith(address + ":"))
              .toList();
      assertThat(of).as("%s of %s", address, rows).hasSize(3);
      for (JsonNode row : of) {
        assertThat(row.path("requests").asInt()).as("%s", row).isPositive();
        assertThat(row.path("failures").asInt()).as("%s", row).isZero();
        assertThat(row.path("longest_gap_ms").asInt()).as("%s", row).isPositive();
      }
    }
  }

  @Test
  @Order(3)
  void h57_h68_an_address_that_comes_back_on_old_is_taken_off_again() throws Exception {
    Thread.sleep(5_000); // what looks after it every two seconds has seen it on new
    move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    TestingPatience.await("old without the address", () -> !isOn(move.old()));
    assertThat(isOn(move.neu())).isTrue();
    move.neu().must("ip", "address", "del", ADDRESS + "/24", "dev", "eth0");
    TestingPatience.await("new with the address", () -> isOn(move.neu()));
    // The process that looks after it is another one, which has never seen it on new.
    move.killBackground();
    move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    try (TestingCommand status = move.godwit("status")) {
      int unused = status.exit(TestingMove.COMMAND_LIMIT); // lets it go on
    }
    TestingPatience.await("old without the address again", () -> !isOn(move.old()));
    assertThat(isOn(move.neu())).isTrue();
  }

  @Test
  @Order(4)
  void and_back() throws Exception {
    move.awaitRequests(50);
    move.godwit(0, "rollback", "--yes");
    assertNeighboursKnow(move.old());
    assertThat(isOn(move.old())).isTrue();
    assertThat(isOn(move.neu())).isFalse();
    move.awaitRequests(200);
    move.assertNoneFailed();
    assertIsWatched();
    move.endClient();
    move.killBackground(); // it would put this right
    move.neu().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    assertThat(move.godwit(5, "finish", "--abandon", "--now"))
        .contains("the address is not on old alone", "To bring it there: godwit rollback ");
    move.godwit(0, "rollback", "--yes");
    assertThat(isOn(move.neu())).isFalse();
    move.godwit(0, "finish", "--abandon", "--now");
    Set<String> difference = TestingTraces.difference(before, TestingTraces.of(move.old()));
    difference.removeIf(
        line -> !line.matches("[+-] (nft|setting .*arp|setting .*promote|rule|route).*"));
    assertThat(difference).isEmpty();
  }
}
