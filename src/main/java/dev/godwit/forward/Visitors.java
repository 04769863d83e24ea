package dev.godwit.forward;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who still comes to the old address: the addresses seen last, a bounded number of them. */
final class Visitors {
  private static final int ADDRESSES_MAX = 1000;

  private final Map<InetAddress, GateStatus.Visitor> seen =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<InetAddress, GateStatus.Visitor> eldest) {
          return size() > ADDRESSES_MAX;
        }
      };

  synchronized void came(InetAddress address) {
    GateStatus.Visitor before = seen.get(address);
    long count = before == null ? 1 : before.connections() + 1;
    seen.put(
        address,
        new GateStatus.Visitor(address.getHostAddress(), System.currentTimeMillis(), count));
  }

  /** The one seen last comes first. */
  synchronized List<GateStatus.Visitor> list() {
    return new ArrayList<>(seen.values()).reversed();
  }
}
