package dev.godwit.forward.gate;

import dev.godwit.forward.PortGroup;
import dev.godwit.forward.TestingNamespace;
import dev.godwit.forward.gate.ReleaseRecord.Keeper;
import dev.godwit.forward.ladder.Ladder;
import dev.godwit.forward.ladder.PacketFilter;
import dev.godwit.forward.ladder.Rung;
import java.nio.file.Path;
import java.util.List;

/** The ways of a gate that lose nobody, each forced on a host that could do better. */
public enum TestingRung {
  LOOKUP(Rung.LOOKUP, ""),
  TAKEOVER_NFTABLES(Rung.TAKEOVER, PacketFilter.NFTABLES),
  TAKEOVER_IPTABLES(Rung.TAKEOVER, PacketFilter.IPTABLES),
  REDIRECTION_NFTABLES(Rung.REDIRECTION, PacketFilter.NFTABLES),
  REDIRECTION_IPTABLES(Rung.REDIRECTION, PacketFilter.IPTABLES);

  final Rung rung;
  private final String tool;

  TestingRung(Rung rung, String tool) {
    this.rung = rung;
    this.tool = tool;
  }

  Gate capture(Path directory, List<PortGroup> groups, WayBack wayBack, int guestsMax)
      throws Exception {
    return capture(directory, groups, wayBack, guestsMax, Keeper.NONE);
  }

  Gate capture(
      Path directory, List<PortGroup> groups, WayBack wayBack, int guestsMax, Keeper keeper)
      throws Exception {
    System.setProperty(Ladder.TOOL_PROPERTY, tool);
    try {
      return Gate.capture(directory, groups, 1, wayBack, guestsMax, rung, keeper, true);
    } finally {
      System.clearProperty(Ladder.TOOL_PROPERTY);
    }
  }

  /** Everything that a namespace's packet filter holds. */
  public static String rules(TestingNamespace namespace) throws Exception {
    return TestingNamespace.command(
            namespace.inside("nft", "list", "ruleset").toArray(String[]::new))
        + TestingNamespace.command(namespace.inside("iptables-save").toArray(String[]::new))
        + TestingNamespace.command(namespace.inside("ip6tables-save").toArray(String[]::new));
  }
}
