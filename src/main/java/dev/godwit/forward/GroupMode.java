package dev.godwit.forward;

import java.util.Locale;

/** What happens to new connections of a group of ports, and to those that are there. */
public enum GroupMode {
  /** They go where they are meant to go. */
  PASS,
  /** They wait, for a bounded time. */
  HOLD,
  /** They are refused; those that are there may end, for a bounded time. */
  DRAIN,
  /** They are refused, and nobody is there any more. */
  CLOSED;

  /** As a status calls it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Whether new connections are refused: accepted, reset and counted. Not by listening no more: the
   * port stays ours, nobody comes uncounted, and what waits in the kernel's queue is told at once.
   */
  public boolean refuses() {
    return this == DRAIN || this == CLOSED;
  }

  /** Why, for those who count. */
  public String refusal() {
    return this == DRAIN ? "the group is draining" : "the group is closed";
  }
}
