package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Clients on old itself who know MariaDB by its unix socket, and whom it knows by their system
 * users: they go on with new as "localhost", with the grants as they are, and back.
 */
@Tag("lab")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DatabaseSocketLabTest extends TestingOneMove {
  private static final String SERVER = "/usr/local/sbin/lab-mysqld";
  private static final long GREETING_NANOS = 20_000_000;
  private static final List<String> USERS = List.of("anna", "bert");

  private static final String CONFIGURATION =
      """
      [mariadbd]
      datadir = /srv/mysql
      socket = /run/mysqld/mysqld.sock
      pid-file = /run/mysqld/mysqld.pid
      port = 3306
      user = mysql
      log-error = /var/log/mysql/error.log
      innodb_log_file_size = 8M
      innodb_buffer_pool_size = 16M
      performance_schema = off
      skip-name-resolve
      """;

  /** As units do, it makes the socket's folder; and it asks neither port nor socket. */
  private static final String SCRIPT =
      """
      #!/bin/bash
      . /usr/local/lib/lab-functions
      running() { { read -r pid </run/mysqld/mysqld.pid; } 2>/dev/null && alive "$pid" && echo "$pid"; }
      case $1 in
        start)
          [ -n "$(running)" ] && exit 0
          install -d -o mysql -g mysql /run/mysqld /var/log/mysql
          install -o mysql -g mysql /dev/null /var/log/mysql/error.log
          setsid mariadbd --defaults-file=/etc/mysql/lab.cnf </dev/null >/var/log/mysql/out 2>&1 &
          for ((i = 0; i < 400; i++)); do
            grep -q 'ready for connections' /var/log/mysql/error.log 2>/dev/null && exit 0
            kill -0 $! 2>/dev/null || break
            sleep 0.05
          done
          tail -n 3 /var/log/mysql/error.log /var/log/mysql/out >&2
          exit 1
          ;;
        stop)
          pid=$(running) && kill -TERM "$pid"
          wait_gone 30 running
          ;;
        state) [ -n "$(running)" ] || exit 3 ;;
      esac
      """;

  private static final String PLANNED =
      """

      databases:
        - mariadb: /srv/mysql
          mode: cold
          start: [/usr/local/sbin/lab-mysqld, start]
          stop: [/usr/local/sbin/lab-mysqld, stop]
          state: [/usr/local/sbin/lab-mysqld, state]
          ports: [3306]
          sockets: [/run/mysqld/mysqld.sock]
      """;

  /** A client that got no answer, from its begin to its end. */
  private record Refusal(long began, long ended, String why) {}

  private static final Set<Integer> acknowledged = new ConcurrentSkipListSet<>();
  private static final List<Refusal> refusals = new CopyOnWriteArrayList<>();
  private static final AtomicInteger last = new AtomicInteger();
  private static final AtomicInteger greeted = new AtomicInteger();
  private static final List<Thread> clients = new ArrayList<>();
  private static volatile boolean ended;

  @BeforeAll
  static void up() throws Exception {
    move = TestingMove.up(100, "30s");
    // Who has a number on old is somebody else on new: it is the name that counts.
    install(move.old(), 2101, 2102);
    install(move.neu(), 2102, 2101);
    make(move.old());
    move.changePlan(plan -> plan + PLANNED);
    for (String user : USERS) {
      clients.add(Thread.ofPlatform().name("rows of " + user).start(() -> write(user)));
    }
    clients.add(Thread.ofPlatform().name("greetings").start(DatabaseSocketLabTest::comeSteadily));
  }

  @AfterAll
  static void end() throws Exception {
    ended = true;
    for (Thread client : clients) {
      client.join();
    }
  }

  private static void install(LabHost host, int anna, int bert) throws IOException {
    user(host, "mysql", 2100);
    user(host, "anna", anna);
    user(host, "bert", bert);
    host.writeFile("/etc/mysql/lab.cnf", CONFIGURATION);
    host.writeFile(SERVER, SCRIPT, "rwxr-xr-x");
  }

  private static void user(LabHost host, String name, int number) throws IOException {
    host.appendFile("/etc/passwd", "%1$s:x:%2$d:%2$d::/:/bin/sh%n".formatted(name, number));
    host.appendFile("/etc/group", "%s:x:%d:%n".formatted(name, number));
  }

  private static void make(LabHost host) throws IOException {
    host.must("install", "-d", "-o", "mysql", "-g", "mysql", "/srv/mysql");
    host.must(
        "mariadb-install-db",
        "--defaults-file=/etc/mysql/lab.cnf",
        "--auth-root-authentication-method=socket",
        "--skip-test-db");
    host.must(SERVER, "start");
    sql(host, "CREATE DATABASE lab");
    sql(
        host,
        "CREATE TABLE lab.marks (id INT PRIMARY KEY, who VARCHAR(80), known VARCHAR(80), host"
            + " VARCHAR(80)) ENGINE=InnoDB");
    for (String user : USERS) {
      sql(
          host,
          "CREATE USER %1$s@localhost IDENTIFIED VIA unix_socket; GRANT INSERT ON lab.* TO %1$s@localhost"
              .formatted(user));
    }
  }

  private static String sql(LabHost host, String statement) throws IOException {
    return host.must("mariadb", "-N", "-B", "-S", "/run/mysqld/mysqld.sock", "-e", statement);
  }

  /** A connection for each row, without a second try. */
  private static void write(String user) {
    while (!ended) {
      int id = last.incrementAndGet();
      long began = System.nanoTime();
      try {
        LabHost.Outcome outcome =
            move.old()
                .run(
                    "setpriv",
                    "--reuid=" + user,
                    "--regid=" + user,
                    "--clear-groups",
                    "mariadb",
                    "-S",
                    "/run/mysqld/mysqld.sock",
                    "-e",
                    "INSERT INTO lab.marks VALUES (%d, USER(), CURRENT_USER(), @@hostname)"
                        .formatted(id));
        if (outcome.succeeded()) {
          acknowledged.add(id);
        } else {
          refusals.add(new Refusal(began, System.nanoTime(), user + ": " + outcome.err()));
        }
        Thread.sleep(50);
      } catch (IOException | InterruptedException e) {
        refusals.add(new Refusal(began, System.nanoTime(), String.valueOf(e)));
        return;
      }
    }
  }

  /** Others come at a steady rate, whatever becomes of those before, and hear who is there. */
  private static void comeSteadily() {
    List<Thread> each = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; !ended; i++) {
      LockSupport.parkNanos(start + i * GREETING_NANOS - System.nanoTime());
      each.add(Thread.ofVirtual().start(DatabaseSocketLabTest::hearGreeting));
    }
    for (Thread client : each) {
      try {
        client.join();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void hearGreeting() {
    long began = System.nanoTime();
    Path socket = move.old().path("/run/mysqld/mysqld.sock");
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      ByteBuffer answer = ByteBuffer.allocate(256);
      if (client.read(answer) <= 0
          || !new String(answer.array(), StandardCharsets.ISO_8859_1).contains("MariaDB")) {
        throw new IOException("no greeting");
      }
      greeted.incrementAndGet();
    } catch (IOException e) {
      refusals.add(new Refusal(began, System.nanoTime(), String.valueOf(e)));
    }
  }

  /** Rows of both are written there now, by who they are; none is lost, none is there twice. */
  private static void assertServedBy(LabHost serving, LabHost left) throws Exception {
    int before = acknowledged.size();
    TestingPatience.await("rows " + refusals, () -> acknowledged.size() > before + 20);
    Set<Integer> lost = new TreeSet<>(acknowledged); // before it is asked: more come meanwhile
    List<String> rows =
        sql(serving, "SELECT id, who, known, host FROM lab.marks ORDER BY id").lines().toList();
    for (String row : rows) {
      lost.remove(Integer.valueOf(row.split("\t", 2)[0]));
    }
    assertThat(lost).isEmpty();
    assertThat(rows.stream().map(row -> row.substring(row.indexOf('\t') + 1)).distinct())
        .allMatch(row -> row.matches("(anna|bert)@localhost\t\\1@localhost\t(old|new)"));
    for (String user : USERS) {
      assertThat(rows.reversed().stream().limit(10))
          .as("written on " + serving.name())
          .anyMatch(row -> row.contains(user) && row.endsWith("\t" + serving.name()));
    }
    assertThat(left.run(SERVER, "state").exit()).isEqualTo(3);
    assertThat(
            sql(
                serving,
                "SELECT user, host, plugin FROM mysql.user WHERE user IN ('anna', 'bert')"))
        .isEqualTo("anna\tlocalhost\tunix_socket\nbert\tlocalhost\tunix_socket\n");
  }

  @Test
  @Order(1)
  void nobody_who_comes_by_the_socket_is_failed_on_the_way_there() throws Exception {
    move.godwit(0, "start");
    move.godwit(0, "cutover", "--yes");
    assertServedBy(move.neu(), move.old());
    assertThat(refusals).isEmpty();
  }

  /**
   * MariaDB's server does not start while somebody answers at its socket, so old's has to be away
   * from there to its start. How long that was is told, and nobody is refused at another time.
   */
  @Test
  @Order(2)
  void on_the_way_back_they_are_refused_no_longer_than_is_told() throws Exception {
    move.godwit(0, "rollback", "--yes");
    assertServedBy(move.old(), move.neu());
    JsonNode report = JsonMapper.shared().readTree(move.godwit(0, "report", "--json"));
    int told = report.path("refused_for_ms").asInt();
    System.out.printf("measured: %d refused in the %d ms that are told%n", refusals.size(), told);
    assertThat(told).isPositive();
    assertThat(refusals)
        .as("who finds no name is not cut off")
        .allMatch(
            refusal -> refusal.why().matches("(?s).*(Can't connect to local|No such file).*"));
    if (!refusals.isEmpty()) {
      // Each was refused at some moment between its begin and its end.
      long firstEnded = refusals.stream().mapToLong(Refusal::ended).min().orElseThrow();
      long lastBegan = refusals.stream().mapToLong(Refusal::began).max().orElseThrow();
      assertThat((lastBegan - firstEnded) / 1_000_000).isLessThanOrEqualTo(told);
    }
  }

  @Test
  @Order(3)
  void and_there_again() throws Exception {
    int before = refusals.size();
    move.godwit(0, "cutover", "--yes");
    assertServedBy(move.neu(), move.old());
    assertThat(refusals.stream().skip(before)).isEmpty();
    System.out.printf("%d rows, %d greetings%n", acknowledged.size(), greeted.get());
  }
}
