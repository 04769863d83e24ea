package dev.godwit.move;

import dev.godwit.host.Host;
import dev.godwit.host.HostFacts;
import dev.godwit.host.PathFacts;
import dev.godwit.plan.FileTree;
import dev.godwit.plan.Plan;
import dev.godwit.service.Check;
import dev.godwit.service.CheckResult;
import dev.godwit.service.Control;
import dev.godwit.service.Service;
import dev.godwit.service.ServiceClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code check}: looks at everything that could go wrong, and changes nothing. */
public final class Preflight {
  private static final Duration CHECK_LIMIT = Duration.ofSeconds(10);
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofSeconds(2);

  /** sk_lookup came with Linux 5.9; the gate's lower rungs are not built yet. */
  private static final int[] GATE_KERNEL = {5, 9};

  private final Plan plan;
  private final Hosts hosts;
  private final boolean checks;
  private final List<Finding> findings = new ArrayList<>();

  private Preflight(Plan plan, Hosts hosts, boolean checks) {
    this.checks = checks;
    this.plan = plan;
    this.hosts = hosts;
  }

  /**
   * @return all that was found, good or bad, in the order in which it was looked at
   */
  public static List<Finding> run(Plan plan) throws IOException {
    try (Hosts hosts = Hosts.of(plan)) {
      return look(plan, hosts, true);
    }
  }

  /**
   * The same without the checks of services, which may leave traces in them: a login over IMAP
   * makes dovecot write its index.
   */
  static List<Finding> withoutChecks(Plan plan, Hosts hosts) throws IOException {
    return look(plan, hosts, false);
  }

  private static List<Finding> look(Plan plan, Hosts hosts, boolean checks) throws IOException {
    Preflight preflight = new Preflight(plan, hosts, checks);
    preflight.look();
    return List.copyOf(preflight.findings);
  }

  /**
   * What may have come up since the last check.
   *
   * @throws MoveException when a file system is mounted below one of the trees
   */
  static void refuseMounts(Plan plan, Host oldHost) throws IOException {
    for (FileTree tree : plan.files()) {
      List<String> mounts = PathFacts.of(oldHost, tree.path()).mountsBelow();
      if (!mounts.isEmpty()) {
        throw new MoveException(
            MoveException.Kind.FAILED,
            "%s: another file system is mounted at %s, below %s: what lies there is not followed"
                .formatted(oldHost.name(), String.join(", ", mounts), tree.path()));
      }
    }
  }

  /** Whether any of them keeps the move from starting. */
  public static boolean hasErrors(List<Finding> findings) {
    return findings.stream().anyMatch(f -> f.severity() == Finding.Severity.ERROR);
  }

  private void look() throws IOException {
    Host oldHost = connect("old");
    Host newHost = connect("new");
    if (oldHost == null || newHost == null) {
      return; // Nothing else can be looked at.
    }
    lookAtHosts(HostFacts.of(oldHost), HostFacts.of(newHost), oldHost, newHost);
    for (FileTree tree : plan.files()) {
      lookAtTree(tree, oldHost, newHost);
    }
    for (Service service : Cutover.services(plan)) {
      lookAtService(service, oldHost, newHost);
    }
    lookAtFences();
  }

  private @Nullable Host connect(String role) {
    try {
      Host host = role.equals("old") ? hosts.oldHost() : hosts.newHost();
      findings.add(Finding.good("reachable", host.name() + " answers"));
      return host;
    } catch (IOException e) {
      findings.add(
          Finding.error("unreachable", String.valueOf(e.getMessage()), "see the message above"));
      return null;
    }
  }

  private void lookAtHosts(HostFacts onOld, HostFacts onNew, Host oldHost, Host newHost) {
    for (var each : List.of(new Named(oldHost, onOld), new Named(newHost, onNew))) {
      if (each.facts().uid() != 0) {
        findings.add(
            Finding.error(
                "not-root",
                "%s: Godwit acts as user %d there"
                    .formatted(each.host().name(), each.facts().uid()),
                "connect as root: owners, ports and services need it"));
      }
    }
    if (!plan.services().isEmpty() && olderThan(onOld.kernel(), GATE_KERNEL)) {
      findings.add(
          Finding.error(
              "kernel",
              "%s has Linux %s; the gate needs 5.9 (socket look-up in the kernel)"
                  .formatted(oldHost.name(), onOld.kernel()),
              "no older rung of the gate is built yet"));
    } else {
      findings.add(
          Finding.good(
              "gate", "the gate on old can use the kernel's socket look-up and take sockets over"));
    }
    if (!onOld.bootId().isEmpty() && onOld.bootId().equals(onNew.bootId())) {
      findings.add(
          Finding.warning(
              "same-kernel",
              "old and new run on one kernel: containers, or the same host twice",
              "make sure that they are two hosts"));
    }
    long difference = Math.abs(onOld.wallClockMillis() - onNew.wallClockMillis());
    if (difference > CLOCK_DIFFERENCE_MAX.toMillis()) {
      findings.add(
          Finding.warning(
              "clocks",
              "the clocks of old and new differ by %.1f s".formatted(difference / 1000.0),
              "synchronise them: logs and mail will look out of order"));
    }
  }

