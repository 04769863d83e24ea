package dev.godwit.move;

import java.util.Arrays;
import java.util.Optional;

/**
 * Which way a switch goes. The hosts of a move are alike, so a rollback is a cut-over with their
 * parts exchanged: whatever holds for one holds for the other.
 */
public enum Direction {
  TO_NEW(Role.OLD, "cutover", Phase.FOLLOWING, Phase.SWITCHING, Phase.NEW_SERVES),
  TO_OLD(Role.NEW, "rollback", Phase.NEW_SERVES, Phase.SWITCHING_BACK, Phase.FOLLOWING);

  private final Role serving;
  private final String command;
  private final Phase before;
  private final Phase during;
  private final Phase after;

  Direction(Role serving, String command, Phase before, Phase during, Phase after) {
    this.serving = serving;
    this.command = command;
    this.before = before;
    this.during = during;
    this.after = after;
  }

  /** The direction of the switch that a phase belongs to; empty for a settled phase. */
  static Optional<Direction> during(Phase phase) {
    return Arrays.stream(values()).filter(d -> d.during == phase).findFirst();
  }

  /** Which way the mirrors go in a settled phase: as the next switch would go. */
  public static Optional<Direction> before(Phase phase) {
    return Arrays.stream(values()).filter(d -> d.before == phase).findFirst();
  }

  /** The one that leaves a host. */
  static Direction of(Role left) {
    return TO_NEW.serving == left ? TO_NEW : TO_OLD;
  }

  /** The host that serves when it begins, and again when it is taken back. Its gate decides. */
  public Role serving() {
    return serving;
  }

  /** The host that is to serve. */
  public Role next() {
    return serving.other();
  }

  Direction opposite() {
    return this == TO_NEW ? TO_OLD : TO_NEW;
  }

  /** The direction of the switch that a command makes; empty for one that makes none. */
  public static Optional<Direction> ofCommand(String command) {
    return Arrays.stream(values()).filter(d -> d.command.equals(command)).findFirst();
  }

  /** The command that makes it, and the name of its runs in the journal. */
  String command() {
    return command;
  }

  /** The phase that it begins in. */
  public Phase before() {
    return before;
  }

  Phase during() {
    return during;
  }

  Phase after() {
    return after;
  }
}
