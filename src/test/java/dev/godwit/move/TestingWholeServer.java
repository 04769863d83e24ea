package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.TestingPatience;
import dev.godwit.demo.LabHost;
import dev.godwit.demo.LabOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A whole server in the lab: the demo's services, postfix with its queue and MariaDB in cold mode,
 * all of them in the plan; and clients of HTTP, IMAP, POP3, SMTP and MySQL that ask throughout.
 */
final class TestingWholeServer implements AutoCloseable {
  /** Floats after {@link #addAddress}. */
  static final String ADDRESS = "10.103.0.10";

  private final TestingMove move;
  private @Nullable Clients clients;

  private record Clients(TestingMail mail, TestingDatabase rows, TestingPop pop) {
    List<String> failures() {
      return List.of(mail.failures(), rows.failures(), pop.failures()).stream()
          .flatMap(List::stream)
          .toList();
    }
  }

  private TestingWholeServer(TestingMove move) {
    this.move = move;
  }

  static TestingWholeServer up(int files, LabOptions options, String hold) throws Exception {
    TestingMove move = TestingMove.up(files, options, hold);
    boolean isUp = false;
    try {
      install(move);
      isUp = true;
      return new TestingWholeServer(move);
    } finally {
      if (!isUp) {
        move.close();
      }
    }
  }

  private static void install(TestingMove move) throws Exception {
    List<LabHost> hosts = List.of(move.old(), move.neu());
    for (LabHost host : hosts) {
      TestingMail.install(host);
      TestingPop.install(host);
    }
    move.old().must("/usr/local/sbin/lab-dovecot", "stop");
    move.old().must("/usr/local/sbin/lab-dovecot", "start");
    // Its tools write there as postfix.
    for (LabHost host : hosts) {
      host.must("bash", "-c", "postfix start && postfix stop; chown postfix /var/log/mail.log");
    }
    move.old().must("postfix", "start");
    TestingDatabase.install(move.old(), true);
    TestingDatabase.install(move.neu(), false);
    move.changePlan(
        plan ->
            plan.replace("ports: [143]", "ports: [110, 143]")
                    .replace("\nlimits:", TestingMail.service() + "\nlimits:")
                + TestingDatabase.planned());
  }

  TestingMove move() {
    return move;
  }

  /** Old gets an address more, which moves with the services. */
  void addAddress() throws IOException {
    move.old().must("ip", "address", "add", ADDRESS + "/24", "dev", "eth0");
    move.changePlan(
        plan -> plan + "\naddress: { floating: " + ADDRESS + "/24, interface: eth0 }\n");
  }

  static boolean hasAddress(LabHost host) throws IOException {
    return host.must("ip", "-4", "-o", "address", "show", "dev", "eth0").contains(ADDRESS + "/");
  }

  /** New ones; those before them have ended. */
  void startClients(String address) throws Exception {
    move.startClient(address);
    TestingMail mail = new TestingMail(move.lab());
    mail.send(address);
    clients =
        new Clients(
            mail,
            TestingDatabase.writeShortly(move.lab(), address),
            new TestingPop(move.lab(), address));
  }

  private Clients clients() {
    if (clients == null) {
      throw new IllegalStateException("no clients were started");
    }
    return clients;
  }

  TestingMail mail() {
    return clients().mail();
  }

  TestingDatabase rows() {
    return clients().rows();
  }

  TestingPop pop() {
    return clients().pop();
  }

  /** Each of the clients has got answers since, and none has ever got a bad one. */
  void awaitAll() throws Exception {
    Clients asking = clients();
    int mails = asking.mail.accepted().size();
    int written = asking.rows.count();
    int visits = asking.pop.visits();
    move.awaitRequests(100);
    TestingPatience.await(
        "mails, rows and visits " + asking.failures(),
        () ->
            asking.mail.accepted().size() > mails + 20
                && asking.rows.count() > written + 5
                && asking.pop.visits() > visits + 3);
    assertNoneFailed();
  }

  void assertNoneFailed() {
    assertThat(clients().failures()).isEmpty();
    move.assertNoneFailed();
  }

  /** The slowest answer to any request of the clients, since they were started, by protocol. */
  Map<String, Duration> longestWaits() {
    Clients asking = clients();
    Map<String, Duration> waits = new TreeMap<>(move.longestWaits());
    waits.put("smtp", asking.mail.longestWait());
    waits.put("mysql", asking.rows.longestWait());
    waits.put("pop3", asking.pop.longestWait());
    return waits;
  }

  /** Mails, rows and visits come to their end; what was acknowledged is there, once. */
  void proveMailAndRows(LabHost serving, LabHost left) throws Exception {
    Clients asked = clients();
    asked.mail.end();
    asked.rows.end();
    asked.pop.end();
    assertThat(asked.failures()).isEmpty();
    TestingMail.deliverAll(serving);
    Map<String, Integer> expected = new TreeMap<>();
    asked.mail.accepted().forEach(mark -> expected.put(mark, 1));
    Map<String, Integer> delivered = asked.mail.delivered(serving);
    delivered.keySet().retainAll(expected.keySet());
    assertThat(delivered).isEqualTo(expected);
    assertThat(asked.rows.lostOn(serving)).isEmpty();
    assertThat(TestingDatabase.sql(serving, "CHECK TABLE lab.marks EXTENDED")).contains("\tOK");
    assertThat(left.run("/usr/local/sbin/lab-mariadb", "state").exit()).isEqualTo(3);
    assertThat(left.run("postfix", "status").exit()).isNotZero();
    System.out.printf(
        "proved: %d mails, %d rows, %d visits by POP3%n",
        expected.size(), asked.rows.count(), asked.pop.visits());
  }

  @Override
  public void close() throws InterruptedException {
    if (clients != null) {
      clients.mail.close();
      clients.rows.close();
      clients.pop.close();
    }
    move.close();
  }
}
