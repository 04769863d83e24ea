package dev.godwit.check;

import static dev.godwit.check.TestingFacts.bad;
import static org.assertj.core.api.Assertions.assertThat;

import dev.godwit.database.Amount;
import dev.godwit.database.Engine;
import dev.godwit.database.ServerVersion;
import dev.godwit.plan.Database;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.survey.Boot;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running;
import dev.godwit.survey.Units;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Findings about services, their units, databases and queues, and about who else writes, that no
 * lab of one kernel can bring about; the others are in CheckLabTest.
 */
final class ServiceLooksTest {
  @Test
  void h62_who_else_writes_below_the_trees_of_old() {
    assertThat(bad(facts -> facts.otherWrites = "/srv/www/y")).containsExactly(Code.OTHER_WRITER);
    assertThat(bad(facts -> facts.otherWrites = "/srv/wwwroot/y")).as("beside it").isEmpty();
    assertThat(otherWriter(facts -> {}))
        .isEqualTo("old: upload (8) writes /srv/www/y, and belongs to no service of the plan");
    assertThat(otherWriter(facts -> facts.otherContainer = "shop"))
        .isEqualTo(
            "old: upload (8) in a container (shop), which may mean another file by it, writes"
                + " /srv/www/y, and belongs to no service of the plan");
    assertThat(otherWriter(facts -> facts.isWebHidden = true))
        .isEqualTo(
            "old: upload (8) writes /srv/www/y, and belongs to no service of the plan whose"
                + " processes can be told (not so: web)");
  }

  @Test
  void h62_what_the_kernel_writes_below_the_trees_of_old() {
    for (boolean isExport : List.of(true, false)) {
      assertThat(bad(facts -> facts.kernelWrites = kernel("/srv/www/x", isExport)))
          .containsExactly(Code.KERNEL_WRITER);
      assertThat(bad(facts -> facts.kernelWrites = kernel("/srv/wwwroot", isExport))).isEmpty();
    }
    Consumer<TestingFacts> above = facts -> facts.kernelWrites = kernel("/srv", true);
    assertThat(bad(above)).as("clients come down from above").containsExactly(Code.KERNEL_WRITER);
    assertThat(bad(facts -> facts.kernelWrites = kernel("/srv", false))).as("a file").isEmpty();
    assertThat(bad(above.andThen(facts -> facts.webUnit = "nfs-server.service")))
        .as("it stops with the services")
        .doesNotContain(Code.KERNEL_WRITER);
  }

  private static List<Running.OfKernel> kernel(String path, boolean isExport) {
    return List.of(new Running.OfKernel(path, isExport, "the kernel writes " + path));
  }

  @Test
  void h62_a_delivery_that_is_nobodys_child_is_the_services() {
    Consumer<TestingFacts> delivery =
        facts -> {
          facts.otherWrites = "/srv/www/input/x";
          facts.otherProgram = "/usr/sbin/nginx";
        };
    assertThat(bad(delivery)).as("no queue").containsExactly(Code.OTHER_WRITER);
    assertThat(bad(delivery.andThen(facts -> facts.isQueue = true))).isEmpty();
    assertThat(
            bad(
                delivery
                    .andThen(facts -> facts.isQueue = true)
                    .andThen(facts -> facts.otherProgram = "/usr/bin/upload")))
        .containsExactly(Code.OTHER_WRITER);
  }