  private record Named(Host host, HostFacts facts) {}

  private static boolean olderThan(String release, int[] wanted) {
    String[] parts = release.split("[^0-9]+", 3);
    if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      return false; // A release that cannot be read is settled by trying.
    }
    int major = Integer.parseInt(parts[0]);
    int minor = Integer.parseInt(parts[1]);
    return major < wanted[0] || (major == wanted[0] && minor < wanted[1]);
  }

  private void lookAtTree(FileTree tree, Host oldHost, Host newHost) throws IOException {
    PathFacts source = PathFacts.of(oldHost, tree.path());
    if (!source.isDirectory()) {
      findings.add(
          Finding.error(
              source.exists() ? "not-a-directory" : "missing",
              "%s: %s %s"
                  .formatted(
                      oldHost.name(),
                      tree.path(),
                      source.exists() ? "is not a directory" : "does not exist"),
              "correct `files` in the plan"));
      return;
    }
    for (String mount : source.mountsBelow()) {
      findings.add(
          Finding.error(
              "mount-below",
              "%s: another file system is mounted at %s, below %s; its changes would not be seen"
                  .formatted(oldHost.name(), mount, tree.path()),
              "exclude it and name it under `files` as a tree of its own, or unmount it"));
    }
    PathFacts target = PathFacts.of(newHost, tree.to());
    if (target.exists() && !target.isDirectory()) {
      findings.add(
          Finding.error(
              "not-a-directory",
              "%s: %s exists and is not a directory".formatted(newHost.name(), tree.to()),
              "move it aside"));
      return;
    }
    findings.add(
        Finding.good(
            "files",
            "%s (%s) goes to %s (%s, %.1f GiB free)"
                .formatted(
                    tree.path(),
                    source.fileSystem(),
                    tree.to(),
                    target.fileSystem(),
                    target.freeBytes() / (double) (1L << 30))));
  }

  private void lookAtService(Service service, Host oldHost, Host newHost) throws IOException {
    ServiceClient onOld = new ServiceClient(oldHost, plan.move());
    ServiceClient onNew = new ServiceClient(newHost, plan.move());
    if (!known(service, onOld, oldHost) || !known(service, onNew, newHost)) {
      return;
    }
    if (!onOld.runs(service)) {
      findings.add(
          Finding.error(
              "not-running",
              "%s: %s does not run".formatted(oldHost.name(), service.name()),
              "start it, or take it out of the plan"));
      return;
    }
    if (onNew.runs(service)) {
      findings.add(
          Finding.error(
              "running-on-new",
              "%s: %s runs already, on files that the move will replace"
                  .formatted(newHost.name(), service.name()),
              "stop it there, and keep it from starting at boot until the move is over"));
      return;
    }
    if (!checks) {
      return;
    }
    boolean passed = true;
    for (Check check : service.checks()) {
      CheckResult result = onOld.check(check, CHECK_LIMIT);
      if (!result.passed()) {
        passed = false;
        findings.add(
            Finding.error(
                "check-fails",
                "%s: %s: check %s fails on the running service: %s"
                    .formatted(oldHost.name(), service.name(), check.display(), result.said()),
                "correct the check: it could not tell a good switch from a bad one"));
      }
    }
    if (service.checks().isEmpty()) {
      findings.add(
          Finding.warning(
              "no-check",
              service.name() + " has no check",
              "without one, the switch trusts what the start command says"));
    } else if (passed) {
      findings.add(
          Finding.good(
              "service",
              "%s runs on old and answers, is there on new and does not run"
                  .formatted(service.name())));
    }
  }

  private void lookAtFences() {
    List<String> unfenced =
        Cutover.services(plan).stream()
            .filter(service -> service.control() instanceof Control.Commands)
            .map(Service::name)
            .toList();
    if (!unfenced.isEmpty()) {
      findings.add(
          Finding.warning(
              "no-fence",
              "%s: started by commands, not units: Godwit cannot keep old from starting them again"
                  .formatted(String.join(", ", unfenced)),
              "after the cut-over, take them out of old's start-up, cron and supervision"));
    }
  }

  /** Whether the host can tell the service's state at all: its unit or its programs are there. */
  private boolean known(Service service, ServiceClient services, Host host) {
    try {
      services.runs(service);
      return true;
    } catch (IOException e) {
      findings.add(
          Finding.error(
              "unknown-service",
              "%s: %s cannot be controlled: %s"
                  .formatted(host.name(), service.name(), e.getMessage()),
              service.control() instanceof Control.Unit
                  ? "install it there"
                  : "correct its commands in the plan, or install what they need"));
      return false;
    }
  }
}
