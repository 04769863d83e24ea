package dev.godwit.check;

import dev.godwit.forward.ClientAddress;
import dev.godwit.forward.ladder.Rung;
import dev.godwit.forward.ladder.Trial;
import dev.godwit.host.HostFacts;
import dev.godwit.host.MountBelow;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Database;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.GateLimits;
import dev.godwit.plan.Limits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedAddress;
import dev.godwit.plan.PlannedOwners;
import dev.godwit.plan.PlannedPlace;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Queue;
import dev.godwit.service.Service;
import dev.godwit.survey.Boot;
import dev.godwit.survey.Firewall;
import dev.godwit.survey.Known;
import dev.godwit.survey.Running;
import dev.godwit.survey.Settings;
import dev.godwit.survey.Surroundings;
import dev.godwit.survey.Tree;
import dev.godwit.survey.Units;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Facts of two good hosts with one web server; a test changes what it is about. */
final class TestingFacts {
  static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  /** The session in which somebody typed the command. */
  private static final List<String> LOGIN = List.of("198.51.100.7", "40000", "192.0.2.10", "22");

  Trial.Result gateOnOld = new Trial.Result(Rung.LOOKUP, "the look-up");
  Trial.Result gateOnNew = gateOnOld;
  String oldMachine = "a";
  String newMachine = "b";
  String oldBoot = "one";
  String oldNetwork = "net:[1]";
  String newArchitecture = "amd64";
  long oldUid;
  long newClock = AT.toEpochMilli();
  boolean sudo;
  String oldSelinux = "";
  long watchesMax = 1000;
  boolean processesWhole = true;
  boolean settingsWhole = true;
  boolean knownWhole = true;
  String watch = "fanotify";
  String sharedOnOld = "";
  String sharedOnNew = "";
  boolean canWrite = true;
  List<String> refused = List.of();
  boolean owners = true;

  /** Who owns files on old, whom the plan maps, and what new says. */
  List<Tree.Owner> usersOfOld = List.of();

  List<Tree.Owner> groupsOfOld = List.of();
  MappedOwners mapped = MappedOwners.NONE;
  List<Known.Account> usersOnNew = List.of();
  List<Known.Account> groupsOnNew = List.of();
  boolean hardLinks = true;
  boolean foldsCase;
  boolean foldsForm;
  long linked;
  long linkedOutside;
  long directories = 10;
  boolean measuredWhole = true;
  String sameCase = "";
  String sameForm = "";

  /** How much of the tree is new, and what the plan says about growth. */
  Tree.Lately lately = Tree.Lately.UNKNOWN;

  int growthPercent = Limits.MEASURED;
  long inodesOfNew;

  /** What is mounted below the tree, what of it the plan names, and what new has of the tree. */
  List<MountBelow> mountsOfOld = List.of();

  List<MountBelow> mountsOfNew = List.of();
  MountChoice mounts = MountChoice.NONE;
  long freeOnNew = 1L << 40;
  Tree.Measured onNew = measured(0, 0);
  final List<Inner> inner = new ArrayList<>();

  /**
   * A place in the tree, of so many bytes on old and on new, and new's file system that it is on.
   */
  record Inner(Facts.Place place, long onOld, long onNew, long device, long free) {
    Facts.TreePair pair(FileTree planned) {
      return new Facts.TreePair(planned, place, tree(onOld), tree(onNew));
    }

    private Tree tree(long bytes) {
      return new Tree(
          "/srv/www/" + place.path(),
          true,
          true,
          false,
          "",
          "ext4",
          "",
          true,
          List.of(),
          device,
          false,
          free,
          0,
          0,
          true,
          true,
          true,
          true,
          false,
          false,
          "fanotify",
          List.of(),
          measured(bytes, 1));
    }
  }

  Service.When when = Service.When.AT_CUTOVER;
  final List<Facts.DatabaseFacts> databases = new ArrayList<>();

  /** Of the one service, which is the server of databases that the plan names. */
  List<Path> sockets = List.of();

  final List<Database> plannedDatabases = new ArrayList<>();
  Optional<Facts.AddressFacts> address = Optional.empty();

  Optional<Facts.WhereFacts> where = Optional.empty();

