package dev.godwit.forward.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.daemon.RulesException;
import dev.godwit.forward.ClientAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file with many forwards. */
final class ForwardFileTest {
  @TempDir private Path directory;

  private ForwardRules read(String text) throws Exception {
    Path file = directory.resolve("forwards.yaml");
    Files.writeString(file, text);
    return ForwardFile.read(file);
  }

  @Test
  void every_key_is_understood() throws Exception {
    ForwardRules rules =
        read(
            """
            forwards:
              mail:
                listen: ":25,143"
                to: new.example.org
              web:
                listen: [":80", ":443"]
                to: [10.0.0.1, 10.0.0.2]
                balance: round-robin
                check: 3s
                client-address: proxy-v2
                accept-proxy: [10.0.0.0/8, "::1"]
                max: 2000
                max-per-client: 100
                connect-limit: 2s
                idle-limit: 10m
                sni: { www.example.org: "10.0.0.3:443", "*.example.net": "10.0.0.4:443" }
            max: 4000
            drain: 1m
            control: /run/x.sock
            metrics: 9100
            """);
    ForwardRule web = rules.rules().getLast();
    assertThat(web.targets()).hasSize(2);
    assertThat(web.balance()).isEqualTo(Balance.ROUND_ROBIN);
    assertThat(web.checkEvery()).isEqualTo(Duration.ofSeconds(3));
    assertThat(web.clientAddress()).isEqualTo(ClientAddress.PROXY_V2);
    assertThat(web.acceptProxy()).hasSize(2);
    assertThat(web.connectionsMax()).isEqualTo(2000);
    assertThat(web.perClientMax()).isEqualTo(100);
    assertThat(web.connectLimit()).isEqualTo(Duration.ofSeconds(2));
    assertThat(web.idleLimit()).isEqualTo(Duration.ofMinutes(10));
    assertThat(web.serverNames()).containsOnlyKeys("www.example.org", "*.example.net");
    assertThat(rules.rules().getFirst().listens()).hasSize(2);
    assertThat(rules.rules().getFirst().checkEvery()).as("one destination: no checks").isNull();
    assertThat(rules.connectionsMax()).isEqualTo(4000);
    assertThat(rules.drainLimit()).isEqualTo(Duration.ofMinutes(1));
    assertThat(rules.control()).hasToString("/run/x.sock");
    assertThat(rules.metrics())
        .isNotNull()
        .extracting(m -> m.getAddress().isLoopbackAddress())
        .isEqualTo(true);
  }

  /** Of a file that is right: whom it believes, and how many it lets in. */
  private record Permits(Set<String> listens, long believed, int most, int perClient) {
    static Permits of(ForwardRules rules) {
      return new Permits(
          rules.rules().stream()
              .flatMap(rule -> rule.listens().stream())
              .map(Listen::display)
              .collect(Collectors.toSet()),
          rules.rules().stream()
              .flatMap(rule -> rule.acceptProxy().stream())
              .mapToLong(network -> 1L << (32 - network.bits()))
              .sum(),
          rules.connectionsMax(),
          rules.rules().getFirst().perClientMax());
    }
  }

