package dev.godwit.forward.server;

import dev.godwit.forward.Limits;
import dev.godwit.forward.rules.ForwardRule;
import dev.godwit.forward.rules.ForwardRules;
import java.io.IOException;
import java.util.Locale;

/** For how many connections at once there are descriptors (H51). */
final class DescriptorRoom {
  private static final String USE =
      Limits.DESCRIPTORS
          + " each, and "
          + Limits.RESERVED
          + " for the program, its listeners and the pipes through which much passes";

  private DescriptorRoom() {}

  /**
   * How many connections these rules have at once, at most.
   *
   * @throws IOException for people, when they want more than there can be
   */
  static int connectionsMax(ForwardRules rules) throws IOException {
    int room = Limits.guests(rules.rules().stream().mapToInt(r -> r.listens().size()).sum());
    for (ForwardRule rule : rules.rules()) {
      int unused = connectionsMax(rule.connectionsMax(), room);
    }
    return connectionsMax(rules.connectionsMax(), room);
  }

  /**
   * @param room for so many there are descriptors
   */
  static int connectionsMax(int wanted, int room) throws IOException {
    if (wanted > room) {
      throw new IOException(
          "unable to serve "
              + wanted
              + " connections at once: "
              + (room == Limits.GUESTS_MAX
                  ? "a forwarder has " + room + " at most; lower the number"
                  : "the limit of "
                      + Limits.descriptors()
                      + " descriptors allows "
                      + room
                      + " ("
                      + USE
                      + "); raise it with `ulimit -n` or LimitNOFILE=, or lower the number"));
    }
    return wanted == 0 ? room : wanted;
  }

  /**
   * How many there can be, and why no more, for people.
   *
   * @param max as {@link #connectionsMax(ForwardRules)} has said
   */
  static String told(ForwardRules rules, int max) throws IOException {
    String told = String.format(Locale.ROOT, "%,d connections at once", max);
    if (rules.connectionsMax() > 0) {
      return told + ", as asked for";
    }
    return max == Limits.GUESTS_MAX
        ? told
        : "%s, by the limit of %s descriptors: %s".formatted(told, Limits.descriptors(), USE);
  }
}
