package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import dev.godwit.linux.Namespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** PostgreSQL moves cold, under load, and back: no acknowledged row is lost, no insert fails. */
@Tag("lab")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class ColdPostgresTest {
  private static final String SCRIPT =
      """
      #!/bin/bash
      run() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
      pg="run BIN/pg_ctl -D /srv/pg -w -t 30 -l /var/log/lab-postgres.log"
      case $1 in
        start) $pg status >/dev/null || $pg start >/dev/null ;;
        stop) $pg status >/dev/null || exit 0; $pg stop -m fast >/dev/null ;;
        state) $pg status >/dev/null || exit 3 ;;
      esac
      """;

  private static final String PLANNED =
      """
      databases:
        - postgresql: /srv/pg
          mode: cold
          start: [/usr/local/sbin/lab-postgres, start]
          stop: [/usr/local/sbin/lab-postgres, stop]
          state: [/usr/local/sbin/lab-postgres, state]
          ports: [5432]
      """;

  private final Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger last = new AtomicInteger();
  private volatile boolean ended;
  private String bin = "";

  @Test
  void no_acknowledged_row_is_lost_on_the_way_there_or_back() throws Exception {
    bin = binaries().toString();
    try (TestingMove move = TestingMove.up(100, "30s")) {
      install(move.old());
      install(move.neu());
      make(move.old());
      move.changePlan(plan -> plan + "\n" + PLANNED);
      Thread writer = Thread.ofPlatform().name("rows").start(() -> write(move.lab()));
      try {
        assertThat(move.godwit(0, "check"))
            .containsPattern("of /srv/pg, [0-9]+ \\([0-9.]+ [kM]?i?B\\) have changed");
        move.startClient();
        move.godwit(0, "start");
        move.godwit(0, "cutover", "--yes");
        // That it waited, as clients do, is seen; and nothing of it is in the server's log.
        assertThat(move.godwit(0, "report"))
            .containsPattern(":5432: [0-9]+ requests, 0 failed, longest gap [0-9]+ ms");
        for (LabHost host : List.of(move.old(), move.neu())) {
          assertThat(host.must("cat", "/var/log/lab-postgres.log"))
              .doesNotContain("startup packet")
              .doesNotContain("SSL")
              .doesNotContain("FATAL:  no");
        }
        awaitRows();
        assertSound(move.neu(), move.old());
        move.godwit(0, "rollback", "--yes");
        awaitRows();
      } finally {
        ended = true;
        writer.join();
      }
      assertSound(move.old(), move.neu());
      move.assertNoneFailed();
    }
  }

  /** Debian keeps each version's programs in a folder of its own; the newest. */
  private static Path binaries() throws IOException {
    try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(folder -> Files.exists(folder.resolve("pg_ctl")))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  private void install(LabHost host) throws IOException {
    host.must("rm", "-rf", "/etc/postgresql"); // that of a cluster which Debian has made
    host.writeFile("/usr/local/sbin/lab-postgres", SCRIPT.replace("BIN", bin), "rwxr-xr-x");
    host.must(
        "bash", "-c", "touch /var/log/lab-postgres.log; chown postgres /var/log/lab-postgres.log");
    host.must("install", "-d", "-o", "postgres", "-g", "postgres", "/var/run/postgresql");
  }

  private void make(LabHost host) throws IOException {
    host.must("install", "-d", "-m", "700", "-o", "postgres", "-g", "postgres", "/srv/pg");
    host.must(
        "bash",
        "-euc",
        """
        cd /
        setpriv --reuid=postgres --regid=postgres --clear-groups \
          %s/initdb -D /srv/pg -A trust -N >/dev/null
        echo "listen_addresses = '*'" >>/srv/pg/postgresql.conf
        echo "host all all 10.103.0.0/24 trust" >>/srv/pg/pg_hba.conf
        /usr/local/sbin/lab-postgres start
        """
            .formatted(bin));
    sql(host, "CREATE TABLE marks (id INT PRIMARY KEY, text TEXT)");
  }

  private String sql(LabHost host, String statement) throws IOException {
    return host.must(
        bin + "/psql", "-q", "-A", "-t", "-h", "127.0.0.1", "-U", "postgres", "-c", statement);
  }

  /** A connection for each row. */
  private void write(Lab lab) {
    try {
      Namespaces.enterNetwork(lab.client().pid());
      while (!ended) {
        int id = last.incrementAndGet();
        LabHost.Outcome outcome =
            lab.client()
                .run(
                    bin + "/psql",
                    "-q",
                    "-h",
                    Lab.OLD_ADDRESS,
                    "-U",
                    "postgres",
                    "-c",
                    "INSERT INTO marks VALUES (%d, repeat('x', 180))".formatted(id));
        if (outcome.succeeded()) {
          acknowledged.add(id);
        } else {
          failures.add(id + ": " + outcome.err());
        }
        Thread.sleep(60);
      }
    } catch (IOException | InterruptedException e) {
      failures.add(String.valueOf(e));
    }
  }

  private void awaitRows() throws Exception {
    int before = acknowledged.size();
    TestingPatience.await("rows " + failures, () -> acknowledged.size() > before + 20);
  }

  private void assertSound(LabHost serving, LabHost left) throws IOException {
    assertThat(failures).isEmpty();
    Set<Integer> lost = new TreeSet<>(acknowledged);
    sql(serving, "SELECT id FROM marks").lines().map(Integer::valueOf).forEach(lost::remove);
    assertThat(lost).isEmpty();
    assertThat(left.run("/usr/local/sbin/lab-postgres", "state").exit()).isEqualTo(3);
    System.out.println(acknowledged.size() + " rows on " + serving.name());
  }
}
