package dev.godwit.move;

import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.demo.Lab;
import dev.godwit.demo.LabOptions;
import dev.godwit.demo.LabOptions.DataDisk;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * A whole server: nginx, an application that writes files, dovecot, postfix and MariaDB, asked by
 * HTTP, IMAP, POP3, SMTP and MySQL all the time. It moves with its floating address and back; then
 * with old left forwarding, while its clients come to new's own address one by one. It goes back
 * from before the hold, from in it, after the release under load, and just before finish.
 *
 * <p>{@code -Dgodwit.whole.mails=100000} and {@code -Dgodwit.whole.small=1000000} make it large,
 * with {@code -Dgodwit.lab.command.seconds=900}; {@code -Dgodwit.whole.seconds=60} lets new take
 * writes for longer before the way back. docs/reliability.md has what was measured.
 */
@Tag("lab")
@Tag("proof")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class WholeServerLabTest {
  private static final int MAILS = Integer.getInteger("godwit.whole.mails", 3_000);

  /** Further files of some bytes each, below one of the plan's paths. */
  private static final int SMALL = Integer.getInteger("godwit.whole.small", 0);

  /** How long new takes writes that old must have after the rollback. */
  private static final Duration NEW_WRITES =
      Duration.ofSeconds(Integer.getInteger("godwit.whole.seconds", 5));

  /**
   * Of each mailbox that nobody writes to, what its mail clients remember: how many lines that is,
   * and a sum of them.
   */
  private static final String REMEMBERED =
      """
      for user in anna bert cleo dora emil frida georg hanna ida jens; do
        doveadm -f tab mailbox status -u $user 'uidvalidity uidnext messages' '*'
        doveadm -f tab fetch -u $user 'mailbox uid guid' ALL
      done >/tmp/remembered
      wc -l </tmp/remembered
      sha256sum </tmp/remembered
      """;

  @SuppressWarnings("NullAway.Init") // before the first test
  private static TestingWholeServer server;

  @SuppressWarnings("NullAway.Init") // before the first test
  private static TestingMove move;

  private static String remembered;

  /** The longest stop and start of the services since the clients were started, milliseconds. */
  private static double services;

  @BeforeAll
  static void up() throws Exception {
    int files = MAILS * 5 / 3;
    LabOptions room = LabOptions.forFiles(files);
    DataDisk srv = room.data().getFirst();
    DataDisk larger =
        new DataDisk(
            srv.path(), srv.sizeMib() + 128 + SMALL / 1000 * 5, srv.inodes() + SMALL + SMALL / 100);
    List<DataDisk> disks = List.of(larger, room.data().getLast());
    server = TestingWholeServer.up(files, new LabOptions(room.shown(), disks, disks), "30s");
    move = server.move();
    move.old().must("python3", "-c", SMALL_FILES, Integer.toString(SMALL));
    remembered = move.old().must("bash", "-euc", REMEMBERED);
    assertThat(Integer.parseInt(remembered.lines().findFirst().orElseThrow()))
        .as("mails and headings")
        .isGreaterThanOrEqualTo(MAILS);
  }

  private static final String SMALL_FILES =
      """
      import os, sys
      for i in range(int(sys.argv[1])):
          if i % 1000 == 0:
              folder = "/srv/www/small/%d" % (i // 1000)
              os.makedirs(folder)
          with open("%s/%d" % (folder, i), "w") as f:
              f.write("small %d" % i)
      """;

  @AfterAll
  static void down() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Test
  @Order(1)
  void h60_before_the_hold_and_in_it_the_way_back_is_the_old_host_as_it_was() throws Exception {
    server.addAddress();
    server.startClients(TestingWholeServer.ADDRESS);
    move.godwit(0, "start");
    server.awaitAll();
    assertThat(move.godwit(0, "rollback")).contains("nothing to roll back");
    server.awaitAll();
    for (CutoverStep step : List.of(CutoverStep.CAPTURE, CutoverStep.STOP, CutoverStep.CHECK)) {
      assertThat(givenUp(step)).contains("stopped by hand");
      move.assertOldServes();
      server.awaitAll();
      move.assertNoNoteLost(move.old());
      assertThat(move.old().must("bash", "-euc", REMEMBERED))
          .as("at %s", step)
          .isEqualTo(remembered);
    }
    server.proveMailAndRows(move.old(), move.neu());
    move.proveRolledBack();
  }

  /** Ctrl-C as the step begins. */
  private static String givenUp(CutoverStep step) throws Exception {
    try (TestingCommand stopped =
        move.godwitWhen(TestingMove.begins(step), TestingCommand::interrupt, "cutover", "--yes")) {
      assertThat(stopped.exit(TestingMove.COMMAND_LIMIT))
          .as(stopped.text())
          .isEqualTo(step.inHold() ? 4 : 1);
      return stopped.text();
    }
  }

  @Test
  @Order(2)
  void it_moves_with_its_floating_address_and_no_client_is_failed() throws Exception {
    // Others than those who have waited for the ways back, which take a start more than a switch.
    server.startClients(TestingWholeServer.ADDRESS);
    server.awaitAll();
    move.godwit(0, "cutover", "--yes");
    server.awaitAll();
    assertThat(TestingWholeServer.hasAddress(move.neu())).isTrue();
    assertThat(move.neu().must("bash", "-euc", REMEMBERED)).isEqualTo(remembered);
    measure("floating");
  }

  @Test
  @Order(3)
  void h60_and_back_with_all_that_was_written_on_new() throws Exception {
    Thread.sleep(NEW_WRITES);
    server.awaitAll();
    move.godwit(0, "rollback", "--yes");
    server.awaitAll();
    assertThat(move.old().must("bash", "-euc", REMEMBERED)).isEqualTo(remembered);
    measure("rollback");
    server.proveMailAndRows(move.old(), move.neu());
    move.proveRolledBack();
    move.godwit(0, "finish", "--abandon", "--now");
  }

  @Test
  @Order(4)
  void h60_h67_its_clients_come_over_one_by_one_and_just_before_finish_it_goes_back()
      throws Exception {
    move.changePlan(plan -> plan.substring(0, plan.indexOf("\naddress:")));
    server.startClients(Lab.OLD_ADDRESS);
    services = 0;
    move.godwit(0, "start");
    move.awaitRequests(100);
    move.godwit(0, "cutover", "--yes");
    server.awaitAll();
    while (move.repointOne(Lab.NEW_ADDRESS)) {
      move.awaitRequests(20);
    }
    for (Runnable one : steps()) {
      one.run();
      server.awaitAll();
    }
    assertThat(move.neu().must("bash", "-euc", REMEMBERED)).isEqualTo(remembered);
    measure("forwarding");
    // They come to new's address still, and are served by old.
    move.godwit(0, "rollback", "--yes");
    server.awaitAll();
    assertThat(move.old().must("bash", "-euc", REMEMBERED)).isEqualTo(remembered);
    measure("just before finish");
    server.proveMailAndRows(move.old(), move.neu());
    move.proveRolledBack();
  }

  @Test
  @Order(5)
  void and_over_again_to_stay() throws Exception {
    server.startClients(Lab.NEW_ADDRESS);
    services = 0;
    move.awaitRequests(100);
    move.godwit(0, "cutover", "--yes");
    server.awaitAll();
    assertThat(move.neu().must("bash", "-euc", REMEMBERED)).isEqualTo(remembered);
    measure("again");
    server.proveMailAndRows(move.neu(), move.old());
    move.proveMoved();
    move.godwit(0, "finish", "--quiet", "1");
  }

  private static List<Runnable> steps() {
    return List.of(
        () -> server.mail().repoint(Lab.NEW_ADDRESS),
        () -> server.rows().repoint(Lab.NEW_ADDRESS),
        () -> server.pop().repoint(Lab.NEW_ADDRESS));
  }

  private static void measure(String what) throws Exception {
    System.out.printf("measured: %s, %d mails, %d small files%n", what, MAILS, SMALL);
    TestingHold hold = TestingHold.of(move);
    hold.assertWhole();
    Map<String, Duration> waits = server.longestWaits();
    assertThat(waits).containsKeys("http_post", "imap", "smtp", "pop3", "mysql");
    assertThat(waits.values())
        .as("%s: each client was answered", waits)
        .allMatch(Duration::isPositive);
    Duration longest = Collections.max(waits.values());
    // The clients remember the slowest answer of all switches since it was started.
    services = Math.max(services, hold.part("stop") + hold.part("start"));
    System.out.printf(
        "measured: %s, the longest wait of a client %d ms, stop and start %.0f ms; by protocol %s%n",
        what, longest.toMillis(), services, waits);
    if (TestingQuiet.MACHINE) {
      assertThat((double) longest.toMillis())
          .as("%s: the longest wait of %s; the hold was %s", what, waits, hold.parts())
          .isLessThan(services + 1000);
    }
  }
}
