package dev.godwit.check;

import dev.godwit.forward.ladder.Rung;
import dev.godwit.host.HostFacts;
import dev.godwit.survey.Surroundings;
import java.time.Duration;
import java.util.List;

/** Whether the two hosts are what a move needs: rights, kernel, clocks, security modules. */
final class HostLook implements Look {
  private static final Duration CLOCK_DIFFERENCE_MAX = Duration.ofSeconds(2);

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
    if (facts.plan().services().isEmpty()) {
      return; // nothing to hold
    }
    for (Facts.Side side : facts.hosts()) {
      Rung rung = side.gate().rung();
      Code code =
          switch (rung) {
            case LOOKUP -> Code.GATE;
            case TAKEOVER, REDIRECTION -> Code.KERNEL;
            case LISTENING -> Code.NO_HOLD;
          };
      findings.add(
          code,
          "%s: the gate%s gets rung %d: %s%s"
              .formatted(
                  side.name(),
                  side.equals(facts.oldHost()) ? "" : " of a rollback",
                  rung.ordinal(),
                  side.gate().why(),
                  cost(rung)));
    }
  }

  private static String cost(Rung rung) {
    return switch (rung) {
      case LOOKUP, TAKEOVER -> "; what is in the services' queues is taken over";
      case REDIRECTION -> "; the services get a second to accept what is in their queues";
      case LISTENING -> "; clients are refused from the stop to the start, and on any way back";
    };
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
}
