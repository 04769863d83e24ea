package dev.godwit.forward;

import java.nio.file.Path;

/** What is counted for one group of a gate's ports. Any thread. */
final class GroupCount extends Count {
  final PortGroup group;

  GroupCount(PortGroup group) {
    this.group = group;
  }

  GateStatus.Group report(int rung, int duplicates, long oldestNanos) {
    return new GateStatus.Group(
        group.name(),
        group.ports(),
        group.sockets().stream().map(Path::toString).toList(),
        rung,
        duplicates,
        open.get(),
        held.get(),
        total.sum(),
        refused.sum(),
        errors(),
        oldestNanos / 1_000_000,
        lastConnectionMillis);
  }
}
