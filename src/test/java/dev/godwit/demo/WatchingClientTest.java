package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("lab")
class WatchingClientTest {
  private static Lab lab;
  private static LabServices services;
  private static List<Page> pages;

  @BeforeAll
  static void up() throws Exception {
    lab = Lab.start(LabOptions.forFiles(500));
    services = new LabServices(lab);
    services.install();
    pages = new Fill(lab.old(), 2).write(500, true);
    services.start(lab.old());
  }

  @AfterAll
  static void down() {
    lab.close();
  }

  @Test
  void a_steady_host_fails_nobody_and_a_stopped_one_is_counted() throws Exception {
    WatchingClient client = new WatchingClient(lab.client(), services, pages, Lab.OLD_ADDRESS);
    try (client) {
      long begun = System.nanoTime();
      TestingPatience.await("requests", () -> client.requests() >= 150);
      int requests = client.requests();
      double seconds = (System.nanoTime() - begun) / 1e9;
      assertThat(requests / seconds).as("requests a second").isLessThan(100);
      List<ProtocolResult> steady = client.results();
      assertThat(steady)
          .extracting(ProtocolResult::protocol)
          .containsExactly("http_get", "http_post", "imap", "imap_long");
      for (ProtocolResult result : steady) {
        assertThat(result.reasons()).as(result.protocol()).isEmpty();
        assertThat(result.failed()).as(result.protocol()).isZero();
        assertThat(result.requests()).as(result.protocol()).isPositive();
      }

      services.stop(lab.old());
      Thread.sleep(1000);
      services.start(lab.old());
      TestingPatience.await(
          "failures of all", () -> client.results().stream().allMatch(one -> one.failed() > 0));
      for (ProtocolResult result : client.results()) {
        assertThat(result.failed()).as(result.protocol()).isPositive();
        assertThat(result.reasons()).as(result.protocol()).isNotEmpty();
      }
      assertThat(client.results().getFirst().longestGap()).isGreaterThan(Duration.ofMillis(700));
    }
    // Stop and start again lose nothing that was acknowledged: the services keep their promise.
    LedgerCheck check = LedgerCheck.of(client.ledger(), lab.old());
    assertThat(check.examples()).isEmpty();
    assertThat(check.acknowledged()).isPositive();
    assertThat(new String(lab.old().readFile("/var/log/nginx/access.log")))
        .startsWith(Lab.CLIENT_ADDRESS + " ");
  }

  @Test
  void a_long_connection_that_is_ended_between_commands_is_made_again_without_a_failure()
      throws Exception {
    try (WatchingClient client =
        new WatchingClient(lab.client(), services, pages, Lab.OLD_ADDRESS)) {
      // The process of that connection alone, as a server does that sheds an idle connection:
      // another one that ends may have the new connection already, and ends it too.
      String[] who = {"doveadm", "who", "-1", "watch-long"};
      TestingPatience.await(
          "a long connection that is used",
          () ->
              lab.old().must(who).lines().count() > 1 && client.results().getLast().requests() > 1);
      String[] session = lab.old().must(who).strip().split("\n")[1].split("\\s+");
      assertThat(session[0]).isEqualTo("watch-long");
      lab.old().must("kill", "-TERM", session[2].replaceAll("[()]", ""));
      TestingPatience.await("the next connection", () -> client.reconnects() > 0);
      long asked = client.results().getLast().requests();
      TestingPatience.await(
          "that it is used", () -> client.results().getLast().requests() > asked + 1);
      ProtocolResult result = client.results().getLast();
      assertThat(client.reconnects()).isEqualTo(1);
      assertThat(result.reasons()).isEmpty();
    }
  }
}
