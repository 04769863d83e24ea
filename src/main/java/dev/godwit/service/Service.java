package dev.godwit.service;

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
 */
public record Service(String name, Control control, List<Integer> ports, List<Check> checks) {
  public Service {
    ports = List.copyOf(ports);
    checks = List.copyOf(checks);
  }
}
