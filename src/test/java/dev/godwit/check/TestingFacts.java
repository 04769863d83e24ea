package dev.godwit.check;

import dev.godwit.forward.ClientAddress;
import dev.godwit.host.HostFacts;
import dev.godwit.host.MountBelow;
import dev.godwit.mirror.MountChoice;
import dev.godwit.plan.Endpoint;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Limits;
import dev.godwit.plan.Plan;
import dev.godwit.plan.PlannedPlace;
import dev.godwit.plan.PlannedService;
import dev.godwit.service.Check;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
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

/** Facts of two good hosts with one web server; a test changes what it is about. */
final class TestingFacts {
  static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");

  String oldKernel = "6.1.0";
  String newKernel = "6.1.0";
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
  boolean hardLinks = true;
  boolean foldsCase;
  boolean foldsForm;
  long linked;
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
  Optional<Facts.AddressFacts> address = Optional.empty();

  /** Where old and new are to be one host. */
  Optional<Facts.PlaceFacts> place = Optional.empty();

  /** What a process beside the service writes, and a job of the host is; empty for none. */
  String otherWrites = "";

  String job = "";

  /** What systemd says; and whether it listens for the service itself. */
  Units unitsOfOld = Units.NONE;

  Units unitsOfNew = Units.NONE;
  boolean systemdListens;

  String killsAtLogOut = "";

  /** Of mail transfer agents; the web server is process 7. */
  List<Facts.QueueFacts> queues = List.of();

  List<Finding> findings() {
    return Checkup.of(facts());
  }

  Facts facts() {
    Service web =
        new Service(
            "web",
            new Control.Unit("nginx.service"),
            List.of(80),
            List.of(new Check.Tcp(80)),
            List.of(),
            when,
            Service.Stopping.DEFAULT);
    FileTree planned =
        new FileTree("/srv/www", place.isEmpty() ? "/srv/www" : "/mnt/www", List.of(), mounts);
    Plan plan =
        new PlanOf(List.of(planned), List.of(new PlannedService(web, ClientAddress.PLAIN)))
            .plan(place.isPresent(), growthPercent);
    Running running =
        new Running(
            List.of(
                new Running.Listener(
                    "tcp", "0.0.0.0", 80, systemdListens ? List.of(1, 7) : List.of(7))),
            List.of(
                new Running.Proc(
                    1, 0, 0, "systemd", "/usr/lib/systemd/systemd", "", "", List.of(), List.of()),
                new Running.Proc(
                    7,
                    1,
                    33,
                    "nginx",
                    "/usr/sbin/nginx",
                    "nginx.service",
                    "",
                    List.of("nginx"),
                    List.of("/srv/www/x", "/var/log/nginx/access.log")),
                new Running.Proc(
                    8,
                    1,
                    0,
                    "upload",
                    "/usr/bin/upload",
                    "",
                    "",
                    List.of("upload"),
                    otherWrites.isEmpty() ? List.of() : List.of(otherWrites))),
            processesWhole);
    Running quiet = new Running(List.of(), List.of(), true);
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
                oldKernel, oldBoot, oldNetwork, "amd64", oldUid, AT.toEpochMilli(), oldSelinux),
            running,
            settings,
            unitsOfOld),
        new Facts.Side(
            "new",
            surroundings(newKernel, "two", "net:[2]", newArchitecture, 0, newClock, ""),
            quiet,
            settings,
            place.isPresent() ? unitsOfOld : unitsOfNew),
        trees,
        databases,
        List.of(new Facts.ServiceFacts(web, "", true, "", false, List.of(), true)),
        queues,
        address,
        place,
        new Known(List.of(), List.of(), List.of(), List.of(), knownWhole),
        new Firewall("none", List.of(new Firewall.PortVerdict(80, "ACCEPTED", ""))));
  }

  private record PlanOf(List<FileTree> files, List<PlannedService> services) {
    Plan plan(boolean isWithinHost, int growthPercent) {
      return new Plan(
          "m",
          new Endpoint.Ssh("root@old"),
          isWithinHost ? new Endpoint.Ssh("root@old") : new Endpoint.Local(),
          List.of(),
          files,
          services,
          List.of(),
          null,
          isWithinHost
              ? new PlannedPlace(
                  List.of("to", "{to}"), List.of("where"), "a", "b", Duration.ofSeconds(1))
              : null,
          List.of(),
          new Limits(Limits.DEFAULT_HOLD, Limits.DEFAULT_DRAIN, 0, 0, growthPercent),
          null,
          null,
          Path.of("/root/move.yaml"));
    }
  }

  private Surroundings surroundings(
      String kernel,
      String boot,
      String network,
      String architecture,
      long uid,
      long clock,
      String selinux) {
    return new Surroundings(
        new HostFacts("h", kernel, "", boot, network, uid, "25", architecture, clock, List.of()),
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
        lately,
        4096,
        linked,
        List.of(),
        List.of(),
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
        Tree.Lately.UNKNOWN,
        0,
        0,
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
