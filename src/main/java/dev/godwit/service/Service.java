package dev.godwit.service;

import java.time.Duration;
import java.util.List;

/**
 * One service of a host: how it is started and stopped, where it listens, what proves that it
 * answers. The same value describes it on both hosts of a move.
 *
 * @param name how people and the journal call it; unique in a plan
 * @param ports the TCP ports that it listens on, which is what clients lose when it stops; empty
 *     for a service without clients, such as a worker
 * @param checks all must pass before the service counts as answering; empty means that what {@link
 *     Control} says about it is enough
 * @param after the names of those that listen before it is started, and run until it has stopped
 */
public record Service(
    String name,
    Control control,
    List<Integer> ports,
    List<Check> checks,
    List<String> after,
    When when,
    Stopping stopping) {

  /** Whether it may run on the new host before clients are given to it. */
  public enum When {
    /** Started when the files are there to the last byte. */
    AT_CUTOVER,
    /** Runs already, and reads files anew that change below it; it must not write any. */
    ALREADY_RUNNING
  }

  /** What is done with processes that are left at the limit of a stop. */
  public enum Past {
    /** They are killed. */
    END,
    /** The stop has failed, and what it is a part of is taken back. */
    BACK
  }

  /**
   * How it is stopped.
   *
   * @param limit for its stop command and for its processes to be gone
   */
  public record Stopping(Duration limit, Past past) {
    /** Longer than any graceful stop that clients could wait for. */
    public static final Stopping DEFAULT = new Stopping(Duration.ofSeconds(30), Past.BACK);
  }

  public Service {
    ports = List.copyOf(ports);
    checks = List.copyOf(checks);
    after = List.copyOf(after);
  }

  /** The same, controlled in another way. */
  public Service with(Control other) {
    return new Service(name, other, ports, checks, after, when, stopping);
  }

  /** The same, stopped in another way. */
  public Service with(Stopping other) {
    return new Service(name, control, ports, checks, after, when, other);
  }

  /** The same, with other checks. */
  public Service withChecks(List<Check> other) {
    return new Service(name, control, ports, other, after, when, stopping);
  }

  /** A service that waits for no other, is started at the cut-over and stopped with patience. */
  public Service(String name, Control control, List<Integer> ports, List<Check> checks) {
    this(name, control, ports, checks, List.of(), When.AT_CUTOVER, Stopping.DEFAULT);
  }
}