  /** Of the plan; and the ssh session to old, or where old is this host to new. */
  @Nullable PlannedAddress plannedAddress;

  boolean isOldLocal;
  List<String> session = List.of();

  /** Where old and new are to be one host. */
  Optional<Facts.PlaceFacts> place = Optional.empty();

  /** What a process beside the service writes, and a job of the host is; empty for none. */
  String otherWrites = "";

  String otherContainer = "";
  String otherProgram = "/usr/bin/upload";
  String job = "";

  /** What the kernel writes on both hosts; only old's trees are in use. */
  List<Running.OfKernel> kernelWrites = List.of();

  String webUnit = "nginx.service";

  /** Whether the service's listener and unit do not lead to its process. */
  boolean isWebHidden;

  /** What systemd says; and whether it listens for the service itself. */
  Units unitsOfOld = Units.NONE;

  Units unitsOfNew = Units.NONE;
  boolean systemdListens;

  Boot bootOfOld = Boot.NONE;
  Boot bootOfNew = Boot.NONE;

  String killsAtLogOut = "";

  /** Of mail transfer agents; the web server is process 7. */
  List<Facts.QueueFacts> queues = List.of();

  /** Whether the tree is the web server's, as if it were one. */
  boolean isQueue;

  /** The codes of all findings that are not good, of hosts with this change. */
  static List<Code> bad(Consumer<TestingFacts> change) {
    TestingFacts facts = new TestingFacts();
    change.accept(facts);
    return facts.findings().stream()
        .filter(finding -> finding.severity() != Severity.GOOD)
        .map(Finding::code)
        .toList();
  }

  List<Finding> findings() {
    return Checkup.of(facts());
  }

  Facts facts() {
    Service web =
        new Service(
            "web",
            new Control.Unit(webUnit),
            List.of(80),
            List.of(new Check.Tcp(80)),
            List.of(),
            when,
            Service.Stopping.DEFAULT);
    FileTree planned =
        new FileTree("/srv/www", place.isEmpty() ? "/srv/www" : "/mnt/www", List.of(), mounts);
    Queue queue = isQueue ? new Queue(Queue.Kind.EXIM, "/srv/www", Duration.ZERO) : null;
    Plan plan =
        new PlanOf(
                List.of(planned),
                List.of(
                    new PlannedService(web, ClientAddress.PLAIN, sockets, GateLimits.NONE, queue)),
                plannedDatabases)
            .plan(place.isPresent(), isOldLocal, growthPercent, plannedAddress);
    Running running =
        new Running(
            List.of(
                new Running.Listener(
                    "tcp",
                    "0.0.0.0",
                    80,
                    isWebHidden ? List.of() : systemdListens ? List.of(1, 7) : List.of(7))),
            List.of(
                new Running.Proc(
                    1, 0, 0, "systemd", "/usr/lib/systemd/systemd", "", "", List.of(), List.of()),
                new Running.Proc(
                    7,
                    1,
                    33,
                    "nginx",
                    "/usr/sbin/nginx",
                    isWebHidden ? "" : "nginx.service",
                    "",
                    List.of("nginx"),
                    List.of("/srv/www/x", "/var/log/nginx/access.log")),
                new Running.Proc(
                    8,
                    1,
                    0,
                    "upload",
                    otherProgram,
                    "",
                    otherContainer,
                    List.of("upload"),
                    otherWrites.isEmpty() ? List.of() : List.of(otherWrites))),
            kernelWrites,
            processesWhole);
    Running quiet = new Running(List.of(), List.of(), kernelWrites, true);
    List<Settings.Job> jobs =
        job.isEmpty() ? List.of() : List.of(new Settings.Job("/etc/cron.d/x:1", "root", job));
    Settings settings = new Settings(List.of(), List.of(), jobs, settingsWhole);
    Tree source = tree(watch, sharedOnOld, true, true, false, false, mountsOfOld, measured());
    Tree target =
        tree("fanotify", sharedOnNew, owners, hardLinks, foldsCase, foldsForm, mountsOfNew, onNew);
    List<Facts.TreePair> trees = new ArrayList<>();
    trees.add(new Facts.TreePair(planned, Facts.Place.WHOLE, source, target));
    inner.forEach(each -> trees.add(each.pair(planned)));
    return new Facts(
        plan,
        AT,
        new Facts.Side(
            "old",
            surroundings(
                oldMachine,
                oldBoot,
                oldNetwork,
                "amd64",
                oldUid,
                AT.toEpochMilli(),
                oldSelinux,
                isOldLocal ? LOGIN : session),
            running,
            settings,
            unitsOfOld,
            bootOfOld,
            gateOnOld),
        new Facts.Side(
            "new",
            surroundings(
                newMachine,
                "two",
                "net:[2]",
                newArchitecture,
                0,
                newClock,
                "",
                isOldLocal ? session : LOGIN),
            quiet,
            settings,
            place.isPresent() ? unitsOfOld : unitsOfNew,
            bootOfNew,
            gateOnNew),
        trees,
        databases,
        List.of(new Facts.ServiceFacts(web, "", true, "", false, List.of(), true)),
        queues,
        address,
        where,
        place,
        mapped,
        new Known(usersOnNew, groupsOnNew, List.of(), List.of(), knownWhole),
        new Firewall("none", List.of(new Firewall.PortVerdict(80, "ACCEPTED", ""))));
  }

