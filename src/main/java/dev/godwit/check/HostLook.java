package dev.godwit.check;

import dev.godwit.host.HostFacts;
import dev.godwit.survey.Surroundings;
import java.time.Duration;
import java.util.List;

/** Whether the two hosts are what a move needs: rights, kernel, clocks, security modules. */
final class HostLook implements Look {
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofSeconds(2);

  /** The gate's best rung: sk_lookup came with Linux 5.9. */
  private static final int[] LOOKUP_KERNEL = {5, 9};

  /** Its second one: pidfd_getfd came with Linux 5.6. */
  private static final int[] TAKEOVER_KERNEL = {5, 6};

  /** A nat table of nftables takes all that the gate needs from Linux 4.10 on. */
  private static final int[] NFTABLES_KERNEL = {4, 10};

  @Override
  public void look(Facts facts, Findings findings) {
    for (Facts.Side side : List.of(facts.oldHost(), facts.newHost())) {
      findings.add(Code.REACHABLE, side.name() + " answers");
      rights(side, findings);
    }
    for (Facts.Side side : facts.hosts()) {
      logOut(side, findings);
    }
    HostFacts onOld = facts.oldHost().surroundings().facts();
    HostFacts onNew = facts.newHost().surroundings().facts();
    gate(facts, findings);
    if (!facts.plan().isWithinHost() && onOld.isOneHostWith(onNew)) {
      findings.add(
          Code.ONE_HOST,
          "old and new are one host (%s), and the plan takes them for two"
              .formatted(onOld.hostname()));
    } else if (!facts.plan().isWithinHost() && onOld.isOneKernelWith(onNew)) {
      findings.add(Code.SAME_KERNEL, "old and new run on one kernel, as containers do");
    }
    machines(facts, onOld, onNew, findings);
    if (!onOld.architecture().equals(onNew.architecture())) {
      findings.add(
          Code.OTHER_ARCHITECTURE,
          "old is %s, new is %s".formatted(onOld.architecture(), onNew.architecture()));
    }
    long difference = Math.abs(onOld.wallClockMillis() - onNew.wallClockMillis());
    if (difference > CLOCK_DIFFERENCE_MAX.toMillis()) {
      findings.add(
          Code.CLOCKS, "the clocks of old and new differ by %.1f s".formatted(difference / 1000.0));
    }
    security(facts.oldHost().surroundings(), facts.newHost().surroundings(), findings);
  }

  /** What is known at `start`, and compared from then on. */
  private static void machines(Facts facts, HostFacts onOld, HostFacts onNew, Findings findings) {
    if (facts.plan().isWithinHost() || onOld.isOneHostWith(onNew) || onOld.isToldApartFrom(onNew)) {
      return;
    }
    String id = onOld.machineId();
    findings.add(
        Code.NOT_TOLD_APART,
        !id.isEmpty() && id.equals(onNew.machineId())
            ? "old and new have the same machine id (%s)".formatted(id)
            : "%s has no machine id".formatted(id.isEmpty() ? "old" : "new"));
  }

  /** Old's gate holds in the cut-over, new's in a rollback. */
  private static void gate(Facts facts, Findings findings) {
    boolean isGood = true;
    for (Facts.Side side : List.of(facts.oldHost(), facts.newHost())) {
      String kernel = side.surroundings().facts().kernel();
      if (!facts.plan().services().isEmpty() && olderThan(kernel, LOOKUP_KERNEL)) {
        isGood = false;
        findings.add(
            Code.KERNEL,
            "%s has Linux %s; without the socket look-up of 5.9 the gate%s gets %s"
                .formatted(
                    side.name(),
                    kernel,
                    side == facts.newHost() ? " of a rollback" : "",
                    rung(kernel)));
      }
    }
    if (isGood) {
      findings.add(
          Code.GATE, "the gate on old can use the kernel's socket look-up and take sockets over");
    }
  }

  /** What the next best rung is, and costs. */
  private static String rung(String kernel) {
    if (!olderThan(kernel, TAKEOVER_KERNEL)) {
      return "rung 1: first packets are redirected by nftables or iptables, and what is in the"
          + " services' queues is taken over";
    }
    String tool = olderThan(kernel, NFTABLES_KERNEL) ? "iptables" : "nftables or iptables";
    return "rung 2: first packets are redirected by "
        + tool
        + ", and the services get a second to accept what is in their queues";
  }

  private static void rights(Facts.Side side, Findings findings) {
    Surroundings surroundings = side.surroundings();
    long uid = surroundings.facts().uid();
    if (uid != 0) {
      findings.add(
          Code.NOT_ROOT,
          "%s: Godwit acts as user %d there%s"
              .formatted(
                  side.name(),
                  uid,
                  surroundings.sudo() ? ", who may use sudo without a password" : ""),
          surroundings.sudo()
              ? "use sudo to let root in by your key: add it to /root/.ssh/authorized_keys"
              : Findings.remedy(Code.NOT_ROOT));
    }
  }

  private static void logOut(Facts.Side side, Findings findings) {
    String setting = side.surroundings().killsAtLogOut();
    if (!setting.isEmpty()) {
      findings.add(
          Code.KILLS_AT_LOG_OUT,
          "%s: %s: what a move leaves running there is killed when the session that started it ends"
              .formatted(side.name(), setting));
    }
  }

  private static void security(Surroundings onOld, Surroundings onNew, Findings findings) {
    if (!onOld.selinux().equals(onNew.selinux())) {
      findings.add(
          Code.SECURITY_DIFFERS,
          "SELinux is %s on old and %s on new"
              .formatted(orOff(onOld.selinux()), orOff(onNew.selinux())));
    }
    if (onOld.appArmor() != onNew.appArmor()) {
      findings.add(
          Code.SECURITY_DIFFERS,
          "AppArmor is %s on old and %s on new"
              .formatted(onOld.appArmor() ? "on" : "off", onNew.appArmor() ? "on" : "off"));
    }
  }

  private static String orOff(String state) {
    return state.isEmpty() ? "off" : state;
  }

  /** A release that cannot be read is settled by trying. */
  static boolean olderThan(String release, int[] wanted) {
    String[] parts = release.split("[^0-9]+", 3);
    if (parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
      return false;
    }
    int major = Integer.parseInt(parts[0]);
    int minor = Integer.parseInt(parts[1]);
    return major < wanted[0] || (major == wanted[0] && minor < wanted[1]);
  }
}
