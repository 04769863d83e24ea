package dev.godwit.forward.ladder;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

/**
 * The rules that a gate has in the packet filter where the kernel has nothing better, and those of
 * a forwarder that has handed connections over.
 */
public final class TestingPacketFilter {
  private TestingPacketFilter() {}

  /**
   * Puts them up in the caller's network, named as those of a gate whose lowest port this is.
   *
   * @param tool {@link PacketFilter#NFTABLES} or {@link PacketFilter#IPTABLES}
   */
  public static void putUp(String tool, int port) throws IOException {
    PacketFilter filter = PacketFilter.of(tool, "godwit_gate_" + port);
    filter.prepare();
    filter.redirect(List.of(port), port + 1);
  }

  /** As a forwarder puts them up that hands this port over. */
  public static void handOver(String tool, int port, InetSocketAddress to) throws IOException {
    PacketFilter filter = PacketFilter.of(tool, "godwit_pass_" + port);
    filter.prepareHandOver();
    filter.handOver(Map.of(port, to), Map.of());
  }
}
