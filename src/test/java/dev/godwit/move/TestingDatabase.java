package dev.godwit.move;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabHost;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** MariaDB on the lab's hosts, and a client that inserts rows all the time and knows which stay. */
final class TestingDatabase implements AutoCloseable {
  static final String DATA = "/srv/mysql";

  /** The last row's number, whichever client wrote it: a second one goes on with others. */
  private static final AtomicInteger LAST = new AtomicInteger();

  private final Lab lab;
  private final Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final TestingSlowest slowest = new TestingSlowest();
  private final int rowsMax;
  private final Thread writer;
  private volatile String address;
  private volatile boolean ended;

  private TestingDatabase(Lab lab, String address, int rowsMax) {
    this.lab = lab;
    this.address = address;
    this.rowsMax = rowsMax;
    this.writer = Thread.ofPlatform().name("rows").start(this::write);
  }

  /** Writes configuration and a script; makes the data directory on old only. */
  static void install(LabHost host, boolean isFilled) throws IOException {
    host.writeFile(
        "/etc/mysql/lab.cnf",
        """
        [mariadbd]
        datadir = /srv/mysql
        socket = /run/lab-mariadb.sock
        pid-file = /run/lab-mariadb.pid
        port = 3306
        bind-address = *
        user = root
        log-error = /var/log/lab-mariadb.log
        innodb_log_file_size = 24M
        innodb_buffer_pool_size = 32M
        performance_schema = off
        skip-name-resolve
        """);
    host.writeFile(
        "/usr/local/sbin/lab-mariadb",
        """
        #!/bin/bash
        . /usr/local/lib/lab-functions
        running() { { read -r pid </run/lab-mariadb.pid; } 2>/dev/null && alive "$pid" && echo "$pid"; }
        case $1 in
          start)
            if [ -z "$(running)" ]; then
              setsid mariadbd --defaults-file=/etc/mysql/lab.cnf </dev/null >>/var/log/lab-mariadb.out 2>&1 &
            fi
            wait_answer 3306
            # A gate may have answered in its place.
            for ((i = 0; i < 200; i++)); do [ -n "$(running)" ] && exit 0; sleep 0.05; done
            tail -n 3 /var/log/lab-mariadb.log >&2
            exit 1
            ;;
          stop)
            pid=$(running) && kill -TERM "$pid"
            wait_gone 30 running
            ;;
          state) [ -n "$(running)" ] || exit 3 ;;
        esac
        """,
        "rwxr-xr-x");
    if (isFilled) {
      host.must(
          "mariadb-install-db",
          "--defaults-file=/etc/mysql/lab.cnf",
          "--user=root",
          "--auth-root-authentication-method=normal",
          "--skip-test-db");
      host.must("/usr/local/sbin/lab-mariadb", "start");
      sql(
          host,
          "CREATE DATABASE lab; CREATE TABLE lab.marks (id INT PRIMARY KEY, text VARCHAR(200)) ENGINE=InnoDB;"
              + " CREATE USER lab@'%' IDENTIFIED BY 'lab'; GRANT ALL ON lab.* TO lab@'%'");
    }
  }

  /** A database for a plan. */
  static String planned() {
    return """
    databases:
      - mariadb: /srv/mysql
        mode: cold
        start: [/usr/local/sbin/lab-mariadb, start]
        stop: [/usr/local/sbin/lab-mariadb, stop]
        state: [/usr/local/sbin/lab-mariadb, state]
        ports: [3306]
    """;
  }

  static String sql(LabHost host, String statement) throws IOException {
    return host.must("mariadb", "-N", "-B", "-S", "/run/lab-mariadb.sock", "-e", statement);
  }

  /** Connections last some seconds, as those of a pool do. */
  static TestingDatabase write(Lab lab, String address) {
    return new TestingDatabase(lab, address, 100);
  }

  /** A connection for each row, as programs make them that keep none. */
  static TestingDatabase writeShortly(Lab lab, String address) {
    return new TestingDatabase(lab, address, 1);
  }

  /** Rows are written there from the next connection on. */
  void repoint(String to) {
    address = to;
  }

  private void write() {
    while (!ended) {
      try {
        long begun = System.nanoTime(); // the first row of a connection waits for that, too
        Process client =
            lab.client()
                .command(
                    List.of(
                        "mariadb",
                        "-n",
                        "-N",
                        "-B",
                        "--unbuffered",
                        "-h",
                        address,
                        "-ulab",
                        "-plab",
                        "lab"))
                .redirectErrorStream(true)
                .start();
        try (BufferedWriter to =
                new BufferedWriter(
                    new OutputStreamWriter(client.getOutputStream(), StandardCharsets.US_ASCII));
            BufferedReader from =
                new BufferedReader(
                    new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))) {
          for (int i = 0; i < rowsMax && !ended; i++) {
            int id = LAST.incrementAndGet();
            to.write(
                "INSERT INTO marks VALUES (%d, REPEAT('x', 180)); SELECT 'row', %d;%n"
                    .formatted(id, id));
            to.flush();
            String said = from.readLine();
            if (!("row\t" + id).equals(said)) {
              failures.add(id + ": " + said);
              break;
            }
            slowest.answered(begun);
            acknowledged.add(id);
            Thread.sleep(20);
            begun = System.nanoTime();
          }
        }
        client.waitFor();
        if (rowsMax == 1) {
          Thread.sleep(400);
        }
      } catch (IOException e) {
        failures.add(LAST.get() + ": " + e);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  int count() {
    return acknowledged.size();
  }

  /** Requests that got an error, or no answer. */
  List<String> failures() {
    return failures;
  }

  /** For a row, with the connection and the start of the client's program where it is the first. */
  Duration longestWait() {
    return slowest.longest();
  }

  /** Acknowledged rows that a host has not. */
  Set<Integer> lostOn(LabHost host) throws IOException {
    Set<Integer> lost = new TreeSet<>(acknowledged);
    sql(host, "SELECT id FROM lab.marks").lines().map(Integer::valueOf).forEach(lost::remove);
    return lost;
  }

  void end() throws InterruptedException {
    ended = true;
    writer.join();
  }

  @Override
  public void close() throws InterruptedException {
    end();
  }
}
