package dev.godwit.cli.sync;

/** Which way content goes, seen from this host. */
enum Direction {
  LOCAL,
  PUSH,
  PULL;

  /** As {@code %o} says it. */
  String operation() {
    return this == PULL ? "recv" : "send";
  }
}
