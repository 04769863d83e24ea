package dev.godwit.forward.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.godwit.daemon.RulesException;
import dev.godwit.forward.ClientAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                        p -> assertThat(p).startsWith("yaml:9:8: found soon")));
  }

  @Test
  void what_is_no_yaml_is_told_with_its_place() {
    assertThatThrownBy(() -> read("forwards: [\n")).hasMessageContaining("yaml:2:1: not YAML");
    assertThatThrownBy(() -> read("")).hasMessageContaining("empty");
    assertThatThrownBy(() -> ForwardFile.read(directory.resolve("none")))
        .hasMessageContaining("no such file");
  }
}
