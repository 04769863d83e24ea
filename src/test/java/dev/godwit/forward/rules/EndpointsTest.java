package dev.godwit.forward.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The two sides of a forward as people type them. */
final class EndpointsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "25 | localhost:25",
        "localhost:25 | localhost:25",
        ":25 | *:25",
        "*:25 | *:25",
        "[::]:25 | *:25",
        "0.0.0.0:25 | 0.0.0.0:25",
        "192.0.2.1:25 | 192.0.2.1:25",
        "[2001:db8:0:0::1]:25 | [2001:db8::1]:25",
        ":110,143,993-995 | *:110 *:143 *:993 *:994 *:995",
        "1-3 | localhost:1 localhost:2 localhost:3",
        "udp::53 | udp:*:53",
        "udp:53 | udp:localhost:53",
        "unix:/run/a.sock | unix:/run/a.sock",
        "unix:/run/a,b=c/d | unix:/run/a,b=c/d",
        "0 | localhost:0",
      })
  void a_listening_side_is_understood(String typed, String expected) {
    assertThat(Endpoints.listen(typed).stream().map(Listen::display).toList())
        .isEqualTo(List.of(expected.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "host.example:25",
        ":70000",
        ":5-3",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[x]:1",
        ":1,",
        "25:",
        "1:1",
        "unix:relative",
        "unix:/a,mode=9",
        "unix:/a,mode=0666,user=root",
        "unix:/a,perm=0666",
        "unix:/a,owner=",
        ":1-2000",
        "192.0.2.1",
        ":-1",
        "[]:1",
        "[fe80::1]:80"
      })
  void a_listening_side_that_is_none_is_refused(String typed) {
    assertThatThrownBy(() -> Endpoints.listen(typed)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "8080 | localhost:8080",
        ":8080 | localhost:8080",
        "new.example.org | new.example.org",
        "new.example.org:80 | new.example.org:80",
        "[::1]:80 | [::1]:80",
        "[::1] | [::1]",
        "10.0.0.1:80,443 | 10.0.0.1:80,443",
        "unix:/run/x,y.sock | unix:/run/x,y.sock",
      })
  void a_destination_is_understood(String typed, String expected) {
    assertThat(Endpoints.target(typed).display()).isEqualTo(expected);
  }

  @Test
  void an_address_that_each_interface_has_is_told_to_need_one() {
    for (String typed : List.of("[fe80::1]:80", "[fe80::1]")) {
      assertThatThrownBy(() -> Endpoints.target(typed))
          .hasMessage(
              "found %s: such an address needs its interface, such as [fe80::1%%eth0]", typed);
    }
    assertThat(Endpoints.target("[fe80::1%1]:80").display()).isEqualTo("[fe80::1%1]:80");
  }

  @Test
  void a_unix_socket_has_owner_group_and_mode() {
    Listen.Unix unix =
        (Listen.Unix) Endpoints.listen("unix:/run/a,b.sock,mode=0660,owner=me,group=7").getFirst();
    assertThat(unix.path()).hasToString("/run/a,b.sock");
    assertThat(unix.octalMode()).isEqualTo("0660");
    assertThat(unix.owner()).isEqualTo("me");
    assertThat(unix.group()).isEqualTo("7");
    Listen.Unix bare = (Listen.Unix) Endpoints.listen("unix:/run/a").getFirst();
    assertThat(bare.octalMode()).as("nobody else may connect unless asked").isEqualTo("0600");
  }

  @Test
  void ports_go_one_by_one_all_to_one_or_to_the_same() {
    assertThat(((Target.Tcp) Endpoints.target("h:1,2")).port(1, 99)).isEqualTo(2);
    assertThat(((Target.Tcp) Endpoints.target("h:1")).port(1, 99)).isEqualTo(1);
    assertThat(((Target.Tcp) Endpoints.target("h")).port(1, 99)).isEqualTo(99);
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/8, 10.1.2.3, true",
    "10.0.0.0/8, 11.1.2.3, false",
    "10.0.0.1, 10.0.0.1, true",
    "10.0.0.1, 10.0.0.2, false",
    "192.168.4.0/22, 192.168.7.255, true",
    "192.168.4.0/22, 192.168.8.0, false",
    "2001:db8::/33, 2001:db8:7fff::1, true",
    "2001:db8::/33, 2001:db8:8000::1, false",
    "0.0.0.0/0, 1.2.3.4, true",
    "0.0.0.0/0, ::1, false",
  })
  void a_network_holds_its_addresses_and_no_others(String network, String address, boolean holds)
      throws Exception {
    assertThat(Network.parse(network).contains(java.net.InetAddress.getByName(address)))
        .isEqualTo(holds);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "host", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129"})
  void what_is_no_network_is_refused(String text) {
    assertThatThrownBy(() -> Network.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_forward_to_itself_is_refused() {
    RuleBuilder builder = new RuleBuilder("x");
    builder.add("listen", ":80");
    builder.add("to", "localhost");
    assertThatThrownBy(builder::build).hasMessageContaining("would call itself");
  }

  @Test
  void lists_of_ports_have_to_match() {
    RuleBuilder builder = new RuleBuilder("x");
    builder.add("listen", "80,443,25");
    builder.add("to", "10.0.0.1:80,443");
    assertThatThrownBy(builder::build).hasMessageContaining("2 ports for 3");
  }
}