  /** A letter that is lost, said twice, or another one. */
  @Test
  void h44_a_line_with_a_mistake_is_refused_or_permits_no_more() throws Exception {
    String right =
        """
        forwards:
          web:
            listen: "127.0.0.1:8080"
            to: 10.0.0.1:80
            accept-proxy: [10.1.0.0/16, 10.2.3.4]
            max-per-client: 100
        max: 4000
        """;
    Permits all = Permits.of(read(right));
    assertThat(all.believed()).isEqualTo(65_537);
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < right.length(); i++) {
      String rest = right.substring(i + 1);
      for (String instead : List.of("", right.charAt(i) + "x", "x", " ", ":", "-", "/", "0")) {
        String wrong = right.substring(0, i) + instead + rest;
        Permits some;
        try {
          some = Permits.of(read(wrong));
        } catch (RulesException e) {
          refused++;
          continue;
        }
        accepted++;
        assertThat(some.believed()).as(wrong).isLessThanOrEqualTo(all.believed());
        // A number that is read as another one is no mistake that a program can see.
        boolean isNumber = Character.isDigit(right.charAt(i)) || instead.equals("0");
        assertThat(some.most() == all.most() || isNumber).as(wrong).isTrue();
        assertThat(some.perClient() == all.perClient() || isNumber).as(wrong).isTrue();
        assertThat(some.listens()).as(wrong).allMatch(at -> at.contains("127.") || isNumber);
      }
    }
    assertThat(accepted).isPositive();
    assertThat(refused).isGreaterThan(accepted);
  }

  @Test
  void h44_a_network_with_more_than_its_bits_is_refused() {
    for (String wrong : List.of("10.1.0.0/1", "10.1.0.0/8", "0.0.0.1/0", "2001:db8::1/32")) {
      assertThatThrownBy(() -> Network.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("of which the first");
    }
    assertThatThrownBy(() -> Network.parse("10.1.0.0/8"))
        .hasMessage(
            "found 10.1.0.0/8, of which the first 8 bits are 10.0.0.0/8; expected that, or more"
                + " bits");
    assertThat(Network.parse("0.0.0.0/0").bits()).isZero();
    assertThat(Network.parse("2001:db8::/33").bits()).isEqualTo(33);
  }

  @Test
  void all_problems_are_told_with_their_places() {
    assertThatThrownBy(
            () ->
                read(
                    """
                    forwards:
                      web:
                        listen: ":80x"
                        to: 10.0.0.1
                        balanse: first
                        max: -1
                      mail:
                        listen: ":25"
                    drain: soon
                    """))
        .isInstanceOfSatisfying(
            RulesException.class,
            e ->
                assertThat(e.problems().stream().map(p -> p.substring(p.lastIndexOf("yaml:"))))
                    .satisfiesExactly(
                        p -> assertThat(p).startsWith("yaml:3:13: listen: found :80x"),
                        p -> assertThat(p).startsWith("yaml:5:5: found the key balanse"),
                        p -> assertThat(p).startsWith("yaml:6:10: max: found -1"),
                        p -> assertThat(p).contains("mail: nowhere to go"),
                        p -> assertThat(p).startsWith("yaml:9:8: drain: found soon")));
  }

  @ParameterizedTest
  @CsvSource({
    "':80', ':80'",
    "':80', '80'",
    "':80', '192.0.2.1:80'",
    "'80', '[::1]:80'",
    "'80', '127.0.0.1:80'",
    "'80', '0.0.0.0:80'",
    "'0.0.0.0:80', '192.0.2.1:80'",
    "'192.0.2.1:79-81', '192.0.2.1:80'",
    "'udp::80', 'udp:80'",
    "'unix:/run/a,mode=0666', 'unix:/run/a'"
  })
  void what_two_groups_cannot_both_listen_on_is_refused(String one, String two) {
    for (String[] order : new String[][] {{one, two}, {two, one}}) {
      assertThatThrownBy(() -> read(twoThatListen(order[0], order[1])))
          .hasMessageContaining("yaml:3:3: mail: unable to listen on ")
          .hasMessageContaining(", because web listens on ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "':80', ':81'",
    "':80', 'udp::80'",
    "'80', '127.0.0.2:80'",
    "'80', '192.0.2.1:80'",
    "'0.0.0.0:80', '[2001:db8::1]:80'",
    "'0', '0'",
    "'unix:/run/a', 'unix:/run/b'"
  })
  void what_two_groups_can_both_listen_on_is_not(String one, String two) throws Exception {
    assertThat(read(twoThatListen(one, two)).rules()).hasSize(2);
    assertThat(read(twoThatListen(two, one)).rules()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "metrics: 9100, 9100",
    "metrics: 9100, ':9100'",
    "metrics: ':9100', '192.0.2.1:9100'",
    "control: /run/a, 'unix:/run/a,mode=0666'"
  })
  void what_a_group_and_the_forwarder_itself_cannot_both_listen_on_is_refused(
      String own, String listen) {
    assertThatThrownBy(
            () -> read("%s\nforwards: { web: { listen: '%s', to: h:1 } }\n".formatted(own, listen)))
        .hasMessageContaining("yaml:1:10: " + own.substring(0, 7) + ": unable to listen on ")
        .hasMessageContaining(", because web listens on ");
  }

  @Test
  void datagrams_and_metrics_may_have_one_number() throws Exception {
    assertThat(read("forwards: { dns: { listen: 'udp:53', to: h:1 } }\nmetrics: 53\n").metrics())
        .isNotNull();
  }

  private static String twoThatListen(String one, String two) {
    return "forwards:\n  web: { listen: '%s', to: 10.0.0.1:9 }\n  mail: { listen: '%s', to: 10.0.0.1:9 }\n"
        .formatted(one, two);
  }

  @Test
  void what_is_no_yaml_is_told_with_its_place() {
    assertThatThrownBy(() -> read("forwards: [\n")).hasMessageContaining("yaml:2:1: not YAML");
    assertThatThrownBy(() -> read("")).hasMessageContaining("empty");
    assertThatThrownBy(() -> ForwardFile.read(directory.resolve("none")))
        .hasMessageContaining("no such file");
  }

  @Test
  void datagrams_do_not_go_to_a_unix_socket() {
    for (String to : List.of("to: unix:/tmp/x.dg", "to: 10.0.0.1:53, sni: { a: unix:/x }")) {
      assertThatThrownBy(() -> read("forwards:\n  dns: { listen: 'udp:310', %s }\n".formatted(to)))
          .hasMessageContaining("udp:localhost:310 and unix:/")
          .hasMessageContaining("datagrams do not go to a unix socket");
    }
  }
}
