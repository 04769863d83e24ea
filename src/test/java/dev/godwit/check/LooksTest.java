package dev.godwit.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.godwit.address.FloatingAddress;
import dev.godwit.database.Amount;
import dev.godwit.database.Engine;
import dev.godwit.database.ServerVersion;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.MountBelow;
import dev.godwit.host.PathFacts;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Database;
import dev.godwit.plan.OwnerPair;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.survey.AccountsAbility;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Known;
import dev.godwit.survey.MailQueues.MailQueue;
import dev.godwit.survey.Running;
import dev.godwit.survey.Tree;
import dev.godwit.survey.Units;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Findings that no lab of one kernel can bring about; the others are in CheckLabTest. */
final class LooksTest {
  private static List<Code> bad(Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    change.accept(facts);
    return facts.findings().stream()
        .filter(finding -> finding.severity() != Severity.GOOD)
        .map(Finding::code)
        .toList();
  }

  @Test
  void good_hosts() {
    assertThat(bad(facts -> {})).isEmpty();
  }

  @Test
  void h25_mounts_below_a_tree() {
    MountBelow data = new MountBelow("data", "ext4", true);
    MountBelow proc = new MountBelow("jail/proc", "proc", false);
    assertThat(bad(facts -> facts.mountsOfOld = List.of(data))).containsExactly(Code.MOUNT_BELOW);
    for (MountChoice choice :
        List.of(new MountChoice(List.of("data"), false), new MountChoice(List.of(), true))) {
      Consumer<TestingFacts> named = facts -> facts.mounts = choice;
      assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data)))).isEmpty();
      assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data, proc))))
          .as("what the kernel makes up")
          .containsExactly(Code.MOUNT_BELOW);
    }
    Consumer<TestingFacts> named =
        facts -> facts.mounts = new MountChoice(List.of("data", "more"), false);
    assertThat(bad(named.andThen(facts -> facts.mountsOfOld = List.of(data))))
        .containsExactly(Code.NO_MOUNT);
    assertThat(bad(facts -> facts.mountsOfNew = List.of(data))).as("new's own").isEmpty();
    assertThat(bad(facts -> facts.mountsOfNew = List.of(proc))).containsExactly(Code.MOUNT_BELOW);
  }

  /** Of 1 MiB in 110 files 20 % are 209,715 bytes and 22 files. */
  @Test
  void the_room_to_grow() {
    int mebi = 1 << 20;
    assertThat(bad(room(mebi + 209_715, 132))).isEmpty();
    assertThat(bad(room(mebi + 209_714, 131))).containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
    Consumer<TestingFacts> grows = facts -> facts.lately = new Tree.Lately(true, 600_000, 50);
    assertThat(bad(room(mebi + 600_000, 160).andThen(grows))).isEmpty();
    assertThat(bad(room(mebi + 599_999, 159).andThen(grows)))
        .containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
    for (int percent : List.of(0, 10, 150)) {
      Consumer<TestingFacts> said = grows.andThen(facts -> facts.growthPercent = percent);
      long growth = mebi * (long) percent / 100;
      assertThat(bad(room(mebi + growth, 110 + 110 * percent / 100).andThen(said))).isEmpty();
      if (percent > 0) {
        assertThat(bad(room(mebi + growth - 1, 110 + 110 * percent / 100 - 1).andThen(said)))
            .containsExactly(Code.SPACE_TIGHT, Code.INODES_TIGHT);
      }
    }
    assertThat(bad(room(mebi - 1, 109).andThen(facts -> facts.growthPercent = 0)))
        .containsExactly(Code.SPACE, Code.INODES);
  }

  private static Consumer<TestingFacts> room(long bytes, long inodes) {
    return facts -> {
      facts.freeOnNew = bytes;
      facts.inodesOfNew = inodes;
    };
  }

  /** The tree itself has 1 MiB on old, and new's file system of it has room for a tebibyte. */
  @Test
  void the_room_of_what_is_mounted_below_a_tree() {
    long tebi = 1L << 40;
    Facts.Place both = new Facts.Place("data", true, true);
    assertThat(bad(room(both, 2_000, 0, 7, 1_999))).containsExactly(Code.SPACE);
    assertThat(bad(room(both, 2_000, 0, 7, 4_000))).isEmpty();
    Facts.Place ofOld = new Facts.Place("data", true, false);
    assertThat(bad(room(ofOld, tebi, 0, 1, tebi))).as("with the tree").containsExactly(Code.SPACE);
    // 1 MiB of the tree is to be copied; the place has all, and its room on new is in the tree's.
    assertThat(bad(room(ofOld, tebi, tebi, 1, tebi).andThen(facts -> onNew(facts, tebi))))
        .isEmpty();
    assertThat(
            bad(
                room(ofOld, tebi, tebi, 1, tebi)
                    .andThen(facts -> onNew(facts, tebi))
                    .andThen(facts -> facts.freeOnNew = (1 << 20) - 1)))
        .as("what is at the place does not count for the rest of the tree")
        .containsExactly(Code.SPACE);
    Facts.Place ofNew = new Facts.Place("data", false, true);
    assertThat(bad(room(ofNew, 1 << 20, 0, 7, 1 << 10))).containsExactly(Code.SPACE);
    assertThat(bad(room(ofNew, 1 << 20, 0, 7, 1 << 30).andThen(facts -> facts.freeOnNew = 1 << 10)))
        .as("none of it is on the tree's own file system")
        .isEmpty();
  }

  private static Consumer<TestingFacts> room(
      Facts.Place place, long onOld, long onNew, long device, long free) {
    return facts -> facts.inner.add(new TestingFacts.Inner(place, onOld, onNew, device, free));
  }

  private static void onNew(TestingFacts facts, long bytes) {
    facts.onNew = TestingFacts.measured(bytes, 1);
  }

  /** CheckLabTest has hosts of which it is true. */
  @Test
  void the_rung_that_the_gate_gets() {
    assertThat(gateFinding(Code.GATE, facts -> {}))
        .contains("old: the gate gets rung 0: the look-up; what is in the services' queues");
    assertThat(gateFinding(Code.KERNEL, onOld(Rung.TAKEOVER)))
        .contains("old: the gate gets rung 1: because; what is in the services' queues is taken");
    assertThat(gateFinding(Code.KERNEL, onOld(Rung.REDIRECTION)))
        .contains("rung 2: because", "a second to accept");
    assertThat(gateFinding(Code.NO_HOLD, onOld(Rung.LISTENING)))
        .contains("rung 3: because", "clients are refused");
    Consumer<TestingFacts> onNew = facts -> facts.gateOnNew = new Trial.Result(Rung.TAKEOVER, "x");
    assertThat(gateFinding(Code.KERNEL, onNew)).contains("new: the gate of a rollback gets rung 1");
    assertThat(bad(onOld(Rung.LISTENING).andThen(onNew)))
        .containsExactly(Code.NO_HOLD, Code.KERNEL);
  }

  private static Consumer<TestingFacts> onOld(Rung rung) {
    return facts -> facts.gateOnOld = new Trial.Result(rung, "because");
  }

  private static String gateFinding(Code code, Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    change.accept(facts);
    return facts.findings().stream()
        .filter(finding -> finding.code() == code)
        .map(Finding::what)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void the_same_kernel_twice() {
    assertThat(bad(facts -> facts.oldBoot = "two")).containsExactly(Code.SAME_KERNEL);
  }

  @Test
  void h61_one_host_taken_for_two() {
    assertThat(
            bad(
                facts -> {
                  facts.oldBoot = "two";
                  facts.oldNetwork = "net:[2]";
                }))
        .containsExactly(Code.ONE_HOST);
  }

  @Test
  void h61_machine_ids_that_tell_nothing_apart() {
    assertThat(bad(facts -> facts.oldMachine = "b")).containsExactly(Code.NOT_TOLD_APART);
    assertThat(bad(facts -> facts.oldMachine = "")).containsExactly(Code.NOT_TOLD_APART);
    TestingFacts neither = new TestingFacts();
    neither.newMachine = "";
    assertThat(neither.findings())
        .filteredOn(finding -> finding.code() == Code.NOT_TOLD_APART)
        .extracting(Finding::what)
        .containsExactly("new has no machine id");
    assertThat(
            bad(
                facts -> {
                  facts.oldMachine = "b";
                  facts.oldBoot = "two";
                  facts.oldNetwork = "net:[2]";
                }))
        .as("one host has one")
        .containsExactly(Code.ONE_HOST);
  }

  /** Old and new are one host, and it is said so: nothing is amiss but what a test changes. */
  private static List<Code> withinHost(
      String now, PathFacts www, PathFacts mnt, Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    facts.oldBoot = "two";
    facts.oldNetwork = "net:[2]";
    facts.oldMachine = "b";
    facts.place =
        Optional.of(
            new Facts.PlaceFacts(
                now, now.isEmpty() ? "no answer" : "", Map.of("/srv/www", www, "/mnt/www", mnt)));
    change.accept(facts);
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.severity() != Severity.GOOD || code == Code.PLACE)
        .toList();
  }

  private static PathFacts leadsTo(String identity, String real) {
    return new PathFacts(identity, real, true, true, "ext4", 0, false, 0, List.of());
  }

  @Test
  void where_the_services_of_one_host_have_their_files() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    PathFacts mnt = leadsTo("3:4", "/mnt/www");
    assertThat(withinHost("a", www, mnt, facts -> {})).containsExactly(Code.PLACE);
    assertThat(withinHost("b", www, mnt, facts -> {})).containsExactly(Code.OTHER_PLACE);
    assertThat(withinHost("", www, mnt, facts -> {})).containsExactly(Code.OTHER_PLACE);
  }

  @Test
  void one_host_on_which_clients_could_not_wait() {
    assertThat(
            withinHost(
                "a", leadsTo("1:2", "/srv/www"), leadsTo("3:4", "/mnt/www"), onOld(Rung.LISTENING)))
        .containsExactly(Code.NO_HOLD, Code.PLACE);
  }

  @Test
  void h61_trees_of_one_host_that_are_not_apart() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    assertThat(withinHost("a", www, leadsTo("1:2", "/mnt/www"), facts -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
    assertThat(withinHost("a", www, leadsTo("", "/srv/www/new"), facts -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
    assertThat(withinHost("a", leadsTo("1:2", "/mnt/www/old"), leadsTo("3:4", "/mnt/www"), f -> {}))
        .containsExactly(Code.PLACE, Code.SAME_TREE);
  }

  @Test
  void who_else_uses_the_tree_that_the_services_of_one_host_leave() {
    PathFacts www = leadsTo("1:2", "/srv/www");
    PathFacts mnt = leadsTo("3:4", "/mnt/www");
    assertThat(withinHost("a", www, mnt, facts -> facts.otherWrites = "/srv/www/y"))
        .containsExactly(Code.PLACE, Code.OTHER_WRITER);
    assertThat(withinHost("a", www, mnt, facts -> facts.otherWrites = "/mnt/www/y"))
        .containsExactly(Code.PLACE);
    assertThat(withinHost("a", www, mnt, facts -> facts.job = "tidy /srv/www"))
        .containsExactly(Code.PLACE, Code.CRON_JOB);
  }

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
  void architecture() {
    assertThat(bad(facts -> facts.newArchitecture = "aarch64"))
        .containsExactly(Code.OTHER_ARCHITECTURE);
  }

  @Test
  void clocks() {
    assertThat(bad(facts -> facts.newClock += 2_000)).isEmpty();
    assertThat(bad(facts -> facts.newClock += 2_001)).containsExactly(Code.CLOCKS);
    assertThat(bad(facts -> facts.newClock -= 2_001)).containsExactly(Code.CLOCKS);
  }

  @Test
  void rights() {
    TestingFacts facts = new TestingFacts();
    facts.oldUid = 1000;
    facts.sudo = true;
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.NOT_ROOT)
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("sudo without a password"));
  }

  @Test
  void selinux() {
    assertThat(bad(facts -> facts.oldSelinux = "enforcing")).containsExactly(Code.SECURITY_DIFFERS);
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
  void a_host_that_kills_what_a_login_leaves() {
    assertThat(bad(facts -> facts.killsAtLogOut = "/etc/systemd/logind.conf says …"))
        .containsExactly(Code.KILLS_AT_LOG_OUT, Code.KILLS_AT_LOG_OUT);
    assertThat(
            withinHost(
                "a",
                leadsTo("1:2", "/srv/www"),
                leadsTo("3:4", "/mnt/www"),
                facts -> facts.killsAtLogOut = "x"))
        .as("one host, one finding")
        .containsExactly(Code.KILLS_AT_LOG_OUT, Code.PLACE);
  }

  @Test
  void units_that_were_not_seen() {
    assertThat(bad(facts -> facts.unitsOfNew = new Units(List.of(), "systemctl show fails: x")))
        .containsExactly(Code.NOT_ALL_SEEN);
  }

  private static Boot boots(String... units) {
    return new Boot(List.of(units), List.of(), "");
  }

  private static Boot gives(String... files) {
    return new Boot(
        List.of(),
        Stream.of(files)
            .map(file -> new Known.AddressLine("192.0.2.10", file, 3, "address 192.0.2.10/24"))
            .toList(),
        "");
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

  private static List<Code> ofBoots(PlannedAddress address, Boot ofOld, Boot ofNew) {
    return bad(
        facts -> {
          facts.plannedAddress = address;
          facts.bootOfOld = ofOld;
          facts.bootOfNew = ofNew;
        });
  }

  @Test
  void h57_h68_who_has_the_floating_address_after_a_boot() {
    Boot ofOld = gives("/etc/network/interfaces", "/etc/rc.local");
    assertThat(ofBoots(FLOATS, ofOld, Boot.NONE))
        .containsExactly(Code.ADDRESS_AT_BOOT, Code.ADDRESS_AT_BOOT, Code.ADDRESS_NOT_AT_BOOT);
    assertThat(ofBoots(FLOATS, ofOld, gives("/etc/netplan/60-move.yaml")))
        .containsExactly(Code.ADDRESS_AT_BOOT, Code.ADDRESS_AT_BOOT);
    assertThat(ofBoots(FLOATS, Boot.NONE, Boot.NONE)).as("somebody else gives it").isEmpty();
    assertThat(ofBoots(cloud("192.0.2.10"), ofOld, Boot.NONE)).isEmpty();
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

  private static final FloatingAddress FLOATING =
      new FloatingAddress(InetAddress.ofLiteral("192.0.2.10"), 24, "eth0");

  private static final PlannedAddress FLOATS = new PlannedAddress.Floating(FLOATING, FLOATING);

  private static PlannedAddress.Command cloud(String address) {
    return new PlannedAddress.Command(
        List.of("assign"), List.of("holder"), address, "i-old", "i-new", Duration.ofSeconds(1));
  }

  private static List<Code> ofSession(
      PlannedAddress address, boolean isOldLocal, String from, String to) {
    return bad(
        facts -> {
          facts.plannedAddress = address;
          facts.isOldLocal = isOldLocal;
          facts.session = List.of(from, "40000", to, "22");
        });
  }

  @Test
  void h61_h68_old_is_known_by_the_address_that_moves() {
    for (PlannedAddress address : List.of(FLOATS, cloud("192.0.2.10"))) {
      assertThat(ofSession(address, false, "192.0.2.2", "192.0.2.10"))
          .containsExactly(Code.REACHED_BY_ADDRESS);
      assertThat(ofSession(address, true, "192.0.2.10", "192.0.2.2"))
          .containsExactly(Code.REACHED_BY_ADDRESS);
      assertThat(ofSession(address, false, "192.0.2.10", "192.0.2.1"))
          .as("whence the controller comes")
          .isEmpty();
      assertThat(ofSession(address, true, "192.0.2.1", "192.0.2.10"))
          .as("new is another finding")
          .isEmpty();
    }
    assertThat(ofSession(cloud("eip-1"), false, "192.0.2.2", "192.0.2.10")).isEmpty();
    assertThat(ofSession(FLOATS, false, "UNKNOWN", "UNKNOWN")).isEmpty();
    assertThat(bad(facts -> facts.session = List.of("192.0.2.2", "40000", "192.0.2.10", "22")))
        .as("none moves")
        .isEmpty();
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress = FLOATS;
    facts.isOldLocal = true;
    facts.session = List.of("192.0.2.10", "40000", "192.0.2.2", "22");
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.REACHED_BY_ADDRESS)
        .extracting(Finding::what, Finding::remedy)
        .containsExactly(
            tuple(
                "old (this host) comes to new from 192.0.2.10, the address that goes there: from"
                    + " then on new would refuse what old passes on",
                "let old's own address be the one that `ip route get 192.0.2.2` shows as src: ip"
                    + " route change … src ADDRESS (ip-route(8))"));
  }

  private static List<Code> ofAddress(
      boolean isOnOld, boolean isOnNew, boolean hasOwn, String cut, String cutBack) {
    return addressFindings(isOnOld, isOnNew, hasOwn, cut, cutBack).stream()
        .map(Finding::code)
        .toList();
  }

  private static List<Finding> addressFindings(
      boolean isOnOld, boolean isOnNew, boolean hasOwn, String cut, String cutBack) {
    TestingFacts facts = new TestingFacts();
    FloatingAddress floating = FLOATING;
    Optional<InetAddress> own = Optional.of(InetAddress.ofLiteral("192.0.2.1"));
    facts.address =
        Optional.of(
            new Facts.AddressFacts(
                new PlannedAddress.Floating(floating, floating),
                isOnOld,
                isOnNew,
                own,
                hasOwn ? own : Optional.empty(),
                cut,
                cutBack));
    return facts.findings().stream()
        .filter(finding -> finding.code().name().startsWith("ADDRESS"))
        .toList();
  }

  @Test
  void addresses() {
    assertThat(ofAddress(true, false, true, "", "")).containsExactly(Code.ADDRESS);
    assertThat(ofAddress(true, false, true, "no nft", "")).containsExactly(Code.ADDRESS_CUTS);
    assertThat(ofAddress(true, false, true, "", "no nft")).containsExactly(Code.ADDRESS_CUTS);
    assertThat(ofAddress(false, true, true, "", ""))
        .containsExactly(Code.ADDRESS_NOT_ON_OLD, Code.ADDRESS_ON_NEW);
    assertThat(ofAddress(true, false, false, "", "")).containsExactly(Code.ADDRESS_ALONE);
    assertThat(addressFindings(true, false, true, "no dup", "no nft"))
        .extracting(Finding::what)
        .containsExactly(
            "192.0.2.10/24 can move, but connections that are open to it then are cut: on the way"
                + " to new, by what new says: no dup; on the way back, by what old says: no nft");
  }

  private static List<Code> ofWhere(String said, String trouble) {
    TestingFacts facts = new TestingFacts();
    facts.where = Optional.of(new Facts.WhereFacts(cloud("eip-1"), said, trouble));
    return facts.findings().stream()
        .map(Finding::code)
        .filter(code -> code.name().startsWith("ADDRESS"))
        .toList();
  }

  @Test
  void h68_where_an_address_is_that_a_command_moves() {
    assertThat(ofWhere("i-old", "")).containsExactly(Code.ADDRESS);
    assertThat(ofWhere("i-new", "")).containsExactly(Code.ADDRESS_ON_NEW);
    assertThat(ofWhere("", "it cannot be asked")).containsExactly(Code.ADDRESS_UNKNOWN);
    for (String neither : List.of("", "i-older", "i-old\ni-new", "I-OLD")) {
      assertThat(ofWhere(neither, "")).as(neither).containsExactly(Code.ADDRESS_UNKNOWN);
    }
  }

  @Test
  void where_is_asked_by_the_plans_command() throws Exception {
    assertThat(said("echo", " i-old ")).isEqualTo("i-old");
    assertThat(said("echo", "{address}")).isEqualTo("eip-1");
    assertThat(said("sh", "-c", "echo no such zone >&2; exit 3"))
        .contains("where the address eip-1 is cannot be asked", "no such zone");
    assertThat(said("/no/such/program")).contains("where the address eip-1 is cannot be asked");
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress = FLOATS;
    assertThat(WhereAddress.facts(facts.facts().plan())).isEmpty();
  }

  /** By the command, or by the trouble that it met. */
  private static String said(String... where) throws InterruptedException {
    TestingFacts facts = new TestingFacts();
    facts.plannedAddress =
        new PlannedAddress.Command(
            List.of("assign"), List.of(where), "eip-1", "i-old", "i-new", Duration.ofSeconds(1));
    Facts.WhereFacts told = WhereAddress.facts(facts.facts().plan()).orElseThrow();
    assertThat(told.said().isEmpty()).isNotEqualTo(told.trouble().isEmpty());
    return told.said() + told.trouble();
  }

  @Test
  void h17_more_directories_than_may_be_watched_are_an_error() {
    assertThat(bad(facts -> facts.watch = "inotify")).containsExactly(Code.WATCH_SLOW);
    assertThat(
            bad(
                facts -> {
                  facts.watch = "inotify";
                  facts.directories = 1001;
                }))
        .containsExactly(Code.WATCH_LIMIT);
    assertThat(bad(facts -> facts.directories = 1001)).as("fanotify needs one mark").isEmpty();
  }

  @Test
  void what_a_lesser_file_system_loses() {
    assertThat(bad(facts -> facts.owners = false)).containsExactly(Code.OWNERS_LOST);
    assertThat(bad(facts -> facts.hardLinks = false)).isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.hardLinks = false;
                  facts.linked = 2;
                }))
        .containsExactly(Code.HARD_LINKS_LOST);
    assertThat(bad(facts -> facts.linkedOutside = 1)).containsExactly(Code.LINKS_OUTSIDE);
  }

  private static Tree.Owner owner(long number, String name) {
    return new Tree.Owner(number, name, 3, "/srv/www/x", number, "/home/" + name, "/bin/sh");
  }

  private static MappedOwners.Mapped mapped(
      String from, String to, long fromNumber, String fromName, long toNumber, String toName) {
    return new MappedOwners.Mapped(
        true, new OwnerPair(from, to), fromNumber, fromName, toNumber, toName);
  }

  private static Known.Account account(long asked, String askedName, long number, String name) {
    return new Known.Account(new Known.NumberedName(asked, askedName), number, name);
  }

  /** What is found of these users of old, of whom one is mapped, where new has these accounts. */
  private static Consumer<TestingFacts> owners(
      MappedOwners.Mapped pair, List<Tree.Owner> ofOld, Known.Account... onNew) {
    return facts -> {
      facts.usersOfOld = ofOld;
      facts.mapped = new MappedOwners(List.of(pair));
      facts.usersOnNew = List.of(onNew);
    };
  }

  @Test
  void h11_who_owns_the_files_on_new_by_the_plans_map() {
    List<Tree.Owner> anna = List.of(owner(7, "anna"));
    MappedOwners.Mapped byName = mapped("anna", "anne", 7, "anna", 20, "anne");
    assertThat(bad(owners(byName, anna, account(20, "anne", 20, "anne")))).isEmpty();
    assertThat(bad(owners(byName, List.of(), account(20, "anne", 20, "anne")))).isEmpty();
    MappedOwners.Mapped nobody = mapped("anna", "anne", 7, "anna", -1, "anne");
    assertThat(bad(owners(nobody, anna, account(7, "anne", -1, ""))))
        .as("can be made with old's number")
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(nobody, List.of(), account(7, "anne", -1, ""))))
        .as("also while nothing is hers")
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(nobody, anna, account(7, "anne", -1, "other"))))
        .containsExactly(Code.OWNER_MAP);
    MappedOwners.Mapped byNumber = mapped("7", "20", 7, "anna", 20, "");
    assertThat(bad(owners(byNumber, anna, account(20, "anna", -1, ""))))
        .containsExactly(Code.OWNER_MISSING);
    assertThat(bad(owners(byNumber, anna, account(20, "anna", -1, "anne")))).isEmpty();
    assertThat(bad(owners(byNumber, anna, account(20, "anna", 8, ""))))
        .containsExactly(Code.OWNER_DIFFERS);
    MappedOwners.Mapped unnamed = mapped("7", "20", 7, "", 20, "");
    assertThat(bad(owners(unnamed, List.of(owner(7, "")), account(20, "", -1, "")))).isEmpty();
    assertThat(bad(owners(mapped("anna", "20", -1, "anna", 20, "anne"), List.of())))
        .as("nobody on old")
        .containsExactly(Code.OWNER_MAP);
    assertThat(bad(owners(mapped("anna", "toor", 7, "anna", 0, "toor"), List.of())))
        .as("root by another name")
        .containsExactly(Code.OWNER_MAP);
    assertThat(
            bad(
                facts ->
                    facts.mapped =
                        new MappedOwners(
                            List.of(byName, mapped("bert", "20", 8, "bert", 20, "anne")))))
        .as("two become one")
        .containsExactly(Code.OWNER_MAP);
  }

  @Test
  void who_loses_a_number_to_the_plans_map() {
    MappedOwners.Mapped pair = mapped("anna", "anna", 7, "anna", 20, "anna");
    List<Tree.Owner> both = List.of(owner(7, "anna"), owner(20, "bert"));
    Known.Account anna = account(20, "anna", 20, "anna");
    assertThat(bad(owners(pair, both, anna, account(7, "bert", 7, "bert")))).isEmpty();
    assertThat(bad(owners(pair, both, anna, account(7, "bert", 30, ""))))
        .containsExactly(Code.OWNER_DIFFERS);
    TestingFacts facts = new TestingFacts();
    owners(pair, both, anna, account(7, "bert", -1, "")).accept(facts);
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.OWNER_MISSING)
        .extracting(Finding::what)
        .containsExactly(
            "new: there is no user bert (20), who owns 3 files such as /srv/www/x and gets the"
                + " number 7 on new, because usermap gives its own to another: anna:anna");
    AccountsAbility.Wanted wanted = AccountFix.wanted(facts.facts());
    assertThat(wanted.groups()).isEmpty();
    assertThat(wanted.users())
        .containsExactly(new Tree.Owner(7, "bert", 3, "/srv/www/x", -1, "/home/bert", "/bin/sh"));
  }

  @Test
  void mounts_that_other_hosts_can_have_too() {
    assertThat(bad(facts -> facts.sharedOnOld = "NFS, server:/www"))
        .containsExactly(Code.SHARED_MOUNT);
    TestingFacts facts = new TestingFacts();
    facts.sharedOnNew = "EFS, fs-01.efs.eu-west-1.amazonaws.com:/";
    facts.refused = List.of("owners (EPERM)", "access control lists (EOPNOTSUPP)");
    assertThat(facts.findings())
        .filteredOn(finding -> finding.code() == Code.SHARED_MOUNT)
        .extracting(Finding::what)
        .containsExactly(
            "new: /srv/www is on a shared mount (EFS, fs-01.efs.eu-west-1.amazonaws.com:/). Tried"
                + " there, it does not keep: owners (EPERM), access control lists (EOPNOTSUPP)."
                + " What other hosts change there is not seen by the way back");
    facts.canWrite = false;
    assertThat(facts.findings())
        .extracting(Finding::code)
        .contains(Code.SHARED_REFUSES)
        .doesNotContain(Code.SHARED_MOUNT);
  }

  @Test
  void names_that_become_one() {
    assertThat(bad(facts -> facts.sameCase = "A and a")).as("ext4 tells them apart").isEmpty();
    assertThat(
            bad(
                facts -> {
                  facts.foldsCase = true;
                  facts.sameCase = "A and a";
                }))
        .containsExactly(Code.NAMES_CASE);
    assertThat(
            bad(
                facts -> {
                  facts.foldsForm = true;
                  facts.sameForm = "e";
                }))
        .containsExactly(Code.NAMES_FORM);
    assertThat(bad(facts -> facts.foldsCase = true)).isEmpty();
  }

  @Test
  void what_was_not_seen_is_said() {
    assertThat(bad(facts -> facts.measuredWhole = false)).containsExactly(Code.MEASURED_PARTLY);
    assertThat(bad(facts -> facts.processesWhole = false)).containsExactly(Code.NOT_ALL_SEEN);
    assertThat(bad(facts -> facts.knownWhole = false)).containsExactly(Code.NOT_ALL_SEEN);
    assertThat(bad(facts -> facts.settingsWhole = false))
        .containsExactly(Code.NOT_ALL_SEEN, Code.NOT_ALL_SEEN);
  }

  @Test
  void many_of_one_kind_are_counted() {
    Findings findings = new Findings();
    for (int i = 0; i < 15; i++) {
      findings.add(Code.CRON_JOB, "job " + i);
    }
    findings.add(Code.UDP_PORT, "udp");
    List<Finding> shown = findings.list();
    assertThat(shown).hasSize(12);
    assertThat(shown.get(10).what()).isEqualTo("and 5 more of this kind");
    assertThat(shown.getLast().code()).isEqualTo(Code.UDP_PORT);
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