  private static String otherWriter(Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    facts.otherWrites = "/srv/www/y";
    change.accept(facts);
    return facts.findings().stream()
        .filter(finding -> finding.code() == Code.OTHER_WRITER)
        .map(Finding::what)
        .filter(what -> what.contains("upload"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_service_that_is_to_run_on_new_already() {
    assertThat(bad(facts -> facts.when = Service.When.ALREADY_RUNNING))
        .containsExactly(Code.NOT_RUNNING_ON_NEW);
  }

  private static Units units(Units.Unit... all) {
    return new Units(List.of(all), "");
  }

  private static Units.Unit unit(String name, String load, boolean isUp) {
    return new Units.Unit(
        List.of(name), load, "", isUp, List.of(), List.of(), List.of(), List.of());
  }

  /** The plan's own unit, which has another name too. */
  private static Units.Unit nginx(
      boolean isUp, List<String> requires, List<String> wants, List<String> stopsToo) {
    return new Units.Unit(
        List.of("nginx.service", "web.service"),
        "loaded",
        "",
        isUp,
        requires,
        wants,
        stopsToo,
        List.of("nginx.socket"));
  }

  @Test
  void units_that_cannot_be_started() {
    for (String load : List.of("masked", "bad-setting", "error")) {
      assertThat(bad(facts -> facts.unitsOfNew = units(unit("nginx.service", load, false))))
          .as(load)
          .containsExactly(Code.UNIT_UNUSABLE);
      assertThat(bad(facts -> facts.unitsOfOld = units(unit("nginx.service", load, true))))
          .as("the way back")
          .containsExactly(Code.UNIT_UNUSABLE);
    }
    assertThat(bad(facts -> facts.unitsOfNew = units(unit("nginx.service", "not-found", false))))
        .as("that is the service's finding")
        .isEmpty();
    Units.Unit needs = nginx(false, List.of("cache.service"), List.of(), List.of());
    for (String load : List.of("masked", "not-found")) {
      assertThat(bad(facts -> facts.unitsOfNew = units(needs, unit("cache.service", load, false))))
          .as(load)
          .containsExactly(Code.UNIT_UNUSABLE);
    }
    TestingFacts facts = new TestingFacts();
    facts.unitsOfNew = units(needs, unit("cache.service", "masked", false));
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.UNIT_UNUSABLE)
        .containsExactly(
            new Finding(
                Code.UNIT_UNUSABLE,
                "new: nginx.service cannot be started, for it requires cache.service: masked",
                "before the cut-over: systemctl unmask cache.service"));
  }

  private static List<Code> ofOld(Units.Unit... all) {
    return bad(facts -> facts.unitsOfOld = units(all));
  }

  @Test
  void units_that_are_stopped_with_those_of_the_plan() {
    Units.Unit nginx = nginx(true, List.of(), List.of(), List.of("stats.service"));
    assertThat(ofOld(nginx, unit("stats.service", "loaded", true))).containsExactly(Code.STOPS_TOO);
    assertThat(ofOld(nginx, unit("stats.service", "loaded", false))).as("it is down").isEmpty();
    assertThat(ofOld(nginx(true, List.of(), List.of(), List.of("web.service"))))
        .as("the plan lists it by another name")
        .isEmpty();
    for (boolean isRequired : List.of(true, false)) {
      List<String> it = List.of("stats.service");
      assertThat(
              ofOld(
                  nginx(true, isRequired ? it : List.of(), isRequired ? List.of() : it, it),
                  unit("stats.service", "loaded", true)))
          .as("it is started again with it")
          .isEmpty();
    }
    Units.Unit between =
        new Units.Unit(
            List.of("web.target"),
            "loaded",
            "",
            true,
            List.of(),
            List.of(),
            List.of("stats.service", "web.target"),
            List.of());
    assertThat(
            ofOld(
                nginx(true, List.of(), List.of(), List.of("web.target")),
                between,
                unit("stats.service", "loaded", true)))
        .as("by a target, which is nobody's service itself")
        .containsExactly(Code.STOPS_TOO);
  }

  private static List<Code> ofNew(Units.Unit... all) {
    return bad(facts -> facts.unitsOfNew = units(all));
  }

  @Test
  void units_that_are_started_with_those_of_the_plan() {
    Units.Unit needs = nginx(false, List.of("cache.service"), List.of(), List.of());
    Units.Unit wants = nginx(false, List.of(), List.of("cache.service"), List.of());
    for (Units.Unit nginx : List.of(needs, wants)) {
      assertThat(ofNew(nginx, unit("cache.service", "loaded", false)))
          .containsExactly(Code.STARTS_TOO);
      assertThat(ofNew(nginx, unit("cache.service", "loaded", true))).as("it runs").isEmpty();
    }
    assertThat(ofNew(wants, unit("cache.service", "masked", false))).as("it may fail").isEmpty();
    assertThat(
            ofNew(
                nginx(true, List.of("cache.service"), List.of(), List.of()),
                unit("cache.service", "loaded", false)))
        .as("nobody starts what runs")
        .isEmpty();
    assertThat(
            ofNew(
                nginx(false, List.of(), List.of("cache.service"), List.of("cache.service")),
                unit("cache.service", "loaded", false)))
        .as("a part of it")
        .isEmpty();
    assertThat(
            ofNew(
                nginx(false, List.of("some.slice", "more.target"), List.of(), List.of()),
                unit("some.slice", "loaded", false),
                unit("more.target", "loaded", false)))
        .isEmpty();
  }

  @Test
  void a_socket_unit_that_the_plan_does_not_list() {
    Units.Unit nginx = nginx(true, List.of(), List.of(), List.of());
    Consumer<TestingFacts> listens =
        facts -> {
          facts.unitsOfOld = units(nginx, unit("nginx.socket", "loaded", true));
          facts.systemdListens = true;
        };
    assertThat(bad(listens)).containsExactly(Code.SOCKET_UNIT);
    assertThat(bad(listens.andThen(facts -> facts.otherWrites = "/var/lib/upload/x")))
        .as("systemd's children are not the service's")
        .containsExactly(Code.SOCKET_UNIT);
    assertThat(bad(listens.andThen(facts -> facts.systemdListens = false))).isEmpty();
    assertThat(
            bad(
                listens.andThen(
                    facts ->
                        facts.unitsOfOld = units(nginx, unit("nginx.socket", "loaded", false)))))
        .isEmpty();
  }

  @Test
  void units_that_were_not_seen() {
    assertThat(bad(facts -> facts.unitsOfNew = new Units(List.of(), "systemctl show fails: x")))
        .containsExactly(Code.NOT_ALL_SEEN);
  }

  private static Boot boots(String... units) {
    return new Boot(List.of(units), List.of(), "");
  }

  @Test
  void h57_a_service_that_a_boot_of_new_does_not_start() {
    assertThat(bad(facts -> facts.bootOfOld = boots("nginx.service")))
        .containsExactly(Code.NOT_AT_BOOT);
    assertThat(bad(facts -> facts.bootOfOld = boots("other.service"))).isEmpty();
    assertThat(bad(facts -> facts.bootOfNew = boots("nginx.service"))).isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.bootOfOld = boots("nginx.service");
                  facts.bootOfNew = boots("nginx.service");
                }))
        .isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.bootOfOld = boots("nginx.service");
                  facts.unitsOfNew = units(unit("nginx.service", "masked", false));
                }))
        .as("to enable it would not start it")
        .containsExactly(Code.UNIT_UNUSABLE);
    assertThat(
            bad(
                facts -> {
                  facts.bootOfOld = boots("nginx.service");
                  facts.bootOfNew = new Boot(List.of(), List.of(), "systemctl show fails: x");
                }))
        .as("not known")
        .containsExactly(Code.NOT_ALL_SEEN);
  }

  private static List<Code> ofDatabase(boolean isData, long changedBytes) {
    TestingFacts facts = new TestingFacts();
    Database database = new Database(Engine.MARIADB, "mariadb", "/var/lib/mysql");
    Amount amount = new Amount(100, 5_000_000_000L, 3, changedBytes);
    facts.databases.add(
        new Facts.DatabaseFacts(database, isData, amount, Optional.empty(), List.of()));
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.name().contains("DATABASE") || code.name().contains("COLD"))
        .toList();
  }

  @Test
  void databases() {
    assertThat(ofDatabase(false, 0)).containsExactly(Code.NO_DATABASE);
    assertThat(ofDatabase(true, 100_000_000)).containsExactly(Code.COLD_COPY);
    assertThat(ofDatabase(true, 1_000_000_000)).containsExactly(Code.COLD_COPY_LONG);
  }

  private static List<Code> ofVersions(Engine engine, String writtenBy, String... onNew) {
    TestingFacts facts = new TestingFacts();
    facts.databases.add(
        new Facts.DatabaseFacts(
            new Database(engine, "db", "/srv/db"),
            true,
            Amount.NONE,
            ServerVersion.parse(engine, writtenBy),
            Stream.of(onNew).flatMap(said -> ServerVersion.parse(engine, said).stream()).toList()));
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.name().contains("DATABASE"))
        .toList();
  }

  @Test
  void databases_that_the_server_of_new_reads_or_does_not() {
    String bookworm = "postgres (PostgreSQL) 15.8 (Debian 15.8-0+deb12u1)";
    String trixie = "postgres (PostgreSQL) 17.2 (Debian 17.2-1)";
    assertThat(ofVersions(Engine.POSTGRESQL, "15\n", bookworm)).isEmpty();
    assertThat(ofVersions(Engine.POSTGRESQL, "15\n", bookworm, trixie)).isEmpty();
    assertThat(ofVersions(Engine.POSTGRESQL, "13\n", bookworm, trixie))
        .containsExactly(Code.DATABASE_UNREADABLE);
    assertThat(ofVersions(Engine.POSTGRESQL, "9.6\n", "postgres (PostgreSQL) 9.5.25"))
        .containsExactly(Code.DATABASE_UNREADABLE);
    assertThat(ofVersions(Engine.POSTGRESQL, "15\n")).as("new has none").isEmpty();
    assertThat(ofVersions(Engine.POSTGRESQL, "", bookworm)).as("nobody knows").isEmpty();

    String server = "mariadbd  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64";
    assertThat(ofVersions(Engine.MARIADB, "10.11.2-MariaDB", server)).isEmpty();
    assertThat(ofVersions(Engine.MARIADB, "10.3.39-MariaDB", server))
        .containsExactly(Code.DATABASE_CONVERTED);
    assertThat(ofVersions(Engine.MARIADB, "11.4.2-MariaDB", server))
        .containsExactly(Code.DATABASE_UNREADABLE);
    String mysql =
        "/usr/sbin/mysqld  Ver 8.0.35 for Linux on x86_64 (MySQL Community Server - GPL)";
    assertThat(ofVersions(Engine.MARIADB, mysql, server)).containsExactly(Code.DATABASE_UNREADABLE);
    assertThat(ofVersions(Engine.MARIADB, mysql.replace("8.0.35", "5.7.44"), server))
        .containsExactly(Code.DATABASE_CONVERTED);
    assertThat(ofVersions(Engine.MARIADB, mysql, mysql.replace("8.0.35", "8.4.3")))
        .containsExactly(Code.DATABASE_CONVERTED);
  }

  @Test
  void a_database_whose_server_asks_at_its_socket() {
    Path socket = Path.of("/run/mysqld/mysqld.sock");
    Consumer<TestingFacts> named = facts -> facts.sockets = List.of(socket);
    assertThat(bad(named)).as("of another service").isEmpty();
    assertThat(bad(named.andThen(facts -> facts.plannedDatabases.add(database(Engine.MARIADB)))))
        .containsExactly(Code.SOCKET_REFUSES);
    assertThat(bad(named.andThen(facts -> facts.plannedDatabases.add(database(Engine.POSTGRESQL)))))
        .isEmpty();
    assertThat(bad(facts -> facts.plannedDatabases.add(database(Engine.MARIADB))))
        .as("by its port alone")
        .isEmpty();
  }

  private static Database database(Engine engine) {
    return new Database(engine, "web", "/var/lib/data");
  }

  @Test
  void versions_are_ordered_as_dpkg_orders_them() {
    List<String> inOrder =
        List.of("1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0.1-1", "1.9", "1.10", "1:0.1");
    List<String> shuffled = new ArrayList<>(inOrder.reversed());
    shuffled.sort(Versions::compare);
    assertThat(shuffled).isEqualTo(inOrder);
    assertThat(Versions.isOlder("1.0-1", "1.0-1")).isFalse();
  }

  /** The web server of the facts is process 7. */
  @Test
  void h62_a_queue_that_the_plan_does_not_carry() {
    assertThat(bad(facts -> facts.queues = List.of(queue("/var/spool/exim4", 7))))
        .containsExactly(Code.QUEUE_LEFT_BEHIND);
    assertThat(bad(facts -> facts.queues = List.of(queue("/var/spool/exim4", 99))))
        .as("of a server that stays, and delivers on old")
        .isEmpty();
    assertThat(bad(facts -> facts.queues = List.of(queue("", 7))))
        .containsExactly(Code.QUEUE_UNKNOWN);
    TestingFacts facts = new TestingFacts();
    facts.queues = List.of(queue("/var/spool/exim4", 7), queue("/srv/exim", 7));
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.QUEUE_LEFT_BEHIND)
        .extracting(Finding::remedy)
        .containsExactly("give web `queue: exim`", "give web `queue: { exim: /srv/exim }`");
  }

  private static Facts.QueueFacts queue(String path, int pid) {
    return new Facts.QueueFacts(
        Queue.Kind.EXIM,
        new MailQueue("exim", path, "because", List.of(pid)),
        "3 messages in " + path);
  }
}
