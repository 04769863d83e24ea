package dev.godwit.wire;

import java.io.Serial;

/** The peer ended one channel and said why; the connection goes on. */
public final class PeerFailure extends WireException {
  @Serial private static final long serialVersionUID = 1;

  private final String peer;
  private final String reason;

  /**
   * @param peer what the peer is called
   * @param reason what it said, already fit for a terminal
   */
  public PeerFailure(String peer, String reason) {
    super(peer + ": " + reason);
    this.peer = peer;
    this.reason = reason;
  }

  /** What the peer is called. */
  public String peer() {
    return peer;
  }

  /** The peer's own words, without its name in front. */
  public String reason() {
    return reason;
  }
}
