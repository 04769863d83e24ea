package dev.godwit.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Where neither nginx nor dovecot can be installed, the notes application serves alone. */
@Tag("lab")
class EmbeddedServiceTest {
  @Test
  void the_notes_application_serves_pages_and_notes() throws Exception {
    try (Lab lab = Lab.start(LabOptions.forFiles(300))) {
      LabServices services = new LabServices(lab, false, false);
      services.install();
      var pages = new Fill(lab.old(), 3).write(300, false);
      services.start(lab.old());
      WatchingClient client = new WatchingClient(lab.client(), services, pages, Lab.OLD_ADDRESS);
      try (client) {
        Thread.sleep(1500);
      }
      assertThat(client.results())
          .extracting(ProtocolResult::protocol)
          .containsExactly("http_get", "http_post");
      assertThat(client.results()).allMatch(result -> result.failed() == 0);
      assertThat(LedgerCheck.of(client.ledger(), lab.old()).lost()).isZero();
      assertThat(new String(lab.old().readFile("/var/log/lab-app.log")))
          .contains(Lab.CLIENT_ADDRESS + " GET /site/");
      assertThat(DemoPlan.text(services)).doesNotContain("dovecot", "nginx", "vmail");
    }
  }
}
