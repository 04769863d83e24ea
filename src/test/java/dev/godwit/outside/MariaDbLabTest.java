package dev.godwit.outside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import dev.godwit.linux.Namespaces;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real MariaDB server, which refuses a host after three broken connections, is asked often. */
@Tag("lab")
final class MariaDbLabTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Target TARGET =
      Target.port("mariadb", new InetSocketAddress(Lab.OLD_ADDRESS, 3306));

  private static final String UP =
      """
      mkdir -p /srv/asked
      mariadb-install-db --defaults-file=/etc/mysql/asked.cnf --user=root \\
        --auth-root-authentication-method=normal --skip-test-db >/dev/null
      setsid mariadbd --defaults-file=/etc/mysql/asked.cnf </dev/null >/dev/null 2>&1 &
      """;

  @Test
  void it_answers_each_time_and_refuses_nobody_for_it() throws Exception {
    try (Lab lab = Lab.start(LabOptions.forFiles(100))) {
      LabHost old = lab.old();
      // A host is only counted when it has a name.
      old.appendFile("/etc/hosts", "10.103.0.1 client.example\n");
      old.writeFile(
          "/etc/mysql/asked.cnf",
          """
          [mariadbd]
          datadir = /srv/asked
          socket = /run/asked.sock
          pid-file = /run/asked.pid
          port = 3306
          bind-address = *
          user = root
          log-error = /var/log/asked.log
          innodb_buffer_pool_size = 32M
          max_connect_errors = 3
          """);
      old.must("bash", "-euc", UP);
      TestingPatience.await(
          "the server",
          () -> old.run("mariadb", "-S", "/run/asked.sock", "-e", "DO 1").succeeded());
      // As an unknown user one is treated like some known one: of whatever kind that is.
      old.must(
          "bash",
          "-euc",
          "for i in {1..20}; do echo \"CREATE USER u$i@'%' IDENTIFIED VIA unix_socket;\"; done"
              + " | mariadb -S /run/asked.sock");
      assertThat(fromClient(lab, () -> Asker.learn(TARGET, LIMIT).how()))
          .isEqualTo(Seen.How.MARIADB);
      for (int i = 0; i < 30; i++) {
        assertThat(fromClient(lab, MariaDbLabTest::asked)).as("request %d", i).isEqualTo("");
      }
      // That it does refuse somebody: who leaves without a word.
      for (int i = 0; i < 4; i++) {
        fromClient(lab, MariaDbLabTest::left);
      }
      assertThat(fromClient(lab, MariaDbLabTest::asked))
          .startsWith("greeted with ")
          .contains("is blocked because of many connection errors");
      old.must("bash", "-euc", "kill $(cat /run/asked.pid)");
    }
  }

  private static String asked() {
    String wrong = Asker.ask(TARGET, Seen.How.MARIADB, LIMIT);
    return wrong == null ? "" : wrong;
  }

  private static String left() throws IOException {
    try (Socket socket = new Socket(Lab.OLD_ADDRESS, 3306)) {
      return "" + socket.getInputStream().read();
    }
  }

  private interface Question<T> {
    T ask() throws IOException;
  }

  private static <T> T fromClient(Lab lab, Question<T> question) throws Exception {
    FutureTask<T> asking =
        new FutureTask<>(
            () -> {
              Namespaces.enterNetwork(lab.client().pid());
              return question.ask();
            });
    Thread.ofPlatform().start(asking);
    return asking.get();
  }
}
