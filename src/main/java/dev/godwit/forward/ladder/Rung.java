package dev.godwit.forward.ladder;

/** The ways in which a gate gets at a service's new connections, the best one first. */
public enum Rung {
  /**
   * The kernel's socket look-up hands them over (Linux 5.9), and the service's own listeners are
   * taken over with what stands in their queues.
   */
  LOOKUP("the kernel's socket look-up"),
  /** Their first packets are redirected, and the service's own listeners are taken over (5.6). */
  TAKEOVER("takeover and redirection"),
  /** Their first packets are redirected; the service itself has to empty its queue. */
  REDIRECTION("redirection"),
  /**
   * The gate listens where the service did, as soon as that has stopped. In between, and on the way
   * back, clients are refused.
   */
  LISTENING("listening after the stop");

  private final String display;

  Rung(String display) {
    this.display = display;
  }

  /** What a status calls it. */
  public String display() {
    return display;
  }

  /** Whether the service's own listeners are taken over. */
  public boolean takesOver() {
    return this == LOOKUP || this == TAKEOVER;
  }

  /** Whether a packet filter brings first packets. */
  public boolean redirects() {
    return this == TAKEOVER || this == REDIRECTION;
  }
}
