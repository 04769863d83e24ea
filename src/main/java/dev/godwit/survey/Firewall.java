package dev.godwit.survey;

import java.util.List;

/**
 * What a host's packet filter would do with new TCP connections from elsewhere.
 *
 * @param source what was read: {@code nft}, {@code iptables}; {@code none} when nothing filters;
 *     else why it cannot be told
 */
public record Firewall(String source, List<PortVerdict> ports) {
  public Firewall {
    ports = List.copyOf(ports);
  }

  /** What is known of one port. */
  public enum Verdict {
    ACCEPTED,
    REFUSED,
    /**
     * A rule that could decide it asks for what is not known here, such as the client's address.
     */
    UNCLEAR
  }

  /**
   * The verdict for a port.
   *
   * @param verdict a name of {@link Verdict}
   * @param because the chain or rule that decides it, for people
   */
  public record PortVerdict(int port, String verdict, String because) {
    public boolean is(Verdict wanted) {
      return verdict.equals(wanted.name());
    }
  }
}