  private record PlanOf(
      List<FileTree> files, List<PlannedService> services, List<Database> databases) {
    Plan plan(
        boolean isWithinHost,
        boolean isOldLocal,
        int growthPercent,
        @Nullable PlannedAddress address) {
      return new Plan(
          "m",
          isOldLocal ? new Endpoint.Local() : new Endpoint.Ssh("root@old"),
          isWithinHost
              ? new Endpoint.Ssh("root@old")
              : isOldLocal ? new Endpoint.Ssh("root@new") : new Endpoint.Local(),
          List.of(),
          files,
          PlannedOwners.NONE,
          services,
          databases,
          address,
          isWithinHost
              ? new PlannedPlace(
                  List.of("to", "{to}"), List.of("where"), "a", "b", Duration.ofSeconds(1))
              : null,
          List.of(),
          new Limits(
              Limits.DEFAULT_HOLD, Limits.DEFAULT_DRAIN, GateLimits.NONE, 0, growthPercent, 0),
          null,
          null,
          Path.of("/root/move.yaml"));
    }
  }

  private Surroundings surroundings(
      String machine,
      String boot,
      String network,
      String architecture,
      long uid,
      long clock,
      String selinux,
      List<String> ssh) {
    return new Surroundings(
        new HostFacts("h", "6.1.0", machine, boot, network, uid, "25", architecture, clock, ssh),
        sudo,
        List.of(),
        selinux,
        false,
        List.of(),
        List.of(),
        watchesMax,
        killsAtLogOut);
  }

  private Tree tree(
      String watched,
      String shared,
      boolean keepsOwners,
      boolean keepsLinks,
      boolean oneCase,
      boolean oneForm,
      List<MountBelow> mountsBelow,
      Tree.Measured measured) {
    return new Tree(
        "/srv/www",
        true,
        true,
        false,
        "",
        "ext4",
        shared,
        canWrite,
        refused,
        1,
        false,
        freeOnNew,
        inodesOfNew,
        inodesOfNew,
        true,
        true,
        keepsOwners,
        keepsLinks,
        oneCase,
        oneForm,
        watched,
        mountsBelow,
        measured);
  }

  private Tree.Measured measured() {
    return new Tree.Measured(
        measuredWhole,
        5,
        100,
        directories,
        1 << 20,
        110,
        1 << 19,
        lately,
        4096,
        new Tree.Linked(linked, linkedOutside, "/srv/www/two"),
        usersOfOld,
        groupsOfOld,
        List.of(),
        List.of(),
        "",
        "",
        "",
        sameCase,
        sameForm);
  }

  static Tree.Measured measured(long bytes, long inodes) {
    return new Tree.Measured(
        true,
        0,
        0,
        0,
        bytes,
        inodes,
        bytes,
        Tree.Lately.UNKNOWN,
        0,
        Tree.Linked.NONE,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        "",
        "",
        "",
        "",
        "");
  }
}
